//! What a jail takes up again when it starts.

use std::collections::BTreeMap;

use f2b_core::{Bantime, FailId, Past, Span, StoredBan, Tally, UnixTime};
use rusqlite::types::ValueRef;
use rusqlite::{Result, Row};

use crate::ban_data::BanData;
use crate::source_state::{
    EarlierPosition, FilePosition, JOURNAL, JournalPosition, Position, SourceState,
};
use crate::{Note, Store, StoreError};

/// What was read, and which rows had to be passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// What could be understood.
    pub entries: Vec<T>,
    /// A note for each row that could not; beyond a hundred their number.
    pub notes: Vec<Note>,
}

/// Lines and number of failures of several bans.
pub type Merged = (Vec<Box<str>>, u64);

impl Store {
    /// Returns the bans of `jail` that may still stand at `now`, ordered by the text of the
    /// identity: their own end lies ahead, and they began less than `jail_bantime` ago.
    ///
    /// # Errors
    ///
    /// What keeps the file from being read. A row that makes no sense is a note.
    pub fn stored_bans(
        &self,
        jail: &str,
        now: UnixTime,
        jail_bantime: Bantime,
    ) -> Result<Stored<StoredBan>, StoreError> {
        let earliest = match jail_bantime {
            Bantime::Permanent => None,
            Bantime::Lasting(span) => Some(now.minus(span)),
        };
        let statement = "SELECT ip, timeofban, bantime, bancount, data FROM bips \
             WHERE jail = ?1 ORDER BY ip";
        self.rows("bips", statement, jail, |row| {
            stored_ban(row, now, earliest)
        })
    }

    /// Returns the lines and the number of failures of all bans of an identity, of one jail or of all;
    /// `None` if there was none. Of the lines the last [`Self::max_matches`] are given.
    ///
    /// # Errors
    ///
    /// What keeps the file from being read.
    pub fn merged(&self, id: &FailId, jail: Option<&str>) -> Result<Option<Merged>, StoreError> {
        let read = || -> Result<Option<Merged>> {
            let statement = "SELECT data FROM bans WHERE ip = ?1 AND (?2 IS NULL OR jail = ?2) \
                 ORDER BY timeofban";
            let mut statement = self.connection.prepare_cached(statement)?;
            let mut rows = statement.query(rusqlite::params![id.to_string(), jail])?;
            let mut merged: Option<Merged> = None;
            while let Some(row) = rows.next()? {
                let data = row.get_ref(0)?;
                let data = BanData::parse(bytes(data).unwrap_or_default());
                let (lines, failures) = merged.get_or_insert_default();
                lines.extend(data.matches);
                let surplus = lines.len().saturating_sub(self.max_matches);
                lines.drain(..surplus);
                *failures = failures.saturating_add(data.failures);
            }
            Ok(merged)
        };
        read().map_err(|error| StoreError::sorted("read", &self.path, error))
    }

    /// Returns the newest ban of everybody in every jail.
    ///
    /// # Errors
    ///
    /// What keeps the file from being read. A row that makes no sense is a note.
    pub fn history(&self) -> Result<Stored<(FailId, Past)>, StoreError> {
        let statement = "SELECT ip, timeofban, bantime, bancount, jail FROM bips WHERE ?1 = ?1";
        self.rows("bips", statement, "", past)
    }

    /// Returns the tallies of `jail` as they were last committed, the oldest first.
    ///
    /// # Errors
    ///
    /// What keeps the file from being read. A row that makes no sense is a note.
    pub fn tallies(&self, jail: &str) -> Result<Stored<(FailId, Tally)>, StoreError> {
        let statement = "SELECT id, first, last, retry, failures, data FROM stockade_tally \
             WHERE jail = ?1 ORDER BY last, id";
        self.rows("stockade_tally", statement, jail, tally)
    }

    /// Returns how far each source of `jail` has been read.
    ///
    /// Where the original's row tells another place than ours, the original has run in between
    /// and its place holds; device, inode and cursor are not known then.
    ///
    /// # Errors
    ///
    /// What keeps the file from being read. A row that makes no sense is a note.
    pub fn source_states(&self, jail: &str) -> Result<Stored<SourceState>, StoreError> {
        let own = "SELECT source, device, inode, position, firstline, cursor, time, earlier \
             FROM stockade_source WHERE jail = ?1";
        let Stored { entries, mut notes } = self.rows("stockade_source", own, jail, own_source)?;
        let mut sources: BTreeMap<Box<str>, Position> = entries.into_iter().collect();

        let original = "SELECT path, firstlinemd5, lastfilepos FROM logs WHERE jail = ?1";
        let logs = self.rows("logs", original, jail, original_source)?;
        notes.extend(logs.notes);
        for (source, position) in logs.entries {
            if sources
                .get(&source)
                .is_none_or(|own| !same_place(own, &position))
            {
                sources.insert(source, position);
            }
        }
        let entries = sources
            .into_iter()
            .map(|(source, position)| SourceState { source, position })
            .collect();
        Ok(Stored { entries, notes })
    }

    /// Reads every row of `jail`; what `read` makes nothing of is left out, what it cannot
    /// understand becomes a note.
    fn rows<T>(
        &self,
        table: &'static str,
        statement: &str,
        jail: &str,
        read: impl Fn(&Row<'_>) -> Result<Read<T>>,
    ) -> Result<Stored<T>, StoreError> {
        let mut stored = Stored {
            entries: Vec::new(),
            notes: Vec::new(),
        };
        let mut unnamed = 0;
        let mut collect = || -> Result<()> {
            let mut statement = self.connection.prepare_cached(statement)?;
            let mut rows = statement.query([jail])?;
            while let Some(row) = rows.next()? {
                match read(row)? {
                    Read::Entry(entry) => stored.entries.push(entry),
                    Read::Unreadable(why) if stored.notes.len() < MOST_NOTES => {
                        let about = text(row.get_ref(0)?).unwrap_or("?").to_owned();
                        stored.notes.push(Note::RowSkipped {
                            table,
                            jail: jail.to_owned(),
                            about,
                            why,
                        });
                    }
                    Read::Unreadable(_) => unnamed += 1,
                    Read::Nothing => {}
                }
            }
            Ok(())
        };
        collect().map_err(|error| StoreError::sorted("read", &self.path, error))?;
        if unnamed > 0 {
            stored.notes.push(Note::MoreRowsSkipped {
                table,
                jail: jail.to_owned(),
                count: unnamed,
            });
        }
        Ok(stored)
    }
}

/// A table full of nonsense is not worth a log full of notes: beyond this they are counted.
const MOST_NOTES: usize = 100;

/// What became of a row.
enum Read<T> {
    Entry(T),
    /// It is in order, and not asked for.
    Nothing,
    Unreadable(&'static str),
}

fn stored_ban(row: &Row<'_>, now: UnixTime, earliest: Option<UnixTime>) -> Result<Read<StoredBan>> {
    let Some(id) = text(row.get_ref(0)?) else {
        return Ok(Read::Unreadable("its identity is no text"));
    };
    let Some(time) = micros(row.get_ref(1)?).map(UnixTime::from_micros) else {
        return Ok(Read::Unreadable("its `timeofban` is no time"));
    };
    let Some(bantime) = micros(row.get_ref(2)?) else {
        return Ok(Read::Unreadable("its `bantime` is no length of time"));
    };
    let lasting = Span::from_micros(bantime);
    let stands = lasting.whole_seconds() <= -1 || time.plus(lasting) > now;
    if !stands || earliest.is_some_and(|earliest| time <= earliest) {
        return Ok(Read::Nothing);
    }
    let data = row.get_ref(4)?;
    let data = BanData::parse(bytes(data).unwrap_or_default());
    Ok(Read::Entry(StoredBan {
        id: FailId::parse(id),
        time,
        bantime: match lasting.whole_seconds() {
            // A schema that kept no lengths was updated.
            -2 => None,
            ..0 => Some(Bantime::Permanent),
            _ => Some(Bantime::Lasting(lasting)),
        },
        count: integer(row.get_ref(3)?).unwrap_or(1),
        failures: data.failures,
        matches: data.matches,
        fields: data.fields,
    }))
}

fn past(row: &Row<'_>) -> Result<Read<(FailId, Past)>> {
    let (Some(id), Some(jail)) = (text(row.get_ref(0)?), text(row.get_ref(4)?)) else {
        return Ok(Read::Unreadable("its identity or its jail is no text"));
    };
    let (Some(time), Some(bantime)) = (micros(row.get_ref(1)?), micros(row.get_ref(2)?)) else {
        return Ok(Read::Unreadable("its times are no numbers"));
    };
    let past = Past {
        jail: jail.into(),
        time: UnixTime::from_micros(time),
        bantime: Bantime::from_seconds(Span::from_micros(bantime).whole_seconds()),
        count: integer(row.get_ref(3)?).unwrap_or(1),
    };
    Ok(Read::Entry((FailId::parse(id), past)))
}

fn tally(row: &Row<'_>) -> Result<Read<(FailId, Tally)>> {
    let Some(id) = text(row.get_ref(0)?) else {
        return Ok(Read::Unreadable("its identity is no text"));
    };
    let moment = |column| -> Result<Option<UnixTime>> {
        Ok(integer(row.get_ref(column)?).map(UnixTime::from_micros))
    };
    let (Some(first), Some(last), Some(retry)) = (moment(1)?, moment(2)?, integer(row.get_ref(3)?))
    else {
        return Ok(Read::Unreadable("its times or its count are no numbers"));
    };
    let failures = integer(row.get_ref(4)?).unwrap_or(u64::from(retry));
    let data = row.get_ref(5)?;
    let data = BanData::parse(bytes(data).unwrap_or_default());
    let tally = Tally {
        first,
        last,
        retry,
        failures,
        matches: data.matches,
        fields: data.fields,
    };
    Ok(Read::Entry((FailId::parse(id), tally)))
}

fn own_source(row: &Row<'_>) -> Result<Read<(Box<str>, Position)>> {
    let Some(source) = text(row.get_ref(0)?) else {
        return Ok(Read::Unreadable("its name is no text"));
    };
    let time: Option<i64> = integer(row.get_ref(6)?);
    let position = if let Some(time) = time {
        Position::Journal(JournalPosition {
            cursor: text(row.get_ref(5)?).map(Into::into),
            time: UnixTime::from_micros(time),
        })
    } else {
        let number = |column| -> Result<Option<i64>> { Ok(integer(row.get_ref(column)?)) };
        let Some(offset) = number(3)?.and_then(|offset| u64::try_from(offset).ok()) else {
            return Ok(Read::Unreadable("its position is no number"));
        };
        Position::File(FilePosition {
            device: number(1)?.unwrap_or(0).cast_unsigned(),
            inode: number(2)?.unwrap_or(0).cast_unsigned(),
            offset,
            first_line: fingerprint(row.get_ref(4)?),
            earlier: text(row.get_ref(7)?).and_then(EarlierPosition::from_text),
        })
    };
    Ok(Read::Entry((source.into(), position)))
}

fn original_source(row: &Row<'_>) -> Result<Read<(Box<str>, Position)>> {
    let Some(source) = text(row.get_ref(0)?) else {
        return Ok(Read::Unreadable("its path is no text"));
    };
    let Some(place) = micros(row.get_ref(2)?) else {
        return Ok(Read::Unreadable("its `lastfilepos` is no number"));
    };
    let position = if source == JOURNAL {
        Position::Journal(JournalPosition {
            cursor: None,
            time: UnixTime::from_micros(place),
        })
    } else {
        let Some(offset) = integer(row.get_ref(2)?) else {
            return Ok(Read::Unreadable("its `lastfilepos` is no place in a file"));
        };
        Position::File(FilePosition {
            device: 0,
            inode: 0,
            offset,
            first_line: fingerprint(row.get_ref(1)?),
            earlier: None,
        })
    };
    Ok(Read::Entry((source.into(), position)))
}

fn same_place(own: &Position, original: &Position) -> bool {
    match (own, original) {
        (Position::File(own), Position::File(original)) => {
            own.offset == original.offset && own.first_line == original.first_line
        }
        (Position::Journal(own), Position::Journal(original)) => own.time == original.time,
        _ => false,
    }
}

fn fingerprint(value: ValueRef<'_>) -> Option<Box<str>> {
    text(value).filter(|text| !text.is_empty()).map(Into::into)
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    std::str::from_utf8(bytes(value)?).ok()
}

fn bytes(value: ValueRef<'_>) -> Option<&[u8]> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

fn integer<T: TryFrom<i64>>(value: ValueRef<'_>) -> Option<T> {
    match value {
        ValueRef::Integer(number) => T::try_from(number).ok(),
        _ => None,
    }
}

/// Reads seconds, whole or with a fraction, as microseconds.
fn micros(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(seconds) => Some(UnixTime::from_seconds(seconds).as_micros()),
        ValueRef::Real(seconds) if seconds.is_finite() => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "`as` saturates, and so do absurd whole seconds"
            )]
            let micros = (seconds * 1e6).round() as i64;
            Some(micros)
        }
        _ => None,
    }
}
