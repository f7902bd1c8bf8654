//! The thread that carries out the orders for one jail's actions.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};
use f2b_action::{
    Answer as Returned, CallError, Flush, Host, JailActions, Line as ActionLine, Method,
    SystemShell, Ticket, World,
};
use f2b_core::FailId;
use f2b_protocol::{Exception, Reply, Value};

use super::{ActionOrder, Given, NoBan, TicketInfo, Times, python, told};
use crate::clock;
use crate::event::Event;
use crate::log::Log;
use crate::text;

/// The thread's side.
pub(super) struct Running {
    pub(super) actions: JailActions,
    pub(super) jail: String,
    pub(super) host: Host,
    pub(super) log: Log,
    /// Where the engine hears of what its actions want to know, and of those that are lost.
    pub(super) events: Sender<Event>,
    pub(super) is_ending: Arc<AtomicBool>,
    /// Whose bans were passed over.
    pub(super) skipped: HashSet<FailId>,
    pub(super) times: Arc<Times>,
}

impl Running {
    /// Takes away what need not be done as the server ends; returns whether anything is left of it.
    fn is_left(&mut self, order: &mut ActionOrder) -> bool {
        if !self.is_ending.load(Ordering::Relaxed) {
            return true;
        }
        match order {
            ActionOrder::Ban(info) => {
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

    pub(super) fn run(mut self, orders: &Receiver<Given>) {
        while let Ok((mut order, pending)) = orders.recv() {
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
        let log = self.log.clone();
        let mut say = |line: ActionLine| log.write(&told(line));
        let mut no_ban = NoBan::new(&self.jail, &self.events);
        let mut world = World {
            shell: &mut SystemShell,
            log: &mut say,
            host: &self.host,
            now: clock::now(),
            no_ban: &mut no_ban,
        };
        let world = &mut world;
        let actions = &mut self.actions;
        match order {
            ActionOrder::Start => actions.start(world),
            ActionOrder::Stop => actions.stop(world),
            ActionOrder::Ban(mut info) => ban(actions, world, &mut info),
            ActionOrder::AlreadyBanned(mut info) => {
                let (id, since) = (info.ban.id.clone(), info.ban.time);
                let ticket = ticket(&id, &info);
                actions.already_banned(world, ticket, since, &mut *info);
            }
            ActionOrder::Prolong(mut info) => actions.prolong(world, &mut *info),
            ActionOrder::Unban(mut info) => {
                let id = info.ban.id.clone();
                actions.unban(world, &id, &mut *info);
            }
            ActionOrder::Lift { bans, why, only } => {
                lift(actions, world, why, only.as_deref(), bans);
            }
            ActionOrder::Add(definition) => {
                // The engine has seen that there is none of this name.
                actions.add(*definition).ok();
            }
            ActionOrder::Make { action, shown } => {
                let made = actions.make(world, &action);
                let Err(error) = made else {
                    return None;
                };
                let lost = actions.remove(&action).ok()?;
                return Some(python::lost(
                    &log,
                    &self.events,
                    &self.jail,
                    lost,
                    error,
                    shown.as_deref(),
                ));
            }
            ActionOrder::Replace { action, bans } => {
                let name = action.name().to_owned();
                match actions.prepare(world, *action) {
                    Ok(prepared) => {
                        lift(actions, world, Flush::Unban, Some(&name), bans.clone());
                        actions.stop_one(world, &name).ok();
                        actions.put(prepared).ok();
                        begin(actions, world, &name, bans);
                    }
                    Err(error) => {
                        let old = actions.get(&name).ok()?.clone();
                        python::kept(&log, &self.events, &self.jail, old, &error);
                    }
                }
            }
            ActionOrder::Ask {
                action,
                question,
                shown,
            } => {
                let answer = actions.ask(world, &action, &question);
                return Some(python::reply(&log, answer, &shown));
            }
            ActionOrder::Begin { action, bans } => begin(actions, world, &action, bans),
            ActionOrder::TakeOver { jail, events } => {
                events.send(Event::TakenOver(jail)).ok();
            }
            ActionOrder::Reload(action) => {
                let reloaded = actions.call(world, &action, Method::Reload, &mut Vec::new());
                if let Err(error) = reloaded {
                    let text = format!(
                        "Failed to reload jail '{}' action '{action}': {error}",
                        self.jail
                    );
                    log.error("actions", text);
                }
            }
            ActionOrder::End(action) => {
                actions.stop_one(world, &action).ok();
            }
            ActionOrder::Remove(action) => {
                actions.remove(&action).ok();
            }
            ActionOrder::Set {
                action,
                property,
                value,
            } => {
                // The engine has set it before and knows that it is good.
                if let Ok(definition) = actions.get_mut(&action) {
                    definition.set(&property, value).ok();
                }
            }
            ActionOrder::Call {
                action,
                method,
                mut info,
                shown,
            } => {
                let returned = actions.call(world, &action, method, &mut info);
                let reply = match returned {
                    Ok(Returned::Nothing) => Ok(Value::None),
                    Ok(Returned::Flag(flag)) => Ok(Value::Bool(flag)),
                    Err(CallError::Name(_)) => Err(Exception::unknown_action(&action)),
                    Err(CallError::Action(error)) => Err(python::exception(&error)),
                };
                if let Err(exception) = &reply {
                    log.write(&text::failed_command(&shown, exception));
                }
                return Some(reply);
            }
        }
        None
    }
}

/// Lifts all bans, for all actions or for one.
fn lift(
    actions: &mut JailActions,
    world: &mut World<'_>,
    why: Flush,
    only: Option<&str>,
    mut bans: Vec<TicketInfo>,
) {
    actions.flush(world, why, only);
    for info in &mut bans {
        let id = info.ban.id.clone();
        actions.unban_singly(world, &id, only, info);
    }
}

/// Starts an action that came to a jail with bans.
fn begin(
    actions: &mut JailActions,
    world: &mut World<'_>,
    action: &str,
    mut bans: Vec<TicketInfo>,
) {
    actions.start_one(world, action).ok();
    for info in &mut bans {
        // They were made and told of before this action came.
        info.ban.restored = true;
        let id = info.ban.id.clone();
        let ticket = ticket(&id, info);
        actions.ban_one(world, action, ticket, info).ok();
    }
}

fn ban(actions: &mut JailActions, world: &mut World<'_>, info: &mut TicketInfo) {
    let id = info.ban.id.clone();
    let ticket = ticket(&id, info);
    actions.ban(world, ticket, info);
}

fn ticket<'id>(id: &'id FailId, info: &TicketInfo) -> Ticket<'id> {
    Ticket {
        id,
        is_restored: info.ban.restored,
    }
}
