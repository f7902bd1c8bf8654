//! A line and what its date divides it into, copied only when somebody asks.

use std::borrow::Cow;
use std::ops::Range;

use crate::line_clock::{LineClock, Timed};
use crate::{Line, Parts};

/// What stands for the date of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// This part of it.
    Date(Range<usize>),
    /// Nothing: it has none.
    Nothing,
    /// What the source tells.
    Given,
    /// The date of an earlier line. As the original: what the line itself has is not cut out then.
    Earlier,
}

/// A line's time and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dated {
    pub(crate) timed: Timed,
    pub(crate) cut: Cut,
    /// Whether there should have been a date.
    pub(crate) is_missing: bool,
}

/// A line that is being judged.
#[derive(Debug)]
pub(crate) struct Seen<'line> {
    /// The text without line ends.
    pub(crate) bare: &'line str,
    pub(crate) line: Line<'line>,
    pub(crate) dated: Dated,
}

impl<'line> Seen<'line> {
    /// What rules see: the line without its date, a newline behind it. `room` is used if that does
    /// not stand in one piece.
    pub(crate) fn text(&self, room: String) -> Cow<'line, str> {
        let (before, after) = self.around();
        if before.is_empty() && self.line.text.len() == self.bare.len() + 1 {
            let start = self.bare.len() - after.len();
            if self.line.text.ends_with('\n')
                && let Some(text) = self.line.text.get(start..)
            {
                return Cow::Borrowed(text);
            }
        }
        let mut text = room;
        text.clear();
        text.push_str(before);
        text.push_str(after);
        text.push('\n');
        Cow::Owned(text)
    }

    /// The line in its parts.
    pub(crate) fn parts(&self, clock: &LineClock) -> Parts {
        let date = match &self.dated.cut {
            Cut::Date(range) => return Parts::new(self.bare, range.clone()),
            Cut::Nothing => return Parts::new(self.bare, 0..0),
            Cut::Given => self.line.given.map_or("", |given| given.text),
            Cut::Earlier => clock.last_text(),
        };
        Parts::new([date, self.bare].concat(), 0..date.len())
    }

    /// What stands before and behind the date.
    fn around(&self) -> (&'line str, &'line str) {
        match &self.dated.cut {
            Cut::Date(range) => (
                self.bare.get(..range.start).unwrap_or_default(),
                self.bare.get(range.end..).unwrap_or_default(),
            ),
            Cut::Nothing | Cut::Given | Cut::Earlier => ("", self.bare),
        }
    }
}

/// `text` at `range` with a newline behind it, which often is there.
pub(crate) fn with_newline(text: &str, range: Range<usize>) -> Cow<'_, str> {
    match text.get(range.start..range.end + 1) {
        Some(borrowed) if borrowed.ends_with('\n') => Cow::Borrowed(borrowed),
        _ => Cow::Owned([text.get(range).unwrap_or_default(), "\n"].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str, date: Option<Range<usize>>) -> (bool, String) {
        let timed = LineClock::default().time_of(
            crate::line_clock::Stamp::Missing,
            crate::Moment {
                now: f2b_core::UnixTime::from_seconds(0),
                findtime: f2b_core::Span::ZERO,
                in_operation: false,
            },
            false,
        );
        let seen = Seen {
            bare: line.trim_end_matches(['\r', '\n']),
            line: Line::new(line),
            dated: Dated {
                timed,
                cut: date.map_or(Cut::Nothing, Cut::Date),
                is_missing: false,
            },
        };
        let text = seen.text(String::new());
        (matches!(text, Cow::Borrowed(_)), text.into_owned())
    }

    #[test]
    fn rules_see_a_line_without_its_date_and_with_one_newline() {
        let check = |line: &str, date: Option<Range<usize>>, expected: &str, is_borrowed: bool| {
            let expected = (is_borrowed, expected.to_owned());
            assert_eq!(text(line, date), expected, "{line:?}");
        };
        check("10:00 x\n", Some(0..5), " x\n", true);
        check("10:00 x", Some(0..5), " x\n", false);
        check("10:00 x\r\n", Some(0..5), " x\n", false);
        check("x\r", None, "x\n", false);
        check("x\n\n", None, "x\n", false);
        check("[10:00] x\n", Some(1..6), "[] x\n", false);
        check("x\n", None, "x\n", true);
        check("\n", None, "\n", true);
        check("", None, "\n", false);
        check("10:00\n", Some(0..5), "\n", true);
    }
}
