//! The thread that writes the log.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::Receiver;
use f2b_core::UnixTime;

use super::sink::{self, Datagrams, Sink};
use super::target::Place;
use super::{Level, Line, LogTarget, LogTargetError, Order, Shared, chain, journal, syslog};
use crate::clock;
use crate::text;

pub(super) struct Writer {
    target: LogTarget,
    sink: Sink,
    /// Where syslog listens, if not at its usual place.
    syslog: Option<PathBuf>,
    shared: Arc<Shared>,
    /// Why the first line that is lost was lost.
    reason: Option<String>,
    process: u32,
}

impl Writer {
    pub(super) fn open(
        target: LogTarget,
        syslog: Option<PathBuf>,
        shared: Arc<Shared>,
    ) -> Result<Self, LogTargetError> {
        let path = syslog.as_deref().unwrap_or(Path::new(sink::SYSLOG));
        let sink = Sink::open(&target.place, path)?;
        Ok(Self {
            target,
            sink,
            syslog,
            shared,
            reason: None,
            process: std::process::id(),
        })
    }

    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        for order in orders {
            match order {
                Order::Write(line, moment) => self.write(&line, moment),
                Order::Target(target, answer) => {
                    answer.send(self.set_target(target)).ok();
                }
                Order::SyslogSocket(path) => self.syslog = path,
                Order::FlushLogs(answer) => {
                    answer.send(self.flush_logs()).ok();
                }
                Order::Flush(answer) => {
                    answer.send(()).ok();
                }
            }
        }
    }

    fn set_target(&mut self, target: LogTarget) -> Result<(), LogTargetError> {
        if self.target.name() == target.name() {
            return Ok(());
        }
        match self.opened(&target) {
            Ok(sink) => {
                self.sink = sink;
                self.target = target;
                let syslog = (self.target.name() == "SYSLOG").then(|| self.syslog_path());
                for line in text::target_changed(self.target.name(), syslog.as_deref()) {
                    self.say(&line);
                }
                Ok(())
            }
            Err(error) => {
                let lines = match &error {
                    LogTargetError::Syslog { path, source } => {
                        text::no_syslog(path, &source.to_string())
                    }
                    LogTargetError::Open { path, source } => {
                        text::no_log_file(path, &source.to_string(), self.target.name())
                    }
                    other => vec![Line::new(Level::Error, "server", chain(other))],
                };
                lines.iter().for_each(|line| self.say(line));
                Err(error)
            }
        }
    }

    /// Opens a target; syslog must be there.
    fn opened(&self, target: &LogTarget) -> Result<Sink, LogTargetError> {
        let path = self.syslog_path();
        if target.place == Place::Syslog {
            let failed = |source| LogTargetError::Syslog {
                path: path.clone(),
                source,
            };
            let kind = path.metadata().map_err(failed)?.file_type();
            if !kind.is_socket() {
                return Err(failed(std::io::Error::other("it is no socket")));
            }
            let mut datagrams = Datagrams::to(&path);
            datagrams.connect().map_err(failed)?;
            return Ok(Sink::Datagrams(datagrams));
        }
        Sink::open(&target.place, &path)
    }

    fn syslog_path(&self) -> PathBuf {
        let usual = || PathBuf::from(sink::SYSLOG);
        self.syslog.clone().unwrap_or_else(usual)
    }

    /// Opens a file anew; returns whether the target counts as one.
    fn flush_logs(&mut self) -> bool {
        let rolls_over = self.target.rolls_over();
        if rolls_over {
            match Sink::open(&self.target.place, &self.syslog_path()) {
                Ok(sink) => self.sink = sink,
                Err(error) => self.say(&Line::new(Level::Error, "server", chain(&error))),
            }
        }
        self.say(&text::logs_flushed(self.target.name(), rolls_over));
        rolls_over
    }

    /// Writes a line of the log's own.
    fn say(&mut self, line: &Line) {
        if self.shared.takes(line.level) {
            self.write(line, clock::now());
        }
    }

    fn write(&mut self, line: &Line, moment: UnixTime) {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let written = self
            .tell_lost(lost)
            .and_then(|()| self.sink.put(&self.bytes(line, moment)));
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

    fn tell_lost(&mut self, lost: u64) -> std::io::Result<()> {
        if lost == 0 {
            return Ok(());
        }
        let reason = self
            .reason
            .as_deref()
            .unwrap_or("they were not taken in time");
        let note = format!("{lost} line(s) of this log were lost: {reason}");
        let note = Line::new(Level::Error, "server", note);
        let mut bytes = self.bytes(&note, clock::now());
        if !matches!(self.sink, Sink::Datagrams(_)) {
            // What was written last may have been cut in the middle of a line.
            bytes.insert(0, b'\n');
        }
        self.sink.put(&bytes)
    }

    /// A line as the target takes it.
    fn bytes(&self, line: &Line, moment: UnixTime) -> Vec<u8> {
        let mut text = self.target.format.line(line, moment, self.process);
        match self.target.place {
            Place::Syslog => syslog::datagram(self.target.facility, line.level, &sink::cut(&text)),
            Place::Journal => journal::datagram(line, &sink::cut(&text), self.process),
            Place::Stdout | Place::Stderr | Place::File(_) => {
                text.push('\n');
                text.into_bytes()
            }
        }
    }
}
