//! Where the last date stood, and what stood round it.

use std::ops::Range;

/// Where the last date stood, in characters, and the characters at its edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    start: usize,
    end: usize,
    before: Option<char>,
    first: Option<char>,
    last: Option<char>,
    behind: Option<char>,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            start: 1,
            end: 0,
            before: None,
            first: None,
            last: None,
            behind: None,
        }
    }
}

/// The number of characters before a byte.
pub(super) fn characters(line: &str, at: usize) -> usize {
    match line.as_bytes().get(..at) {
        Some(bytes) if bytes.is_ascii() => at,
        _ => line.get(..at).map_or(at, |text| text.chars().count()),
    }
}

/// The byte at which a character begins; the line's end if there are not that many.
fn byte_of(line: &str, character: usize) -> usize {
    match line.as_bytes().get(..character) {
        Some(bytes) if bytes.is_ascii() => character,
        _ => line
            .char_indices()
            .nth(character)
            .map_or(line.len(), |(at, _)| at),
    }
}

impl Place {
    /// Notes where a date stands; `span` is in bytes.
    #[inline]
    pub(super) fn of(line: &str, span: &Range<usize>) -> Self {
        let bytes = line.as_bytes();
        let near = bytes.get(..=span.end).unwrap_or(bytes);
        if near.is_ascii() {
            return Self::of_ascii(bytes, span);
        }
        let text = |range: Range<usize>| line.get(range).unwrap_or_default();
        Self {
            start: characters(line, span.start),
            end: characters(line, span.end),
            before: text(0..span.start).chars().next_back(),
            first: text(span.start..line.len()).chars().next(),
            last: text(0..span.end).chars().next_back(),
            behind: text(span.end..line.len()).chars().next(),
        }
    }

    /// Notes where a date stands that has nothing but ASCII before and at its edges.
    #[inline]
    pub(super) fn of_ascii(line: &[u8], span: &Range<usize>) -> Self {
        let at = |at: Option<usize>| at.and_then(|at| line.get(at)).map(|byte| char::from(*byte));
        Self {
            start: span.start,
            end: span.end,
            before: at(span.start.checked_sub(1)),
            first: at(Some(span.start)),
            last: at(span.end.checked_sub(1)),
            behind: at(Some(span.end)),
        }
    }

    /// Where it began, in characters; 1 before there was one.
    pub(super) const fn start(self) -> usize {
        self.start
    }

    /// Tells whether a date stands at the same place; `span` is in bytes.
    pub(super) fn is_at(self, line: &str, span: &Range<usize>) -> bool {
        characters(line, span.start) == self.start && characters(line, span.end) == self.end
    }

    /// Returns the part of `line`, in bytes, where a date would stand as the last one did; `None` if
    /// what stands at its edges differs.
    pub(super) fn window(self, line: &str) -> Option<Range<usize>> {
        let at = |character: usize| line.get(byte_of(line, character)..)?.chars().next();
        let same = |found: Option<char>, known: Option<char>| found.is_some() && found == known;
        let firm = |known: Option<char>| known.is_some_and(|c| !c.is_alphanumeric());
        let left = match self.start.checked_sub(1) {
            None => true,
            Some(before) => {
                same(at(before), self.before)
                    || firm(self.first) && same(at(self.start), self.first)
            }
        };
        let right = match at(self.end) {
            None => self.behind.is_none(),
            found => {
                same(found, self.behind)
                    || firm(self.last)
                        && self
                            .end
                            .checked_sub(1)
                            .is_some_and(|last| same(at(last), self.last))
            }
        };
        (left && right).then(|| byte_of(line, self.start)..byte_of(line, self.end))
    }
}
