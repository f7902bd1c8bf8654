//! `<…>`: tags that are resolved while reading (contract A 1.9).

mod quick;

use std::borrow::Cow;
use std::rc::Rc;

use f2b_protocol::Value;
use memchr::{memchr, memchr3};
use rustc_hash::FxHashSet;

use super::Abort;
use super::entry::Names;
use super::reference::Typed;

/// As the original: a tag may be needed this often for one value.
const MOST: i64 = 25;

/// How often all values are gone through: ours, since tags can make new tags without end.
const MOST_PASSES: usize = 100;

/// The longest value, in bytes: ours, since nested tags can multiply.
const LONGEST: usize = 4 << 20;

/// How much is written for one value in all rounds, in bytes: ours, since each round writes all of it.
const MOST_WRITTEN: usize = 256 << 20;

/// As many different tags have most filters and actions.
const USUAL: usize = 28;

/// An option whose tags cannot be resolved.
#[derive(Debug)]
pub(super) struct Unresolvable {
    pub(super) option: String,
    /// Why, in the original's words.
    pub(super) reason: String,
}

impl From<Unresolvable> for Abort {
    fn from(option: Unresolvable) -> Self {
        Self(option.reason)
    }
}

/// Replaces every tag in the values of `map` that the map or `fallback` knows.
pub(super) fn substitute(
    map: &mut Names<Typed>,
    ignored: &FxHashSet<String>,
    fallback: &dyn Fn(&str) -> Result<Option<String>, Abort>,
) -> Result<(), Unresolvable> {
    let mut table = Table {
        ask: fallback,
        ignored,
        stands: Names::with_capacity_and_hasher(USUAL, Default::default()),
    };
    if quick::substitute(map, &mut table).is_ok() {
        return Ok(());
    }
    in_rounds(map, &mut table)
}

/// As the original: one tag after another, each wherever it stands.
fn in_rounds(map: &mut Names<Typed>, table: &mut Table<'_>) -> Result<(), Unresolvable> {
    let mut indices: Vec<usize> = (0..map.len()).collect();
    // A tag that was composed of others lies before the place where its value was read on: it is
    // found the next time. Values that did not change cannot hold one.
    for _ in 0..MOST_PASSES {
        let mut changed = Vec::new();
        for index in indices {
            let Some((name, value)) = table.value(map, index) else {
                continue;
            };
            let expanded = expand(name, value, map, table);
            let expanded = expanded.map_err(|Abort(reason)| Unresolvable {
                option: name.clone(),
                reason,
            })?;
            if let Cow::Owned(expanded) = expanded
                && expanded != *value
            {
                changed.push(index);
                if let Some((_, value)) = map.get_index_mut(index) {
                    *value = Typed::Text(expanded);
                }
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        indices = changed;
    }
    Err(Unresolvable {
        option: map.keys().next().cloned().unwrap_or_default(),
        reason: "its tags make new tags again and again".to_owned(),
    })
}

/// What tags stand for; each is looked up once.
struct Table<'a> {
    ask: &'a dyn Fn(&str) -> Result<Option<String>, Abort>,
    ignored: &'a FxHashSet<String>,
    stands: Names<Stands>,
}

/// What a tag stands for.
#[derive(Clone, Debug)]
enum Stands {
    /// Nothing: it is left as it is.
    Nothing,
    /// The text of the option at this index of the map, as far as its own tags are replaced.
    Option(usize),
    /// A text.
    Text(Rc<str>),
}

impl Table<'_> {
    /// The name and the value of an option whose tags are to be replaced.
    fn value<'m>(&self, map: &'m Names<Typed>, index: usize) -> Option<(&'m String, &'m str)> {
        match map.get_index(index)? {
            (name, Typed::Text(value)) => {
                let has_tags = memchr(b'<', value.as_bytes()).is_some();
                (has_tags && !self.ignored.contains(name)).then_some((name, value.as_str()))
            }
            _ => None,
        }
    }

    /// What a tag stands for, and its number.
    fn of(&mut self, tag: &str, map: &Names<Typed>) -> Result<(usize, Stands), Abort> {
        if let Some((number, _, stands)) = self.stands.get_full(tag) {
            return Ok((number, stands.clone()));
        }
        let text =
            |text: Option<String>| text.map_or(Stands::Nothing, |text| Stands::Text(text.into()));
        let stands = match map.get_full(tag) {
            _ if self.ignored.contains(tag) => Stands::Nothing,
            Some((index, _, Typed::Text(_))) => Stands::Option(index),
            Some((_, _, Typed::None)) | None => text((self.ask)(tag)?),
            Some((_, _, typed)) => text(typed.clone().text()),
        };
        let (number, _) = self.stands.insert_full(tag.to_owned(), stands.clone());
        Ok((number, stands))
    }
}

fn expand<'a>(
    name: &str,
    value: &'a str,
    map: &Names<Typed>,
    table: &mut Table<'_>,
) -> Result<Cow<'a, str>, Abort> {
    let mut value = Cow::Borrowed(value);
    let mut counts: Names<i64> = Names::default();
    let (mut position, mut written) = (0, 0);
    while let Some((start, end)) = tag_from(&value, position) {
        let tag = value.get(start + 1..end - 1).unwrap_or_default();
        if table.ignored.contains(tag) {
            position = end;
            continue;
        }
        if tag == name || counts.get(tag).is_some_and(|count| *count > MOST) {
            let pairs = counts
                .iter()
                .map(|(tag, count)| (Value::from(tag.as_str()), Value::Int(*count)));
            let counts = Value::Dict(pairs.collect()).repr();
            return Err(Abort(format!(
                "properties contain self referencing definitions and cannot be resolved, fail tag: {name}, \
                 found: {tag} in {counts}, value: {value}"
            )));
        }
        let (_, stands) = table.of(tag, map)?;
        let replacement = match &stands {
            Stands::Nothing => None,
            Stands::Text(text) => Some(&**text),
            Stands::Option(index) => match map.get_index(*index) {
                Some((_, Typed::Text(text))) => Some(text.as_str()),
                _ => None,
            },
        };
        let Some(replacement) = replacement else {
            position = end;
            continue;
        };
        *counts.entry(tag.to_owned()).or_insert(0) += 1;
        value = Cow::Owned(replaced(&value, tag, replacement));
        written += value.len();
        if value.len() > LONGEST || written > MOST_WRITTEN {
            return Err(Abort(format!(
                "the tags of {name} expand to more than can be read"
            )));
        }
        position = start;
    }
    Ok(value)
}

/// The text with every `<tag>` replaced.
fn replaced(text: &str, tag: &str, replacement: &str) -> String {
    let mut out = String::with_capacity(text.len() + replacement.len());
    let mut rest = text;
    while let Some(position) = memchr(b'<', rest.as_bytes()) {
        let (before, at) = rest.split_at_checked(position).unwrap_or((rest, ""));
        let after = at.strip_prefix('<').unwrap_or_default();
        out.push_str(before);
        match after
            .strip_prefix(tag)
            .and_then(|after| after.strip_prefix('>'))
        {
            Some(after) => {
                out.push_str(replacement);
                rest = after;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The next `<` + characters other than blank, `<`, `>` + `>` from a position on.
fn tag_from(value: &str, from: usize) -> Option<(usize, usize)> {
    let mut start = from + memchr(b'<', value.get(from..)?.as_bytes())?;
    loop {
        let inside = value.get(start + 1..)?;
        let length = memchr3(b'<', b'>', b' ', inside.as_bytes())?;
        let end = start + 1 + length;
        let at = value.get(end..)?;
        if at.starts_with('>') && length > 0 {
            return Some((start, end + 1));
        }
        start = end + memchr(b'<', at.as_bytes())?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values of letters, tags and composed tags; each option is a letter.
    fn values() -> impl Strategy<Value = Vec<(String, String)>> {
        let piece = prop_oneof![
            4 => "[a-h]",
            2 => "<[a-k]>",
            1 => "<[ab]<[a-h]>>",
            1 => "[<> ]",
            1 => "<known/[a-c]>",
        ];
        let value = proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat());
        proptest::collection::vec(("[a-h]|[ab][a-h]", value), 1..8)
    }

    proptest! {
        #[test]
        fn one_go_comes_to_what_rounds_come_to(values in values(), ignored in "[a-h]?") {
            let map: Names<Typed> =
                values.into_iter().map(|(name, value)| (name, Typed::Text(value))).collect();
            let ignored: FxHashSet<String> = Some(ignored).into_iter().collect();
            let ask = |tag: &str| Ok((tag == "known/a" || tag == "i").then(|| format!("{tag}<b>")));
            let table = || Table { ask: &ask, ignored: &ignored, stands: Names::default() };
            let (mut quick, mut rounds) = (map.clone(), map.clone());
            let in_one_go = quick::substitute(&mut quick, &mut table());
            let in_rounds = in_rounds(&mut rounds, &mut table());
            match (in_one_go, in_rounds) {
                (Ok(()), Ok(())) => prop_assert_eq!(quick, rounds),
                (Ok(()), Err(error)) => prop_assert!(false, "{:?} is not seen", error),
                // Then it is all done in rounds, from the beginning.
                (Err(_), _) => prop_assert_eq!(quick, map),
            }
        }
    }
}
