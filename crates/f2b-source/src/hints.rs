//! Notices of changes from the kernel (inotify).
//!
//! A notice only says which source to look at. Whoever looks reads to the end and compares the
//! path, so merged, late and repeated notices do no harm, and lost ones only cost time.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask};

use crate::event::SourceId;

/// The most reads of the kernel's queue in one go, so that a flood of notices ends.
const READS: usize = 64;

/// What is to be looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Sources whose open file has changed.
    pub(crate) contents: BTreeSet<SourceId>,
    /// Sources whose path may name another file.
    pub(crate) paths: BTreeSet<SourceId>,
    /// The kernel dropped notices: every source is to be looked at.
    pub(crate) overflow: bool,
}

/// The number of one notice that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WatchId(i32);

/// The kernel's queue of notices and who wants which.
#[derive(Debug)]
pub(crate) struct Hints {
    inotify: Inotify,
    watches: BTreeMap<WatchId, Watch>,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Watch {
    descriptor: WatchDescriptor,
    users: Vec<User>,
}

/// Who wants a notice: a source, of its file or of one name in a directory.
#[derive(Debug, PartialEq, Eq)]
struct User {
    source: SourceId,
    name: Option<OsString>,
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
        let user = User { source, name: None };
        // The descriptor names exactly this file; without `/proc` the path must do.
        let open = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        match self.inotify.watches().add(&open, mask) {
            Ok(descriptor) => Ok(self.add(descriptor, user)),
            Err(cause) if crate::opened::is_missing(&cause) => {
                let descriptor = self.inotify.watches().add(path, mask)?;
                Ok(self.add(descriptor, user))
            }
            Err(cause) => Err(cause),
        }
    }

    /// Asks for notices when another file stands at `name` in `directory`.
    pub(crate) fn directory(
        &mut self,
        source: SourceId,
        directory: &Path,
        name: &OsStr,
    ) -> io::Result<WatchId> {
        let mask = WatchMask::CREATE
            | WatchMask::MOVED_TO
            | WatchMask::MOVED_FROM
            | WatchMask::DELETE
            | WatchMask::ATTRIB
            | WatchMask::MOVE_SELF
            | WatchMask::DELETE_SELF
            | WatchMask::ONLYDIR;
        let descriptor = self.inotify.watches().add(directory, mask)?;
        let name = Some(name.to_os_string());
        Ok(self.add(descriptor, User { source, name }))
    }

    fn add(&mut self, descriptor: WatchDescriptor, user: User) -> WatchId {
        let id = WatchId(descriptor.get_watch_descriptor_id());
        let watch = self.watches.entry(id).or_insert_with(|| Watch {
            descriptor,
            users: Vec::new(),
        });
        if !watch.users.contains(&user) {
            watch.users.push(user);
        }
        id
    }

    /// Ends the notices that `source` gets of a file.
    pub(crate) fn release_file(&mut self, source: SourceId, id: WatchId) {
        self.release(id, |user| user.source == source && user.name.is_none());
    }

    /// Ends all notices of `source` about directories, except about `kept`.
    pub(crate) fn release_directories(&mut self, source: SourceId, kept: &[(WatchId, OsString)]) {
        let ids: Vec<_> = self.watches.keys().copied().collect();
        for id in ids {
            self.release(id, |user| {
                let Some(name) = user.name.as_ref().filter(|_| user.source == source) else {
                    return false;
                };
                !kept.iter().any(|entry| entry.0 == id && entry.1 == *name)
            });
        }
    }

    /// Drops the users of a watch that `gone` names, and the watch with the last of them.
    fn release(&mut self, id: WatchId, gone: impl Fn(&User) -> bool) {
        let Some(watch) = self.watches.get_mut(&id) else {
            return;
        };
        watch.users.retain(|user| !gone(user));
        if watch.users.is_empty() {
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
                    watch.note(event.mask, event.name, &mut changed);
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

impl Watch {
    /// Adds the sources that an event concerns.
    fn note(&self, mask: EventMask, name: Option<&OsStr>, changed: &mut Changed) {
        for user in &self.users {
            if mask.contains(EventMask::MODIFY) {
                changed.contents.insert(user.source);
            } else if name.is_none() || name == user.name.as_deref() {
                // The file or directory itself has moved or gone, or the name is the wanted one.
                changed.paths.insert(user.source);
            }
        }
    }
}

/// Returns where another file can come to stand at `path`: directories and names in them.
///
/// One pair for the path itself and one for each symbolic link on the way from there; where a
/// directory does not exist, the nearest one above it and the name that is missing in it.
pub(crate) fn places(path: &Path) -> Vec<(PathBuf, OsString)> {
    /// The kernel follows more links, but no log has them.
    const LINKS: usize = 8;
    let mut places = Vec::new();
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        places.extend(nearest(&path));
        let Ok(target) = std::fs::read_link(&path) else {
            break;
        };
        path = match path.parent() {
            Some(parent) => parent.join(target),
            None => target,
        };
    }
    places
}

/// Returns the nearest directory above `path` that exists, and the next name in it.
fn nearest(path: &Path) -> Option<(PathBuf, OsString)> {
    let mut below = path;
    loop {
        let directory = below.parent()?;
        if directory.is_dir() {
            return Some((directory.to_path_buf(), below.file_name()?.to_os_string()));
        }
        below = directory;
    }
}
