//! One jail as a state machine: inputs in, effects out.

mod words;

use std::sync::Arc;

use crate::increment::weight;
use crate::{
    Ban, BanList, Bantime, Before, Dice, FailId, Failure, History, Span, StoredBan, Tallies, Tally,
    UnixTime,
};

pub use words::{Counters, Effect, Input, Settings, UnbanCause};

/// A jail: what it was told, whom it follows, whom it has banned.
#[derive(Debug)]
pub struct Jail {
    name: Arc<str>,
    dice: Dice,
    settings: Settings,
    tallies: Tallies,
    bans: BanList,
    counters: Counters,
    purged: Option<UnixTime>,
}

/// How often tallies are looked through for old ones.
const PURGE_PAUSE: Span = Span::from_seconds(5);

impl Jail {
    /// Returns a jail that has seen nothing yet; what is left to chance comes from `dice`.
    #[must_use]
    pub fn new(name: &str, settings: Settings, dice: Dice) -> Self {
        Self {
            name: name.into(),
            dice,
            settings,
            tallies: Tallies::default(),
            bans: BanList::default(),
            counters: Counters::default(),
            purged: None,
        }
    }

    /// Takes one input at the moment `now` and returns what follows from it; `history` tells who was
    /// banned before.
    ///
    /// The same inputs at the same moments have the same effects.
    #[must_use]
    pub fn on(&mut self, input: Input, now: UnixTime, history: &History) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Failure(failure) => self.fail(failure, now, history, &mut effects),
            Input::Attempt(id, lines) => self.attempt(id, lines, now, history, &mut effects),
            Input::Ignore(id, by) => {
                self.counters.ignored += 1;
                effects.push(Effect::Ignored(id, by));
            }
            Input::Ban(id) => self.ban_by_hand(id, now, history, &mut effects),
            Input::Unban(id) => self.unban_by_hand(&id, &mut effects),
            Input::Restore(stored) => self.restore(stored, now, &mut effects),
            Input::Recall(id, tally) => self.recall(id, tally, now, &mut effects),
            Input::Settled => self.follow_settings(&mut effects),
            Input::Clock => self.pass_time(now, &mut effects),
        }
        effects
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns the next moment at which [`Input::Clock`] will have an effect on the bans.
    #[must_use]
    pub fn next_end(&self) -> Option<UnixTime> {
        self.bans.next_end()
    }

    /// Returns the settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the settings to change them; [`Input::Settled`] lets what stands follow.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Returns the bans that stand.
    #[must_use]
    pub fn bans(&self) -> &BanList {
        &self.bans
    }

    /// Returns the failures that are being counted.
    #[must_use]
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// Returns the counters of `status`.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn fail(
        &mut self,
        mut failure: Failure,
        now: UnixTime,
        history: &History,
        effects: &mut Vec<Effect>,
    ) {
        failure.time = failure.time.min(now);
        effects.push(Effect::Found {
            id: failure.id.clone(),
            time: failure.time,
        });
        self.count(failure, 1, now, history, effects);
    }

    fn attempt(
        &mut self,
        id: FailId,
        lines: Vec<Box<str>>,
        now: UnixTime,
        history: &History,
        effects: &mut Vec<Effect>,
    ) {
        effects.push(Effect::Attempted {
            id: id.clone(),
            time: now,
        });
        let attempts = u32::try_from(lines.len().max(1)).unwrap_or(u32::MAX);
        let failure = Failure {
            id,
            time: now,
            lines,
            fields: Vec::new(),
        };
        self.count(failure, attempts, now, history, effects);
    }

    /// Counts a failure as so many attempts; bans if it is enough.
    fn count(
        &mut self,
        failure: Failure,
        attempts: u32,
        now: UnixTime,
        history: &History,
        effects: &mut Vec<Effect>,
    ) {
        let (id, time) = (failure.id.clone(), failure.time);
        self.counters.failed += 1;
        let settings = &self.settings;
        let (findtime, maxmatches) = (settings.findtime, settings.maxmatches);
        let weight = self.weight(&id, time, history, effects);
        // As the original: what counts more than once is counted once more, with its lines unless
        // they are the first.
        let again = weight.map(|weight| (weight - 1, failure.lines.clone()));
        let added = self.tallies.add(failure, attempts, findtime, maxmatches);
        let mut retry = added.tally.retry;
        let is_first = added.is_first;
        effects.extend(added.forgotten.into_iter().map(Effect::Forgotten));
        if retry < self.settings.maxretry
            && let Some((attempts, lines)) = again
        {
            let lines = if is_first { Vec::new() } else { lines };
            retry = self.tallies.add_more(&id, attempts, lines, maxmatches);
        }
        if retry >= self.settings.maxretry
            && let Some(tally) = self.tallies.remove(&id)
        {
            effects.push(Effect::Forgotten(id.clone()));
            self.ban(
                ban_of(id, tally, self.settings.bantime),
                now,
                history,
                effects,
            );
        }
    }

    /// For how many failures one of this identity counts, if for more than one.
    fn weight(
        &self,
        id: &FailId,
        time: UnixTime,
        history: &History,
        effects: &mut Vec<Effect>,
    ) -> Option<u32> {
        if !self.settings.increment.is_on {
            return None;
        }
        let before = history.before(id, &self.name)?;
        if before.count == 0 || time <= before.time {
            return None;
        }
        let enough = self.settings.maxretry.max(1);
        let whole = weight(before.count);
        let weight = whole.min(enough);
        effects.push(Effect::FoundBad {
            id: id.clone(),
            time,
            count: before.count,
            weight,
            is_enough: weight == enough,
            is_cut: whole > enough,
        });
        Some(weight)
    }

    fn ban_by_hand(
        &mut self,
        id: FailId,
        now: UnixTime,
        history: &History,
        effects: &mut Vec<Effect>,
    ) {
        let ban = Ban {
            id,
            time: now,
            bantime: self.settings.bantime,
            has_own_bantime: false,
            count: 1,
            failures: 0,
            matches: Vec::new(),
            fields: Vec::new(),
            restored: false,
        };
        self.ban(ban, now, history, effects);
    }

    fn ban(&mut self, mut ban: Ban, now: UnixTime, history: &History, effects: &mut Vec<Effect>) {
        if let Some(standing) = self.bans.ban(&ban.id) {
            let age = ban.time.since(standing.time);
            effects.push(Effect::AlreadyBanned {
                id: ban.id.clone(),
                age,
                end: standing.end(),
            });
            if let Some(bantime) = prolonged(standing, &ban)
                && let Some(moved) = self.bans.set_bantime(&ban.id, bantime)
            {
                effects.push(Effect::EndMoved(moved.clone()));
            }
            return;
        }
        if self.is_past(&ban, history) {
            effects.push(Effect::AlreadyOver(ban.id));
            return;
        }
        let before = self.increase(&mut ban, history);
        if ban.is_over(now) {
            effects.push(Effect::AlreadyOver(ban.id));
            return;
        }
        self.counters.banned += 1;
        self.bans.insert(ban.clone());
        effects.push(Effect::Ban(ban.clone()));
        if let (Some(before), Bantime::Lasting(from)) = (before, self.settings.bantime)
            && ban.bantime != self.settings.bantime
        {
            effects.push(Effect::Increased { ban, before, from });
        }
    }

    /// Tells whether this very ban was made before a crash and has ended since: its lines are read again,
    /// and it must not count as one more.
    fn is_past(&self, ban: &Ban, history: &History) -> bool {
        let made = ban.time.rounded_seconds();
        !ban.restored
            && self.settings.increment.is_on
            && history
                .before(&ban.id, &self.name)
                .is_some_and(|before| before.time == UnixTime::from_seconds(made))
    }

    /// Gives a new ban its number and length by the bans before it, and returns these.
    fn increase(&mut self, ban: &mut Ban, history: &History) -> Option<Before> {
        let settings = &self.settings;
        let Bantime::Lasting(from) = settings.bantime else {
            return None;
        };
        if ban.restored || !settings.increment.is_on {
            return None;
        }
        let before = match settings.increment.overalljails {
            true => history.before_anywhere(&ban.id),
            false => history.before(&ban.id, &self.name),
        };
        let before = before.filter(|before| before.count > 0)?;
        let length = settings
            .increment
            .bantime(from, before.count, &mut self.dice);
        ban.bantime = Bantime::Lasting(length);
        ban.has_own_bantime = length != from;
        ban.count = before.count.saturating_add(1);
        Some(before)
    }

    fn unban_by_hand(&mut self, id: &FailId, effects: &mut Vec<Effect>) {
        if let Some(ban) = self.bans.remove(id) {
            effects.push(Effect::Unban(ban, UnbanCause::Asked));
            return;
        }
        let inside: Vec<FailId> = self
            .bans
            .iter()
            .map(|ban| &ban.id)
            .filter(|banned| id.contains(banned))
            .cloned()
            .collect();
        for banned in inside {
            if let Some(ban) = self.bans.remove(&banned) {
                effects.push(Effect::Unban(ban, UnbanCause::Asked));
            }
        }
    }

    /// Takes up a ban of the database if it still stands under today's settings: a stored length
    /// beyond the longest that the jail allows is cut to it (contract B 7, "Restore").
    fn restore(&mut self, stored: StoredBan, now: UnixTime, effects: &mut Vec<Effect>) {
        let own = self.settings.bantime;
        let longest = self.settings.increment.longest(own);
        let bantime = match (stored.bantime.unwrap_or(own), longest) {
            (Bantime::Lasting(stored), Bantime::Lasting(longest)) => {
                Bantime::Lasting(stored.min(longest))
            }
            (Bantime::Permanent, longest) => longest,
            (stored @ Bantime::Lasting(_), Bantime::Permanent) => stored,
        };
        let surplus = stored
            .matches
            .len()
            .saturating_sub(self.settings.maxmatches);
        let ban = Ban {
            id: stored.id,
            time: stored.time,
            bantime,
            has_own_bantime: true,
            count: stored.count.saturating_add(1),
            failures: stored.failures,
            matches: stored.matches.into_iter().skip(surplus).collect(),
            fields: stored.fields,
            restored: true,
        };
        if !ban.is_over(now) && self.bans.ban(&ban.id).is_none() {
            self.ban(ban, now, &History::default(), effects);
        }
    }

    /// Lets bans without a length of their own follow the jail's `bantime`.
    fn follow_settings(&mut self, effects: &mut Vec<Effect>) {
        let bantime = self.settings.bantime;
        let follows = |ban: &&Ban| !ban.has_own_bantime && ban.bantime != bantime;
        let ids: Vec<FailId> = self
            .bans
            .iter()
            .filter(follows)
            .map(|ban| ban.id.clone())
            .collect();
        for id in ids {
            let moved = self.bans.follow_bantime(&id, bantime);
            effects.extend(moved.cloned().map(Effect::EndMoved));
        }
    }

    fn recall(&mut self, id: FailId, tally: Tally, now: UnixTime, effects: &mut Vec<Effect>) {
        let faded = tally.last <= now.minus(self.settings.findtime);
        if faded {
            effects.push(Effect::Forgotten(id));
        } else {
            self.tallies.recall(id, tally);
        }
    }

    fn pass_time(&mut self, now: UnixTime, effects: &mut Vec<Effect>) {
        while let Some(ban) = self.bans.remove_over(now) {
            effects.push(Effect::Unban(ban, UnbanCause::Expired));
        }
        // The clock may have been set back.
        let since = |before| now.since(before).as_micros().unsigned_abs();
        let pause = PURGE_PAUSE.as_micros().unsigned_abs();
        if self.purged.is_none_or(|before| since(before) >= pause) {
            self.purged = Some(now);
            let forgotten = self.tallies.purge(now, self.settings.findtime);
            effects.extend(forgotten.into_iter().map(Effect::Forgotten));
        }
    }
}

fn ban_of(id: FailId, tally: Tally, bantime: Bantime) -> Ban {
    Ban {
        id,
        time: tally.last,
        bantime,
        has_own_bantime: false,
        count: 1,
        failures: tally.failures,
        matches: tally.matches,
        fields: tally.fields,
        restored: false,
    }
}

/// Returns the length that lets a standing ban end when `ban` would; `None` if it lasts as long
/// already.
fn prolonged(standing: &Ban, ban: &Ban) -> Option<Bantime> {
    match (standing.end(), ban.end()) {
        (None, _) => None,
        (Some(_), None) => Some(Bantime::Permanent),
        (Some(old), Some(new)) => (new > old).then(|| Bantime::Lasting(new.since(standing.time))),
    }
}

#[cfg(test)]
mod tests;
