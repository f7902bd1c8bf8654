//! The threads that read the journal, one for each jail that does.

use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ChildStdout;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::Sender;
use f2b_action::spawn::{self, Follower};
use f2b_core::UnixTime;
use f2b_source::SourceId;
use f2b_source::journal::{ExportParser, FIELDS};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::event::{Event, JournalEvent, JournalNews};
use crate::guard;
use crate::log::chain;

/// Where a jail goes on in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JournalStart {
    /// Behind this entry, if it is still there.
    pub(crate) cursor: Option<String>,
    /// Otherwise from this moment.
    pub(crate) since: UnixTime,
}

/// A journal that is being read; reading ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Journal {
    stop: Arc<AtomicBool>,
    child: Child,
}

/// The `journalctl` that runs now, if any; whoever takes it ends it.
type Child = Arc<Mutex<Option<Follower>>>;

/// How often a thread that waits looks whether it shall end.
const STEP: Duration = Duration::from_millis(500);

/// How long to wait before `journalctl` is started again: doubled each time up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// Tells whether this machine keeps a journal.
pub(crate) fn is_there() -> bool {
    let holds_journal = |folder: std::fs::DirEntry| {
        let files = std::fs::read_dir(folder.path()).into_iter().flatten();
        files.filter_map(Result::ok).any(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "journal")
        })
    };
    ["/run/log/journal", "/var/log/journal"]
        .into_iter()
        .any(|folder| {
            let machines = std::fs::read_dir(Path::new(folder)).into_iter().flatten();
            machines.filter_map(Result::ok).any(holds_journal)
        })
}

impl Journal {
    /// Begins to read under a number; `matches` are the groups of `journalmatch`, of which any may fit.
    pub(crate) fn read(
        source: SourceId,
        matches: &[Vec<String>],
        start: JournalStart,
        events: Sender<Event>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let child = Child::default();
        let mut following = Following {
            source,
            matches: matches.join(&"+".to_owned()),
            start,
            events,
            stop: Arc::clone(&stop),
            child: Arc::clone(&child),
        };
        guard::start("journal", move || following.run())?;
        Ok(Self { stop, child })
    }
}

impl Drop for Journal {
    /// The thread is not waited for: it may be waiting itself for room in the queue of the one who
    /// drops this.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(lock(&self.child).take());
    }
}

/// What one of the threads knows.
struct Following {
    source: SourceId,
    matches: Vec<String>,
    start: JournalStart,
    events: Sender<Event>,
    stop: Arc<AtomicBool>,
    child: Child,
}

/// Why following ended.
enum Ending {
    /// Nobody wants more.
    Stopped,
    /// All that was there has been read.
    Finished,
    /// `journalctl` is gone, or is not there.
    Trouble(String),
    /// `journalctl` did not want to begin.
    Refused(String),
}

/// Which part of the journal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// What is there.
    ThePast,
    /// What is there and what is written later.
    WhatComes,
}

impl Following {
    fn run(&mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.start.clone();
            let reason = match self.follow() {
                Ending::Stopped | Ending::Finished => return,
                Ending::Refused(reason) => {
                    // A cursor that was never one. An entry that is gone is no reason: journalctl
                    // then goes on with what followed it.
                    self.start.cursor = None;
                    reason
                }
                Ending::Trouble(reason) => reason,
            };
            if self.start == before {
                pause = (pause * 2).min(LAST_PAUSE);
            } else {
                pause = FIRST_PAUSE;
            }
            if !self.tell(JournalNews::Trouble(reason)) || !self.rest(pause) {
                return;
            }
        }
    }

    /// Reads what is there, and then what comes.
    ///
    /// Two runs of `journalctl`: one that follows does not tell where the past ends.
    fn follow(&mut self) -> Ending {
        match self.read(Reading::ThePast) {
            Ending::Finished if self.tell(JournalNews::CaughtUp) => self.read(Reading::WhatComes),
            Ending::Finished => Ending::Stopped,
            ending => ending,
        }
    }

    fn read(&mut self, reading: Reading) -> Ending {
        let mut follower = match spawn::follow("journalctl", &self.arguments(reading)) {
            Ok(follower) => follower,
            Err(error) => return Ending::Trouble(chain(&error)),
        };
        let mut output = match follower.output() {
            Ok(output) => output,
            Err(error) => return Ending::Trouble(chain(&error)),
        };
        *lock(&self.child) = Some(follower);
        let begin = self.start.clone();
        let mut parser = ExportParser::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ending::Stopped;
            }
            if !is_readable(&output) {
                continue;
            }
            let count = match output.read(&mut buffer) {
                Ok(0) => return self.ending(reading, begin == self.start),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Ending::Trouble(format!("read from `journalctl`: {error}")),
            };
            let mut entries = Vec::new();
            let parsed = parser.push(buffer.get(..count).unwrap_or_default(), |entry| {
                entries.push(entry);
            });
            if let Some(last) = entries.last() {
                self.start.cursor = Some(last.cursor.clone());
                self.start.since =
                    UnixTime::from_micros(i64::try_from(last.realtime_us).unwrap_or(i64::MAX));
                if !self.tell(JournalNews::Entries(entries)) {
                    return Ending::Stopped;
                }
            }
            if let Err(error) = parsed {
                return Ending::Trouble(error.to_string());
            }
        }
    }

    /// Tells why `journalctl` ended; `at_once` if it gave nothing.
    fn ending(&self, reading: Reading, at_once: bool) -> Ending {
        let Some(mut follower) = lock(&self.child).take() else {
            return Ending::Stopped;
        };
        let Some(code) = follower.code() else {
            return Ending::Trouble("`journalctl` was ended by a signal".to_owned());
        };
        if reading == Reading::ThePast && code == 0 {
            return Ending::Finished;
        }
        let words = self.arguments(reading).join(" ");
        let reason = format!(
            "`journalctl` ended with code {code} (hint: see what `journalctl {words}` says)"
        );
        if at_once && code != 0 {
            Ending::Refused(reason)
        } else {
            Ending::Trouble(reason)
        }
    }

    fn arguments(&self, reading: Reading) -> Vec<String> {
        let mut arguments: Vec<String> = ["--output=export", "--lines=all", "--no-pager"]
            .map(str::to_owned)
            .into();
        if reading == Reading::WhatComes {
            arguments.push("--follow".to_owned());
        }
        arguments.push(format!("--output-fields={}", FIELDS.join(",")));
        arguments.push(match &self.start.cursor {
            Some(cursor) => format!("--after-cursor={cursor}"),
            None => format!("--since=@{}", self.start.since.whole_seconds()),
        });
        // No match is taken for an option.
        arguments.push("--".to_owned());
        arguments.extend(self.matches.iter().cloned());
        arguments
    }

    /// Returns whether anybody still listens.
    fn tell(&self, what: JournalNews) -> bool {
        let source = self.source;
        self.events
            .send(Event::Journal(JournalEvent { source, what }))
            .is_ok()
    }

    /// Waits; returns whether to go on.
    fn rest(&self, pause: Duration) -> bool {
        let steps = pause.as_millis() / STEP.as_millis();
        for _ in 0..steps {
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            std::thread::sleep(STEP);
        }
        true
    }
}

fn lock(child: &Child) -> MutexGuard<'_, Option<Follower>> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits a little for more output.
fn is_readable(output: &ChildStdout) -> bool {
    let timeout = Timespec::try_from(STEP).ok();
    let mut descriptors = [PollFd::from_borrowed_fd(output.as_fd(), PollFlags::IN)];
    // An error is seen by the read that follows.
    poll(&mut descriptors, timeout.as_ref()).map_or(true, |ready| ready > 0)
}
