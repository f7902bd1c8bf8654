//! The lines of a file, read in large pieces.

use std::fs::File;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::Path;

use super::inside::Inside;
use super::{LogError, Piece, Reader, counts};
use crate::regex::progress::Progress;
use f2b_source::Encoding;

/// How much is read at once, in bytes.
const CHUNK: usize = 1 << 18;

/// Hands over the lines of a file. As the original: what has no newline at its end is no line yet.
pub(super) fn read(
    path: &Path,
    encoding: Encoding,
    progress: &Progress,
    reader: &mut Reader<'_>,
) -> Result<(), LogError> {
    let failed = |source| LogError::File {
        path: path.display().to_string(),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let mut buffer: Vec<u8> = vec![0; CHUNK];
    // What is in the buffer, from the begin.
    let mut filled = 0;
    let mut inside = Inside::default();
    loop {
        if filled == buffer.len() {
            // One line is longer than all of it.
            buffer.resize(buffer.len() * 2, 0);
        }
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let count = file.read(room).map_err(failed)?;
        if count == 0 {
            return Ok(());
        }
        progress.advance(count);
        filled += count;
        let held = buffer.get(..filled).unwrap_or_default();
        let whole = last_line_end(held, encoding);
        let lines = held.get(..whole).unwrap_or_default();
        let ControlFlow::Continue(done) = inside.hand_over(lines, encoding, reader) else {
            return Ok(());
        };
        let plain = lines.get(done..).unwrap_or_default();
        if hand_over(plain, encoding, reader).is_break() {
            return Ok(());
        }
        buffer.copy_within(whole..filled, 0);
        filled -= whole;
    }
}

/// Where the last line ends that is whole.
fn last_line_end(bytes: &[u8], encoding: Encoding) -> usize {
    let (width, _) = encoding.newline();
    if width == 1 {
        return memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
    }
    let units = bytes.chunks_exact(width).enumerate().rev();
    let mut ends = units.filter(|(_, unit)| is_newline(unit, encoding));
    ends.next().map_or(0, |(index, _)| (index + 1) * width)
}

fn is_newline(unit: &[u8], encoding: Encoding) -> bool {
    let (_, place) = encoding.newline();
    let expected = |index: usize| if index == place { b'\n' } else { 0 };
    unit.iter()
        .enumerate()
        .all(|(index, byte)| *byte == expected(index))
}

fn hand_over(bytes: &[u8], encoding: Encoding, reader: &mut Reader<'_>) -> ControlFlow<()> {
    if encoding == Encoding::Utf8
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        let mut rest = text;
        while let Some(end) = memchr::memchr(b'\n', rest.as_bytes()) {
            let (line, behind) = rest.split_at(end + 1);
            rest = behind;
            if counts(line) {
                reader(Piece::Line {
                    text: line,
                    broken: None,
                })?;
            }
        }
        return ControlFlow::Continue(());
    }
    let mut rest = bytes;
    while let Some(end) = line_end(rest, encoding) {
        let (line, behind) = rest.split_at(end);
        rest = behind;
        let (text, is_whole) = encoding.decode(line);
        if counts(&text) {
            reader(Piece::Line {
                text: &text,
                broken: (!is_whole).then_some(line),
            })?;
        }
    }
    ControlFlow::Continue(())
}

/// Where the first line ends.
fn line_end(bytes: &[u8], encoding: Encoding) -> Option<usize> {
    let (width, _) = encoding.newline();
    if width == 1 {
        return memchr::memchr(b'\n', bytes).map(|at| at + 1);
    }
    let mut units = bytes.chunks_exact(width);
    let index = units.position(|unit| is_newline(unit, encoding))?;
    Some((index + 1) * width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use f2b_source::Order;

    fn lines(bytes: &[u8], encoding: Encoding) -> Vec<(String, bool)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, bytes).unwrap();
        let mut lines = Vec::new();
        read(&path, encoding, &Progress::none(), &mut |piece| {
            if let Piece::Line { text, broken } = piece {
                lines.push((text.to_owned(), broken.is_some()));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn a_line_ends_with_a_newline_and_comments_are_none() {
        let read = lines(b"a\r\n\n#c\n\r\n #d\nb\nopen", Encoding::Utf8);
        let texts: Vec<&str> = read.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["a\r\n", " #d\n", "b\n"]);
    }

    #[test]
    fn one_broken_line_leaves_the_others_whole() {
        let read = lines(b"caf\xe9\nok\n", Encoding::Utf8);
        let expected = [
            ("caf\u{fffd}\n".to_owned(), true),
            ("ok\n".to_owned(), false),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn units_of_several_bytes_are_kept_together() {
        let text: Vec<u8> = "a\u{10a}\nb\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let read = lines(&text, Encoding::Utf16(Order::Little));
        assert_eq!(
            read,
            [("aĊ\n".to_owned(), false), ("b\n".to_owned(), false)]
        );
    }

    #[test]
    fn a_line_may_be_longer_than_what_is_read_at_once() {
        let long = format!("{}\nb\n", "x".repeat(3 * CHUNK + 7));
        let read = lines(long.as_bytes(), Encoding::Utf8);
        let lengths: Vec<usize> = read.iter().map(|(text, _)| text.len()).collect();
        assert_eq!(lengths, [3 * CHUNK + 8, 2]);
    }
}
