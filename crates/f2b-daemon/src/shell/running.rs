//! The thread that carries out the orders for one jail's actions.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use f2b_action::{
    Answer as Returned, CallError, Flush, Host, JailActions, Line as ActionLine, Method, Ticket,
    World,
};
use f2b_core::FailId;
use f2b_protocol::{Exception, Reply, Value};

use super::elements::Elements;
use super::{ActionOrder, Given, NoBan, TicketInfo, Times, python, told};
use crate::clock;
use crate::enforcement::{BanState, Enforcement};
use crate::event::Event;
use crate::log::Log;
use crate::repairs::{Repairs, Scope};
use crate::text;

/// The thread's side.
pub(super) struct Running {
    pub(super) actions: JailActions,
    pub(super) jail: String,
    pub(super) host: Host,
    pub(super) log: Log,
    pub(super) shell: Elements,
    pub(super) enforcement: Enforcement,
    /// Where the engine hears of what its actions want to know, and of those that are lost.
    pub(super) events: Sender<Event>,
    pub(super) is_ending: Arc<AtomicBool>,
    /// Whose bans were passed over.
    pub(super) skipped: HashSet<FailId>,
    pub(super) times: Arc<Times>,
    /// When sets that lost bans are looked at.
    pub(super) repairs: Repairs,
    /// Since when the engine is asked for all bans, and what for.
    pub(super) asked: Option<(Instant, Scope)>,
}

impl Running {
    /// Takes away what need not be done as the server ends; returns whether anything is left of it.
    fn is_left(&mut self, order: &mut ActionOrder) -> bool {
        if !self.is_ending.load(Ordering::Relaxed) {
            return true;
        }
        match order {
            // What is in its set already has to be noted, so that it is taken out again.
            ActionOrder::Ban(info) if !self.shell.is_ahead() => {
                self.skipped.insert(info.ban.id.clone());
                false
            }
            ActionOrder::AlreadyBanned(_) | ActionOrder::Prolong(_) => false,
            ActionOrder::Unban(info) => !self.skipped.remove(&info.ban.id),
            ActionOrder::Lift { bans, .. } => {
                bans.retain(|info| !self.skipped.contains(&info.ban.id));
                true
            }
            _ => true,
        }
    }

    /// Takes orders until nobody can give any more.
    pub(super) fn run(mut self, orders: &Receiver<Given>) {
        let mut next = VecDeque::new();
        while let Some((mut order, pending)) = next.pop_front().or_else(|| self.wait(orders)) {
            if next.is_empty() {
                self.shell.end_ahead();
                self.look_ahead(&order, orders, &mut next);
            }
            if !self.is_left(&mut order) {
                continue;
            }
            let begin = clock::tick();
            let reply = self.carry_out(order);
            let micros = u64::try_from((clock::tick() - begin).as_micros()).unwrap_or(u64::MAX);
            self.times.count.fetch_add(1, Ordering::Relaxed);
            self.times.micros.fetch_add(micros, Ordering::Relaxed);
            self.times
                .slowest_micros
                .fetch_max(micros, Ordering::Relaxed);
            if let (Some(reply), Some(pending)) = (reply, &pending) {
                pending.answer(reply);
            }
        }
    }

    /// Carries out one order; returns what a client is to be told of it.
    fn carry_out(&mut self, order: ActionOrder) -> Option<Reply> {
        match order {
            ActionOrder::Start => self.with(JailActions::start),
            ActionOrder::Stop => {
                self.with(JailActions::stop);
                self.enforcement.forget_all_adopted(&self.jail);
            }
            ActionOrder::Ban(info) => self.ban(*info, |actions, world, ticket, info| {
                actions.ban(world, ticket, info);
            }),
            ActionOrder::AlreadyBanned(info) => {
                let since = info.ban.time;
                self.ban(*info, |actions, world, ticket, info| {
                    actions.renew(world, ticket, info);
                    actions.already_banned(world, ticket, since, info);
                });
            }
            ActionOrder::Prolong(mut info) => {
                self.with(|actions, world| actions.prolong(world, &mut *info));
            }
            ActionOrder::Unban(mut info) => {
                let id = info.ban.id.clone();
                self.with(|actions, world| actions.unban(world, &id, &mut *info));
                if self.enforcement.forget_adopted(&self.jail, &id) {
                    // What was held as a part of it only is not any more.
                    self.repairs.ask(Scope::Bans, clock::tick());
                }
            }
            ActionOrder::Lift { bans, why, only } => self.lift(bans, why, only.as_deref()),
            ActionOrder::Keep => self.keep(),
            ActionOrder::PutBack(bans) => self.put_back(bans),
            ActionOrder::Add(definition) => {
                // The engine has seen that there is none of this name.
                self.actions.add(*definition).ok();
            }
            ActionOrder::Make { action, shown } => {
                let made = self.with(|actions, world| actions.make(world, &action));
                let Err(error) = made else {
                    return None;
                };
                let lost = self.actions.remove(&action).ok()?;
                return Some(python::lost(
                    &self.log,
                    &self.events,
                    &self.jail,
                    lost,
                    error,
                    shown.as_deref(),
                ));
            }
            ActionOrder::Ask {
                action,
                question,
                shown,
            } => {
                let answer = self.with(|actions, world| actions.ask(world, &action, &question));
                return Some(python::reply(&self.log, answer, &shown));
            }
            ActionOrder::Replace { action, bans } => {
                let name = action.name().to_owned();
                match self.with(|actions, world| actions.prepare(world, *action)) {
                    Ok(prepared) => {
                        self.lift(bans.clone(), Flush::Unban, Some(&name));
                        self.with(|actions, world| actions.stop_one(world, &name).ok());
                        self.actions.put(prepared).ok();
                        self.begin(&name, bans);
                    }
                    Err(error) => {
                        let old = self.actions.get(&name).ok()?.clone();
                        python::kept(&self.log, &self.events, &self.jail, old, &error);
                    }
                }
            }
            ActionOrder::Begin { action, bans } => self.begin(&action, bans),
            ActionOrder::TakeOver {
                jail,
                number,
                events,
            } => {
                events.send(Event::TakenOver(jail, number)).ok();
            }
            ActionOrder::Reload(action) => {
                let reloaded = self.with(|actions, world| {
                    actions.call(world, &action, Method::Reload, &mut Vec::new())
                });
                if let Err(error) = reloaded {
                    let text = format!(
                        "Failed to reload jail '{}' action '{action}': {error}",
                        self.jail
                    );
                    self.log.error("actions", text);
                }
            }
            ActionOrder::End(action) => {
                self.with(|actions, world| actions.stop_one(world, &action).ok());
            }
            ActionOrder::Remove(action) => {
                self.actions.remove(&action).ok();
            }
            ActionOrder::Set {
                action,
                property,
                value,
            } => {
                // The engine has set it before and knows that it is good.
                if let Ok(definition) = self.actions.get_mut(&action) {
                    definition.set(&property, value).ok();
                }
            }
            ActionOrder::Call {
                action,
                method,
                mut info,
                shown,
            } => {
                let returned =
                    self.with(|actions, world| actions.call(world, &action, method, &mut info));
                let reply = match returned {
                    Ok(Returned::Nothing) => Ok(Value::None),
                    Ok(Returned::Flag(flag)) => Ok(Value::Bool(flag)),
                    Err(CallError::Name(_)) => Err(Exception::unknown_action(&action)),
                    Err(CallError::Action(error)) => Err(python::exception(&error)),
                };
                if let Err(exception) = &reply {
                    self.log.write(&text::failed_command(&shown, exception));
                }
                return Some(reply);
            }
        }
        None
    }

    /// Lets the actions do something in the world as it is now.
    pub(super) fn with<T>(
        &mut self,
        what: impl FnOnce(&mut JailActions, &mut World<'_>) -> T,
    ) -> T {
        let log = self.log.clone();
        let mut say = |line: ActionLine| log.write(&told(line));
        let mut world = World {
            shell: &mut self.shell,
            log: &mut say,
            host: &self.host,
            now: clock::now(),
            no_ban: &mut NoBan::new(&self.jail, &self.events),
        };
        what(&mut self.actions, &mut world)
    }

    /// Lets the actions do something about a ban, and notes what has become of it.
    pub(super) fn ban<T>(
        &mut self,
        mut info: TicketInfo,
        what: impl FnOnce(&mut JailActions, &mut World<'_>, Ticket<'_>, &mut TicketInfo) -> T,
    ) -> T {
        let id = info.ban.id.clone();
        let ticket = Ticket {
            id: &id,
            is_restored: info.ban.restored,
        };
        let done = self.with(|actions, world| what(actions, world, ticket, &mut info));
        let (state, was_gone) = (self.shell.take_state(), self.shell.take_loss());
        if was_gone && state == Some(BanState::InKernel) {
            // The set had to be made anew, so all others that were in it are missing.
            self.repairs.ask(Scope::Everything, clock::tick());
        }
        if let Some(state) = state {
            self.enforcement.note_adopted(&self.jail, &id, state);
        }
        done
    }

    /// Starts an action that came to a jail with bans.
    fn begin(&mut self, action: &str, bans: Vec<TicketInfo>) {
        self.with(|actions, world| actions.start_one(world, action).ok());
        for mut info in bans {
            // They were made and told of before this action came.
            info.ban.restored = true;
            self.ban(info, |actions, world, ticket, info| {
                actions.ban_one(world, action, ticket, info).ok();
            });
        }
    }

    fn lift(&mut self, bans: Vec<TicketInfo>, why: Flush, only: Option<&str>) {
        self.with(|actions, world| actions.flush(world, why, only));
        for mut info in bans {
            let id = info.ban.id.clone();
            self.with(|actions, world| actions.unban_singly(world, &id, only, &mut info));
        }
        if only.is_none() {
            self.enforcement.forget_all_adopted(&self.jail);
        }
    }
}
