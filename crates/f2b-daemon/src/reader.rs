//! The thread that reads log files.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use f2b_source::{
    Files, FollowerId, How, PatternId, Progress, SourceEvent, SourceId, Start, Watching,
};
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::clock;
use crate::event::Event;
use crate::log::Log;
use crate::seek::Seek;

/// How often every path is looked at without a notice, and those that are polled.
const RESCAN: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(200);

/// Descriptors that are left for clients, the database, the kernel and programs of actions.
const RESERVE: u64 = 384;

/// What the reader is told.
#[derive(Debug)]
enum Order {
    Watch(SourceId, PathBuf, Start, Option<Seek>, How),
    Forget(SourceId),
    WatchPattern(PatternId, String, Watching, FollowerId),
    ForgetPattern(PatternId),
    Follow(FollowerId, SourceId),
    Leave(FollowerId, SourceId),
    ForgetFollower(FollowerId),
}

/// How far a source was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Bytes behind what was read; `None` if no file is there.
    pub(crate) unread: Option<u64>,
    /// Bytes of the chunks that were sent.
    pub(crate) sent: u64,
}

/// The same for each source.
type Standings = Arc<Mutex<HashMap<SourceId, Standing>>>;

/// The engine's side of the reader.
#[derive(Debug)]
pub(crate) struct Reader {
    orders: Sender<Order>,
    wake: Arc<OwnedFd>,
    standings: Standings,
}

/// The thread's side.
pub(crate) struct ReaderThread {
    orders: Receiver<Order>,
    wake: Arc<OwnedFd>,
    standings: Standings,
    events: Sender<Event>,
    log: Log,
}

/// Makes the two sides.
pub(crate) fn reader(events: Sender<Event>, log: Log) -> std::io::Result<(Reader, ReaderThread)> {
    let (sender, receiver) = unbounded();
    let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    let standings = Standings::default();
    let reader = Reader {
        orders: sender,
        wake: Arc::clone(&wake),
        standings: Arc::clone(&standings),
    };
    let thread = ReaderThread {
        orders: receiver,
        wake,
        standings,
        events,
        log,
    };
    Ok((reader, thread))
}

impl Reader {
    /// Begins to follow a path.
    ///
    /// Where a log shall be read from its begin, `seek` tells which lines are too old to be read.
    pub(crate) fn watch(
        &self,
        id: SourceId,
        path: PathBuf,
        start: Start,
        seek: Option<Seek>,
        how: How,
    ) {
        self.order(Order::Watch(id, path, start, seek, how));
    }

    /// Ends to follow a path.
    pub(crate) fn forget(&self, id: SourceId) {
        self.order(Order::Forget(id));
    }

    /// Begins to tell which files come to fit a pattern.
    pub(crate) fn watch_pattern(
        &self,
        id: PatternId,
        pattern: String,
        watching: Watching,
        follower: FollowerId,
    ) {
        self.order(Order::WatchPattern(id, pattern, watching, follower));
    }

    /// Says that a follower reads a file, before that is watched.
    pub(crate) fn follow(&self, follower: FollowerId, file: SourceId) {
        self.order(Order::Follow(follower, file));
    }

    /// Says that a follower no longer reads a file that others read still.
    pub(crate) fn leave(&self, follower: FollowerId, file: SourceId) {
        self.order(Order::Leave(follower, file));
    }

    /// Says that a follower is no more.
    pub(crate) fn forget_follower(&self, follower: FollowerId) {
        self.order(Order::ForgetFollower(follower));
    }

    /// Ends to tell of a pattern.
    pub(crate) fn forget_pattern(&self, id: PatternId) {
        self.order(Order::ForgetPattern(id));
    }

    /// Returns how far a source was read, as known a moment ago.
    pub(crate) fn standing(&self, id: SourceId) -> Standing {
        let standings = lock(&self.standings);
        standings.get(&id).copied().unwrap_or_default()
    }

    fn order(&self, order: Order) {
        // The thread ends only after this side; a full event counter wakes it as well.
        self.orders.send(order).ok();
        rustix::io::write(&*self.wake, &1_u64.to_ne_bytes()).ok();
    }
}

impl ReaderThread {
    /// Reads until nobody listens any more.
    pub(crate) fn run(self) {
        let mut files = Files::new();
        let mut looked = clock::tick();
        let mut polled = looked;
        loop {
            let pause = if files.needs_polling() { POLL } else { RESCAN };
            let woken = match files.wait(pause, Some(self.wake.as_fd())) {
                Ok(woken) => woken,
                Err(error) => {
                    self.log
                        .error("filter", format!("Waiting for log files failed: {error}"));
                    std::thread::sleep(POLL);
                    files.rescan();
                    continue;
                }
            };
            if woken.caller && !self.take_orders(&mut files) {
                return;
            }
            // Also when a busy log never lets the wait time out.
            let now = clock::tick();
            if now - looked >= RESCAN {
                (looked, polled) = (now, now);
                files.rescan();
            } else if now - polled >= POLL {
                polled = now;
                files.poll_again();
            }
            if !self.read(&mut files) {
                return;
            }
        }
    }

    /// Sees to it that there are descriptors for the files to come.
    ///
    /// The soft limit is raised only as far as is needed: programs that actions run inherit it, and some
    /// close every descriptor up to it before they begin.
    fn make_room(files: &mut Files) {
        let limits = getrlimit(Resource::Nofile);
        let (Some(soft), hard) = (limits.current, limits.maximum) else {
            return;
        };
        let used = files.descriptors() as u64 + RESERVE;
        if used.saturating_mul(2) > soft && hard.is_none_or(|hard| soft < hard) {
            let wanted = used.saturating_mul(4);
            let raised = Rlimit {
                current: Some(hard.map_or(wanted, |hard| wanted.min(hard))),
                maximum: hard,
            };
            // Where it is refused the limit below keeps some descriptors free.
            setrlimit(Resource::Nofile, raised).ok();
        }
        let most = getrlimit(Resource::Nofile).current;
        let most = most.map_or(u64::MAX, most_files);
        files.limit_files(usize::try_from(most).unwrap_or(usize::MAX));
    }

    /// Gives each file that has something a turn; returns whether anybody listens.
    ///
    /// Where there is more the next wait ends at once: between two turns of a long file it is seen what
    /// has come into others, and what is ordered.
    fn read(&self, files: &mut Files) -> bool {
        let mut is_heard = true;
        let (Progress::Done | Progress::More) = files.read(&mut |event: SourceEvent| {
            if let SourceEvent::Chunk(chunk) = &event {
                let mut standings = lock(&self.standings);
                let standing = standings.entry(chunk.source).or_default();
                standing.sent = standing.sent.saturating_add(chunk.buffer.len() as u64);
            }
            is_heard &= self.events.send(Event::File(event)).is_ok();
        });
        let turned = files.turned();
        let mut standings = lock(&self.standings);
        for id in turned {
            standings.entry(id).or_default().unread = files.lag(id);
        }
        is_heard
    }

    /// Returns whether there may be more orders some day.
    fn take_orders(&self, files: &mut Files) -> bool {
        let mut counter = [0; 8];
        rustix::io::read(&*self.wake, &mut counter).ok();
        loop {
            match self.orders.try_recv() {
                Ok(Order::Watch(id, path, start, seek, how)) => {
                    let start = match (start, seek) {
                        // What goes wrong there is told by what follows the file.
                        (Start::Head, Some(seek)) => {
                            seek.start(&path, clock::now()).unwrap_or(Start::Head)
                        }
                        _ => start,
                    };
                    Self::make_room(files);
                    if let Err(error) = files.watch_as(id, &path, start, how) {
                        let problem = SourceEvent::Problem { source: id, error };
                        self.events.send(Event::File(problem)).ok();
                    }
                }
                Ok(Order::Forget(id)) => {
                    files.forget(id);
                    lock(&self.standings).remove(&id);
                }
                Ok(Order::WatchPattern(id, pattern, watching, follower)) => {
                    if let Err(error) = files.watch_pattern(id, &pattern, watching, follower) {
                        let problem = SourceEvent::PatternProblem { pattern: id, error };
                        self.events.send(Event::File(problem)).ok();
                    }
                }
                Ok(Order::Follow(follower, file)) => files.follow(follower, file),
                Ok(Order::Leave(follower, file)) => files.leave(follower, file),
                Ok(Order::ForgetFollower(follower)) => files.forget_follower(follower),
                Ok(Order::ForgetPattern(id)) => {
                    files.forget_pattern(id);
                }
                Err(crossbeam_channel::TryRecvError::Empty) => return true,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return false,
            }
        }
    }
}

/// Returns how many log files may be open where the process may have so many descriptors.
fn most_files(limit: u64) -> u64 {
    // Where there are few the logs come first: without them there is nothing to do.
    limit.saturating_sub(RESERVE).max(limit / 2)
}

fn lock(standings: &Standings) -> MutexGuard<'_, HashMap<SourceId, Standing>> {
    standings.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Reader {
    /// Wakes the thread, which finds that nobody will tell it anything any more.
    fn drop(&mut self) {
        let (closed, _nobody) = unbounded();
        self.orders = closed;
        rustix::io::write(&*self.wake, &1_u64.to_ne_bytes()).ok();
    }
}

#[cfg(test)]
mod tests {
    use f2b_source::TURN;

    use super::*;
    use crate::log::{LogLevel, LogTarget};

    #[test]
    fn a_long_log_has_one_turn_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.log");
        std::fs::write(&path, "line\n".repeat(TURN)).unwrap();
        let target = LogTarget::named("STDERR").unwrap();
        let log = Log::open(target, None, LogLevel::default()).unwrap();
        let (events, received) = unbounded();
        let (_reader, thread) = reader(events, log).unwrap();
        let mut files = Files::new();
        files.watch(SourceId(1), &path, Start::Head).unwrap();
        assert!(thread.read(&mut files));
        assert_eq!(received.len(), 1);
        let woken = files.wait(Duration::from_secs(60), None).unwrap();
        assert!(woken.files);
    }

    #[test]
    fn where_there_are_few_descriptors_logs_get_half_of_them() {
        let check = |limit: u64, expected: u64| assert_eq!(most_files(limit), expected, "{limit}");
        check(1024, 640);
        check(768, 384);
        check(256, 128);
        check(0, 0);
    }
}
