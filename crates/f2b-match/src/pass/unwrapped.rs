//! Lines of container logs; what comes out for a jail is what [`Matcher::judge_unwrapped`] gives.

use super::{Pass, Reader, Told};
use crate::{Line, Matcher};

impl Pass {
    /// Judges a line of a container log for each reader; `told` gets what it is to them, as line `number`.
    ///
    /// `records` are the lines of the file that hold it, in their order; each is judged for the readers that
    /// the line inside, and the records before, are nothing to. The line is for readers that begin at or
    /// before `begin`, where its last record begins. In bytes of the buffer.
    pub fn unwrapped(
        &mut self,
        number: usize,
        begin: usize,
        line: Line<'_>,
        records: &[&str],
        readers: &mut [Reader<'_>],
        told: &mut Vec<Told>,
    ) {
        let first = told.len();
        self.judge(number, begin, line, readers, told, true);
        for (reader, settled) in readers.iter_mut().zip(&self.settled) {
            if *settled && begin >= reader.start {
                reader.matcher.settle_records();
            }
        }
        if self.settled.iter().all(|settled| *settled) {
            return;
        }
        let take = |reader: &mut Reader<'_>| reader.matcher.take_records();
        let mut memories: Vec<Box<Matcher>> = readers.iter_mut().map(take).collect();
        let mut of_records = Vec::new();
        for record in records {
            let mut all: Vec<Reader<'_>> = readers
                .iter()
                .zip(&mut memories)
                .zip(&self.settled)
                .map(|((reader, memory), settled)| Reader {
                    filter: reader.filter,
                    matcher: memory,
                    moment: reader.moment,
                    start: usize::from(*settled),
                })
                .collect();
            let record = Line::new(record);
            self.judge(number, 0, record, &mut all, &mut of_records, true);
        }
        for (reader, memory) in readers.iter_mut().zip(memories) {
            reader.matcher.put_records(memory);
        }
        of_records.retain(|one| one.judged.is_told_of_record());
        if !of_records.is_empty() {
            let inside = told.drain(first..).collect::<Vec<_>>();
            let is_replaced =
                |one: &Told| of_records.iter().any(|other| other.reader == one.reader);
            let mut all: Vec<Told> = inside.into_iter().filter(|one| !is_replaced(one)).collect();
            all.append(&mut of_records);
            all.sort_by_key(|one| one.reader);
            told.append(&mut all);
        }
    }
}
