//! File systems that are full or may not be written, each in a mount namespace of its own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use f2b_core::FailId;
use f2b_store::{Store, StoreError, Transaction};
use tempfile::tempdir;

use crate::samples::{NOW, at, ban, file_state, lasting, open, tally};

/// Tells the child where the file system of its own is mounted.
const MOUNTED: &str = "STOCKADE_TEST_MOUNTED";

/// Runs `claim` in a child that sees a small tmpfs under the directory it is given.
///
/// `name` is the test that calls: the child is this program again, running that test alone.
fn on_a_small_tmpfs(name: &str, claim: impl FnOnce(&Path)) {
    if let Some(directory) = env::var_os(MOUNTED) {
        return claim(&PathBuf::from(directory));
    }
    let directory = tempdir().unwrap();
    let script =
        "mount -t tmpfs -o size=1m,mode=700 tmpfs \"$STOCKADE_TEST_MOUNTED\" && exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(MOUNTED, directory.path())
        .output()
        .unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && text.contains("1 passed"),
        "the part in a mount namespace failed; it needs root and `unshare`:\n{text}"
    );
}

fn numbered(number: i64) -> Transaction {
    let mut transaction = Transaction::default();
    transaction.record_ban("sshd", ban(&format!("id {number}"), NOW + number, -1));
    transaction.record_tally("sshd", FailId::parse("192.0.2.1"), tally(NOW + number, 4));
    let offset = u64::try_from(number).unwrap();
    transaction.record_position("sshd", file_state("/var/log/auth.log", offset));
    transaction
}

#[test]
fn a_full_disk_loses_nothing_and_ends_with_the_space() {
    on_a_small_tmpfs(
        "mount::a_full_disk_loses_nothing_and_ends_with_the_space",
        |directory| {
            let path = directory.join("f.sqlite3");
            let mut store = open(&path);
            let ballast = directory.join("ballast");
            fs::write(&ballast, vec![0; 512 << 10]).unwrap();

            let mut number = 0;
            let (mut waiting, error) = loop {
                number += 1;
                let transaction = numbered(number);
                if let Err(error) = store.commit(&transaction) {
                    break (transaction, error);
                }
                assert!(number < 10_000, "the file system never fills up");
            };
            assert!(
                matches!(
                    error,
                    StoreError::Full {
                        step: "write to",
                        ..
                    }
                ),
                "{error:?}"
            );
            assert!(error.is_passing());
            assert_eq!(
                error.to_string(),
                format!(
                    "write to database {}: no room on its file system",
                    path.display()
                )
            );
            // Reading goes on, and what was committed is all there is.
            let bans = |store: &Store| {
                store
                    .stored_bans("sshd", at(NOW), lasting(1_000_000))
                    .unwrap()
                    .entries
                    .len()
            };
            assert_eq!(bans(&store), usize::try_from(number - 1).unwrap());
            for _ in 0..5 {
                number += 1;
                waiting.merge(numbered(number));
                let error = store.commit(&waiting).unwrap_err();
                assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
            }
            fs::remove_file(&ballast).unwrap();
            store.commit(&waiting).unwrap();
            assert_eq!(bans(&store), usize::try_from(number).unwrap());
            store.close().unwrap();
            assert_eq!(bans(&open(&path)), usize::try_from(number).unwrap());
        },
    );
}

#[test]
fn a_database_that_finds_no_room_to_begin_says_so() {
    on_a_small_tmpfs(
        "mount::a_database_that_finds_no_room_to_begin_says_so",
        |directory| {
            let path = directory.join("f.sqlite3");
            let ballast = directory.join("ballast");
            let room = vec![0; (1 << 20) - (12 << 10)];
            fs::write(&ballast, room).unwrap();
            let error = Store::open(&path, at(NOW)).unwrap_err();
            assert!(
                matches!(error, StoreError::Full { step: "open", .. }),
                "{error:?}"
            );
            fs::remove_file(&ballast).unwrap();
            open(&path).close().unwrap();
        },
    );
}

#[test]
fn what_may_not_be_written_is_told_apart() {
    on_a_small_tmpfs(
        "mount::what_may_not_be_written_is_told_apart",
        |directory| {
            let old = directory.join("old.sqlite3");
            let mut store = open(&old);
            store.commit(&numbered(1)).unwrap();
            store.close().unwrap();
            let before = fs::read(&old).unwrap();
            let status = Command::new("mount")
                .args(["-o", "remount,ro"])
                .arg(directory)
                .status()
                .unwrap();
            assert!(status.success());
            let error = Store::open(&old, at(NOW)).unwrap_err();
            assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
            assert!(!error.is_passing());
            assert_eq!(fs::read(&old).unwrap(), before);
            let error = Store::open(&directory.join("new.sqlite3"), at(NOW)).unwrap_err();
            assert!(matches!(error, StoreError::File { .. }), "{error:?}");
            let error = Store::open(&directory.join("sub/new.sqlite3"), at(NOW)).unwrap_err();
            assert!(matches!(error, StoreError::File { .. }), "{error:?}");
        },
    );
}
