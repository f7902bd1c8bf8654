//! The actions of a jail: those that the server carries out itself, and those that run commands.

mod method;

use std::sync::Arc;

use f2b_action::{Definition, Flush, Host};
use f2b_core::Ban;
use f2b_firewall::JailRules;
use f2b_protocol::Command;
use f2b_protocol::request::Setting;
use indexmap::IndexMap;

use super::jail::{JailRuntime, Sources};
use super::settings::property_of;
use super::{Engine, Surroundings, native, shared};
use crate::batch::{Batch, KernelOrder};
use crate::log::{Level, Line};
use crate::shell::{self, ActionOrder, Counts, TicketInfo, Worker};

impl Engine {
    /// Lets the actions of a jail begin.
    pub(super) fn start_actions(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        if runtime.actions.is_empty() {
            let text = format!(
                "No actions were defined for {jail}: its bans are logged and nobody is kept out"
            );
            batch.lines.push(Line::new(Level::Warning, "jail", text));
        }
        for (action, definition) in &runtime.actions {
            if let Err(error) = native::rules(jail, definition) {
                let place = runtime.action_places.get(action);
                let place = place.map_or("", String::as_str);
                let text =
                    format!("Failed to start jail '{jail}' action '{action}': {place}{error}");
                batch.lines.push(Line::new(Level::Error, "actions", text));
                let mut enforcement = self.around.enforcement.lock();
                enforcement.jails.entry(jail).failed = Some(error.to_string());
            }
        }
        self.follow_rules(jail, batch);
        self.want_worker(jail, batch);
        if let Some(runtime) = self.jails.get(jail) {
            runtime.tell(ActionOrder::Start, batch);
            // Somebody may have been banned by hand before.
            for info in runtime.infos(&self.around) {
                runtime.tell(ActionOrder::Ban(Box::new(info)), batch);
            }
        }
    }

    /// Makes the thread that runs commands, if a jail has such actions and no thread yet.
    fn want_worker(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let mut commands = runtime.actions.values();
        if runtime.worker.is_some() || commands.all(native::is_native) {
            return;
        }
        // Its name is looked up once: a resolver that hangs holds everything up.
        let allows_ipv6 = self.ipv6.is_allowed();
        let host = self.host.get_or_insert_with(|| shell::host(allows_ipv6));
        let host = Host {
            allows_ipv6,
            ..host.clone()
        };
        let around = &self.around;
        match around.workers.start(jail, host, around) {
            Ok(worker) => runtime.worker = Some(worker),
            Err(error) => {
                let text = format!("[{jail}] Commands of actions cannot be run: {error}");
                batch.lines.push(Line::new(Level::Error, "actions", text));
            }
        }
        runtime.introduce_actions(batch);
    }

    /// Gives a jail that begins anew the thread that ran the commands of the one before it.
    pub(super) fn hand_worker(&mut self, jail: &str, worker: Option<Worker>, batch: &mut Batch) {
        if let Some(runtime) = self.jails.get_mut(jail) {
            runtime.worker = worker;
            runtime.introduce_actions(batch);
        }
    }

    /// Tells the actions of a running jail what a setting that was just made means for them.
    pub(super) fn follow_setting(
        &mut self,
        jail: &str,
        setting: &Setting,
        command: &Command,
        batch: &mut Batch,
    ) {
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        if matches!(runtime.sources, Sources::None) {
            return;
        }
        let order = match setting {
            Setting::AddAction(action) | Setting::AddPythonAction { action, .. } => {
                if runtime.worker.is_none() {
                    return self.want_worker(jail, batch);
                }
                if let Some(definition) = runtime.actions.get(action) {
                    let shown = super::cut(&command.to_string());
                    runtime.introduce(definition, Some(shown), batch);
                }
                None
            }
            Setting::DelAction(action) => Some(ActionOrder::Remove(action.clone())),
            Setting::ActionProperty {
                action,
                property: Some(property),
                value: Some(value),
            } => Some(ActionOrder::Set {
                action: action.clone(),
                property: property.clone(),
                value: property_of(value),
            }),
            _ => None,
        };
        if let Some(order) = order {
            runtime.tell(order, batch);
            self.follow_rules(jail, batch);
        }
    }

    /// Lets the actions of a running jail follow its new configuration; `before` are those that it had.
    ///
    /// Differs: what is new or has changed is started and bans whom the jail has banned, before what is
    /// no more is stopped; the original loses all of them (contract B 10, 1).
    pub(super) fn follow_actions(
        &mut self,
        jail: &str,
        before: &IndexMap<String, Definition>,
        batch: &mut Batch,
    ) {
        let had_worker = self
            .jails
            .get(jail)
            .is_some_and(|runtime| runtime.worker.is_some());
        self.want_worker(jail, batch);
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        let runs_commands = |action: &&Definition| !native::is_native(action);
        let begins = |action: &Definition| {
            let old = before.get(action.name());
            old.is_none_or(native::is_native)
        };
        let ends = |action: &&Definition| {
            let now = runtime.actions.get(action.name());
            native_or_none(now) && !native::is_native(action)
        };
        // Two actions of one make use the same chain or set: one of them has to go before the other comes.
        let is_shared = before.values().filter(ends).any(|ending| {
            let mut actions = runtime.actions.values().filter(runs_commands);
            actions.any(|action| begins(action) && shared::share(ending, action, jail))
        });
        let end = |batch: &mut Batch| {
            for action in before.values().filter(ends) {
                runtime.end_action(action.name(), &self.around, batch);
            }
        };
        if is_shared {
            end(batch);
        }
        for action in runtime.actions.values().filter(runs_commands) {
            let name = action.name().to_owned();
            let old = before.get(&name).filter(|old| !native::is_native(old));
            match old {
                Some(old) if old == action => {
                    runtime.tell(ActionOrder::Reload(name), batch);
                    continue;
                }
                // One that cannot be made leaves the old one in its place.
                Some(old) if old.source().is_some() && action.source().is_some() => {
                    let bans = runtime.infos(&self.around);
                    let action = Box::new(action.clone());
                    runtime.tell(ActionOrder::Replace { action, bans }, batch);
                    continue;
                }
                Some(_) => {
                    runtime.end_action(&name, &self.around, batch);
                    runtime.introduce(action, None, batch);
                }
                // A new thread knows all of them already.
                None if !had_worker => {}
                None => runtime.introduce(action, None, batch),
            }
            let bans = runtime.infos(&self.around);
            runtime.tell(ActionOrder::Begin { action: name, bans }, batch);
        }
        if !is_shared {
            end(batch);
        }
        self.follow_rules(jail, batch);
    }

    /// The kernel no longer holds bans that an action has taken over; a hand-over that another one came
    /// after ends nothing.
    pub(super) fn end_lingering(&mut self, jail: &str, number: u64) {
        if let Some(runtime) = self.jails.get_mut(jail)
            && runtime.lingers.take_if(|last| *last == number).is_some()
        {
            let mut batch = Batch::default();
            let jail = jail.to_owned();
            batch.kernel.push(KernelOrder::StopJail { jail });
            self.send(batch);
        }
    }

    /// Lets the kernel hold what the jail's own action asks for now.
    ///
    /// A running jail whose action was told something that makes no sense goes on as it was.
    fn follow_rules(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let mut error = |text: String| batch.lines.push(Line::new(Level::Error, "actions", text));
        let mut wanted: Option<(String, JailRules)> = None;
        for (action, definition) in &runtime.actions {
            match (native::rules(jail, definition), &wanted) {
                (Ok(Some(rules)), None) => wanted = Some((action.clone(), rules)),
                (Ok(Some(_)), Some((first, _))) => {
                    let reason = native::second(action, first);
                    error(format!("Failed to start jail '{jail}' {reason}"));
                }
                (Err(reason), _) if runtime.rules.is_some() => {
                    error(format!(
                        "Failed to change jail '{jail}' action '{action}': {reason}; what it did before goes on"
                    ));
                    return;
                }
                // It was told when the jail was started.
                (Err(_) | Ok(None), _) => {}
            }
        }
        let rules = wanted.as_ref().map(|(_, rules)| rules.clone());
        let before = std::mem::replace(&mut runtime.rules, rules);
        match wanted {
            Some((_, rules)) if before.as_ref() == Some(&rules) => {}
            Some((action, rules)) => {
                runtime.lingers = None;
                batch.kernel.push(KernelOrder::StartJail { rules, action });
                let runtime = &*runtime;
                for ban in runtime.jail.bans().iter() {
                    runtime.enforce(ban.id.clone(), ban.end(), batch);
                }
            }
            // What runs commands has to begin before the kernel lets go.
            None if before.is_some() && runtime.worker.is_some() => {
                self.handovers += 1;
                runtime.lingers = Some(self.handovers);
                let order = ActionOrder::TakeOver {
                    jail: jail.to_owned(),
                    number: self.handovers,
                    events: self.around.events.clone(),
                };
                runtime.tell(order, batch);
            }
            None if before.is_some() => {
                let jail = jail.to_owned();
                batch.kernel.push(KernelOrder::StopJail { jail });
            }
            None => {}
        }
    }
}

fn native_or_none(action: Option<&Definition>) -> bool {
    action.is_none_or(native::is_native)
}

impl JailRuntime {
    /// Tells a new thread which actions there are.
    fn introduce_actions(&self, batch: &mut Batch) {
        for action in self.actions.values() {
            if !native::is_native(action) {
                self.introduce(action, None, batch);
            }
        }
    }

    /// Tells the thread of one more action; `shown` is the command of the client that asks for it.
    fn introduce(&self, action: &Definition, shown: Option<String>, batch: &mut Batch) {
        self.tell(ActionOrder::Add(Box::new(action.clone())), batch);
        if action.source().is_some() {
            let action = action.name().to_owned();
            self.tell(ActionOrder::Make { action, shown }, batch);
        }
    }

    /// Tells the actions that run commands something, if there are any.
    pub(super) fn tell(&self, order: ActionOrder, batch: &mut Batch) {
        if let Some(worker) = &self.worker {
            batch.shell.push((worker.clone(), order));
        }
    }

    /// Returns what commands may say of a ban.
    pub(super) fn info(&self, ban: Ban, around: &Surroundings) -> TicketInfo {
        let counters = self.jail.counters();
        TicketInfo {
            jail: Arc::clone(self.jail.name()),
            ban,
            counts: Counts {
                found: self.jail.tallies().len(),
                found_total: counters.failed,
                banned: self.jail.bans().len(),
                banned_total: counters.banned,
            },
            database: around.database.clone(),
        }
    }

    /// Returns the same of all bans; of none if nobody would ask.
    pub(super) fn infos(&self, around: &Surroundings) -> Vec<TicketInfo> {
        if self.worker.is_none() {
            return Vec::new();
        }
        let bans = self.jail.bans().iter().cloned();
        bans.map(|ban| self.info(ban, around)).collect()
    }

    /// Ends one action: its bans are lifted, it is stopped and forgotten.
    fn end_action(&self, action: &str, around: &Surroundings, batch: &mut Batch) {
        let lift = ActionOrder::Lift {
            bans: self.infos(around),
            why: Flush::Unban,
            only: Some(action.to_owned()),
        };
        self.tell(lift, batch);
        self.tell(ActionOrder::End(action.to_owned()), batch);
        self.tell(ActionOrder::Remove(action.to_owned()), batch);
    }
}
