//! `[…]`.

use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;

use super::Parser;
use super::piece::Piece;
use super::sequence::{literal, unit};
use super::source::{is, lone};
use crate::ast::{Case, Flags, Kind};
use crate::class::{Category, Class, Item};
use crate::{Error, unicode};

/// Where CPython's sets stop to be bitmaps.
const LAST_OF_BITMAP: u32 = 0xffff;

/// What stands in a class.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Entry {
    /// One character, maybe half of a surrogate pair.
    Char(u32),
    /// From the first to the second.
    Range(u32, u32),
    /// `\d` and its like.
    Category {
        /// Which.
        category: Category,
        /// Whether the others.
        negated: bool,
    },
}

impl<'p> Parser<'p> {
    /// Reads a class whose `[`, at `start`, was taken.
    pub(super) fn class(&mut self, start: usize, flags: Flags) -> Result<Piece, Error> {
        let negated = self.source.accept('^')?;
        let mut entries = Vec::new();
        loop {
            let (piece, entry) = self.entry(start)?;
            if is(piece, ']') && !entries.is_empty() {
                break;
            }
            if !self.source.accept('-')? {
                entries.push(entry);
                continue;
            }
            let (last_piece, last) = self.entry(start)?;
            if is(last_piece, ']') {
                entries.extend([entry, Entry::Char(u32::from('-'))]);
                break;
            }
            match (entry, last) {
                (Entry::Char(first), Entry::Char(last)) if first <= last => {
                    entries.push(Entry::Range(first, last));
                }
                _ => {
                    let text = format!("bad character range {piece}-{last_piece}");
                    let back = piece.chars().count() + 1 + last_piece.chars().count();
                    return Err(self.source.error(&text, self.source.back(back)));
                }
            }
        }
        Ok(set(entries, negated, flags, start..self.source.tell()))
    }

    /// Reads one entry, or the `]` that ends the class.
    fn entry(&mut self, class: usize) -> Result<(&'p str, Entry), Error> {
        let start = self.source.tell();
        let Some(piece) = self.source.get()? else {
            return Err(self.source.error("unterminated character set", class));
        };
        let entry = match lone(piece) {
            Some(char) => Entry::Char(u32::from(char)),
            None => self.class_escape(start, piece)?,
        };
        Ok((piece, entry))
    }
}

/// Returns how case counts under `flags`.
pub(super) fn case_of(flags: Flags) -> Case {
    match (flags.ignore_case, flags.ascii) {
        (false, _) => Case::Exact,
        (true, true) => Case::IgnoreAscii,
        (true, false) => Case::Ignore,
    }
}

/// Returns `[…]` as a piece: one character without `^` is that character.
fn set(entries: Vec<Entry>, negated: bool, flags: Flags, span: Range<usize>) -> Piece {
    let mut entries = without_doubles(entries);
    if let [Entry::Char(code)] = entries.as_mut_slice() {
        if !negated {
            return literal(*code, flags, span);
        }
        // CPython has an operation of its own for "not this one", free of the quirk of `united`.
        if let (Some(char), Case::Ignore) = (char::from_u32(*code), case_of(flags)) {
            *code = u32::from(unicode::lower(char));
        }
    }
    united(&entries, negated, flags, span)
}

/// Returns a class of `entries` as a piece.
pub(super) fn united(entries: &[Entry], negated: bool, flags: Flags, span: Range<usize>) -> Piece {
    let case = case_of(flags);
    let entries = entries.iter().filter(|entry| !is_lost(**entry, case));
    let is_any_cased = entries.clone().any(|entry| is_cased(*entry, case));
    let case = if is_any_cased { case } else { Case::Exact };
    let items = entries.filter_map(|entry| item(*entry, flags));
    let class = Class {
        items: without_doubles(items),
        negated,
        case,
    };
    unit(Kind::Class(class), span)
}

/// Returns the entries that a class was made of, as far as they can be told.
pub(super) fn entries(class: &Class) -> impl Iterator<Item = Entry> {
    class.items.iter().map(|item| match *item {
        Item::Range(first, last) => Entry::Range(u32::from(first), u32::from(last)),
        Item::Category {
            category, negated, ..
        } => Entry::Category { category, negated },
    })
}

fn without_doubles<T: Copy + Eq + Hash>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.into_iter().filter(|one| seen.insert(*one)).collect()
}

/// Tells whether ignoring case changes anything for `entry`.
fn is_cased(entry: Entry, case: Case) -> bool {
    let (first, last) = match entry {
        Entry::Char(code) => (code, code),
        Entry::Range(first, last) => (first, last),
        Entry::Category { .. } => return false,
    };
    match case {
        Case::Exact => false,
        // Beyond the bitmap CPython compares with the upper case too.
        _ if last > LAST_OF_BITMAP => true,
        Case::IgnoreAscii => {
            let has = |start: char, end: char| first <= u32::from(end) && u32::from(start) <= last;
            has('A', 'Z') || has('a', 'z')
        }
        Case::Ignore => {
            let cased = unicode::cased();
            let at = cased.partition_point(|char| u32::from(*char) < first);
            cased.get(at).is_some_and(|char| u32::from(*char) <= last)
        }
    }
}

/// Tells whether no text ever meets `entry`, by a quirk of CPython: where case is ignored it lowers
/// the text's character but not one beyond the bitmap in a class, which may be upper case.
fn is_lost(entry: Entry, case: Case) -> bool {
    match entry {
        Entry::Char(code) if case == Case::Ignore && code > LAST_OF_BITMAP => {
            char::from_u32(code).is_some_and(|char| unicode::lower(char) != char)
        }
        _ => false,
    }
}

fn item(entry: Entry, flags: Flags) -> Option<Item> {
    match entry {
        Entry::Category { category, negated } => Some(Item::Category {
            category,
            negated,
            ascii: flags.ascii,
        }),
        Entry::Char(code) => char::from_u32(code).map(|char| Item::Range(char, char)),
        Entry::Range(first, last) => {
            // No text of ours has halves of surrogate pairs.
            let first = char::from_u32(first).unwrap_or('\u{e000}');
            let last = char::from_u32(last).unwrap_or('\u{d7ff}');
            (first <= last).then_some(Item::Range(first, last))
        }
    }
}
