//! Versions: older ones are updated, newer ones are left alone.

use std::fs;
use std::path::Path;

use f2b_store::{Note, Store, StoreError};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::samples::{NOW, at, execute, lasting, open, query};

/// A database of an old schema with two bans of one identity and one log, made by hand.
pub(crate) fn make_old(path: &Path, version: i64) {
    let logs = if version == 1 {
        "UNIQUE(jail, path)"
    } else {
        "UNIQUE(jail, path),UNIQUE(jail, path, firstlinemd5)"
    };
    let bans = if version < 3 {
        "jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, data JSON"
    } else {
        "jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, \
         bancount INTEGER NOT NULL default 1, data JSON"
    };
    let length = if version < 3 { "" } else { "700, 3," };
    let key = "FOREIGN KEY(jail) REFERENCES jails(name)";
    execute(
        path,
        &format!(
            "CREATE TABLE fail2banDb(version INTEGER);
             INSERT INTO fail2banDb VALUES({version});
             CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
             CREATE INDEX jails_name ON jails(name);
             CREATE TABLE logs(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT, lastfilepos INTEGER DEFAULT 0, {key} ON DELETE CASCADE, {logs});
             CREATE INDEX logs_path ON logs(path);
             CREATE INDEX logs_jail_path ON logs(jail, path);
             CREATE TABLE bans({bans}, {key});
             CREATE INDEX bans_jail_timeofban_ip ON bans(jail, timeofban);
             CREATE INDEX bans_jail_ip ON bans(jail, ip);
             CREATE INDEX bans_ip ON bans(ip);
             INSERT INTO jails VALUES('sshd', 1);
             INSERT INTO logs VALUES('sshd', '/var/log/auth.log', 'abc', 77);
             INSERT INTO bans VALUES
               ('sshd', '192.0.2.1', {NOW}.5, {length} '{{\"matches\": [\"new\"], \"failures\": 5}}'),
               ('sshd', '192.0.2.1', {}, {length} '{{\"matches\": [\"old\"], \"failures\": 4}}');",
            NOW - 100
        ),
    );
}

#[test]
fn older_schemas_are_updated_after_a_copy_was_made() {
    for version in 1..=3 {
        let directory = tempdir().unwrap();
        let path = directory.path().join("f.sqlite3");
        make_old(&path, version);
        let opened = Store::open(&path, at(NOW)).unwrap();
        let backup = directory.path().join("f.sqlite3.20261121-205954");
        let notes = [
            Note::Connected { path: path.clone() },
            Note::Updated {
                from: version,
                to: 4,
                backup: backup.clone(),
            },
        ];
        assert_eq!(opened.notes, notes);
        assert_eq!(
            query(&backup, "SELECT version FROM fail2banDb"),
            [version.to_string()]
        );
        let stored = opened
            .store
            .stored_bans("sshd", at(NOW), lasting(600))
            .unwrap();
        assert!(stored.notes.is_empty());
        let [ban] = &stored.entries[..] else {
            panic!("{stored:?}")
        };
        let (length, count) = if version < 3 {
            (None, 1)
        } else {
            (Some(lasting(700)), 3)
        };
        assert_eq!(
            (ban.bantime, ban.count),
            (length, count),
            "version {version}"
        );
        assert_eq!(&*ban.matches[0], "new");
        assert_eq!(ban.time.as_micros(), NOW * 1_000_000 + 500_000);
        assert_eq!(opened.store.source_states("sshd").unwrap().entries.len(), 1);
        assert_eq!(query(&path, "SELECT count(*) FROM bans"), ["2"]);
        assert_eq!(query(&path, "PRAGMA foreign_key_check"), [""; 0]);
        opened.store.close().unwrap();
        let again = Store::open(&path, at(NOW)).unwrap();
        assert_eq!(again.notes, notes[..1]);
    }
}

#[test]
fn a_file_of_the_future_is_refused_and_left_as_it_is() {
    let check = |change: &str, expected: &str| {
        let directory = tempdir().unwrap();
        let path = directory.path().join("f.sqlite3");
        let mut store = open(&path);
        store.add_jail("sshd").unwrap();
        store.close().unwrap();
        execute(&path, change);
        let before = fs::read(&path).unwrap();
        let error = Store::open(&path, at(NOW)).unwrap_err();
        let text = error.to_string().replace(&*path.to_string_lossy(), "FILE");
        assert_eq!(text, expected);
        assert!(!error.is_passing());
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    };
    check(
        "UPDATE fail2banDb SET version = 5",
        "Attempt to travel to future version of database ...how did you get here??",
    );
    check(
        "UPDATE stockade_meta SET version = 2",
        "open database FILE: its `stockade_` tables have version 2",
    );
}

#[test]
fn tables_that_are_missing_are_created() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    open(&path).close().unwrap();
    let schema = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let before = query(&path, schema);
    execute(
        &path,
        "DROP TABLE bips; DROP TABLE stockade_tally; DROP INDEX bans_ip;",
    );
    open(&path).close().unwrap();
    assert_eq!(query(&path, schema), before);
}

#[test]
fn a_locked_file_is_busy_and_usable_afterwards() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.add_jail("sshd").unwrap_err();
    assert!(matches!(error, StoreError::Busy { .. }), "{error:?}");
    assert!(error.is_passing());
    other.execute_batch("ROLLBACK").unwrap();
    store.add_jail("sshd").unwrap();
    let busy = store.close().unwrap_err();
    assert!(
        matches!(busy, StoreError::Busy { step: "close", .. }),
        "{busy:?}"
    );
    drop(other);
    open(&path).close().unwrap();
    assert_eq!(query(&path, "SELECT name FROM jails"), ["sshd"]);
}
