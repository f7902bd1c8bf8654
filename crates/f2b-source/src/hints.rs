//! Notices of changes from the kernel (inotify).
//!
//! A notice only says which source to look at. Whoever looks reads to the end and compares the
//! path, so merged, late and repeated notices do no harm, and lost ones only cost time.
//!
//! *Cost*: a directory has one watch, however many of its names are waited for; what an event or a
//! look costs grows with the logarithm of their number.

mod places;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask};

use crate::event::{PatternId, SourceId};
pub(crate) use places::places;
use watch::Watch;

/// The most reads of the kernel's queue in one go, so that a flood of notices ends.
const READS: usize = 64;

/// What is to be looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Sources whose open file has changed.
    pub(crate) contents: BTreeSet<SourceId>,
    /// Sources whose path may name another file.
    pub(crate) paths: BTreeSet<SourceId>,
    /// What came into the directories of patterns, or went, in order.
    pub(crate) names: Vec<Named>,
    /// Patterns of which a directory has itself moved or gone.
    pub(crate) patterns: BTreeSet<PatternId>,
    /// The kernel dropped notices: every source is to be looked at.
    pub(crate) overflow: bool,
}

/// A name that came into a directory of a pattern, or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) pattern: PatternId,
    pub(crate) watch: WatchId,
    pub(crate) name: OsString,
    pub(crate) came: bool,
}

/// The number of one notice that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WatchId(i32);

/// The kernel's queue of notices and who wants which.
#[derive(Debug)]
pub(crate) struct Hints {
    inotify: Inotify,
    watches: BTreeMap<WatchId, Watch>,
    /// The names in directories that each source waits for.
    waited: BTreeMap<SourceId, BTreeSet<(WatchId, OsString)>>,
    /// The directories of each pattern.
    folders: BTreeMap<PatternId, BTreeSet<WatchId>>,
    buffer: Vec<u8>,
}

impl Hints {
    /// Asks the kernel for a queue.
    ///
    /// # Errors
    ///
    /// The system's, mostly that the user has too many of them.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            inotify: Inotify::init()?,
            watches: BTreeMap::new(),
            waited: BTreeMap::new(),
            folders: BTreeMap::new(),
            buffer: vec![0; 16 * 1024],
        })
    }

    /// Returns what is readable when notices wait.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    /// Asks for notices of changes of an open file, whatever its name is and becomes.
    pub(crate) fn file(
        &mut self,
        source: SourceId,
        file: &std::fs::File,
        path: &Path,
    ) -> io::Result<WatchId> {
        let mask = WatchMask::MODIFY | WatchMask::MOVE_SELF | WatchMask::DELETE_SELF;
        // The descriptor names exactly this file; without `/proc` the path must do.
        let open = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let descriptor = match self.inotify.watches().add(&open, mask) {
            Err(cause) if crate::opened::is_missing(&cause) => {
                self.inotify.watches().add(path, mask)
            }
            added => added,
        }?;
        let (id, watch) = self.watch(descriptor);
        watch.files.insert(source);
        Ok(id)
    }

    /// Asks for notices when another file stands at `name` in `directory`.
    pub(crate) fn directory(
        &mut self,
        source: SourceId,
        directory: &Path,
        name: &OsStr,
    ) -> io::Result<WatchId> {
        let (id, watch) = self.folder(directory)?;
        watch.wait_for(name, source);
        let waited = self.waited.entry(source).or_default();
        waited.insert((id, name.to_os_string()));
        Ok(id)
    }

    /// Asks for notices of all that comes into `directory` and goes.
    pub(crate) fn pattern(&mut self, pattern: PatternId, directory: &Path) -> io::Result<WatchId> {
        let (id, watch) = self.folder(directory)?;
        watch.patterns.insert(pattern);
        self.folders.entry(pattern).or_default().insert(id);
        Ok(id)
    }

    /// Ends the notices of a pattern, except about what `is_kept`.
    pub(crate) fn release_patterns(
        &mut self,
        pattern: PatternId,
        is_kept: impl Fn(WatchId) -> bool,
    ) {
        let Some(mut folders) = self.folders.remove(&pattern) else {
            return;
        };
        let gone: Vec<_> = folders.extract_if(.., |id| !is_kept(*id)).collect();
        for id in gone {
            self.release(id, |watch| {
                watch.patterns.remove(&pattern);
            });
        }
        if !folders.is_empty() {
            self.folders.insert(pattern, folders);
        }
    }

    /// Asks for notices about the names in a directory.
    fn folder(&mut self, directory: &Path) -> io::Result<(WatchId, &mut Watch)> {
        let mask = WatchMask::CREATE
            | WatchMask::MOVED_TO
            | WatchMask::MOVED_FROM
            | WatchMask::DELETE
            | WatchMask::ATTRIB
            | WatchMask::MOVE_SELF
            | WatchMask::DELETE_SELF
            | WatchMask::ONLYDIR;
        let descriptor = self.inotify.watches().add(directory, mask)?;
        Ok(self.watch(descriptor))
    }

    fn watch(&mut self, descriptor: WatchDescriptor) -> (WatchId, &mut Watch) {
        let id = WatchId(descriptor.get_watch_descriptor_id());
        let watch = self.watches.entry(id);
        (id, watch.or_insert_with(|| Watch::new(descriptor)))
    }

    /// Ends the notices that `source` gets of a file.
    pub(crate) fn release_file(&mut self, source: SourceId, id: WatchId) {
        self.release(id, |watch| {
            watch.files.remove(&source);
        });
    }

    /// Ends all notices of `source` about directories, except about `kept`.
    pub(crate) fn release_directories(&mut self, source: SourceId, kept: &[(WatchId, OsString)]) {
        let Some(mut waited) = self.waited.remove(&source) else {
            return;
        };
        let gone: Vec<_> = waited
            .extract_if(.., |entry| !kept.contains(entry))
            .collect();
        for (id, name) in gone {
            self.release(id, |watch| watch.no_longer_wait_for(&name, source));
        }
        if !waited.is_empty() {
            self.waited.insert(source, waited);
        }
    }

    /// Takes somebody off a watch, and drops the watch with the last of them.
    fn release(&mut self, id: WatchId, take_off: impl FnOnce(&mut Watch)) {
        let Some(watch) = self.watches.get_mut(&id) else {
            return;
        };
        take_off(watch);
        if watch.is_unused() {
            self.drop_watch(id);
        }
    }

    fn drop_watch(&mut self, id: WatchId) {
        if let Some(watch) = self.watches.remove(&id) {
            // It fails only when the kernel has dropped it already, with the file.
            drop(self.inotify.watches().remove(watch.descriptor));
        }
    }

    /// Empties the kernel's queue and returns what is to be looked at.
    ///
    /// # Errors
    ///
    /// The system's, when the queue cannot be read.
    pub(crate) fn drain(&mut self) -> io::Result<Changed> {
        let mut changed = Changed::default();
        let mut stale = Vec::new();
        for _ in 0..READS {
            let events = match self.inotify.read_events(&mut self.buffer) {
                Ok(events) => events,
                Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => break,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(cause),
            };
            for event in events {
                changed.overflow |= event.mask.contains(EventMask::Q_OVERFLOW);
                let id = WatchId(event.wd.get_watch_descriptor_id());
                if let Some(watch) = self.watches.get(&id) {
                    watch.note(id, event.mask, event.name, &mut changed);
                }
                if event
                    .mask
                    .intersects(EventMask::IGNORED | EventMask::UNMOUNT)
                {
                    stale.push(id);
                }
            }
        }
        for id in stale {
            self.drop_watch(id);
        }
        Ok(changed)
    }
}
