//! The thread that writes the database, and what is reported once it is written.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use f2b_core::{Span, UnixTime};
use f2b_store::{Note, NoteLevel, Store, StoreError, Transaction};

use crate::batch::Batch;
use crate::clock;
use crate::log::{Level, Line, Log};

/// The database, shared by the engine, which reads when a jail starts, and the writer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Database {
    store: Arc<Mutex<Option<Store>>>,
    state: Arc<Mutex<State>>,
}

/// How it is with the database.
#[derive(Debug, Default)]
struct State {
    /// The file that shall be open, also while it cannot be.
    wanted: Option<PathBuf>,
    /// How many lines of a ban are written, if that was said.
    max_matches: Option<usize>,
    /// Why it cannot be opened or written now.
    problem: Option<String>,
    /// Whether it was opened again after it had been away.
    is_back: bool,
}

impl Database {
    /// Opens a file, in place of the one that was open. If that fails it is tried again later.
    pub(crate) fn open(&self, path: &Path, now: UnixTime, log: &Log) -> Result<(), StoreError> {
        self.close(log);
        self.state().wanted = Some(path.to_owned());
        self.try_open(path, now, log)
            .inspect_err(|error| self.set_problem(Some(told(error))))
    }

    fn try_open(&self, path: &Path, now: UnixTime, log: &Log) -> Result<(), StoreError> {
        let opened = Store::open(path, now)?;
        opened.notes.iter().for_each(|note| write_note(log, note));
        let mut store = opened.store;
        let mut state = self.state();
        if let Some(lines) = state.max_matches {
            store.keep_matches(lines);
        }
        state.problem = None;
        drop(state);
        *self.lock() = Some(store);
        Ok(())
    }

    /// Tries once more to open what shall be open; tells whether it is now.
    fn reopen(&self, log: &Log) -> bool {
        let Some(path) = self.state().wanted.clone() else {
            return false;
        };
        match self.try_open(&path, clock::now(), log) {
            Ok(()) => {
                self.state().is_back = true;
                true
            }
            Err(error) => {
                self.set_problem(Some(told(&error)));
                false
            }
        }
    }

    /// Gives up the open file, which is damaged; it is set aside when it is opened again.
    fn lose(&self) {
        drop(self.lock().take());
    }

    /// Tells whether there is none although there shall be.
    pub(crate) fn is_away(&self) -> bool {
        self.state().wanted.is_some() && self.lock().is_none()
    }

    /// Tells, once, that it was opened again after it had been away: it does not know what stands now.
    pub(crate) fn take_return(&self) -> bool {
        std::mem::take(&mut self.state().is_back)
    }

    /// Tells whether this is the file that shall be open; `None` is none.
    pub(crate) fn is_wanted(&self, path: Option<&Path>) -> bool {
        self.state().wanted.as_deref() == path
    }

    /// Sets how many lines of a ban are written.
    pub(crate) fn keep_matches(&self, lines: usize) {
        self.state().max_matches = Some(lines);
        if let Some(store) = self.lock().as_mut() {
            store.keep_matches(lines);
        }
    }

    /// Closes the file so that the original finds it as it left it.
    pub(crate) fn close(&self, log: &Log) {
        let mut state = self.state();
        state.wanted = None;
        state.problem = None;
        drop(state);
        let Some(store) = self.lock().take() else {
            return;
        };
        match store.close() {
            Ok(note) => write_note(log, &note),
            Err(error) => log.error("database", told(&error)),
        }
    }

    /// Returns the store; `None` inside when there is no database.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Store>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns why the database cannot be opened or written now.
    pub(crate) fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    fn set_problem(&self, problem: Option<String>) {
        self.state().problem = problem;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes what is older than `age`. A lot of it is removed in pieces, between which others have
    /// their turn.
    pub(crate) fn purge(&self, now: UnixTime, age: Span, log: &Log) {
        loop {
            match self.lock().as_mut().map(|store| store.purge(now, age)) {
                Some(Ok(purged)) if purged.more => {}
                Some(Ok(_)) | None => return,
                Some(Err(error)) => {
                    log.error("database", format!("Purge failed: {}", told(&error)));
                    return;
                }
            }
        }
    }
}

/// Writes a word of the store to the log.
pub(crate) fn write_note(log: &Log, note: &Note) {
    let level = match note.level() {
        NoteLevel::Info => Level::Info,
        NoteLevel::Warning => Level::Warning,
        NoteLevel::Error => Level::Error,
    };
    log.write(&Line::new(level, "database", note.to_string()));
}

/// What a store's error says, with what can be done.
pub(crate) fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text.push_str(&format!(" (hint: {})", error.hint()));
    text
}

/// How many waiting batches become one commit.
const MOST_BATCHES: usize = 256;

/// How long after a failed commit it is tried again when nothing else comes.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts to open a database that cannot be opened, in attempts to write.
const LONGEST_PAUSE: u32 = 4;

/// What may wait for a database that cannot be written, in bytes. Beyond it the oldest state is
/// given up: the bans stand in kernel and memory all the same.
const MOST_PENDING: usize = 64 << 20;

/// Commits batches and reports them.
pub(crate) struct Writer {
    database: Database,
    log: Log,
    /// What could not be written yet.
    pending: Transaction,
    failing: bool,
    /// Whether some of it had to be given up.
    given_up: bool,
    /// How many attempts pass before a database that is away is opened again, now and the next time.
    pauses: (u32, u32),
}

impl Writer {
    pub(crate) fn new(database: Database, log: Log) -> Self {
        Self {
            database,
            log,
            pending: Transaction::default(),
            failing: false,
            given_up: false,
            pauses: (0, 1),
        }
    }

    /// Takes batches until there are no more. What waits in the queue is one commit; then the lines
    /// and replies of each follow, in order.
    pub(crate) fn run(mut self, batches: &Receiver<Batch>) {
        loop {
            let mut waiting = Vec::new();
            if self.failing {
                match batches.recv_timeout(RETRY_PAUSE) {
                    Ok(batch) => waiting.push(batch),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            } else {
                match batches.recv() {
                    Ok(batch) => waiting.push(batch),
                    Err(_disconnected) => break,
                }
            }
            waiting.extend(batches.try_iter().take(MOST_BATCHES - 1));
            for batch in &mut waiting {
                self.pending.merge(std::mem::take(&mut batch.transaction));
            }
            self.commit();
            for batch in waiting {
                batch.lines.iter().for_each(|line| self.log.write(line));
                // Who waited for it is told now, or when the actions are ready.
                drop(batch);
            }
        }
        if self.failing {
            self.commit();
        }
    }

    fn commit(&mut self) {
        if self.database.is_away() && !self.try_again() {
            return self.note_failure(None);
        }
        let committed = match self.database.lock().as_mut() {
            Some(store) => store.commit(&self.pending),
            None => Ok(()),
        };
        match committed {
            Ok(()) => {
                self.pending = Transaction::default();
                if std::mem::take(&mut self.failing) {
                    self.database.set_problem(None);
                    let missing = if std::mem::take(&mut self.given_up) {
                        "some bans that were made meanwhile are missing in it"
                    } else {
                        "nothing is missing in it"
                    };
                    let text = format!("The database is written again; {missing}");
                    self.log.warning("database", text);
                }
            }
            Err(error) => {
                if matches!(error, StoreError::Corrupt { .. }) {
                    // Nothing will ever be written to it again.
                    self.database.lose();
                    self.pauses = (0, 1);
                }
                self.note_failure(Some(&error));
            }
        }
    }

    /// Tries now and then to open a database that is away; tells whether it is there.
    fn try_again(&mut self) -> bool {
        let (left, next) = self.pauses;
        if left > 0 {
            self.pauses = (left - 1, next);
            return false;
        }
        self.pauses = (next, (next * 2).min(LONGEST_PAUSE));
        let is_there = self.database.reopen(&self.log);
        if is_there {
            self.pauses = (0, 1);
        }
        is_there
    }

    fn note_failure(&mut self, error: Option<&StoreError>) {
        if let Some(error) = error {
            self.database.set_problem(Some(told(error)));
        }
        if !std::mem::replace(&mut self.failing, true) {
            let reason = self.database.problem().unwrap_or_default();
            let text = format!(
                "The database cannot be written, bans go on without it and would be lost by a restart: {reason}"
            );
            self.log.error("database", text);
        }
        if self.pending.cost() > MOST_PENDING {
            self.pending = Transaction::default();
            self.given_up = true;
            let text =
                "Too much waits for the database: bans made since it failed will not be in it";
            self.log.error("database", text);
        }
    }
}
