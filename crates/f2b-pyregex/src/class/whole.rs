//! A class as ranges of characters.

use super::{Category, Class, Item, LAST_OF_BITMAP};
use crate::ast::Case;
use crate::unicode;

/// Ranges of characters, both ends included.
type Ranges = Vec<(char, char)>;

/// Returns every character that `class` takes, as ranges in order and apart from one another.
pub(super) fn of(class: &Class) -> Ranges {
    let mut ranges = Vec::new();
    for item in &class.items {
        match *item {
            Item::Range(first, last) => {
                ranges.push((first, last));
                add_cases(&mut ranges, class.case, first, last);
            }
            Item::Category {
                category,
                negated,
                ascii,
            } => ranges.extend(of_category(category, ascii, negated)),
        }
    }
    let ranges = joined(ranges);
    if class.negated {
        return others(&ranges);
    }
    ranges
}

/// Adds the other cases of the characters from `first` to `last`.
fn add_cases(ranges: &mut Ranges, case: Case, first: char, last: char) {
    if case == Case::Exact {
        return;
    }
    let cased = unicode::cased();
    let inside = cased
        .iter()
        .skip(cased.partition_point(|char| *char < first));
    for char in inside.take_while(|char| **char <= last) {
        let lower = case.lower(*char);
        let variants = std::iter::once(lower).chain(case.raised(lower));
        ranges.extend(variants.map(|char| (char, char)));
    }
    if last > LAST_OF_BITMAP {
        let meant = |char: &&char| {
            let upper = unicode::upper(case.lower(**char));
            (first..=last).contains(&upper)
        };
        ranges.extend(cased.iter().filter(meant).map(|char| (*char, *char)));
    }
}

fn of_category(category: Category, ascii: bool, negated: bool) -> Ranges {
    let mut ranges: Ranges = unicode::ranges(category).collect();
    if ascii {
        let chars = '\0'..='\x7f';
        let inside = chars.filter(|char| unicode::is(category, true, *char));
        ranges = joined(inside.map(|char| (char, char)).collect());
    }
    if negated {
        return others(&ranges);
    }
    ranges
}

/// Sorts ranges and joins those that touch.
fn joined(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut apart: Ranges = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match apart.last_mut() {
            Some((_, end)) if after(*end).is_none_or(|next| first <= next) => {
                *end = last.max(*end);
            }
            _ => apart.push((first, last)),
        }
    }
    apart
}

/// Returns what is in none of `ranges`, which are in order and apart from one another.
fn others(ranges: &[(char, char)]) -> Ranges {
    let mut others = Vec::with_capacity(ranges.len() + 1);
    let mut start = Some('\0');
    for (first, last) in ranges {
        if let (Some(start), Some(end)) = (start, before(*first))
            && start <= end
        {
            others.push((start, end));
        }
        start = after(*last);
    }
    others.extend(start.map(|start| (start, char::MAX)));
    others
}

/// Returns the next character.
fn after(char: char) -> Option<char> {
    match char {
        '\u{d7ff}' => Some('\u{e000}'),
        _ => char::from_u32(u32::from(char) + 1),
    }
}

/// Returns the character before.
fn before(char: char) -> Option<char> {
    match char {
        '\u{e000}' => Some('\u{d7ff}'),
        _ => char::from_u32(u32::from(char).checked_sub(1)?),
    }
}
