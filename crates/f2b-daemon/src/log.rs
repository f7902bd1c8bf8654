//! The server's log, in the original's format (contract B 3.4).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::clock;
use crate::guard;

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
    #[error("the log target `{0}` is not available in this version")]
    NotAvailable(String),
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

/// The log, shared by all threads. A thread of its own writes: a target that takes nothing (a full
/// pipe, a stopped terminal) holds nobody up.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    orders: Sender<Order>,
    shared: Arc<Shared>,
    process: u32,
}

/// What is known without asking the thread.
#[derive(Debug)]
struct Shared {
    least: AtomicU8,
    /// Whether the target takes nothing now.
    is_stalled: AtomicBool,
    /// Lines that were not handed to the thread since the last that was written.
    lost: AtomicU64,
}

/// What the thread is told.
#[derive(Debug)]
enum Order {
    Write(String),
    Target(LogTarget, Sender<Result<(), LogTargetError>>),
    Reopen(Sender<Result<(), LogTargetError>>),
    /// Answered when all before it is written.
    Flush(Sender<()>),
}

/// How many lines may wait for the thread.
const MOST_WAITING: usize = 16_384;

/// How long the target may take nothing before lines are given up, and how long a change of the
/// target or the end of the server waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

impl Log {
    /// Opens the log at level INFO.
    pub(crate) fn open(target: LogTarget) -> Result<Self, LogTargetError> {
        let shared = Arc::new(Shared {
            least: AtomicU8::new(Level::Info as u8),
            is_stalled: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        });
        let writer = Writer {
            file: open_file(&target)?,
            target,
            shared: Arc::clone(&shared),
            reason: None,
            process: std::process::id(),
        };
        let (orders, incoming) = bounded(MOST_WAITING);
        guard::start("log", move || writer.run(&incoming)).map_err(LogTargetError::Thread)?;
        Ok(Self {
            orders,
            shared,
            process: std::process::id(),
        })
    }

    /// Writes a line, if its level is high enough.
    ///
    /// A target that cannot be written to is no reason to stop protecting: the line is lost, and
    /// the log says how many were as soon as it can.
    pub(crate) fn write(&self, line: &Line) {
        if (line.level as u8) < self.shared.least.load(Ordering::Relaxed) {
            return;
        }
        let order = Order::Write(formatted(line, self.process));
        let is_sent = if self.shared.is_stalled.load(Ordering::Relaxed) {
            self.orders.try_send(order).is_ok()
        } else {
            self.orders.send_timeout(order, PATIENCE).is_ok()
        };
        if !is_sent {
            self.shared.is_stalled.store(true, Ordering::Relaxed);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
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
        self.shared.least.store(least as u8, Ordering::Relaxed);
    }

    /// Sends what follows to another target. The same one again changes nothing.
    pub(crate) fn set_target(&self, target: LogTarget) -> Result<(), LogTargetError> {
        self.ask(|answer| Order::Target(target, answer))
            .unwrap_or(Err(LogTargetError::Stalled))
    }

    /// Opens the log file anew, after it was rotated away.
    pub(crate) fn reopen(&self) -> Result<(), LogTargetError> {
        self.ask(Order::Reopen)
            .unwrap_or(Err(LogTargetError::Stalled))
    }

    /// Waits until everything is written; not for ever.
    pub(crate) fn flush(&self) {
        self.ask(Order::Flush);
    }

    fn ask<T>(&self, order: impl FnOnce(Sender<T>) -> Order) -> Option<T> {
        let (sender, answer) = bounded(1);
        self.orders.send_timeout(order(sender), PATIENCE).ok()?;
        answer.recv_timeout(PATIENCE).ok()
    }
}

/// Returns a line as the original writes it.
fn formatted(line: &Line, process: u32) -> String {
    let now = clock::now();
    format!(
        "{},{:03} {:<24}[{process}]: {:<7} {}\n",
        clock::local(now),
        clock::milliseconds(now),
        format!("fail2ban.{}", line.logger),
        line.level.name(),
        line.text,
    )
}

/// The thread's side.
struct Writer {
    target: LogTarget,
    /// Open if the target is a file.
    file: Option<File>,
    shared: Arc<Shared>,
    /// Why the first line that is lost was lost.
    reason: Option<String>,
    process: u32,
}

impl Writer {
    fn run(mut self, orders: &Receiver<Order>) {
        for order in orders {
            match order {
                Order::Write(text) => self.write(&text),
                Order::Target(target, answer) => {
                    answer.send(self.set_target(target)).ok();
                }
                Order::Reopen(answer) => {
                    let opened = open_file(&self.target).map(|file| self.file = file);
                    answer.send(opened).ok();
                }
                Order::Flush(answer) => {
                    answer.send(()).ok();
                }
            }
        }
    }

    fn set_target(&mut self, target: LogTarget) -> Result<(), LogTargetError> {
        if self.target != target {
            self.file = open_file(&target)?;
            self.target = target;
        }
        Ok(())
    }

    fn write(&mut self, text: &str) {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let written = if lost == 0 {
            self.put(text)
        } else {
            let reason = self
                .reason
                .as_deref()
                .unwrap_or("they were not taken in time");
            let note = format!("{lost} line(s) of this log were lost: {reason}");
            let note = formatted(&Line::new(Level::Error, "server", note), self.process);
            // What was written last may have been cut in the middle of a line.
            self.put(&format!("\n{note}{text}"))
        };
        match written {
            Ok(()) => {
                self.shared.is_stalled.store(false, Ordering::Relaxed);
                self.shared.lost.fetch_sub(lost, Ordering::Relaxed);
                self.reason = None;
            }
            Err(error) => {
                self.reason.get_or_insert_with(|| error.to_string());
                self.shared.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn put(&mut self, text: &str) -> std::io::Result<()> {
        match (&self.target, &mut self.file) {
            (_, Some(file)) => file.write_all(text.as_bytes()),
            (LogTarget::Stderr, None) => std::io::stderr().lock().write_all(text.as_bytes()),
            (_, None) => {
                let mut out = std::io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
        }
    }
}

/// Returns what an error says, with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
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
        log.flush();
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
    fn lines_that_were_lost_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = Log::open(LogTarget::File("/dev/full".into())).unwrap();
        log.warning("jail", "a");
        log.warning("jail", "b");
        log.set_target(LogTarget::File(path.clone())).unwrap();
        log.warning("jail", "c");
        log.warning("jail", "d");
        log.flush();
        let text = std::fs::read_to_string(path).unwrap();
        // An empty line ends what may have been cut.
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(
            text.contains("ERROR   2 line(s) of this log were lost: No space left"),
            "{text}"
        );
        assert!(text.ends_with("WARNING d\n"), "{text}");
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
