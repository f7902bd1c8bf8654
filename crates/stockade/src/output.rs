//! The one place that writes to standard output and standard error.

use std::io::Write;

use jiff::{Timestamp, tz::TimeZone};

/// Writes a line to standard output. A reader that has gone away is no error.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// Writes a line to standard error. A reader that has gone away is no error.
pub(crate) fn print_error(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Writes an error to standard error as the original's programs log (contract B 1.2).
pub(crate) fn log_error(text: &str) {
    log("", "ERROR", text);
}

/// Writes a line to standard error as the original's programs log; `logger` is the part that speaks,
/// nothing for the program itself.
pub(crate) fn log(logger: &str, level: &str, text: &str) {
    let now = Timestamp::now();
    let stamp = now
        .to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S");
    let milliseconds = now.as_millisecond().rem_euclid(1_000);
    let dot = if logger.is_empty() { "" } else { "." };
    let (name, process) = (format!("fail2ban{dot}{logger}"), std::process::id());
    print_error(&format!(
        "{stamp},{milliseconds:03} {name:<24}[{process}]: {level:<7} {text}"
    ));
}
