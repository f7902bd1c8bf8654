//! Unicode as CPython 3.11 knows it.
//!
//! *Oracle*: `/usr/bin/python3`, asked for every character (`conformance`, test `pyregex_unicode`).
//! The tables are written by `cargo xtask unicode`.

use std::sync::LazyLock;

use crate::class::Category;

mod category;
mod fold;
mod text;

/// Tells whether `char` is of `category`; `ascii` is the flag.
#[must_use]
pub fn is(category: Category, ascii: bool, char: char) -> bool {
    if char.is_ascii() {
        return match category {
            Category::Digit => char.is_ascii_digit(),
            // Unicode's blanks have four control characters that the locale C has not.
            Category::Space => {
                matches!(char, '\t'..='\r' | ' ') || !ascii && matches!(char, '\x1c'..='\x1f')
            }
            Category::Word => char.is_ascii_alphanumeric() || char == '_',
        };
    }
    !ascii && is_within(borders(category), char)
}

/// Returns the ranges of a category of Unicode, in order and apart from one another.
pub fn ranges(category: Category) -> impl Iterator<Item = (char, char)> {
    let (pairs, _) = borders(category).as_chunks::<2>();
    pairs.iter().filter_map(|[start, end]| {
        let last = end.checked_sub(1)?;
        Some((char::from_u32(*start)?, char::from_u32(last)?))
    })
}

/// Returns what the decimal digit `char` stands for.
#[must_use]
pub fn digit_value(char: char) -> Option<u32> {
    let (pairs, _) = category::DIGIT.as_chunks::<2>();
    let code = u32::from(char);
    // A run of digits is made of whole decades.
    let [zero, _] = pairs
        .iter()
        .find(|[start, end]| (*start..*end).contains(&code))?;
    Some((code - zero) % 10)
}

/// Tells whether Python's names may be written so.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    is_within(text::NAME_START, first) && chars.all(|char| is_within(text::NAME, char))
}

/// Tells whether `char` is a letter.
#[must_use]
pub fn is_letter(char: char) -> bool {
    is_within(text::LETTER, char)
}

/// Tells whether `repr` shows `char` as it is.
#[must_use]
pub fn is_printable(char: char) -> bool {
    is_within(text::PRINTABLE, char)
}

/// Returns the lower case that `re` compares with.
#[must_use]
pub fn lower(char: char) -> char {
    if char.is_ascii() {
        return char.to_ascii_lowercase();
    }
    changed(fold::LOWER, char)
}

/// Returns the upper case that `re` compares with.
#[must_use]
pub fn upper(char: char) -> char {
    if char.is_ascii() {
        return char.to_ascii_uppercase();
    }
    changed(fold::UPPER, char)
}

/// Tells whether there is another case of `char`.
#[must_use]
pub fn is_cased(char: char) -> bool {
    lower(char) != char || upper(char) != char
}

/// Returns the other lower-case characters that have the upper case of the lower-case `char`.
pub fn same_upper(char: char) -> impl Iterator<Item = char> {
    following(fold::SAME_UPPER.as_chunks::<2>().0, char)
}

/// Returns the characters, `char` left out, whose lower case is `char`.
pub fn raised(char: char) -> impl Iterator<Item = char> {
    /// Lower case, and what becomes it.
    static RAISED: LazyLock<Vec<[u32; 2]>> = LazyLock::new(|| {
        let (pairs, _) = fold::LOWER.as_chunks::<2>();
        let mut turned: Vec<_> = pairs.iter().map(|[from, to]| [*to, *from]).collect();
        turned.sort_unstable();
        turned
    });
    following(&RAISED, char)
}

/// Returns every character that has another case, in order.
#[must_use]
pub fn cased() -> &'static [char] {
    static CASED: LazyLock<Vec<char>> = LazyLock::new(|| {
        let tables = [fold::LOWER, fold::UPPER];
        let codes = tables
            .into_iter()
            .flat_map(|table| table.as_chunks::<2>().0)
            .map(|[from, _]| *from);
        let mut chars: Vec<_> = codes.filter_map(char::from_u32).collect();
        chars.sort_unstable();
        chars.dedup();
        chars
    });
    &CASED
}

fn borders(category: Category) -> &'static [u32] {
    match category {
        Category::Digit => category::DIGIT,
        Category::Space => category::SPACE,
        Category::Word => category::WORD,
    }
}

fn is_within(borders: &[u32], char: char) -> bool {
    let code = u32::from(char);
    borders.partition_point(|border| *border <= code) % 2 == 1
}

fn changed(table: &[u32], char: char) -> char {
    let (pairs, _) = table.as_chunks::<2>();
    let found = pairs.binary_search_by_key(&u32::from(char), |[from, _]| *from);
    let found = found.ok().and_then(|at| pairs.get(at));
    found
        .and_then(|[_, to]| char::from_u32(*to))
        .unwrap_or(char)
}

/// Returns what stands beside `char` in pairs that are sorted by their first.
fn following(pairs: &[[u32; 2]], char: char) -> impl Iterator<Item = char> {
    let code = u32::from(char);
    let start = pairs.partition_point(|[from, _]| *from < code);
    let pairs = pairs.iter().skip(start);
    pairs
        .take_while(move |[from, _]| *from == code)
        .filter_map(|[_, to]| char::from_u32(*to))
}
