//! Commands that configure: what a stream holds, and `set` of single options.

use f2b_core::{Bantime, FailId, Seconds, TimeTextErrorKind, parse_time};
use f2b_match::{DateDetector, DateError, RuleError, UseDns, Zone};
use f2b_protocol::request::{LogPosition, ServerSetting, Setting, TimeText};
use f2b_protocol::{Command, Exception, Reply, Request, Value};

use super::Engine;
use super::jail::{Backend, JailRuntime, LogFile, Sources};
use super::supplement::Supplement;
use crate::clock;
use crate::log::{Log, LogLevel, LogTarget};
use crate::storage;

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
            Request::SetJail { jail, setting } => {
                let log = self.around.log.clone();
                self.runtime(&jail)?.set(setting, &log)
            }
            Request::MultiSetJail { jail, settings } => {
                let log = self.around.log.clone();
                let runtime = self.runtime(&jail)?;
                for setting in settings {
                    runtime.set(setting, &log)?;
                }
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
            _ => Err(Exception::invalid_command()),
        }
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
        let is_polling = backend == "polling";
        let backend = match backend {
            "auto" => Backend::Auto,
            "pyinotify" | "polling" | "gamin" => Backend::Files,
            "systemd" => Backend::Journal,
            other => return Err(Exception::unknown_backend(other)),
        };
        self.around
            .log
            .info("jail", format!("Creating new jail '{jail}'"));
        if let Some(store) = self.around.database.lock().as_mut()
            && let Err(error) = store.add_jail(&jail)
        {
            self.around.log.error("database", storage::told(&error));
        }
        let mut runtime = JailRuntime::new(jail.clone(), backend, self.zone.clone());
        runtime.told.is_polling = is_polling;
        self.jails.insert(jail.clone(), runtime);
        Ok(Value::text(jail))
    }

    fn set_server(&mut self, setting: ServerSetting) -> Reply {
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
            ServerSetting::DbFile(_) if !self.jails.is_empty() => Err(Exception::database_in_use()),
            ServerSetting::DbFile(None) => {
                self.around.database.close(log);
                Ok(Value::None)
            }
            ServerSetting::DbFile(Some(path)) => {
                let opened = self.around.database.open(path.as_ref(), clock::now(), log);
                opened.map_err(|error| Exception::general(storage::told(&error)))?;
                Ok(Value::text(path))
            }
            ServerSetting::DbPurgeAge(text) => {
                let age = time_of(&text)?;
                self.dbpurgeage = age.span();
                self.told.dbpurgeage = shown(age);
                Ok(self.told.dbpurgeage.clone())
            }
            ServerSetting::DbMaxMatches(count) => {
                if let Some(store) = self.around.database.lock().as_mut() {
                    store.keep_matches(usize::try_from(count).unwrap_or(0));
                }
                Ok(Value::Int(count))
            }
            ServerSetting::AllowIpv6(value) => Ok(value),
            ServerSetting::SyslogSocket(name) => {
                log.set_syslog_socket(&name);
                self.told.syslogsocket = Value::text(name);
                Ok(self.told.syslogsocket.clone())
            }
            ServerSetting::Thread { .. } => Err(Exception::not_available("set thread")),
        }
    }
}

impl JailRuntime {
    /// Sets one option; the reply is what the original answers.
    fn set(&mut self, setting: Setting, log: &Log) -> Reply {
        let not_available =
            |option: &str| Err(Exception::not_available(&format!("set <JAIL> {option}")));
        let is_running = !matches!(self.sources, Sources::None);
        match setting {
            Setting::UseDns(mode) => {
                // As the original: what is none of them is `no`.
                let usedns = UseDns::named(&mode).unwrap_or(UseDns::No);
                self.filter_mut().set_usedns(usedns);
                Ok(Value::text(usedns.name()))
            }
            Setting::PrefRegex(rule) => {
                self.filter_mut()
                    .set_prefregex(&rule)
                    .map_err(|error| rule_exception(&error))?;
                Ok(self.prefregex())
            }
            Setting::AddFailRegex(rule) => {
                self.filter_mut()
                    .add_failregex(&rule)
                    .map_err(|error| rule_exception(&error))?;
                Ok(self.failregex())
            }
            Setting::AddIgnoreRegex(rule) => {
                self.filter_mut()
                    .add_ignoreregex(&rule)
                    .map_err(|error| rule_exception(&error))?;
                Ok(self.ignoreregex())
            }
            Setting::DelFailRegex(number) => {
                let count = self.filter.failregex().len();
                let is_there = index(number, count)
                    .is_some_and(|index| self.filter_mut().remove_failregex(index));
                Ok(self.less("failregex", number, is_there, log))
            }
            Setting::DelIgnoreRegex(number) => {
                let count = self.filter.ignoreregex().len();
                let is_there = index(number, count)
                    .is_some_and(|index| self.filter_mut().remove_ignoreregex(index));
                Ok(self.less("ignoreregex", number, is_there, log))
            }
            Setting::MaxLines(count) => match usize::try_from(count) {
                Ok(maxlines) if maxlines > 0 => {
                    self.filter_mut().set_maxlines(maxlines);
                    Ok(Value::Int(count))
                }
                _ => Err(Exception::max_lines()),
            },
            Setting::DatePattern(patterns) => {
                let dates = DateDetector::with_patterns(&patterns).map_err(date_exception)?;
                self.told.datepattern = shown_dates(&dates);
                self.matcher.set_dates(dates);
                Ok(self.told.datepattern.clone())
            }
            // What a jail reads and what it does about bans is settled when it starts.
            Setting::AddJournalMatch(_) if is_running => not_available("addjournalmatch"),
            Setting::AddLogPath { .. } if is_running => not_available("addlogpath"),
            Setting::AddAction(_) if is_running => not_available("addaction"),
            Setting::ActionProperty { .. } if is_running => not_available("action"),
            Setting::AddJournalMatch(words) => {
                let groups = words
                    .split(|word| word == "+")
                    .filter(|group| !group.is_empty());
                self.matches.extend(groups.map(<[String]>::to_vec));
                Ok(self.journal_matches())
            }
            Setting::MaxRetry(count) => {
                self.jail.settings_mut().maxretry = clamped(count);
                Ok(Value::Int(count))
            }
            Setting::MaxMatches(count) => {
                self.jail.settings_mut().maxmatches =
                    usize::try_from(clamped(count)).unwrap_or(usize::MAX);
                Ok(Value::Int(count))
            }
            Setting::FindTime(text) => {
                let findtime = time_of(&text)?;
                self.jail.settings_mut().findtime = findtime.span();
                self.told.findtime = shown(findtime);
                Ok(self.told.findtime.clone())
            }
            Setting::BanTime(text) => {
                // As the original: always whole.
                let seconds = time_of(&text)?.whole();
                self.jail.settings_mut().bantime = Bantime::from_seconds(seconds);
                Ok(Value::Int(seconds))
            }
            Setting::IgnoreCommand(command) if command.is_empty() => {
                self.told.ignorecommand = Value::text(command);
                Ok(self.told.ignorecommand.clone())
            }
            Setting::IgnoreCommand(_) => not_available("ignorecommand"),
            Setting::IgnoreSelf(false) => Ok(Value::Bool(false)),
            Setting::IgnoreSelf(true) => not_available("ignoreself"),
            Setting::AddIgnoreIp(words) => self.ignore(&words),
            Setting::DelIgnoreIp(word) => {
                let entry = FailId::parse(&word);
                if self.jail.settings_mut().ignoreip.remove(&entry) {
                    Ok(self.ignored())
                } else {
                    Err(Exception::value("list.remove(x): x not in list"))
                }
            }
            Setting::LogTimeZone(text) => {
                let zone = Zone::parse(&text).map_err(date_exception)?;
                self.matcher.set_zone(zone);
                self.told.logtimezone = Value::text(text);
                Ok(self.told.logtimezone.clone())
            }
            Setting::LogEncoding(name)
                if ["auto", "utf-8"].contains(&name.to_lowercase().as_str()) =>
            {
                Ok(Value::text("UTF-8"))
            }
            Setting::LogEncoding(_) => not_available("logencoding"),
            Setting::AddLogPath { path, position } => {
                self.add_log(&path, position == LogPosition::Tail);
                Ok(Value::texts(
                    self.logs.iter().map(|log| log.path.display().to_string()),
                ))
            }
            Setting::AddAction(action) => {
                if self.actions.contains_key(&action) {
                    return Err(Exception::duplicate_action(&action));
                }
                self.actions
                    .insert(action.clone(), indexmap::IndexMap::new());
                Ok(Value::text(action))
            }
            Setting::ActionProperty {
                action,
                property,
                value,
            } => {
                let properties = self.actions.get_mut(&action);
                let properties = properties.ok_or_else(|| Exception::unknown_action(&action))?;
                properties.insert(property, value.str());
                Ok(value)
            }
        }
    }

    fn ignore(&mut self, words: &[String]) -> Reply {
        for word in words {
            let entry = FailId::parse(word);
            if matches!(entry, FailId::Text(_)) {
                let text = format!(
                    "ignoreip: `{word}` is no address and no network; names are not looked up in this version"
                );
                return Err(Exception::value(text));
            }
            self.jail.settings_mut().ignoreip.add(entry);
        }
        Ok(self.ignored())
    }

    /// What is left after a rule was taken out, if there was one of that number.
    fn less(&self, option: &str, number: i64, is_there: bool, log: &Log) -> Value {
        if !is_there {
            let text = format!("Cannot remove {option}: there is none of the number {number}");
            log.error("filter", text);
        }
        match option {
            "failregex" => self.failregex(),
            _ => self.ignoreregex(),
        }
    }

    pub(super) fn add_log(&mut self, path: &str, tail: bool) {
        if !self.logs.iter().any(|log| log.path.as_os_str() == path) {
            self.logs.push(LogFile {
                path: path.into(),
                tail,
            });
        }
    }
}

/// The place that a number stands for, as Python counts: a negative one from the end.
fn index(number: i64, count: usize) -> Option<usize> {
    match usize::try_from(number) {
        Ok(index) => Some(index),
        Err(_) => count.checked_sub(usize::try_from(number.unsigned_abs()).ok()?),
    }
}

/// Reads a time; an error is what the original answers.
fn time_of(text: &TimeText) -> Result<Seconds, Exception> {
    let text = match text {
        TimeText::Seconds(seconds) => return Ok(Seconds::Whole(*seconds)),
        TimeText::Fraction(seconds) => return Ok(Seconds::Fraction(*seconds)),
        TimeText::Text(text) => text,
    };
    parse_time(text).map_err(|error| match &error.kind {
        TimeTextErrorKind::UnknownWord(word) => Exception::undefined_name(word),
        TimeTextErrorKind::Syntax(_) => Exception::syntax(error.to_string()),
        TimeTextErrorKind::DivisionByZero(_) => Exception::zero_division(),
        TimeTextErrorKind::TooLarge => Exception::value(error.to_string()),
    })
}

/// A time as replies show it.
fn shown(seconds: Seconds) -> Value {
    match seconds {
        Seconds::Whole(seconds) => Value::Int(seconds),
        Seconds::Fraction(seconds) => Value::Float(seconds),
    }
}

/// A count as it acts: what is negative acts as none, what is too large as the most.
fn clamped(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

fn rule_exception(error: &RuleError) -> Exception {
    match error {
        RuleError::NoFailureId(rule) => Exception::no_failure_id(rule),
        RuleError::Compile {
            expanded, reason, ..
        } => Exception::uncompilable_regex(expanded, reason),
        RuleError::Empty => Exception::regex(error.to_string()),
    }
}

fn date_exception(error: DateError) -> Exception {
    match error {
        DateError::Abbreviation { name } => Exception::key(name.trim_matches('\'')),
        error => Exception::value(error.to_string()),
    }
}

/// A `datepattern` as replies show it: the pattern if there is but one, and its name.
fn shown_dates(dates: &DateDetector) -> Value {
    let mut templates = dates.templates(clock::now());
    let (pattern, name) = match (templates.next(), templates.next()) {
        (Some(only), None) => (only.pattern, only.name),
        _ => (String::new(), "Default Detectors".to_owned()),
    };
    let pattern = if pattern.is_empty() {
        Value::None
    } else {
        Value::text(pattern)
    };
    Value::Tuple(vec![pattern, Value::text(name)])
}
