//! Commands that configure: what a stream holds, and `set` of options of the server.

mod cache;
mod increment;
mod jail;
mod values;

use std::path::Path;

use f2b_protocol::request::{ServerSetting, Setting};
use f2b_protocol::{Command, Exception, Reply, Request, Value};

use super::Engine;
use super::ipv6::Ipv6;
use super::jail::JailRuntime;
use super::past::PastBans;
use super::requests::is_reading;
use super::supplement::Supplement;
use crate::clock;
use crate::log::{LogLevel, LogTarget};
use crate::storage;
pub(super) use cache::shown as shown_cache;
use values::shown;
pub(super) use values::{property_of, time_of, value_of};

impl Engine {
    /// Carries out one command of the configuration.
    pub(super) fn stream_command(&mut self, command: &Command) -> Reply {
        let request = match Request::parse(command) {
            Ok(request) => request,
            Err(refusal) => {
                return Err(refusal.into_exception(|jail| self.jails.contains_key(jail)));
            }
        };
        match request {
            Request::AddJail { jail, backend } => self.add_jail(jail, &backend),
            Request::StartJail { jail } => self.start_jail(&jail),
            Request::SetServer(setting) => self.set_server(setting),
            Request::SetJail { jail, setting } => self.configure_jail(&jail, vec![setting]),
            Request::MultiSetJail { jail, settings } => {
                self.configure_jail(&jail, settings)?;
                Ok(Value::Bool(true))
            }
            Request::ConfigError(message) => {
                let place = self.supplement.place(self.commands);
                let message = format!("{place}{message}");
                self.around.log.error("server", message.as_str());
                // With its place it was told already, if it came from our own programs.
                if !self.supplement.tells_mistakes {
                    self.mistakes.push(message);
                }
                Ok(Value::None)
            }
            Request::Supplement(pairs) => {
                self.supplement = Supplement::of(&pairs);
                self.overrides
                    .extend(self.supplement.overrides.iter().cloned());
                self.commands = 0;
                let mistakes = std::mem::take(&mut self.supplement.mistakes);
                for (is_error, text) in mistakes {
                    if is_error {
                        self.around.log.error("server", text.as_str());
                        self.mistakes.push(text);
                    } else {
                        self.around.log.warning("server", text);
                    }
                }
                Ok(Value::None)
            }
            request if is_reading(&request) => self.read(request, command),
            _ => Err(Exception::invalid_command()),
        }
    }

    /// Tells whether this is the database that is used now, or shall be once it can be; `None` is none.
    pub(super) fn is_open(&self, path: Option<&str>) -> bool {
        self.around.database.is_wanted(path.map(Path::new))
    }

    fn configure_jail(&mut self, jail: &str, settings: Vec<Setting>) -> Reply {
        let mut said = Vec::new();
        let runtime = self.runtime(jail)?;
        let mut reply = Ok(Value::None);
        for setting in settings {
            reply = runtime.set(setting, &mut said);
            if reply.is_err() {
                break;
            }
        }
        said.iter().for_each(|line| self.around.log.write(line));
        reply
    }

    /// Remembers that a jail must not be started, because a command of its configuration failed.
    ///
    /// A command that was for no jail leaves a mistake of the whole configuration.
    pub(super) fn mark_broken(&mut self, command: &Command, reason: &str) {
        // Some reasons are drawn over several lines.
        let lines: Vec<&str> = reason.lines().map(str::trim).collect();
        let place = self.supplement.place(self.commands);
        let reason = format!("{place}{}", lines.join(" "));
        if command.word(0) == Some("add") {
            self.refused.extend(command.word(1).map(str::to_owned));
        }
        if let Some(runtime) = command.word(1).and_then(|jail| self.jails.get_mut(jail)) {
            runtime.broken.get_or_insert(reason);
        } else {
            let shown = super::cut(&command.to_string());
            self.mistakes.push(format!("{shown}: {reason}"));
        }
    }

    /// Returns the jail of a name.
    pub(super) fn runtime(&mut self, jail: &str) -> Result<&mut JailRuntime, Exception> {
        self.jails
            .get_mut(jail)
            .ok_or_else(|| Exception::unknown_jail(jail))
    }

    fn add_jail(&mut self, jail: String, backend: &str) -> Reply {
        if self.jails.contains_key(&jail) {
            return Err(Exception::duplicate_jail(jail));
        }
        let runtime = JailRuntime::of_backend(&jail, backend, self.zone.clone())?;
        self.enlist(runtime);
        Ok(Value::text(jail))
    }

    /// Takes up a jail that is not started yet.
    pub(super) fn enlist(&mut self, runtime: JailRuntime) {
        let jail = runtime.name.clone();
        self.around
            .log
            .info("jail", format!("Creating new jail '{jail}'"));
        self.enable(&jail);
        self.jails.insert(jail, runtime);
    }

    pub(super) fn set_server(&mut self, setting: ServerSetting) -> Reply {
        let log = &self.around.log;
        match setting {
            ServerSetting::LogLevel(name) => {
                let level =
                    LogLevel::named(&name).ok_or_else(|| Exception::invalid_log_level(&name))?;
                log.set_level(level);
                self.told.loglevel = Value::text(name);
                Ok(self.told.loglevel.clone())
            }
            ServerSetting::LogTarget(name) => {
                let target =
                    LogTarget::named(&name).map_err(|error| Exception::value(error.to_string()))?;
                let name = target.name().to_owned();
                let failed = |_told| Exception::general("Failed to change log target");
                log.set_target(target).map_err(failed)?;
                self.told.logtarget = Value::text(name);
                Ok(self.told.logtarget.clone())
            }
            // As the original: the file that is open already may be named again.
            ServerSetting::DbFile(path) if self.is_open(path.as_deref()) => {
                Ok(path.map_or(Value::None, Value::text))
            }
            ServerSetting::DbFile(_) if !self.jails.is_empty() => Err(Exception::database_in_use()),
            ServerSetting::DbFile(None) => {
                self.around.database.close(log);
                Ok(Value::None)
            }
            ServerSetting::DbFile(Some(path)) => {
                let opened = self.around.database.open(path.as_ref(), clock::now(), log);
                opened.map_err(|error| Exception::general(storage::told(&error)))?;
                self.past = PastBans::default();
                Ok(Value::text(path))
            }
            ServerSetting::DbPurgeAge(text) => {
                let age = time_of(&text)?;
                self.dbpurgeage = age.span();
                self.told.dbpurgeage = shown(age);
                Ok(self.told.dbpurgeage.clone())
            }
            ServerSetting::DbMaxMatches(count) => {
                let lines = usize::try_from(count).unwrap_or(0);
                self.around.database.keep_matches(lines);
                Ok(Value::Int(count))
            }
            ServerSetting::AllowIpv6(value) => {
                self.ipv6 = Ipv6::named(&value.str());
                self.known.allow_ipv6(self.ipv6.is_allowed());
                Ok(value)
            }
            ServerSetting::SyslogSocket(name) => {
                log.set_syslog_socket(&name);
                self.told.syslogsocket = Value::text(name);
                Ok(self.told.syslogsocket.clone())
            }
            ServerSetting::Thread { stack_size_kib } => {
                // As the system's threads: none is smaller. Ours have stacks of their own.
                let kib = stack_size_kib.unwrap_or(0);
                if (1..32).contains(&kib) || kib < 0 {
                    let text = format!("size not valid: {} bytes", kib.saturating_mul(1_024));
                    return Err(Exception::value(text));
                }
                self.told.stacksize = kib;
                Ok(Value::None)
            }
        }
    }
}
