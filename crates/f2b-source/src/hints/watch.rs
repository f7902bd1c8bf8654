//! Who is told of one file or directory.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use inotify::{EventMask, WatchDescriptor};

use super::{Changed, Named, WatchId};
use crate::event::{PatternId, SourceId};

/// One watch of the kernel's and its users.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) descriptor: WatchDescriptor,
    /// Sources that have the file open.
    pub(super) files: BTreeSet<SourceId>,
    /// Sources that wait for another file at a name in the directory.
    names: BTreeMap<OsString, BTreeSet<SourceId>>,
    /// Patterns that judge each name in the directory.
    pub(super) patterns: BTreeSet<PatternId>,
}

impl Watch {
    pub(super) fn new(descriptor: WatchDescriptor) -> Self {
        Self {
            descriptor,
            files: BTreeSet::new(),
            names: BTreeMap::new(),
            patterns: BTreeSet::new(),
        }
    }

    pub(super) fn wait_for(&mut self, name: &OsStr, source: SourceId) {
        match self.names.get_mut(name) {
            Some(sources) => {
                sources.insert(source);
            }
            None => {
                self.names
                    .insert(name.to_os_string(), BTreeSet::from([source]));
            }
        }
    }

    pub(super) fn no_longer_wait_for(&mut self, name: &OsStr, source: SourceId) {
        if let Some(sources) = self.names.get_mut(name) {
            sources.remove(&source);
            if sources.is_empty() {
                self.names.remove(name);
            }
        }
    }

    pub(super) fn is_unused(&self) -> bool {
        self.files.is_empty() && self.names.is_empty() && self.patterns.is_empty()
    }

    /// Adds what an event of this watch, which has the number `watch`, concerns.
    pub(super) fn note(
        &self,
        watch: WatchId,
        mask: EventMask,
        name: Option<&OsStr>,
        changed: &mut Changed,
    ) {
        let Some(name) = name else {
            if mask.contains(EventMask::MODIFY) {
                changed.contents.extend(&self.files);
                return;
            }
            // The file or directory itself has moved or gone.
            changed.paths.extend(&self.files);
            changed.paths.extend(self.names.values().flatten());
            changed.patterns.extend(&self.patterns);
            return;
        };
        changed
            .paths
            .extend(self.names.get(name).into_iter().flatten());
        let came = mask.intersects(EventMask::CREATE | EventMask::MOVED_TO);
        if came || mask.intersects(EventMask::DELETE | EventMask::MOVED_FROM) {
            let named = |pattern: &PatternId| Named {
                pattern: *pattern,
                watch,
                name: name.to_os_string(),
                came,
            };
            changed.names.extend(self.patterns.iter().map(named));
        }
    }
}
