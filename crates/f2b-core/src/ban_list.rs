//! The bans of one jail that stand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Ban, Bantime, FailId, UnixTime};

/// Bans in the order they were made, found by identity and by their end.
#[derive(Debug, Default)]
pub struct BanList {
    bans: BTreeMap<u64, Ban>,
    by_id: HashMap<FailId, u64>,
    by_end: BTreeSet<(UnixTime, u64)>,
    next: u64,
}

impl BanList {
    /// Adds a ban. One of the same identity that stood before is replaced and returned.
    pub fn insert(&mut self, ban: Ban) -> Option<Ban> {
        let replaced = self.remove(&ban.id.clone());
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.by_id.insert(ban.id.clone(), number);
        if let Some(end) = ban.end() {
            self.by_end.insert((end, number));
        }
        self.bans.insert(number, ban);
        replaced
    }

    /// Takes the ban of `id` out.
    pub fn remove(&mut self, id: &FailId) -> Option<Ban> {
        let number = self.by_id.remove(id)?;
        let ban = self.bans.remove(&number)?;
        if let Some(end) = ban.end() {
            self.by_end.remove(&(end, number));
        }
        Some(ban)
    }

    /// Returns the ban of `id`.
    #[must_use]
    pub fn ban(&self, id: &FailId) -> Option<&Ban> {
        self.bans.get(self.by_id.get(id)?)
    }

    /// Gives the ban of `id` a length of its own; its begin stays.
    pub fn set_bantime(&mut self, id: &FailId, bantime: Bantime) -> Option<&Ban> {
        let number = *self.by_id.get(id)?;
        self.bans.get_mut(&number)?.has_own_bantime = true;
        self.follow_bantime(id, bantime)
    }

    /// Gives the ban of `id` another length that is not its own; its begin stays.
    pub fn follow_bantime(&mut self, id: &FailId, bantime: Bantime) -> Option<&Ban> {
        let number = *self.by_id.get(id)?;
        let ban = self.bans.get_mut(&number)?;
        if let Some(end) = ban.end() {
            self.by_end.remove(&(end, number));
        }
        ban.bantime = bantime;
        if let Some(end) = ban.end() {
            self.by_end.insert((end, number));
        }
        Some(ban)
    }

    /// Takes out the ban that ended first, if it is over at `now`.
    pub fn remove_over(&mut self, now: UnixTime) -> Option<Ban> {
        let (end, number) = *self.by_end.first()?;
        if end >= now {
            return None;
        }
        self.by_end.remove(&(end, number));
        let ban = self.bans.remove(&number)?;
        self.by_id.remove(&ban.id);
        Some(ban)
    }

    /// Returns the next moment at which a ban ends.
    #[must_use]
    pub fn next_end(&self) -> Option<UnixTime> {
        self.by_end.first().map(|(end, _)| *end)
    }

    /// Goes through the bans in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Ban> {
        self.bans.values()
    }

    /// Returns the number of bans.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bans.len()
    }

    /// Tells whether nobody is banned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bans.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Span;

    fn ban(id: &str, time: i64, bantime: Bantime) -> Ban {
        Ban {
            id: FailId::parse(id),
            time: UnixTime::from_seconds(time),
            bantime,
            has_own_bantime: false,
            count: 1,
            failures: 1,
            matches: Vec::new(),
            fields: Vec::new(),
            restored: false,
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Insert(u8, i64, Option<i64>),
        Remove(u8),
        SetBantime(u8, i64),
        Over(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..6u8, 0..50i64, proptest::option::of(0..20i64))
                .prop_map(|(id, at, length)| Step::Insert(id, at, length)),
            (0..6u8).prop_map(Step::Remove),
            (0..6u8, 0..50i64).prop_map(|(id, at)| Step::SetBantime(id, at)),
            (0..80i64).prop_map(Step::Over),
        ]
    }

    proptest! {
        /// Beside a plain vector, searched from end to end.
        #[test]
        fn the_three_indexes_agree_with_a_plain_list(steps in proptest::collection::vec(step(), 0..60)) {
            let mut list = BanList::default();
            let mut model: Vec<Ban> = Vec::new();
            for step in steps {
                match step {
                    Step::Insert(id, at, length) => {
                        let bantime = length.map_or(Bantime::Permanent, |seconds| Bantime::Lasting(Span::from_seconds(seconds)));
                        let new = ban(&id.to_string(), at, bantime);
                        model.retain(|ban| ban.id != new.id);
                        model.push(new.clone());
                        list.insert(new);
                    }
                    Step::Remove(id) => {
                        let id = FailId::parse(&id.to_string());
                        model.retain(|ban| ban.id != id);
                        list.remove(&id);
                    }
                    Step::SetBantime(id, seconds) => {
                        let id = FailId::parse(&id.to_string());
                        let bantime = Bantime::from_seconds(seconds);
                        for ban in model.iter_mut().filter(|ban| ban.id == id) {
                            ban.bantime = bantime;
                            ban.has_own_bantime = true;
                        }
                        list.set_bantime(&id, bantime);
                    }
                    Step::Over(now) => {
                        let now = UnixTime::from_seconds(now);
                        model.retain(|ban| !ban.is_over(now));
                        while list.remove_over(now).is_some() {}
                    }
                }
                let listed: Vec<&Ban> = list.iter().collect();
                prop_assert_eq!(listed, model.iter().collect::<Vec<_>>());
                prop_assert_eq!(list.len(), model.len());
                prop_assert_eq!(list.next_end(), model.iter().filter_map(Ban::end).min());
                for ban in &model {
                    prop_assert_eq!(list.ban(&ban.id), Some(ban));
                }
            }
        }
    }
}
