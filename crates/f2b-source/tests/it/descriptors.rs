//! How many files are open, and what happens when that are too many.

use std::fs;
use std::path::Path;

use f2b_source::{Files, Progress, SourceError, SourceEvent, SourceId, Start};

use crate::kit::{Reader, append, directory};

#[test]
fn a_file_too_many_is_a_problem_with_a_hint_and_others_go_on() {
    let (directory, path) = directory();
    let mut reader = Reader::new(&path, Start::Head);
    assert_eq!(reader.files.descriptors(), 1, "the queue of notices");
    reader.files.limit_files(2);
    for number in 2..5 {
        let path = directory.path().join(format!("{number}.log"));
        append(&path, "one\n");
        let files = &mut reader.files;
        files.watch(SourceId(number), &path, Start::Head).unwrap();
    }
    let mut problems = Vec::new();
    let mut chunks = 0;
    let progress = reader.files.read(|event| match event {
        SourceEvent::Problem { source, error } => problems.push((source, error)),
        SourceEvent::Chunk(_) => chunks += 1,
        _ => {}
    });
    assert_eq!(progress, Progress::Done);
    assert_eq!((chunks, reader.files.descriptors()), (2, 3));
    let [(SourceId(4), error)] = &problems[..] else {
        panic!("{problems:?}");
    };
    assert!(matches!(error, SourceError::Open { .. }));
    assert!(error.hint().unwrap().contains("LimitNOFILE="));
    append(&directory.path().join("2.log"), "two\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["two"]);
    reader.files.limit_files(3);
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one"]);
    for number in 2..5 {
        reader.files.forget(SourceId(number));
    }
    assert_eq!(reader.files.descriptors(), 1);
}

/// Returns after how many rescans the file that `rotate` leaves behind is closed.
fn rescans_until_closed(limit: usize, rotate: impl FnOnce(&Path)) -> u32 {
    let (_directory, path) = directory();
    append(&path, "one\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.files.limit_files(limit);
    reader.read();
    rotate(&path);
    append(&path, "new\n");
    let mut rescans = 0;
    loop {
        rescans += 1;
        reader.rescan();
        if reader.files.descriptors() == 2 {
            assert_eq!(reader.take_lines(), ["one", "new"]);
            return rescans;
        }
    }
}

#[test]
fn a_rotated_file_is_closed_sooner_when_it_has_no_name_or_descriptors_are_few() {
    let rename = |path: &Path| fs::rename(path, path.with_extension("1")).unwrap();
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    assert_eq!(rescans_until_closed(usize::MAX, rename), 32);
    assert_eq!(rescans_until_closed(usize::MAX, remove), 4);
    assert_eq!(rescans_until_closed(2, rename), 4);
}

#[test]
fn a_deleted_file_is_closed_only_once_it_was_read_to_its_end() {
    let (_directory, path) = directory();
    append(&path, "one\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    let mut writer = fs::OpenOptions::new().append(true).open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    for _ in 0..3 {
        reader.rescan();
        reader.rescan();
        std::io::Write::write_all(&mut writer, b"late\n").unwrap();
    }
    for _ in 0..5 {
        reader.rescan();
    }
    assert_eq!(reader.take_lines(), ["one", "late", "late", "late"]);
    assert_eq!(reader.files.descriptors(), 1);
}

#[test]
fn many_rotations_leave_a_bounded_number_of_files_open() {
    const PATHS: u32 = 20;
    let (directory, _) = directory();
    let mut reader = Reader::with(Files::new());
    let path = |number: u32| directory.path().join(format!("{number}.log"));
    for number in 0..PATHS {
        append(&path(number), "one\n");
        let files = &mut reader.files;
        files
            .watch(SourceId(number), &path(number), Start::Head)
            .unwrap();
    }
    for round in 0..20 {
        for number in 0..PATHS {
            let old = directory.path().join(format!("{number}.{round}"));
            fs::rename(path(number), old).unwrap();
            append(&path(number), "one\n");
        }
        reader.rescan();
        // For each path four that were rotated and the one that is there.
        assert!(reader.files.descriptors() <= 1 + 6 * PATHS as usize);
    }
    assert_eq!(reader.take_lines().len(), 21 * PATHS as usize);
    for _ in 0..40 {
        reader.rescan();
    }
    assert_eq!(reader.files.descriptors(), 1 + PATHS as usize);
}
