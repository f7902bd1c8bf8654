//! One log, read once for all jails that read it.
//!
//! *Shared* are the bytes, the lines, their decoding, and the question which rules could match: rules
//! that several filters have in common are asked about once. *Each jail has its own* place to begin,
//! moment, dates and sessions. What comes out for a jail is what [`Matcher::judge`] gives for it
//! alone; a line that is nothing to a jail is not told.

mod unwrapped;
mod view;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use f2b_pyregex::{Candidates, Prefilter, Rule as Asked};

use crate::matcher::Block;
use crate::{Filter, Judged, Line, Matcher, Moment};
use view::Views;

/// One jail that reads the log.
#[derive(Debug)]
pub struct Reader<'jail> {
    /// Its rules; those that the pass was made of.
    pub filter: &'jail Filter,
    /// What it remembers.
    pub matcher: &'jail mut Matcher,
    /// How it is now.
    pub moment: Moment,
    /// Where it begins: lines that begin before this place are not for it. In bytes of the buffer.
    pub start: usize,
}

/// What a line is to one jail.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The jail: its index among the readers.
    pub reader: usize,
    /// The line: its index in the chunk.
    pub line: usize,
    /// What came of it.
    pub judged: Judged,
}

/// The rules of all jails that read one log.
#[derive(Debug)]
pub struct Pass {
    prefilter: Prefilter,
    candidates: Candidates,
    members: Vec<Member>,
    views: Views,
    /// Rules of one jail that could match, by index.
    asked: Vec<usize>,
    /// Whether nothing more is to be found of the last line, for each reader.
    settled: Vec<bool>,
    at: usize,
}

/// The rules of one jail.
#[derive(Debug)]
struct Member {
    /// The number in the prefilter of each `failregex`, and its index, in the order of the numbers;
    /// `None` if the jail sees several lines at once, and so every line counts.
    numbers: Option<Vec<(usize, usize)>>,
}

impl Pass {
    /// Returns a pass for jails with these filters. A filter that is changed needs a new one.
    pub fn new<'filter>(filters: impl IntoIterator<Item = &'filter Filter>) -> Self {
        let mut rules: Vec<Asked<'filter>> = Vec::new();
        let mut known: HashMap<(Option<&str>, &str), usize> = HashMap::new();
        let mut members = Vec::new();
        for filter in filters {
            let within = filter
                .prefregex()
                .and_then(|prefregex| Some((prefregex.regex(), prefregex.content_group()?)));
            let mut number = |rule: &'filter crate::Rule| {
                let key = (within.map(|(outer, _)| outer.as_str()), rule.expanded());
                *known.entry(key).or_insert_with(|| {
                    rules.push(Asked {
                        regex: rule.regex(),
                        within,
                    });
                    rules.len() - 1
                })
            };
            let numbers = (filter.maxlines() == 1).then(|| {
                let rules = filter.failregex().iter().enumerate();
                let mut numbers: Vec<_> =
                    rules.map(|(index, rule)| (number(rule), index)).collect();
                numbers.sort_unstable();
                numbers
            });
            members.push(Member { numbers });
        }
        let prefilter = Prefilter::new(&rules);
        Self {
            candidates: prefilter.candidates(),
            prefilter,
            members,
            views: Views::default(),
            asked: Vec::new(),
            settled: Vec::new(),
            at: 0,
        }
    }

    /// Judges the lines at `ranges` of `buffer`, given without their line ends, for each reader.
    /// What is told is in the order of the lines, then of the readers. Bytes that are no UTF-8 are
    /// read as U+FFFD.
    pub fn chunk(
        &mut self,
        buffer: &[u8],
        ranges: &[Range<usize>],
        readers: &mut [Reader<'_>],
    ) -> Vec<Told> {
        let mut told = Vec::new();
        for (number, range) in ranges.iter().enumerate() {
            let text = decoded(buffer, range);
            let place = (number, range.start);
            self.judge(place, Line::new(&text), readers, 0, &mut told, false);
        }
        told
    }

    /// Judges one line for each reader from `first` on; `told` gets what it is to them, as line `number`
    /// that begins at `begin`. Whoever catches a panic of it learns from [`at`](Self::at) for which reader
    /// that was, and can go on behind it.
    pub fn line(
        &mut self,
        (number, begin): (usize, usize),
        line: Line<'_>,
        readers: &mut [Reader<'_>],
        first: usize,
        told: &mut Vec<Told>,
    ) {
        self.judge((number, begin), line, readers, first, told, false);
    }

    /// Returns the reader that was judged for last.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// With `asks_ignored` it is also asked whether a line that no rule could match is ignored.
    fn judge(
        &mut self,
        (number, begin): (usize, usize),
        line: Line<'_>,
        readers: &mut [Reader<'_>],
        first: usize,
        told: &mut Vec<Told>,
        asks_ignored: bool,
    ) {
        self.views.clear();
        self.settled.resize(readers.len(), true);
        // One for all readers: a line is nothing to most of them.
        let mut judged = Judged::default();
        let readers = readers.iter_mut().zip(&self.members).enumerate();
        for (index, (reader, member)) in readers.skip(first) {
            self.at = index;
            if begin < reader.start {
                settle(&mut self.settled, index, true);
                continue;
            }
            let Some(numbers) = &member.numbers else {
                judged = reader.matcher.judge(reader.filter, line, reader.moment);
                settle(&mut self.settled, index, judged.is_settled());
                tell(told, index, number, &mut judged);
                continue;
            };
            if let Some(seen) = reader.matcher.date(line, reader.moment, &mut judged) {
                let (prefilter, candidates) = (&self.prefilter, &mut self.candidates);
                let view = self.views.of(&seen, |text, hits| {
                    if prefilter.scan(text.as_bytes(), candidates) {
                        hits.extend(candidates.iter());
                    }
                });
                self.asked.clear();
                for hit in &view.hits {
                    let first = numbers.partition_point(|(number, _)| number < hit);
                    let same = numbers.iter().skip(first);
                    let same = same.take_while(|(number, _)| number == hit);
                    self.asked.extend(same.map(|(_, rule)| *rule));
                }
                self.asked.sort_unstable();
                let text = view.text(line.text);
                let asks_ignored = asks_ignored && reader.filter.ignores_first();
                if self.asked.is_empty() && !asks_ignored {
                    reader.matcher.count_prefix(reader.filter, text);
                } else {
                    let block = Block::one(&seen);
                    reader.matcher.search(
                        reader.filter,
                        text,
                        &block,
                        Some(&self.asked),
                        reader.moment,
                        &mut judged,
                    );
                }
            }
            settle(&mut self.settled, index, judged.is_settled());
            tell(told, index, number, &mut judged);
        }
    }
}

/// Notes whether nothing more is to be found of a line.
fn settle(settled: &mut [bool], reader: usize, is_settled: bool) {
    if let Some(settled) = settled.get_mut(reader) {
        *settled = is_settled;
    }
}

/// Takes what is worth a word; afterwards nothing is left in `judged`.
fn tell(told: &mut Vec<Told>, reader: usize, line: usize, judged: &mut Judged) {
    if judged.is_something() {
        told.push(Told {
            reader,
            line,
            judged: std::mem::take(judged),
        });
    } else {
        judged.date = None;
        judged.time = None;
        judged.too_old = false;
        judged.matched = false;
    }
}

/// The text of a line, with its newline if that stands right behind it.
fn decoded<'buffer>(buffer: &'buffer [u8], range: &Range<usize>) -> Cow<'buffer, str> {
    let end = match buffer.get(range.end) {
        Some(b'\n') => range.end + 1,
        _ => range.end,
    };
    let bytes = buffer.get(range.start..end).unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests;
