//! Who is never banned.

use crate::FailId;

/// The identities of `ignoreip`: addresses, networks, or exact text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreList {
    entries: Vec<FailId>,
}

impl IgnoreList {
    /// Adds an entry; one that is there already is not added again.
    ///
    /// As the original: an exact entry that is a text matches an equal text identity only.
    pub fn add(&mut self, entry: FailId) {
        if !self.entries.contains(&entry) {
            self.entries.push(entry);
        }
    }

    /// Removes an entry; returns whether it was there.
    pub fn remove(&mut self, entry: &FailId) -> bool {
        let before = self.entries.len();
        self.entries.retain(|known| known != entry);
        self.entries.len() < before
    }

    /// Goes through the entries as they are listed: networks and texts first, then single addresses.
    pub fn listed(&self) -> impl Iterator<Item = &FailId> {
        let is_single = |entry: &&FailId| matches!(entry, FailId::Address(_));
        let others = self.entries.iter().filter(move |entry| !is_single(entry));
        others.chain(self.entries.iter().filter(is_single))
    }

    /// Tells whether `id` is one of the entries or lies in one.
    #[must_use]
    pub fn holds(&self, id: &FailId) -> bool {
        self.entries.iter().any(|entry| entry.contains(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_addresses_are_ignored_in_any_spelling() {
        let mut list = IgnoreList::default();
        for entry in ["127.0.0.1/8", "::1", "192.0.2.7"] {
            list.add(FailId::parse(entry));
        }
        let check = |text: &str, expected: bool| {
            assert_eq!(list.holds(&FailId::parse(text)), expected, "{text}");
        };
        check("127.9.9.9", true);
        check("0:0::1", true);
        check("::ffff:192.0.2.7", true);
        check("192.0.2.8", false);
        check("localhost", false);
        assert!(list.remove(&FailId::parse("0:0::1")));
        assert!(!list.remove(&FailId::parse("127.9.9.9")));
        assert!(!list.holds(&FailId::parse("::1")));
    }
}
