//! What people ask of a jail: bans, unbans, attempts, other settings.

use f2b_action::Flush;
use f2b_core::{Effect, FailId, Input};
use f2b_protocol::request::Setting;
use f2b_protocol::{Command, Exception, Reply, Value};

use super::Engine;
use super::ignoring::Waiting;
use crate::batch::Batch;
use crate::clock;
use crate::log::{Level, Line};
use crate::shell::ActionOrder;

impl Engine {
    /// Unbans ids in every jail, or everything.
    pub(super) fn unban_anywhere(&mut self, ids: Option<&[String]>, batch: &mut Batch) -> Reply {
        let mut unbanned = 0;
        for jail in self.jails.keys().cloned().collect::<Vec<_>>() {
            let count = match ids {
                None => self.unban_all(&jail, batch)?,
                Some(ids) => self.unban(&jail, ids, false, batch)?,
            };
            if let Value::Int(count) = count {
                unbanned += count;
            }
        }
        Ok(Value::Int(unbanned))
    }

    /// Unbans everything in one jail.
    pub(super) fn unban_all(&mut self, jail: &str, batch: &mut Batch) -> Reply {
        self.runtime(jail)?;
        let Some(runtime) = self.jails.get_mut(jail) else {
            return Err(Exception::unknown_jail(jail));
        };
        let bans = runtime.jail.bans();
        let banned: Vec<String> = bans.iter().map(|ban| ban.id.to_string()).collect();
        // The actions are told of all at once.
        let lift = ActionOrder::Lift {
            bans: runtime.infos(&self.around),
            why: Flush::Unban,
            only: None,
        };
        runtime.tell(lift, batch);
        let worker = runtime.worker.take();
        let unbanned = self.unban(jail, &banned, false, batch);
        self.runtime(jail)?.worker = worker;
        unbanned
    }

    /// Sets options of a jail, running or not, and lets it follow.
    pub(super) fn set_jail(
        &mut self,
        jail: &str,
        settings: Vec<Setting>,
        command: &Command,
        batch: &mut Batch,
    ) -> Reply {
        let mut reply = Ok(Value::None);
        for setting in settings {
            let asked = self.set_action(jail, &setting, command, batch);
            if let Some(called) = asked.or_else(|| self.call_method(jail, &setting, command, batch))
            {
                // What it returns becomes the reply.
                called?;
                continue;
            }
            let place = self.supplement.place(self.commands);
            let runtime = self.runtime(jail)?;
            if let Setting::ActionProperty { action, .. } = &setting {
                runtime.action_places.insert(action.clone(), place);
            }
            runtime.refuse_missing_log(&setting)?;
            reply = runtime.set(setting.clone(), &mut batch.lines);
            if reply.is_err() {
                break;
            }
            self.follow_setting(jail, &setting, command, batch);
        }
        self.follow_settings(jail, batch);
        reply
    }

    /// Lets a running jail follow what it was told meanwhile.
    pub(super) fn follow_settings(&mut self, jail: &str, batch: &mut Batch) {
        self.want_past(jail);
        self.follow_sources(jail, batch);
        let now = clock::now();
        if let Some(runtime) = self.jails.get_mut(jail) {
            let effects = runtime.jail.on(Input::Settled, now, self.past.history());
            runtime.carry_out(effects, &mut self.past, &self.around, batch);
            runtime.save_tallies(batch);
        }
    }

    /// Counts an attempt that somebody tells of.
    pub(super) fn attempt(
        &mut self,
        jail: &str,
        id: &str,
        lines: Vec<String>,
        batch: &mut Batch,
    ) -> Reply {
        self.runtime(jail)?;
        let lines = lines.into_iter().map(Into::into).collect();
        let attempt = Waiting::Attempt(FailId::parse(id), lines, batch.pending.clone());
        // Whether it counts is answered by whoever decides that, perhaps later.
        self.admit(jail, attempt, batch);
        self.settle(jail, batch);
        Ok(Value::Int(1))
    }

    pub(super) fn ban(&mut self, jail: &str, ids: &[String], batch: &mut Batch) -> Reply {
        let now = clock::now();
        self.runtime(jail)?;
        let Some(runtime) = self.jails.get_mut(jail) else {
            return Err(Exception::unknown_jail(jail));
        };
        let mut banned = 0;
        for id in ids {
            let input = Input::Ban(FailId::parse(id));
            let effects = runtime.jail.on(input, now, self.past.history());
            banned += effects
                .iter()
                .filter(|effect| matches!(effect, Effect::Ban(_)))
                .count();
            runtime.carry_out(effects, &mut self.past, &self.around, batch);
        }
        Ok(count(banned))
    }

    pub(super) fn unban(
        &mut self,
        jail: &str,
        ids: &[String],
        report_absent: bool,
        batch: &mut Batch,
    ) -> Reply {
        let now = clock::now();
        self.runtime(jail)?;
        let Some(runtime) = self.jails.get_mut(jail) else {
            return Err(Exception::unknown_jail(jail));
        };
        let mut unbanned = 0;
        let mut absent = Vec::new();
        for word in ids {
            let id = FailId::parse(word);
            let effects = runtime
                .jail
                .on(Input::Unban(id.clone()), now, self.past.history());
            batch.transaction.record_unban(Some(jail), &id);
            self.past.forget(&id, jail);
            for effect in &effects {
                if let Effect::Unban(ban, _) = effect
                    && ban.id != id
                {
                    batch.transaction.record_unban(Some(jail), &ban.id);
                    self.past.forget(&ban.id, jail);
                }
            }
            if effects.is_empty() {
                absent.push(word.clone());
                batch.lines.push(Line::new(
                    Level::Debug,
                    "actions",
                    format!("{word} is not banned"),
                ));
            }
            unbanned += effects.len();
            runtime.carry_out(effects, &mut self.past, &self.around, batch);
        }
        if report_absent && !absent.is_empty() {
            return Err(Exception::not_banned(&absent));
        }
        Ok(count(unbanned))
    }
}

fn count(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}
