//! Lines whose newline has two or four bytes, and bytes that are no text.

use std::fs;
use std::io::Write;
use std::path::Path;

use f2b_source::{
    Chunk, Encoding, Files, FirstLine, How, LINE_CAP, Newline, Order, Position, Start,
};

use crate::kit::{LOG, Reader, append, directory};

const LITTLE: Encoding = Encoding::Utf16(Order::Little);
const ALL: [Encoding; 5] = [
    Encoding::Utf8,
    LITTLE,
    Encoding::Utf16(Order::Big),
    Encoding::Utf32(Order::Little),
    Encoding::Utf32(Order::Big),
];

fn encoded(encoding: Encoding, text: &str) -> Vec<u8> {
    let (width, index) = encoding.newline();
    let unit = |byte| (0..width).map(move |at| if at == index { byte } else { 0 });
    text.bytes().flat_map(unit).collect()
}

fn write(path: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(bytes).unwrap();
}

/// Follows a log in an encoding.
fn reader(path: &Path, start: Start, encoding: Encoding) -> Reader {
    let mut reader = Reader::with(Files::without_notices());
    let how = How {
        newline: Newline::from(encoding),
        ..How::default()
    };
    reader.files.watch_as(LOG, path, start, how).unwrap();
    reader.read();
    reader
}

/// Reads on and returns the lines as text.
fn lines(reader: &mut Reader, encoding: Encoding) -> Vec<String> {
    reader.rescan();
    let chunks = std::mem::take(&mut reader.chunks);
    let lines = chunks.iter().flat_map(Chunk::lines);
    lines
        .map(|line| encoding.decode(line).0.into_owned())
        .collect()
}

#[test]
fn bytes_that_come_one_by_one_give_each_line_once() {
    for encoding in ALL {
        let (_directory, path) = directory();
        let mut reader = reader(&path, Start::Head, encoding);
        let text = encoded(encoding, "one\n\ntwo\r\nthr");
        let mut got = Vec::new();
        for byte in text.chunks(1) {
            write(&path, byte);
            got.extend(lines(&mut reader, encoding));
            // A restart at any time goes on behind the last line.
            if let Some(position) = reader.position.filter(|position| position.offset > 0) {
                reader = self::reader(&path, Start::At(position), encoding);
                assert!(reader.take_told().iter().all(|told| told.contains("watch")));
            }
        }
        write(&path, &encoded(encoding, "ee\n"));
        got.extend(lines(&mut reader, encoding));
        assert_eq!(got, ["one", "", "two", "three"], "{encoding:?}");
        let end = encoded(encoding, "one\n\ntwo\r\nthree\n").len() as u64;
        assert_eq!(reader.position.unwrap().offset, end, "{encoding:?}");
    }
}

#[test]
fn tail_begins_at_a_newline_of_the_whole_width() {
    for encoding in ALL {
        for (before, begun) in [("", ""), ("old\n", ""), ("old\nbe", "be"), ("be", "be")] {
            let (_directory, path) = directory();
            write(&path, &encoded(encoding, before));
            let mut reader = reader(&path, Start::Tail, encoding);
            write(&path, &encoded(encoding, "gun\n"));
            let expected = [format!("{begun}gun")];
            assert_eq!(
                lines(&mut reader, encoding),
                expected,
                "{encoding:?} {before:?}"
            );
        }
        let (_directory, path) = directory();
        write(&path, &encoded(encoding, &"x".repeat(LINE_CAP)));
        // A part of a character at the end.
        write(
            &path,
            encoded(encoding, "y").split_last().map_or(&[], |all| all.1),
        );
        let mut reader = reader(&path, Start::Tail, encoding);
        let rest = encoded(encoding, "y");
        write(&path, rest.last_chunk::<1>().unwrap());
        write(&path, &encoded(encoding, "\nnext\n"));
        assert_eq!(lines(&mut reader, encoding), ["next"], "{encoding:?}");
    }
}

#[test]
fn the_first_line_is_told_by_the_bytes_up_to_the_first_newline_byte() {
    let (_directory, path) = directory();
    let mut bytes = b"\xff\xfe".to_vec();
    bytes.extend(encoded(LITTLE, "one\ntwo\n"));
    write(&path, &bytes);
    let reader = reader(&path, Start::Head, LITTLE);
    let position = reader.position.unwrap();
    // As the original has it in its database: without the second byte of the newline.
    assert_eq!(position.first_line, Some(FirstLine::of(&bytes[..9])));
    for (offset, expected) in [(10, &["two"][..]), (18, &[]), (9, &["one", "two"])] {
        let start = Start::At(Position::unidentified(offset, position.first_line));
        let mut reader = Reader::with(Files::without_notices());
        let how = How {
            newline: Newline::from(LITTLE),
            ..How::default()
        };
        reader.files.watch_as(LOG, &path, start, how).unwrap();
        assert_eq!(lines(&mut reader, LITTLE), expected, "{offset}");
    }
}

#[test]
fn bytes_that_are_no_text_pass_and_never_begin_a_line() {
    let (_directory, path) = directory();
    let controls: Vec<u8> = (0..=255).filter(|byte| *byte != b'\n').collect();
    let mut line = b"a\rb\0c".to_vec();
    line.extend(&controls);
    write(&path, &line);
    write(&path, b"\n\0\0\n");
    append(&path, "plain\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    let chunks: Vec<_> = reader.chunks.iter().flat_map(Chunk::lines).collect();
    assert_eq!(chunks, [&line[..], b"\0\0", b"plain"]);
}

#[test]
fn a_hole_of_zeros_before_a_line_stays_in_that_line() {
    // A writer that goes on at its old place after `truncate` leaves one.
    let (_directory, path) = directory();
    append(&path, "one\ntwo\n");
    let mut reader = Reader::new(&path, Start::Head);
    reader.read();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(0).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"three\nfour\n", 8).unwrap();
    reader.rescan();
    let zeros = "\0".repeat(8);
    assert_eq!(
        reader.take_lines(),
        ["one", "two", &format!("{zeros}three"), "four"]
    );
}
