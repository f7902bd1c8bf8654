//! Bans in sets of nftables that the jail's actions make and the server writes to (*adoption*): many at
//! once, what an earlier run left there, and what another program took away.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, select};
use f2b_action::{ElementSet, Info, JailActions, Ticket};
use ipnet::IpNet;

use super::running::Running;
use super::{ActionOrder, Given, TicketInfo};
use crate::enforcement::BanState;
use crate::event::Event;
use crate::repairs::{Scope, Telling};
use crate::{clock, kernel};

/// How many orders are looked at ahead of their turn.
const MOST_AHEAD: usize = 1_000;

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
    pub(super) fn keep(&mut self, explained: &HashSet<IpNet>) {
        for set in self.actions.own_element_sets(&self.host) {
            match self.shell.keep(&set, |net| explained.contains(net)) {
                Ok(0) => {}
                Ok(count) => {
                    let text = format!(
                        "[{}] {count} ban(s) in the set `{set}` that nothing explains are removed",
                        self.jail
                    );
                    self.log.info("actions", text);
                }
                Err(error) => {
                    let text = format!(
                        "[{}] left-over bans in the set `{set}`: {}",
                        self.jail,
                        kernel::told(&error)
                    );
                    self.log.error("actions", text);
                }
            }
        }
    }

    /// Puts bans back into sets that have lost them, up to the first that cannot be.
    pub(super) fn put_back(&mut self, bans: Vec<TicketInfo>) {
        let asked = self.asked.take();
        let (begun, scope) = asked.unwrap_or_else(|| (clock::tick(), Scope::Everything));
        if scope > Scope::Bans {
            self.with(JailActions::consistency_check);
        }
        let missing = self.missing(bans);
        let lost = missing.iter().filter(|info| {
            let state = self.enforcement.adopted(&self.jail, &info.ban.id);
            state == Some(BanState::InKernel)
        });
        let lost = lost.count();
        for infos in missing.chunks(MOST_AHEAD) {
            self.shell.end_ahead();
            self.put_ahead(&infos.iter().collect::<Vec<_>>());
            for info in infos {
                if !self.ban(info.clone(), |actions, world, _, info| {
                    actions.put_back(world, info)
                }) {
                    // What stands against it was told.
                    self.repairs.done(begun, clock::tick(), true);
                    return;
                }
            }
        }
        self.shell.end_ahead();
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

    /// Leaves only the bans that a set should hold and does not.
    fn missing(&mut self, bans: Vec<TicketInfo>) -> Vec<TicketInfo> {
        let mut held: HashMap<Arc<ElementSet>, HashSet<IpNet>> = HashMap::new();
        let mut is_missing = |info: &TicketInfo| {
            let Some(sets) = self.open_sets(info) else {
                return false;
            };
            let Some(net) = info.ban.id.to_net() else {
                return false;
            };
            // None at all: it could not be made again before.
            sets.is_empty()
                || sets.into_iter().any(|set| {
                    let elements = held
                        .entry(set)
                        .or_insert_with_key(|set| self.shell.held(set));
                    !elements.contains(&net)
                })
        };
        let mut bans = bans;
        bans.retain(&mut is_missing);
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
