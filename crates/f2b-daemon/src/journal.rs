//! The threads that read the journal, one for each jail that does.

use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ChildStdout;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;
use f2b_action::spawn;
use f2b_core::UnixTime;
use f2b_source::journal::{ExportParser, FIELDS};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::event::{Event, JournalEvent, JournalNews};

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
    thread: Option<JoinHandle<()>>,
}

/// How long a silent journal is taken to be read to its end.
const SILENCE: Duration = Duration::from_millis(500);

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
    /// Begins to read for a jail; `matches` are the groups of `journalmatch`, of which any may fit.
    pub(crate) fn read(
        jail: String,
        matches: &[Vec<String>],
        start: JournalStart,
        events: Sender<Event>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut follower = Following {
            jail,
            matches: matches.join(&"+".to_owned()),
            start,
            events,
            stop: Arc::clone(&stop),
            silent: false,
        };
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || follower.run())?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // The thread looks at this at least twice a second; it is not waited for, since it may be
        // waiting itself for room in the queue of the one who drops this.
        self.stop.store(true, Ordering::Relaxed);
        drop(self.thread.take());
    }
}

/// What one of the threads knows.
struct Following {
    jail: String,
    matches: Vec<String>,
    start: JournalStart,
    events: Sender<Event>,
    stop: Arc<AtomicBool>,
    silent: bool,
}

/// Why following ended.
enum Ending {
    /// Nobody wants more.
    Stopped,
    /// `journalctl` is gone.
    Trouble(String),
}

impl Following {
    fn run(&mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.start.clone();
            let Ending::Trouble(reason) = self.follow() else {
                return;
            };
            if self.start == before {
                // Nothing came at all: perhaps the entry that the cursor names is gone.
                self.start.cursor = None;
                pause = (pause * 2).min(LAST_PAUSE);
            } else {
                pause = FIRST_PAUSE;
            }
            if !self.tell(JournalNews::Trouble(reason)) || !self.rest(pause) {
                return;
            }
        }
    }

    fn follow(&mut self) -> Ending {
        let mut follower = match spawn::follow("journalctl", &self.arguments()) {
            Ok(follower) => follower,
            Err(error) => return Ending::Trouble(chain(&error)),
        };
        let mut output = match follower.output() {
            Ok(output) => output,
            Err(error) => return Ending::Trouble(chain(&error)),
        };
        let mut parser = ExportParser::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ending::Stopped;
            }
            if !is_readable(&output) {
                if !std::mem::replace(&mut self.silent, true) && !self.tell(JournalNews::CaughtUp) {
                    return Ending::Stopped;
                }
                continue;
            }
            let count = match output.read(&mut buffer) {
                Ok(0) => return Ending::Trouble("`journalctl` ended".to_owned()),
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

    fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> =
            ["--output=export", "--follow", "--lines=all", "--no-pager"]
                .map(str::to_owned)
                .into();
        arguments.push(format!("--output-fields={}", FIELDS.join(",")));
        arguments.push(match &self.start.cursor {
            Some(cursor) => format!("--after-cursor={cursor}"),
            None => format!("--since=@{}", self.start.since.whole_seconds()),
        });
        arguments.extend(self.matches.iter().cloned());
        arguments
    }

    /// Returns whether anybody still listens.
    fn tell(&self, what: JournalNews) -> bool {
        let jail = self.jail.clone();
        self.events
            .send(Event::Journal(JournalEvent { jail, what }))
            .is_ok()
    }

    /// Waits; returns whether to go on.
    fn rest(&self, pause: Duration) -> bool {
        let steps = pause.as_millis() / SILENCE.as_millis();
        for _ in 0..steps {
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            std::thread::sleep(SILENCE);
        }
        true
    }
}

/// Waits a little for more output.
fn is_readable(output: &ChildStdout) -> bool {
    let timeout = Timespec::try_from(SILENCE).ok();
    let mut descriptors = [PollFd::from_borrowed_fd(output.as_fd(), PollFlags::IN)];
    // An error is seen by the read that follows.
    poll(&mut descriptors, timeout.as_ref()).map_or(true, |ready| ready > 0)
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
