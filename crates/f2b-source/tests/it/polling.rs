//! Paths that are looked at again and again: by choice, and because the kernel does not tell.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use f2b_source::{Files, How, SourceId, Start, Watching};

use crate::kit::{LOG, Reader, append, directory};

const POLLED: How = How {
    watching: Watching::Polling,
    vanishes: false,
};

/// Tells the child where its file system is mounted.
const MOUNTED: &str = "STOCKADE_TEST_MOUNTED";

/// Runs `claim` in a child that sees under the directory it is given an overlay of its `lower`.
///
/// `name` is the test that calls: the child is this program again, running that test alone.
fn on_an_overlay(name: &str, claim: impl FnOnce(&Path)) {
    if let Some(directory) = env::var_os(MOUNTED) {
        return claim(&PathBuf::from(directory));
    }
    let directory = tempfile::tempdir().unwrap();
    // An overlay of an overlay is refused, and the directory for tests may lie on one.
    let script = "cd \"$STOCKADE_TEST_MOUNTED\" && mount -t tmpfs tmpfs . && cd \"$PWD\" \
        && mkdir lower upper work merged && echo one > lower/auth.log \
        && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged && exec \"$@\"";
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

#[test]
fn a_polled_path_is_seen_by_polling_alone() {
    let (directory, path) = directory();
    let other = directory.path().join("other.log");
    append(&path, "one\n");
    append(&other, "1\n");
    let mut reader = Reader::with(Files::new());
    assert!(!reader.files.needs_polling());
    let files = &mut reader.files;
    files.watch_as(LOG, &path, Start::Head, POLLED).unwrap();
    files.watch(SourceId(2), &other, Start::Head).unwrap();
    assert!(reader.files.needs_polling());
    reader.read();
    assert_eq!(reader.take_lines(), ["one", "1"]);
    // What other files do is noticed; the polled one tells nothing, and is read all the same.
    append(&path, "two\n");
    append(&other, "2\n");
    assert!(reader.files.wait(Duration::ZERO, None).unwrap().files);
    reader.read();
    assert_eq!(reader.take_lines(), ["2"]);
    drop(reader.files.turned());
    assert!(reader.files.wait(Duration::ZERO, None).unwrap().files);
    reader.read();
    assert_eq!(reader.take_lines(), ["two"]);
    let turned: Vec<_> = reader.files.turned().into_iter().collect();
    assert_eq!(turned, [LOG]);
    fs::rename(&path, directory.path().join("auth.log.1")).unwrap();
    append(&path, "three\n");
    reader.files.poll_again();
    reader.read();
    assert_eq!(reader.take_lines(), ["three"]);
    reader.files.forget(LOG);
    assert!(!reader.files.needs_polling());
}

#[test]
fn polling_makes_no_rotated_file_older() {
    let (directory, path) = directory();
    append(&path, "one\n");
    let mut reader = Reader::with(Files::without_notices());
    let files = &mut reader.files;
    files.watch_as(LOG, &path, Start::Head, POLLED).unwrap();
    reader.read();
    assert!(reader.take_told().is_empty(), "polling was asked for");
    let old = directory.path().join("auth.log.1");
    fs::rename(&path, &old).unwrap();
    for _ in 0..100 {
        reader.files.poll_again();
        reader.read();
    }
    append(&old, "late\n");
    reader.files.poll_again();
    reader.read();
    assert_eq!(reader.take_lines(), ["one", "late"]);
}

#[test]
fn a_file_that_is_changed_below_an_overlay_is_polled_and_it_is_told() {
    on_an_overlay(
        "polling::a_file_that_is_changed_below_an_overlay_is_polled_and_it_is_told",
        |directory| {
            let path = directory.join("merged/auth.log");
            let below = directory.join("lower/auth.log");
            let mut reader = Reader::new(&path, Start::Head);
            reader.read();
            assert_eq!(reader.take_lines(), ["one"]);
            assert_eq!(reader.polled, ["overlayfs"]);
            assert!(reader.files.has_notices() && reader.files.needs_polling());
            append(&below, "two\n");
            reader.files.poll_again();
            reader.read();
            assert_eq!(reader.take_lines(), ["two"]);
            // A path where nothing stands is judged by its directory.
            let absent = directory.join("merged/none/x.log");
            let mut reader = Reader::new(&absent, Start::Head);
            reader.read();
            reader.rescan();
            assert_eq!(reader.polled, ["overlayfs"]);
            // Beside it, on another file system, the kernel tells.
            let mut reader = Reader::new(&below, Start::Head);
            reader.read();
            assert!(reader.polled.is_empty() && !reader.files.needs_polling());
        },
    );
}
