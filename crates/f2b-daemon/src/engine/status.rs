//! What `stockade status` shows: how things are, beyond what the original's status can say.

mod journal;

use f2b_action::{Command, ElementSet};
use f2b_core::FailId;
use f2b_protocol::{Exception, Reply, Value};

use super::jail::{Backend, FileSource, FileState, JailRuntime, Sources};
use super::{Engine, native};
use crate::clock;
use crate::enforcement::{BanState, JailEnforcement, Mode, State};
use crate::shell::Worker;
use crate::text::VERSION;

/// A jail that finds nothing in so many lines is pointed out.
const MANY: u64 = 1_000;

/// How many bans that are not enforced are named one by one.
const MOST_NAMED: usize = 100;

impl Engine {
    /// Returns the state of the server, or of one jail.
    ///
    /// *Shape*: `docs/stockade-status.md`.
    pub(super) fn stockade_status(&self, jail: Option<&str>) -> Reply {
        let enforcement = self.around.enforcement.lock();
        let jails: Vec<(Value, Value)> = match jail {
            None => self
                .jails
                .values()
                .map(|runtime| self.jail_pair(runtime, &enforcement))
                .collect(),
            Some(name) => {
                let runtime = self
                    .jails
                    .get(name)
                    .ok_or_else(|| Exception::unknown_jail(name))?;
                vec![self.jail_pair(runtime, &enforcement)]
            }
        };
        let queued = self.around.batches.len();
        Ok(dict([
            ("server", Value::text("Stockade")),
            ("version", Value::text(env!("CARGO_PKG_VERSION"))),
            ("compatible", Value::text(VERSION)),
            ("enforcement", mode(&enforcement.mode)),
            ("queue", number(queued)),
            ("database", self.database()),
            ("mistakes", Value::texts(self.mistakes.iter().cloned())),
            ("jails", Value::Dict(jails)),
        ]))
    }

    fn database(&self) -> Value {
        let database = &self.around.database;
        let path = database
            .lock()
            .as_ref()
            .map(|store| store.path().display().to_string());
        dict([
            ("path", path.map_or(Value::None, Value::text)),
            (
                "problem",
                database.problem().map_or(Value::None, Value::text),
            ),
        ])
    }

    fn jail_pair(&self, runtime: &JailRuntime, enforcement: &State) -> (Value, Value) {
        let counters = runtime.jail.counters();
        let kernel = enforcement.jails.get(&runtime.name);
        let tree = dict([
            ("state", Value::text(state(runtime))),
            ("problem", problem(runtime).map_or(Value::None, Value::text)),
            ("sources", self.sources(runtime)),
            ("failed", number(runtime.jail.tallies().len())),
            ("total_failed", number(counters.failed)),
            ("banned", number(runtime.jail.bans().len())),
            ("total_banned", number(counters.banned)),
            ("ignored", number(counters.ignored)),
            ("lines", number(runtime.read.lines)),
            ("matched", number(runtime.read.matched)),
            ("silent", silent(runtime).map_or(Value::None, Value::text)),
            ("cut_lines", number(runtime.read.oversize)),
            ("undecoded_lines", number(runtime.read.undecoded)),
            ("rules", rules(runtime)),
            (
                "commands",
                runtime.worker.as_ref().map_or(Value::None, commands),
            ),
            ("skipped_lines", number(runtime.read.panicked)),
            ("given_up_lines", number(runtime.read.given_up)),
            (
                "enforcement",
                jail_enforcement(runtime, kernel, &enforcement.mode),
            ),
        ]);
        (Value::text(runtime.name.clone()), tree)
    }

    /// Returns how many bytes of a log were not judged yet: in the file, and on their way from there.
    fn lag_of(&self, file: &FileSource) -> Option<u64> {
        let id = file.feed?;
        let standing = self.around.reader.standing(id);
        let taken = self.feeds.get(id)?.taken;
        Some(
            standing
                .unread?
                .saturating_add(standing.sent.saturating_sub(taken)),
        )
    }

    /// Returns for how long lines have been waiting all the time.
    fn behind(&self, file: &FileSource) -> Option<f64> {
        if file.state != FileState::Reading {
            return None;
        }
        let since = self.feeds.get(file.feed?)?.behind;
        Some(since.map_or(0.0, |since| (clock::tick() - since).as_secs_f64()))
    }

    fn sources(&self, runtime: &JailRuntime) -> Value {
        let entries = match &runtime.sources {
            Sources::None => Vec::new(),
            Sources::Journal(journal) => vec![self.journal(runtime, journal)],
            Sources::Files(files) => files
                .values()
                .map(|file| {
                    let (state, problem) = match &file.state {
                        FileState::Reading => ("reading", Value::None),
                        FileState::Missing => ("waiting", Value::None),
                        FileState::Elsewhere => ("elsewhere", Value::None),
                        FileState::Problem(reason) => ("problem", Value::text(reason.clone())),
                    };
                    dict([
                        ("kind", Value::text("file")),
                        ("path", Value::text(file.path.display().to_string())),
                        ("state", Value::text(state)),
                        ("problem", problem),
                        ("caught_up", Value::Bool(file.in_operation)),
                        ("lag_bytes", self.lag_of(file).map_or(Value::None, number)),
                        (
                            "lag_seconds",
                            self.behind(file).map_or(Value::None, Value::Float),
                        ),
                    ])
                })
                .collect(),
        };
        Value::List(entries)
    }
}

/// What is wrong with a jail as it is configured.
fn problem(runtime: &JailRuntime) -> Option<String> {
    let has_nothing = matches!(&runtime.sources, Sources::Files(files) if files.is_empty())
        && runtime.patterns.is_empty()
        && (runtime.matches.is_empty() || runtime.backend == Backend::Files);
    let nothing = "it has nothing to read (hint: give it a `logpath` or a `journalmatch`)";
    runtime
        .broken
        .clone()
        .or_else(|| has_nothing.then(|| nothing.to_owned()))
        .or_else(|| {
            let reason = runtime.outdated.as_ref()?;
            Some(format!(
                "it goes on as it was before the last reload: {reason}"
            ))
        })
        .or_else(|| runtime.lacking.first().cloned())
        .or_else(|| {
            let mut natives = runtime
                .actions
                .iter()
                .filter(|(_, action)| native::is_native(action));
            let (first, _) = natives.next()?;
            let (second, _) = natives.next()?;
            Some(native::second(second, first))
        })
}

/// What may be wrong with a jail that reads much and finds nothing.
fn silent(runtime: &JailRuntime) -> Option<String> {
    let read = &runtime.read;
    if read.lines < MANY || read.matched > 0 {
        return None;
    }
    let mut costs = runtime.matcher.costs().iter();
    let (near, hint) = match costs.any(|cost| cost.tried > 0) {
        true => (
            "",
            "see what `fail2ban-regex` says of the log and the filter",
        ),
        false => (
            ", and none resembles what its rules look for",
            "does the service write to this log, and in the form that the filter is for?",
        ),
    };
    Some(format!(
        "none of {} lines is a failure{near} (hint: {hint})",
        read.lines
    ))
}

/// One word for how a jail is.
fn state(runtime: &JailRuntime) -> &'static str {
    let files = || runtime.sources.files();
    if runtime.broken.is_some() {
        return "broken";
    }
    let troubled = match &runtime.sources {
        Sources::None => return "stopped",
        Sources::Journal(journal) => journal.problem.is_some(),
        Sources::Files(_) => files().any(|file| matches!(file.state, FileState::Problem(_))),
    };
    if problem(runtime).is_some() {
        return "degraded";
    }
    let has_files = matches!(runtime.sources, Sources::Files(_));
    if troubled {
        "degraded"
    } else if has_files && files().all(|file| file.state == FileState::Missing) {
        "waiting"
    } else {
        "running"
    }
}

fn mode(mode: &Mode) -> Value {
    match mode {
        Mode::Unused => dict([("mode", Value::text("none"))]),
        Mode::Native { table } => dict([
            ("mode", Value::text("native")),
            ("table", Value::text(format!("inet {table}"))),
        ]),
        Mode::WatchOnly { reason, hint } => dict([
            ("mode", Value::text("watch-only")),
            ("reason", Value::text(reason.clone())),
            ("hint", hint.clone().map_or(Value::None, Value::text)),
        ]),
    }
}

fn jail_enforcement(runtime: &JailRuntime, kernel: Option<&JailEnforcement>, mode: &Mode) -> Value {
    if !runtime.has_native_action() {
        let sets = runtime.element_sets();
        if !sets.is_empty() {
            return adopted(runtime, kernel, sets);
        }
        let mut actions = runtime.actions.values();
        let bans = actions.any(|action| action.has(Command::Ban) || action.source().is_some());
        let mode = match runtime.worker {
            Some(_) if bans => "commands",
            _ => "none",
        };
        return dict([("mode", Value::text(mode))]);
    }
    if matches!(mode, Mode::WatchOnly { .. }) {
        return dict([("mode", Value::text("watch-only"))]);
    }
    let problem = kernel.and_then(|kernel| kernel.failed.clone());
    let state = |id: &FailId| {
        let known = kernel.and_then(|kernel| kernel.bans.get(id));
        known.map_or(BanState::Asked, |held| held.state.clone())
    };
    let pairs = [
        ("mode", Value::text("native")),
        ("problem", problem.map_or(Value::None, Value::text)),
    ];
    with_bans(pairs, runtime, state)
}

/// Bans that actions put into sets of their own.
fn adopted(runtime: &JailRuntime, kernel: Option<&JailEnforcement>, sets: &[ElementSet]) -> Value {
    let is_waiting = runtime
        .worker
        .as_ref()
        .is_some_and(|worker| worker.waiting() > 0);
    let state = |id: &FailId| {
        let known = kernel.and_then(|kernel| kernel.adopted.get(id));
        known.cloned().unwrap_or_else(|| {
            if is_waiting {
                return BanState::Asked;
            }
            BanState::Failed("the action has not put it into its set; the log tells why".to_owned())
        })
    };
    let pairs = [
        ("mode", Value::text("adopted")),
        ("sets", Value::texts(sets.iter().map(ToString::to_string))),
    ];
    with_bans(pairs, runtime, state)
}

/// Adds how far the bans of a jail have come.
fn with_bans<const N: usize>(
    pairs: [(&str, Value); N],
    runtime: &JailRuntime,
    state: impl Fn(&FailId) -> BanState,
) -> Value {
    let (mut asked, mut in_kernel, mut failed) = (0_usize, 0_usize, Vec::new());
    // Over the ban list, whose order is fixed.
    for ban in runtime.jail.bans().iter() {
        match state(&ban.id) {
            BanState::Asked => asked += 1,
            BanState::InKernel => in_kernel += 1,
            BanState::Failed(reason) => failed.push((ban.id.to_string(), reason)),
        }
    }
    let not_enforced = failed.len();
    let named = failed.into_iter().take(MOST_NAMED);
    let named = named.map(|(id, reason)| (Value::text(id), Value::text(reason)));
    let bans = [
        ("asked", number(asked)),
        ("in_kernel", number(in_kernel)),
        ("not_enforced", number(not_enforced)),
        ("not_enforced_bans", Value::Dict(named.collect())),
    ];
    let pairs = pairs.into_iter().chain(bans);
    Value::Dict(
        pairs
            .map(|(key, value)| (Value::text(key), value))
            .collect(),
    )
}

/// What each `failregex` has cost.
fn rules(runtime: &JailRuntime) -> Value {
    let costs = runtime.matcher.costs().iter().enumerate();
    let rules = costs
        .filter(|(_, cost)| cost.tried > 0)
        .map(|(place, cost)| {
            dict([
                ("rule", number(place)),
                ("tried", number(cost.tried)),
                ("matched", number(cost.matched)),
                ("seconds", seconds(cost.nanos / 1_000)),
            ])
        });
    Value::List(rules.collect())
}

/// How the commands of actions fare.
fn commands(worker: &Worker) -> Value {
    let times = worker.times();
    dict([
        ("waiting", number(worker.waiting())),
        ("carried_out", number(times.count)),
        ("seconds", seconds(times.micros)),
        ("slowest_seconds", seconds(times.slowest_micros)),
        ("given_up", number(times.given_up)),
    ])
}

fn seconds(micros: u64) -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "285 years keep their microseconds"
    )]
    Value::Float(micros as f64 / 1e6)
}

fn dict<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Dict(
        pairs
            .into_iter()
            .map(|(key, value)| (Value::text(key), value))
            .collect(),
    )
}

fn number(number: impl TryInto<i64>) -> Value {
    Value::Int(number.try_into().unwrap_or(i64::MAX))
}
