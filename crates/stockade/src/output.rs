//! The one place that writes to standard output and standard error.

use std::io::{BufWriter, Write};
use std::sync::OnceLock;

use jiff::{Timestamp, tz::TimeZone};

/// Writes a line to standard output. A reader that has gone away is no error.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// Writes to standard output what no line ends yet.
pub(crate) fn print_part(text: &str) {
    let mut out = std::io::stdout().lock();
    write!(out, "{text}").and_then(|()| out.flush()).ok();
}

/// Writes many lines to standard output, in few goes; `write` appends one of them. A reader that has
/// gone away is no error.
pub(crate) fn print_lines<T>(lines: impl IntoIterator<Item = T>, write: impl Fn(T, &mut String)) {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let mut line = String::new();
    for one in lines {
        line.clear();
        write(one, &mut line);
        line.push('\n');
        if out.write_all(line.as_bytes()).is_err() {
            return;
        }
    }
    out.flush().ok();
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
    print_error(&log_line(logger, level, text));
}

/// Returns such a line.
pub(crate) fn log_line(logger: &str, level: &str, text: &str) -> String {
    let dot = if logger.is_empty() { "" } else { "." };
    let (name, process) = (format!("fail2ban{dot}{logger}"), std::process::id());
    format!("{} {name:<24}[{process}]: {level:<7} {text}", stamp())
}

/// Returns the moment as lines of the log begin with it.
pub(crate) fn stamp() -> String {
    let now = Timestamp::now();
    let stamp = now.to_zoned(zone()).strftime("%Y-%m-%d %H:%M:%S");
    let milliseconds = now.as_millisecond().rem_euclid(1_000);
    format!("{stamp},{milliseconds:03}")
}

/// The zone of the system. Its file alone is read: to find it by name all zones would be gone through,
/// which takes longer than a short command.
fn zone() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let of_file = || {
        if std::env::var_os("TZ").is_some() {
            return None;
        }
        let data = std::fs::read("/etc/localtime").ok()?;
        TimeZone::tzif("/etc/localtime", &data).ok()
    };
    ZONE.get_or_init(|| of_file().unwrap_or_else(TimeZone::system))
        .clone()
}
