//! Files that are no database, or no longer.

use std::fs;
use std::path::Path;

use f2b_store::{Note, Store, StoreError, Transaction};
use tempfile::tempdir;

use crate::samples::{NOW, at, ban, lasting, open, query};

fn full_database(path: &Path) {
    let mut store = open(path);
    let mut transaction = Transaction::default();
    for number in 0..500 {
        transaction.record_ban("sshd", ban(&format!("id {number}"), NOW, 600));
    }
    store.commit(&transaction).unwrap();
    store.close().unwrap();
}

#[test]
fn a_damaged_file_is_kept_under_another_name_and_a_new_one_begun() {
    let check = |what: &str, damage: &dyn Fn(&mut Vec<u8>)| {
        let directory = tempdir().unwrap();
        let path = directory.path().join("f.sqlite3");
        full_database(&path);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let opened = Store::open(&path, at(NOW)).unwrap();
        let aside = directory.path().join("f.sqlite3.20261121-205954");
        let Some(Note::SetAside { to, .. }) = opened.notes.first() else {
            panic!("{what}: {:?}", opened.notes)
        };
        assert_eq!(*to, aside, "{what}");
        assert_eq!(fs::read(&aside).unwrap(), bytes, "{what}");
        assert!(
            opened.notes.contains(&Note::Created { version: 4 }),
            "{what}"
        );
        let stored = opened
            .store
            .stored_bans("sshd", at(NOW), lasting(600))
            .unwrap();
        assert!(stored.entries.is_empty(), "{what}");
    };
    check("garbage", &|bytes| {
        *bytes = b"no database at all\n".repeat(300);
    });
    check("one byte", &|bytes| *bytes = vec![7]);
    check("half a header", &|bytes| bytes.truncate(50));
    check("truncated", &|bytes| bytes.truncate(bytes.len() / 2));
    check("a page overwritten", &|bytes| {
        let page = bytes.len() / 4096 / 2 * 4096;
        bytes[page..page + 4096].fill(0x5a);
    });
}

#[test]
fn files_set_aside_in_one_second_do_not_replace_each_other() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    for number in 0..3 {
        fs::write(&path, format!("garbage {number}").repeat(99)).unwrap();
        Store::open(&path, at(NOW)).unwrap().store.close().unwrap();
    }
    for (suffix, number) in [("", 0), (".1", 1), (".2", 2)] {
        let aside = format!("f.sqlite3.20261121-205954{suffix}");
        let text = fs::read_to_string(directory.path().join(aside)).unwrap();
        assert!(text.starts_with(&format!("garbage {number}")));
    }
}

#[test]
fn the_log_of_a_damaged_file_does_not_reach_the_new_one() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let log = directory.path().join("f.sqlite3-wal");
    full_database(&path);
    let mut store = open(&path);
    store.add_jail("from the log").unwrap();
    let bytes = fs::read(&log).unwrap();
    drop(store);
    fs::write(&path, "garbage ".repeat(999)).unwrap();
    fs::write(&log, &bytes).unwrap();
    let opened = Store::open(&path, at(NOW)).unwrap();
    assert!(matches!(opened.notes[0], Note::SetAside { .. }));
    assert!(query(&path, "SELECT name FROM jails").is_empty());
    let aside = directory.path().join("f.sqlite3.20261121-205954-wal");
    assert_eq!(fs::read(aside).unwrap(), bytes);
}

#[test]
fn an_empty_file_becomes_a_database() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    fs::write(&path, "").unwrap();
    let notes = Store::open(&path, at(NOW)).unwrap().notes;
    assert_eq!(notes[1..], [Note::Created { version: 4 }]);
}

#[test]
fn a_path_that_can_hold_no_file_is_refused_with_a_hint() {
    let directory = tempdir().unwrap();
    let root = directory.path();
    let check = |path: &Path, expected: &str| {
        let error = Store::open(path, at(NOW)).unwrap_err();
        let text = error.to_string().replace(&*root.to_string_lossy(), "ROOT");
        assert_eq!(text, expected);
        assert!(!error.hint().is_empty());
    };
    check(root, "open database ROOT: not a regular file");
    check(&root.join("a/b/f.sqlite3"), "create directory ROOT/a/b");
    fs::write(root.join("file"), "").unwrap();
    check(&root.join("file/f.sqlite3"), "create directory ROOT/file");
    check(
        Path::new("/dev/null"),
        "open database /dev/null: not a regular file",
    );
    let error = Store::open(&root.join("a/b/f.sqlite3"), at(NOW)).unwrap_err();
    assert!(matches!(error, StoreError::File { .. }));
}
