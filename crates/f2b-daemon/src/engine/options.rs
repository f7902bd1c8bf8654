//! What `get` answers.

use f2b_action::{Definition, METHODS};
use f2b_core::Bantime;
use f2b_protocol::request::{JailOption, ServerOption};
use f2b_protocol::{Exception, Reply, Value};
use indexmap::IndexMap;

use super::Engine;
use super::jail::{JailRuntime, Sources};
use super::settings::{shown_cache, value_of};

/// What the server answers about settings as they were given.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) loglevel: Value,
    pub(crate) logtarget: Value,
    pub(crate) syslogsocket: Value,
    pub(crate) dbpurgeage: Value,
    /// `thread`: the stack of a thread, in KiB.
    pub(crate) stacksize: i64,
}

impl Default for Told {
    /// Returns what the original answers before anything is set.
    fn default() -> Self {
        Self {
            loglevel: Value::text("INFO"),
            logtarget: Value::text("STDOUT"),
            syslogsocket: Value::text("auto"),
            dbpurgeage: Value::Int(86_400),
            stacksize: 0,
        }
    }
}

/// The same of a jail.
#[derive(Debug)]
pub(crate) struct JailTold {
    /// The backend as it was called.
    pub(crate) backend: String,
    pub(crate) logencoding: String,
    pub(crate) findtime: Value,
    pub(crate) datepattern: Value,
    /// The same as it is written.
    pub(crate) dates: Option<String>,
    pub(crate) logtimezone: Value,
    pub(crate) ignorecommand: Value,
    /// The options `bantime.NAME` as they were given.
    pub(crate) bantime_options: IndexMap<String, Value>,
}

impl Default for JailTold {
    /// Returns what the original answers before anything is set.
    fn default() -> Self {
        Self {
            backend: "auto".to_owned(),
            logencoding: "UTF-8".to_owned(),
            findtime: Value::Int(600),
            dates: None,
            datepattern: Value::Tuple(vec![Value::None, Value::text("Default Detectors")]),
            logtimezone: Value::None,
            ignorecommand: Value::Bool(false),
            bantime_options: IndexMap::new(),
        }
    }
}

impl Engine {
    /// Answers an option of the server.
    pub(super) fn get(&self, option: ServerOption) -> Reply {
        // Only who asks for the database waits for it.
        let of_database = |value: &dyn Fn(&f2b_store::Store) -> Value| {
            let database = self.around.database.lock();
            database.as_ref().map_or(Value::None, value)
        };
        Ok(match option {
            ServerOption::LogLevel => self.told.loglevel.clone(),
            ServerOption::LogTarget => self.told.logtarget.clone(),
            ServerOption::SyslogSocket => self.told.syslogsocket.clone(),
            ServerOption::Thread => Value::Dict(vec![(
                Value::text("stacksize"),
                Value::Int(self.told.stacksize),
            )]),
            ServerOption::DbFile => {
                of_database(&|store| Value::text(store.path().display().to_string()))
            }
            ServerOption::DbMaxMatches => of_database(&|store| {
                Value::Int(i64::try_from(store.max_matches()).unwrap_or(i64::MAX))
            }),
            ServerOption::DbPurgeAge => of_database(&|_| self.told.dbpurgeage.clone()),
        })
    }
}

impl JailRuntime {
    /// Answers an option of the jail.
    pub(super) fn get(&self, option: &JailOption) -> Reply {
        let settings = self.jail.settings();
        let count = |count: usize| Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
        Ok(match option {
            JailOption::LogPath => self.log_paths(),
            JailOption::LogEncoding => Value::text(self.told.logencoding.clone()),
            JailOption::JournalMatch => self.journal_matches(),
            JailOption::IgnoreSelf => Value::Bool(self.ignoring.itself),
            JailOption::IgnoreIp => self.ignored(),
            JailOption::IgnoreCommand => self.told.ignorecommand.clone(),
            JailOption::IgnoreCache => shown_cache(self.ignoring.cache.as_ref()),
            JailOption::BanTimeOption(name) => {
                let option = self.told.bantime_options.get(name);
                option.cloned().unwrap_or(Value::None)
            }
            JailOption::PrefRegex => self.prefregex(),
            JailOption::FailRegex => self.failregex(),
            JailOption::IgnoreRegex => self.ignoreregex(),
            JailOption::UseDns => Value::text(self.filter.usedns().name()),
            JailOption::FindTime => self.told.findtime.clone(),
            JailOption::DatePattern => match &self.sources {
                Sources::Journal(_) => Value::None,
                Sources::None | Sources::Files(_) => self.told.datepattern.clone(),
            },
            JailOption::LogTimeZone => self.told.logtimezone.clone(),
            JailOption::MaxMatches => count(settings.maxmatches),
            JailOption::MaxRetry => Value::Int(settings.maxretry.into()),
            JailOption::MaxLines => count(self.filter.maxlines()),
            JailOption::BanTime => Value::Int(match settings.bantime {
                Bantime::Permanent => -1,
                Bantime::Lasting(span) => span.whole_seconds(),
            }),
            JailOption::Actions => Value::texts(self.actions.keys().cloned()),
            JailOption::ActionProperty { action, property } => {
                let value = self.action(action)?.get(property);
                value_of(value.ok_or_else(|| Exception::unknown_property(property))?)
            }
            JailOption::ActionMethods(action) => {
                self.action(action)?;
                Value::texts(METHODS)
            }
            JailOption::ActionProperties(action) => Value::texts(self.action(action)?.properties()),
        })
    }

    /// The `prefregex`, its tags replaced; empty if there is none.
    pub(super) fn prefregex(&self) -> Value {
        let rule = self.filter.prefregex();
        Value::text(rule.map_or("", |rule| rule.expanded()))
    }

    /// Each `failregex`, its tags replaced.
    pub(super) fn failregex(&self) -> Value {
        Value::texts(
            self.filter
                .failregex()
                .iter()
                .map(|rule| rule.expanded().to_owned()),
        )
    }

    /// Each `ignoreregex`, likewise.
    pub(super) fn ignoreregex(&self) -> Value {
        Value::texts(
            self.filter
                .ignoreregex()
                .iter()
                .map(|rule| rule.expanded().to_owned()),
        )
    }

    /// Who is ignored.
    pub(super) fn ignored(&self) -> Value {
        Value::texts(self.ignoring.list.listed())
    }

    /// The groups of its `journalmatch`. As the original: what reads files has none.
    pub(super) fn journal_matches(&self) -> Value {
        match &self.sources {
            Sources::Files(_) => Value::List(Vec::new()),
            Sources::None | Sources::Journal(_) => {
                Value::List(self.matches.iter().map(Value::texts).collect())
            }
        }
    }

    /// The logs it was told of.
    pub(super) fn log_paths(&self) -> Value {
        Value::texts(self.logs.iter().map(|log| log.path.display().to_string()))
    }

    fn action(&self, name: &str) -> Result<&Definition, Exception> {
        let action = self.actions.get(name);
        action.ok_or_else(|| Exception::unknown_action(name))
    }
}
