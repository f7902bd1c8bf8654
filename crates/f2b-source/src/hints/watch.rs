//! Who is told of one file or directory.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use inotify::{EventMask, WatchDescriptor};

use super::Changed;
use crate::event::SourceId;

/// One watch of the kernel's and its users.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) descriptor: WatchDescriptor,
    /// Sources that have the file open.
    pub(super) files: BTreeSet<SourceId>,
    /// Sources that wait for another file at a name in the directory.
    names: BTreeMap<OsString, BTreeSet<SourceId>>,
}

impl Watch {
    pub(super) fn new(descriptor: WatchDescriptor) -> Self {
        Self {
            descriptor,
            files: BTreeSet::new(),
            names: BTreeMap::new(),
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
        self.files.is_empty() && self.names.is_empty()
    }

    /// Adds the sources that an event concerns.
    pub(super) fn note(&self, mask: EventMask, name: Option<&OsStr>, changed: &mut Changed) {
        if mask.contains(EventMask::MODIFY) {
            changed.contents.extend(&self.files);
        } else if let Some(name) = name {
            changed
                .paths
                .extend(self.names.get(name).into_iter().flatten());
        } else {
            // The file or directory itself has moved or gone.
            changed.paths.extend(&self.files);
            changed.paths.extend(self.names.values().flatten());
        }
    }
}
