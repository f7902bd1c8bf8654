//! The thread that reads log files.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use f2b_core::UnixTime;
use f2b_source::{Files, How, Progress, SourceEvent, SourceId, Start};
use rustix::event::{EventfdFlags, eventfd};

use crate::clock;
use crate::event::Event;
use crate::log::Log;

/// How often every path is looked at without a notice, and those that are polled.
const RESCAN: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(200);

/// What the reader is told.
#[derive(Debug)]
enum Order {
    Watch(SourceId, PathBuf, Start, How),
    Forget(SourceId),
}

/// Bytes that were not read yet, by source.
pub(crate) type Lags = Arc<Mutex<HashMap<SourceId, u64>>>;

/// The engine's side of the reader.
#[derive(Debug)]
pub(crate) struct Reader {
    orders: Sender<Order>,
    wake: Arc<OwnedFd>,
    lags: Lags,
}

/// The thread's side.
pub(crate) struct ReaderThread {
    orders: Receiver<Order>,
    wake: Arc<OwnedFd>,
    lags: Lags,
    events: Sender<Event>,
    log: Log,
}

/// Makes the two sides.
pub(crate) fn reader(events: Sender<Event>, log: Log) -> std::io::Result<(Reader, ReaderThread)> {
    let (sender, receiver) = unbounded();
    let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    let lags = Lags::default();
    let reader = Reader {
        orders: sender,
        wake: Arc::clone(&wake),
        lags: Arc::clone(&lags),
    };
    let thread = ReaderThread {
        orders: receiver,
        wake,
        lags,
        events,
        log,
    };
    Ok((reader, thread))
}

impl Reader {
    /// Begins to follow a path.
    pub(crate) fn watch(&self, id: SourceId, path: PathBuf, start: Start, how: How) {
        self.order(Order::Watch(id, path, start, how));
    }

    /// Ends to follow a path.
    pub(crate) fn forget(&self, id: SourceId) {
        self.order(Order::Forget(id));
    }

    /// Returns how many bytes of a source were not read yet; `None` if no file is there.
    pub(crate) fn lag(&self, id: SourceId) -> Option<u64> {
        self.lags
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .copied()
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
        let mut looked = clock::now();
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
            let now = clock::now();
            let is_over = |since: UnixTime, pause: Duration| {
                u128::from(now.since(since).as_micros().unsigned_abs()) >= pause.as_micros()
            };
            if is_over(looked, RESCAN) {
                (looked, polled) = (now, now);
                files.rescan();
            } else if files.needs_polling() && is_over(polled, POLL) {
                polled = now;
                files.poll_again();
            }
            let mut listening = true;
            loop {
                let progress = files.read(&mut |event: SourceEvent| {
                    listening &= self.events.send(Event::File(event)).is_ok();
                });
                if !listening {
                    return;
                }
                self.publish_lags(&mut files);
                if progress == Progress::Done {
                    break;
                }
            }
        }
    }

    /// Returns whether there may be more orders some day.
    fn take_orders(&self, files: &mut Files) -> bool {
        let mut counter = [0; 8];
        rustix::io::read(&*self.wake, &mut counter).ok();
        loop {
            match self.orders.try_recv() {
                Ok(Order::Watch(id, path, start, how)) => {
                    match files.watch_as(id, &path, start, how) {
                        Ok(()) => {}
                        Err(error) => {
                            let problem = SourceEvent::Problem { source: id, error };
                            self.events.send(Event::File(problem)).ok();
                        }
                    }
                }
                Ok(Order::Forget(id)) => {
                    files.forget(id);
                    self.lags().remove(&id);
                }
                Err(crossbeam_channel::TryRecvError::Empty) => return true,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return false,
            }
        }
    }

    fn publish_lags(&self, files: &mut Files) {
        let mut lags = self.lags();
        for id in files.turned() {
            match files.lag(id) {
                Some(lag) => lags.insert(id, lag),
                None => lags.remove(&id),
            };
        }
    }

    fn lags(&self) -> MutexGuard<'_, HashMap<SourceId, u64>> {
        self.lags.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reader {
    /// Wakes the thread, which finds that nobody will tell it anything any more.
    fn drop(&mut self) {
        let (closed, _nobody) = unbounded();
        self.orders = closed;
        rustix::io::write(&*self.wake, &1_u64.to_ne_bytes()).ok();
    }
}
