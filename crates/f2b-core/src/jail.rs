//! One jail as a state machine: inputs in, effects out.

use crate::{
    Ban, BanList, Bantime, FailId, Failure, IgnoreList, Span, StoredBan, Tallies, Tally, UnixTime,
};

/// What an administrator decides about a jail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Failures until the ban.
    pub maxretry: u32,
    /// How long a failure counts.
    pub findtime: Span,
    /// How long a ban lasts.
    pub bantime: Bantime,
    /// Lines kept per ticket.
    pub maxmatches: usize,
    /// Who is never banned.
    pub ignoreip: IgnoreList,
}

impl Default for Settings {
    /// Returns what holds when the configuration says nothing (contract A 2.1, column "Code").
    fn default() -> Self {
        Self {
            maxretry: 3,
            findtime: Span::from_seconds(600),
            bantime: Bantime::from_seconds(600),
            maxmatches: 5,
            ignoreip: IgnoreList::default(),
        }
    }
}

/// Everything that can make a jail act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line was a failed attempt.
    Failure(Failure),
    /// Somebody asks for a ban, now.
    Ban(FailId),
    /// Somebody asks for a ban's end.
    Unban(FailId),
    /// A ban stands in the database.
    Restore(StoredBan),
    /// A tally was saved before a restart.
    Recall(FailId, Tally),
    /// Time has passed.
    Clock,
}

/// What has to be carried out, in this order, for what a jail has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A failure was counted; its tally changed.
    Found {
        /// Who failed.
        id: FailId,
        /// When.
        time: UnixTime,
    },
    /// A failure of somebody in `ignoreip` was passed over.
    Ignored(FailId),
    /// The tally of this identity is no longer kept.
    Forgotten(FailId),
    /// A new ban, made or restored.
    Ban(Ban),
    /// A ban that was over before it could begin.
    AlreadyOver(FailId),
    /// A failure of somebody who is banned, this long after the ban began.
    AlreadyBanned {
        /// Who is banned.
        id: FailId,
        /// From the ban's begin to the failure.
        age: Span,
        /// When the ban ends.
        end: Option<UnixTime>,
    },
    /// A standing ban now ends at another time.
    EndMoved(Ban),
    /// A ban has ended.
    Unban(Ban, UnbanCause),
}

/// Why a ban ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnbanCause {
    /// Its time was over.
    Expired,
    /// Somebody asked for it.
    Asked,
}

/// What `status` counts since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Failures counted.
    pub failed: u64,
    /// Bans made or restored.
    pub banned: u64,
    /// Failures of ignored identities.
    pub ignored: u64,
}

/// A jail: what it was told, whom it follows, whom it has banned.
#[derive(Debug, Default)]
pub struct Jail {
    settings: Settings,
    tallies: Tallies,
    bans: BanList,
    counters: Counters,
    purged: Option<UnixTime>,
}

/// How often tallies are looked through for old ones.
const PURGE_PAUSE: Span = Span::from_seconds(5);

impl Jail {
    /// Returns a jail that has seen nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Takes one input at the moment `now` and returns what follows from it.
    ///
    /// The same inputs at the same moments have the same effects.
    #[must_use]
    pub fn on(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Failure(failure) => self.fail(failure, now, &mut effects),
            Input::Ban(id) => self.ban_by_hand(id, now, &mut effects),
            Input::Unban(id) => self.unban_by_hand(&id, &mut effects),
            Input::Restore(stored) => self.restore(stored, now, &mut effects),
            Input::Recall(id, tally) => self.recall(id, tally, now, &mut effects),
            Input::Clock => self.pass_time(now, &mut effects),
        }
        effects
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

    /// Returns the settings to change them. What stands already is not judged again.
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

    fn fail(&mut self, mut failure: Failure, now: UnixTime, effects: &mut Vec<Effect>) {
        failure.time = failure.time.min(now);
        if self.settings.ignoreip.holds(&failure.id) {
            self.counters.ignored += 1;
            effects.push(Effect::Ignored(failure.id));
            return;
        }
        let (id, time) = (failure.id.clone(), failure.time);
        self.counters.failed += 1;
        effects.push(Effect::Found {
            id: id.clone(),
            time,
        });
        let settings = &self.settings;
        let (tally, forgotten) = self
            .tallies
            .add(failure, settings.findtime, settings.maxmatches);
        let enough = tally.retry >= settings.maxretry;
        effects.extend(forgotten.into_iter().map(Effect::Forgotten));
        if enough && let Some(tally) = self.tallies.remove(&id) {
            effects.push(Effect::Forgotten(id.clone()));
            self.ban(ban_of(id, tally, settings.bantime), now, effects);
        }
    }

    fn ban_by_hand(&mut self, id: FailId, now: UnixTime, effects: &mut Vec<Effect>) {
        let ban = Ban {
            id,
            time: now,
            bantime: self.settings.bantime,
            count: 1,
            failures: 0,
            matches: Vec::new(),
            fields: Vec::new(),
            restored: false,
        };
        self.ban(ban, now, effects);
    }

    fn ban(&mut self, ban: Ban, now: UnixTime, effects: &mut Vec<Effect>) {
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
        } else if ban.is_over(now) {
            effects.push(Effect::AlreadyOver(ban.id));
        } else {
            self.counters.banned += 1;
            self.bans.insert(ban.clone());
            effects.push(Effect::Ban(ban));
        }
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
    /// beyond the jail's own is cut to it (contract B 7, "Restore").
    fn restore(&mut self, stored: StoredBan, now: UnixTime, effects: &mut Vec<Effect>) {
        if self.settings.ignoreip.holds(&stored.id) {
            effects.push(Effect::Ignored(stored.id));
            return;
        }
        let own = self.settings.bantime;
        let bantime = match (stored.bantime.unwrap_or(own), own) {
            (Bantime::Lasting(stored), Bantime::Lasting(own)) => Bantime::Lasting(stored.min(own)),
            (Bantime::Permanent, own) => own,
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
            count: stored.count.saturating_add(1),
            failures: stored.failures,
            matches: stored.matches.into_iter().skip(surplus).collect(),
            fields: stored.fields,
            restored: true,
        };
        if !ban.is_over(now) && self.bans.ban(&ban.id).is_none() {
            self.ban(ban, now, effects);
        }
    }

    fn recall(&mut self, id: FailId, tally: Tally, now: UnixTime, effects: &mut Vec<Effect>) {
        let faded = tally.last <= now.minus(self.settings.findtime);
        if faded || self.settings.ignoreip.holds(&id) {
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
