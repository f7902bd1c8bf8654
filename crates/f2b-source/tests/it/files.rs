//! One claim after another about files and their rotation.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use f2b_source::{
    FirstLine, LINE_CAP, Position, Progress, SourceError, SourceEvent, SourceId, Start, TURN,
};

use crate::kit::{LOG, Reader, append, directory};

const NOTHING: [&str; 0] = [];

#[test]
fn only_finished_lines_are_delivered_and_the_position_stays_before_the_rest() {
    let (_directory, path) = directory();
    append(&path, "one\ntwo\r\nthr");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    assert_eq!(reader.take_lines(), ["one", "two"]);
    let position = reader.position.unwrap();
    assert_eq!(position.offset, 9);
    assert_eq!(position.inode, fs::metadata(&path).unwrap().ino());
    assert_eq!(position.first_line, Some(FirstLine::of(b"one\n")));
    assert_eq!(reader.files.lag(LOG), Some(3));
    append(&path, "ee\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["three"]);
    assert_eq!(reader.files.lag(LOG), Some(0));
}

#[test]
fn the_end_is_told_once_also_when_there_are_no_lines() {
    let (_directory, path) = directory();
    append(&path, "");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    reader.rescan();
    reader.rescan();
    assert_eq!(reader.chunks.len(), 1);
    assert!(reader.chunks[0].at_end && reader.chunks[0].ranges.is_empty());
    assert_eq!(reader.position.unwrap().first_line, None);
}

#[test]
fn tail_begins_after_the_last_finished_line() {
    for (before, begun, offset) in [
        ("", "", 0),
        ("old\n", "", 4),
        ("old\nbeg", "beg", 4),
        ("beg", "beg", 0),
    ] {
        let (_directory, path) = directory();
        append(&path, before);
        let mut reader = Reader::new(&path, Start::Tail);
        reader.read();
        assert_eq!(reader.take_lines(), NOTHING, "{before:?}");
        assert_eq!(reader.position.unwrap().offset, offset, "{before:?}");
        append(&path, "un\n");
        reader.rescan();
        assert_eq!(reader.take_lines(), [format!("{begun}un")], "{before:?}");
    }
}

#[test]
fn tail_of_a_file_that_comes_later_is_the_whole_file() {
    let (_directory, path) = directory();
    let mut reader = Reader::new(&path, Start::Tail);
    reader.read();
    append(&path, "one\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one"]);
    assert_eq!(reader.take_told(), ["Missing", "Appeared"]);
}

#[test]
fn tail_inside_an_overlong_line_does_not_take_its_end_for_a_line() {
    let (_directory, path) = directory();
    append(&path, &"x".repeat(LINE_CAP + 10));
    let mut reader = Reader::new(&path, Start::Tail);
    append(&path, "end of it\nnext\n");
    reader.read();
    assert_eq!(reader.take_lines(), ["next"]);
}

#[test]
fn what_is_appended_after_the_rename_comes_before_the_new_file() {
    let (directory, path) = directory();
    append(&path, "a1\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    append(&path, "a2\n");
    let old = directory.path().join("auth.log.1");
    fs::rename(&path, &old).unwrap();
    append(&old, "a3\n");
    append(&path, "b1\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["a1", "a2", "a3", "b1"]);
    assert_eq!(reader.take_told(), ["Replaced"]);
    // The writer may keep the old file open for a while.
    append(&old, "a4\n");
    append(&path, "b2\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["a4", "b2"]);
    assert_eq!(reader.take_told(), NOTHING);
}

#[test]
fn a_rotated_file_is_closed_after_thirty_idle_rescans() {
    let (directory, path) = directory();
    append(&path, "a1\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    let old = directory.path().join("auth.log.1");
    fs::rename(&path, &old).unwrap();
    append(&path, "b1\n");
    reader.rescan();
    assert!(reader.position.unwrap().earlier.is_some());
    for _ in 0..40 {
        reader.rescan();
    }
    append(&path, "b2\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["a1", "b1", "b2"]);
    assert_eq!(reader.position.unwrap().earlier, None);
}

#[test]
fn a_truncated_file_is_read_from_its_begin() {
    let (_directory, path) = directory();
    append(&path, "one\ntwo\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    fs::write(&path, "").unwrap();
    append(&path, "new\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one", "two", "new"]);
    assert_eq!(reader.take_told(), ["Truncated"]);
}

#[test]
fn a_file_that_was_truncated_and_outgrew_the_old_offset_is_read_from_its_begin() {
    let (_directory, path) = directory();
    append(&path, "one\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    fs::write(&path, "another first line\nsecond\n").unwrap();
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one", "another first line", "second"]);
    assert_eq!(reader.take_told(), ["Rewritten"]);
}

#[test]
fn an_unfinished_line_that_is_taken_back_is_no_rotation() {
    let (_directory, path) = directory();
    append(&path, "one\nunfin");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(4).unwrap();
    reader.rescan();
    append(&path, "two\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one", "two"]);
    assert_eq!(reader.take_told(), NOTHING);
}

#[test]
fn a_deleted_file_is_read_to_its_end_and_waited_for() {
    let (_directory, path) = directory();
    append(&path, "one\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    append(&path, "two\n");
    fs::remove_file(&path).unwrap();
    reader.rescan();
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one", "two"]);
    assert_eq!(reader.take_told(), ["Missing"]);
    append(&path, "three\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["three"]);
    assert_eq!(reader.take_told(), ["Appeared"]);
}

#[test]
fn a_file_that_is_moved_away_and_back_is_not_read_again() {
    let (directory, path) = directory();
    let aside = directory.path().join("aside");
    append(&path, "one\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    fs::rename(&path, &aside).unwrap();
    reader.rescan();
    append(&aside, "two\n");
    fs::rename(&aside, &path).unwrap();
    append(&path, "three\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one", "two", "three"]);
}

#[test]
fn a_swapped_symbolic_link_leads_to_the_new_file_from_its_begin_and_back() {
    let (directory, path) = directory();
    let [a, b] = ["a", "b"].map(|name| directory.path().join(name));
    append(&a, "a1\n");
    append(&b, "b1\n");
    symlink(&a, &path).unwrap();
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    let swap = |target: &Path| {
        let next = directory.path().join("next");
        symlink(target, &next).unwrap();
        fs::rename(&next, &path).unwrap();
    };
    swap(&b);
    reader.rescan();
    append(&a, "a2\n");
    swap(&a);
    reader.rescan();
    assert_eq!(reader.take_lines(), ["a1", "b1", "a2"]);
}

#[test]
fn a_file_whose_directories_come_later_is_found() {
    let (directory, _) = directory();
    let path = directory.path().join("one/two/x.log");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    fs::create_dir(directory.path().join("one")).unwrap();
    reader.rescan();
    fs::create_dir(directory.path().join("one/two")).unwrap();
    append(&path, "line\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["line"]);
    assert_eq!(reader.take_told(), ["Missing", "Appeared"]);
}

#[test]
fn overlong_lines_are_counted_and_left_out() {
    let (_directory, path) = directory();
    append(&path, "before\n");
    append(&path, &"x".repeat(3 * TURN));
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    assert_eq!(reader.position.unwrap().offset, 7);
    append(&path, "\nafter\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["before", "after"]);
    let oversize: u64 = reader.chunks.iter().map(|chunk| chunk.oversize).sum();
    assert_eq!(oversize, 1);
    assert_eq!(
        reader.position.unwrap().offset,
        fs::metadata(&path).unwrap().len()
    );
}

#[test]
fn files_take_turns() {
    let (directory, path) = directory();
    let other = directory.path().join("other.log");
    append(&path, &"a line of the busy file\n".repeat(TURN / 5));
    append(&other, "quiet\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader
        .files
        .watch(SourceId(2), &other, Start::Head)
        .unwrap();
    let mut sizes = Vec::new();
    let progress = reader.files.read(|event| {
        if let SourceEvent::Chunk(chunk) = event {
            sizes.push((chunk.source, chunk.buffer.len(), chunk.at_end));
        }
    });
    assert_eq!(progress, Progress::More);
    assert_eq!(sizes.len(), 2);
    assert!(sizes[0].0 == LOG && sizes[0].1 <= TURN && !sizes[0].2);
    assert_eq!(sizes[1], (SourceId(2), 6, true));
    reader.read();
    assert_eq!(reader.lines.last().unwrap(), "a line of the busy file");
}

#[test]
fn what_has_no_lines_is_refused_with_a_hint_and_never_blocks() {
    let (directory, _) = directory();
    let fifo = directory.path().join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    let socket = directory.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for (path, kind) in [
        (fifo.as_path(), "named pipe"),
        (&socket, "socket"),
        (Path::new("/dev/null"), "character device"),
        (directory.path(), "directory"),
    ] {
        let mut reader = Reader::new(path, Start::Head);
        let mut errors = Vec::new();
        let progress = reader.files.read(|event| match event {
            SourceEvent::Problem { error, .. } => errors.push(error),
            other => panic!("{other:?}"),
        });
        assert_eq!(progress, Progress::Done);
        assert_eq!(errors.len(), 1, "{kind}");
        assert_eq!(
            errors[0].to_string(),
            format!(
                "open log file {}: it is a {kind}, not a regular file",
                path.display()
            )
        );
        assert!(errors[0].hint().is_some());
        reader.rescan();
        assert_eq!(reader.take_told(), NOTHING, "told once");
    }
}

#[test]
fn a_number_is_given_once_and_free_after_forget() {
    let (_directory, path) = directory();
    append(&path, "one\n");
    let mut reader = Reader::new(&path, Start::Head);
    let again = reader.files.watch(LOG, &path, Start::Head);
    assert!(matches!(
        again,
        Err(SourceError::NumberTaken { id: LOG, .. })
    ));
    assert!(reader.files.forget(LOG));
    assert!(!reader.files.forget(LOG));
    assert_eq!(reader.files.lag(LOG), None);
    reader.files.watch(LOG, &path, Start::Head).unwrap();
    reader.read();
    assert_eq!(reader.take_lines(), ["one"]);
}

#[test]
fn a_link_in_circles_is_a_problem_that_ends() {
    let (_directory, path) = directory();
    symlink(&path, &path).unwrap();
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    assert_eq!(
        reader.take_told(),
        [format!("open log file {}", path.display())]
    );
    fs::remove_file(&path).unwrap();
    append(&path, "one\n");
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one"]);
}

#[test]
fn a_file_without_permission_is_read_once_it_is_given() {
    let (_directory, path) = directory();
    append(&path, "one\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let denied = fs::File::open(&path).is_err();
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    // The superuser is denied nothing: then the file is simply read.
    assert_eq!(reader.take_told().len(), usize::from(denied));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    reader.rescan();
    assert_eq!(reader.take_lines(), ["one"]);
}

/// Reads `before` to its end, changes the directory, and returns what a new reader reads and tells.
fn after_restart(before: &str, change: impl FnOnce(&Path)) -> (Vec<String>, Vec<String>) {
    let (_directory, path) = directory();
    append(&path, before);
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    let position = reader.position.unwrap();
    drop(reader);
    change(&path);
    let mut reader = Reader::new(&path, Start::At(position));
    reader.read();
    (reader.take_lines(), reader.take_told())
}

#[test]
fn a_restart_goes_on_behind_the_last_line() {
    let (lines, told) = after_restart("one\n", |path| append(path, "two\n"));
    assert_eq!((lines, told.len()), (vec!["two".to_owned()], 0));
}

#[test]
fn a_restart_reads_the_rest_of_a_file_that_was_rotated_meanwhile_and_the_new_one() {
    let (lines, told) = after_restart("one\n", |path| {
        append(path, "two\n");
        fs::rename(path, path.with_extension("log.1")).unwrap();
        append(path, "three\n");
    });
    assert_eq!(lines, ["two", "three"]);
    assert_eq!(told, ["Replaced"]);
    let (lines, told) = after_restart("one\n", |path| {
        append(path, "two\n");
        fs::rename(path, path.with_file_name("elsewhere")).unwrap();
    });
    assert_eq!(lines, ["two"]);
    assert_eq!(told, ["Missing"]);
}

#[test]
fn a_restart_reads_a_truncated_or_rewritten_file_from_its_begin() {
    let (lines, told) = after_restart("one\ntwo\n", |path| fs::write(path, "new\n").unwrap());
    assert_eq!(
        (lines, told),
        (vec!["new".to_owned()], vec!["Truncated".to_owned()])
    );
    let (lines, told) = after_restart("one\n", |path| fs::write(path, "new\nnew\n").unwrap());
    assert_eq!(lines, ["new", "new"]);
    assert_eq!(told, ["Rewritten"]);
}

#[test]
fn a_restart_goes_on_in_a_copy_with_the_same_first_line() {
    let (lines, told) = after_restart("one\ntwo\n", |path| {
        // The old file keeps its inode, so that the copy has another.
        let aside = path.parent().unwrap().join("sub");
        fs::create_dir(&aside).unwrap();
        fs::rename(path, aside.join("auth.log")).unwrap();
        fs::write(path, "one\ntwo\nthree\n").unwrap();
    });
    assert_eq!((lines, told.len()), (vec!["three".to_owned()], 0));
}

#[test]
fn a_position_without_inode_is_judged_by_the_first_line() {
    let (_directory, path) = directory();
    append(&path, "one\ntwo\n");
    let one = Some(FirstLine::of(b"one\n"));
    for (offset, first_line, expected) in [
        (4, one, &["two"][..]),
        (8, one, &[]),
        (9, one, &["one", "two"]),
        // Not the begin of a line.
        (5, one, &["one", "two"]),
        (4, None, &["one", "two"]),
        (4, Some(FirstLine::of(b"other\n")), &["one", "two"]),
        (0, None, &["one", "two"]),
    ] {
        let position = Position::unidentified(offset, first_line);
        let mut reader = Reader::new(&path, Start::At(position));
        reader.read();
        assert_eq!(reader.take_lines(), expected, "{offset} {first_line:?}");
    }
}

#[test]
fn another_log_that_took_the_inode_of_the_rotated_one_is_not_read() {
    let (_directory, path) = directory();
    append(&path, "mine\n");
    let other = path.with_file_name("other.log");
    append(&other, "abcd\ntheirs\n");
    let metadata = fs::metadata(&other).unwrap();
    let position = Position {
        device: metadata.dev(),
        inode: metadata.ino(),
        offset: 5,
        first_line: Some(FirstLine::of(b"gone\n")),
        earlier: None,
    };
    for position in [
        position,
        Position {
            offset: 0,
            first_line: None,
            ..position
        },
    ] {
        let mut reader = Reader::new(&path, Start::At(position));
        reader.read();
        assert_eq!(reader.take_lines(), ["mine"]);
    }
}
