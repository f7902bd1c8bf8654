//! A set of ASCII characters, as bits.

use super::Category;

/// A set of ASCII characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AsciiSet(u128);

impl AsciiSet {
    /// Returns the set of those that `belongs` says yes to.
    #[must_use]
    pub fn of(belongs: impl Fn(char) -> bool) -> Self {
        let bytes = 0..=0x7f_u8;
        let inside = bytes.filter(|byte| belongs(char::from(*byte)));
        Self(inside.fold(0, |bits, byte| bits | 1 << byte))
    }

    /// The characters from the first to the last, both included, as far as they are ASCII.
    pub(crate) fn range(first: char, last: char) -> Self {
        let (first, last) = (u32::from(first), u32::from(last).min(127));
        if first > last {
            return Self(0);
        }
        Self((u128::MAX >> (127 - (last - first))) << first)
    }

    /// What of a category is ASCII.
    pub(crate) fn of_category(category: Category) -> Self {
        let digits = Self::range('0', '9');
        match category {
            Category::Digit => digits,
            // As Python: the separators of ASCII are blanks in a text.
            Category::Space => Self::range('\t', '\r').or(Self::range('\u{1c}', ' ')),
            Category::Word => digits
                .or(Self::range('a', 'z'))
                .or(Self::range('A', 'Z'))
                .or(Self::range('_', '_')),
        }
    }

    /// What is not in the set.
    pub(crate) const fn complement(self) -> Self {
        Self(!self.0)
    }

    /// Tells whether the byte is in the set; bytes that are not ASCII never are.
    #[must_use]
    #[inline]
    pub const fn contains(self, byte: u8) -> bool {
        byte < 0x80 && self.0 >> byte & 1 == 1
    }

    /// Returns the bits, the lowest for the byte 0.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Tells whether no character is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Tells whether no character is in both.
    #[must_use]
    pub const fn is_apart_from(self, other: Self) -> bool {
        self.0 & other.0 == 0
    }

    /// Returns the set of what is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
