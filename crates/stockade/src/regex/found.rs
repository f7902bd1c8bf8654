//! One failure as it is told: who, when, what was captured.

use std::sync::Arc;

use f2b_core::{FailId, UnixTime};
use f2b_match::{Data, Kind, Match, Parts, StampTime, Value as Captured};
use f2b_protocol::Value;

/// A match whose name, if it had one, was looked up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Which `failregex`.
    pub(crate) rule: usize,
    /// Who.
    pub(crate) who: Who,
    /// Whether it counts.
    pub(crate) kind: Kind,
    /// When, if the line has a time.
    pub(crate) time: Option<StampTime>,
    /// What was captured.
    pub(crate) data: Arc<Data>,
    /// The lines that led here.
    pub(crate) lines: Vec<Parts>,
    /// The session that the data belongs to.
    session: Option<u64>,
}

/// Whom a failure is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Who {
    /// An address or any text.
    One(FailId),
    /// Several texts together.
    Tuple(Value),
    /// Nobody yet.
    Nobody,
}

impl Found {
    /// Returns who it is, as a Python value.
    pub(crate) fn id(&self) -> Value {
        match &self.who {
            Who::One(id) => Value::text(id.to_string()),
            Who::Tuple(parts) => parts.clone(),
            Who::Nobody => Value::None,
        }
    }

    /// Returns who it is, if it is an address or a text.
    pub(crate) fn one(&self) -> Option<&FailId> {
        match &self.who {
            Who::One(id) => Some(id),
            Who::Tuple(_) | Who::Nobody => None,
        }
    }

    /// Returns what a match comes to for somebody.
    pub(crate) fn of(found: Match, who: Who) -> Self {
        Self {
            rule: found.rule,
            who,
            kind: found.kind,
            time: found.time,
            data: found.data,
            lines: found.lines,
            session: found.session,
        }
    }
}

/// Tells whether there is a match that is no failure: then the original ignores the line, whatever else
/// matches it.
///
/// As the original: what several rules find in one session is one; how the last of them leaves it counts
/// for all.
pub(crate) fn has_nofail(found: &[Found]) -> bool {
    found.iter().any(|one| {
        let of_session = |other: &&Found| one.session.is_some() && other.session == one.session;
        let last = found.iter().rev().find(of_session).unwrap_or(one);
        last.kind == Kind::NoFail || last.data.has("nofail")
    })
}

/// Returns a time as the original holds it: a number with or without a point.
pub(crate) fn time_value(time: StampTime) -> Value {
    if time.is_integer {
        Value::Int(time.time.whole_seconds())
    } else {
        Value::Float(seconds(time.time))
    }
}

/// Returns the seconds since the epoch with their fraction.
#[expect(
    clippy::cast_precision_loss,
    reason = "as in Python, a time of day has 53 bits"
)]
pub(crate) fn seconds(time: UnixTime) -> f64 {
    time.as_micros() as f64 / 1_000_000.0
}

/// Returns what was captured as a Python value.
pub(crate) fn python(captured: &Captured) -> Value {
    match captured {
        Captured::Null => Value::None,
        Captured::True => Value::Bool(true),
        Captured::Text(text) => Value::text(&**text),
        Captured::Users(users) => {
            Value::Set(users.iter().map(|user| Value::text(&**user)).collect())
        }
        Captured::Tuple(parts) => Value::Tuple(parts.iter().map(python).collect()),
    }
}

/// Returns all that was captured as a dictionary.
pub(crate) fn dictionary(data: &Data) -> Value {
    let pairs = data.iter();
    Value::Dict(
        pairs
            .map(|(name, value)| (Value::text(name), python(value)))
            .collect(),
    )
}

/// Returns lines as the original holds them: before the date, the date, behind it.
pub(crate) fn tuples(lines: &[Parts]) -> Value {
    let tuple = |parts: &Parts| {
        let parts = [parts.before(), parts.date(), parts.after()];
        Value::Tuple(parts.map(Value::text).to_vec())
    };
    Value::List(lines.iter().map(tuple).collect())
}
