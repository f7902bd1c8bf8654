//! Where the log goes.

use std::fmt;
use std::path::PathBuf;

use super::format::Format;
use super::options::Spec;
use super::syslog::{DAEMON, facility};

/// Where the log goes and how its lines look there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTarget {
    name: String,
    pub(super) place: Place,
    pub(super) format: Format,
    /// What syslog files the lines under.
    pub(super) facility: u8,
}

/// What takes the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Stdout,
    Stderr,
    Syslog,
    Journal,
    /// A file, appended to, made with mode 0600.
    File(PathBuf),
}

/// A log target that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogTargetError {
    /// Its options cannot be read; the text is the original's.
    #[error("{0}")]
    Options(String),
    /// The system has no thread to write it.
    #[error("start the thread that writes the log")]
    Thread(#[source] std::io::Error),
    /// The target before takes nothing and is not let go.
    #[error("the log target takes nothing now")]
    Stalled,
    /// The file cannot be opened.
    #[error("open the log file {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Nobody takes lines for syslog.
    #[error("send to the syslog socket {path}")]
    Syslog {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl LogTarget {
    /// Returns the target of a name as `logtarget` has it, options in brackets behind it.
    ///
    /// *Shape*: `STDOUT`, `/var/log/fail2ban.log`, `SYSLOG[facility=auth, datetime=on]`.
    ///
    /// # Errors
    /// [`LogTargetError::Options`] for options that cannot be read and for a `format` that is none.
    pub fn named(text: &str) -> Result<Self, LogTargetError> {
        let spec = Spec::parse(text).map_err(LogTargetError::Options)?;
        let upper = spec.name.to_uppercase();
        let place = match upper.as_str() {
            "STDOUT" | "SYSOUT" => Place::Stdout,
            // The original's name for whatever it was started with.
            "STDERR" | "INHERITED" => Place::Stderr,
            "SYSLOG" => Place::Syslog,
            "SYSTEMD-JOURNAL" => Place::Journal,
            _ => Place::File(spec.name.into()),
        };
        let is_syslog = place == Place::Syslog;
        let datetime = spec.switch("datetime");
        let padding = spec.switch("padding");
        let format = match spec.option("format").filter(|format| !format.is_empty()) {
            Some(text) => Format::parse(text).ok_or_else(|| {
                LogTargetError::Options(format!("Invalid format '{text}' for '%' style"))
            })?,
            // Whoever reads the journal sees the rest beside the message.
            None if place == Place::Journal => Format::message(),
            None => Format::columns(
                datetime.unwrap_or(!is_syslog && upper != "SYSOUT"),
                padding.unwrap_or(!is_syslog),
            ),
        };
        Ok(Self {
            name: spec.name.to_owned(),
            place,
            format,
            facility: spec.option("facility").map_or(DAEMON, facility),
        })
    }

    /// Returns the name without options, as `get logtarget` answers it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether `flushlogs` opens it anew; the original takes every name that it does not know,
    /// spelt exactly so, for a file.
    pub(super) fn rolls_over(&self) -> bool {
        !["STDOUT", "STDERR", "SYSLOG", "SYSTEMD-JOURNAL"].contains(&self.name.as_str())
    }
}

impl fmt::Display for LogTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_have_the_originals_names() {
        let check = |text: &str, place: Place, name: &str| {
            let target = LogTarget::named(text).unwrap();
            assert_eq!((&target.place, target.name()), (&place, name), "{text}");
        };
        check("stdout", Place::Stdout, "stdout");
        check("SYSOUT", Place::Stdout, "SYSOUT");
        check("STDERR[datetime=off]", Place::Stderr, "STDERR");
        check("SYSLOG[facility=auth]", Place::Syslog, "SYSLOG");
        check("SYSTEMD-JOURNAL", Place::Journal, "SYSTEMD-JOURNAL");
        check("/var/log/x", Place::File("/var/log/x".into()), "/var/log/x");
    }

    #[test]
    fn options_that_are_none_are_refused_in_the_originals_words() {
        let error = |text: &str| LogTarget::named(text).unwrap_err().to_string();
        assert_eq!(error(""), "unexpected option syntax");
        assert_eq!(error("STDERR[format=x"), "unexpected option syntax");
        assert_eq!(
            error("STDERR[format=x]"),
            "Invalid format 'x' for '%' style"
        );
    }
}
