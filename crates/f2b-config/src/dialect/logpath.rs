//! `logpath`: which files a jail reads (contract A 2.1).

use super::told::{Told, ToldLevel};
use super::{LogFolders, glob};

/// A file and where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) path: String,
    /// As written: the server judges it.
    pub(super) mode: String,
}

/// Returns the files that the lines of a `logpath` name.
pub(super) fn logs(value: &str, folders: &dyn LogFolders, told: &mut Vec<Told>) -> Vec<Log> {
    let mut logs = Vec::new();
    for line in value.split('\n') {
        let (pattern, mode) = line.rsplit_once(' ').unwrap_or((line, "head"));
        let found = glob::paths(pattern, folders);
        if found.is_empty() {
            let text = format!("No file(s) found for glob {pattern}");
            told.push(Told::new(ToldLevel::Notice, "jailreader", text));
        }
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
    }
    logs
}
