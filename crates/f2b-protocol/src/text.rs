//! The frozen text that a client prints: `beautifier.py` of the original, from
//! contract B 1.5 (column "Human output" and the paragraphs below the table) and
//! 1.2 (`NOK`).
//!
//! Programs and scripts read every byte of it. Nothing here ends with a newline.

mod statistics;
mod tree;

use crate::{Command, Exception, Value};

/// A payload that does not fit its command; the client says so on stderr and
/// prints the payload plainly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Beautify {payload} with {command} failed")]
pub struct BeautifyError {
    /// `repr()` of the payload.
    pub payload: String,
    /// `repr()` of the command.
    pub command: String,
    /// What the original has come to when it fails, if that is not the payload.
    so_far: Option<String>,
}

impl BeautifyError {
    /// The warning that precedes the error in the client's log.
    pub const WARNING: &'static str = "Beautifier error. Please report the error";

    /// Returns what goes to stdout instead.
    #[must_use]
    pub fn printed(&self) -> String {
        // As the original: what it had so far, which mostly is the payload, and the payload.
        let so_far = self.so_far.as_ref().unwrap_or(&self.payload);
        [so_far.as_str(), &self.payload].concat()
    }
}

/// Returns what a client prints for the payload of a successful reply.
///
/// *Errors*: the payload has not the shape that this command is answered with.
pub fn beautify(command: &Command, payload: &Value) -> Result<String, BeautifyError> {
    known(command, payload).ok_or_else(|| BeautifyError {
        payload: payload.repr(),
        command: command.to_string(),
        so_far: status_so_far(command, payload),
    })
}

/// Returns what a client prints on stdout for a failed command.
#[must_use]
pub fn beautify_error(exception: &Exception) -> String {
    let first = || exception.args.first().map(Value::str).unwrap_or_default();
    match exception.class.as_ref() {
        "UnknownJailException" => format!("Sorry but the jail '{}' does not exist", first()),
        "DuplicateJailException" => format!("The jail '{}' already exists", first()),
        "IndexError" => "Sorry but the command is invalid".to_owned(),
        _ => exception.to_string(),
    }
}

/// Returns what a client logs as an error for a failed command.
#[must_use]
pub fn nok(exception: &Exception) -> String {
    format!(
        "NOK: {}",
        Value::Tuple(exception.kept_args().to_vec()).repr()
    )
}

/// Returns one entry of `get J banip --with-time`.
///
/// `begin` and `end` are local times, `2026-11-21 19:49:50`; a permanent ban has
/// -1 seconds and ends `9999-12-31 23:59:59`. The blank before the tab is frozen.
#[must_use]
pub fn ban_with_time(id: &str, begin: &str, seconds: i64, end: &str) -> String {
    format!("{id} \t{begin} + {seconds} = {end}")
}

/// Of a status that is a list of something else the original draws the first character.
fn status_so_far(command: &Command, payload: &Value) -> Option<String> {
    let jail = command.word(1).filter(|jail| *jail != "--all")?;
    let first = payload.as_sequence()?.first()?.as_str()?.chars().next()?;
    let head = format!("Status for the jail: {jail}");
    let drawn = Value::texts([head, format!("|- {first}")]);
    (command.word(0) == Some("status")).then(|| drawn.repr())
}

/// Returns the text, or `None` where the payload does not fit.
fn known(command: &Command, payload: &Value) -> Option<String> {
    let word = |index| command.word(index).unwrap_or_default();
    match (word(0), command.as_words().len()) {
        ("ping", _) => Some(format!("Server replied: {}", payload.as_str()?)),
        ("echo", _) => joined(payload, " "),
        ("start", _) => Some("Jail started".to_owned()),
        ("stop", 1) => Some("Shutdown successful".to_owned()),
        ("stop", _) if *payload == Value::None => Some("Jail stopped".to_owned()),
        ("add", _) => Some(format!("Added jail {}", payload.as_str()?)),
        ("flushlogs", _) => Some(format!("logs: {}", payload.as_str()?)),
        ("stats" | "statistics", _) => statistics::table(payload),
        ("status", 1) => tree::status("Status", payload),
        ("status", _) if word(1) == "--all" => tree::status("Status", payload),
        ("status", _) => tree::status(&format!("Status for the jail: {}", word(1)), payload),
        ("get" | "set", 2..) => match server_option(word(1), payload) {
            Some(text) => Some(text),
            None => jail_option(command, payload),
        },
        _ => Some(payload.str()),
    }
}

/// Returns the text for an option of the server, `None` if it is no such option.
fn server_option(option: &str, payload: &Value) -> Option<String> {
    match option {
        "loglevel" => Some(format!("Current logging level is {}", payload.repr())),
        "logtarget" => Some(format!("Current logging target is:\n`- {}", payload.str())),
        "syslogsocket" => Some(format!("Current syslog socket is:\n`- {}", payload.str())),
        "dbfile" | "dbpurgeage" if *payload == Value::None => {
            Some("Database currently disabled".to_owned())
        }
        "dbfile" => Some(format!("Current database file is:\n`- {}", payload.str())),
        "dbpurgeage" => Some(format!(
            "Current database purge age is:\n`- {}seconds",
            payload.str()
        )),
        _ => None,
    }
}

/// Returns the text for an option of a jail.
fn jail_option(command: &Command, payload: &Value) -> Option<String> {
    let word = |index| command.word(index).unwrap_or_default();
    let (jail, getting) = (word(1), word(0) == "get");
    match word(2) {
        "logpath" | "addlogpath" | "dellogpath" => {
            let head = "Current monitored log file(s):";
            listed(head, "No file is currently monitored", texts(payload)?)
        }
        "logencoding" => Some(format!(
            "Current log encoding is set to:\n{}",
            payload.as_str()?
        )),
        "journalmatch" | "addjournalmatch" | "deljournalmatch" => {
            let matches = payload.as_sequence()?.iter().map(|one| joined(one, " "));
            let matches = matches.collect::<Option<Vec<_>>>()?;
            if matches.is_empty() {
                return Some("No journal match filter set".to_owned());
            }
            Some(format!("Current match filter:\n{}", matches.join(" + ")))
        }
        "datepattern" => date_pattern(payload),
        "ignoreip" | "addignoreip" | "delignoreip" => {
            let head = "These IP addresses/networks are ignored:";
            listed(head, "No IP address/network is ignored", texts(payload)?)
        }
        "failregex" | "addfailregex" | "delfailregex" | "ignoreregex" | "addignoreregex"
        | "delignoreregex" => {
            let regexes = texts(payload)?;
            let regexes = regexes
                .iter()
                .enumerate()
                .map(|(n, regex)| format!("[{n}]: {regex}"));
            let head = "The following regular expression are defined:";
            listed(head, "No regular expression is defined", regexes.collect())
        }
        "actions" => {
            let head = format!("The jail {jail} has the following actions:");
            in_a_row(&head, &format!("No actions for jail {jail}"), payload)
        }
        members @ ("actionproperties" | "actionmethods") => {
            let what = members.strip_prefix("action").unwrap_or(members);
            let action = word(3);
            let head = format!("The jail {jail} action {action} has the following {what}:");
            in_a_row(
                &head,
                &format!("No {what} for jail {jail} action {action}"),
                payload,
            )
        }
        "banip" if getting && payload.as_sequence().is_some() => {
            let separator = match command.word(3) {
                None => " ",
                Some("--with-time") => "\n",
                Some(separator) => separator,
            };
            joined(payload, separator)
        }
        _ => Some(payload.str()),
    }
}

fn date_pattern(payload: &Value) -> Option<String> {
    let shown = match payload {
        Value::None => "Not set/required".to_owned(),
        other => match other.as_sequence()? {
            [Value::None, name] => name.str(),
            [pattern, name] => format!("{} ({})", pattern.str(), name.str()),
            _ => return None,
        },
    };
    Some(format!("Current date pattern set to: {shown}"))
}

/// Returns the items as one level of a tree below a head.
fn listed(head: &str, none: &str, items: Vec<String>) -> Option<String> {
    if items.is_empty() {
        return Some(none.to_owned());
    }
    Some(tree::list(head, items))
}

fn in_a_row(head: &str, none: &str, payload: &Value) -> Option<String> {
    match joined(payload, ", ")? {
        names if names.is_empty() => Some(none.to_owned()),
        names => Some(format!("{head}\n{names}")),
    }
}

fn joined(payload: &Value, separator: &str) -> Option<String> {
    match payload {
        Value::Str(text) => Some(text.clone()),
        other => texts(other).map(|texts| texts.join(separator)),
    }
}

/// Returns the elements if all of them are text.
fn texts(payload: &Value) -> Option<Vec<String>> {
    let text = |item: &Value| match item {
        Value::Str(_) | Value::Surrogates(_) => Some(item.str()),
        _ => None,
    };
    payload.as_sequence()?.iter().map(text).collect()
}
