//! The original's whole dialect, read as the original reads it (contract A 1 to 3).
//!
//! What comes out is the command stream to the byte, and beside it what the original says while it
//! reads. The order of the modules is that of the work: `ini` reads one file, `files` finds the
//! files of a name and merges them, `reference` and `tag` resolve `%(…)s` and `<…>`, `spec`
//! takes `name[key=value]` apart, `definition` reads filters and actions, `jail` makes the
//! commands.

mod convert;
mod definition;
mod entry;
mod explain;
mod files;
mod glob;
mod ini;
mod jail;
mod logpath;
mod reference;
mod server;
mod spec;
mod tag;
mod told;

use f2b_protocol::Command;

use crate::ConfigTree;

pub use entry::{Origin, Source, Stated};
pub use explain::{Basis, ExplainError, Explained, Overridden, explain};
pub use told::{Told, ToldLevel};

/// How the configuration is read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// `-t`: a bad jail or a missing log fails everything.
    pub is_test: bool,
    /// `-d`, `--dp`: a missing log is only a warning.
    pub is_dump: bool,
    /// `--loglevel`, which goes before the file's.
    pub loglevel: Option<String>,
    /// `--logtarget`, likewise.
    pub logtarget: Option<String>,
    /// `--syslogsocket`, likewise.
    pub syslogsocket: Option<String>,
    /// `-s`, likewise.
    pub socket: Option<String>,
    /// `-p`, likewise.
    pub pidfile: Option<String>,
}

/// The folders that hold logs, as `logpath` sees them.
pub trait LogFolders {
    /// Returns the names in a folder, in the order the system gives them; none if there is none.
    fn names(&self, folder: &str) -> Vec<String>;

    /// Returns whether something is at a path, be it a link that leads nowhere.
    fn is_there(&self, path: &str) -> bool;

    /// Returns whether a path leads to something.
    fn leads_somewhere(&self, path: &str) -> bool;
}

/// What reading came to.
#[derive(Debug)]
pub struct Read {
    /// The commands; `None` if there are none because of a mistake.
    pub stream: Option<Vec<Command>>,
    /// Whether all is well enough for a server to start.
    pub is_good: bool,
    /// What the original says while it reads, in order.
    pub told: Vec<Told>,
}

/// What stops the reading of everything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Abort(pub(crate) String);

/// The server's own settings could not be read.
#[derive(Debug)]
pub struct Unreadable {
    /// Why, in the original's words.
    pub reason: String,
    /// What the original says before.
    pub told: Vec<Told>,
}

/// Reads a configuration as the original does.
///
/// # Errors
/// [`Unreadable`] if `fail2ban.conf` cannot be read: then there is nothing to say of jails.
pub fn read(
    tree: &dyn ConfigTree,
    folders: &dyn LogFolders,
    reading: &Reading,
) -> Result<Read, Unreadable> {
    let mut told = Vec::new();
    let settings = match server::read(tree, reading, &mut told) {
        Ok(settings) => settings,
        Err(Abort(reason)) => return Err(Unreadable { reason, told }),
    };
    let jails = jail::read_all(tree, folders, reading, &mut told);
    let (stream, is_good) = match jails {
        Ok(jails) => {
            let mut stream = settings;
            stream.extend(jails.commands);
            (Some(stream), jails.is_good)
        }
        Err(Abort(reason)) => {
            let text = format!("Failed during configuration: {reason}");
            told.push(Told::error("", text));
            (None, false)
        }
    };
    Ok(Read {
        stream,
        is_good,
        told,
    })
}

#[cfg(test)]
mod tests;
