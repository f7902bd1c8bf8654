//! What is expected of a line.

use f2b_core::FailId;
use f2b_match::{Identity, Match, Value};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};

use super::filter::{Options, ZONE};

/// One annotation; without one a line must not match.
#[derive(Debug, Default)]
pub(super) struct Expected {
    annotation: Map<String, Json>,
}

impl Expected {
    pub(super) fn new(annotation: Map<String, Json>) -> Self {
        Self { annotation }
    }

    /// Whether the line is for this filter and these options.
    pub(super) fn constraint(&self, options: &Options) -> bool {
        let constraint = self.annotation.get("constraint");
        constraint.is_none_or(|constraint| options.holds(constraint.as_str().unwrap()))
    }

    pub(super) fn is_match(&self) -> bool {
        let found = self.annotation.get("match");
        found.and_then(Json::as_bool).unwrap_or(false)
    }

    /// What is wrong with a match.
    pub(super) fn problem(&self, found: &Match) -> Option<String> {
        for (key, wanted) in &self.annotation {
            let seen = match key.as_str() {
                "match" | "desc" | "constraint" => continue,
                "time" => match self.time_problem(found) {
                    None => continue,
                    problem => return problem,
                },
                "attempts" => Json::from(found.lines.len()),
                "host" if found.data.get("host").is_none() => {
                    let (wanted, id) = (wanted.as_str().unwrap_or_default(), shown(&found.id));
                    // Addresses are compared as such.
                    if FailId::parse(wanted) == FailId::parse(&id) {
                        continue;
                    }
                    Json::from(id)
                }
                key => json(found.data.get(key)),
            };
            if sorted(&seen) != sorted(wanted) {
                return Some(format!("{key} is {seen}, expected {wanted}"));
            }
        }
        None
    }

    fn time_problem(&self, found: &Match) -> Option<String> {
        let wanted = self.annotation.get("time")?.as_str()?;
        // As Python reads it: a leading zero may be missing.
        let civil = DateTime::strptime("%Y-%m-%dT%H:%M:%S%.f", wanted)
            .unwrap_or_else(|error| panic!("{wanted}: {error}"));
        let zone = TimeZone::get(ZONE).unwrap();
        let wanted_micros = civil.to_zoned(zone).unwrap().timestamp().as_microsecond();
        let seen = found.time.map(|stamp| stamp.time.as_micros());
        (seen != Some(wanted_micros))
            .then(|| format!("time is {seen:?}, expected {wanted} = {wanted_micros}"))
    }
}

fn shown(id: &Identity) -> String {
    match id {
        Identity::Known(id) => id.to_string(),
        Identity::Name(name) => name.to_string(),
        other => format!("{other:?}"),
    }
}

fn json(value: Option<&Value>) -> Json {
    match value {
        None | Some(Value::Null) => Json::Null,
        Some(Value::True) => Json::Bool(true),
        Some(Value::Text(text)) => Json::from(&**text),
        Some(Value::Users(users)) => users.iter().map(|user| Json::from(&**user)).collect(),
        Some(Value::Tuple(parts)) => parts.iter().map(|part| json(Some(part))).collect(),
    }
}

/// Lists are compared as sets.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut texts: Vec<String> = items.iter().map(ToString::to_string).collect();
            texts.sort();
            Json::from(texts)
        }
        other => other.clone(),
    }
}
