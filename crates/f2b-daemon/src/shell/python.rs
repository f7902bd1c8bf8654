//! What actions written in Python answer and ask.

use std::borrow::Cow;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use f2b_action::{ActionError, CallError, Definition, Raised};
use f2b_protocol::pickle::{self, Limits};
use f2b_protocol::{Command, Exception, Reply, Value};

use crate::event::Event;
use crate::log::{Level, Line, Log};
use crate::text;

/// How long an action waits for what it wants to know of its jail.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says that an action cannot be made; returns the reply. `shown` is the command of the client that wanted it; else
/// it is one of the configuration's, and the jail goes on without it.
pub(super) fn lost(
    log: &Log,
    events: &Sender<Event>,
    jail: &str,
    action: Definition,
    error: CallError,
    shown: Option<&str>,
) -> Reply {
    let text = repr(&error);
    let file = action.source().map_or("", |source| &source.file);
    let name = action.name();
    let text = format!("the jail goes on without the action '{name}' of {file}: {text}");
    let reason = Some(text).filter(|_| shown.is_none());
    if let Some(reason) = &reason {
        log.error("actions", format!("[{jail}] {reason}"));
    }
    let event = Event::ActionLost {
        jail: jail.to_owned(),
        action: Box::new(action),
        reason,
    };
    // Nobody is left to hear it as the server ends.
    events.send(event).ok();
    match shown {
        Some(shown) => reply(log, Err(error), shown),
        None => Err(exception_of(&error)),
    }
}

/// Says that an action cannot be made as it is now, and that the old one goes on.
pub(super) fn kept(
    log: &Log,
    events: &Sender<Event>,
    jail: &str,
    action: Definition,
    error: &CallError,
) {
    let file = action.source().map_or("", |source| &source.file);
    let reason = format!(
        "the action '{}' goes on as it was before {file} was changed: {}",
        action.name(),
        repr(error)
    );
    log.error("actions", format!("[{jail}] {reason}"));
    let event = Event::ActionKept {
        jail: jail.to_owned(),
        action: Box::new(action),
        reason,
    };
    events.send(event).ok();
}

fn repr(error: &CallError) -> String {
    match error {
        CallError::Action(ActionError::Raised(raised)) => raised.repr.clone(),
        other => other.to_string(),
    }
}

/// Returns what an action has answered as a reply; a failure is logged.
pub(super) fn reply(log: &Log, answer: Result<Vec<u8>, CallError>, shown: &str) -> Reply {
    let error = match answer {
        Ok(value) => {
            return pickle::decode(&value, &Limits::REQUEST)
                .map_err(|error| Exception::value(error.to_string()));
        }
        Err(error) => error,
    };
    let exception = exception_of(&error);
    let line = match &error {
        CallError::Action(ActionError::Raised(raised)) => {
            let text = format!("Command {shown} has failed. Received {}", raised.repr);
            Line::new(Level::Error, "transmitter", text)
        }
        _ => text::failed_command(shown, &exception),
    };
    log.write(&line);
    Err(exception)
}

fn exception_of(error: &CallError) -> Exception {
    match error {
        CallError::Name(error) => Exception::key(error.to_string()),
        CallError::Action(error) => exception(error),
    }
}

/// Returns what a client is told of a failure.
pub(super) fn exception(error: &ActionError) -> Exception {
    match error {
        ActionError::Raised(raised) => raised_exception(raised),
        other => Exception::runtime(other.to_string()),
    }
}

/// Only errors of Python itself are known to every client. What a client is told is a call that it makes: it is
/// the call of an exception for certain.
fn raised_exception(raised: &Raised) -> Exception {
    let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_error = raised.class.ends_with("Error") || raised.class == "Exception";
    let arguments = pickle::decode(&raised.arguments, &Limits::REQUEST).ok();
    match arguments {
        Some(Value::List(args))
            if raised.module == "builtins" && is_error && is_plain(&raised.class) =>
        {
            Exception {
                module: Cow::Borrowed("builtins"),
                class: Cow::Owned(raised.class.clone()),
                args,
            }
        }
        // One of its kinds, which says the same.
        _ if raised.class == "JSONDecodeError" => Exception::value(raised.text.clone()),
        _ => Exception::general(raised.text.clone()),
    }
}

/// Asks the engine; the answer is a pickled value.
pub(super) fn ask_engine(events: &Sender<Event>, words: &[String]) -> Option<Vec<u8>> {
    let (answer, answered) = bounded(1);
    let command = Command::words(words.iter().cloned());
    events.send(Event::Wanted(command, answer)).ok()?;
    // Nothing comes when the server ends.
    let value = answered.recv_timeout(PATIENCE).ok()?;
    Some(pickle::encode(&value))
}
