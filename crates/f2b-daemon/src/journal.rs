//! The threads that read the journal: one for each journal, however many jails read it.

mod child;
mod files;
mod run;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use f2b_action::spawn::Follower;
use f2b_core::UnixTime;
use f2b_source::SourceId;
use f2b_source::journal::{Cursor, Gate, Terms, Which, union};

use self::run::{Following, Reader};
use crate::event::Event;
use crate::guard;

/// Where a jail goes on in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JournalStart {
    /// Behind this entry, if it is still there.
    pub(crate) cursor: Option<Cursor>,
    /// Otherwise from this moment.
    pub(crate) since: UnixTime,
}

/// A jail as the reader of a journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JournalReader {
    /// Its name.
    pub(crate) jail: String,
    /// Its `journalmatch`: groups of which any may fit.
    pub(crate) matches: Vec<Vec<String>>,
}

/// A journal that is being read; reading ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Journal {
    stop: Arc<AtomicBool>,
    child: Child,
}

/// The `journalctl` that runs now, if any; whoever takes it ends it.
type Child = Arc<Mutex<Option<Follower>>>;

/// Where a machine keeps its journals, each in a folder of its own.
const FOLDERS: [&str; 2] = ["/run/log/journal", "/var/log/journal"];

/// Tells whether this machine keeps a journal.
pub(crate) fn is_there() -> bool {
    let holds_journal = |folder: std::fs::DirEntry| {
        let files = std::fs::read_dir(folder.path()).into_iter().flatten();
        files.filter_map(Result::ok).any(|file| {
            file.path()
                .extension()
                .is_some_and(|ending| ending == "journal")
        })
    };
    FOLDERS.into_iter().any(|folder| {
        let machines = std::fs::read_dir(Path::new(folder)).into_iter().flatten();
        machines.filter_map(Result::ok).any(holds_journal)
    })
}

/// Returns the namespaces that this machine keeps journals of, sorted.
pub(crate) fn namespaces() -> Vec<String> {
    let folders = FOLDERS
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok());
    let names = folders.flatten().filter_map(|folder| {
        let name = folder.ok()?.file_name().into_string().ok()?;
        // The machine's number goes before.
        let (machine, namespace) = name.split_once('.')?;
        let is_machine = machine.len() == 32 && machine.chars().all(|c| c.is_ascii_hexdigit());
        is_machine.then(|| namespace.to_owned())
    });
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

impl Journal {
    /// Begins to read a journal under a number, for jails that each have a place of their own in it.
    pub(crate) fn read(
        source: SourceId,
        which: &Which,
        jails: &[(JournalReader, JournalStart)],
        events: Sender<Event>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let child = Child::default();
        let mut terms = Terms::default();
        let readers = jails.iter().map(|(reader, start)| {
            let since_us = u64::try_from(start.since.as_micros()).unwrap_or(0);
            Reader {
                jail: reader.jail.clone(),
                matches: terms.add(&reader.matches),
                gate: Gate::new(start.cursor, since_us),
            }
        });
        let readers: Vec<Reader> = readers.collect();
        let wanted = jails.iter().map(|(reader, _)| reader.matches.as_slice());
        let mut following = Following {
            source,
            which: which.clone(),
            matches: union(wanted),
            terms,
            readers,
            has_told_gone: false,
            events,
            stop: Arc::clone(&stop),
            child: Arc::clone(&child),
        };
        guard::start("journal", move || following.run())?;
        Ok(Self { stop, child })
    }
}

impl Drop for Journal {
    /// The thread is not waited for: it may be waiting itself for room in the queue of the one who
    /// drops this.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(lock(&self.child).take());
    }
}

fn lock(child: &Child) -> MutexGuard<'_, Option<Follower>> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}
