//! Who was banned before: read from the database when a jail first wants to know.

use std::sync::Arc;

use f2b_core::{Ban, FailId, History, UnixTime};

use super::Engine;
use crate::storage;

/// Earlier bans; remembered only once a jail has `bantime.increment`.
#[derive(Debug, Default)]
pub(super) struct PastBans {
    history: History,
    is_wanted: bool,
}

impl PastBans {
    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn note_ban(&mut self, jail: &Arc<str>, ban: &Ban) {
        if self.is_wanted && !ban.restored {
            self.history.note_ban(jail, ban);
        }
    }

    pub(super) fn forget(&mut self, id: &FailId, jail: &str) {
        self.history.forget(id, jail);
    }

    /// Lets the database be asked again: another one was opened.
    pub(super) fn ask_again(&mut self) {
        self.is_wanted = false;
    }

    pub(super) fn purge(&mut self, limit: UnixTime) {
        self.history.purge(limit);
    }
}

impl Engine {
    /// Reads earlier bans, if a jail wants to know them and they were not read yet.
    ///
    /// As the original: without a database nobody was banned before.
    pub(super) fn want_past(&mut self, jail: &str) {
        let runtime = self.jails.get(jail);
        let is_wanted = runtime.is_some_and(|runtime| runtime.jail.settings().increment.is_on);
        if !is_wanted || self.past.is_wanted {
            return;
        }
        let log = &self.around.log;
        if self.around.database.is_away() {
            // It may come later; the bans that are made until then count as well.
            self.past.is_wanted = true;
            return;
        }
        let read = match self.around.database.lock().as_ref() {
            Some(store) => store.history(),
            None => return,
        };
        self.past.is_wanted = true;
        match read {
            Ok(stored) => {
                stored
                    .notes
                    .iter()
                    .for_each(|note| storage::write_note(log, note));
                for (id, past) in stored.entries {
                    // What this run has seen is newer.
                    if self.past.history.before(&id, &past.jail).is_none() {
                        self.past.history.note(id, past);
                    }
                }
            }
            // The jail bans all the same, as if everybody came for the first time.
            Err(error) => log.error("database", storage::told(&error)),
        }
    }
}
