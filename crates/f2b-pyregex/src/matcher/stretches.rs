//! Where possessive runs end.
//!
//! A possessive run without end, `\s*+`, takes all that follows of its set: whoever comes into a
//! stretch that was walked ends where that one ended.

use std::collections::BTreeMap;

/// The stretches that were walked. None is within another of the same run.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    /// For each run the last one, begin and end; most texts need no more.
    last: Vec<(usize, usize)>,
    /// The others: where a stretch of a run begins, by the run and the end.
    others: BTreeMap<(u32, usize), usize>,
}

impl Stretches {
    pub(super) fn clear(&mut self) {
        self.last.clear();
        self.others.clear();
    }

    /// The first stretch of `run` that ends after `at`; `at` may be within it or before it.
    #[inline(always)]
    pub(super) fn ahead(&self, run: u32, at: usize) -> Option<(usize, usize)> {
        let last = self.last.get(run as usize).copied();
        let last = last.filter(|(_, end)| *end > at);
        if self.others.is_empty() || last.is_some_and(|(begin, _)| begin <= at) {
            return last;
        }
        let mut others = self.others.range((run, at + 1)..);
        let other = others.next().filter(|((known, _), _)| *known == run);
        let other = other.map(|((_, end), begin)| (*begin, *end));
        last.into_iter().chain(other).min_by_key(|(_, end)| *end)
    }

    /// Notes that `run` walked from `begin` to `end`.
    #[inline(always)]
    pub(super) fn note(&mut self, run: u32, begin: usize, end: usize) {
        let index = run as usize;
        if self.last.len() <= index {
            self.last.resize(index + 1, (0, 0));
        }
        let Some(last) = self.last.get_mut(index) else {
            return;
        };
        if begin >= end || begin >= last.0 && end == last.1 {
            return;
        }
        let (before, until) = std::mem::replace(last, (begin, end));
        if before < until && until != end {
            self.others.insert((run, until), before);
        }
        if !self.others.is_empty() {
            self.others.remove(&(run, end));
        }
    }
}
