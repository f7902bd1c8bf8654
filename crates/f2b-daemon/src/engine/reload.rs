//! `reload`: the new configuration is built and judged aside; only if all of it is good does anything
//! change, and then only what is different (contract B 3.3 and 10).

use f2b_protocol::request::{Reload, ServerSetting};
use f2b_protocol::{Command, Exception, Reply, Request, Value};
use indexmap::{IndexMap, IndexSet};

use super::jail::JailRuntime;
use super::supplement::Supplement;
use super::{Engine, native};
use crate::batch::Batch;
use crate::log::{Level, Line, LogLevel, LogTarget};
use crate::shell::ActionOrder;

/// A configuration that was built aside.
#[derive(Default)]
struct Staged {
    supplement: Supplement,
    /// How many commands of the stream were taken.
    commands: usize,
    mistakes: Vec<String>,
    server: Vec<ServerSetting>,
    jails: IndexMap<String, JailRuntime>,
    /// Jails that the stream starts.
    started: IndexSet<String>,
    /// Jails whose configuration the client could not read: those that run go on as they are.
    unreadable: IndexMap<String, String>,
    said: Vec<Line>,
}

impl Engine {
    /// Takes up a new configuration, or says why not; then nothing has changed.
    pub(super) fn reload(&mut self, reload: &Reload, batch: &mut Batch) -> Reply {
        if let Some(jail) = &reload.jail
            && !reload.if_exists
        {
            self.runtime(jail)?;
        }
        let mut staged = Staged::default();
        for command in &reload.stream {
            self.stage(&mut staged, command)
                .map_err(|exception| staged.placed(exception))?;
            // The supplement itself is none of the commands that it speaks of.
            if command.word(0) != Some("stockade-supplement") {
                staged.commands += 1;
            }
        }
        let text = match &reload.jail {
            Some(jail) => format!("Reload jail {jail}"),
            None => "Reload all jails".to_owned(),
        };
        batch.lines.push(Line::new(Level::Info, "server", text));
        if reload.jail.is_none() {
            self.known.forget_names();
        }
        self.supplement = staged.supplement;
        self.mistakes = staged.mistakes;
        let given = &self.supplement.overrides;
        self.overrides.extend(given.iter().cloned());
        for setting in staged.server {
            // What a command line said when the server was started holds until another one says more.
            if self.is_overridden(&setting) && !self.supplement.says(&setting) {
                continue;
            }
            // It was judged before; what the system refuses now is logged and the old stays.
            if let Err(exception) = self.set_server(setting) {
                let text = exception.to_string();
                batch.lines.push(Line::new(Level::Error, "server", text));
            }
        }
        batch.lines.extend(staged.said);
        let concerned = |name: &String| reload.jail.as_ref().is_none_or(|jail| jail == name);
        let names = self.jails.keys().filter(|name| concerned(name));
        for name in names.cloned().collect::<Vec<_>>() {
            if reload.unban {
                self.unban_all(&name, batch)?;
            }
            if staged.jails.contains_key(&name) {
                continue;
            }
            match staged.unreadable.swap_remove(&name) {
                Some(reason) => self.runtime(&name)?.outdated = Some(reason),
                None => {
                    self.stop_jail(&name, batch)?;
                }
            }
        }
        for (name, new) in staged.jails {
            let is_started = staged.started.contains(&name);
            self.take_over(&name, new, is_started, reload.restart, batch)?;
        }
        let text = "Reload finished.";
        batch.lines.push(Line::new(Level::Info, "server", text));
        Ok(Value::text("OK"))
    }

    /// Takes up the configuration that was read for a signal; what is wrong with it is logged.
    pub(super) fn reload_by_signal(&mut self, stream: Option<Vec<Command>>) {
        let Some(stream) = stream else {
            let text = "Reload: the configuration cannot be read; nothing was changed \
                        (hint: `stockade check` shows every mistake)";
            self.around.log.error("server", text);
            return;
        };
        let reload = Reload {
            stream,
            ..Reload::default()
        };
        let mut batch = Batch::default();
        if let Err(exception) = self.reload(&reload, &mut batch) {
            let text = format!("Reload: {exception}");
            batch.lines.push(Line::new(Level::Error, "server", text));
        }
        self.send(batch);
    }

    /// Takes one command of the stream without changing anything of what runs.
    fn stage(&self, staged: &mut Staged, command: &Command) -> Result<(), Exception> {
        let request = Request::parse(command)
            .map_err(|refusal| refusal.into_exception(|jail| staged.jails.contains_key(jail)))?;
        match request {
            Request::AddJail { jail, backend } => {
                if staged.jails.contains_key(&jail) {
                    return Err(Exception::duplicate_jail(jail));
                }
                let runtime = JailRuntime::of_backend(&jail, &backend, self.zone.clone())?;
                staged.jails.insert(jail, runtime);
            }
            Request::StartJail { jail } => {
                let waiting = staged.supplement.waiting.shift_remove(&jail);
                let patterns = staged.supplement.patterns.shift_remove(&jail);
                let runtime = staged.jail(&jail)?;
                runtime.patterns.set(patterns.unwrap_or_default());
                runtime.wait_for(waiting.unwrap_or_default());
                if let Some(reason) = &runtime.broken {
                    return Err(Exception::value(reason.as_str()));
                }
                judge_actions(&jail, runtime)?;
                staged.started.insert(jail);
            }
            Request::SetServer(setting) => {
                self.judge(&setting)?;
                staged.server.push(setting);
            }
            Request::SetJail { jail, setting } => {
                let mut said = Vec::new();
                staged.jail(&jail)?.set(setting, &mut said)?;
                staged.said.extend(said);
            }
            Request::MultiSetJail { jail, settings } => {
                let mut said = Vec::new();
                let runtime = staged.jail(&jail)?;
                for setting in settings {
                    runtime.set(setting, &mut said)?;
                }
                // All properties of an action come in one such command, whose place is known.
                judge_actions(&jail, runtime)?;
                staged.said.extend(said);
            }
            Request::ConfigError(message) => {
                let line = Line::new(Level::Error, "server", message.as_str());
                staged.said.push(line);
                if let Some(jail) = skipped(&message) {
                    staged.unreadable.insert(jail.to_owned(), message.clone());
                }
                staged.mistakes.push(message);
            }
            Request::Supplement(pairs) => {
                staged.supplement = Supplement::of(&pairs);
                staged.commands = 0;
                for (is_error, text) in std::mem::take(&mut staged.supplement.mistakes) {
                    let level = if is_error {
                        Level::Error
                    } else {
                        Level::Warning
                    };
                    staged.said.push(Line::new(level, "server", text.as_str()));
                    if is_error {
                        staged.mistakes.push(text);
                    }
                }
            }
            _ => return Err(Exception::invalid_command()),
        }
        Ok(())
    }

    /// Tells whether an option of the server could be set, as far as that can be told without doing it.
    fn judge(&self, setting: &ServerSetting) -> Result<(), Exception> {
        match setting {
            ServerSetting::LogLevel(name) => LogLevel::named(name)
                .map(drop)
                .ok_or_else(|| Exception::invalid_log_level(name)),
            ServerSetting::LogTarget(name) => LogTarget::named(name)
                .map(drop)
                .map_err(|error| Exception::value(error.to_string())),
            ServerSetting::DbPurgeAge(text) => super::settings::time_of(text).map(drop),
            ServerSetting::DbFile(path) if !self.is_open(path.as_deref()) => {
                Err(Exception::database_in_use())
            }
            _ => Ok(()),
        }
    }

    /// Puts a jail of the new configuration in the place of the one that runs, if one does.
    fn take_over(
        &mut self,
        name: &str,
        new: JailRuntime,
        is_started: bool,
        restart: bool,
        batch: &mut Batch,
    ) -> Reply {
        let Some(old) = self.jails.get(name) else {
            self.send(batch.take_part());
            self.enlist(new);
            return match is_started {
                true => self.start_jail(name),
                false => Ok(Value::None),
            };
        };
        let (before, after) = (&old.told.backend, &new.told.backend);
        if before == after && !restart && old.is_started() {
            self.renew(name, new, batch);
            return Ok(Value::None);
        }
        if before != after {
            let text = format!("Restart jail '{name}' (reason: '{before}' != '{after}')");
            batch.lines.push(Line::new(Level::Info, "server", text));
        }
        // One that was not started, because it was broken, knows less than the database.
        let mut known = old.is_started().then(|| old.known());
        // The same thread ends the old actions and begins the new ones, in this order.
        let worker = old.worker.clone();
        let actions: Vec<String> = old.actions.keys().cloned().collect();
        self.stop_to_restart(name, new.has_native_action(), batch);
        for action in actions {
            batch.shell.extend(
                worker
                    .clone()
                    .map(|worker| (worker, ActionOrder::Remove(action))),
            );
        }
        if let Some(known) = &mut known {
            known.add_places(self.places_on_disk(name));
        }
        self.send(batch.take_part());
        self.enlist(new);
        self.hand_worker(name, worker, batch);
        self.send(batch.take_part());
        match known {
            _ if !is_started => Ok(Value::None),
            Some(known) => self.start_jail_with(name, known),
            None => self.start_jail(name),
        }
    }

    /// Tells whether a command line has said how this shall be.
    fn is_overridden(&self, setting: &ServerSetting) -> bool {
        name_of(setting).is_some_and(|name| self.overrides.contains(name))
    }

    /// Gives a running jail a new configuration. Its bans, failures and places in logs stay.
    fn renew(&mut self, name: &str, mut new: JailRuntime, batch: &mut Batch) {
        let text = format!("Reload jail '{name}'");
        batch.lines.push(Line::new(Level::Info, "server", text));
        let Some(old) = self.jails.get_mut(name) else {
            return;
        };
        let is_alike = old.filter.is_like(&new.filter)
            && old.told.datepattern == new.told.datepattern
            && old.told.logtimezone == new.told.logtimezone;
        if !is_alike {
            old.filter = new.filter;
            old.matcher = new.matcher;
            old.stamp = new.stamp;
        }
        std::mem::swap(old.jail.settings_mut(), new.jail.settings_mut());
        old.ignoring = new.ignoring;
        old.encoding = new.encoding;
        old.lacking = new.lacking;
        let patterns = new.patterns.0.into_iter();
        let patterns = patterns.map(|pattern| (pattern.pattern, String::new()));
        for id in old.patterns.set(patterns.collect()) {
            self.around.reader.forget_pattern(id);
        }
        old.renew_logs(new.logs);
        old.matches = new.matches;
        old.backend = new.backend;
        old.told = new.told;
        old.is_idle = false;
        old.outdated = None;
        let actions = std::mem::replace(&mut old.actions, new.actions);
        old.sets = new.sets;
        self.follow_settings(name, batch);
        self.follow_actions(name, &actions, batch);
        let text = format!("Jail '{name}' reloaded");
        batch.lines.push(Line::new(Level::Info, "jail", text));
    }
}

impl Staged {
    fn jail(&mut self, jail: &str) -> Result<&mut JailRuntime, Exception> {
        let runtime = self.jails.get_mut(jail);
        runtime.ok_or_else(|| Exception::unknown_jail(jail))
    }

    /// Puts before what is wrong where that is written, if the client said so.
    fn placed(&self, mut exception: Exception) -> Exception {
        let place = self.supplement.place(self.commands);
        if let Some(Value::Str(text)) = exception.args.first_mut()
            && !place.is_empty()
        {
            *text = format!("{place}{text}; nothing was changed");
        }
        exception
    }
}

impl Supplement {
    /// Tells whether the command line of this client has said how this shall be.
    fn says(&self, setting: &ServerSetting) -> bool {
        name_of(setting).is_some_and(|name| self.overrides.iter().any(|given| given == name))
    }
}

/// Tells what is wrong with the properties of the jail's own actions.
fn judge_actions(jail: &str, runtime: &JailRuntime) -> Result<(), Exception> {
    for action in runtime.actions.values() {
        native::rules(jail, action).map_err(|error| Exception::value(error.to_string()))?;
    }
    Ok(())
}

/// The option of the command line for a setting, if there is one.
fn name_of(setting: &ServerSetting) -> Option<&'static str> {
    match setting {
        ServerSetting::LogLevel(_) => Some("loglevel"),
        ServerSetting::LogTarget(_) => Some("logtarget"),
        ServerSetting::SyslogSocket(_) => Some("syslogsocket"),
        _ => None,
    }
}

/// The jail that a message of the client says it has left out.
fn skipped(message: &str) -> Option<&str> {
    let (_, after) = message.split_once("Jail '")?;
    Some(after.split_once("' skipped")?.0)
}
