//! The rules of jails that read the same lines, made ready to be asked together.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use f2b_match::{Filter, Pass};
use indexmap::IndexMap;

/// The state of a filter; it gets another one whenever it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// Returns one that no filter has had.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What was made so far, by the filters in the order of their jails.
#[derive(Debug, Default)]
pub(super) struct Passes {
    passes: IndexMap<Vec<Stamp>, Pass>,
}

impl Passes {
    /// Forgets what was made of filters that have changed or gone; `current` are those of all jails.
    pub(super) fn keep(&mut self, current: &HashSet<Stamp>) {
        self.passes
            .retain(|stamps, _| stamps.iter().all(|stamp| current.contains(stamp)));
    }

    /// Returns the rules of these filters together.
    pub(super) fn of(&mut self, filters: &[(Stamp, &Filter)]) -> &mut Pass {
        let stamps: Vec<Stamp> = filters.iter().map(|(stamp, _)| *stamp).collect();
        self.passes
            .entry(stamps)
            .or_insert_with(|| Pass::new(filters.iter().map(|(_, filter)| *filter)))
    }
}
