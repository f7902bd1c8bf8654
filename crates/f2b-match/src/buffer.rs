//! The last lines, where rules see several at once (`maxlines` above 1; contract A 4.6).

use std::ops::Range;

use crate::line::Parts;

/// The lines that no failure has used up, oldest first.
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    lines: Vec<Parts>,
}

/// Lines that a match divides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Divided {
    /// Those it is about.
    pub(crate) matched: Vec<Parts>,
    /// Those before, those stepped over, those behind.
    pub(crate) rest: Vec<Parts>,
}

impl LineBuffer {
    /// Adds a line; at most `maxlines` are kept. Returns all of them.
    pub(crate) fn push(&mut self, line: Parts, maxlines: usize) -> Vec<Parts> {
        self.lines.push(line);
        let surplus = self.lines.len().saturating_sub(maxlines);
        self.lines.drain(..surplus);
        self.lines.clone()
    }

    /// Keeps these lines in place of all.
    pub(crate) fn replace(&mut self, lines: Vec<Parts>) {
        self.lines = lines;
    }

    /// What rules see of the lines.
    pub(crate) fn text(&self) -> String {
        text(&self.lines)
    }
}

/// What rules see of lines: each without its date, a newline behind it.
pub(crate) fn text(lines: &[Parts]) -> String {
    let parts = lines
        .iter()
        .flat_map(|line| [line.before(), line.after(), "\n"]);
    parts.collect()
}

/// Divides `lines` by a match at `span` of `text`; `skipped` are the texts that `<SKIPLINES>` took.
///
/// As the original: lines are counted by the newlines of `text`, which is not always that of `lines`
/// (after a `prefregex`, or a second match of the same line).
pub(crate) fn divide(lines: &[Parts], text: &str, span: Range<usize>, skipped: &[&str]) -> Divided {
    if lines.len() == 1 {
        return Divided {
            matched: lines.to_vec(),
            rest: Vec::new(),
        };
    }
    let Range { start, end } = line_numbers(text, span);
    let end = end.min(lines.len());
    let start = start.min(end);
    let mut matched: Vec<Parts> = lines.get(start..end).unwrap_or_default().to_vec();
    let mut rest: Vec<Parts> = lines.get(..start).unwrap_or_default().to_vec();
    let mut from = 0;
    for skip in skipped.iter().flat_map(|skipped| skipped.lines()) {
        let is_it = |line: &Parts| {
            skip.strip_prefix(line.before())
                .is_some_and(|after| after == line.after())
        };
        let found = matched.iter().skip(from).position(is_it);
        if let Some(found) = found {
            from += found;
            rest.push(matched.remove(from));
        }
    }
    rest.extend_from_slice(lines.get(end..).unwrap_or_default());
    Divided { matched, rest }
}

/// The lines that a match covers, by number.
///
/// *Shape*: it begins behind the last newline at or before its start, and ends with the first one at
/// or after its last character. So a match that begins with a newline covers what follows. As the
/// original: a match of nothing at the very begin covers all lines.
fn line_numbers(text: &str, span: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let upto = |end: usize| bytes.get(..end).unwrap_or(bytes);
    let newlines = |part: &[u8]| part.iter().filter(|byte| **byte == b'\n').count();
    let start = newlines(upto(span.start + 1));
    let last = match span.end {
        0 => bytes.len().saturating_sub(1),
        end => end - 1,
    };
    // A match that ends on a character of several bytes has no newline in it.
    let behind = bytes.get(last..).unwrap_or_default();
    let end = match behind.iter().position(|byte| *byte == b'\n') {
        Some(position) => newlines(upto(last + position + 1)),
        None => start,
    };
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<Parts> {
        let line = |(index, text): (usize, &&str)| Parts::new(format!("{index}{text}"), 0..1);
        texts.iter().enumerate().map(line).collect()
    }

    fn dates(lines: &[Parts]) -> String {
        lines.iter().map(Parts::date).collect()
    }

    #[test]
    fn a_match_takes_whole_lines() {
        let three = lines(&[" n1", " a", " b 2"]);
        let seen = text(&three);
        let check = |span: Range<usize>, expected: &str| {
            let divided = divide(&three, &seen, span.clone(), &[]);
            assert_eq!(dates(&divided.matched), expected, "{span:?}");
            assert_eq!(divided.matched.len() + divided.rest.len(), 3, "{span:?}");
        };
        check(0..0, "012");
        check(0..4, "0");
        check(0..5, "01");
        check(1..1, "0");
        check(3..4, "");
        check(3..5, "1");
        check(4..4, "");
        check(5..5, "1");
        check(6..7, "");
        check(6..8, "2");
        check(7..12, "2");
        check(11..12, "");
        check(12..12, "");
    }

    #[test]
    fn a_lone_line_is_always_the_matched_one() {
        let one = lines(&[" x"]);
        assert_eq!(dates(&divide(&one, " x\n", 3..3, &[]).matched), "0");
    }

    #[test]
    fn lines_stepped_over_go_back_to_the_buffer() {
        let five = lines(&[" x", " x", " y", " x", " z"]);
        let seen = text(&five);
        let check = |start: usize, skipped: &[&str], matched: &str, rest: &str| {
            let divided = divide(&five, &seen, start..seen.len(), skipped);
            assert_eq!(dates(&divided.matched), matched, "{skipped:?}");
            assert_eq!(dates(&divided.rest), rest, "{skipped:?}");
        };
        check(0, &[" x\n", " x\n"], "234", "01");
        check(0, &["", " y\n x\n"], "014", "23");
        check(0, &[" x\n", " y\n x\n"], "14", "023");
        check(3, &[" y\n x\n", " x\n"], "14", "023");
        check(3, &[" x\n y"], "34", "012");
        check(3, &["x\n y\n"], "134", "02");
    }
}
