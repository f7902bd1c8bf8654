//! Commands of clients.

use std::sync::Arc;
use std::time::Duration;

use f2b_core::{Bantime, FailId};
use f2b_protocol::request::StatusFlavor;
use f2b_protocol::status::{JailStatus, ServerStatus, StatusSource};
use f2b_protocol::{Answer, Command, Exception, Reply, Request, Value, text as client_text};

use super::jail::{Backend, JailRuntime, Sources};
use super::{Ending, Engine};
use crate::batch::Batch;
use crate::clock;
use crate::event::ReplyTo;
use crate::log::Line;
use crate::pending::Pending;
use crate::text::{self, VERSION};

impl Engine {
    /// Answers a command, at once or when what it has changed is carried out; returns the end if it
    /// asks for it.
    pub(super) fn on_command(&mut self, command: &Command, to: ReplyTo) -> Option<Ending> {
        let request = match Request::parse(command) {
            Ok(request) => request,
            Err(refusal) => {
                let exception = refusal.into_exception(|jail| self.jails.contains_key(jail));
                self.answer(command, &to, Err(exception));
                return None;
            }
        };
        let to = match request {
            Request::Stop => return Some(Ending { asked: Some(to) }),
            Request::Sleep { seconds } => {
                self.sleep(seconds, command, to);
                return None;
            }
            _ => Arc::new(Pending::new(to)),
        };
        let mut batch = Batch {
            pending: Some(Arc::clone(&to)),
            ..Batch::default()
        };
        let reply = match request {
            Request::BanIp { jail, ids } => self.ban(&jail, &ids, &mut batch),
            Request::UnbanIp {
                jail,
                ids,
                report_absent,
            } => self.unban(&jail, &ids, report_absent, &mut batch),
            Request::StopJail { jail } => self.stop_jail(&jail, &mut batch),
            Request::StopAllJails => self.stop_all_jails(&mut batch),
            Request::Attempt { jail, id, lines } => self.attempt(&jail, &id, lines, &mut batch),
            Request::Reload(reload) => self.reload(&reload, &mut batch),
            Request::SetJail { jail, setting } => {
                self.set_jail(&jail, vec![setting], command, &mut batch)
            }
            Request::MultiSetJail { jail, settings } => self
                .set_jail(&jail, settings, command, &mut batch)
                .map(|_last| Value::Bool(true)),
            Request::UnbanAnywhere { ids } => self.unban_anywhere(ids.as_deref(), &mut batch),
            Request::ServerStream(commands) => self.configure(&commands),
            Request::GetJail { jail, option } => {
                match self.ask_action(&jail, &option, command, &mut batch) {
                    // What it says becomes the reply.
                    Some(asked) => asked.map(|()| Value::None),
                    None => self.read(Request::GetJail { jail, option }, command),
                }
            }
            request => self.read(request, command),
        };
        if let Err(exception) = &reply {
            let line = failed(command, exception);
            batch.lines.push(line);
        }
        to.foresee(reply);
        // Reported means: in the kernel, on disk, and done by the actions.
        self.send(batch);
        None
    }

    /// Answers later. Differs: everybody else is served meanwhile.
    fn sleep(&mut self, seconds: f64, command: &Command, to: ReplyTo) {
        let pause = Duration::try_from_secs_f64(seconds.max(0.0));
        let end = pause
            .ok()
            .and_then(|pause| clock::tick().checked_add(pause));
        match end {
            Some(end) => {
                self.sleepers.retain(|(_, sleeper)| sleeper.is_wanted());
                self.sleepers.push((end, to));
            }
            None => {
                let text = "timestamp too large to convert to C _PyTime_t";
                self.answer(command, &to, Err(Exception::overflow(text)));
            }
        }
    }

    fn answer(&self, command: &Command, to: &ReplyTo, reply: Reply) {
        if let Err(exception) = &reply {
            self.around.log.write(&failed(command, exception));
        }
        to.send(Answer::Reply(reply));
    }

    pub(super) fn read(&mut self, request: Request, command: &Command) -> Reply {
        match request {
            Request::Ping => Ok(Value::text("pong")),
            Request::Version => Ok(Value::text(VERSION)),
            Request::Echo(words) => Ok(Value::List(words)),
            Request::ServerStatus => Ok(Value::text("Server ready")),
            Request::Status => {
                let jails = self.jails.keys().cloned().collect();
                Ok(ServerStatus { jails }.to_value())
            }
            Request::JailStatus { jail, flavor } => {
                self.warn_of(&flavor);
                Ok(self.runtime(&jail)?.status().to_value(&flavor))
            }
            Request::StatusOfAll(flavor) => {
                self.warn_of(&flavor);
                Ok(self.status_of_all(&flavor))
            }
            Request::Statistics => Ok(self.of_all_jails(&StatusFlavor::Statistics)),
            Request::BanList { jail, with_time } => Ok(self.runtime(&jail)?.ban_list(with_time)),
            Request::Banned { jail, ids } => Ok(self.runtime(&jail)?.banned(&ids)),
            Request::BannedAnywhere(ids) => Ok(self.banned_anywhere(&ids)),
            Request::GetServer(option) => self.get(option),
            Request::GetJail { jail, option } => self.runtime(&jail)?.get(&option),
            Request::FlushLogs => Ok(Value::text(self.around.log.flush_logs())),
            Request::StockadeStatus { jail } => self.stockade_status(jail.as_deref()),
            // What configures is carried out as in a stream.
            _ => self.stream_command(command),
        }
    }

    fn warn_of(&self, flavor: &StatusFlavor) {
        if let StatusFlavor::Unknown(word) = flavor {
            let text = format!(
                "Unsupported extended jail status flavor {word:?}. Supported: basic, short, stats"
            );
            self.around.log.warning("jail", text);
        }
    }

    fn status_of_all(&self, flavor: &StatusFlavor) -> Value {
        let of_all = self.of_all_jails(flavor);
        if *flavor == StatusFlavor::Statistics {
            return of_all;
        }
        let jails = self.jails.keys().cloned().collect();
        match (ServerStatus { jails }).to_value() {
            Value::List(mut items) => {
                items.push(of_all);
                Value::List(items)
            }
            other => other,
        }
    }

    /// The status of each jail, by name.
    fn of_all_jails(&self, flavor: &StatusFlavor) -> Value {
        let mut jails: Vec<_> = self.jails.iter().collect();
        jails.sort_by_key(|(name, _)| name.as_str());
        let status = |runtime: &JailRuntime| runtime.status().to_value(flavor);
        let pairs = jails.into_iter();
        Value::Dict(
            pairs
                .map(|(name, runtime)| (Value::text(name.clone()), status(runtime)))
                .collect(),
        )
    }

    /// What is banned, by jail; or by which jails each of some ids is.
    fn banned_anywhere(&self, ids: &[String]) -> Value {
        let banning = |id: &FailId| {
            let jails = self.jails.iter();
            let jails = jails.filter(|(_, runtime)| runtime.jail.bans().ban(id).is_some());
            Value::texts(jails.map(|(name, _)| name.clone()))
        };
        if !ids.is_empty() {
            return Value::List(ids.iter().map(|id| banning(&FailId::parse(id))).collect());
        }
        let jails = self.jails.iter().map(|(name, runtime)| {
            Value::Dict(vec![(Value::text(name.clone()), runtime.banned(&[]))])
        });
        Value::List(jails.collect())
    }
}

impl JailRuntime {
    fn status(&self) -> JailStatus {
        let counters = self.jail.counters();
        let source = match &self.sources {
            Sources::Journal(_) => StatusSource::Journal(vec![
                self.matches
                    .iter()
                    .map(|group| group.join(" "))
                    .collect::<Vec<_>>()
                    .join(" + "),
            ]),
            Sources::None | Sources::Files(_) => StatusSource::Files(
                self.logs
                    .iter()
                    .map(|log| log.path.display().to_string())
                    .collect(),
            ),
        };
        JailStatus {
            backend: self.backend_name().to_owned(),
            currently_failed: self.jail.tallies().len().try_into().unwrap_or(u64::MAX),
            total_failed: counters.failed,
            source,
            currently_banned: self.jail.bans().len().try_into().unwrap_or(u64::MAX),
            total_banned: counters.banned,
            banned: self
                .jail
                .bans()
                .iter()
                .map(|ban| ban.id.to_string())
                .collect(),
        }
    }

    /// How the original's log calls it.
    pub(super) fn poller_name(&self) -> &'static str {
        match self.backend_name() {
            "polling" => "poller",
            name => name,
        }
    }

    /// How the original calls what the jail reads through.
    pub(super) fn backend_name(&self) -> &'static str {
        let is_journal = match &self.sources {
            Sources::Journal(_) => true,
            Sources::Files(_) => false,
            Sources::None => self.backend == Backend::Journal,
        };
        match is_journal {
            true => "systemd",
            // Files are watched all the same.
            false if self.told.backend == "polling" => "polling",
            false => "pyinotify",
        }
    }

    /// The bans by their end, permanent ones last.
    fn ban_list(&self, with_time: bool) -> Value {
        let mut bans: Vec<_> = self.jail.bans().iter().collect();
        bans.sort_by_key(|ban| (ban.end().is_none(), ban.end()));
        Value::texts(bans.into_iter().map(|ban| {
            let id = ban.id.to_string();
            if !with_time {
                return id;
            }
            let end = match ban.bantime {
                Bantime::Permanent => "9999-12-31 23:59:59".to_owned(),
                Bantime::Lasting(span) => clock::local(ban.time.plus(span)),
            };
            client_text::ban_with_time(&id, &clock::local(ban.time), ban.bantime.as_seconds(), &end)
        }))
    }

    fn banned(&self, ids: &[String]) -> Value {
        let is_banned =
            |id: &String| Value::Int(self.jail.bans().ban(&FailId::parse(id)).is_some().into());
        match ids {
            [] => Value::texts(self.jail.bans().iter().map(|ban| ban.id.to_string())),
            [id] => is_banned(id),
            ids => Value::List(ids.iter().map(is_banned).collect()),
        }
    }
}

/// Tells whether a command only asks.
pub(super) fn is_reading(request: &Request) -> bool {
    matches!(
        request,
        Request::Ping
            | Request::Version
            | Request::Echo(_)
            | Request::ServerStatus
            | Request::Status
            | Request::JailStatus { .. }
            | Request::StatusOfAll(_)
            | Request::Statistics
            | Request::BanList { .. }
            | Request::Banned { .. }
            | Request::BannedAnywhere(_)
            | Request::GetServer(_)
            | Request::GetJail { .. }
    )
}

fn failed(command: &Command, exception: &Exception) -> Line {
    text::failed_command(&super::cut(&command.to_string()), exception)
}
