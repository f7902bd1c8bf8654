//! Reads `.conf` and `.local` files, as the original reads them (contract A 1 to 3).
//!
//! *Knows* which files belong to a name and in which order, sections, options, `%(…)s`, tags, the
//! `name[key=value]` form of filters and actions, and which commands a jail becomes: [`read`] gives
//! them to the byte, and beside them what the original says while it reads. Every value keeps its
//! place: [`explain`] tells where a jail's options come from, [`check`] finds every mistake at once.
//!
//! *Must not know* the server: what comes out are [`Command`]s, the ones that `fail2ban-client -d`
//! prints, and a [supplement](Read::supplement) that only our server is sent.
//!
//! The order of the modules is that of the work: `ini` reads one file, `files` finds the files of a
//! name and `sections` merges them, `reference` and `tag` resolve `%(…)s` and `<…>`, `spec` takes
//! `name[key=value]` apart, `definition` reads filters and actions, `jail` makes the commands.
//!
//! *Oracle*: `fail2ban-client -d` of the original on the same tree (`cargo run -p conformance --bin
//! dump`).
//!
//! ```
//! use f2b_config::{Embedded, NoLogs, Reading, read};
//!
//! let read = read(&Embedded, &NoLogs, &Reading::default()).unwrap();
//! let stream = read.stream.unwrap();
//! let lines: Vec<String> = stream.iter().map(|sent| sent.command.to_string()).collect();
//! assert!(lines.contains(&"['set', 'sshd', 'maxretry', 5]".to_owned()));
//! ```
#![deny(clippy::disallowed_methods)]

mod check;
mod convert;
mod definition;
mod diagnostic;
mod entry;
mod explain;
mod files;
mod ini;
mod jail;
mod logpath;
mod reference;
mod rules;
mod sections;
mod server;
mod spec;
mod supplement;
mod tag;
mod told;
mod tree;

use f2b_protocol::Command;

pub use check::nearest::nearest;
pub use check::{Surroundings, check, place_of};
pub use diagnostic::{Diagnostic, Place, Severity};
pub use entry::{Origin, Source, Stated};
pub use explain::{Basis, ExplainError, Explained, Overridden, explain};
pub use logpath::{LogFolders, NoLogs};
pub use rules::{
    FilterFiles, Rules, RulesError, has_jail, parse_spec, rules_of_filter, rules_of_jail,
    shell_words,
};
pub use server::ServerSettings;
use told::Tale;
pub use told::{Told, ToldLevel};
use tree::Cached;
pub use tree::{ConfigTree, Directory, Embedded, TreeError};

/// How the configuration is read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// `-t`: one bad jail fails everything.
    pub is_test: bool,
    /// `-t` without `-d`: a jail without any log fails everything. Otherwise this is only said, and
    /// our server waits for the log.
    pub needs_logs: bool,
    /// `-v`: the original also says what it does, not only what is wrong.
    pub tells_all: bool,
    /// `--loglevel`, which goes before the file's.
    pub loglevel: Option<String>,
    /// `--logtarget`, likewise.
    pub logtarget: Option<String>,
    /// `--syslogsocket`, likewise.
    pub syslogsocket: Option<String>,
    /// Only this jail is read; that there is none of the name fails everything.
    pub only: Option<String>,
    /// `-s`, likewise.
    pub socket: Option<String>,
    /// `-p`, likewise.
    pub pidfile: Option<String>,
}

/// What reading came to.
#[derive(Debug)]
pub struct Read {
    /// What the programs need before there is a server.
    pub server: ServerSettings,
    /// The commands that configure and start a server, in the order they have to be sent; `None` if
    /// there are none because of a mistake.
    pub stream: Option<Vec<Sent>>,
    /// Whether all is well enough for a server to start.
    pub is_good: bool,
    /// What the original says while it reads, in order.
    pub told: Vec<Told>,
    /// The logs of each jail that have yet to come.
    awaited: Vec<(String, Awaited)>,
}

/// A command, and where in the files it comes from.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The command.
    pub command: Command,
    /// Where the value stands that it is made of; `None` if it is built in.
    pub origin: Option<Origin>,
}

/// The logs of a jail that have yet to come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Awaited {
    /// Paths that lead nowhere, with `head` or `tail`.
    pub(crate) paths: Vec<(String, String)>,
    /// Patterns, likewise.
    pub(crate) patterns: Vec<(String, String)>,
}

/// What stops the reading of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Abort(pub(crate) String);

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
    let tree: &dyn ConfigTree = &Cached::new(tree);
    let mut told = Tale::new(reading.tells_all);
    let (server, mut stream) = match server::read(tree, reading, &mut told) {
        Ok(read) => read,
        Err(Abort(reason)) => {
            let told = told.said;
            return Err(Unreadable { reason, told });
        }
    };
    let jails = jail::read_all(tree, folders, reading, &mut stream, &mut told);
    let mut read = Read {
        server,
        stream: None,
        is_good: false,
        told: told.said,
        awaited: Vec::new(),
    };
    match jails {
        Ok(jails) => {
            read.stream = Some(stream);
            read.is_good = jails.is_good;
            read.awaited = jails.awaited;
        }
        Err(Abort(reason)) => {
            let text = format!("Failed during configuration: {reason}");
            read.told.push(Told::error("", text));
        }
    }
    Ok(read)
}

/// Reads only what the programs need before there is a server; beside it stands what the original says
/// meanwhile.
///
/// # Errors
/// [`Unreadable`] if `fail2ban.conf` cannot be read.
pub fn read_server(
    tree: &dyn ConfigTree,
    reading: &Reading,
) -> Result<(ServerSettings, Vec<Told>), Unreadable> {
    let mut told = Tale::new(reading.tells_all);
    match server::read(tree, reading, &mut told) {
        Ok((server, _)) => Ok((server, told.said)),
        Err(Abort(reason)) => {
            let told = told.said;
            Err(Unreadable { reason, told })
        }
    }
}

#[cfg(test)]
mod tests;
