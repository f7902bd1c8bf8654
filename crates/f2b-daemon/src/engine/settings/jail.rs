//! `set` of a jail's options.

use f2b_action::Definition;
use f2b_core::journal::is_term;
use f2b_core::{Bantime, IgnoreError, IgnoreList};
use f2b_match::{DateDetector, UseDns, Zone};
use f2b_protocol::request::{LogPosition, Setting};
use f2b_protocol::{Exception, Reply, Value};
use f2b_source::Encoding;

use super::values::{
    clamped, date_exception, index, property_of, rule_exception, shown, shown_dates,
    time_exception, time_of, value_of,
};
use super::{cache, increment};
use crate::engine::jail::{Backend, JailRuntime, LogFile, Sources};
use crate::engine::python;
use crate::log::{Level, Line};

impl JailRuntime {
    /// Sets one option; the reply is what the original answers, and what it logs comes into `said`.
    ///
    /// What a running jail reads and does about it is the caller's business.
    pub(in crate::engine) fn set(&mut self, setting: Setting, said: &mut Vec<Line>) -> Reply {
        let mut tell = |logger, text: String| said.push(Line::new(Level::Info, logger, text));
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
                Ok(self.less("failregex", number, is_there, said))
            }
            Setting::DelIgnoreRegex(number) => {
                let count = self.filter.ignoreregex().len();
                let is_there = index(number, count)
                    .is_some_and(|index| self.filter_mut().remove_ignoreregex(index));
                Ok(self.less("ignoreregex", number, is_there, said))
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
                self.told.dates = Some(patterns);
                Ok(self.told.datepattern.clone())
            }
            Setting::AddJournalMatch(words) => self.add_matches(&words, said),
            Setting::DelJournalMatch(words) => self.remove_matches(&words, said),
            Setting::MaxRetry(count) => {
                self.jail.settings_mut().maxretry = clamped(count);
                tell("filter", format!("  maxRetry: {count}"));
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
                tell(
                    "filter",
                    format!("  findtime: {}", self.told.findtime.str()),
                );
                Ok(self.told.findtime.clone())
            }
            Setting::BanTime(text) => {
                // As the original: always whole.
                let seconds = time_of(&text)?.whole();
                self.jail.settings_mut().bantime = Bantime::from_seconds(seconds);
                tell("actions", format!("  banTime: {seconds}"));
                Ok(Value::Int(seconds))
            }
            Setting::IgnoreCommand(command) => {
                self.ignoring.command = Some(command.clone()).filter(|command| !command.is_empty());
                self.told.ignorecommand = Value::text(command);
                Ok(self.told.ignorecommand.clone())
            }
            Setting::IgnoreSelf(itself) => {
                self.ignoring.itself = itself;
                Ok(Value::Bool(itself))
            }
            Setting::IgnoreCache(options) => {
                self.ignoring.cache = cache::read(&options)?;
                Ok(cache::shown(self.ignoring.cache.as_ref()))
            }
            Setting::AddIgnoreIp(words) => self.ignore(&words, said),
            Setting::DelIgnoreIp(word) => {
                if self.ignoring.list.remove(&word) {
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
            Setting::LogEncoding(name) => {
                let name = match name.to_lowercase().as_str() {
                    "auto" => "UTF-8".to_owned(),
                    _ => name,
                };
                match Encoding::named(&name) {
                    None => return Err(Exception::unknown_encoding(&name)),
                    Some(encoding) => self.encoding = encoding,
                }
                tell("filter", format!("  encoding: {name}"));
                self.told.logencoding.clone_from(&name);
                Ok(Value::text(name))
            }
            Setting::AddLogPath { path, position } => {
                if !self.add_log(&path, position == LogPosition::Tail) {
                    let text = format!("Log file {path} is read already");
                    said.push(Line::new(Level::Error, "filter", text));
                }
                Ok(self.log_paths())
            }
            Setting::DelLogPath(path) => {
                self.logs
                    .retain(|log| log.path.as_os_str() != path.as_str());
                Ok(self.log_paths())
            }
            Setting::Idle(is_idle) => {
                self.is_idle = is_idle;
                Ok(Value::Bool(is_idle))
            }
            Setting::BanTimeOption { name, value } => {
                let option = increment::set(&mut self.jail.settings_mut().increment, &name, value)?;
                tell("jail", format!("Set banTime.{name} = {}", option.str()));
                self.told.bantime_options.insert(name, option.clone());
                Ok(option)
            }
            Setting::DelAction(action) => {
                self.sets.take();
                match self.actions.shift_remove(&action) {
                    Some(_) => Ok(Value::None),
                    None => Err(Exception::unknown_action(&action)),
                }
            }
            Setting::AddAction(action) => {
                self.sets.take();
                if self.actions.contains_key(&action) {
                    return Err(Exception::duplicate_action(&action));
                }
                self.actions
                    .insert(action.clone(), Definition::new(&action));
                Ok(Value::text(action))
            }
            Setting::AddPythonAction {
                action,
                file,
                arguments,
            } => {
                if self.actions.contains_key(&action) {
                    return Err(Exception::duplicate_action(&action));
                }
                let definition = python::definition(&action, file, arguments);
                self.actions.insert(action.clone(), definition);
                Ok(Value::text(action))
            }
            Setting::ActionProperty {
                action,
                property,
                value,
            } => self.set_property(&action, property.as_deref(), value),
        }
    }

    fn set_property(
        &mut self,
        action: &str,
        property: Option<&str>,
        value: Option<Value>,
    ) -> Reply {
        self.sets.take();
        let definition = self.actions.get_mut(action);
        let definition = definition.ok_or_else(|| Exception::unknown_action(action))?;
        let (Some(property), Some(value)) = (property, value) else {
            return Err(Exception::missing_word());
        };
        if definition.source().is_some() {
            let text = format!("the jail {} is not started", self.name);
            return Err(Exception::runtime(text));
        }
        definition
            .set(property, property_of(&value))
            .map_err(|error| time_exception(&error))?;
        // As the original, which answers with what it has now.
        let property_now = definition.get(property);
        let now = property_now.ok_or_else(|| Exception::unknown_property(property))?;
        Ok(value_of(now))
    }

    fn ignore(&mut self, words: &[String], said: &mut Vec<Line>) -> Reply {
        for word in words {
            match self.ignoring.list.add(word) {
                Ok(true) => {}
                Ok(false) => {
                    let shown = IgnoreList::shown(word);
                    let text =
                        format!("  Ignore duplicate '{shown}' ('{word}'), already in ignore list");
                    said.push(Line::new(Level::Msg, "filter", text));
                }
                // The original takes it for another address; that is no reason to leave a jail out.
                Err(error @ IgnoreError::Length(_)) => {
                    let text = format!("ignoreip: {error}: it ignores nobody");
                    said.push(Line::new(Level::Error, "filter", text));
                }
                Err(error) => return Err(Exception::value(error.to_string())),
            }
        }
        Ok(self.ignored())
    }

    /// What is left after a rule was taken out, if there was one of that number.
    fn less(&self, option: &str, number: i64, is_there: bool, said: &mut Vec<Line>) -> Value {
        if !is_there {
            let text = format!("Cannot remove {option}: there is none of the number {number}");
            said.push(Line::new(Level::Error, "filter", text));
        }
        match option {
            "failregex" => self.failregex(),
            _ => self.ignoreregex(),
        }
    }

    /// Refuses, for a jail that runs, a log that cannot be read now. While a jail is configured one that
    /// is not there is waited for.
    pub(in crate::engine) fn refuse_missing_log(&self, setting: &Setting) -> Result<(), Exception> {
        let Setting::AddLogPath { path, .. } = setting else {
            return Ok(());
        };
        if matches!(self.sources, Sources::None) {
            return Ok(());
        }
        let refused = |code: rustix::io::Errno, reason: &str| {
            Exception::os(code.raw_os_error(), reason, path.as_str())
        };
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                Err(refused(rustix::io::Errno::ISDIR, "Is a directory"))
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(refused(
                rustix::io::Errno::NOENT,
                "No such file or directory",
            )),
            Err(error) => {
                let text = error.to_string();
                let reason = text.split(" (os error").next().unwrap_or_default();
                let code = error.raw_os_error().unwrap_or_default();
                Err(Exception::os(code, reason, path.as_str()))
            }
        }
    }

    /// Adds a log; returns whether it is a new one.
    pub(in crate::engine) fn add_log(&mut self, path: &str, tail: bool) -> bool {
        let is_new = !self.logs.iter().any(|log| log.path.as_os_str() == path);
        if is_new {
            self.logs.push(LogFile {
                path: path.into(),
                tail,
            });
        }
        is_new
    }

    fn add_matches(&mut self, words: &[String], said: &mut Vec<Line>) -> Reply {
        // As the original: what reads files has none.
        if self.backend == Backend::Files {
            return Ok(Value::List(Vec::new()));
        }
        let groups = words.split(|word| word == "+");
        let groups: Vec<&[String]> = groups.filter(|group| !group.is_empty()).collect();
        if !groups.iter().copied().flatten().all(|word| is_term(word)) {
            let text = format!("Error adding journal match for: '{}'", words.join(" "));
            said.push(Line::new(Level::Error, "filtersystemd", text));
            return Err(Exception::value("Invalid match"));
        }
        if !groups.is_empty() {
            self.matches
                .extend(groups.into_iter().map(<[String]>::to_vec));
            let text = format!(
                "[{}] Added journal match for: '{}'",
                self.name,
                words.join(" ")
            );
            said.push(Line::new(Level::Info, "filtersystemd", text));
        }
        Ok(self.journal_matches())
    }

    fn remove_matches(&mut self, words: &[String], said: &mut Vec<Line>) -> Reply {
        if self.backend == Backend::Files {
            return Ok(Value::List(Vec::new()));
        }
        let shown = Value::texts(words.iter().cloned()).repr();
        let place = self.matches.iter().position(|group| group == words);
        let place = place.ok_or_else(|| Exception::value(format!("Match {shown} not found")))?;
        self.matches.remove(place);
        let text = format!("[{}] Removed journal match for: {shown}", self.name);
        said.push(Line::new(Level::Info, "filtersystemd", text));
        Ok(self.journal_matches())
    }
}
