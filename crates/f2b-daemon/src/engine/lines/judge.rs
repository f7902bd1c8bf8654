//! The rules of one jail, asked about one line at a time; a line at which they fail is stepped over.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use f2b_core::UnixTime;
use f2b_match::{Filter, Given, Judged, Line, Matcher, Moment, Pass, Reader, Told};
use f2b_source::{Encoding, Newline};

use crate::clock;

/// The rules of a jail at work.
pub(super) struct Judge<'jail> {
    filter: &'jail Filter,
    matcher: &'jail mut Matcher,
    pass: &'jail mut Pass,
    encoding: Encoding,
    told: Vec<Told>,
    /// Lines that are not in the encoding, so far.
    pub(super) undecoded: u64,
}

/// The matcher panicked at a line. Its memory stays good for the lines to come.
pub(super) struct Panicked;

impl<'jail> Judge<'jail> {
    pub(super) fn new(
        filter: &'jail Filter,
        matcher: &'jail mut Matcher,
        pass: &'jail mut Option<Pass>,
        encoding: Encoding,
    ) -> Self {
        Self {
            filter,
            matcher,
            pass: pass.get_or_insert_with(|| Pass::new([filter])),
            encoding,
            told: Vec::new(),
            undecoded: 0,
        }
    }

    /// Judges a line; `None` if there is nothing in it.
    pub(super) fn line(
        &mut self,
        line: &[u8],
        given: Option<UnixTime>,
        moment: Moment,
    ) -> Result<Option<Judged>, Panicked> {
        let judged = catch_unwind(AssertUnwindSafe(|| {
            let (text, is_whole) = self.encoding.decode(line);
            self.undecoded += u64::from(!is_whole);
            let Some(time) = given else {
                return self.judged(Line::new(&text), moment);
            };
            let stamp = clock::iso(time) + " ";
            let given = Given { time, text: &stamp };
            self.judged(Line::with_time(&text, given), moment)
        }));
        judged.map_err(|_panic| Panicked)
    }

    fn judged(&mut self, line: Line<'_>, moment: Moment) -> Option<Judged> {
        let reader = Reader {
            filter: self.filter,
            matcher: self.matcher,
            moment,
            start: 0,
        };
        self.told.clear();
        self.pass.line(0, line, &mut [reader], &mut self.told);
        Some(self.told.pop()?.judged)
    }
}

/// A line with its newline, if that stands right behind it: so it need not be copied.
pub(super) fn with_end<'chunk>(
    buffer: &'chunk [u8],
    range: &Range<usize>,
    newline: Newline,
) -> &'chunk [u8] {
    let end = range.end + newline.width();
    let behind = buffer.get(range.end..end);
    let end = match behind.is_some_and(|behind| newline.is(behind)) {
        true => end,
        false => range.end,
    };
    buffer.get(range.start..end).unwrap_or_default()
}
