//! Who was banned before, in any jail: the newest ban of each (contract B 7, table `bips`).

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Ban, Bantime, FailId, Span, UnixTime};

/// The newest ban of each identity in each jail.
#[derive(Clone, Debug, Default)]
pub struct History {
    past: HashMap<FailId, Vec<Past>>,
}

/// The newest ban of one identity in one jail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The jail.
    pub jail: Arc<str>,
    /// When it began.
    pub time: UnixTime,
    /// How long it lasted or lasts.
    pub bantime: Bantime,
    /// How many bans there were, this one included.
    pub count: u32,
}

/// What counts of an identity's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// How many bans there were.
    pub count: u32,
    /// When the last one began.
    pub time: UnixTime,
}

impl History {
    /// Takes up what is known of an identity in a jail, in place of what was known before.
    pub fn note(&mut self, id: FailId, past: Past) {
        let known = self.past.entry(id).or_default();
        match known.iter_mut().find(|known| known.jail == past.jail) {
            Some(known) => *known = past,
            None => known.push(past),
        }
    }

    /// Takes up a new ban.
    pub fn note_ban(&mut self, jail: &Arc<str>, ban: &Ban) {
        let past = Past {
            jail: Arc::clone(jail),
            // As it is stored.
            time: UnixTime::from_seconds(ban.time.rounded_seconds()),
            bantime: ban.bantime,
            count: ban.count,
        };
        self.note(ban.id.clone(), past);
    }

    /// Forgets an identity in a jail, as an unban by hand does.
    pub fn forget(&mut self, id: &FailId, jail: &str) {
        if let Some(known) = self.past.get_mut(id) {
            known.retain(|past| *past.jail != *jail);
            if known.is_empty() {
                self.past.remove(id);
            }
        }
    }

    /// Forgets what the database forgets at its purge: what began before `limit` and would have ended
    /// before it even at three times its length.
    pub fn purge(&mut self, limit: UnixTime) {
        self.past.retain(|_, known| {
            known.retain(|past| !is_old(past, limit));
            !known.is_empty()
        });
    }

    /// Returns what is known of an identity in a jail.
    #[must_use]
    pub fn before(&self, id: &FailId, jail: &str) -> Option<Before> {
        let known = self.past.get(id)?;
        let past = known.iter().find(|past| *past.jail == *jail)?;
        Some(Before {
            count: past.count,
            time: past.time,
        })
    }

    /// Returns what is known of an identity in all jails together.
    #[must_use]
    pub fn before_anywhere(&self, id: &FailId) -> Option<Before> {
        let known = self.past.get(id)?;
        let count = known
            .iter()
            .fold(0_u32, |count, past| count.saturating_add(past.count));
        let time = known.iter().map(|past| past.time).max()?;
        Some(Before { count, time })
    }
}

fn is_old(past: &Past, limit: UnixTime) -> bool {
    let Bantime::Lasting(length) = past.bantime else {
        return false;
    };
    let threefold = Span::from_micros(length.as_micros().saturating_mul(3));
    past.time < limit && past.time.plus(threefold) < limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(jail: &str, seconds: i64, count: u32) -> Past {
        Past {
            jail: jail.into(),
            time: UnixTime::from_seconds(seconds),
            bantime: Bantime::from_seconds(100),
            count,
        }
    }

    #[test]
    fn bans_of_all_jails_are_counted_together() {
        let id = FailId::parse("192.0.2.1");
        let mut history = History::default();
        history.note(id.clone(), past("a", 10, 1));
        history.note(id.clone(), past("b", 30, 2));
        history.note(id.clone(), past("a", 20, 2));
        let before = |count, seconds| {
            let time = UnixTime::from_seconds(seconds);
            Some(Before { count, time })
        };
        assert_eq!(history.before(&id, "a"), before(2, 20));
        assert_eq!(history.before_anywhere(&id), before(4, 30));
        history.forget(&id, "b");
        assert_eq!(history.before_anywhere(&id), before(2, 20));
        history.purge(UnixTime::from_seconds(320));
        assert_eq!(history.before(&id, "a"), before(2, 20));
        history.purge(UnixTime::from_seconds(321));
        assert_eq!(history.before_anywhere(&id), None);
    }
}
