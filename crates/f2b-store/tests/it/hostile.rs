//! Rows that anybody may have written.

use f2b_core::{Bantime, Span, UnixTime};
use f2b_store::{Store, Transaction};
use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tempfile::tempdir;

use crate::samples::{NOW, at, ban, file_state, open};

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        (NOW - 10..NOW + 10).prop_map(Value::Integer),
        (-3..4i64).prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Real),
        ".{0,20}".prop_map(Value::Text),
        r#"\{"(matches|failures|user)": (\[\["a"\]\]|\["a", 1\]|-?[0-9]{1,25}|"x")\}"#
            .prop_map(Value::Text),
        vec(any::<u8>(), 0..20).prop_map(Value::Blob),
    ]
}

/// Fills a table's columns other than the jail with what comes.
fn insert(connection: &Connection, table: &str, columns: &str, values: &[Value]) {
    let places = vec!["?"; values.len()].join(", ");
    let statement =
        format!("INSERT OR REPLACE INTO {table}(jail, {columns}) VALUES('sshd', {places})");
    connection
        .execute(&statement, params_from_iter(values))
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(48)
    })]

    /// Each odd row is an entry, a note or out of date; the rows beside it are read, and the file
    /// can be written and purged.
    #[test]
    fn odd_rows_harm_nothing_but_themselves(
        bips in vec(vec(value(), 5), 1..6),
        logs in vec(vec(value(), 3), 1..6),
        sources in vec(vec(value(), 7), 1..6),
        tallies in vec(vec(value(), 6), 1..6),
        length in any::<i64>(),
    ) {
        let directory = tempdir().unwrap();
        let path = directory.path().join("f.sqlite3");
        let mut store: Store = open(&path);
        let mut transaction = Transaction::default();
        transaction.record_ban("sshd", ban("192.0.2.1", NOW, -1));
        transaction.record_position("sshd", file_state("/var/log/auth.log", 7));
        store.commit(&transaction).unwrap();
        let connection = Connection::open(&path).unwrap();
        // A not-a-number is NULL to SQLite, which some columns refuse.
        let whole = |values: &&Vec<Value>| {
            !values.iter().any(|value| matches!(value, Value::Real(number) if number.is_nan()))
        };
        for values in bips.iter().filter(whole) {
            insert(&connection, "bips", "ip, timeofban, bantime, bancount, data", values);
        }
        for values in logs.iter().filter(whole) {
            insert(&connection, "logs", "path, firstlinemd5, lastfilepos", values);
        }
        let columns = "source, device, inode, position, firstline, cursor, time";
        for values in sources.iter().filter(whole) {
            insert(&connection, "stockade_source", columns, values);
        }
        for values in tallies.iter().filter(whole) {
            insert(&connection, "stockade_tally", "id, first, last, retry, failures, data", values);
        }
        drop(connection);

        let permanent = store.stored_bans("sshd", at(NOW), Bantime::Permanent).unwrap();
        prop_assert!(permanent.entries.iter().any(|ban| ban.id.to_string() == "192.0.2.1"));
        let lasting = Bantime::Lasting(Span::from_micros(length));
        store.stored_bans("sshd", UnixTime::from_micros(length), lasting).unwrap();
        store.tallies("sshd").unwrap();
        let states = store.source_states("sshd").unwrap().entries;
        prop_assert!(states.contains(&file_state("/var/log/auth.log", 7)));
        store.commit(&transaction).unwrap();
        store.purge(UnixTime::from_micros(length), Span::ZERO).unwrap();
        store.close().unwrap();
    }
}

#[test]
fn the_store_can_be_handed_to_its_writer() {
    fn sendable<T: Send>() {}
    sendable::<Store>();
    sendable::<Transaction>();
    sendable::<f2b_store::StoreError>();
}
