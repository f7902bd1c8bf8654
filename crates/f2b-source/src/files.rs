//! All watched paths, their turns, and the wait for changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::error::SourceError;
use crate::event::{SourceEvent, SourceId};
use crate::hints::Hints;
use crate::how::{How, Watching};
use crate::position::Start;
use crate::source::Source;

/// The log files that are followed.
///
/// It belongs to one thread. Its loop is [`wait`](Self::wait), then [`read`](Self::read) until it
/// says [`Progress::Done`], and every few seconds [`rescan`](Self::rescan).
#[derive(Debug)]
pub struct Files {
    sources: BTreeMap<SourceId, Source>,
    /// Those that may have something to read.
    ready: BTreeSet<SourceId>,
    /// Those that are looked at again and again, whatever the kernel tells.
    polled: BTreeSet<SourceId>,
    /// Those that had a turn since [`turned`](Self::turned) was asked.
    turned: BTreeSet<SourceId>,
    hints: Option<Hints>,
    /// Why there are no notices, for the sources that are watched later.
    without: Option<io::ErrorKind>,
}

/// Whether another call of [`Files::read`] finds something at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// Every file was read to its end.
    Done,
    /// A file's turn was over before its end.
    More,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Woken {
    /// There may be something to read.
    pub files: bool,
    /// The caller's own descriptor is readable, or its other end is gone.
    pub caller: bool,
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}

impl Files {
    /// Returns a reader that follows nothing yet.
    ///
    /// When the kernel gives it no notices of changes (the user has too many queues), each source
    /// gets a [`SourceError::Watch`], and rescans alone find what is new.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Hints::new())
    }

    /// Returns a reader that finds changes by rescans only.
    #[must_use]
    pub fn without_notices() -> Self {
        Self::with(Err(io::ErrorKind::Unsupported.into()))
    }

    fn with(hints: io::Result<Hints>) -> Self {
        let (hints, without) = match hints {
            Ok(hints) => (Some(hints), None),
            Err(cause) => (None, Some(cause)),
        };
        Self {
            sources: BTreeMap::new(),
            ready: BTreeSet::new(),
            polled: BTreeSet::new(),
            turned: BTreeSet::new(),
            hints,
            without: without.map(|cause| cause.kind()),
        }
    }

    /// Returns whether the kernel tells of changes.
    #[must_use]
    pub fn has_notices(&self) -> bool {
        self.hints.is_some()
    }

    /// Begins to follow `path` under the number `id`.
    ///
    /// The path need not exist. [`Start::Tail`] means the end as it is now. What there is to tell
    /// comes with the next [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// [`SourceError::NumberTaken`]; [`SourceError::Path`] when the path is empty, or relative
    /// while there is no working directory.
    pub fn watch(&mut self, id: SourceId, path: &Path, start: Start) -> Result<(), SourceError> {
        self.watch_as(id, path, start, How::default())
    }

    /// Begins to follow `path` under the number `id`, as [`watch`](Self::watch), in this way.
    ///
    /// # Errors
    ///
    /// As [`watch`](Self::watch).
    pub fn watch_as(
        &mut self,
        id: SourceId,
        path: &Path,
        start: Start,
        how: How,
    ) -> Result<(), SourceError> {
        if self.sources.contains_key(&id) {
            return Err(SourceError::NumberTaken {
                id,
                path: path.to_path_buf(),
            });
        }
        let path = std::path::absolute(path).map_err(|cause| SourceError::Path {
            path: path.to_path_buf(),
            cause,
        })?;
        let mut source = Source::new(id, path, start, how, self.hints.as_mut());
        let without = self.without.filter(|_| how.watching == Watching::Notices);
        if let Some(kind) = without {
            let path = source.path().to_path_buf();
            let cause = kind.into();
            source.without_notices(SourceError::Watch { path, cause });
        }
        if source.is_polled() {
            self.polled.insert(id);
        }
        self.sources.insert(id, source);
        self.ready.insert(id);
        Ok(())
    }

    /// Ends the watch of `id` and closes its files; returns whether there was one.
    pub fn forget(&mut self, id: SourceId) -> bool {
        match self.sources.remove(&id) {
            Some(mut source) => {
                source.close(self.hints.as_mut());
                self.ready.remove(&id);
                self.polled.remove(&id);
                self.turned.remove(&id);
                true
            }
            None => false,
        }
    }

    /// Returns how many bytes of `id` were not delivered yet, an unfinished last line included.
    ///
    /// It is as of the source's last turn. Nothing is known of a source that was never watched, or
    /// while no file of it is open.
    ///
    /// *Cost*: it asks nothing of the system.
    #[must_use]
    pub fn lag(&self, id: SourceId) -> Option<u64> {
        self.sources.get(&id)?.lag()
    }

    /// Returns the sources that had a turn since the last call: those whose [`lag`](Self::lag) may
    /// be another now.
    #[must_use]
    pub fn turned(&mut self) -> BTreeSet<SourceId> {
        std::mem::take(&mut self.turned)
    }

    /// Has every path looked at again by the next [`read`](Self::read), as if all had changed.
    ///
    /// It finds what notices cannot: changes on network file systems, a permission that was given,
    /// a directory replaced far above. Call it every few seconds also when `wait` never times out.
    /// A rotated file that brought no line for 30 rescans is closed.
    pub fn rescan(&mut self) {
        self.sources.values_mut().for_each(Source::rescan);
        self.ready.extend(self.sources.keys());
    }

    /// Returns whether there is something that only [`poll_again`](Self::poll_again) sees in time: then
    /// it is to be called several times a second, also when `wait` never times out.
    #[must_use]
    pub fn needs_polling(&self) -> bool {
        match self.hints {
            Some(_) => !self.polled.is_empty(),
            None => !self.sources.is_empty(),
        }
    }

    /// Has the paths looked at again of which the kernel does not tell, or not all: those that are
    /// polled by choice ([`Watching::Polling`]) or because of their file system
    /// ([`SourceEvent::Polled`]), and without notices all of them.
    pub fn poll_again(&mut self) {
        if self.hints.is_none() {
            return self.look_again();
        }
        for id in &self.polled {
            if let Some(source) = self.sources.get_mut(id) {
                source.look = true;
            }
        }
        self.ready.extend(&self.polled);
    }

    /// Has every path looked at again; nothing grows older by it.
    fn look_again(&mut self) {
        for source in self.sources.values_mut() {
            source.look = true;
        }
        self.ready.extend(self.sources.keys());
    }

    /// Gives every source that may have something one turn of at most
    /// [`TURN`](crate::TURN) bytes a file, and hands what it brings to `sink`.
    ///
    /// A sink that blocks holds up reading, and nothing else is lost by it: this is how a full
    /// queue slows the reader down.
    pub fn read(&mut self, mut sink: impl FnMut(SourceEvent)) -> Progress {
        for id in std::mem::take(&mut self.ready) {
            let Some(source) = self.sources.get_mut(&id) else {
                continue;
            };
            self.turned.insert(id);
            if source.turn(self.hints.as_mut(), &mut sink) {
                self.ready.insert(id);
            }
            if source.is_polled() {
                self.polled.insert(id);
            }
        }
        if self.ready.is_empty() {
            Progress::Done
        } else {
            Progress::More
        }
    }

    /// Waits until a file changes, `also` is readable, or `timeout` is over.
    ///
    /// A timeout has every path looked at again, or if something [is polled](Self::needs_polling) what
    /// [`poll_again`](Self::poll_again) names; neither stands for a [`rescan`](Self::rescan). While a file has more to read it does not wait.
    /// A signal may end the wait early.
    ///
    /// # Errors
    ///
    /// [`SourceError::Wait`] when the system refuses to wait.
    pub fn wait(
        &mut self,
        timeout: Duration,
        also: Option<BorrowedFd<'_>>,
    ) -> Result<Woken, SourceError> {
        let ready = !self.ready.is_empty();
        let timeout = if ready { Duration::ZERO } else { timeout };
        let (notices, caller) = self.poll(timeout, also)?;
        if notices {
            self.take_notices()?;
        } else if !ready && !caller {
            if self.needs_polling() {
                self.poll_again();
            } else {
                self.look_again();
            }
        }
        Ok(Woken {
            files: !self.ready.is_empty(),
            caller,
        })
    }

    /// Returns whether notices, and whether the caller's descriptor, have ended the wait.
    fn poll(
        &self,
        timeout: Duration,
        also: Option<BorrowedFd<'_>>,
    ) -> Result<(bool, bool), SourceError> {
        let notices = self.hints.as_ref().map(Hints::descriptor);
        let mut descriptors: Vec<_> = [notices, also]
            .into_iter()
            .flatten()
            .map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN))
            .collect();
        // Longer than a year is as good as for ever.
        let timeout = timeout.min(Duration::from_secs(366 * 86_400));
        let timeout = Timespec {
            tv_sec: i64::try_from(timeout.as_secs()).unwrap_or_default(),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        match poll(&mut descriptors, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => {
                return Err(SourceError::Wait {
                    cause: errno.into(),
                });
            }
        }
        let mut happened = descriptors.iter().map(|entry| !entry.revents().is_empty());
        let notices = notices.is_some() && happened.next().unwrap_or_default();
        let caller = happened.next().unwrap_or_default();
        Ok((notices, caller))
    }

    /// Marks the sources that the kernel's notices concern.
    fn take_notices(&mut self) -> Result<(), SourceError> {
        let Some(hints) = self.hints.as_mut() else {
            return Ok(());
        };
        let changed = hints.drain().map_err(|cause| SourceError::Wait { cause })?;
        if changed.overflow {
            self.look_again();
            return Ok(());
        }
        for id in &changed.paths {
            if let Some(source) = self.sources.get_mut(id) {
                source.look = true;
            }
        }
        self.ready.extend(changed.paths);
        self.ready.extend(changed.contents);
        Ok(())
    }
}
