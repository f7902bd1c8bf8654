//! The kernel's notices, and a wait that something else ends.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use f2b_source::{Files, SourceId, Start, Woken};

use crate::kit::{LOG, Reader, append, directory};

/// Longer than any machine needs; a wait that lasts it has failed.
const LONG: Duration = Duration::from_secs(60);

const FILES: Woken = Woken {
    files: true,
    caller: false,
};

/// Returns a reader that has read all and whose notices are used up.
fn settled(path: &Path) -> Reader {
    let mut reader = Reader::new(path, Start::Head);
    reader.read();
    while reader.files.wait(Duration::ZERO, None).unwrap() != FILES {}
    reader.read();
    reader.take_lines();
    reader
}

/// Waits for notices until `lines` have come.
fn wait_for(reader: &mut Reader, lines: &[&str]) {
    let mut got = Vec::new();
    while got.len() < lines.len() {
        assert_eq!(reader.files.wait(LONG, None).unwrap(), FILES);
        reader.read();
        got.extend(reader.take_lines());
    }
    assert_eq!(got, lines);
}

#[test]
fn a_write_ends_the_wait() {
    let (_directory, path) = directory();
    append(&path, "one\n");
    let mut reader = settled(&path);
    append(&path, "two\n");
    wait_for(&mut reader, &["two"]);
}

#[test]
fn a_rotation_ends_the_wait_and_both_files_are_followed() {
    let (directory, path) = directory();
    append(&path, "one\n");
    let mut reader = settled(&path);
    let old = directory.path().join("auth.log.1");
    fs::rename(&path, &old).unwrap();
    append(&path, "two\n");
    wait_for(&mut reader, &["two"]);
    append(&old, "late\n");
    wait_for(&mut reader, &["late"]);
    append(&path, "three\n");
    wait_for(&mut reader, &["three"]);
}

#[test]
fn late_lines_of_a_rotated_file_leave_no_lag() {
    let (_directory, path) = directory();
    append(&path, "1\n");
    let mut reader = settled(&path);
    let old = path.with_file_name("auth.log.1");
    fs::rename(&path, &old).unwrap();
    append(&path, "2\n");
    reader.rescan();
    append(&old, "3\n");
    reader.rescan();
    assert_eq!(reader.lines.last().unwrap(), "3");
    assert!(reader.chunks.last().unwrap().at_end);
}

#[test]
fn the_end_of_a_problem_is_told_by_a_chunk_without_lines() {
    let (directory, _) = directory();
    let (folder, aside) = (directory.path().join("log"), directory.path().join("aside"));
    fs::create_dir(&folder).unwrap();
    let path = folder.join("auth.log");
    append(&path, "1\n");
    let mut reader = settled(&path);
    fs::rename(&folder, &aside).unwrap();
    symlink("log", &folder).unwrap();
    reader.rescan();
    assert!(reader.take_told().concat().contains("open log file"));
    reader.chunks.clear();
    fs::remove_file(&folder).unwrap();
    fs::rename(&aside, &folder).unwrap();
    reader.rescan();
    let [chunk] = &reader.chunks[..] else {
        panic!("{:?}", reader.chunks);
    };
    assert!(chunk.ranges.is_empty() && chunk.at_end);

    // So is that there is no file.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    reader.rescan();
    fs::remove_dir(&path).unwrap();
    reader.rescan();
    assert_eq!(reader.take_told().last().unwrap(), "Missing");
    fs::create_dir(&path).unwrap();
    reader.rescan();
    fs::remove_dir(&path).unwrap();
    reader.chunks.clear();
    reader.rescan();
    assert_eq!(reader.take_told().last().unwrap(), "Missing");
    assert!(reader.chunks.is_empty());
}

#[test]
fn a_file_in_directories_that_come_later_ends_the_wait() {
    let (directory, _) = directory();
    let path = directory.path().join("one/two/x.log");
    let mut reader = settled(&path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    append(&path, "line\n");
    wait_for(&mut reader, &["line"]);
}

#[test]
fn a_swapped_link_ends_the_wait() {
    let (directory, path) = directory();
    let [a, b] = ["a", "b"].map(|name| directory.path().join(name));
    append(&a, "a1\n");
    append(&b, "b1\n");
    symlink(&a, &path).unwrap();
    let mut reader = settled(&path);
    let next = directory.path().join("next");
    symlink(&b, &next).unwrap();
    fs::rename(&next, &path).unwrap();
    wait_for(&mut reader, &["b1"]);
}

#[test]
fn a_log_behind_a_link_that_is_rotated_where_it_lies_ends_the_wait() {
    let (directory, path) = directory();
    let place = directory.path().join("place");
    fs::create_dir(&place).unwrap();
    let target = place.join("real.log");
    append(&target, "one\n");
    symlink(&target, &path).unwrap();
    let mut reader = settled(&path);
    fs::rename(&target, place.join("real.log.1")).unwrap();
    append(&target, "two\n");
    wait_for(&mut reader, &["two"]);
}

#[test]
fn two_paths_to_one_file_are_both_told() {
    let (directory, path) = directory();
    append(&path, "one\n");
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    let mut reader = settled(&path);
    reader.files.watch(SourceId(2), &link, Start::Head).unwrap();
    reader.read();
    assert_eq!(reader.take_lines(), ["one"]);
    append(&path, "two\n");
    wait_for(&mut reader, &["two", "two"]);
    assert!(reader.files.forget(LOG));
    append(&path, "three\n");
    wait_for(&mut reader, &["three"]);
}

#[test]
fn the_callers_descriptor_ends_the_wait() {
    let (read, write) = rustix::pipe::pipe().unwrap();
    let mut files = Files::new();
    rustix::io::write(&write, b"!").unwrap();
    let woken = files.wait(LONG, Some(read.as_fd())).unwrap();
    assert_eq!(
        woken,
        Woken {
            files: false,
            caller: true
        }
    );
}

#[test]
fn without_notices_the_end_of_the_wait_looks_again() {
    let (_directory, path) = directory();
    let mut reader = Reader::new(&path, Start::Head);
    reader.files = Files::without_notices();
    reader.files.watch(LOG, &path, Start::Head).unwrap();
    assert!(!reader.files.has_notices());
    reader.read();
    let told = reader.take_told();
    assert_eq!(
        told,
        [
            "Missing".to_owned(),
            format!("watch {} for changes", path.display())
        ]
    );
    append(&path, "one\n");
    assert_eq!(reader.files.wait(Duration::ZERO, None).unwrap(), FILES);
    reader.read();
    assert_eq!(reader.take_lines(), ["one"]);
}

#[test]
fn what_is_told_of_other_files_in_the_directory_wakes_nobody() {
    let (directory, path) = directory();
    append(&path, "one\n");
    let mut reader = settled(&path);
    let other = directory.path().join("other.log");
    append(&other, "x\n");
    fs::remove_file(&other).unwrap();
    let woken = reader.files.wait(LONG, None).unwrap();
    assert_eq!(
        woken,
        Woken {
            files: false,
            caller: false
        }
    );
}

#[test]
fn a_notice_gives_a_turn_to_the_source_it_concerns_and_to_no_other() {
    let (directory, _) = directory();
    let mut files = Files::new();
    let path = |number| directory.path().join(format!("{number}.log"));
    for number in 0..300 {
        append(&path(number), "one\n");
    }
    for number in 0..300 {
        files
            .watch(SourceId(number), &path(number), Start::Head)
            .unwrap();
    }
    let mut reader = Reader::with(files);
    reader.read();
    assert_eq!(reader.files.turned().len(), 300);
    for change in [
        |path: &Path| append(path, "two\n"),
        |path: &Path| fs::rename(path, path.with_extension("1")).unwrap(),
        |path: &Path| append(path, "new\n"),
        |path: &Path| fs::remove_file(path).unwrap(),
    ] {
        change(&path(7));
        assert_eq!(reader.files.wait(LONG, None).unwrap(), FILES);
        reader.read();
        let turned = reader.files.turned().into_iter().collect::<Vec<_>>();
        assert_eq!(turned, [SourceId(7)]);
    }
    reader.take_lines();
    assert!(reader.files.forget(SourceId(7)));
    append(&path(8), "last\n");
    wait_for(&mut reader, &["last"]);
}
