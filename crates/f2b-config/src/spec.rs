//! `name[key=value,…]` (contract A 1.7).

mod split;

pub(super) use split::{LONGEST, split};

use memchr::memchr2;

use super::entry::Names;
use super::ini::repr;

/// A name and its arguments, in the order in which they were first written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) arguments: Names<String>,
}

impl Spec {
    /// Gives an action the arguments that every one has: `name`, unless given that of the jail, and
    /// `actname`.
    pub(super) fn add_names(&mut self, jail: &str) {
        if !self.arguments.contains_key("name") {
            self.arguments.insert("name".to_owned(), jail.to_owned());
        }
        if !self.arguments.contains_key("actname") {
            let name = self.arguments.get("name").map_or("", String::as_str);
            let name = action_name(&self.name, name, jail);
            self.arguments.insert("actname".to_owned(), name);
        }
    }
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
        arguments: groups.map_or_else(|| Ok(Names::default()), arguments)?,
    })
}

fn arguments(text: &str) -> Result<Names<String>, String> {
    let mut arguments = Names::default();
    let mut rest = text;
    // As the original: a comma and blanks may stand at the end.
    while !rest
        .strip_prefix(',')
        .unwrap_or(rest)
        .trim_start()
        .is_empty()
    {
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
    let (key, after) = key(text)?;
    let (value, after) = quoted(after).unwrap_or_else(|| unquoted(after));
    Some((key, value, after))
}

/// The key of an argument, blanks before it, and what follows its `=`.
fn key(text: &str) -> Option<(&str, &str)> {
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
    Some((key, after.strip_prefix('=')?))
}

/// A value between quotation marks, without them, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.strip_prefix(quote)?.split_once(quote)
}

/// A value up to a comma or a bracket, and what follows.
fn unquoted(text: &str) -> (&str, &str) {
    let end = memchr2(b',', b']', text.as_bytes()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// What follows a separator: a comma, the border of two groups, or the end.
fn separated(text: &str) -> Option<&str> {
    // As the original: a newline may stand between the last value and the end.
    if text.is_empty() || text == "\n" {
        return Some(text);
    }
    if let Some(after) = text.strip_prefix(',') {
        return Some(after);
    }
    text.strip_prefix(']')?.trim_start().strip_prefix('[')
}

/// The name of an action: that of its file, and what its argument `name` has beyond the jail's.
fn action_name(file: &str, name: &str, jail: &str) -> String {
    if name == jail {
        return file.to_owned();
    }
    match name.strip_prefix(jail) {
        Some(rest) => format!("{file}{rest}"),
        None => format!("{file}-{name}"),
    }
}
