//! All watched paths, their turns, and the wait for changes.

mod looking;
mod patterns;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::error::SourceError;
use crate::event::{PatternId, SourceEvent, SourceId};
use crate::held::Held;
use crate::hints::Hints;
use crate::how::{How, Watching};
use crate::pattern::Pattern;
use crate::position::Start;
use crate::source::{Around, Source};

/// The log files that are followed.
///
/// It belongs to one thread. Its loop is [`wait`](Self::wait), then [`read`](Self::read) until it
/// says [`Progress::Done`], and every few seconds [`rescan`](Self::rescan).
#[derive(Debug)]
pub struct Files {
    sources: BTreeMap<SourceId, Source>,
    patterns: BTreeMap<PatternId, Pattern>,
    held: Held,
    /// Those that may have something to read.
    ready: BTreeSet<SourceId>,
    /// Those that are looked at again and again, whatever the kernel tells.
    polled: BTreeSet<SourceId>,
    /// Those that had a turn since [`turned`](Self::turned) was asked.
    turned: BTreeSet<SourceId>,
    /// Patterns that may have something to tell.
    stirred: BTreeSet<PatternId>,
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
            patterns: BTreeMap::new(),
            held: Held::new(),
            ready: BTreeSet::new(),
            polled: BTreeSet::new(),
            turned: BTreeSet::new(),
            stirred: BTreeSet::new(),
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
        let mut around = Around {
            hints: self.hints.as_mut(),
            held: &mut self.held,
        };
        let path: Arc<Path> = path.into();
        around.held.watch(&path);
        let mut source = Source::new(id, path, start, how, &mut around);
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
                source.close(&mut Around {
                    hints: self.hints.as_mut(),
                    held: &mut self.held,
                });
                self.held.unwatch(id, source.path());
                self.ready.remove(&id);
                self.polled.remove(&id);
                self.turned.remove(&id);
                true
            }
            None => false,
        }
    }

    /// Returns how many descriptors are open for all this.
    #[must_use]
    pub fn descriptors(&self) -> usize {
        self.held.count() + usize::from(self.hints.is_some())
    }

    /// Sets how many log files may be open at once; at first there is no limit.
    ///
    /// Beyond it a file is not opened and the source has a [`SourceError::Open`], as when the
    /// process can have no more descriptors: so some are left for others. When three quarters are
    /// used rotated files are closed after 3 idle rescans.
    pub fn limit_files(&mut self, most: usize) {
        self.held.set_most(most);
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
            let mut around = Around {
                hints: self.hints.as_mut(),
                held: &mut self.held,
            };
            let patterns = &mut self.patterns;
            let path = Arc::clone(source.path());
            let mut told = |event| {
                if matches!(event, SourceEvent::Vanished { .. }) {
                    let patterns = patterns.values_mut();
                    patterns.for_each(|pattern| pattern.has_vanished(&path));
                }
                sink(event);
            };
            if source.turn(&mut around, &mut told) {
                self.ready.insert(id);
            }
            if source.is_polled() {
                self.polled.insert(id);
            }
        }
        for id in std::mem::take(&mut self.stirred) {
            if let Some(pattern) = self.patterns.get_mut(&id) {
                pattern.turn(self.hints.as_mut(), &self.held, &mut sink);
            }
        }
        if self.ready.is_empty() {
            Progress::Done
        } else {
            Progress::More
        }
    }
}
