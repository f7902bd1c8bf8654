//! Backslashes.

use super::Parser;
use super::class::{Entry, case_of};
use super::piece::{Piece, Sort};
use super::python::repr;
use super::sequence::{literal, place, unit};
use crate::Error;
use crate::ast::{Assert, Case, Flags, Kind, Node};
use crate::class::{Category, Class, Item};

impl Parser<'_> {
    /// Reads an escape outside of classes; `piece`, at `start`, was taken.
    pub(super) fn escape(
        &mut self,
        start: usize,
        piece: &str,
        flags: Flags,
    ) -> Result<Piece, Error> {
        let char = escaped(piece);
        let ascii = flags.ascii;
        let span = start..self.source.tell();
        let assert = match char {
            'A' => Some(Assert::TextStart),
            'Z' => Some(Assert::TextEnd),
            'b' => Some(Assert::WordBoundary { ascii }),
            'B' => Some(Assert::NotWordBoundary { ascii }),
            _ => None,
        };
        if let Some(assert) = assert {
            return Ok(place(assert, span));
        }
        if let Some((category, negated)) = category(char) {
            let class = Class {
                items: vec![Item::Category {
                    category,
                    negated,
                    ascii,
                }],
                negated: false,
                case: Case::Exact,
            };
            return Ok(unit(Kind::Class(class), span));
        }
        if matches!(char, '1'..='9') {
            return self.octal_or_reference(start, char, flags);
        }
        let code = match char {
            '0' => octal(self.digits(start, 2, |char| char.is_digit(8))?),
            _ => self.code(start, char)?,
        };
        Ok(literal(code, flags, start..self.source.tell()))
    }

    /// Reads an escape inside of a class.
    pub(super) fn class_escape(&mut self, start: usize, piece: &str) -> Result<Entry, Error> {
        let char = escaped(piece);
        if let Some((category, negated)) = category(char) {
            return Ok(Entry::Category { category, negated });
        }
        let code = match char {
            'b' => 0x08,
            '0'..='7' => {
                self.digits(start, 2, |char| char.is_digit(8))?;
                self.octal_byte(start)?
            }
            _ => self.code(start, char)?,
        };
        Ok(Entry::Char(code))
    }

    /// Reads an escape that stands for a character, inside and outside of classes.
    fn code(&mut self, start: usize, char: char) -> Result<u32, Error> {
        match char {
            'a' => Ok(0x07),
            'f' => Ok(0x0c),
            'n' => Ok(0x0a),
            'r' => Ok(0x0d),
            't' => Ok(0x09),
            'v' => Ok(0x0b),
            'x' => self.hexadecimal(start, 2),
            'u' => self.hexadecimal(start, 4),
            'U' => self.long(start),
            'N' => Err(self.named(start)),
            _ if char.is_ascii_alphanumeric() => Err(self.bad_escape(start)),
            _ => Ok(u32::from(char)),
        }
    }

    /// Takes more digits of an escape and returns all digits: what stands behind the backslash and,
    /// for `\x` and its like, the letter.
    fn digits(
        &mut self,
        start: usize,
        most: usize,
        wanted: impl Fn(char) -> bool,
    ) -> Result<&str, Error> {
        self.source.get_while(most, wanted)?;
        let digits = self.source.since(start).trim_start_matches('\\');
        Ok(digits.trim_start_matches(['x', 'u', 'U']))
    }

    fn hexadecimal(&mut self, start: usize, length: usize) -> Result<u32, Error> {
        let digits = self.digits(start, length, |char| char.is_ascii_hexdigit())?;
        match u32::from_str_radix(digits, 16) {
            Ok(code) if digits.len() == length => Ok(code),
            _ => {
                let text = format!("incomplete escape {}", self.source.since(start));
                Err(self.source.error(&text, start))
            }
        }
    }

    fn long(&mut self, start: usize) -> Result<u32, Error> {
        match self.hexadecimal(start, 8)? {
            code @ ..=0x0010_ffff => Ok(code),
            ..=0x7fff_ffff => Err(self.bad_escape(start)),
            // CPython lets an error of its own machinery through.
            _ => Err(Error {
                text: "Python int too large to convert to C int".to_owned(),
                offset: start,
            }),
        }
    }

    /// Returns why `\N{…}` is refused: we carry no names of characters.
    fn named(&mut self, start: usize) -> Error {
        match self.source.accept('{') {
            Ok(true) => {}
            Ok(false) => return self.source.error_here("missing {"),
            Err(error) => return error,
        }
        match self.source.get_until('}', "character name") {
            // Differs: CPython knows the names (`characters_by_name_are_the_known_difference`).
            Ok(name) => {
                let text = format!("undefined character name {}", repr(name));
                self.source.error(&text, start)
            }
            Err(error) => error,
        }
    }

    /// Reads `\1` to `\99`, or three octal digits.
    fn octal_or_reference(
        &mut self,
        start: usize,
        first: char,
        flags: Flags,
    ) -> Result<Piece, Error> {
        let second = self.source.get_while(1, |char| char.is_ascii_digit())?;
        let is_octal = |text: &str| text.chars().all(|char| char.is_digit(8));
        if first.is_digit(8) && !second.is_empty() && is_octal(second) {
            let third = self.source.get_while(1, |char| char.is_digit(8))?;
            if !third.is_empty() {
                let code = self.octal_byte(start)?;
                return Ok(literal(code, flags, start..self.source.tell()));
            }
        }
        let digits = self.source.since(start).trim_start_matches('\\');
        let group = digits.parse().unwrap_or(u32::MAX);
        if !self.is_opened(group) {
            let text = format!("invalid group reference {group}");
            return Err(self.source.error(&text, start + 1));
        }
        if self.group_width(group).is_none() {
            let text = "cannot refer to an open group";
            return Err(self.source.error(text, start));
        }
        self.check_in_look_behind(group)?;
        Ok(reference(group, flags, start..self.source.tell()))
    }

    /// Returns the number of an octal escape that was taken.
    fn octal_byte(&self, start: usize) -> Result<u32, Error> {
        let escape = self.source.since(start);
        let code = octal(escape.trim_start_matches('\\'));
        if code > 0o377 {
            let text = format!("octal escape value {escape} outside of range 0-0o377");
            return Err(self.source.error(&text, start));
        }
        Ok(code)
    }

    fn bad_escape(&self, start: usize) -> Error {
        let text = format!("bad escape {}", self.source.since(start));
        self.source.error(&text, start)
    }
}

/// Returns a back-reference as a piece.
pub(super) fn reference(group: u32, flags: Flags, span: std::ops::Range<usize>) -> Piece {
    let case = case_of(flags);
    Piece::One {
        node: Node {
            kind: Kind::BackReference { group, case },
            span,
        },
        sort: Sort::Reference,
    }
}

fn escaped(piece: &str) -> char {
    piece.chars().nth(1).unwrap_or('\\')
}

/// Returns the number of at most three octal digits.
fn octal(digits: &str) -> u32 {
    u32::from_str_radix(digits, 8).unwrap_or_default()
}

fn category(char: char) -> Option<(Category, bool)> {
    let category = match char.to_ascii_lowercase() {
        'd' => Category::Digit,
        's' => Category::Space,
        'w' => Category::Word,
        _ => return None,
    };
    Some((category, char.is_ascii_uppercase()))
}
