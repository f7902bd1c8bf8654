//! Where reading begins in a long log of which only the end counts.

use std::fs;

use f2b_source::{Encoding, seek};

/// A log whose lines are their numbers, each `length` bytes long, in an encoding of `width` bytes.
fn log(lines: usize, length: usize, width: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in 0..lines {
        let text = format!("{line:0>length$}\n");
        for byte in text.bytes() {
            bytes.push(byte);
            bytes.resize(bytes.len() + width - 1, 0);
        }
    }
    bytes
}

/// Lines below `oldest` are old; of each `dated` lines one has a date.
fn check(bytes: &[u8], encoding: Encoding, oldest: usize, dated: usize) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    fs::write(&path, bytes).unwrap();
    let mut asked = 0;
    let place = seek(&path, encoding, |line, _| {
        asked += 1;
        let number: usize = encoding.decode(line).0.parse().unwrap();
        number.is_multiple_of(dated).then_some(number < oldest)
    });
    let position = place.unwrap();
    let begin = position.map_or(0, |position| usize::try_from(position.offset).unwrap());
    let (width, _) = encoding.newline();
    let end = bytes[begin..]
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap();
    let line = &bytes[begin..begin + end - encoding.newline().1];
    let first: usize = encoding.decode(line).0.parse().unwrap();
    assert!(
        first <= oldest,
        "line {first} is the first, {oldest} still counts"
    );
    // At most what is not halved any more, and what has no date, is read in vain.
    let length = end + width;
    let in_vain = (oldest - first) * length;
    assert!(
        dated > 5 || in_vain <= 512 * 1024,
        "{in_vain} bytes in vain"
    );
    assert!(asked <= 5 * 40, "{asked} lines were looked at");
}

#[test]
fn what_still_counts_is_found_by_halving() {
    let plain = log(60_000, 99, 1);
    for oldest in [0, 1, 2_600, 30_000, 59_000, 59_999] {
        check(&plain, Encoding::Utf8, oldest, 1);
        check(&plain, Encoding::Utf8, oldest, 4);
    }
    let wide = log(20_000, 49, 2);
    for oldest in [0, 10_000, 19_999] {
        check(&wide, Encoding::named("utf-16").unwrap(), oldest, 1);
    }
}

#[test]
fn where_no_line_has_a_date_nothing_is_passed_over() {
    let plain = log(60_000, 99, 1);
    check(&plain, Encoding::Utf8, 59_000, 1_000_000);
}

#[test]
fn short_and_missing_files_are_read_from_their_begin() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let all_old = |_: &[u8], _: Option<i64>| Some(true);
    assert_eq!(seek(&path, Encoding::Utf8, all_old).unwrap(), None);
    fs::write(&path, log(1_000, 99, 1)).unwrap();
    assert_eq!(seek(&path, Encoding::Utf8, all_old).unwrap(), None);
    // One endless line.
    fs::write(&path, vec![b'x'; 2_000_000]).unwrap();
    assert_eq!(seek(&path, Encoding::Utf8, all_old).unwrap(), None);
}

#[test]
fn records_of_containers_tell_when_they_were_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let record = |second: usize| {
        let text = "x".repeat(100);
        format!(
            "2026-11-26T03:{:02}:{:02}Z stdout F {text}\n",
            second / 60,
            second % 60
        )
    };
    let text: String = (0..3600).map(|number| record(number).repeat(10)).collect();
    for (begin, expected) in [("", true), ("plain\n", false)] {
        fs::write(&path, format!("{begin}{text}")).unwrap();
        let mut told = Vec::new();
        let place = seek(&path, Encoding::Utf8, |_, written_us| {
            told.push(written_us.is_some());
            written_us.map(|written_us| written_us < 1_795_663_800_000_000)
        });
        assert!(
            !told.is_empty() && told.iter().all(|told| *told == expected),
            "{begin}"
        );
        assert_eq!(place.unwrap().is_some(), expected);
    }
}
