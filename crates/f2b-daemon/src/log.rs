//! The server's log, in the original's format (contract B 3.4).

mod format;
mod journal;
mod level;
mod options;
mod sink;
mod syslog;
mod target;
mod writer;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use f2b_core::UnixTime;

use crate::clock;
use crate::guard;
use crate::text;

pub use level::{Level, LogLevel};
pub use target::{LogTarget, LogTargetError};
use writer::Writer;

/// One line on its way to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) level: Level,
    /// The part of the server that speaks: `actions` is written as `fail2ban.actions`.
    pub(crate) logger: Cow<'static, str>,
    pub(crate) text: String,
}

impl Line {
    pub(crate) fn new(
        level: Level,
        logger: impl Into<Cow<'static, str>>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            level,
            logger: logger.into(),
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
}

/// What is known without asking the thread.
#[derive(Debug)]
struct Shared {
    least: AtomicU32,
    /// Whether the target takes nothing now.
    is_stalled: AtomicBool,
    /// Lines that were not handed to the thread since the last that was written.
    lost: AtomicU64,
}

/// What the thread is told.
#[derive(Debug)]
enum Order {
    Write(Line, UnixTime),
    Target(LogTarget, Sender<Result<(), LogTargetError>>),
    /// Where syslog listens, for the next target that is syslog.
    SyslogSocket(Option<PathBuf>),
    /// Answered with whether a file was opened anew.
    FlushLogs(Sender<bool>),
    /// Answered when all before it is written.
    Flush(Sender<()>),
}

/// How many lines may wait for the thread.
const MOST_WAITING: usize = 16_384;

/// How long the target may take nothing before lines are given up, and how long a change of the
/// target or the end of the server waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

impl Log {
    /// Opens the log. `syslog` is where syslog listens, if not at its usual place.
    pub(crate) fn open(
        target: LogTarget,
        syslog: Option<PathBuf>,
        level: LogLevel,
    ) -> Result<Self, LogTargetError> {
        let shared = Arc::new(Shared {
            least: AtomicU32::new(level.number()),
            is_stalled: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        });
        let writer = Writer::open(target, syslog, Arc::clone(&shared))?;
        let (orders, incoming) = bounded(MOST_WAITING);
        guard::start("log", move || writer.run(&incoming)).map_err(LogTargetError::Thread)?;
        Ok(Self { orders, shared })
    }

    /// Writes a line, if its level is high enough.
    ///
    /// A target that cannot be written to is no reason to stop protecting: the line is lost, and
    /// the log says how many were as soon as it can.
    pub(crate) fn write(&self, line: &Line) {
        if !self.shared.takes(line.level) {
            return;
        }
        let order = Order::Write(line.clone(), clock::now());
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
    pub(crate) fn set_level(&self, least: LogLevel) {
        self.shared.least.store(least.number(), Ordering::Relaxed);
    }

    /// Sends what follows to another target. One of the same name changes nothing, whatever its
    /// options. When it fails the one before stays, and the log says why.
    pub(crate) fn set_target(&self, target: LogTarget) -> Result<(), LogTargetError> {
        let done = self
            .ask(|answer| Order::Target(target, answer))
            .unwrap_or(Err(LogTargetError::Stalled));
        if let Err(LogTargetError::Stalled | LogTargetError::Thread(_)) = &done {
            self.error("server", "The log target takes nothing and is not let go");
        }
        done
    }

    /// Sets where syslog listens, from the next change of the target on; `auto` is its usual place.
    pub(crate) fn set_syslog_socket(&self, name: &str) {
        let path = syslog_path(name);
        self.orders
            .send_timeout(Order::SyslogSocket(path), PATIENCE)
            .ok();
    }

    /// Opens the log file anew, after it was rotated away; returns what the original answers.
    pub(crate) fn flush_logs(&self) -> &'static str {
        if self.ask(Order::FlushLogs) == Some(true) {
            text::ROLLED_OVER
        } else {
            text::FLUSHED
        }
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

impl Shared {
    fn takes(&self, level: Level) -> bool {
        level.number() >= self.least.load(Ordering::Relaxed)
    }
}

/// Returns the path that `syslogsocket` names; nothing for `auto`.
pub(crate) fn syslog_path(name: &str) -> Option<PathBuf> {
    (name != "auto").then(|| name.into())
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

#[cfg(test)]
mod tests;
