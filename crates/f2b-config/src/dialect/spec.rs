//! `name[key=value,…]` (contract A 1.7).

use indexmap::IndexMap;

use super::ini::repr;

/// A name and its arguments, in the order in which they were first written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) arguments: IndexMap<String, String>,
}

/// How much of what follows a mistake is shown, in characters.
const SHOWN: usize = 25;

/// Reads a spec; an error is in the original's words.
pub(super) fn parse(text: &str) -> Result<Spec, String> {
    let wrong = || "unexpected option syntax".to_owned();
    let (name, groups) = match text.find('[') {
        None => (text, None),
        Some(position) => {
            let (name, rest) = text.split_at_checked(position).unwrap_or((text, ""));
            let inside = rest
                .trim_end()
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            (name, Some(inside.ok_or_else(wrong)?))
        }
    };
    if name.is_empty() {
        return Err(wrong());
    }
    Ok(Spec {
        name: name.to_owned(),
        arguments: groups.map_or_else(|| Ok(IndexMap::new()), arguments)?,
    })
}

fn arguments(text: &str) -> Result<IndexMap<String, String>, String> {
    let mut arguments = IndexMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let place = |rest: &str| {
            let before = text.len() - rest.len();
            let characters = text.get(..before).unwrap_or_default().chars().count();
            let shown: String = rest.chars().take(SHOWN).collect();
            (characters, shown)
        };
        let Some((key, value, after)) = argument(rest) else {
            let (at, shown) = place(rest);
            return Err(format!("expected option, wrong syntax at {at}: {shown}"));
        };
        let Some(next) = separated(after) else {
            let (at, shown) = place(after);
            return Err(format!(
                "unexpected syntax at {at} after option {}: {shown}",
                repr(key)
            ));
        };
        arguments.insert(key.to_owned(), value.trim().to_owned());
        rest = next;
    }
    Ok(arguments)
}

/// One `key=value`, blanks before it, and what follows.
fn argument(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start();
    let end = text.find(|c| !is_key(c)).unwrap_or(text.len());
    let mut length = end;
    let (word, after) = text.split_at_checked(end)?;
    if word.is_empty() {
        return None;
    }
    if let Some(condition) = after.strip_prefix('?') {
        let end = condition.find(|c| !is_key(c))?;
        let (name, value) = condition.split_at_checked(end)?;
        let value = value.strip_prefix('=')?;
        let last = value.find(|c| !is_key(c)).unwrap_or(value.len());
        if name.is_empty() || last == 0 {
            return None;
        }
        length += 1 + end + 1 + last;
    }
    let (key, after) = text.split_at_checked(length)?;
    let after = after.strip_prefix('=')?;
    for quote in ['"', '\''] {
        let quoted = after
            .strip_prefix(quote)
            .and_then(|inside| inside.split_once(quote));
        if let Some((value, after)) = quoted {
            return Some((key, value, after));
        }
    }
    let end = after.find([',', ']']).unwrap_or(after.len());
    let (value, after) = after.split_at_checked(end)?;
    Some((key, value, after))
}

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// What follows a separator: a comma, the border of two groups, or the end.
fn separated(text: &str) -> Option<&str> {
    if text.is_empty() {
        return Some(text);
    }
    if let Some(after) = text.strip_prefix(',') {
        return Some(after);
    }
    text.strip_prefix(']')?.trim_start().strip_prefix('[')
}

/// Splits a list of actions at white space, but not inside a group that can be read, nor before it.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mut length = rest
            .find(|c: char| c.is_whitespace() || c == '[')
            .unwrap_or(rest.len());
        loop {
            let after = rest.get(length..).unwrap_or_default();
            let trimmed = after.trim_start();
            match group_length(trimmed) {
                Some(group) => length += after.len() - trimmed.len() + group,
                None => {
                    length += after.find(char::is_whitespace).unwrap_or(after.len());
                    break;
                }
            }
            let after = rest.get(length..).unwrap_or_default();
            if group_length(after.trim_start()).is_none()
                && after.starts_with(|c: char| c.is_whitespace())
            {
                break;
            }
        }
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        parts.push(part);
        rest = after.trim_start();
    }
    parts
}

/// The length of the group that `text` begins with, if it can be read.
fn group_length(text: &str) -> Option<usize> {
    let mut rest = text.strip_prefix('[')?;
    loop {
        let trimmed = rest.trim_start();
        if let Some(after) = trimmed.strip_prefix(']') {
            return Some(text.len() - after.len());
        }
        let (_, _, after) = argument(rest)?;
        if after.is_empty() {
            return None;
        }
        rest = after.strip_prefix(',').unwrap_or(after);
        if rest.len() == after.len() && !rest.starts_with(']') {
            return None;
        }
    }
}
