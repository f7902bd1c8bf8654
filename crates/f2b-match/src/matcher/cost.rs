//! What each rule has cost.

/// What is known of one `failregex`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCost {
    /// Lines that it was held against; most lines are passed over before.
    pub tried: u64,
    /// Lines that it matched.
    pub matched: u64,
    /// How long that took, in nanoseconds, estimated from one search in sixteen; 0 without a clock.
    pub nanos: u64,
}

/// A clock that counts nanoseconds from any beginning.
pub type NanoClock = fn() -> u64;

/// One search in so many is timed: looking at the clock takes as long as a short rule.
const SAMPLE: u64 = 16;

/// The costs of a filter's rules, by their place.
#[derive(Debug, Default)]
pub(super) struct Costs {
    rules: Vec<RuleCost>,
    clock: Option<NanoClock>,
    searches: u64,
}

impl Costs {
    pub(super) fn set_clock(&mut self, clock: NanoClock) {
        self.clock = Some(clock);
    }

    pub(super) fn of(&self) -> &[RuleCost] {
        &self.rules
    }

    pub(super) fn forget(&mut self) {
        self.rules.clear();
    }

    /// Carries out a search and counts it for the rule at a place.
    pub(super) fn count<T, E>(
        &mut self,
        place: usize,
        search: impl FnOnce() -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        if self.rules.len() <= place {
            self.rules.resize(place + 1, RuleCost::default());
        }
        self.searches = self.searches.wrapping_add(1);
        let clock = self.clock.filter(|_| self.searches.is_multiple_of(SAMPLE));
        let begin = clock.map(|clock| clock());
        let found = search();
        let taken = match (clock, begin) {
            (Some(clock), Some(begin)) => clock().saturating_sub(begin).saturating_mul(SAMPLE),
            _ => 0,
        };
        if let Some(cost) = self.rules.get_mut(place) {
            cost.tried += 1;
            cost.matched += u64::from(matches!(found, Ok(Some(_))));
            cost.nanos = cost.nanos.saturating_add(taken);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_search_in_sixteen_is_timed_for_all() {
        let mut costs = Costs::default();
        // Each look at the clock is one nanosecond after the one before.
        costs.set_clock(|| {
            use std::sync::atomic::{AtomicU64, Ordering};
            static NOW: AtomicU64 = AtomicU64::new(0);
            NOW.fetch_add(1, Ordering::Relaxed)
        });
        for number in 0..160 {
            let found = (number % 4 == 0).then_some(());
            assert_eq!(costs.count(1, || Ok::<_, ()>(found)), Ok(found));
        }
        let expected = RuleCost {
            tried: 160,
            matched: 40,
            nanos: 160,
        };
        assert_eq!(costs.of(), [RuleCost::default(), expected]);
    }
}
