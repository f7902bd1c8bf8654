//! Old rows leave.

use f2b_core::UnixTime;
use rusqlite::{Result, Transaction as SqliteTransaction};

/// Rows removed from one table in one call, so that a file that grew for years does not keep the
/// writer from new bans.
const ROWS_AT_ONCE: usize = 10_000;

/// What one call of [`Store::purge`](crate::Store::purge) removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Rows of the history.
    pub bans: usize,
    /// Identities whose last ban is long over.
    pub identities: usize,
    /// Tallies of jails that are not enabled.
    pub tallies: usize,
    /// Jails that are not enabled and have no ban left.
    pub jails: usize,
    /// Whether more is waiting to be removed.
    pub more: bool,
}

pub(super) fn purge(transaction: &SqliteTransaction<'_>, before: UnixTime) -> Result<Purged> {
    let seconds = before.whole_seconds();
    let limited = |table: &str, condition: &str, limit: i64| {
        let statement = format!(
            "DELETE FROM {table} WHERE rowid IN \
             (SELECT rowid FROM {table} WHERE {condition} LIMIT {ROWS_AT_ONCE})"
        );
        transaction.prepare_cached(&statement)?.execute([limit])
    };
    let bans = limited("bans", "timeofban < ?1", seconds)?;
    // As the original: a ban counts for increments until three times its length has passed.
    let identities = limited(
        "bips",
        "timeofban < ?1 AND bantime <> -1 AND timeofban + 3 * bantime < ?1",
        seconds,
    )?;
    // A jail that runs forgets its tallies itself.
    let tallies = limited(
        "stockade_tally",
        "last < ?1 AND jail IN (SELECT name FROM jails WHERE enabled = 0)",
        before.as_micros(),
    )?;
    let jails = transaction.execute(
        "DELETE FROM jails WHERE enabled = 0
         AND NOT EXISTS (SELECT 1 FROM bans WHERE jail = name)
         AND NOT EXISTS (SELECT 1 FROM bips WHERE jail = name)",
        [],
    )?;
    Ok(Purged {
        bans,
        identities,
        tallies,
        jails,
        more: [bans, identities, tallies].contains(&ROWS_AT_ONCE),
    })
}
