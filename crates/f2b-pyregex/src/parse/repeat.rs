//! Quantifiers.

use super::piece::{Piece, Sort};
use super::python::MOST_DIGITS;
use super::sequence::literal;
use super::{Late, Parser};
use crate::Error;
use crate::ast::{Flags, Kind, Mode, Node};

/// CPython's mark for "without end"; a count may not reach it.
const ENDLESS: u32 = u32::MAX;

impl Parser<'_> {
    /// Reads a quantifier that begins with `char`, at `start`, and puts it on the last piece.
    pub(super) fn quantifier(
        &mut self,
        char: char,
        start: usize,
        flags: Flags,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Error> {
        let (min, max) = match char {
            '?' => (0, Some(1)),
            '*' => (0, None),
            '+' => (1, None),
            _ => match self.counts(start)? {
                Some(counts) => counts,
                None => {
                    // A `{` that begins no count is a character.
                    let span = start..self.source.tell();
                    pieces.push(literal(u32::from(char), flags, span));
                    return Ok(());
                }
            },
        };
        match pieces.last() {
            None
            | Some(Piece::One {
                sort: Sort::Place, ..
            }) => return Err(self.source.error("nothing to repeat", start)),
            Some(Piece::One {
                sort: Sort::Repeat, ..
            }) => return Err(self.source.error("multiple repeat", start)),
            Some(_) => {}
        }
        let mode = if self.source.accept('?')? {
            Mode::Lazy
        } else if self.source.accept('+')? {
            Mode::Possessive
        } else {
            Mode::Greedy
        };
        if let Some(piece) = pieces.pop() {
            let span = piece.span().start..self.source.tell();
            self.note_template(mode, span.start);
            let body = Box::new(piece.into_node());
            let kind = Kind::Repeat {
                body,
                min,
                max,
                mode,
            };
            pieces.push(Piece::One {
                node: Node { kind, span },
                sort: Sort::Repeat,
            });
        }
        Ok(())
    }

    /// Reads `m}`, `m,}`, `,n}`, `m,n}` or `,}`; `None` if it is something else, of which nothing is
    /// taken.
    fn counts(&mut self, start: usize) -> Result<Option<(u32, Option<u32>)>, Error> {
        let behind = self.source.tell();
        if self.source.next_is('}') {
            return Ok(None);
        }
        let low = self
            .source
            .get_while(usize::MAX, |char| char.is_ascii_digit())?;
        let high = if self.source.accept(',')? {
            self.source
                .get_while(usize::MAX, |char| char.is_ascii_digit())?
        } else {
            low
        };
        if !self.source.accept('}')? {
            self.source.seek(behind)?;
            return Ok(None);
        }
        let min = count(low, start)?.unwrap_or(0);
        let max = count(high, start)?;
        if max.is_some_and(|max| max < min) {
            let text = "min repeat greater than max repeat";
            return Err(self.source.error(text, behind));
        }
        Ok(Some((min, max)))
    }

    /// CPython has a flag that takes no quantifier, and says so while it compiles.
    fn note_template(&mut self, mode: Mode, offset: usize) {
        if self.letters.template {
            let name = match mode {
                Mode::Greedy => "MAX_REPEAT",
                Mode::Lazy => "MIN_REPEAT",
                Mode::Possessive => "POSSESSIVE_REPEAT",
            };
            self.late.push(Late {
                order: (false, offset, false),
                text: format!("internal: unsupported template operator {name}"),
                offset,
            });
        }
    }
}

/// Reads a count; `None` if there are no digits.
fn count(digits: &str, offset: usize) -> Result<Option<u32>, Error> {
    if digits.is_empty() {
        return Ok(None);
    }
    let refusal = |text: String| Err(Error { text, offset });
    if digits.len() > MOST_DIGITS {
        return refusal(format!(
            "Exceeds the limit ({MOST_DIGITS} digits) for integer string conversion: value has {} \
             digits; use sys.set_int_max_str_digits() to increase the limit",
            digits.len()
        ));
    }
    match digits.parse::<u32>() {
        Ok(count) if count < ENDLESS => Ok(Some(count)),
        _ => refusal("the repetition number is too large".to_owned()),
    }
}
