//! The same substitution in one go: each tag is replaced where it stands, not by a round over the
//! whole value. Dumps of large configurations spend most of their time here.
//!
//! Tags do not overlap, and a replacement neither removes nor doubles other tags; so whatever the order,
//! the values that are left in the end are the same, as long as there is an end. Only mistakes show the
//! order: the original counts rounds, here every place is counted, which is never less. Where that
//! count or the length of a value nears its limit, or anything else is unusual, the caller starts anew
//! in rounds.

use super::{LONGEST, MOST, Stands, Table, tag_from};
use crate::entry::Names;
use crate::reference::Typed;

/// How often all values are gone through. Tags that are composed of others need a second time, and a
/// third finds nothing left.
const PASSES: i64 = 3;

/// How often a tag may be replaced in one value at a time; all times together stay within the
/// original's limit.
const MOST_PLACES: i64 = MOST / (PASSES - 1);

/// How deep replacements are nested.
const DEEPEST: usize = 30;

/// Longer are few values.
const USUAL: usize = 4 << 10;

/// What is not as usual; the values are as they were.
pub(super) struct Unusual;

/// Replaces every tag in the values of `map` that the table knows.
pub(super) fn substitute(map: &mut Names<Typed>, table: &mut Table<'_>) -> Result<(), Unusual> {
    let mut before: Vec<(usize, Typed)> = Vec::new();
    let done = passes(map, table, &mut before);
    if done.is_err() {
        for (index, value) in before.into_iter().rev() {
            if let Some((_, changed)) = map.get_index_mut(index) {
                *changed = value;
            }
        }
    }
    done
}

fn passes(
    map: &mut Names<Typed>,
    table: &mut Table<'_>,
    before: &mut Vec<(usize, Typed)>,
) -> Result<(), Unusual> {
    let mut indices: Vec<usize> = (0..map.len()).collect();
    let (mut out, mut places) = (String::with_capacity(USUAL), Vec::new());
    for _ in 0..PASSES {
        let mut changed = Vec::new();
        for index in indices {
            let Some((name, value)) = table.value(map, index) else {
                continue;
            };
            out.clear();
            places.clear();
            let mut writer = Writer {
                name,
                map,
                table,
                places: &mut places,
                out: &mut out,
            };
            writer.write(value, 0)?;
            let is_changed = places.iter().any(|places| *places > 0);
            if !is_changed {
                continue;
            }
            if out.len() > LONGEST / 2 {
                return Err(Unusual);
            }
            let expanded = Typed::Text(out.clone());
            if let Some((_, value)) = map.get_index_mut(index) {
                before.push((index, std::mem::replace(value, expanded)));
                changed.push(index);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        indices = changed;
    }
    Err(Unusual)
}

struct Writer<'a, 'b> {
    /// The option whose value is written.
    name: &'a str,
    map: &'a Names<Typed>,
    table: &'a mut Table<'b>,
    /// At how many places each tag was replaced, by its number.
    places: &'a mut Vec<i64>,
    out: &'a mut String,
}

impl Writer<'_, '_> {
    fn write(&mut self, text: &str, depth: usize) -> Result<(), Unusual> {
        if depth > DEEPEST || self.out.len() > LONGEST / 2 {
            return Err(Unusual);
        }
        let mut rest = text;
        while let Some((start, end)) = tag_from(rest, 0) {
            let tag = rest.get(start + 1..end - 1).unwrap_or_default();
            let (before, at) = rest.split_at_checked(start).ok_or(Unusual)?;
            let (shown, after) = at.split_at_checked(end - start).ok_or(Unusual)?;
            if tag == self.name {
                return Err(Unusual);
            }
            self.out.push_str(before);
            rest = after;
            let (number, stands) = self.table.of(tag, self.map).map_err(|_abort| Unusual)?;
            let replacement = match &stands {
                Stands::Nothing => {
                    self.out.push_str(shown);
                    continue;
                }
                Stands::Text(text) => &**text,
                Stands::Option(index) => match self.map.get_index(*index) {
                    Some((_, Typed::Text(text))) => text.as_str(),
                    _ => return Err(Unusual),
                },
            };
            self.count(number)?;
            self.write(replacement, depth + 1)?;
        }
        self.out.push_str(rest);
        Ok(())
    }

    fn count(&mut self, tag: usize) -> Result<(), Unusual> {
        if self.places.len() <= tag {
            self.places.resize(tag + 1, 0);
        }
        match self.places.get_mut(tag) {
            Some(places) if *places < MOST_PLACES => {
                *places += 1;
                Ok(())
            }
            _ => Err(Unusual),
        }
    }
}
