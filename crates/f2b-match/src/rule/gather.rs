//! `<F-ALT_…>` and `<F-TUPLE_…>`: groups that stand in for another, and groups that belong together.

use crate::name::Name;

use crate::{Data, Value};

/// What one `alt_*` or `tuple_*` group does.
#[derive(Debug)]
pub(super) struct Gathering {
    is_tuple: bool,
    source: Name,
    target: Name,
}

/// The gatherings among the groups of a rule, in the order of their names.
pub(super) fn gatherings(names: &[(Name, usize)]) -> Vec<Gathering> {
    let mut found: Vec<Gathering> = names
        .iter()
        .filter_map(|(name, _)| {
            let text = name.as_str();
            let (is_tuple, target) = match text.strip_prefix("alt_") {
                // As the original: `alt_` alone is no stand-in.
                Some("") => return None,
                Some(target) => (false, target),
                None => (true, text.strip_prefix("tuple_")?),
            };
            Some(Gathering {
                is_tuple,
                source: *name,
                target: Name::of(&group_of(without_number(target))),
            })
        })
        .collect();
    found.sort_by_key(|one| one.source.as_str());
    found
}

/// `user_1` is one more `user`.
fn without_number(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((name, number))
            if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            name
        }
        _ => name,
    }
}

/// The group that a tag of this name opens.
fn group_of(name: &str) -> String {
    match name.to_lowercase() {
        id if id == "id" => "fid".to_owned(),
        port if port == "port" => "fport".to_owned(),
        other => other,
    }
}

impl Gathering {
    pub(super) fn gather(&self, data: &mut Data) {
        let value = data.at(self.source).cloned().unwrap_or(Value::Null);
        if !self.is_tuple {
            if value.is_set() && !data.has_set(self.target) {
                data.set(self.target, value);
            }
            return;
        }
        let mut parts = match data.at(self.target).cloned() {
            Some(Value::Tuple(parts)) => parts,
            known => vec![known.unwrap_or(Value::Null)],
        };
        parts.push(value);
        data.set(self.target, Value::Tuple(parts));
    }
}
