//! The thread that reads log files.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use f2b_source::{Files, How, Progress, SourceEvent, SourceId, Start};
use rustix::event::{EventfdFlags, eventfd};

use crate::clock;
use crate::event::Event;
use crate::log::Log;
use crate::seek::Seek;

/// How often every path is looked at without a notice, and those that are polled.
const RESCAN: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(200);

/// What the reader is told.
#[derive(Debug)]
enum Order {
    Watch(SourceId, PathBuf, Start, Option<Seek>, How),
    Forget(SourceId),
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

    /// Reads all there is; returns whether anybody listens.
    fn read(&self, files: &mut Files) -> bool {
        let mut is_heard = true;
        loop {
            let progress = files.read(&mut |event: SourceEvent| {
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
            drop(standings);
            if !is_heard || progress == Progress::Done {
                return is_heard;
            }
        }
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
                    if let Err(error) = files.watch_as(id, &path, start, how) {
                        let problem = SourceEvent::Problem { source: id, error };
                        self.events.send(Event::File(problem)).ok();
                    }
                }
                Ok(Order::Forget(id)) => {
                    files.forget(id);
                    lock(&self.standings).remove(&id);
                }
                Err(crossbeam_channel::TryRecvError::Empty) => return true,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return false,
            }
        }
    }
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
