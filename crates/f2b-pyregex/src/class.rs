//! A set of characters.

use crate::ast::Case;
use crate::unicode;

mod ascii;
#[cfg(test)]
mod tests;
mod whole;

pub use ascii::AsciiSet;

/// A set of characters: `[…]`, `\d`, `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Class {
    /// What is in it.
    pub items: Vec<Item>,
    /// Whether it takes every other character instead.
    pub negated: bool,
    /// Whether other cases of its characters belong to it.
    pub case: Case,
}

/// A part of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// The characters from the first to the second, both included.
    Range(char, char),
    /// `\d`, `\s`, `\w` and their opposites.
    Category {
        /// Which characters.
        category: Category,
        /// Whether all others instead (`\D`).
        negated: bool,
        /// Whether ASCII characters only are meant.
        ascii: bool,
    },
}

/// The categories that Python's patterns know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// `\d`
    Digit,
    /// `\s`
    Space,
    /// `\w`
    Word,
}

/// Where CPython's sets stop to be bitmaps. A range that goes on beyond it is compared with the upper
/// case too.
const LAST_OF_BITMAP: char = '\u{ffff}';

impl Class {
    /// Tells whether the class takes `char`.
    #[must_use]
    pub fn contains(&self, char: char) -> bool {
        self.has(char) != self.negated
    }

    /// Tells whether `char` is among the items, whatever `negated` says.
    fn has(&self, char: char) -> bool {
        let char = self.case.lower(char);
        let is_in = |first: char, last: char| self.is_in_range(first, last, char);
        self.items.iter().any(|item| match *item {
            Item::Range(first, last) => is_in(first, last),
            Item::Category {
                category,
                negated,
                ascii,
            } => unicode::is(category, ascii, char) != negated,
        })
    }

    /// Tells whether the lowered `char` is another case of a character of a range.
    fn is_in_range(&self, first: char, last: char, char: char) -> bool {
        let is_in = |char: char| (first..=last).contains(&char);
        if is_in(char) {
            return true;
        }
        if self.case == Case::Exact {
            return false;
        }
        self.case.raised(char).any(is_in) || last > LAST_OF_BITMAP && is_in(unicode::upper(char))
    }

    /// Returns the ASCII characters that the class takes.
    #[must_use]
    pub fn ascii(&self) -> AsciiSet {
        if self.case != Case::Exact {
            return AsciiSet::of(|char| self.contains(char));
        }
        let parts = self.items.iter().map(|item| match *item {
            Item::Range(first, last) => AsciiSet::range(first, last),
            Item::Category {
                category, negated, ..
            } => {
                let inside = AsciiSet::of_category(category);
                if negated { inside.complement() } else { inside }
            }
        });
        let all = parts.fold(AsciiSet::default(), AsciiSet::or);
        if self.negated { all.complement() } else { all }
    }

    /// Returns every character that the class takes, as ranges in order and apart from one another.
    ///
    /// *Cost*: far below a millisecond, but nothing for the hot path.
    #[must_use]
    pub fn whole_set(&self) -> Vec<(char, char)> {
        whole::of(self)
    }
}

/// Tells whether `char` belongs to a word; `ascii` is the flag.
#[must_use]
pub fn is_word(char: char, ascii: bool) -> bool {
    unicode::is(Category::Word, ascii, char)
}
