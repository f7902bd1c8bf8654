//! What became of the lines so far.

use f2b_match::{Filter, StampTime};

use super::debuggex;
use super::found::{self, Found};
use super::kept::Kept;
use super::options::Options;

/// How many lines of a kind are listed without a word.
const LIMIT: usize = 20;

/// What became of the lines, and what is to be shown of them.
#[derive(Debug)]
pub(crate) struct Tally {
    /// All lines.
    pub(crate) lines: u64,
    /// Lines in which a failure was found.
    pub(crate) matched: Kept,
    /// Lines that a rule matched and that do not count.
    pub(crate) ignored: Kept,
    /// All others.
    pub(crate) missed: Kept,
    /// What the `prefregex` did.
    pub(crate) prefregex: Prefregex,
    /// What each `failregex` did.
    pub(crate) failregex: Vec<Failregex>,
    /// How often each `ignoreregex` matched.
    pub(crate) ignoreregex: Vec<u64>,
    /// How many matches of anything were given up.
    pub(crate) given_up: u64,
    /// How many captures of the `prefregex` are shown; more are told as `...`.
    pub(crate) limit: usize,
    keeps_hits: bool,
    is_multiline: bool,
    debuggex: bool,
}

/// What the `prefregex` did.
#[derive(Debug, Default)]
pub(crate) struct Prefregex {
    /// How often it matched.
    pub(crate) hits: u64,
    /// What it captured, as dictionaries, as far as that is shown.
    pub(crate) captured: Vec<String>,
}

/// What a `failregex` did.
#[derive(Debug, Default)]
pub(crate) struct Failregex {
    /// How often it matched.
    pub(crate) hits: u64,
    /// Each time, if that is shown.
    pub(crate) seen: Vec<Hit>,
}

/// One match of a `failregex`.
#[derive(Debug)]
pub(crate) struct Hit {
    /// Who.
    pub(crate) id: String,
    /// When.
    pub(crate) time: Option<StampTime>,
    /// Whether others matched the same line before.
    pub(crate) is_one_of_many: bool,
}

/// How a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A failure was found.
    Matched,
    /// A rule matched, but it does not count.
    Ignored,
    /// No rule matched.
    Missed,
}

impl Verdict {
    /// Judges a line by what was found in it.
    pub(crate) fn of(found: &[Found], is_ignored: bool) -> Self {
        if is_ignored || found::has_nofail(found) {
            Self::Ignored
        } else if found.is_empty() {
            Self::Missed
        } else {
            Self::Matched
        }
    }
}

impl Tally {
    /// Returns one for rules of which no line was seen yet.
    pub(crate) fn new(options: &Options, filter: &Filter) -> Self {
        let limit = options
            .maxlines
            .and_then(|maxlines| usize::try_from(maxlines).ok());
        let limit = limit.filter(|limit| *limit > 0).unwrap_or(LIMIT);
        let lists = options.lists;
        let window = match filter.maxlines() {
            1 => 0,
            maxlines => maxlines,
        };
        let some = |all: bool| if all { None } else { Some(limit) };
        Self {
            lines: 0,
            matched: if lists.all_matched {
                Kept::listed(None, 0)
            } else {
                Kept::counted()
            },
            ignored: if lists.no_ignored {
                Kept::counted()
            } else {
                Kept::listed(some(lists.all_ignored), 0)
            },
            missed: if lists.no_missed {
                Kept::counted()
            } else {
                Kept::listed(some(lists.all_missed), window)
            },
            prefregex: Prefregex::default(),
            failregex: filter
                .failregex()
                .iter()
                .map(|_| Failregex::default())
                .collect(),
            ignoreregex: vec![0; filter.ignoreregex().len()],
            given_up: 0,
            limit,
            keeps_hits: options.verbose > 0,
            is_multiline: filter.maxlines() > 1,
            debuggex: options.debuggex,
        }
    }

    /// Counts a line in which no rule found anything.
    pub(crate) fn missed(&mut self, line: &str) {
        self.lines += 1;
        if self.missed.keeps() {
            self.missed.add(line.trim_end_matches(['\r', '\n']));
        } else {
            self.missed.count_one();
        }
    }

    /// Keeps what the `prefregex` captured.
    pub(crate) fn prefregex(&mut self, captured: &f2b_match::Data) {
        // One more tells that there are more.
        if self.keeps_hits && self.prefregex.captured.len() <= self.limit {
            let captured = found::dictionary(captured);
            self.prefregex.captured.push(captured.repr());
        }
    }

    /// Counts the matches of a line.
    pub(crate) fn found(&mut self, found: &[Found]) {
        // As the original: only the third match of a line is told to be one of many.
        const FEW: usize = 2;
        for (index, one) in found.iter().enumerate() {
            let Some(rule) = self.failregex.get_mut(one.rule) else {
                continue;
            };
            rule.hits += 1;
            if self.keeps_hits {
                rule.seen.push(Hit {
                    id: one.id().str(),
                    time: one.time,
                    is_one_of_many: index >= FEW,
                });
            }
        }
    }

    /// Counts an `ignoreregex` that matched.
    pub(crate) fn ignored_by(&mut self, rule: usize) {
        if let Some(hits) = self.ignoreregex.get_mut(rule) {
            *hits += 1;
        }
    }

    /// Counts a line; `found` is what was found in it.
    pub(crate) fn line(&mut self, line: &str, verdict: Verdict, found: &[Found]) {
        match verdict {
            Verdict::Missed => self.missed(line),
            Verdict::Ignored => {
                self.lines += 1;
                self.ignored.add(line);
            }
            Verdict::Matched => {
                self.lines += 1;
                match found.first() {
                    Some(one) if self.is_multiline => self.several_lines(line, one),
                    _ => self.matched.add(line),
                }
            }
        }
    }

    /// Lines that were missed and that a match now takes in have matched.
    fn several_lines(&mut self, line: &str, found: &Found) {
        let before = found.lines.len().saturating_sub(1);
        let before = found.lines.iter().take(before).map(f2b_match::Parts::line);
        if self.debuggex {
            // As the original: they are shown as one text, as rules see it, and also as missed.
            let earlier = before.filter(|line| self.missed.count_back(line)).count();
            let seen = found.lines.iter();
            let seen = seen.map(|parts| [parts.before(), parts.after()].concat());
            self.matched.add(&seen.collect::<Vec<_>>().join("\n"));
            for _ in 0..earlier {
                self.matched.count_one();
            }
            return;
        }
        for earlier in before {
            if self.missed.take_back(&earlier) {
                self.matched.add(&earlier);
            }
        }
        self.matched.add(line);
    }

    /// Returns the address that shows a rule and a line to www.debuggex.com, if that is asked for.
    pub(crate) fn debuggex(&self, regex: &str, line: &str) -> Option<String> {
        self.debuggex
            .then(|| debuggex::address(regex, line, self.is_multiline))
    }
}

/// Returns the sum of hits.
pub(crate) fn sum(hits: impl Iterator<Item = u64>) -> u64 {
    hits.fold(0, u64::saturating_add)
}
