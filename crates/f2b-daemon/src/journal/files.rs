//! Where a journal is: `journalctl` looks once, when it starts, and follows what changes within the folders that it has found.
//!
//! Files that are given as patterns, and folders that come or are made anew, are for another start of it.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant, SystemTime};

use f2b_core::glob::{Folders, paths};
use f2b_source::journal::Which;

use super::FOLDERS;
use crate::clock;

/// How often it is looked whether other files are there.
const PAUSE: Duration = Duration::from_secs(2);

/// Device, inode, and when it was made: the number of an inode is soon given out again.
type Seen = (u64, u64, Option<SystemTime>);

/// What there was at a moment.
pub(super) struct Files {
    which: Which,
    found: BTreeSet<Seen>,
    looked: Instant,
}

impl Files {
    /// Looks what there is.
    pub(super) fn of(which: &Which) -> Self {
        Self {
            which: which.clone(),
            found: find(which),
            looked: clock::tick(),
        }
    }

    /// Tells whether there is something else now. It looks once in a while.
    pub(super) fn have_changed(&mut self) -> bool {
        let now = clock::tick();
        if now - self.looked < PAUSE {
            return false;
        }
        self.looked = now;
        find(&self.which) != self.found
    }
}

/// The files of a journal that is given as files, else the folders that may have some.
fn find(which: &Which) -> BTreeSet<Seen> {
    let of_files = |found: &Metadata| found.is_file();
    let of_folders = |found: &Metadata| found.is_dir();
    if !which.files().is_empty() {
        return seen(which.files(), of_files);
    }
    let above = match which.path() {
        Some(path) => vec![path],
        None => FOLDERS.into(),
    };
    let within = above.iter().map(|folder| format!("{folder}/*"));
    let patterns: Vec<String> = above
        .iter()
        .map(ToString::to_string)
        .chain(within)
        .collect();
    seen(&patterns, of_folders)
}

fn seen(patterns: &[String], is_it: impl Fn(&Metadata) -> bool) -> BTreeSet<Seen> {
    let paths = patterns.iter().flat_map(|pattern| paths(pattern, &Disk));
    let found = paths.filter_map(|path| std::fs::metadata(path).ok());
    let found = found.filter(is_it);
    found
        .map(|file| (file.dev(), file.ino(), file.created().ok()))
        .collect()
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
