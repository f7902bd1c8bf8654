//! The journal of a jail, as `stockade status` shows it.

use f2b_protocol::Value;

use super::{dict, number, seconds};
use crate::clock;
use crate::engine::Engine;
use crate::engine::jail::{JailRuntime, JournalSource};

impl Engine {
    /// Returns the state of the journal that a jail reads.
    pub(super) fn journal(&self, runtime: &JailRuntime, journal: &JournalSource) -> Value {
        let feed = journal.feed.and_then(|id| self.journals.get(&id));
        let state = match (&journal.problem, feed) {
            (Some(_), _) => "interrupted",
            // Nothing is read for a jail that rests.
            (None, None) => "waiting",
            (None, Some(_)) => "reading",
        };
        let micros = |micros: i128| seconds(u64::try_from(micros).unwrap_or(0));
        let last = feed.and_then(|feed| feed.last_entry);
        let lag = feed.and_then(|feed| feed.lag(clock::now()));
        let groups = runtime.matches.iter().map(|group| group.join(" "));
        dict([
            ("kind", Value::text("journal")),
            ("arguments", runtime.journal.dict()),
            ("matches", Value::texts(groups)),
            ("state", Value::text(state)),
            (
                "problem",
                journal.problem.clone().map_or(Value::None, Value::text),
            ),
            ("caught_up", Value::Bool(journal.in_operation)),
            (
                "last_entry",
                last.map_or(Value::None, |last| micros(last.as_micros().into())),
            ),
            (
                "lag_seconds",
                lag.map_or(Value::None, |lag| micros(lag.as_micros().into())),
            ),
            ("restarts", number(feed.map_or(0, |feed| feed.restarts))),
        ])
    }
}
