//! Where one action of a list ends and the next begins.
//!
//! *Oracle*: what the original says of lists that are cut in odd places (`conformance`, `spec-…`).

use rustc_hash::FxHashSet;

use super::{key, quoted, unquoted};

/// The longest list of actions, in bytes: ours, since taking it apart takes the square of it.
pub(crate) const LONGEST: usize = 128 << 10;

/// Splits a list of actions at white space, but not inside or before groups `[key=value,…]` that are
/// followed by white space or the end.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let name = rest
            .find(|c: char| c.is_whitespace() || c == '[')
            .unwrap_or(rest.len());
        let end = with_groups(rest, name).unwrap_or(word);
        let (part, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        parts.push(part);
        rest = after.trim_start();
    }
    parts
}

/// Where reading can stand, by what is left to be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// Behind a group: another one may follow.
    Behind(usize),
    /// Behind the last group.
    End(usize),
    /// In a group, before an argument or the closing bracket.
    Inside(usize),
}

/// The length of a name and its groups; `None` if there are none that can be read.
///
/// As a regular expression that tries the longest first: a value in quotation marks before one without,
/// another argument before the end of the group, another group before the end. Each place is tried once.
fn with_groups(text: &str, name: usize) -> Option<usize> {
    if name == 0 {
        return None;
    }
    let left = |at: usize| text.get(at..).unwrap_or_default();
    let at_of = |rest: &str| text.len() - rest.len();
    let group_at = |at: usize| {
        let group = left(at).trim_start().strip_prefix('[')?;
        Some(Place::Inside(at_of(group)))
    };
    let mut tried = FxHashSet::default();
    // The last is the next.
    let mut places: Vec<Place> = group_at(name).into_iter().collect();
    while let Some(place) = places.pop() {
        if !tried.insert(place) {
            continue;
        }
        match place {
            Place::End(at) => {
                if left(at).chars().next().is_none_or(char::is_whitespace) {
                    return Some(at);
                }
            }
            Place::Behind(at) => {
                places.push(Place::End(at));
                places.extend(group_at(at));
            }
            Place::Inside(at) => {
                let closed = left(at).trim_start().strip_prefix(']');
                places.extend(closed.map(|rest| Place::Behind(at_of(rest))));
                let Some((_, value)) = key(left(at)) else {
                    continue;
                };
                let next = |value: &str| {
                    // What stands between a value and the comma is judged later.
                    let (_, rest) = unquoted(value);
                    Place::Inside(at_of(rest.strip_prefix(',').unwrap_or(rest)))
                };
                places.push(next(value));
                places.extend(quoted(value).map(|(_, rest)| next(rest)));
            }
        }
    }
    None
}
