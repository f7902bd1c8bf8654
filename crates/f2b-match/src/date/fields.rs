//! Pieces that stamps are made of, read from the front of a text.

/// A place in a text; each reader moves it behind what it has read.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    whole: &'a str,
    rest: &'a str,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            whole: text,
            rest: text,
        }
    }

    /// The number of bytes read.
    pub(super) fn read(&self) -> usize {
        self.whole.len() - self.rest.len()
    }

    /// Tells whether no word goes on here.
    pub(super) fn at_word_end(&self) -> bool {
        self.rest
            .chars()
            .next()
            .is_none_or(|c| !(c.is_alphanumeric() || c == '_'))
    }

    pub(super) fn take(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// One of the characters, or `None`.
    pub(super) fn take_any(&mut self, allowed: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|c| allowed.contains(c))?;
        self.rest = self.rest.strip_prefix(first)?;
        Some(first)
    }

    /// A number of at least `fewest` and at most `most` digits.
    pub(super) fn number(&mut self, fewest: usize, most: usize) -> Option<i16> {
        let digits = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        if digits < fewest {
            return None;
        }
        let (number, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        number.parse().ok()
    }

    /// A number that fits the small fields of a date.
    pub(super) fn small(&mut self, fewest: usize, most: usize) -> Option<i8> {
        i8::try_from(self.number(fewest, most)?).ok()
    }

    /// An English month's three letters, in any case: 1 to 12.
    pub(super) fn month(&mut self) -> Option<i8> {
        i8::try_from(self.word(&MONTHS)? + 1).ok()
    }

    /// An English weekday's three letters, in any case.
    pub(super) fn weekday(&mut self) -> Option<usize> {
        self.word(&DAYS)
    }

    /// `HH:MM:SS`; the hour may have one digit.
    pub(super) fn clock(&mut self) -> Option<(i8, i8, i8)> {
        let hour = self.small(1, 2)?;
        self.take(":")?;
        let minute = self.small(1, 2)?;
        self.take(":")?;
        let second = self.small(1, 2)?;
        Some((hour, minute, second))
    }

    /// A fraction of a second behind one of `points`, one to six digits. Its value does not count.
    pub(super) fn skip_fraction(&mut self, points: &[char]) {
        let mut ahead = self.clone();
        if ahead.take_any(points).is_some() && ahead.number_text(6).is_some() {
            *self = ahead;
        }
    }

    /// Runs `reader`; when it fails the place stays where it was.
    pub(super) fn optional<T>(&mut self, reader: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = self.clone();
        let value = reader(&mut ahead)?;
        *self = ahead;
        Some(value)
    }

    pub(super) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn number_text(&mut self, most: usize) -> Option<()> {
        let digits = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        let (number, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        (!number.is_empty()).then_some(())
    }

    fn word(&mut self, words: &[&str]) -> Option<usize> {
        let (word, rest) = self.rest.split_at_checked(3)?;
        let found = words
            .iter()
            .position(|known| known.eq_ignore_ascii_case(word))?;
        self.rest = rest;
        Some(found)
    }
}
