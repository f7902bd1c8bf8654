//! Lines of container logs; what comes out for a jail is what [`Matcher::judge_unwrapped`] gives.

use super::{Pass, Reader, Told};
use crate::Line;
#[cfg(doc)]
use crate::Matcher;

impl Pass {
    /// Judges a line inside a container log, as [`line`](Self::line) does; [`records`](Self::records) is to
    /// follow.
    pub fn inside(
        &mut self,
        place: (usize, usize),
        line: Line<'_>,
        readers: &mut [Reader<'_>],
        first: usize,
        told: &mut Vec<Told>,
    ) {
        self.judge(place, line, readers, first, told, true);
    }

    /// Judges what holds the line that was given to [`inside`](Self::inside) last, for each reader from `first`
    /// on that the line was nothing to. `records` are the lines of the file, in their order.
    pub fn records(
        &mut self,
        (number, begin): (usize, usize),
        records: &[&str],
        readers: &mut [Reader<'_>],
        first: usize,
        told: &mut Vec<Told>,
    ) {
        for (reader, settled) in readers.iter_mut().zip(&self.settled) {
            if *settled && begin >= reader.start {
                reader.matcher.settle_records();
            }
        }
        self.ignore(number, records, readers, first, told);
        for record in records {
            if self.settled.iter().skip(first).all(|settled| *settled) {
                return;
            }
            let mut all: Vec<Reader<'_>> = readers
                .iter_mut()
                .zip(&self.settled)
                .map(|(reader, settled)| Reader {
                    filter: reader.filter,
                    matcher: reader.matcher.of_records(),
                    moment: reader.moment,
                    // Nothing begins there.
                    start: usize::from(*settled),
                })
                .collect();
            let before = told.len();
            self.judge((number, 0), Line::new(record), &mut all, first, told, true);
            // What is worth a word was said of the line inside.
            let mut of_record = told.split_off(before);
            of_record.retain(|one| one.judged.is_told_of_record());
            told.append(&mut of_record);
        }
    }

    /// Takes back the failures of line `number` whose records are ignored.
    fn ignore(
        &mut self,
        number: usize,
        records: &[&str],
        readers: &mut [Reader<'_>],
        first: usize,
        told: &mut [Told],
    ) {
        let of_line = told.iter_mut().rev().take_while(|one| one.line == number);
        for one in of_line.filter(|one| one.reader >= first && !one.judged.found.is_empty()) {
            let Some(reader) = readers.get_mut(one.reader) else {
                continue;
            };
            self.at = one.reader;
            let (matcher, filter) = (&mut reader.matcher, reader.filter);
            if let Some((_, ignored)) = matcher.ignored_record(filter, records, reader.moment) {
                one.judged = ignored;
            }
        }
    }
}
