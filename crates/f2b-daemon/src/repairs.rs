//! When a table is looked at again, after another program has changed it.
//!
//! The first time at once. Should the other program do it again and again, it gets longer and longer
//! rests, and the log fewer and fewer lines: two programs that fight over a table without end would
//! help nobody.

use std::time::{Duration, Instant};

use f2b_firewall::News;

/// The rest after a repair.
const SHORTEST: Duration = Duration::from_millis(50);
/// The longest rest.
const LONGEST: Duration = Duration::from_secs(5);
/// How many times its own length a repair is followed by rest at most; the first ones by less.
const SHARE: u32 = 10;
/// After how long the next change counts as the first one.
const CALM: Duration = Duration::from_secs(30);
/// How many repairs in a row are told one by one.
const TOLD: u32 = 4;
/// How often the log is told that it goes on.
const TELL_PAUSE: Duration = Duration::from_secs(60);

/// What has to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// Whether all bans are there.
    Bans,
    /// Whether everything is there: something may have been missed.
    Doubt,
    /// Rules or more were taken away.
    Everything,
}

/// How much of a repair the log is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Nothing: it was told before.
    Nothing,
    /// What was repaired.
    Repair,
    /// That it goes on and on: so many repairs in a row, and how long the rest is now.
    Fight(u32, Duration),
}

#[derive(Debug, Default)]
pub(crate) struct Repairs {
    due: Option<(Instant, Scope)>,
    last: Option<Instant>,
    pause: Duration,
    in_row: u32,
    told: Option<Instant>,
}

impl Scope {
    pub(crate) fn of(news: &News) -> Self {
        match news {
            News::Anything => Self::Doubt,
            News::Lost(lost) if lost.set.is_some() => Self::Bans,
            News::Lost(_) => Self::Everything,
        }
    }
}

impl Repairs {
    /// Notes that something has to be looked at, as soon as the rest is over.
    pub(crate) fn ask(&mut self, scope: Scope, now: Instant) {
        let soonest = self.last.map_or(now, |last| last + self.pause).max(now);
        let (due, scope) = match self.due {
            Some((due, before)) => (due, scope.max(before)),
            None => (soonest, scope),
        };
        self.due = Some((due, scope));
    }

    /// Tells whether something is to be looked at, now or later.
    pub(crate) fn is_asked(&self) -> bool {
        self.due.is_some()
    }

    /// Returns how long it is until something has to be looked at.
    pub(crate) fn rest(&self, now: Instant) -> Option<Duration> {
        self.due.map(|(due, _)| due.saturating_duration_since(now))
    }

    /// Returns what has to be looked at now.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Scope> {
        let (due, scope) = self.due?;
        (due <= now).then(|| {
            self.due = None;
            scope
        })
    }

    /// Notes that it was looked at, how long that took, and whether something was amiss; says how much
    /// of it the log is told.
    pub(crate) fn done(&mut self, begun: Instant, now: Instant, was_amiss: bool) -> Telling {
        let is_calm = self.last.is_none_or(|last| begun - last >= CALM);
        if is_calm {
            (self.in_row, self.pause) = (0, SHORTEST);
        }
        self.last = Some(now);
        let cost = now - begun;
        if !was_amiss {
            self.pause = self.pause.max(cost);
            return Telling::Nothing;
        }
        self.in_row = self.in_row.saturating_add(1);
        if self.in_row > 1 {
            self.pause = (self.pause * 2).min(LONGEST);
        }
        self.pause = self.pause.max(cost * self.in_row.min(SHARE));
        if self.in_row <= TOLD {
            return Telling::Repair;
        }
        let is_told = |told: Instant| now - told < TELL_PAUSE;
        if self.in_row > TOLD + 1 && self.told.is_some_and(is_told) {
            return Telling::Nothing;
        }
        self.told = Some(now);
        Telling::Fight(self.in_row, self.pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COST: Duration = Duration::from_millis(2);

    /// Another program changes the table every 20 ms for so long; returns how many repairs there were,
    /// and what was told.
    fn fight(repairs: &mut Repairs, from: Instant, length: Duration) -> (u32, Vec<Telling>) {
        let mut told = Vec::new();
        let mut count = 0;
        let steps = length.as_millis() / 20;
        for step in 0..u32::try_from(steps).unwrap() {
            let now = from + Duration::from_millis(20) * step;
            repairs.ask(Scope::Everything, now);
            if repairs.take_due(now).is_some() {
                count += 1;
                told.push(repairs.done(now, now + COST, true));
            }
        }
        told.retain(|telling| *telling != Telling::Nothing);
        (count, told)
    }

    #[test]
    fn the_first_repair_is_at_once_and_a_fight_becomes_slower() {
        let mut repairs = Repairs::default();
        let begin = Instant::now();
        let (count, told) = fight(&mut repairs, begin, Duration::from_secs(600));
        assert!((100..140).contains(&count), "{count}");
        assert_eq!(told[..4], [Telling::Repair; 4]);
        assert!(matches!(told[4], Telling::Fight(5, _)));
        assert!((12..=16).contains(&told.len()), "{told:?}");
        // After a calm time the next change is the first again.
        let (count, told) = fight(&mut repairs, begin + Duration::from_secs(700), COST * 10);
        assert_eq!((count, told), (1, vec![Telling::Repair]));
    }

    #[test]
    fn what_is_asked_meanwhile_waits_for_the_end_of_the_rest() {
        let mut repairs = Repairs::default();
        let begin = Instant::now();
        repairs.ask(Scope::Bans, begin);
        assert_eq!(repairs.rest(begin), Some(Duration::ZERO));
        assert_eq!(repairs.take_due(begin), Some(Scope::Bans));
        assert_eq!(repairs.done(begin, begin + COST, true), Telling::Repair);
        repairs.ask(Scope::Bans, begin + COST);
        repairs.ask(Scope::Everything, begin + COST * 2);
        repairs.ask(Scope::Doubt, begin + COST * 3);
        assert_eq!(repairs.take_due(begin + COST * 4), None);
        assert_eq!(
            repairs.take_due(begin + COST + SHORTEST),
            Some(Scope::Everything)
        );
    }

    #[test]
    fn long_repairs_are_followed_by_longer_and_longer_rests() {
        let mut repairs = Repairs::default();
        let mut now = Instant::now();
        for (was_amiss, rest) in [
            (false, 1),
            (true, 1),
            (true, 2),
            (true, 4),
            (true, 5),
            (true, 5),
            (true, 6),
        ] {
            let begun = now;
            now += Duration::from_secs(1);
            repairs.done(begun, now, was_amiss);
            repairs.ask(Scope::Doubt, now);
            assert_eq!(repairs.rest(now), Some(Duration::from_secs(rest)));
            now += Duration::from_secs(rest);
            assert_eq!(repairs.take_due(now), Some(Scope::Doubt));
        }
    }
}
