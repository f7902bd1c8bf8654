//! `logpath`: which files a jail reads (contract A 2.1).

use f2b_core::glob::{self, Folders};

use super::Awaited;
use super::told::{Tale, Told};

/// The folders that hold logs, as `logpath` sees them.
pub trait LogFolders: Folders {
    /// Returns whether a path leads to something.
    fn leads_somewhere(&self, path: &str) -> bool;
}

/// A machine without any log.
#[derive(Clone, Copy, Debug)]
pub struct NoLogs;

impl Folders for NoLogs {
    fn names(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }

    fn is_there(&self, _path: &str) -> bool {
        false
    }
}

impl LogFolders for NoLogs {
    fn leads_somewhere(&self, _path: &str) -> bool {
        false
    }
}

/// A file and where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) path: String,
    /// As written: the server judges it.
    pub(super) mode: String,
}

/// Returns the files that the lines of a `logpath` name, and what may come later.
pub(super) fn logs(value: &str, folders: &dyn LogFolders, told: &mut Tale) -> (Vec<Log>, Awaited) {
    let mut logs = Vec::new();
    let mut awaited = Awaited::default();
    for (pattern, mode) in lines(value) {
        let found = glob::paths(pattern, folders);
        if found.is_empty() {
            told.notice("jailreader", || {
                format!("No file(s) found for glob {pattern}")
            });
        }
        let before = logs.len();
        for path in found {
            if folders.leads_somewhere(&path) {
                logs.push(Log {
                    path,
                    mode: mode.to_owned(),
                });
            } else {
                let text = format!("File {path} is a dangling link, thus cannot be monitored");
                told.push(Told::warning("jailreader", text));
            }
        }
        let line = (pattern.to_owned(), mode.to_owned());
        if glob::has_magic(pattern) {
            awaited.patterns.push(line);
        } else if logs.len() == before && !pattern.is_empty() {
            awaited.paths.push(line);
        }
    }
    (logs, awaited)
}

/// Tells whether a jail without any log turns to the journal.
pub(super) fn turns_to_journal(backend: &str, is_allowed: bool, has_journalmatch: bool) -> bool {
    // As the original: what the filter says of the journal does not count.
    backend.starts_with("auto") && is_allowed && has_journalmatch
}

/// Returns the path or pattern of each line, and where reading begins.
pub(super) fn lines(value: &str) -> impl Iterator<Item = (&str, &str)> {
    value
        .split('\n')
        .map(|line| line.rsplit_once(' ').unwrap_or((line, "head")))
}
