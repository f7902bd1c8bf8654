//! A database that was away is there: it is told what stands, and tells what it knew.

use f2b_core::Ban;

use super::Engine;
use super::ignoring::Waiting;
use super::jail::{JailRuntime, Sources};
use super::start::stored;
use crate::batch::Batch;
use crate::clock;
use crate::storage;

impl Engine {
    /// Takes up a database that was opened late or anew.
    ///
    /// What was written meanwhile and waited is in it already. Bans that only it knows are taken up; the logs
    /// were read without it, so its tallies and places are not.
    pub(super) fn look_for_database(&mut self) {
        if !self.around.database.take_return() {
            return;
        }
        self.past.ask_again();
        let mut batch = Batch::default();
        for jail in self.jails.keys().cloned().collect::<Vec<_>>() {
            self.enable(&jail);
            self.want_past(&jail);
            if self.jails.get(&jail).is_some_and(JailRuntime::is_started) {
                self.take_up_late(&jail, &mut batch);
            }
        }
        self.send(batch);
    }

    /// Notes in the database that there is such a jail now.
    pub(super) fn enable(&self, jail: &str) {
        if let Some(store) = self.around.database.lock().as_mut()
            && let Err(error) = store.add_jail(jail)
        {
            self.around.log.error("database", storage::told(&error));
        }
    }

    fn take_up_late(&mut self, jail: &str, batch: &mut Batch) {
        let known = self.bans_on_disk(jail, clock::now());
        if let Some(runtime) = self.jails.get_mut(jail) {
            runtime.record_all(batch);
        }
        for ban in known {
            let runtime = self.jails.get(jail);
            let stands = runtime.is_some_and(|runtime| runtime.jail.bans().ban(&ban.id).is_some());
            if !stands {
                self.admit(jail, Waiting::Restore(ban), batch);
            }
        }
        self.settle(jail, batch);
    }
}

impl JailRuntime {
    /// Puts all that stands into a batch; tallies and places follow when nothing waits.
    fn record_all(&mut self, batch: &mut Batch) {
        for ban in self.jail.bans().iter() {
            let ban = Ban {
                count: stored(ban).count,
                restored: false,
                ..ban.clone()
            };
            batch.transaction.record_ban(&self.name, ban);
        }
        let tallies = self.jail.tallies().iter();
        self.held_back.extend(tallies.map(|(id, _)| id.clone()));
        for file in self.sources.files_mut() {
            file.unsaved = file.reached;
        }
        if let Sources::Journal(journal) = &mut self.sources {
            journal.unsaved = journal.reached();
        }
    }
}
