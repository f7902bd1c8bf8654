//! The files of a journal that is given as patterns: `journalctl` looks for them once, when it starts.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use f2b_core::glob::{Folders, paths};
use f2b_source::journal::Which;

use crate::clock;

/// How often it is looked whether other files are there.
const PAUSE: Duration = Duration::from_secs(2);

/// The files that there were at a moment, by device and inode.
pub(super) struct Files {
    patterns: Vec<String>,
    found: BTreeSet<(u64, u64)>,
    looked: Instant,
}

impl Files {
    /// Looks which files there are; none for a journal whose files `journalctl` finds by itself.
    pub(super) fn of(which: &Which) -> Self {
        let patterns = which.files().to_vec();
        Self {
            found: find(&patterns),
            patterns,
            looked: clock::tick(),
        }
    }

    /// Tells whether there are other files now. It looks once in a while.
    pub(super) fn have_changed(&mut self) -> bool {
        let now = clock::tick();
        if self.patterns.is_empty() || now - self.looked < PAUSE {
            return false;
        }
        self.looked = now;
        find(&self.patterns) != self.found
    }
}

fn find(patterns: &[String]) -> BTreeSet<(u64, u64)> {
    let paths = patterns.iter().flat_map(|pattern| paths(pattern, &Disk));
    let files = paths.filter_map(|path| std::fs::metadata(path).ok());
    files.map(|file| (file.dev(), file.ino())).collect()
}

/// The folders of this machine.
struct Disk;

impl Folders for Disk {
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect()
    }

    fn is_there(&self, path: &str) -> bool {
        std::fs::exists(path).unwrap_or(false)
    }
}
