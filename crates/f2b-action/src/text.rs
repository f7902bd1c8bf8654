//! Frozen text: what the actions of a jail log (contract B 3.4; the original's part `actions`).

use crate::action::ActionError;
use crate::line::{Level, Line, Logger};
use crate::{Info, python};

pub(crate) const NO_FLUSH: &str = "No flush occurred, do consistency check";

pub(crate) fn start(jail: &str, action: &str, error: &ActionError) -> String {
    format!("Failed to start jail '{jail}' action '{action}': {error}")
}

pub(crate) fn stop(jail: &str, action: &str, error: &ActionError) -> String {
    format!("Failed to stop jail '{jail}' action '{action}': {error}")
}

pub(crate) fn reload(jail: &str, action: &str, error: &ActionError) -> String {
    format!("Failed to reload jail '{jail}' action '{action}': {error}")
}

/// Ours: the original has no words for it.
pub(crate) fn check(jail: &str, action: &str, error: &ActionError) -> String {
    format!("Failed to check jail '{jail}' action '{action}': {error}")
}

pub(crate) fn terminated(jail: &str, action: &str) -> String {
    format!("{jail}: action {action} terminated")
}

pub(crate) fn flush(jail: &str, action: &str) -> String {
    format!("[{jail}] Flush ticket(s) with {action}")
}

pub(crate) fn flush_failed(jail: &str, action: &str, error: &ActionError) -> String {
    format!("Failed to flush bans in jail '{jail}' action '{action}': {error}")
}

pub(crate) fn doing(jail: &str, action: &str, operation: &str, id: &str) -> String {
    format!("[{jail}] action '{action}': {operation} {id}")
}

/// A ban is made again by the named actions; one that is alone is named.
pub(crate) fn reban(jail: &str, id: &str, actions: &[&str]) -> Line {
    let text = match actions {
        [action] => format!("[{jail}] Reban {id}, action '{action}'"),
        _ => format!("[{jail}] Reban {id}"),
    };
    Line::new(Level::Notice, Logger::Actions, text)
}

/// A command for a ban failed.
///
/// Differs: the original also shows addresses in its memory among the ban's tags.
pub(crate) fn execute(
    operation: &str,
    jail: &str,
    action: &str,
    info: &mut dyn Info,
    error: &ActionError,
) -> String {
    let tags: Vec<String> = ["ip", "family"]
        .into_iter()
        .filter_map(|tag| {
            let value = info.tag(tag)?;
            let value = match (tag, value.as_str()) {
                ("family", "None") => value,
                _ => python::repr(&value),
            };
            Some(format!("{}: {value}", python::repr(tag)))
        })
        .collect();
    let info = format!("ActionInfo({{{}}})", tags.join(", "));
    format!("Failed to execute {operation} jail '{jail}' action '{action}' info '{info}': {error}")
}
