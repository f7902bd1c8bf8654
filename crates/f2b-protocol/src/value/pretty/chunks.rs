//! Where a literal that is too wide is broken.

use super::super::repr::Unit;
use super::width::Literal;

/// Returns the lengths of the pieces that a text is broken into: at each line
/// end, and after white space where the next word would not fit.
///
/// `room` is what each piece may take, and the last word leaves `allowance`.
pub(super) fn text_chunks(
    units: impl Iterator<Item = Unit>,
    room: usize,
    allowance: usize,
) -> Vec<usize> {
    let mut breaker = Breaker::new(room);
    let mut word = Piece::default();
    let mut previous = None;
    let mut units = units.peekable();
    while let Some(unit) = units.next() {
        let is_new_word = previous.is_some_and(is_space) && !is_space(unit);
        if is_new_word {
            breaker.add(std::mem::take(&mut word), 0);
        }
        word.length += 1;
        word.literal.add(unit);
        previous = Some(unit);
        if is_line_end(unit, units.peek()) && units.peek().is_some() {
            breaker.add(std::mem::take(&mut word), 0);
            breaker.end_chunk();
            previous = None;
        }
    }
    breaker.add(word, allowance);
    breaker.end_chunk();
    breaker.lengths
}

/// Returns the lengths of the pieces that bytes are broken into, each a
/// multiple of four but the last.
pub(super) fn byte_chunks(bytes: &[u8], room: usize, allowance: usize) -> Vec<usize> {
    // The `b` of each piece.
    let mut breaker = Breaker::new(room.saturating_sub(1));
    for four in bytes.chunks(4) {
        // As Python: room is left after an incomplete four only.
        let kept = if four.len() < 4 { allowance } else { 0 };
        let literal = Literal::of_bytes(four);
        breaker.add(
            Piece {
                length: four.len(),
                literal,
            },
            kept,
        );
    }
    breaker.end_chunk();
    breaker.lengths
}

/// Part of a literal.
#[derive(Clone, Copy, Default)]
struct Piece {
    length: usize,
    literal: Literal,
}

struct Breaker {
    room: usize,
    chunk: Piece,
    lengths: Vec<usize>,
}

impl Breaker {
    fn new(room: usize) -> Self {
        Self {
            room,
            chunk: Piece::default(),
            lengths: Vec::new(),
        }
    }

    /// Adds to the chunk what fits, else begins a new one with it.
    fn add(&mut self, piece: Piece, allowance: usize) {
        let mut literal = self.chunk.literal;
        literal += piece.literal;
        if literal.width() + allowance > self.room {
            self.end_chunk();
            self.chunk = piece;
        } else {
            self.chunk.length += piece.length;
            self.chunk.literal = literal;
        }
    }

    fn end_chunk(&mut self) {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.length > 0 {
            self.lengths.push(chunk.length);
        }
    }
}

/// Says whether a regular expression of Python calls it white space.
fn is_space(unit: Unit) -> bool {
    unit.is_ok_and(|character| {
        character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
    })
}

/// Says whether `str.splitlines()` ends a line after it.
fn is_line_end(unit: Unit, next: Option<&Unit>) -> bool {
    match unit {
        Ok('\r') => next != Some(&Ok('\n')),
        Ok('\n' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}') => {
            true
        }
        _ => false,
    }
}
