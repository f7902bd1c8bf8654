//! Bans in sets of nftables that the jail's actions make and the server writes to (*adoption*): many at
//! once, what an earlier run left there, and what another program took away.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, select};
use f2b_action::{ElementSet, Info, JailActions, Ticket};
use ipnet::IpNet;

use super::elements::is_within;
use super::running::Running;
use super::{ActionOrder, Given, TicketInfo, element_of};
use crate::enforcement::BanState;
use crate::event::Event;
use crate::repairs::{Scope, Telling};
use crate::{clock, kernel};

/// How many orders are looked at ahead of their turn.
const MOST_AHEAD: usize = 1_000;

/// How long the engine may take to tell all bans.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many bans in a row cannot be put back before the others are not tried.
const MOST_FAILURES: u32 = 10;

/// What `stockade status` says of those.
const NOT_PUT_BACK: &str =
    "another program took it away and it could not be put back; the log tells why";

/// The longest wait for an order.
const LONGEST_REST: Duration = Duration::from_secs(3_600);

impl Running {
    /// Waits for an order; `None` when there will be none. Meanwhile it hears what other programs do.
    pub(super) fn wait(&mut self, orders: &Receiver<Given>) -> Option<Given> {
        loop {
            let now = clock::tick();
            if self.asked.is_none()
                && let Some(scope) = self.repairs.take_due(now)
            {
                let lost = Event::ElementsLost(self.jail.clone());
                match self.events.try_send(lost) {
                    Ok(()) => self.asked = Some((now, scope)),
                    // The engine has much to do, or it ends.
                    Err(_full) => self.repairs.ask(scope, now + Duration::from_secs(1)),
                }
            }
            let due = self.repairs.rest(now).filter(|_| self.asked.is_none());
            let rest = due.unwrap_or(LONGEST_REST);
            select! {
                recv(orders) -> given => return given.ok(),
                recv(self.shell.news()) -> news => {
                    for news in news.into_iter().chain(self.shell.news().try_iter()) {
                        self.repairs.ask(Scope::of(&news), now);
                    }
                }
                default(rest) => {}
            }
        }
    }

    /// Takes the bans that wait behind one, and puts them into their sets together.
    pub(super) fn look_ahead(
        &mut self,
        order: &ActionOrder,
        orders: &Receiver<Given>,
        next: &mut VecDeque<Given>,
    ) {
        let ActionOrder::Ban(first) = order else {
            return;
        };
        if orders.is_empty() || self.open_sets(first).is_none_or(|sets| sets.is_empty()) {
            return;
        }
        next.extend(orders.try_iter().take(MOST_AHEAD));
        let behind = next.iter().map_while(|(order, _)| match order {
            ActionOrder::Ban(info) => Some(&**info),
            _ => None,
        });
        let infos: Vec<&TicketInfo> = std::iter::once(&**first).chain(behind).collect();
        self.put_ahead(&infos);
    }

    /// Takes out of the actions' own sets what no ban explains.
    ///
    /// Other jails may put bans into the same sets meanwhile: a set is read before the engine, which knows each
    /// ban before its set does, is asked for all.
    pub(super) fn keep(&mut self) {
        let mut held = Vec::new();
        for set in self.actions.own_element_sets(&self.host) {
            match self.shell.elements(&set) {
                Ok(elements) => held.push((set, elements)),
                Err(error) => self.say_left_over(&set, &kernel::told(&error)),
            }
        }
        held.retain(|(_, elements)| !elements.is_empty());
        if held.is_empty() {
            return;
        }
        let (answer, answered) = bounded(1);
        let asked = self
            .events
            .send(Event::Explain(self.jail.clone(), answer))
            .is_ok();
        let explained = asked.then(|| answered.recv_timeout(PATIENCE).ok());
        let explained: HashSet<IpNet> = match explained.flatten() {
            Some(explained) => explained,
            None if self.is_ending.load(Ordering::Relaxed) => return,
            None => {
                for (set, _) in held {
                    self.say_left_over(&set, "it is not known what explains them");
                }
                return;
            }
        };
        // A set that joins ranges holds bans side by side as one network.
        let joined = IpNet::aggregate(&explained.iter().copied().collect());
        for (set, mut elements) in held {
            elements.retain(|net| !explained.contains(net) && !is_within(&joined, *net));
            match self.shell.take_out(&set, &elements) {
                Ok(()) if elements.is_empty() => {}
                Ok(()) => {
                    let text = format!(
                        "[{}] {} ban(s) in the set `{set}` that nothing explains are removed",
                        self.jail,
                        elements.len()
                    );
                    self.log.info("actions", text);
                }
                Err(error) => self.say_left_over(&set, &kernel::told(&error)),
            }
        }
    }

    fn say_left_over(&self, set: &ElementSet, problem: &str) {
        let text = format!(
            "[{}] left-over bans in the set `{set}`: {problem}",
            self.jail
        );
        self.log.error("actions", text);
    }

    /// Puts bans back into sets that have lost them. One that cannot be holds up no other, unless many in a row
    /// cannot: then something else is amiss, and commands for all of them would take for ever.
    pub(super) fn put_back(&mut self, bans: Vec<TicketInfo>) {
        let asked = self.asked.take();
        let (begun, scope) = asked.unwrap_or_else(|| (clock::tick(), Scope::Everything));
        if scope > Scope::Bans {
            self.with(JailActions::consistency_check);
        }
        let mut missing = self.missing(bans);
        let has_failed = |info: &TicketInfo| {
            let state = self.enforcement.adopted(&self.jail, &info.ban.id);
            matches!(state, Some(BanState::Failed(_)))
        };
        missing.sort_by_cached_key(has_failed);
        let lost = missing.iter().filter(|info| {
            let state = self.enforcement.adopted(&self.jail, &info.ban.id);
            state == Some(BanState::InKernel)
        });
        let lost = lost.count();
        let mut failures = 0;
        for infos in missing.chunks(MOST_AHEAD) {
            self.shell.end_ahead();
            if failures < MOST_FAILURES {
                self.put_ahead(&infos.iter().collect::<Vec<_>>());
            }
            for info in infos {
                if failures >= MOST_FAILURES {
                    let state = BanState::Failed(NOT_PUT_BACK.to_owned());
                    self.enforcement
                        .note_adopted(&self.jail, &info.ban.id, state);
                } else if self.is_put_back(info) {
                    failures = 0;
                } else {
                    failures += 1;
                }
            }
        }
        self.shell.end_ahead();
        if failures >= MOST_FAILURES {
            // What stands against it was told.
            self.repairs.done(begun, clock::tick(), true);
            return;
        }
        let text = match self.repairs.done(begun, clock::tick(), lost > 0) {
            Telling::Nothing => return,
            Telling::Repair => format!(
                "[{}] Another program took {lost} ban(s) out of sets of actions: they are put back",
                self.jail
            ),
            Telling::Fight(times, pause) => format!(
                "[{}] Another program takes bans out of sets of actions again and again, {times} times so far: \
                 they are put back every {pause:.1?} (hint: keep `flush ruleset` out of other programs' rules)",
                self.jail
            ),
        };
        self.log.warning("actions", text);
    }

    /// Puts one ban back; tells whether its set holds it then, alone or as part of a network.
    fn is_put_back(&mut self, info: &TicketInfo) -> bool {
        let is_put = self.ban(info.clone(), |actions, world, ticket, info| {
            actions.put_back(world, ticket, info)
        });
        is_put || self.enforcement.adopted(&self.jail, &info.ban.id) == Some(BanState::InKernel)
    }

    /// Leaves only the bans that a set should hold and does not.
    fn missing(&mut self, bans: Vec<TicketInfo>) -> Vec<TicketInfo> {
        let (enforcement, jail) = (&self.enforcement.clone(), &self.jail.clone());
        let mut held: HashMap<Arc<ElementSet>, Option<Vec<IpNet>>> = HashMap::new();
        let mut is_missing = |info: &TicketInfo| {
            let Some(sets) = self.open_sets(info) else {
                return false;
            };
            let Some(net) = element_of(&info.ban.id, &info.ban.fields) else {
                return false;
            };
            // None at all: it could not be made again before.
            sets.is_empty()
                || sets.into_iter().any(|set| {
                    let elements = held
                        .entry(set)
                        .or_insert_with_key(|set| self.shell.held(set));
                    elements
                        .as_ref()
                        .is_some_and(|elements| !is_within(elements, net))
                })
        };
        let mut bans = bans;
        bans.retain(|info| {
            let (is_missing, id) = (is_missing(info), &info.ban.id);
            if !is_missing && enforcement.adopted(jail, id) == Some(BanState::Asked) {
                enforcement.note_adopted(jail, id, BanState::InKernel);
            }
            is_missing
        });
        bans
    }

    /// Puts bans into their sets together, before their turn.
    fn put_ahead(&mut self, infos: &[&TicketInfo]) {
        let mut ahead: HashMap<Arc<ElementSet>, Vec<String>> = HashMap::new();
        for info in infos {
            for set in self.open_sets(info).into_iter().flatten() {
                let ip = TicketInfo::clone(info).tag("ip");
                ahead.entry(set).or_default().extend(ip);
            }
        }
        #[expect(
            clippy::iter_over_hash_type,
            reason = "each set is one transaction of its own"
        )]
        for (set, ips) in ahead {
            self.shell.put_ahead(&set, &ips);
        }
    }

    /// Returns the sets that a ban goes into, as far as they are made; `None` if it goes into none.
    fn open_sets(&mut self, info: &TicketInfo) -> Option<Vec<Arc<ElementSet>>> {
        let ticket = Ticket {
            id: &info.ban.id,
            is_restored: info.ban.restored,
        };
        self.actions.open_sets(&self.host, ticket)
    }
}
