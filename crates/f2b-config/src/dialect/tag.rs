//! `<…>`: tags that are resolved while reading (contract A 1.9).

use std::borrow::Cow;
use std::collections::HashSet;

use f2b_protocol::Value;
use indexmap::IndexMap;

use super::Abort;
use super::reference::Typed;

/// As the original: a tag may be needed this often for one value.
const MOST: i64 = 25;

/// How often all values are gone through: ours, since tags can make new tags without end.
const MOST_PASSES: usize = 100;

/// The longest value, in bytes: ours, since nested tags can multiply.
const LONGEST: usize = 4 << 20;

/// Replaces every tag in the values of `map` that the map or `fallback` knows.
pub(super) fn substitute(
    map: &mut IndexMap<String, Typed>,
    ignored: &HashSet<String>,
    fallback: &dyn Fn(&str) -> Result<Option<String>, Abort>,
) -> Result<(), Abort> {
    let names: Vec<String> = map.keys().cloned().collect();
    // A tag that was composed of others lies before the place where its value was read on: it is
    // found the next time.
    for _ in 0..MOST_PASSES {
        let mut has_changed = false;
        for name in &names {
            let Some(Typed::Text(value)) = map.get(name) else {
                continue;
            };
            if ignored.contains(name) || !value.contains('<') {
                continue;
            }
            let expanded = expand(name, value, map, ignored, fallback)?;
            if expanded != *value {
                has_changed = true;
                let expanded = expanded.into_owned();
                map.insert(name.clone(), Typed::Text(expanded));
            }
        }
        if !has_changed {
            return Ok(());
        }
    }
    Err(Abort("its tags make new tags again and again".to_owned()))
}

fn expand<'a>(
    name: &str,
    value: &'a str,
    map: &IndexMap<String, Typed>,
    ignored: &HashSet<String>,
    fallback: &dyn Fn(&str) -> Result<Option<String>, Abort>,
) -> Result<Cow<'a, str>, Abort> {
    let mut value = Cow::Borrowed(value);
    let mut counts: IndexMap<String, i64> = IndexMap::new();
    let mut position = 0;
    while let Some((start, end)) = tag_from(&value, position) {
        let tag = value.get(start + 1..end - 1).unwrap_or_default().to_owned();
        if ignored.contains(&tag) {
            position = end;
            continue;
        }
        if tag == name || counts.get(&tag).is_some_and(|count| *count > MOST) {
            let pairs = counts
                .iter()
                .map(|(tag, count)| (Value::from(tag.as_str()), Value::Int(*count)));
            let counts = Value::Dict(pairs.collect()).repr();
            return Err(Abort(format!(
                "properties contain self referencing definitions and cannot be resolved, fail tag: {name}, \
                 found: {tag} in {counts}, value: {value}"
            )));
        }
        let replacement = match map.get(&tag) {
            Some(Typed::None) | None => fallback(&tag)?,
            Some(typed) => typed.clone().text(),
        };
        let Some(replacement) = replacement else {
            position = end;
            continue;
        };
        value = Cow::Owned(value.replace(&format!("<{tag}>"), &replacement));
        if value.len() > LONGEST {
            return Err(Abort(format!(
                "the tags of {name} expand to more than can be read"
            )));
        }
        *counts.entry(tag).or_insert(0) += 1;
        position = start;
    }
    Ok(value)
}

/// The next `<` + characters other than blank, `<`, `>` + `>` from a position on.
fn tag_from(value: &str, from: usize) -> Option<(usize, usize)> {
    let mut start = from + value.get(from..)?.find('<')?;
    loop {
        let inside = value.get(start + 1..)?;
        let length = inside.find(['<', '>', ' '])?;
        let end = start + 1 + length;
        let at = value.get(end..)?;
        if at.starts_with('>') && length > 0 {
            return Some((start, end + 1));
        }
        start = end + at.find('<')?;
    }
}
