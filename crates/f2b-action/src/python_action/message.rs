//! What the process of an action written in Python says, read as data: it may say anything.

use serde_json::Value as Json;

use crate::line::{Level, Line, Logger};

/// The exception that an action has raised.
///
/// Its text is what Python's `str()` makes of it, in one line: no text can pass for another part's line of the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", in_one_line(text))]
pub struct Raised {
    /// The module of its class: `builtins`.
    pub module: String,
    /// The name of its class: `ValueError`.
    pub class: String,
    /// What it was made with: a pickled list.
    pub arguments: Vec<u8>,
    /// What it says, in as many lines as it likes.
    pub text: String,
    /// What Python's `repr()` makes of it, in one line.
    pub repr: String,
    /// Where it was raised, for the log.
    pub trace: String,
}

/// What an action can do and how it wants to be treated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    pub(super) flushes: bool,
    pub(super) reloads: bool,
    pub(super) checks: bool,
    pub(super) prolongs: bool,
    pub(super) skips_restored: bool,
    /// How long a call may take, as the configuration writes times.
    pub(super) timeout: Option<String>,
    /// The jail's epoch in which it was repaired last.
    pub(super) epoch: Option<u64>,
}

/// One thing that is said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Lines to log.
    Log(Vec<Line>),
    /// A tag of the ban is wanted.
    Tag(String),
    /// A command is to be answered.
    Command(Vec<String>),
    /// A request was carried out, or not.
    Answer(Box<Answer>),
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// A pickled value, or what was raised.
    pub(super) outcome: Result<Vec<u8>, Box<Raised>>,
    pub(super) abilities: Abilities,
    /// The jail's epoch, which an action may raise.
    pub(super) epoch: Option<u64>,
}

/// Reads a line; `None` if it is nothing that is ever said.
pub(super) fn read(line: &[u8]) -> Option<Message> {
    let json: Json = serde_json::from_slice(line).ok()?;
    if let Some(log) = json.get("log") {
        return Some(Message::Log(logged(log)?));
    }
    if let Some(tag) = json.get("tag") {
        return Some(Message::Tag(tag.as_str()?.to_owned()));
    }
    if let Some(words) = json.get("command") {
        let words = words.as_array()?.iter();
        let words: Option<Vec<String>> =
            words.map(|word| Some(word.as_str()?.to_owned())).collect();
        return Some(Message::Command(words?));
    }
    let outcome = match (json.get("done"), json.get("failed")) {
        (Some(done), _) => Ok(bytes(done)?),
        (None, Some(failed)) => Err(Box::new(raised(failed)?)),
        (None, None) => return None,
    };
    Some(Message::Answer(Box::new(Answer {
        outcome,
        abilities: abilities(json.get("is")?)?,
        epoch: json.get("jail_epoch").and_then(Json::as_u64),
    })))
}

/// *Shape*: `[20, "fail2ban.Action", "text", "where it was raised"]`.
fn logged(log: &Json) -> Option<Vec<Line>> {
    let level = level(log.get(0)?.as_i64()?);
    let name = log.get(1)?.as_str()?;
    let name = name.strip_prefix("fail2ban.").unwrap_or(name);
    let is_plain = |c: &char| c.is_ascii_graphic();
    let name: String = name.chars().filter(is_plain).take(80).collect();
    let logger = Logger::Other(name.into());
    let text = log.get(2)?.as_str()?;
    let trace = log.get(3).and_then(Json::as_str).unwrap_or_default();
    // Each line of a text is one of the log: none can pass for another part's.
    let said = text.split(['\n', '\r']).map(|line| (level, line));
    let traced = trace.lines().map(|line| (Level::Debug, line));
    let lines = said
        .chain(traced)
        .map(|(level, line)| Line::new(level, logger.clone(), line));
    Some(lines.collect())
}

/// The level of a number; those that have no name there are the next less important one.
fn level(number: i64) -> Level {
    match number {
        50.. => Level::Critical,
        40.. => Level::Error,
        30.. => Level::Warning,
        25.. => Level::Notice,
        20.. => Level::Info,
        10.. => Level::Debug,
        _ => Level::Detail,
    }
}

fn raised(json: &Json) -> Option<Raised> {
    let text = |name: &str| Some(json.get(name)?.as_str()?.to_owned());
    Some(Raised {
        module: text("module")?,
        class: text("class")?,
        arguments: bytes(json.get("arguments")?)?,
        text: text("text")?,
        repr: in_one_line(&text("repr")?),
        trace: text("trace")?,
    })
}

fn in_one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r")
}

fn abilities(json: &Json) -> Option<Abilities> {
    let is = |name: &str| json.get(name)?.as_bool();
    Some(Abilities {
        flushes: is("flush")?,
        reloads: is("reload")?,
        checks: is("check")?,
        prolongs: is("prolong")?,
        skips_restored: is("norestored")?,
        timeout: json.get("timeout")?.as_str().map(str::to_owned),
        epoch: json.get("epoch")?.as_u64(),
    })
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn bytes(json: &Json) -> Option<Vec<u8>> {
    let text = json.as_str()?.as_bytes();
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    };
    text.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IS: &str = r#"{"flush":true,"reload":false,"check":false,"prolong":false,"norestored":true,"timeout":"5m","epoch":null}"#;

    #[test]
    fn what_is_said_is_read_and_all_else_is_not() {
        let check = |line: &str, expected: Option<Message>| {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        };
        let line = |level, text: &str| Line::new(level, Logger::Other("Action".into()), text);
        check(
            r#"{"log": [20, "fail2ban.Action", "a\nb", null]}"#,
            Some(Message::Log(vec![
                line(Level::Info, "a"),
                line(Level::Info, "b"),
            ])),
        );
        check(
            r#"{"log": [99, "fail2ban.Act\nion", "a", "where"]}"#,
            Some(Message::Log(vec![
                line(Level::Critical, "a"),
                line(Level::Debug, "where"),
            ])),
        );
        check(r#"{"tag": "ip"}"#, Some(Message::Tag("ip".to_owned())));
        let abilities = Abilities {
            flushes: true,
            skips_restored: true,
            timeout: Some("5m".to_owned()),
            ..Abilities::default()
        };
        check(
            &format!(r#"{{"done": "80f0", "is": {IS}, "jail_epoch": 2}}"#),
            Some(Message::Answer(Box::new(Answer {
                outcome: Ok(vec![0x80, 0xf0]),
                abilities,
                epoch: Some(2),
            }))),
        );
        for wrong in [
            "",
            "null",
            "[]",
            "garbage",
            "{}",
            r#"{"tag": 5}"#,
            r#"{"log": []}"#,
            r#"{"command": [1]}"#,
            r#"{"done": "8", "is": {}}"#,
            r#"{"failed": {}, "is": {}}"#,
        ] {
            check(wrong, None);
        }
        assert_eq!(hexadecimal(&[0x80, 0xf]), "800f");
    }

    proptest! {
        #[test]
        fn no_line_is_too_much(line in proptest::collection::vec(any::<u8>(), 0..200), json in "[\\[\\]{}\",:a-z0-9]{0,80}") {
            read(&line);
            read(json.as_bytes());
        }
    }
}
