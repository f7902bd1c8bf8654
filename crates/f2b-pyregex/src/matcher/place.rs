//! Places in a text.

use std::ops::Range;

use crate::ast::{Assert, Case};
use crate::class::is_word;

/// The place after the character at `at`.
pub(super) fn next(text: &[u8], at: usize) -> usize {
    let mut next = at + 1;
    while text.get(next).is_some_and(|byte| is_inner(*byte)) {
        next += 1;
    }
    next
}

/// The place before the character that ends at `at`; `None` at the begin.
#[inline(always)]
pub(super) fn previous(text: &[u8], at: usize) -> Option<usize> {
    let mut previous = at.checked_sub(1)?;
    while text.get(previous).is_some_and(|byte| is_inner(*byte)) {
        previous = previous.checked_sub(1)?;
    }
    Some(previous)
}

/// The place `count` characters before `at`, if there are so many.
pub(super) fn back(text: &[u8], at: usize, count: u32) -> Option<usize> {
    (0..count).try_fold(at, |at, _| previous(text, at))
}

/// Whether a byte is not the first of a character.
#[inline(always)]
fn is_inner(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Whether `assert` holds at `at`.
pub(super) fn holds(assert: Assert, text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    match assert {
        Assert::TextStart => at == 0,
        Assert::TextEnd => at == bytes.len(),
        Assert::TextEndOrFinalNewline => match bytes.get(at..) {
            Some([] | [b'\n']) | None => true,
            Some(_) => false,
        },
        Assert::LineStart => {
            previous(bytes, at).is_none_or(|before| bytes.get(before) == Some(&b'\n'))
        }
        Assert::LineEnd => bytes.get(at).is_none_or(|byte| *byte == b'\n'),
        Assert::WordBoundary { ascii } => is_boundary(text, at, ascii),
        // As CPython 3.11: in an empty text neither `\b` nor `\B` holds.
        Assert::NotWordBoundary { ascii } => !text.is_empty() && !is_boundary(text, at, ascii),
    }
}

fn is_boundary(text: &str, at: usize, ascii: bool) -> bool {
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let after = text.get(at..).and_then(|text| text.chars().next());
    let word = |c: Option<char>| c.is_some_and(|c| is_word(c, ascii));
    word(before) != word(after)
}

/// Where the text of `wanted` ends if it stands at `at` once more.
pub(super) fn same(text: &str, wanted: Range<usize>, at: usize, case: Case) -> Option<usize> {
    let wanted = text.get(wanted)?;
    let mut found = text.get(at..)?.char_indices();
    for c in wanted.chars() {
        let (_, other) = found.next()?;
        if !case.same_again(c, other) {
            return None;
        }
    }
    Some(at + found.next().map_or(text.len() - at, |(offset, _)| offset))
}
