//! Failures counted per identity until there are enough.

use indexmap::IndexMap;

use crate::{FailId, Failure, Span, UnixTime};

/// What is known of one identity that has failed but is not yet banned for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Begin of the counting; moves forward as old failures fade.
    pub first: UnixTime,
    /// Time of the last failure.
    pub last: UnixTime,
    /// Failures that count towards `maxretry`.
    pub retry: u32,
    /// All failures since the entry was made; the tag `<failures>`.
    pub failures: u64,
    /// The last lines, at most `maxmatches`.
    pub matches: Vec<Box<str>>,
    /// What the first failure's rule captured.
    pub fields: Vec<(Box<str>, Box<str>)>,
}

/// The tallies of one jail, bounded in number.
#[derive(Debug, Default)]
pub struct Tallies {
    entries: IndexMap<FailId, Tally>,
}

/// What came of a failure that was counted.
#[derive(Debug)]
pub struct Added<'a> {
    /// The tally of its identity.
    pub tally: &'a Tally,
    /// Whether it is the first failure of the tally.
    pub is_first: bool,
    /// The identities that were forgotten to make room for it.
    pub forgotten: Vec<FailId>,
}

/// How many identities one jail follows at once. An attacker who owns a /64 can send any number;
/// beyond this the ones that failed longest ago are forgotten.
const MOST_ENTRIES: usize = 200_000;

/// What is forgotten at once when the table is full, so that making room costs little per failure.
const EVICTED_AT_ONCE: usize = MOST_ENTRIES / 16;

impl Tallies {
    /// Counts one failure as so many attempts.
    ///
    /// As the original this is not a sliding window: when the first failure has left `findtime`,
    /// the count is scaled to what an even rate would have left within it (contract B 4.1).
    pub fn add(
        &mut self,
        failure: Failure,
        attempts: u32,
        findtime: Span,
        maxmatches: usize,
    ) -> Added<'_> {
        let is_first = !self.entries.contains_key(&failure.id);
        let forgotten = if self.entries.len() >= MOST_ENTRIES && is_first {
            self.evict()
        } else {
            Vec::new()
        };
        let time = failure.time;
        let tally = self.entries.entry(failure.id).or_insert_with(|| Tally {
            first: time,
            last: time,
            retry: 0,
            failures: 0,
            matches: Vec::new(),
            fields: failure.fields,
        });
        tally.count(time, attempts, findtime);
        tally.keep(failure.lines, maxmatches);
        Added {
            tally,
            is_first,
            forgotten,
        }
    }

    /// Counts the last failure of `id` for more attempts, as one more failure; returns how many count
    /// towards `maxretry` now.
    pub fn add_more(
        &mut self,
        id: &FailId,
        attempts: u32,
        lines: Vec<Box<str>>,
        maxmatches: usize,
    ) -> u32 {
        let Some(tally) = self.entries.get_mut(id) else {
            return 0;
        };
        tally.retry = tally.retry.saturating_add(attempts);
        tally.failures = tally.failures.saturating_add(1);
        tally.keep(lines, maxmatches);
        tally.retry
    }

    /// Returns the tally of `id`.
    #[must_use]
    pub fn tally(&self, id: &FailId) -> Option<&Tally> {
        self.entries.get(id)
    }

    /// Goes through the tallies, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&FailId, &Tally)> {
        self.entries.iter()
    }

    /// Takes the tally of `id` out.
    pub fn remove(&mut self, id: &FailId) -> Option<Tally> {
        self.entries.swap_remove(id)
    }

    /// Puts back a tally that was saved before a restart.
    pub fn recall(&mut self, id: FailId, tally: Tally) {
        if self.entries.len() < MOST_ENTRIES {
            self.entries.insert(id, tally);
        }
    }

    /// Forgets the identities whose last failure has left `findtime` and returns them.
    pub fn purge(&mut self, now: UnixTime, findtime: Span) -> Vec<FailId> {
        let limit = now.minus(findtime);
        self.forget(|tally| tally.last <= limit)
    }

    /// Returns the number of identities counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Tells whether nobody is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn evict(&mut self) -> Vec<FailId> {
        let mut times: Vec<UnixTime> = self.entries.values().map(|tally| tally.last).collect();
        let (_, limit, _) = times.select_nth_unstable(EVICTED_AT_ONCE);
        let limit = *limit;
        self.forget(|tally| tally.last <= limit)
    }

    fn forget(&mut self, condemned: impl Fn(&Tally) -> bool) -> Vec<FailId> {
        let mut forgotten = Vec::new();
        self.entries.retain(|id, tally| {
            let keep = !condemned(tally);
            if !keep {
                forgotten.push(id.clone());
            }
            keep
        });
        forgotten
    }
}

impl Tally {
    fn count(&mut self, time: UnixTime, attempts: u32, findtime: Span) {
        if time > self.last {
            if self.first < time.minus(findtime) {
                self.retry = faded(self.retry, time.since(self.first), findtime);
                self.first = time.minus(findtime);
            }
            self.last = time;
        }
        self.retry = self.retry.saturating_add(attempts);
        self.failures = self.failures.saturating_add(1);
    }

    fn keep(&mut self, lines: Vec<Box<str>>, maxmatches: usize) {
        self.matches.extend(lines);
        let surplus = self.matches.len().saturating_sub(maxmatches);
        self.matches.drain(..surplus);
    }
}

/// Returns what is left of `retry` failures spread over `passed` when only `findtime` counts.
///
/// As the original: floating point, in this order, a half rounded to the even neighbour.
fn faded(retry: u32, passed: Span, findtime: Span) -> u32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "spans of 285 years keep their microseconds"
    )]
    let seconds = |span: Span| span.as_micros() as f64 / 1e6;
    let left = (f64::from(retry) / seconds(passed) * seconds(findtime)).round_ties_even();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and the value lies between 0 and `retry`"
    )]
    let left = left as u32;
    left.min(retry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(id: &str, seconds: i64) -> Failure {
        Failure {
            id: FailId::parse(id),
            time: UnixTime::from_seconds(seconds),
            lines: vec![format!("line of {seconds}").into()],
            fields: Vec::new(),
        }
    }

    fn retries(findtime: i64, times: &[i64]) -> Vec<u32> {
        let mut tallies = Tallies::default();
        let mut seen = Vec::new();
        for time in times {
            let findtime = Span::from_seconds(findtime);
            let added = tallies.add(failure("192.0.2.1", *time), 1, findtime, 5);
            seen.push(added.tally.retry);
        }
        seen
    }

    /// Rows seen in a run of the original (contract B 4.1).
    #[test]
    fn failures_fade_as_the_originals() {
        let check = |findtime, times: &[i64], expected: &[u32]| {
            assert_eq!(
                retries(findtime, times),
                expected,
                "{times:?} within {findtime}"
            );
        };
        check(10, &[0, 6, 12], &[1, 2, 3]);
        check(10, &[0, 1, 2, 3], &[1, 2, 3, 4]);
        check(10, &[0, 100], &[1, 1]);
        // Lines out of order count, and do not turn the time back.
        check(10, &[100, 95, 101], &[1, 2, 3]);
        // 4/20·10 is exactly 2; 1/20·10 is a half and goes to 0.
        check(10, &[0, 0, 0, 0, 20], &[1, 2, 3, 4, 3]);
        check(10, &[0, 20], &[1, 1]);
    }

    #[test]
    fn only_the_last_maxmatches_lines_are_kept() {
        let mut tallies = Tallies::default();
        for time in 0..10 {
            tallies.add(failure("192.0.2.1", time), 1, Span::from_seconds(600), 3);
        }
        let tally = tallies.tally(&FailId::parse("192.0.2.1")).unwrap();
        let lines: Vec<&str> = tally.matches.iter().map(AsRef::as_ref).collect();
        assert_eq!(lines, ["line of 7", "line of 8", "line of 9"]);
        assert_eq!(tally.failures, 10);
    }

    #[test]
    fn a_flood_of_identities_forgets_the_oldest_ones() {
        let mut tallies = Tallies::default();
        let mut forgotten = 0;
        for number in 0..i64::try_from(MOST_ENTRIES).unwrap() + 10 {
            let added = tallies.add(
                failure(&format!("id-{number}"), number),
                1,
                Span::from_seconds(600),
                1,
            );
            forgotten += added.forgotten.len();
        }
        assert!(tallies.len() <= MOST_ENTRIES);
        assert_eq!(forgotten + tallies.len(), MOST_ENTRIES + 10);
        assert!(tallies.tally(&FailId::parse("id-0")).is_none());
    }

    #[test]
    fn an_identity_is_purged_once_findtime_has_passed_since_its_last_failure() {
        let mut tallies = Tallies::default();
        tallies.add(failure("a", 0), 1, Span::from_seconds(10), 1);
        tallies.add(failure("b", 5), 1, Span::from_seconds(10), 1);
        let gone = tallies.purge(UnixTime::from_seconds(10), Span::from_seconds(10));
        assert_eq!(gone, [FailId::parse("a")]);
        assert_eq!(tallies.len(), 1);
    }
}
