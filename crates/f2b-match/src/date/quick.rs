//! Readers by hand for the commonest forms of dates.
//!
//! A reader finds what the regular expression of its template finds, the same place and the same
//! pieces, or says that it cannot tell: at characters outside ASCII, which the expressions take for
//! letters, blanks and digits of their own.

mod apache;
mod cursor;
mod epoch;
mod iso;
mod syslog;

use std::ops::Range;

use super::capture::Stamp;
use super::template::Match;
use super::years::Years;
use cursor::{Cursor, is_word};

pub(super) use cursor::Stop;

/// A reader for one template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quick {
    form: Form,
    line_begin: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Iso,
    Syslog,
    Apache,
    Epoch,
}

/// What a reader says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// There is a date.
    Found(Match),
    /// There is none.
    Nothing,
    /// The regular expression has to tell.
    Unsure,
}

/// The patterns that have a reader.
const PATTERNS: [(&str, Form); 3] = [
    (
        r"%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\s*%z)?",
        Form::Iso,
    ),
    (r"(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?", Form::Syslog),
    (
        r"%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?",
        Form::Apache,
    ),
];

impl Quick {
    /// The reader of seconds since the epoch at the begin of lines.
    pub(super) const EPOCH: Self = Self {
        form: Form::Epoch,
        line_begin: true,
    };

    /// Returns the reader of a pattern, if there is one.
    pub(super) fn of_pattern(pattern: &str) -> Option<Self> {
        let rest = pattern.strip_prefix(super::pattern::LINE_BEGIN);
        let (_, form) = PATTERNS
            .iter()
            .find(|(known, _)| *known == rest.unwrap_or(pattern))?;
        Some(Self {
            form: *form,
            line_begin: rest.is_some(),
        })
    }

    /// Tells whether it reads at the begin of lines only.
    pub(super) const fn line_begin(self) -> bool {
        self.line_begin
    }

    /// Finds the first date in `range` of `line`.
    #[inline]
    pub(super) fn search(self, line: &[u8], range: Range<usize>, years: Years) -> Outcome {
        if self.line_begin {
            // `^` is the begin of the line, whatever the range.
            if range.start != 0 {
                return Outcome::Nothing;
            }
            let mut stamp = Stamp::Unreadable;
            let read = line
                .get(..range.end)
                .map(|line| self.at_begin(line, years, &mut stamp));
            match read {
                Some(Ok(cut)) => Outcome::Found(Match {
                    span: 0..cut.end,
                    cut,
                    stamp,
                }),
                Some(Err(Stop::Differs)) => Outcome::Nothing,
                Some(Err(Stop::Unsure)) | None => Outcome::Unsure,
            }
        } else {
            line.get(..range.end).map_or(Outcome::Unsure, |line| {
                self.anywhere(line, range.start, years)
            })
        }
    }

    /// Reads at the begin of a line, behind at most two characters that are no part of a word, as
    /// many as possible first. The match begins with the line; returned is what is cut out.
    ///
    /// The stamp is written to where it stays: to copy what was just written in small pieces takes
    /// as long as to read it.
    ///
    /// # Errors
    /// [`Stop`]
    #[inline]
    pub(super) fn at_begin(
        self,
        line: &[u8],
        years: Years,
        stamp: &mut Stamp,
    ) -> Result<Range<usize>, Stop> {
        let mut start = 0;
        for byte in line.iter().take(2) {
            if !byte.is_ascii() {
                return Err(Stop::Unsure);
            }
            if is_word(*byte) {
                break;
            }
            start += 1;
        }
        loop {
            match self.read(line, start, years, stamp) {
                Ok(end) => return Ok(start..end),
                Err(Stop::Differs) if start > 0 => start -= 1,
                Err(stop) => return Err(stop),
            }
        }
    }

    /// Reads wherever a word may begin.
    fn anywhere(self, line: &[u8], from: usize, years: Years) -> Outcome {
        let mut before = from.checked_sub(1).and_then(|at| line.get(at).copied());
        for (start, byte) in line.iter().enumerate().skip(from) {
            if !byte.is_ascii() || before.is_some_and(|before| !before.is_ascii()) {
                return Outcome::Unsure;
            }
            let free = !is_word(*byte) || before.is_none_or(|before| !is_word(before));
            before = Some(*byte);
            if !free {
                continue;
            }
            let mut stamp = Stamp::Unreadable;
            match self.read(line, start, years, &mut stamp) {
                Ok(end) => {
                    return Outcome::Found(Match {
                        span: start..end,
                        cut: start..end,
                        stamp,
                    });
                }
                Err(Stop::Differs) => {}
                Err(Stop::Unsure) => return Outcome::Unsure,
            }
        }
        Outcome::Nothing
    }

    #[inline]
    fn read(
        self,
        line: &[u8],
        start: usize,
        years: Years,
        stamp: &mut Stamp,
    ) -> Result<usize, Stop> {
        let cursor = Cursor::new(line, start);
        match self.form {
            Form::Iso => iso::read(cursor, years, stamp),
            Form::Syslog => syslog::read(cursor, years, stamp),
            Form::Apache => apache::read(cursor, years, stamp),
            Form::Epoch => epoch::read(cursor, stamp),
        }
    }
}

#[cfg(test)]
mod tests;
