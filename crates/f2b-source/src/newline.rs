//! What ends a line: a byte, or one of two or four.

use std::ops::Range;

use crate::encoding::Encoding;

/// The form of a newline.
///
/// Newlines of two and four bytes stand at multiples of that from the file's begin: other bytes of
/// the same values are parts of two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newline {
    width: usize,
    /// Which byte is not 0.
    index: usize,
}

impl Newline {
    /// The byte `\n`.
    pub const BYTE: Self = Self { width: 1, index: 0 };

    /// Returns how many bytes it has: 1, 2 or 4.
    #[must_use]
    pub fn width(self) -> usize {
        self.width
    }

    /// Returns whether these bytes are a newline.
    #[must_use]
    pub fn is(self, unit: &[u8]) -> bool {
        self.is_character(unit, b'\n')
    }

    /// Returns a line without the carriage returns at its end.
    pub(crate) fn without_returns(self, mut line: &[u8]) -> &[u8] {
        while let Some((rest, unit)) = line.split_at_checked(line.len().wrapping_sub(self.width))
            && self.is_character(unit, b'\r')
        {
            line = rest;
        }
        line
    }

    /// Returns where the last newline in `text` ends, which begins at the begin of a character.
    pub(crate) fn last_end(self, text: &[u8]) -> Option<usize> {
        memchr::memrchr_iter(b'\n', text).find_map(|at| self.around(text, at).map(|unit| unit.end))
    }

    /// Returns where the newline lies whose byte `\n` is at `at` of `text`, which begins at the begin
    /// of a character; nothing if it is a part of another character.
    pub(crate) fn around(self, text: &[u8], at: usize) -> Option<Range<usize>> {
        if self.width == 1 {
            return Some(at..at + 1);
        }
        let begin = at.checked_sub(self.index)?;
        let unit = begin..begin + self.width;
        let is_newline = begin.is_multiple_of(self.width) && self.is(text.get(unit.clone())?);
        is_newline.then_some(unit)
    }

    fn is_character(self, unit: &[u8], character: u8) -> bool {
        let expected = |index| if index == self.index { character } else { 0 };
        let mut bytes = unit.iter().enumerate();
        unit.len() == self.width && bytes.all(|(index, byte)| *byte == expected(index))
    }
}

impl Default for Newline {
    fn default() -> Self {
        Self::BYTE
    }
}

impl From<Encoding> for Newline {
    fn from(encoding: Encoding) -> Self {
        let (width, index) = encoding.newline();
        Self { width, index }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::Order;

    #[test]
    fn a_newline_of_two_bytes_stands_at_an_even_place() {
        let little = Newline::from(Encoding::Utf16(Order::Little));
        let big = Newline::from(Encoding::Utf16(Order::Big));
        let check = |newline: Newline, text: &[u8], end: Option<usize>| {
            assert_eq!(newline.last_end(text), end, "{newline:?} {text:?}");
        };
        check(little, b"a\0\n\0", Some(4));
        check(big, b"\0a\0\n", Some(4));
        // U+0A00 and U+000A are not the same, nor what two characters make of each other.
        check(little, b"\0\n\n\0\0\n", Some(4));
        check(big, b"\n\0\0a", None);
        check(big, b"a\0\n\0", None);
        check(little, b"a\0\n", None);
        let four = Newline::from(Encoding::Utf32(Order::Big));
        check(four, b"\0\0\0a\0\0\0\n\0\0", Some(8));
        check(four, b"\0\0\0\0\0\n", None);
        check(Newline::BYTE, b"a\nb", Some(2));
    }

    #[test]
    fn carriage_returns_have_the_width_of_a_character() {
        let little = Newline::from(Encoding::Utf16(Order::Little));
        assert_eq!(little.without_returns(b"a\0\r\0\r\0"), b"a\0");
        assert_eq!(little.without_returns(b"\0\r"), b"\0\r");
        assert_eq!(Newline::BYTE.without_returns(b"a\r\r"), b"a");
        assert_eq!(Newline::BYTE.without_returns(b""), b"");
    }
}
