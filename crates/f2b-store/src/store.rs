//! The open file.

use std::path::{Path, PathBuf};

use f2b_core::{Span, UnixTime};
use rusqlite::{Connection, Transaction as SqliteTransaction, TransactionBehavior};

use crate::{Note, StoreError, Transaction};

mod commit;
mod open;
mod purge;
mod read;

pub use purge::Purged;
pub use read::{Merged, Stored};

/// The original's `dbmaxmatches` where the configuration says nothing.
const MAX_MATCHES: usize = 10;

/// The database of bans, positions and tallies, open for one writer.
///
/// Other programs may read the file meanwhile; one that writes delays us for a second at most,
/// after which the attempt fails as [`StoreError::Busy`].
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    max_matches: usize,
}

/// A database that was just opened, and what the log should say about it.
#[derive(Debug)]
pub struct Opened {
    /// The database.
    pub store: Store,
    /// What happened, in order.
    pub notes: Vec<Note>,
}

impl Store {
    /// Opens the database at `path` and makes it if there is none; `:memory:` stands for one that
    /// is gone at the end. All jails begin as not enabled.
    ///
    /// A missing directory is made, but not the one above it. A new file has mode 0600. A file
    /// that is damaged, or no database at all, is set aside as `FILE.YYYYmmdd-HHMMSS` (`now`, UTC)
    /// and replaced by a new one. An older schema is updated after a copy was made under such a
    /// name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Future`] if a newer original wrote the file: it is left untouched. Otherwise
    /// what keeps it from being opened, made or written.
    pub fn open(path: &Path, now: UnixTime) -> Result<Opened, StoreError> {
        open::open(path, now)
    }

    /// Returns where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Sets how many lines of a ban are written from now on: `dbmaxmatches`, 10 at first.
    pub fn keep_matches(&mut self, max_matches: usize) {
        self.max_matches = max_matches;
    }

    /// Returns how many lines of a ban are written.
    #[must_use]
    pub fn max_matches(&self) -> usize {
        self.max_matches
    }

    /// Enters a jail, or marks it as enabled again.
    ///
    /// # Errors
    ///
    /// What keeps the file from being written.
    pub fn add_jail(&mut self, name: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO jails(name, enabled) VALUES(?1, 1)
                     ON CONFLICT(name) DO UPDATE SET enabled = 1",
                )?
                .execute([name])
        })?;
        Ok(())
    }

    /// Marks a jail as not enabled; what is known of it stays until [`Store::purge`].
    ///
    /// # Errors
    ///
    /// What keeps the file from being written.
    pub fn remove_jail(&mut self, name: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("UPDATE jails SET enabled = 0 WHERE name = ?1")?
                .execute([name])
        })?;
        Ok(())
    }

    /// Writes all of `changes` or nothing of it.
    ///
    /// When it returns, the changes survive the end of this process; a power cut may still lose the
    /// last moments. Committing a ban a second time leaves one row of it. After a failure the store
    /// can be used as before: keep the transaction, let it take up what comes, try again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] and [`StoreError::Busy`] pass by themselves or with a little help; what
    /// keeps the file from being written otherwise.
    pub fn commit(&mut self, changes: &Transaction) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let max_matches = self.max_matches;
        self.write(|transaction| commit::write(transaction, changes, max_matches))
    }

    /// Removes what is older than `age`, some ten thousand rows at most: call it again while
    /// [`Purged::more`] is set.
    ///
    /// Goes are bans of the history; the newest state of identities whose ban ended long ago
    /// (permanent bans stay); tallies of jails that are not enabled; such jails altogether, with
    /// their positions, once no ban of theirs is left. So call it when all jails have been added.
    ///
    /// # Errors
    ///
    /// What keeps the file from being written.
    pub fn purge(&mut self, now: UnixTime, age: Span) -> Result<Purged, StoreError> {
        self.write(|transaction| purge::purge(transaction, now.minus(age)))
    }

    /// Closes the file so that it stands alone, in the journal mode that the original leaves.
    ///
    /// Without it nothing is lost: whoever opens the file next, the original too, finds what was
    /// committed in the `-wal` file beside it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Busy`] if somebody else has the file open: it is closed, but the `-wal` file
    /// stays. Otherwise what keeps it from being written.
    pub fn close(self) -> Result<Note, StoreError> {
        let Self {
            connection, path, ..
        } = self;
        let failed = |error| StoreError::sorted("close", &path, error);
        // Leaving WAL mode writes everything back first.
        connection
            .query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()))
            .map_err(failed)?;
        connection
            .close()
            .map_err(|(_, error)| StoreError::sorted("close", &path, error))?;
        Ok(Note::Closed)
    }

    /// Does `work` in one transaction that is gone without a trace if any part of it fails.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&SqliteTransaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let done = attempt(&mut self.connection, work);
        done.map_err(|error| {
            // Most failures have been rolled back by now. If not, the next attempt must not
            // begin inside this one.
            let rolled_back = if self.connection.is_autocommit() {
                Ok(())
            } else {
                self.connection.execute_batch("ROLLBACK")
            };
            let cause = rolled_back.err().unwrap_or(error);
            StoreError::sorted("write to", &self.path, cause)
        })
    }
}

fn attempt<T>(
    connection: &mut Connection,
    work: impl FnOnce(&SqliteTransaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}
