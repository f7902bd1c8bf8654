//! What another program took away is put back, and it is looked whether it holds.

use std::collections::HashMap;
use std::time::Duration;

use f2b_core::UnixTime;
use f2b_firewall::{Change, Element, FirewallError, LONGEST_TIMEOUT, Outcome};
use ipnet::IpNet;

use super::changes::is_gone;
use super::{Kernel, TABLE, timeout, told};
use crate::clock;
use crate::enforcement::{BanState, Wanted};
use crate::log::{Level, Line};
use crate::repairs::{Scope, Telling};

/// How far the end of an element may be from that of its ban.
const TOLERANCE: Duration = Duration::from_secs(2);

/// What was amiss, and what was done.
#[derive(Debug, Default)]
struct Mended {
    /// Whether table, chains, sets or rules were missing.
    layout: bool,
    /// How many bans were put back.
    bans: usize,
    /// How many elements that no ban explains were removed.
    strangers: usize,
    /// How many of all that the kernel refused and had not refused before, and why it did one of them.
    refused: usize,
    reason: Option<String>,
    /// Whether to try again may help.
    is_unfinished: bool,
}

impl Kernel {
    /// Looks at the table and mends it; returns what is to be said.
    pub(super) fn repair(&mut self, scope: Scope) -> Vec<Line> {
        if self.engine.is_none() {
            return Vec::new();
        }
        let begun = clock::tick();
        let mended = match self.mend(scope) {
            // More is gone than was told before.
            Err(error) if is_gone(&error) => self.mend(Scope::Everything),
            mended => mended,
        };
        let now = clock::tick();
        let was_amiss = mended.as_ref().map_or(true, Mended::was_amiss);
        if let Err(error) = &mended {
            let mut state = self.enforcement.lock();
            let jails = state.jails.values_mut();
            jails.for_each(|jail| jail.note_all_failed(&told(error)));
        }
        let telling = self.repairs.done(begun, now, was_amiss);
        // What could not be done is tried again, after a rest.
        if !matches!(&mended, Ok(mended) if !mended.is_unfinished) {
            self.repairs.ask(Scope::Everything, now);
        }
        let (level, text) = match (telling, mended) {
            (Telling::Nothing, _) => return Vec::new(),
            (_, Err(error)) => (
                Level::Error,
                format!(
                    "The table inet {TABLE} could not be made again: {}",
                    told(&error)
                ),
            ),
            (Telling::Fight(times, pause), Ok(_)) => (
                Level::Warning,
                format!(
                    "The table inet {TABLE} is changed by another program again and again, {times} times so far: \
                     it is made again every {pause:.1?} (hint: keep `flush ruleset` out of other programs' rules)"
                ),
            ),
            (Telling::Repair, Ok(mended)) => mended.told(),
        };
        vec![Line::new(level, "actions", text)]
    }

    fn mend(&mut self, scope: Scope) -> Result<Mended, FirewallError> {
        let mut mended = Mended::default();
        let Some(engine) = &mut self.engine else {
            return Ok(mended);
        };
        if scope > Scope::Bans {
            mended.layout = !engine.is_whole()?;
            if mended.layout || scope == Scope::Everything {
                engine.repair()?;
            }
        }
        let jails: Vec<String> = engine.jails().map(|rules| rules.jail.clone()).collect();
        let mut changes = Vec::new();
        let mut places = Vec::new();
        for jail in jails {
            let held = engine.elements(&jail)?;
            let now = clock::now();
            let Compared {
                mut missing,
                strangers,
                found,
            } = compare(&held, self.enforcement.wanted(&jail), now);
            let mut state = self.enforcement.lock();
            let entry = state.jails.entry(&jail);
            for ban in found {
                entry.note_state(&ban.id, BanState::InKernel);
            }
            drop(state);
            missing.sort_by_key(|ban| ban.net.prefix_len());
            for ban in missing {
                mended.bans += usize::from(!ban.was_refused);
                let (jail, net) = (jail.clone(), ban.net);
                let timeout = ban.end.map(|end| timeout(end, now));
                places.push(Some(ban));
                changes.push(Change::Ban { jail, net, timeout });
            }
            // An old ruleset that was put back holds old bans. Others were put there by hand.
            if scope == Scope::Everything && self.reconciled.contains(&jail) {
                mended.strangers += strangers.len();
                for net in strangers {
                    let jail = jail.clone();
                    places.push(None);
                    changes.push(Change::Unban { jail, net });
                }
            }
        }
        self.put_back(&changes, &places, &mut mended);
        Ok(mended)
    }

    /// Networks that did not come in because of others have their turn when those go.
    pub(super) fn take_in_refused(&mut self, freed: &[(String, IpNet)]) {
        let now = clock::now();
        let mut changes = Vec::new();
        let mut places = Vec::new();
        for (jail, gone) in freed {
            let stood_in_the_way = |ban: &Wanted| gone.contains(&ban.net) || ban.net.contains(gone);
            let refused = self.enforcement.wanted(jail).into_iter();
            let refused = refused.filter(|ban| ban.was_refused && stood_in_the_way(ban));
            for ban in refused {
                let (jail, net) = (jail.clone(), ban.net);
                let timeout = ban.end.map(|end| timeout(end, now));
                places.push(Some(ban));
                changes.push(Change::Ban { jail, net, timeout });
            }
        }
        self.put_back(&changes, &places, &mut Mended::default());
    }

    /// Carries changes out and notes what came of those that are bans.
    fn put_back(&mut self, changes: &[Change], places: &[Option<Wanted>], mended: &mut Mended) {
        let outcomes = self.commit(changes);
        let mut state = self.enforcement.lock();
        for ((change, wanted), outcome) in changes.iter().zip(places).zip(outcomes) {
            let was_refused = wanted.as_ref().is_some_and(|ban| ban.was_refused);
            let ban = match outcome {
                Outcome::InKernel => {
                    mended.bans += usize::from(was_refused);
                    BanState::InKernel
                }
                Outcome::Gone => continue,
                Outcome::Failed(error) => {
                    let reason = told(&error);
                    mended.is_unfinished |= !error.is_lasting();
                    if !was_refused {
                        mended.refused += 1;
                        mended.reason.get_or_insert_with(|| reason.clone());
                    }
                    BanState::Failed(reason)
                }
            };
            if let Some(wanted) = wanted {
                state.jails.entry(change.jail()).note_state(&wanted.id, ban);
            }
        }
    }

    /// Asks again for bans that were cut, when that is due.
    pub(super) fn refresh(&mut self) -> Vec<Line> {
        let now = clock::now();
        if self.engine.is_none() || !self.refresh.take_due(now) {
            return Vec::new();
        }
        let mut changes = Vec::new();
        let mut places = Vec::new();
        let jails: Vec<String> = self
            .engine
            .iter()
            .flat_map(|engine| engine.jails().map(|rules| rules.jail.clone()))
            .collect();
        for jail in jails {
            for ban in self.enforcement.wanted(&jail) {
                let timeout = ban.end.map(|end| timeout(end, now));
                // Shorter ones have not been cut, whenever they were asked for.
                let Some(timeout) = timeout.filter(|timeout| *timeout > LONGEST_TIMEOUT / 2) else {
                    continue;
                };
                self.refresh.note(timeout, now);
                let (jail, net, timeout) = (jail.clone(), ban.net, Some(timeout));
                places.push(Some(ban));
                changes.push(Change::Ban { jail, net, timeout });
            }
        }
        let mut mended = Mended::default();
        self.put_back(&changes, &places, &mut mended);
        let line = |reason| {
            let text = format!("Bans of more than 63 years could not be prolonged: {reason}");
            Line::new(Level::Error, "actions", text)
        };
        mended.reason.map(line).into_iter().collect()
    }
}

impl Mended {
    fn was_amiss(&self) -> bool {
        self.layout || self.is_unfinished || self.bans + self.strangers + self.refused > 0
    }

    fn told(&self) -> (Level, String) {
        let layout = if self.layout {
            "it is made again, "
        } else {
            ""
        };
        let mut text = format!(
            "The table inet {TABLE} was changed by another program: {layout}{} ban(s) are put back",
            self.bans
        );
        if self.strangers > 0 {
            text += &format!(", {} that nothing explains are removed", self.strangers);
        }
        match &self.reason {
            None => (Level::Warning, text),
            Some(reason) => {
                text += &format!("; {} of them failed, the first: {reason}", self.refused);
                // Another program may have come between: then the next repair tells how it ends.
                match self.is_unfinished {
                    true => (Level::Warning, text),
                    false => (Level::Error, text),
                }
            }
        }
    }
}

/// How what the kernel holds differs from what it shall hold.
#[derive(Debug, Default)]
struct Compared {
    /// Bans that it does not hold, or not until their end.
    missing: Vec<Wanted>,
    /// Elements that are no bans, sorted.
    strangers: Vec<IpNet>,
    /// Bans that it holds after all.
    found: Vec<Wanted>,
}

fn compare(held: &[Element], wanted: Vec<Wanted>, now: UnixTime) -> Compared {
    let mut strangers: HashMap<IpNet, Option<Duration>> = held
        .iter()
        .map(|element| (element.net, element.remaining))
        .collect();
    let mut compared = Compared::default();
    for ban in wanted {
        let timeout = ban.end.map(|end| timeout(end, now));
        let found = strangers.remove(&Change::element_of(ban.net));
        let is_there = found.is_some_and(|remaining| match (remaining, timeout) {
            (None, None) => true,
            // One that was cut is asked for again in good time.
            (Some(remaining), Some(timeout)) if timeout > LONGEST_TIMEOUT => {
                remaining > LONGEST_TIMEOUT / 2
            }
            (Some(remaining), Some(timeout)) => remaining.abs_diff(timeout) <= TOLERANCE,
            _ => false,
        });
        if !is_there {
            compared.missing.push(ban);
        } else if ban.was_refused {
            compared.found.push(ban);
        }
    }
    compared.strangers = strangers.into_keys().collect();
    compared.strangers.sort_unstable();
    compared
}

#[cfg(test)]
mod tests {
    use super::*;
    use f2b_core::{FailId, Span};

    #[test]
    fn what_is_missing_and_what_is_strange_is_found() {
        let now = UnixTime::from_seconds(1_800_000_000);
        // What the kernel holds, in seconds from now; what is wanted; what is missing; what is strange.
        let check = |held: &[(&str, Option<u64>)],
                     wanted: &[(&str, Option<i64>)],
                     missing: &[&str],
                     strangers: &[&str]| {
            let held: Vec<Element> = held
                .iter()
                .map(|(net, seconds)| Element {
                    net: net.parse().unwrap(),
                    remaining: seconds.map(Duration::from_secs),
                })
                .collect();
            let wanted = wanted.iter().map(|(id, seconds)| {
                let id = FailId::parse(id);
                let net = id.to_net().unwrap();
                Wanted {
                    id,
                    net,
                    end: seconds.map(|seconds| now.plus(Span::from_seconds(seconds))),
                    was_refused: false,
                }
            });
            let found = compare(&held, wanted.collect(), now);
            let ids: Vec<_> = found.missing.iter().map(|ban| ban.id.to_string()).collect();
            let nets: Vec<_> = found.strangers.iter().map(ToString::to_string).collect();
            assert_eq!(
                (ids.as_slice(), nets.as_slice()),
                (
                    missing
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .as_slice(),
                    strangers
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .as_slice(),
                )
            );
        };
        check(&[], &[], &[], &[]);
        check(&[], &[("192.0.2.1", Some(60))], &["192.0.2.1"], &[]);
        check(
            &[("192.0.2.1/32", Some(65))],
            &[("192.0.2.1", Some(60))],
            &[],
            &[],
        );
        check(
            &[("192.0.2.1/32", Some(60))],
            &[("192.0.2.1", Some(60))],
            &["192.0.2.1"],
            &[],
        );
        check(&[("192.0.2.1/32", None)], &[("192.0.2.1", None)], &[], &[]);
        check(
            &[("192.0.2.1/32", Some(9))],
            &[("192.0.2.1", None)],
            &["192.0.2.1"],
            &[],
        );
        check(
            &[("192.0.2.0/24", Some(65))],
            &[("192.0.2.0/24", Some(60))],
            &[],
            &[],
        );
        check(&[("192.0.2.9/32", Some(65))], &[], &[], &["192.0.2.9/32"]);
        // As long as the kernel can count.
        for remaining in [2_000_000_000, 1_900_000_000] {
            check(
                &[("192.0.2.1/32", Some(remaining))],
                &[("192.0.2.1", Some(3_000_000_000))],
                &[],
                &[],
            );
        }
    }
}
