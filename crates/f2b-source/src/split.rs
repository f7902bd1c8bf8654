//! Where lines end: bytes in, ranges of complete lines out, in bounded memory.

use std::ops::Range;

/// The longest line that is delivered whole, in bytes; of a longer one this many are.
pub const LINE_CAP: usize = 64 * 1024;

/// The unfinished line between two reads.
///
/// At most as many bytes of it are kept as a line may have, however long it grows.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    /// The begin of the unfinished line.
    kept: Vec<u8>,
    /// How many of its bytes were passed over behind `kept`.
    passed: u64,
    /// The unfinished line is not delivered: its begin was never read.
    headless: bool,
}

/// What one read completed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// The completed lines without their ends.
    pub(crate) ranges: Vec<Range<usize>>,
    /// How many of them are cut.
    pub(crate) oversize: u64,
}

impl Splitter {
    /// Returns a splitter that stands inside a line and drops the rest of it.
    pub(crate) fn inside_a_line() -> Self {
        Self {
            headless: true,
            ..Self::default()
        }
    }

    /// Returns how many bytes of the unfinished line were read.
    pub(crate) fn unfinished(&self) -> u64 {
        self.passed.saturating_add(self.kept.len() as u64)
    }

    /// Returns the begin of the unfinished line, as far as it is kept.
    pub(crate) fn kept(&self) -> &[u8] {
        &self.kept
    }

    /// Returns a buffer that begins with the unfinished line and has room for `more` bytes.
    ///
    /// The bytes that follow in the file are to be appended, then [`split`](Self::split) called.
    /// The splitter keeps its state until then, so a failed read changes nothing.
    pub(crate) fn buffer(&self, more: usize) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(self.kept.len().saturating_add(more));
        buffer.extend_from_slice(&self.kept);
        buffer
    }

    /// Finds the lines of at most `cap` bytes that end in `buffer`, and takes the unfinished one off its end.
    pub(crate) fn split(&mut self, buffer: &mut Vec<u8>, cap: usize) -> Split {
        let seen = self.kept.len();
        let fresh = buffer.get(seen..).unwrap_or_default();
        let mut split = Split {
            ranges: Vec::with_capacity(fresh.len() / 64),
            oversize: 0,
        };
        let mut start = 0;
        for newline in memchr::memchr_iter(b'\n', fresh) {
            let end = seen + newline;
            if !self.headless {
                split.push(buffer, start..end, self.passed, cap);
            }
            self.headless = false;
            self.passed = 0;
            start = end + 1;
        }
        // What is left is unfinished.
        let rest = buffer.get(start..).unwrap_or_default();
        let room = if self.headless { 0 } else { cap };
        let kept = rest.get(..room).unwrap_or(rest);
        self.passed = self.passed.saturating_add((rest.len() - kept.len()) as u64);
        self.kept = kept.to_vec();
        buffer.truncate(start);
        split
    }
}

impl Split {
    /// Adds the line at `range`, of which `passed` more bytes are not in the buffer.
    fn push(&mut self, buffer: &[u8], range: Range<usize>, passed: u64, cap: usize) {
        let line = buffer.get(range.clone()).unwrap_or_default();
        if passed > 0 || line.len() > cap {
            // Its end is what makes a rule's `$` mean anything: a part of it could be made to look
            // like another line.
            self.oversize += 1;
            return;
        }
        let ends = line.iter().rev().take_while(|byte| **byte == b'\r').count();
        self.ranges.push(range.start..range.end - ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the pieces one after another and returns the lines, the cuts and what is unfinished.
    fn run(mut splitter: Splitter, pieces: &[&[u8]]) -> (Vec<Vec<u8>>, u64, u64) {
        let mut lines = Vec::new();
        let mut oversize = 0;
        for piece in pieces {
            let mut buffer = splitter.buffer(piece.len());
            buffer.extend_from_slice(piece);
            let split = splitter.split(&mut buffer, LINE_CAP);
            lines.extend(split.ranges.into_iter().map(|range| buffer[range].to_vec()));
            oversize += split.oversize;
        }
        (lines, oversize, splitter.unfinished())
    }

    fn check(pieces: &[&[u8]], lines: &[&[u8]], unfinished: u64) {
        let (got, oversize, left) = run(Splitter::default(), pieces);
        assert_eq!(got, lines, "{pieces:?}");
        assert_eq!((oversize, left), (0, unfinished), "{pieces:?}");
    }

    #[test]
    fn only_lines_with_a_newline_are_lines() {
        check(&[], &[], 0);
        check(&[b"a"], &[], 1);
        check(&[b"a\n"], &[b"a"], 0);
        check(&[b"a\nb"], &[b"a"], 1);
        check(&[b"a", b"b", b"\nc\n"], &[b"ab", b"c"], 0);
        check(&[b"\n\n"], &[b"", b""], 0);
        check(&[b"a", b"\n"], &[b"a"], 0);
    }

    #[test]
    fn carriage_returns_at_the_end_are_stripped_and_others_stay() {
        check(&[b"a\r\nb\r\r\n"], &[b"a", b"b"], 0);
        check(&[b"a\rb\n"], &[b"a\rb"], 0);
        check(&[b"\r\n"], &[b""], 0);
        check(&[b"a\r", b"\n"], &[b"a"], 0);
        check(&[b"a \t\n"], &[b"a \t"], 0);
    }

    #[test]
    fn a_line_of_the_cap_is_whole_and_a_longer_one_is_left_out() {
        for (length, cut) in [(LINE_CAP - 1, 0), (LINE_CAP, 0), (LINE_CAP + 1, 1)] {
            let mut text = vec![b'x'; length];
            text.extend_from_slice(b"\nnext\n");
            for pieces in [
                vec![&text[..]],
                text.chunks(1000).collect(),
                text.chunks(LINE_CAP).collect(),
            ] {
                let (lines, oversize, left) = run(Splitter::default(), &pieces);
                assert_eq!(lines.last().unwrap(), b"next");
                assert_eq!((lines.len() as u64, oversize, left), (2 - cut, cut, 0));
            }
        }
    }

    #[test]
    fn an_endless_line_takes_bounded_memory() {
        let mut splitter = Splitter::default();
        let piece = vec![b'x'; 256 * 1024];
        for turn in 1..=64_u64 {
            let mut buffer = splitter.buffer(piece.len());
            buffer.extend_from_slice(&piece);
            let split = splitter.split(&mut buffer, LINE_CAP);
            assert!(split.ranges.is_empty() && buffer.is_empty());
            assert!(splitter.kept.capacity() <= LINE_CAP);
            assert_eq!(splitter.unfinished(), turn * piece.len() as u64);
        }
    }

    #[test]
    fn the_rest_of_a_line_whose_begin_was_not_read_is_dropped() {
        let pieces: [&[u8]; 3] = [b"rest", b" of it\nnext", b"\n"];
        let (lines, _, left) = run(Splitter::inside_a_line(), &pieces);
        assert_eq!((lines, left), (vec![b"next".to_vec()], 0));
    }
}
