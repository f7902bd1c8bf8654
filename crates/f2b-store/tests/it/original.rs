//! The same file in the hands of the original and in ours.
//!
//! Needs both originals in the build folder: `cargo xtask setup`.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use f2b_core::{FailId, UnixTime};
use f2b_store::{FilePosition, Note, Position, SourceState, Store, Transaction};
use tempfile::{TempDir, tempdir};

use crate::samples::{NOW, at, ban, execute, lasting, query, tally};
use crate::schema::make_old;

mod server;

use server::{JAIL, Server};

const VERSIONS: [&str; 2] = ["1.0.2", "1.1.1"];

/// The SHA-1 of a line feed alone, which is the first line of each log here.
const FIRST_LINE: &str = "adc83b19e793491b1c6ea0fd8b46cd9f32e592fc";

/// The original judges a stored ban by the clock, so that these tests cannot choose their time.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A folder with a log of nothing but an empty line, and a place for the database.
fn folder() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempdir().unwrap();
    let (database, log) = (folder.path().join("f.sqlite3"), folder.path().join("t.log"));
    fs::write(&log, "\n").unwrap();
    (folder, database, log)
}

fn append(log: &Path, time: i64, address: &str, times: usize) {
    let mut file = OpenOptions::new().append(true).open(log).unwrap();
    for _ in 0..times {
        writeln!(file, "{time} bad login user=roöt from {address}").unwrap();
    }
}

fn position(log: &Path, offset: u64) -> SourceState {
    SourceState {
        source: log.to_str().unwrap().into(),
        position: Position::File(FilePosition {
            device: 1,
            inode: 2,
            offset,
            first_line: Some(FIRST_LINE.into()),
            earlier: None,
        }),
    }
}

/// Writes a hundred bans, some tallies, and the place behind what the log holds now.
fn fill(store: &mut Store, log: &Path, now: i64) -> Vec<String> {
    let mut ids: Vec<String> = (1..=98).map(|host| format!("192.0.2.{host}")).collect();
    ids.extend(["2001:db8::7".into(), "198.51.100.0/24".into()]);
    ids.sort();
    store.add_jail(JAIL).unwrap();
    let mut transaction = Transaction::default();
    for id in &ids {
        let mut ban = ban(id, now - 60, 3600);
        ban.matches = vec!["a line with \"quotes\", a \\ and ümläuts\u{1}".into(); 12];
        transaction.record_ban(JAIL, ban);
        transaction.record_tally(JAIL, FailId::parse(id), tally(now - 60, 2));
    }
    let read = fs::metadata(log).unwrap().len();
    transaction.record_position(JAIL, position(log, read));
    store.commit(&transaction).unwrap();
    ids
}

#[test]
fn the_original_takes_up_bans_and_position_from_a_file_that_we_closed() {
    for version in VERSIONS {
        let (_folder, database, log) = folder();
        let now = now();
        append(&log, now, "203.0.113.1", 2);
        let mut store = Store::open(&database, at(now)).unwrap().store;
        let ids = fill(&mut store, &log, now);
        store.close().unwrap();
        take_over(version, &database, &log, &ids);
    }
}

/// Copies the file and its log while they are open: what lies there after a `kill -9`.
#[test]
fn the_original_takes_up_bans_and_position_from_a_file_that_was_never_closed() {
    for version in VERSIONS {
        let (folder, open, log) = folder();
        let now = now();
        append(&log, now, "203.0.113.1", 2);
        let mut store = Store::open(&open, at(now)).unwrap().store;
        let ids = fill(&mut store, &log, now);
        let database = folder.path().join("left.sqlite3");
        fs::copy(&open, &database).unwrap();
        let kept = fs::copy(
            open.with_extension("sqlite3-wal"),
            database.with_extension("sqlite3-wal"),
        );
        assert!(kept.unwrap() > 0, "nothing is in the log");
        take_over(version, &database, &log, &ids);
    }
}

/// Lets the original run on the file and looks at it again afterwards.
fn take_over(version: &str, database: &Path, log: &Path, ids: &[String]) {
    let read = fs::metadata(log).unwrap().len();
    let server = Server::start(version, database, log);
    server.wait_until("all bans are restored", || {
        server.banned().len() >= ids.len()
    });
    assert_eq!(server.banned(), ids, "{version}");
    let logged = server.logged();
    let place = format!("(pos = {read}, hash = {FIRST_LINE})");
    assert!(logged.contains(&place), "{version}: {logged}");
    // The two failures before the position are not counted again; of three after it one bans.
    append(log, now(), "203.0.113.1", 2);
    append(log, now(), "203.0.113.2", 3);
    server.wait_until("the new lines are read", || {
        server.banned().len() > ids.len()
    });
    let banned = server.banned();
    assert!(banned.contains(&"203.0.113.2".to_owned()), "{version}");
    assert!(!banned.contains(&"203.0.113.1".to_owned()), "{version}");
    let logged = server.logged();
    assert!(
        !logged.contains("ERROR") && !logged.contains("Traceback"),
        "{logged}"
    );
    server.stop();

    let opened = Store::open(database, at(now())).unwrap();
    assert_eq!(
        opened.notes,
        [Note::Connected {
            path: database.to_owned()
        }]
    );
    let store = opened.store;
    let stored = store
        .stored_bans(JAIL, at(now()), lasting(3600))
        .unwrap()
        .entries;
    assert_eq!(stored.len(), ids.len() + 1, "{version}");
    assert_eq!(store.tallies(JAIL).unwrap().entries.len(), ids.len());
    // The original has gone on, so that its place holds and the file is not known.
    let size = fs::metadata(log).unwrap().len();
    let mut expected = position(log, size);
    if let Position::File(file) = &mut expected.position {
        (file.device, file.inode) = (0, 0);
    }
    assert_eq!(store.source_states(JAIL).unwrap().entries, [expected]);
}

#[test]
fn we_take_up_what_the_original_wrote() {
    for version in VERSIONS {
        let (_folder, database, log) = folder();
        let begin = now();
        let server = Server::start(version, &database, &log);
        append(&log, begin, "203.0.113.9", 3);
        server.client(&[
            "set",
            JAIL,
            "banip",
            "2001:db8::9",
            "198.51.100.0/24",
            "a b",
        ]);
        server.wait_until("the bans are stored", || {
            query(&database, "SELECT ip FROM bips").len() == 4
        });
        server.stop();

        let store = Store::open(&database, at(begin)).unwrap().store;
        let stored = store.stored_bans(JAIL, at(begin), lasting(3600)).unwrap();
        assert!(stored.notes.is_empty(), "{version}: {:?}", stored.notes);
        let ids: Vec<String> = stored
            .entries
            .iter()
            .map(|ban| ban.id.to_string())
            .collect();
        assert_eq!(
            ids,
            ["198.51.100.0/24", "2001:db8::9", "203.0.113.9", "a b"],
            "{version}"
        );
        let found = &stored.entries[2];
        assert_eq!(found.time, UnixTime::from_seconds(begin));
        assert_eq!(
            (found.bantime, found.count, found.failures),
            (Some(lasting(3600)), 1, 3)
        );
        let line = format!("{begin} bad login user=roöt from 203.0.113.9");
        assert_eq!(found.matches, [line.as_str(), &line, &line].map(Into::into));
        assert!(
            found.fields.contains(&("user".into(), "roöt".into())),
            "{:?}",
            found.fields
        );
        assert_eq!(
            (stored.entries[3].failures, stored.entries[3].matches.len()),
            (0, 0)
        );

        let read = fs::metadata(&log).unwrap().len();
        let states = store.source_states(JAIL).unwrap().entries;
        let [
            SourceState {
                position: Position::File(file),
                ..
            },
        ] = &states[..]
        else {
            panic!("{states:?}")
        };
        assert_eq!((file.inode, file.offset), (0, read), "{version}");
        assert_eq!(file.first_line.as_deref(), Some(FIRST_LINE));
    }
}

#[test]
fn our_schema_is_the_originals_and_ours_beside_it() {
    let schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema \
         WHERE tbl_name NOT LIKE 'stockade%' ORDER BY type, name";
    let (_folder, ours, log) = folder();
    Store::open(&ours, at(now()))
        .unwrap()
        .store
        .close()
        .unwrap();
    for version in VERSIONS {
        let theirs = ours.with_file_name(version);
        Server::start(version, &theirs, &log).stop();
        assert_eq!(query(&ours, schema), query(&theirs, schema), "{version}");
        for pragma in [
            "user_version",
            "application_id",
            "encoding",
            "page_size",
            "journal_mode",
        ] {
            let pragma = format!("PRAGMA {pragma}");
            assert_eq!(
                query(&ours, &pragma),
                query(&theirs, &pragma),
                "{version} {pragma}"
            );
        }
    }
}

#[test]
fn an_old_schema_is_updated_as_the_original_does_it() {
    for version in 1..=3 {
        let (_folder, ours, log) = folder();
        let theirs = ours.with_file_name("theirs.sqlite3");
        make_old(&ours, version);
        // The original takes up and purges by the clock, so that no ban may be old.
        let shift = now() - NOW;
        execute(
            &ours,
            &format!("UPDATE bans SET timeofban = timeofban + {shift}"),
        );
        fs::copy(&ours, &theirs).unwrap();
        Server::start("1.1.1", &theirs, &log).stop();
        Store::open(&ours, at(now()))
            .unwrap()
            .store
            .close()
            .unwrap();
        for table in ["fail2banDb", "bans", "bips"] {
            let rows = format!("SELECT * FROM {table}");
            assert_eq!(
                query(&ours, &rows),
                query(&theirs, &rows),
                "{table} of version {version}"
            );
        }
        let logs = "SELECT * FROM logs WHERE jail = 'sshd'";
        assert_eq!(
            query(&ours, logs),
            query(&theirs, logs),
            "version {version}"
        );
    }
}
