//! One directory on the way of a pattern, and which of its names fit.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Thorough;
use crate::hints::WatchId;

/// How often a directory is listed again after a change.
const AGAIN: u8 = 2;

/// A directory as it was looked at last.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// How many directories are above it.
    pub(super) level: usize,
    pub(super) watch: Option<WatchId>,
    /// Directories in it that fit; or what may be one, such as a link.
    pub(super) below: BTreeSet<String>,
    /// What is known of the names of files that fit.
    files: BTreeMap<String, Known>,
    time: Option<Time>,
    /// How many rescans have listed it again after its time had changed.
    again: u8,
}

/// What is known of a name that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Nothing yet.
    New,
    Told,
    /// It was told and has gone; as long as its source waits, its return is nothing new.
    Gone,
    /// It is not to be told, or not yet: that may change without a change of the directory.
    Waits,
    /// It is a directory, a pipe or the like.
    NoFile,
}

/// What is another after a change of a directory: which it is, and when its names changed last.
type Time = (u64, u64, i64, i64);

impl Folder {
    /// Returns whether it was never looked at.
    pub(super) fn is_new(&self) -> bool {
        self.time.is_none() && self.files.is_empty() && self.below.is_empty()
    }

    /// Returns whether the directory is to be listed; nothing if there is none.
    pub(super) fn look(&mut self, path: &Path, thorough: Thorough) -> Option<bool> {
        let found = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_dir)?;
        let time = Some((found.dev(), found.ino(), found.mtime(), found.mtime_nsec()));
        if self.time != time || thorough == Thorough::Whole {
            self.time = time;
            self.again = 0;
            return Some(true);
        }
        // A file may have come in the moment of the change that was seen, and the next rescan may be
        // in that moment as well.
        let again = self.again < AGAIN && thorough == Thorough::Rescan;
        self.again += u8::from(again);
        Some(again)
    }

    /// Has the directory listed at the next look.
    pub(super) fn forget_time(&mut self) {
        self.time = None;
    }

    /// Takes in which files' names there are.
    pub(super) fn list(&mut self, mut names: BTreeSet<String>, is_watched: impl Fn(&str) -> bool) {
        for (name, known) in std::mem::take(&mut self.files) {
            let known = match (names.remove(&name), known) {
                (true, Known::Gone) if is_watched(&name) => Some(Known::Told),
                (true, Known::NoFile | Known::Gone) => Some(Known::New),
                (true, known) => Some(known),
                (false, known) => known.gone(),
            };
            self.files.extend(known.map(|known| (name, known)));
        }
        let new = names.into_iter().map(|name| (name, Known::New));
        self.files.extend(new);
    }

    /// Forgets what has gone and is not waited for by a source.
    pub(super) fn forget_gone(&mut self, is_watched: impl Fn(&str) -> bool) {
        self.files
            .retain(|name, known| *known != Known::Gone || is_watched(name));
    }

    /// Returns the names that are to be looked at.
    pub(super) fn to_judge(&self) -> Vec<String> {
        let open = self.files.iter();
        let open = open.filter(|(_, known)| matches!(known, Known::New | Known::Waits));
        open.map(|(name, _)| name.clone()).collect()
    }

    /// Takes in that nobody is said to wait for a name any more.
    pub(super) fn has_vanished(&mut self, name: &str) {
        match self.files.get_mut(name) {
            // A link that led to a file: it may lead to one again, and its directory tells nothing of that.
            Some(known @ Known::Told) => *known = Known::Waits,
            Some(Known::Gone) => drop(self.files.remove(name)),
            _ => {}
        }
    }

    pub(super) fn is_told(&mut self, name: &str) {
        self.set(name, Known::Told);
    }

    pub(super) fn is_kept(&mut self, name: &str) {
        self.set(name, Known::Waits);
    }

    pub(super) fn leads_nowhere(&mut self, name: &str) {
        self.set(name, Known::Waits);
    }

    pub(super) fn is_no_file(&mut self, name: &str) {
        self.set(name, Known::NoFile);
    }

    fn set(&mut self, name: &str, known: Known) {
        self.files.insert(name.to_owned(), known);
    }

    /// Takes in that a name is no longer there.
    pub(super) fn went(&mut self, name: &str) {
        if let Some((name, known)) = self.files.remove_entry(name)
            && let Some(known) = known.gone()
        {
            self.files.insert(name, known);
        }
    }

    /// Takes in that something is at a name, and returns whether it is to be looked at.
    pub(super) fn has_come(&mut self, name: &str, is_watched: impl Fn(&str) -> bool) -> bool {
        match self.files.get_mut(name) {
            Some(Known::Told) => false,
            Some(known @ Known::Gone) if is_watched(name) => {
                *known = Known::Told;
                false
            }
            _ => true,
        }
    }
}

impl Known {
    /// Returns what is to be known of a name that has gone.
    fn gone(self) -> Option<Self> {
        matches!(self, Self::Told | Self::Gone).then_some(Self::Gone)
    }
}

/// Returns a name if it is in a directory, be it a link that leads nowhere.
pub(super) fn one(path: &Path, name: &str) -> BTreeMap<String, bool> {
    let found = std::fs::symlink_metadata(path.join(name)).ok();
    let found = found.map(|found| (name.to_owned(), !found.is_file()));
    found.into_iter().collect()
}

/// Returns the names in a directory, and which of them may be directories.
///
/// Names that are no UTF-8 are left out, as no command could name them.
pub(super) fn names(path: &Path) -> io::Result<BTreeMap<String, bool>> {
    let mut names = BTreeMap::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let may_be_directory = !entry.file_type().is_ok_and(|kind| kind.is_file());
        if let Ok(name) = entry.file_name().into_string() {
            names.insert(name, may_be_directory);
        }
    }
    Ok(names)
}
