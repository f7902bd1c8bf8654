//! The rules of the jails that read the same lines, asked about one line at a time; where they fail, the line
//! is stepped over.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use f2b_core::UnixTime;
use f2b_match::{Given, Judged, Line, Pass, Reader, Told};
use f2b_source::Encoding;

use super::inside::Inside;
use crate::clock;

/// The rules of some jails at work.
pub(super) struct Judge<'pass, 'jail> {
    pass: &'pass mut Pass,
    readers: Vec<Reader<'jail>>,
    encoding: Encoding,
    told: Vec<Told>,
    /// For which reader the matcher has panicked, and at which line. Its memory stays good for the lines to
    /// come.
    pub(super) panicked: Vec<(usize, usize)>,
    /// Lines that are not in the encoding, so far.
    pub(super) undecoded: u64,
}

impl<'pass, 'jail> Judge<'pass, 'jail> {
    /// Returns a judge for these readers, whose rules are those of `pass`.
    pub(super) fn new(
        pass: &'pass mut Pass,
        readers: Vec<Reader<'jail>>,
        encoding: Encoding,
    ) -> Self {
        Self {
            pass,
            readers,
            encoding,
            told: Vec::new(),
            panicked: Vec::new(),
            undecoded: 0,
        }
    }

    /// Judges line `number`, which begins at `begin`.
    pub(super) fn line(
        &mut self,
        number: usize,
        begin: usize,
        line: &[u8],
        given: Option<UnixTime>,
    ) {
        let (text, is_whole) = self.encoding.decode(line);
        self.undecoded += u64::from(!is_whole);
        let stamp = given.map(|time| (time, clock::iso(time) + " "));
        let line = match &stamp {
            None => Line::new(&text),
            Some((time, text_of)) => {
                let given = Given {
                    time: *time,
                    text: text_of,
                };
                Line::with_time(&text, given)
            }
        };
        let place = (number, begin);
        self.each(number, |pass, readers, first, told| {
            pass.line(place, line, readers, first, told);
        });
    }

    /// Judges the line inside a container log that the line `number`, which begins at `begin`, ends; and where
    /// that is nothing, the records that hold it.
    pub(super) fn inside(&mut self, number: usize, begin: usize, inside: &Inside<'_>) {
        self.undecoded += u64::from(!inside.is_whole);
        let stamp = clock::iso(inside.time) + " ";
        let given = Given {
            time: inside.time,
            text: &stamp,
        };
        let line = Line::written_at(&inside.text, given);
        let records: Vec<&str> = inside.records.iter().map(AsRef::as_ref).collect();
        let place = (number, begin);
        self.each(number, |pass, readers, first, told| {
            pass.inside(place, line, readers, first, told);
        });
        self.each(number, |pass, readers, first, told| {
            pass.records(place, &records, readers, first, told);
        });
    }

    /// Asks about line `number` for each reader. Where that panics, it goes on with the next one.
    fn each(
        &mut self,
        number: usize,
        ask: impl Fn(&mut Pass, &mut [Reader<'jail>], usize, &mut Vec<Told>),
    ) {
        let mut first = 0;
        while first < self.readers.len() {
            let asked = catch_unwind(AssertUnwindSafe(|| {
                ask(self.pass, &mut self.readers, first, &mut self.told);
            }));
            if asked.is_ok() {
                return;
            }
            let at = self.pass.at().max(first);
            self.panicked.push((at, number));
            first = at + 1;
        }
    }

    /// Returns what the lines were to each reader.
    pub(super) fn finish(self) -> Vec<Vec<Judged>> {
        let mut judged: Vec<Vec<Judged>> = self.readers.iter().map(|_| Vec::new()).collect();
        for told in self.told {
            if let Some(judged) = judged.get_mut(told.reader) {
                judged.push(told.judged);
            }
        }
        judged
    }
}

/// A line with its newline, if that stands right behind it: so it need not be copied.
pub(super) fn with_end<'chunk>(buffer: &'chunk [u8], range: &Range<usize>) -> &'chunk [u8] {
    let end = match buffer.get(range.end) {
        Some(b'\n') => range.end + 1,
        _ => range.end,
    };
    buffer.get(range.start..end).unwrap_or_default()
}
