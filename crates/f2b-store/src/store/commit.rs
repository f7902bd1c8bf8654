//! One transaction's rows.

use f2b_core::{Ban, FailId, Tally};
use rusqlite::{Error as SqliteError, Result, Transaction as SqliteTransaction, params};

use crate::ban_data;
use crate::source_state::{EarlierPosition, FilePosition, JournalPosition, Position};
use crate::transaction::{IdentityChanges, JailChanges};
use crate::{Transaction, utc};

/// Rows of a jail need its row in `jails`. It is there, unless somebody else purged the file while
/// the jail was not enabled; without it nothing could be committed any more.
const ENTER_JAIL: &str = "INSERT INTO jails(name, enabled) VALUES(?1, 0) ON CONFLICT DO NOTHING";

/// A ban decided again, after a crash, is the one that stands there. The plus keeps SQLite from
/// looking through all bans of that second instead of all bans of that identity.
const ADD_BAN: &str = "INSERT INTO bans(jail, ip, timeofban, bantime, bancount, data) \
    SELECT ?1, ?2, ?3, ?4, ?5, ?6 \
    WHERE NOT EXISTS (SELECT 1 FROM bans WHERE jail = ?1 AND ip = ?2 AND +timeofban = ?3)";

const SET_BIP: &str = "INSERT OR REPLACE INTO bips(jail, ip, timeofban, bantime, bancount, data) \
    VALUES(?1, ?2, ?3, ?4, ?5, ?6)";

/// Number and texts of the standing ban stay: a restored one counts itself once more in memory.
const MOVE_BIP: &str = "INSERT INTO bips(jail, ip, timeofban, bantime, bancount, data) \
    VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(ip, jail) \
    DO UPDATE SET timeofban = excluded.timeofban, bantime = excluded.bantime";

const SET_TALLY: &str = "INSERT INTO stockade_tally(jail, id, first, last, retry, failures, data) \
    VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(jail, id) DO UPDATE SET first = excluded.first, \
    last = excluded.last, retry = excluded.retry, failures = excluded.failures, data = excluded.data";

const DELETE_TALLY: &str = "DELETE FROM stockade_tally WHERE jail = ?1 AND id = ?2";

const SET_SOURCE: &str = "INSERT INTO stockade_source\
    (jail, source, device, inode, position, firstline, earlier, cursor, time) \
    VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(jail, source) DO UPDATE SET \
    device = excluded.device, inode = excluded.inode, position = excluded.position, \
    firstline = excluded.firstline, earlier = excluded.earlier, cursor = excluded.cursor, \
    time = excluded.time";

/// The row that the original goes on from. It has two unique keys, and either may be met.
const SET_LOG: &str = "INSERT INTO logs(jail, path, firstlinemd5, lastfilepos) \
    VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET \
    firstlinemd5 = excluded.firstlinemd5, lastfilepos = excluded.lastfilepos";

const DELETE_SOURCE: &str = "DELETE FROM stockade_source WHERE jail = ?1 AND source = ?2";

const DELETE_LOG: &str = "DELETE FROM logs WHERE jail = ?1 AND path = ?2";

pub(super) fn write(
    transaction: &SqliteTransaction<'_>,
    changes: &Transaction,
    max_matches: usize,
) -> Result<()> {
    let writer = Writer {
        transaction,
        max_matches,
    };
    for id in &changes.unbanned {
        writer.run("DELETE FROM bans WHERE ip = ?1", [id])?;
        writer.run("DELETE FROM bips WHERE ip = ?1", [id])?;
    }
    for (jail, changes) in &changes.jails {
        writer.jail(jail, changes)?;
    }
    Ok(())
}

struct Writer<'a> {
    transaction: &'a SqliteTransaction<'a>,
    max_matches: usize,
}

impl Writer<'_> {
    fn jail(&self, jail: &str, changes: &JailChanges) -> Result<()> {
        self.run(ENTER_JAIL, [jail])?;
        for (id, changes) in &changes.identities {
            self.identity(jail, id, changes)?;
        }
        for (id, tally) in &changes.tallies {
            self.tally(jail, id, tally.as_ref())?;
        }
        for (source, position) in &changes.sources {
            match position {
                Some(Position::File(file)) => self.file(jail, source, file)?,
                Some(Position::Journal(journal)) => self.journal(jail, source, journal)?,
                None => {
                    self.run(DELETE_SOURCE, [jail, source])?;
                    self.run(DELETE_LOG, [jail, source])?;
                }
            }
        }
        Ok(())
    }

    fn identity(&self, jail: &str, id: &str, changes: &IdentityChanges) -> Result<()> {
        if changes.unbanned {
            self.run("DELETE FROM bans WHERE jail = ?1 AND ip = ?2", [jail, id])?;
            self.run("DELETE FROM bips WHERE jail = ?1 AND ip = ?2", [jail, id])?;
        }
        for ban in &changes.bans {
            self.ban(ADD_BAN, jail, id, ban)?;
        }
        // Of several bans only the last one is the newest state.
        if let Some(ban) = changes.bans.last() {
            self.ban(SET_BIP, jail, id, ban)?;
        }
        if let Some(ban) = &changes.moved {
            self.ban(MOVE_BIP, jail, id, ban)?;
        }
        Ok(())
    }

    fn ban(&self, statement: &str, jail: &str, id: &str, ban: &Ban) -> Result<()> {
        let data = self.data(&ban.matches, ban.failures, &ban.fields)?;
        let time = ban.time.rounded_seconds();
        let bantime = ban.bantime.as_seconds();
        self.run(statement, params![jail, id, time, bantime, ban.count, data])
    }

    fn tally(&self, jail: &str, id: &FailId, tally: Option<&Tally>) -> Result<()> {
        let id = id.to_string();
        let Some(tally) = tally else {
            return self.run(DELETE_TALLY, [jail, &id]);
        };
        let failures = i64::try_from(tally.failures).unwrap_or(i64::MAX);
        let data = ban_data::to_json(&tally.matches, tally.failures, &tally.fields, usize::MAX)
            .map_err(|error| SqliteError::ToSqlConversionFailure(error.into()))?;
        let (first, last) = (tally.first.as_micros(), tally.last.as_micros());
        self.run(
            SET_TALLY,
            params![jail, id, first, last, tally.retry, failures, data],
        )
    }

    fn file(&self, jail: &str, path: &str, file: &FilePosition) -> Result<()> {
        let (device, inode) = (file.device.cast_signed(), file.inode.cast_signed());
        let position = i64::try_from(file.offset).unwrap_or(i64::MAX);
        let first_line = file.first_line.as_deref().unwrap_or("");
        let nothing = rusqlite::types::Null;
        let earlier = file.earlier.as_ref().map(EarlierPosition::to_text);
        self.run(
            SET_SOURCE,
            params![
                jail, path, device, inode, position, first_line, earlier, nothing, nothing
            ],
        )?;
        self.run(SET_LOG, params![jail, path, first_line, position])
    }

    fn journal(&self, jail: &str, source: &str, journal: &JournalPosition) -> Result<()> {
        let time = journal.time.as_micros();
        self.run(
            SET_SOURCE,
            params![
                jail,
                source,
                0,
                0,
                0,
                "",
                None::<String>,
                journal.cursor,
                time
            ],
        )?;
        // As the original: a calendar text and a blank for the fingerprint, seconds for the place.
        let fingerprint = format!("{} ", utc::iso(journal.time));
        #[expect(
            clippy::cast_precision_loss,
            reason = "moments of this era keep their microseconds"
        )]
        let seconds = time as f64 / 1e6;
        self.run(SET_LOG, params![jail, source, fingerprint, seconds])
    }

    fn data(
        &self,
        matches: &[Box<str>],
        failures: u64,
        fields: &[(Box<str>, Box<str>)],
    ) -> Result<Vec<u8>> {
        ban_data::to_json(matches, failures, fields, self.max_matches)
            .map_err(|error| SqliteError::ToSqlConversionFailure(error.into()))
    }

    fn run(&self, statement: &str, values: impl rusqlite::Params) -> Result<()> {
        self.transaction
            .prepare_cached(statement)?
            .execute(values)?;
        Ok(())
    }
}
