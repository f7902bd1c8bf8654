//! JSON instead of pickles: ours. Commands as lines on the socket, and replies in shapes that a program
//! can use without knowing the original (docs/json.md).

mod typed;

use serde_json::{Value as Json, json};

use crate::pickle::Limits;
use crate::{Answer, Command, Exception, Value};

pub use typed::typed;

/// A command that came as a line of JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The command.
    pub command: Command,
    /// What the client wants to find in the reply.
    id: Option<Json>,
}

impl Request {
    /// Reads a line.
    ///
    /// *Shape*: `["status", "sshd"]`, or `{"command": ["status", "sshd"], "id": 7}`.
    ///
    /// *Errors*: what is wrong with it.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        // Each value but the first follows one of these; those inside of texts count as well.
        let begins = line.iter().filter(|byte| b",[{:".contains(byte)).count();
        if begins > Limits::REQUEST.nodes {
            let limit = Limits::REQUEST.nodes;
            return Err(format!("message exceeds the limit of {limit} values"));
        }
        let json: Json = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let (words, id) = match json {
            Json::Object(mut members) => (
                members.remove("command").unwrap_or(Json::Null),
                members.remove("id"),
            ),
            words => (words, None),
        };
        match Value::of_json(words) {
            Value::List(words) => Ok(Self {
                command: Command::new(words),
                id,
            }),
            _ => Err("a command is an array of words".to_owned()),
        }
    }

    /// Returns the line that answers it, its end included.
    ///
    /// *Shape*: `{"ok": …}` or `{"error": {"class": "builtins.KeyError", "text": "…"}}`, with the `id`
    /// if there was one.
    #[must_use]
    pub fn answer(&self, answer: &Answer) -> Vec<u8> {
        let mut line = match answer {
            Answer::Reply(Ok(payload)) => json!({"ok": typed(&self.command, payload)}),
            Answer::Reply(Err(exception)) => error(exception),
            Answer::Unreadable(reason) => unreadable(reason),
            Answer::Shutdown => unreadable("the server is shutting down"),
        };
        if let (Some(id), Some(members)) = (&self.id, line.as_object_mut()) {
            members.insert("id".to_owned(), id.clone());
        }
        ended(&line)
    }
}

/// Returns the line that answers what could not be read.
#[must_use]
pub fn refusal(reason: &str) -> Vec<u8> {
    ended(&unreadable(reason))
}

/// Returns an exception as JSON.
///
/// *Shape*: `{"error": {"class": "fail2ban.exceptions.UnknownJailException", "text": "…"}}`; the text is
/// what the client shows a person.
#[must_use]
pub fn error(exception: &Exception) -> Json {
    let class = format!("{}.{}", exception.module, exception.class);
    let text = crate::text::beautify_error(exception);
    json!({"error": {"class": class, "text": text}})
}

fn unreadable(reason: &str) -> Json {
    json!({"error": {"class": null, "text": reason}})
}

fn ended(json: &Json) -> Vec<u8> {
    let mut line = json.to_string().into_bytes();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(line: &str, answer: &Answer) -> Json {
        let line = match Request::parse(line.as_bytes()) {
            Ok(request) => request.answer(answer),
            Err(reason) => refusal(&reason),
        };
        assert_eq!(
            line.iter().position(|byte| *byte == b'\n'),
            Some(line.len() - 1)
        );
        serde_json::from_slice(&line).unwrap()
    }

    #[test]
    fn a_line_is_answered_by_a_line() {
        let check = |line: &str, answer: &Answer, expected: &str| {
            let expected: Json = serde_json::from_str(expected).unwrap();
            assert_eq!(answered(line, answer), expected, "{line}");
        };
        let pong = Answer::Reply(Ok(Value::text("pong")));
        check(r#"["ping"]"#, &pong, r#"{"ok":"pong"}"#);
        check(
            r#"{"id": [1], "command": ["ping"]}"#,
            &pong,
            r#"{"id":[1],"ok":"pong"}"#,
        );
        let unknown = Answer::Reply(Err(Exception::unknown_jail("x")));
        check(
            r#"["status", "x"]"#,
            &unknown,
            r#"{"error":{"class":"fail2ban.exceptions.UnknownJailException","text":"Sorry but the jail 'x' does not exist"}}"#,
        );
        check(
            "{}",
            &pong,
            r#"{"error":{"class":null,"text":"a command is an array of words"}}"#,
        );
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for line in ["[", "{\"command\": 5}", "[1,]", &"[".repeat(100_000)] {
            assert!(Request::parse(line.as_bytes()).is_err());
        }
    }
}
