//! Frozen text: log lines that other programs read (contract B 3.4; the original writes them from
//! its actions, filter, jail, server and database parts).

use std::path::Path;

use f2b_core::{Ban, Bantime, Before, Effect, FailId, IgnoredBy, Span, UnixTime, span_in_words};
use f2b_protocol::{Exception, Value};

use crate::clock;
use crate::log::{Level, Line};

/// The version that we answer as (design: "Identity").
pub(crate) const VERSION: &str = "1.1.1";

pub(crate) fn starting() -> [Line; 2] {
    [
        Line::new(Level::Info, "server", "-".repeat(50)),
        Line::new(
            Level::Info,
            "server",
            format!("Starting Fail2ban v{VERSION}"),
        ),
    ]
}

/// What a server in the background says after its first lines.
pub(crate) fn daemon_started() -> Line {
    Line::new(Level::Info, "server", "Daemon started")
}

/// What `flushlogs` answers when a file was opened anew.
pub(crate) const ROLLED_OVER: &str = "rolled over";

/// What `flushlogs` answers when there is nothing to open.
pub(crate) const FLUSHED: &str = "flushed";

/// The first lines of another log target; `syslog` is the socket if it is syslog.
pub(crate) fn target_changed(name: &str, syslog: Option<&Path>) -> [Line; 2] {
    let socket = syslog.map_or_else(String::new, |path| format!(" ({})", path.display()));
    let text = format!("Changed logging target to {name}{socket} for Fail2ban v{VERSION}");
    [
        Line::new(Level::Info, "server", format!("Start Fail2ban v{VERSION}")),
        Line::new(Level::Info, "server", text),
    ]
}

/// A log file that cannot be opened, and where the log goes on. Why follows at a lower level, where
/// the original says nothing.
pub(crate) fn no_log_file(path: &Path, reason: &str, previous: &str) -> Vec<Line> {
    let path = path.display().to_string();
    let (path, previous) = (Value::text(path).repr(), Value::text(previous).repr());
    let text = format!("Logging to previous target {previous}");
    vec![
        Line::new(Level::Error, "server", format!("Unable to log to {path}")),
        Line::new(Level::Info, "server", text),
        Line::new(Level::Debug, "server", format!("{path}: {reason}")),
    ]
}

/// A syslog socket that takes nothing.
pub(crate) fn no_syslog(path: &Path, reason: &str) -> Vec<Line> {
    let path = path.display();
    let text = format!("Syslog socket file: {path} does not exists or is not a socket");
    vec![
        Line::new(Level::Error, "server", text),
        Line::new(Level::Debug, "server", format!("{path}: {reason}")),
    ]
}

pub(crate) fn logs_flushed(target: &str, rolls_over: bool) -> Line {
    let what = if rolls_over { "rollover" } else { "flush" };
    Line::new(
        Level::Info,
        "server",
        format!("{what} performed on {target}"),
    )
}

pub(crate) fn found(jail: &str, id: &FailId, time: UnixTime) -> Line {
    let text = format!("[{jail}] Found {} - {}", shown(id), clock::local(time));
    Line::new(Level::Info, "filter", text)
}

pub(crate) fn attempted(jail: &str, id: &FailId, time: UnixTime) -> Line {
    let text = format!("[{jail}] Attempt {} - {}", shown(id), clock::local(time));
    Line::new(Level::Info, "filter", text)
}

/// As the original: a weight that was cut to what is enough is a whole number, every other one a fraction.
pub(crate) fn found_bad(jail: &str, effect: &Effect) -> Option<Line> {
    let Effect::FoundBad {
        id,
        time,
        count,
        weight,
        is_enough,
        is_cut,
    } = effect
    else {
        return None;
    };
    let fraction = if *is_cut { "" } else { ".0" };
    let ban = if *is_enough { ", Ban" } else { "" };
    let weight = format!("{weight}{fraction}{ban}");
    let (id, time) = (shown(id), clock::local(*time));
    let text = format!("[{jail}] Found {id}, bad - {time}, {count} # -> {weight}");
    Some(Line::new(Level::Info, "observer", text))
}

/// A ban that lasts longer than a first one would.
pub(crate) fn increased(jail: &str, ban: &Ban, before: Before, from: Span) -> [Line; 2] {
    let id = shown(&ban.id);
    let (count, time) = (before.count, clock::local(before.time));
    let (longer, end) = match (ban.bantime, ban.end()) {
        (Bantime::Lasting(span), Some(end)) => {
            (span_in_words(span.whole_seconds()), clock::local(end))
        }
        _ => ("permanent".to_owned(), "infinite".to_owned()),
    };
    let from = span_in_words(from.whole_seconds());
    let bad = format!("[{jail}] IP {id} is bad: {count} # last {time} - incr {from} to {longer}");
    let increase = format!(
        "[{jail}] Increase Ban {id} ({} # {longer} -> {end})",
        ban.count
    );
    [
        Line::new(Level::Info, "observer", bad),
        Line::new(Level::Notice, "observer", increase),
    ]
}

/// As the original: what a cache says is worth no word.
pub(crate) fn ignored(jail: &str, id: &FailId, by: &IgnoredBy) -> Option<Line> {
    if *by == IgnoredBy::Cache {
        return None;
    }
    let text = format!("[{jail}] Ignore {} by {by}", shown(id));
    Some(Line::new(Level::Info, "filter", text))
}

pub(crate) fn ban(jail: &str, ban: &Ban) -> Line {
    let word = if ban.restored { "Restore Ban" } else { "Ban" };
    Line::new(
        Level::Notice,
        "actions",
        format!("[{jail}] {word} {}", shown(&ban.id)),
    )
}

pub(crate) fn unban(jail: &str, id: &FailId) -> Line {
    Line::new(
        Level::Notice,
        "actions",
        format!("[{jail}] Unban {}", shown(id)),
    )
}

/// An unban because the jail stops; the ban stays in the database.
pub(crate) fn repeal_ban(jail: &str, id: &FailId) -> Line {
    Line::new(
        Level::Notice,
        "actions",
        format!("[{jail}] Repeal Ban {}", shown(id)),
    )
}

pub(crate) fn flush(jail: &str, action: &str) -> Line {
    Line::new(
        Level::Notice,
        "actions",
        format!("[{jail}] Flush ticket(s) with {action}"),
    )
}

pub(crate) fn already_over(jail: &str, id: &FailId) -> Line {
    Line::new(
        Level::Info,
        "actions",
        format!("[{jail}] Ignore {}, expired bantime", shown(id)),
    )
}

/// As the original: the longer the ban has stood, the more it is worth a word, since packets should
/// no longer come.
pub(crate) fn already_banned(jail: &str, id: &FailId, age: Span) -> Line {
    let level = match age.whole_seconds() {
        0..3 => Level::Debug,
        ..60 => Level::Notice,
        _ => Level::Warning,
    };
    Line::new(
        level,
        "actions",
        format!("[{jail}] {} already banned", shown(id)),
    )
}

/// A command of a client that was not carried out.
pub(crate) fn failed_command(shown: &str, exception: &Exception) -> Line {
    let text = format!("Command {shown} has failed. Received {}", exception.repr());
    Line::new(Level::Error, "transmitter", text)
}

/// What the kernel refused. The first part is the original's.
pub(crate) fn failed(jail: &str, action: &str, what: &str, id: &FailId, reason: &str) -> Line {
    let id = shown(id);
    let text =
        format!("Failed to execute {what} jail '{jail}' action '{action}' info '{id}': {reason}");
    Line::new(Level::Error, "actions", text)
}

/// An identity as a log line shows it: text of its own cannot begin another line.
fn shown(id: &FailId) -> String {
    let text = id.to_string();
    if text.contains(char::is_control) {
        text.escape_debug().to_string()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_cannot_forge_a_log_line() {
        let id = FailId::parse(
            "x\n2026-01-01 00:00:00,000 fail2ban.actions [1]: NOTICE  [sshd] Ban 192.0.2.1",
        );
        assert!(!unban("sshd", &id).text.contains('\n'));
        assert_eq!(
            unban("sshd", &FailId::parse("2001:db8::1")).text,
            "[sshd] Unban 2001:db8::1"
        );
    }

    #[test]
    fn a_weight_is_a_whole_number_once_it_is_cut() {
        let check = |weight, is_enough, is_cut, expected: &str| {
            let bad = Effect::FoundBad {
                id: FailId::parse("192.0.2.1"),
                time: UnixTime::from_seconds(0),
                count: 1,
                weight,
                is_enough,
                is_cut,
            };
            let text = found_bad("j", &bad)
                .map(|line| line.text)
                .unwrap_or_default();
            assert!(text.ends_with(expected), "{text}");
        };
        check(2, false, false, ", 1 # -> 2.0");
        check(5, true, false, ", 1 # -> 5.0, Ban");
        check(5, true, true, ", 1 # -> 5, Ban");
    }
}
