//! Values that the tests share.

use std::path::Path;

use f2b_core::{Ban, Bantime, FailId, Span, Tally, UnixTime};
use f2b_store::{EarlierPosition, FilePosition, JournalPosition, Position, SourceState, Store};
use rusqlite::Connection;
use rusqlite::types::Value;

/// A moment of the year 2026 that nothing depends on.
pub(crate) const NOW: i64 = 1_795_294_794;

pub(crate) fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

pub(crate) fn lasting(seconds: i64) -> Bantime {
    Bantime::Lasting(Span::from_seconds(seconds))
}

pub(crate) fn open(path: &Path) -> Store {
    Store::open(path, at(NOW)).unwrap().store
}

pub(crate) fn ban(id: &str, time: i64, bantime: i64) -> Ban {
    Ban {
        id: FailId::parse(id),
        time: at(time),
        bantime: Bantime::from_seconds(bantime),
        has_own_bantime: false,
        count: 1,
        failures: 3,
        matches: vec![format!("bad login from {id}").into()],
        fields: vec![("user".into(), "roöt".into())],
        restored: false,
    }
}

pub(crate) fn tally(last: i64, retry: u32) -> Tally {
    Tally {
        first: at(last - 10),
        last: UnixTime::from_micros(last * 1_000_000 + 7),
        retry,
        failures: u64::from(retry) + 1,
        matches: vec![format!("failure {retry}").into()],
        fields: vec![("user".into(), "root".into())],
    }
}

pub(crate) fn file_state(path: &str, offset: u64) -> SourceState {
    SourceState {
        source: path.into(),
        position: Position::File(FilePosition {
            device: 2049,
            inode: u64::MAX - 5,
            offset,
            first_line: Some("adc83b19e793491b1c6ea0fd8b46cd9f32e592fc".into()),
            earlier: Some(EarlierPosition {
                device: 1,
                inode: 7,
                offset: 90,
                first_line: Some("03cfd743661f07975fa2f1220c5194cbaff48451".into()),
            }),
        }),
    }
}

pub(crate) fn journal_state(cursor: &str, micros: i64) -> SourceState {
    SourceState {
        source: f2b_store::JOURNAL.into(),
        position: Position::Journal(JournalPosition {
            cursor: Some(cursor.into()),
            time: UnixTime::from_micros(micros),
        }),
    }
}

/// Returns what a query finds, one text per row, its columns parted by `|`.
pub(crate) fn query(path: &Path, statement: &str) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(statement).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells: Vec<String> = (0..columns)
            .map(|column| row.get(column).map(|value| cell(&value)))
            .collect::<Result<_, _>>()?;
        Ok(cells.join("|"))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("blob {}", String::from_utf8_lossy(bytes)),
    }
}

/// Changes a closed or open file behind our back.
pub(crate) fn execute(path: &Path, statements: &str) {
    Connection::open(path)
        .unwrap()
        .execute_batch(statements)
        .unwrap();
}
