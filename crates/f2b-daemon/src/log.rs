//! The server's log, in the original's format (contract B 3.4).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Per file or per batch.
    Debug,
    /// A person asked for it or started it.
    Info,
    /// Ban, unban, restore.
    Notice,
    /// Surprising, handled.
    Warning,
    /// A ban or a line was lost, or a person must act.
    Error,
    /// The server cannot go on.
    Critical,
}

impl Level {
    /// Returns the level of a name in capitals, or of an old number (1 to 4).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "CRITICAL" | "FATAL" => Self::Critical,
            "ERROR" | "1" => Self::Error,
            "WARNING" | "WARN" | "2" => Self::Warning,
            "NOTICE" => Self::Notice,
            "INFO" | "3" => Self::Info,
            "DEBUG" | "4" => Self::Debug,
            _ => return None,
        })
    }

    /// Returns the name as log lines have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Notice => "NOTICE",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// Where the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// The standard output.
    Stdout,
    /// The standard error output.
    Stderr,
    /// A file, appended to, made with mode 0600.
    File(PathBuf),
}

/// A log target that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogTargetError {
    /// The target is one of the original's that this version does not write to.
    #[error(
        "the log target `{0}` is not available in this version (hint: use STDOUT, STDERR or a file)"
    )]
    NotAvailable(String),
    /// The file cannot be opened.
    #[error("open the log file {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl LogTarget {
    /// Returns the target of a name as `logtarget` has it.
    ///
    /// # Errors
    /// [`LogTargetError::NotAvailable`] for syslog, the journal, and options in brackets.
    pub fn named(name: &str) -> Result<Self, LogTargetError> {
        match name.to_uppercase().as_str() {
            "STDOUT" => Ok(Self::Stdout),
            "STDERR" => Ok(Self::Stderr),
            upper
                if ["SYSLOG", "SYSTEMD-JOURNAL", "SYSOUT"].contains(&upper)
                    || name.contains('[') =>
            {
                Err(LogTargetError::NotAvailable(name.to_owned()))
            }
            _ => Ok(Self::File(name.into())),
        }
    }
}

impl fmt::Display for LogTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => out.write_str("STDOUT"),
            Self::Stderr => out.write_str("STDERR"),
            Self::File(path) => path.display().fmt(out),
        }
    }
}

/// One line on its way to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) level: Level,
    /// The part of the server that speaks: `actions` is written as `fail2ban.actions`.
    pub(crate) logger: &'static str,
    pub(crate) text: String,
}

impl Line {
    pub(crate) fn new(level: Level, logger: &'static str, text: impl Into<String>) -> Self {
        Self {
            level,
            logger,
            text: text.into(),
        }
    }
}

/// The log, shared by all threads.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    state: Arc<Mutex<State>>,
    process: u32,
}

#[derive(Debug)]
struct State {
    target: LogTarget,
    /// Open if the target is a file.
    file: Option<File>,
    least: Level,
}

impl Log {
    /// Opens the log at level INFO.
    pub(crate) fn open(target: LogTarget) -> Result<Self, LogTargetError> {
        let file = open_file(&target)?;
        Ok(Self {
            state: Arc::new(Mutex::new(State {
                target,
                file,
                least: Level::Info,
            })),
            process: std::process::id(),
        })
    }

    /// Writes a line, if its level is high enough.
    ///
    /// A target that cannot be written to is no reason to stop protecting: the line is lost.
    pub(crate) fn write(&self, line: &Line) {
        let mut state = self.lock();
        if line.level < state.least {
            return;
        }
        let now = clock::now();
        let text = format!(
            "{},{:03} {:<24}[{}]: {:<7} {}\n",
            clock::local(now),
            clock::milliseconds(now),
            format!("fail2ban.{}", line.logger),
            self.process,
            line.level.name(),
            line.text,
        );
        let State { target, file, .. } = &mut *state;
        let written = match (target, file) {
            (_, Some(file)) => file.write_all(text.as_bytes()),
            (LogTarget::Stderr, None) => std::io::stderr().lock().write_all(text.as_bytes()),
            (_, None) => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
        };
        written.ok();
    }

    pub(crate) fn info(&self, logger: &'static str, text: impl Into<String>) {
        self.write(&Line::new(Level::Info, logger, text));
    }

    pub(crate) fn warning(&self, logger: &'static str, text: impl Into<String>) {
        self.write(&Line::new(Level::Warning, logger, text));
    }

    pub(crate) fn error(&self, logger: &'static str, text: impl Into<String>) {
        self.write(&Line::new(Level::Error, logger, text));
    }

    /// Sets the least level that is written.
    pub(crate) fn set_level(&self, least: Level) {
        self.lock().least = least;
    }

    /// Sends what follows to another target. The same one again changes nothing.
    pub(crate) fn set_target(&self, target: LogTarget) -> Result<(), LogTargetError> {
        let mut state = self.lock();
        if state.target != target {
            state.file = open_file(&target)?;
            state.target = target;
        }
        Ok(())
    }

    /// Opens the log file anew, after it was rotated away.
    pub(crate) fn reopen(&self) -> Result<(), LogTargetError> {
        let mut state = self.lock();
        let file = open_file(&state.target)?;
        state.file = file;
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_file(target: &LogTarget) -> Result<Option<File>, LogTargetError> {
    let LogTarget::File(path) = target else {
        return Ok(None);
    };
    let opened = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path);
    opened.map(Some).map_err(|source| LogTargetError::Open {
        path: path.clone(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_originals_columns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = Log::open(LogTarget::File(path.clone())).unwrap();
        log.write(&Line::new(Level::Debug, "filter", "not seen"));
        log.write(&Line::new(Level::Notice, "actions", "[sshd] Ban 192.0.2.1"));
        log.warning("jail", "w");
        let text = std::fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.get(23..).unwrap()).collect();
        let process = std::process::id();
        let expected = [
            format!(" fail2ban.actions        [{process}]: NOTICE  [sshd] Ban 192.0.2.1"),
            format!(" fail2ban.jail           [{process}]: WARNING w"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn targets_have_the_originals_names() {
        assert_eq!(LogTarget::named("stdout").unwrap(), LogTarget::Stdout);
        assert_eq!(
            LogTarget::named("/var/log/x").unwrap(),
            LogTarget::File("/var/log/x".into())
        );
        assert!(LogTarget::named("SYSLOG").is_err());
        assert!(LogTarget::named("STDOUT[datetime=off]").is_err());
    }
}
