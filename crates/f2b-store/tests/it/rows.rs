//! What is written, and what is read back from it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use f2b_core::{Bantime, FailId, Span, UnixTime};
use f2b_store::{
    EarlierPosition, FilePosition, JournalPosition, Position, Purged, SourceState, Store,
    Transaction,
};
use tempfile::tempdir;

use crate::samples::{
    NOW, at, ban, execute, file_state, journal_state, lasting, open, query, tally,
};

const BANS: &str = "SELECT jail, ip, timeofban, bantime, bancount, data FROM bans ORDER BY rowid";
const BIPS: &str = "SELECT jail, ip, timeofban, bantime, bancount FROM bips ORDER BY jail, ip";

#[test]
fn a_new_database_is_announced_and_only_its_owner_may_read_it() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("sub/f.sqlite3");
    let opened = Store::open(&path, at(NOW)).unwrap();
    let notes: Vec<String> = opened.notes.iter().map(ToString::to_string).collect();
    let connected = format!(
        "Connected to fail2ban persistent database '{}'",
        path.display()
    );
    assert_eq!(
        notes,
        [
            connected.clone(),
            "New database created. Version '4'".into()
        ]
    );
    for name in ["f.sqlite3", "f.sqlite3-wal", "f.sqlite3-shm"] {
        let mode = fs::metadata(path.with_file_name(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let closed = opened.store.close().unwrap();
    assert_eq!(closed.to_string(), "Connection to database closed.");
    let again = Store::open(&path, at(NOW)).unwrap();
    let notes: Vec<String> = again.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes, [connected]);
}

#[test]
fn a_clean_close_leaves_one_file_in_the_originals_journal_mode() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    store.add_jail("sshd").unwrap();
    store.close().unwrap();
    let names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["f.sqlite3"]);
    let header = fs::read(&path).unwrap();
    // Read and write version of the file format: 1 is a rollback journal, 2 a write-ahead log.
    assert_eq!(&header[18..20], [1, 1]);
}

#[test]
fn a_ban_is_stored_once_however_often_it_is_decided() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    let mut transaction = Transaction::default();
    transaction.record_ban("sshd", ban("192.0.2.1", NOW, 600));
    store.commit(&transaction).unwrap();
    store.commit(&transaction).unwrap();
    transaction.record_ban("sshd", ban("192.0.2.1", NOW, 600));
    store.commit(&transaction).unwrap();
    let mut again = Transaction::default();
    again.record_ban("sshd", ban("192.0.2.1", NOW + 700, -1));
    store.commit(&again).unwrap();
    let data = r#"blob {"matches": ["bad login from 192.0.2.1"], "failures": 3, "user": "roöt"}"#;
    let expected = [
        format!("sshd|192.0.2.1|{NOW}|600|1|{data}"),
        format!("sshd|192.0.2.1|{}|-1|1|{data}", NOW + 700),
    ];
    assert_eq!(query(&path, BANS), expected);
    assert_eq!(
        query(&path, BIPS),
        [format!("sshd|192.0.2.1|{}|-1|1", NOW + 700)]
    );
}

#[test]
fn a_restored_ban_is_not_stored_again() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut transaction = Transaction::default();
    let mut restored = ban("192.0.2.1", NOW, 600);
    restored.restored = true;
    transaction.record_ban("sshd", restored);
    assert!(transaction.is_empty());
    open(&path).commit(&transaction).unwrap();
    assert!(query(&path, BANS).is_empty());
}

#[test]
fn a_moved_end_changes_the_newest_state_and_not_the_history() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    let mut transaction = Transaction::default();
    transaction.record_ban("sshd", ban("192.0.2.1", NOW, 600));
    store.commit(&transaction).unwrap();
    let mut moved = ban("192.0.2.1", NOW + 5, 900);
    moved.count = 2;
    let mut transaction = Transaction::default();
    transaction.record_moved_end("sshd", moved);
    store.commit(&transaction).unwrap();
    assert_eq!(
        query(&path, BIPS),
        [format!("sshd|192.0.2.1|{}|900|1", NOW + 5)]
    );
    assert_eq!(
        query(&path, "SELECT timeofban FROM bans"),
        [NOW.to_string()]
    );
}

#[test]
fn an_unban_asked_for_removes_exactly_that_text() {
    let check = |jail: Option<&str>, id: &str, expected: &[&str]| {
        let directory = tempdir().unwrap();
        let path = directory.path().join("f.sqlite3");
        let mut store = open(&path);
        let mut transaction = Transaction::default();
        for (jail, id) in [
            ("sshd", "192.0.2.1"),
            ("sshd", "192.0.2.0/24"),
            ("sshd", "a b"),
            ("mail", "192.0.2.1"),
        ] {
            transaction.record_ban(jail, ban(id, NOW, 600));
        }
        store.commit(&transaction).unwrap();
        let mut transaction = Transaction::default();
        transaction.record_unban(jail, &FailId::parse(id));
        store.commit(&transaction).unwrap();
        let left = "SELECT jail || ' ' || ip FROM TABLE ORDER BY jail, ip";
        for table in ["bans", "bips"] {
            assert_eq!(
                query(&path, &left.replace("TABLE", table)),
                expected,
                "{table}"
            );
        }
    };
    let all = [
        "mail 192.0.2.1",
        "sshd 192.0.2.0/24",
        "sshd 192.0.2.1",
        "sshd a b",
    ];
    check(Some("sshd"), "192.0.2.1", &[all[0], all[1], all[3]]);
    check(Some("sshd"), "192.0.2.0/24", &[all[0], all[2], all[3]]);
    check(Some("sshd"), "a b", &all[..3]);
    check(Some("sshd"), "203.0.113.1", &all);
    check(None, "192.0.2.1", &[all[1], all[3]]);
}

#[test]
fn only_bans_that_may_still_stand_are_taken_up() {
    let check = |time: i64, bantime: i64, jail: Bantime, stands: bool| {
        let mut store = open(":memory:".as_ref());
        let mut transaction = Transaction::default();
        transaction.record_ban("sshd", ban("192.0.2.1", time, bantime));
        store.commit(&transaction).unwrap();
        let stored = store.stored_bans("sshd", at(NOW), jail).unwrap();
        let found = stored.entries.len() == 1;
        assert_eq!(found, stands, "{} for {bantime}, jail {jail}", time - NOW);
        assert!(stored.notes.is_empty());
        assert!(
            store
                .stored_bans("mail", at(NOW), jail)
                .unwrap()
                .entries
                .is_empty()
        );
    };
    let forever = Bantime::Permanent;
    check(NOW - 599, 600, forever, true);
    check(NOW - 600, 600, forever, false);
    check(NOW - 601, 600, lasting(9_000), false);
    check(NOW - 100, 600, lasting(101), true);
    check(NOW - 100, 600, lasting(100), false);
    check(NOW - 1_000_000, -1, forever, true);
    check(NOW - 1_000_000, -1, lasting(600), false);
    check(NOW - 10, -1, lasting(600), true);
}

#[test]
fn a_stored_ban_comes_back_whole_and_in_the_order_of_texts() {
    let mut store = open(":memory:".as_ref());
    let mut transaction = Transaction::default();
    for id in [
        "2001:db8::1",
        "a b",
        "192.0.2.9",
        "192.0.2.10",
        "198.51.100.0/24",
    ] {
        transaction.record_ban("sshd", ban(id, NOW, 600));
    }
    store.commit(&transaction).unwrap();
    let stored = store
        .stored_bans("sshd", at(NOW), lasting(600))
        .unwrap()
        .entries;
    let ids: Vec<String> = stored.iter().map(|ban| ban.id.to_string()).collect();
    assert_eq!(
        ids,
        [
            "192.0.2.10",
            "192.0.2.9",
            "198.51.100.0/24",
            "2001:db8::1",
            "a b"
        ]
    );
    let first = &stored[0];
    let expected = ban("192.0.2.10", NOW, 600);
    assert_eq!(first.time, expected.time);
    assert_eq!(first.bantime, Some(expected.bantime));
    assert_eq!((first.count, first.failures), (1, 3));
    assert_eq!(first.matches, expected.matches);
    assert_eq!(first.fields, expected.fields);
}

#[test]
fn no_more_lines_are_written_than_asked_for() {
    let check = |most: usize, expected: &[&str]| {
        let mut store = open(":memory:".as_ref());
        store.keep_matches(most);
        let mut many = ban("192.0.2.1", NOW, 600);
        many.matches = (0..20).map(|number| number.to_string().into()).collect();
        let mut transaction = Transaction::default();
        transaction.record_ban("sshd", many);
        store.commit(&transaction).unwrap();
        let stored = store
            .stored_bans("sshd", at(NOW), lasting(600))
            .unwrap()
            .entries;
        let lines: Vec<&str> = stored[0].matches.iter().map(AsRef::as_ref).collect();
        assert_eq!(lines, expected);
    };
    check(0, &[]);
    check(2, &["18", "19"]);
    assert_eq!(open(":memory:".as_ref()).max_matches(), 10);
}

#[test]
fn rows_of_other_hands_are_read_as_far_as_they_make_sense() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    store.add_jail("sshd").unwrap();
    execute(
        &path,
        &format!(
            "INSERT INTO bips VALUES
               ('1 text', 'sshd', {NOW}, 600, 2, '{{\"matches\": [[\"a\",\"b\",\"c\"]], \"failures\": 1}}'),
               ('2 fraction', 'sshd', {NOW}.25, 600.5, 1, NULL),
               ('3 migrated', 'sshd', {NOW}, -2, 1, x'00ff'),
               ('4 no time', 'sshd', 'yesterday', 600, 1, NULL),
               ('5 no length', 'sshd', {NOW}, 'long', 1, NULL),
               (x'c328', 'sshd', {NOW}, 600, 1, NULL),
               ('7 huge', 'sshd', 9223372036854775807, 9223372036854775807, 99999999999, 7);"
        ),
    );
    let stored = store.stored_bans("sshd", at(NOW), lasting(600)).unwrap();
    let seen: Vec<(String, i64, Option<Bantime>, u32, usize)> = stored
        .entries
        .iter()
        .map(|ban| {
            let micros = ban.time.as_micros();
            (
                ban.id.to_string(),
                micros,
                ban.bantime,
                ban.count,
                ban.matches.len(),
            )
        })
        .collect();
    let micros = NOW * 1_000_000;
    let half = Bantime::Lasting(Span::from_micros(600_500_000));
    let endless = Bantime::Lasting(Span::from_micros(i64::MAX));
    let expected = [
        ("1 text".into(), micros, Some(lasting(600)), 2, 1),
        ("2 fraction".into(), micros + 250_000, Some(half), 1, 0),
        ("3 migrated".into(), micros, None, 1, 0),
        ("7 huge".into(), i64::MAX, Some(endless), 1, 0),
    ];
    assert_eq!(seen, expected);
    assert_eq!(&*stored.entries[0].matches[0], "abc");
    let notes: Vec<String> = stored.notes.iter().map(ToString::to_string).collect();
    let expected = [
        "[sshd] A row of bips about \"4 no time\" was passed over: its `timeofban` is no time",
        "[sshd] A row of bips about \"5 no length\" was passed over: its `bantime` is no length of time",
        "[sshd] A row of bips about \"?\" was passed over: its identity is no text",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn a_table_full_of_nonsense_is_counted_and_not_listed() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    store.add_jail("sshd").unwrap();
    execute(
        &path,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)
         INSERT INTO bips SELECT 'id ' || i, 'sshd', 'never', 600, 1, NULL FROM n",
    );
    let stored = store.stored_bans("sshd", at(NOW), lasting(600)).unwrap();
    assert!(stored.entries.is_empty());
    assert_eq!(stored.notes.len(), 101);
    let last = stored.notes.last().unwrap().to_string();
    assert_eq!(last, "[sshd] 150 more rows of bips were passed over");
}

#[test]
fn a_tally_comes_back_as_it_was_until_it_is_forgotten() {
    let mut store = open(":memory:".as_ref());
    let (one, two) = (FailId::parse("192.0.2.1"), FailId::parse("a b"));
    let mut transaction = Transaction::default();
    transaction.record_tally("sshd", two.clone(), tally(NOW, 2));
    transaction.record_tally("sshd", one.clone(), tally(NOW + 1, 4));
    transaction.record_tally("mail", one.clone(), tally(NOW, 1));
    store.commit(&transaction).unwrap();
    let expected = [
        (two.clone(), tally(NOW, 2)),
        (one.clone(), tally(NOW + 1, 4)),
    ];
    assert_eq!(store.tallies("sshd").unwrap().entries, expected);

    let mut transaction = Transaction::default();
    transaction.record_tally("sshd", two.clone(), tally(NOW + 9, 3));
    transaction.record_forgotten("sshd", one);
    store.commit(&transaction).unwrap();
    let left = store.tallies("sshd").unwrap().entries;
    assert_eq!(left, [(two, tally(NOW + 9, 3))]);
    assert_eq!(store.tallies("mail").unwrap().entries.len(), 1);
}

#[test]
fn positions_come_back_and_stand_in_the_originals_table_as_well() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    let states = [
        file_state("/var/log/auth.log", 145),
        journal_state("s=1;i=2", NOW * 1_000_000 + 123_450),
    ];
    let mut empty = file_state("/var/log/empty", 0);
    empty.position = Position::File(FilePosition {
        device: 1,
        inode: 2,
        offset: 0,
        first_line: None,
        earlier: Some(EarlierPosition {
            device: 1,
            inode: 7,
            offset: 90,
            first_line: Some("03cfd743661f07975fa2f1220c5194cbaff48451".into()),
        }),
    });
    let mut transaction = Transaction::default();
    for state in states.iter().chain([&empty]) {
        transaction.record_position("sshd", state.clone());
    }
    store.commit(&transaction).unwrap();
    store.commit(&transaction).unwrap();
    let logs =
        "SELECT path, firstlinemd5, lastfilepos, typeof(lastfilepos) FROM logs ORDER BY path";
    let expected = [
        "/var/log/auth.log|adc83b19e793491b1c6ea0fd8b46cd9f32e592fc|145|integer",
        "/var/log/empty||0|integer",
        "systemd-journal|2026-11-21T20:59:54.123450+00:00 |1795294794.12345|real",
    ];
    assert_eq!(query(&path, logs), expected);
    let [file, journal] = states;
    assert_eq!(
        store.source_states("sshd").unwrap().entries,
        [file, empty, journal]
    );
    assert!(store.source_states("mail").unwrap().entries.is_empty());
}

#[test]
fn of_a_source_that_is_gone_for_good_nothing_is_kept() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    let mut transaction = Transaction::default();
    for jail in ["sshd", "mail"] {
        transaction.record_position(jail, file_state("/a", 145));
        transaction.record_position(jail, file_state("/b", 145));
    }
    store.commit(&transaction).unwrap();
    let mut transaction = Transaction::default();
    transaction.record_vanished("sshd", "/a");
    transaction.record_vanished("sshd", "/never");
    store.commit(&transaction).unwrap();
    for (table, source) in [("stockade_source", "source"), ("logs", "path")] {
        let rows = format!("SELECT jail, {source} FROM {table} ORDER BY jail, {source}");
        assert_eq!(query(&path, &rows), ["mail|/a", "mail|/b", "sshd|/b"]);
    }
}

#[test]
fn where_the_original_has_gone_on_reading_its_place_holds() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    let mut transaction = Transaction::default();
    transaction.record_position("sshd", file_state("/a", 145));
    transaction.record_position("sshd", file_state("/b", 145));
    transaction.record_position("sshd", journal_state("s=1;i=2", 5));
    store.commit(&transaction).unwrap();
    execute(
        &path,
        "UPDATE logs SET lastfilepos = 300 WHERE path = '/b';
         UPDATE logs SET lastfilepos = 1795294794.5 WHERE path = 'systemd-journal';
         INSERT INTO logs VALUES('sshd', '/c', '', 7), ('sshd', '/d', 'x', -1);",
    );
    let unknown = |source: &str, offset, first_line: Option<&str>| SourceState {
        source: source.into(),
        position: Position::File(FilePosition {
            device: 0,
            inode: 0,
            offset,
            first_line: first_line.map(Into::into),
            earlier: None,
        }),
    };
    let stored = store.source_states("sshd").unwrap();
    let expected = [
        file_state("/a", 145),
        unknown("/b", 300, Some("adc83b19e793491b1c6ea0fd8b46cd9f32e592fc")),
        unknown("/c", 7, None),
        SourceState {
            source: f2b_store::JOURNAL.into(),
            position: Position::Journal(JournalPosition {
                cursor: None,
                time: UnixTime::from_micros(NOW * 1_000_000 + 500_000),
            }),
        },
    ];
    assert_eq!(stored.entries, expected);
    assert_eq!(stored.notes.len(), 1);
}

#[test]
fn a_jail_is_enabled_from_its_entry_to_its_removal() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let jails = "SELECT name, enabled FROM jails ORDER BY name";
    let mut store = open(&path);
    store.add_jail("sshd").unwrap();
    store.add_jail("mail").unwrap();
    store.remove_jail("mail").unwrap();
    assert_eq!(query(&path, jails), ["mail|0", "sshd|1"]);
    store.add_jail("mail").unwrap();
    drop(store);
    let mut store = open(&path);
    assert_eq!(query(&path, jails), ["mail|0", "sshd|0"]);
    store.add_jail("sshd").unwrap();
    assert_eq!(query(&path, jails), ["mail|0", "sshd|1"]);
}

#[test]
fn purge_removes_what_is_old_and_jails_without_bans() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store = open(&path);
    store.add_jail("sshd").unwrap();
    let day = 86_400;
    let mut transaction = Transaction::default();
    transaction.record_ban("sshd", ban("young", NOW - day, 600));
    transaction.record_ban("sshd", ban("old", NOW - day - 2_000, 600));
    transaction.record_ban("sshd", ban("long", NOW - day - 1_000, 600));
    transaction.record_ban("sshd", ban("permanent", NOW - 2 * day, -1));
    transaction.record_tally("sshd", FailId::parse("x"), tally(NOW - 2 * day, 1));
    transaction.record_position("gone", file_state("/gone", 1));
    transaction.record_tally("gone", FailId::parse("x"), tally(NOW, 1));
    store.commit(&transaction).unwrap();
    let purged = store.purge(at(NOW), Span::from_seconds(day)).unwrap();
    let expected = Purged {
        bans: 3,
        identities: 1,
        tallies: 0,
        jails: 1,
        more: false,
    };
    assert_eq!(purged, expected);
    assert_eq!(query(&path, "SELECT ip FROM bans"), ["young"]);
    assert_eq!(
        query(&path, "SELECT ip FROM bips ORDER BY ip"),
        ["long", "permanent", "young"]
    );
    assert_eq!(query(&path, "SELECT name FROM jails"), ["sshd"]);
    for table in ["logs", "stockade_source"] {
        assert!(
            query(&path, &format!("SELECT * FROM {table}")).is_empty(),
            "{table}"
        );
    }
    assert_eq!(query(&path, "SELECT jail FROM stockade_tally"), ["sshd"]);
}

#[test]
fn purge_takes_a_bounded_share_and_says_that_more_is_there() {
    let mut store = open(":memory:".as_ref());
    let mut transaction = Transaction::default();
    for number in 0..12_000 {
        transaction.record_ban("sshd", ban(&format!("id {number}"), NOW - 900_000, 600));
    }
    store.commit(&transaction).unwrap();
    let purge = |store: &mut Store| store.purge(at(NOW), Span::from_seconds(86_400)).unwrap();
    let first = purge(&mut store);
    assert_eq!((first.bans, first.jails, first.more), (10_000, 0, true));
    let second = purge(&mut store);
    assert_eq!((second.bans, second.jails, second.more), (2_000, 1, false));
    assert_eq!(purge(&mut store), Purged::default());
}
