//! `ignorecache`: verdicts kept for a while.

use indexmap::IndexMap;

use crate::{Span, UnixTime};

/// Verdicts by key, the oldest first; when there are too many the oldest goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreCache {
    /// The text that keys are made of, tags and all: `<ip>`.
    pub key: Box<str>,
    /// How many verdicts are kept.
    pub most: usize,
    /// How long one is kept.
    pub lifetime: Span,
    verdicts: IndexMap<Box<str>, (UnixTime, bool)>,
}

impl IgnoreCache {
    /// Returns an empty cache.
    #[must_use]
    pub fn new(key: &str, most: usize, lifetime: Span) -> Self {
        Self {
            key: key.into(),
            most,
            lifetime,
            verdicts: IndexMap::new(),
        }
    }

    /// Returns the verdict that is kept under a key: whether it is ignored.
    #[must_use]
    pub fn verdict(&self, key: &str, now: UnixTime) -> Option<bool> {
        let (time, verdict) = self.verdicts.get(key)?;
        (time.plus(self.lifetime) > now).then_some(*verdict)
    }

    /// Keeps a verdict.
    pub fn keep(&mut self, key: &str, is_ignored: bool, now: UnixTime) {
        self.verdicts.shift_remove(key);
        while self.verdicts.len() >= self.most.max(1) {
            self.verdicts.shift_remove_index(0);
        }
        self.verdicts.insert(key.into(), (now, is_ignored));
    }
}
