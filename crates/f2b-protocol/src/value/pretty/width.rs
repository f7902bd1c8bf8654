//! How wide a `repr()` is, without writing it.

use std::ops::AddAssign;

use super::super::printable;
use super::super::repr::{self, Unit};
use crate::Value;

/// Returns the width of the `repr()` of a value that holds no others.
pub(super) fn of_scalar(value: &Value) -> usize {
    match value {
        Value::Str(text) => Literal::of_text(text.chars().map(Ok)).width(),
        Value::Surrogates(text) => Literal::of_text(text.units()).width(),
        Value::Bytes(bytes) => Literal::of_bytes(bytes).width() + 1,
        // What is left is ASCII.
        _ => {
            let mut text = String::new();
            repr::write(value, &mut text);
            text.len()
        }
    }
}

/// Counts what decides how wide a quoted text is.
#[derive(Clone, Copy, Default)]
pub(super) struct Literal {
    /// The width of everything between the quotes, escapes of quotes apart.
    inside: usize,
    single_quotes: usize,
    double_quotes: usize,
}

impl Literal {
    fn of_text(units: impl Iterator<Item = Unit>) -> Self {
        let mut literal = Self::default();
        units.for_each(|unit| literal.add(unit));
        literal
    }

    /// Counts bytes, without the `b` before the quote.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let mut literal = Self::default();
        for byte in bytes {
            if byte.is_ascii() {
                literal.add(Ok(char::from(*byte)));
            } else {
                literal.inside += "\\xff".len();
            }
        }
        literal
    }

    /// Counts one more place of a text.
    pub(super) fn add(&mut self, unit: Unit) {
        self.inside += match unit {
            Ok('\t' | '\n' | '\r' | '\\') => 2,
            Ok(character) if printable::is_printable(character) => 1,
            Ok('\0'..='\u{ff}') => "\\xff".len(),
            Ok('\u{100}'..='\u{ffff}') | Err(_) => "\\uffff".len(),
            Ok(_) => "\\U0010ffff".len(),
        };
        self.single_quotes += usize::from(unit == Ok('\''));
        self.double_quotes += usize::from(unit == Ok('"'));
    }

    /// Returns the width, quotes included.
    pub(super) fn width(self) -> usize {
        // With single quotes only, double ones stand around and nothing is escaped.
        let escapes = if self.double_quotes > 0 {
            self.single_quotes
        } else {
            0
        };
        self.inside + escapes + 2
    }
}

impl AddAssign for Literal {
    fn add_assign(&mut self, other: Self) {
        self.inside += other.inside;
        self.single_quotes += other.single_quotes;
        self.double_quotes += other.double_quotes;
    }
}
