//! One thing after the other, and the things of one character.

use std::ops::Range;

use super::Parser;
use super::class::case_of;
use super::group::Found;
use super::piece::{Piece, Sort};
use super::source::{is, lone};
use crate::ast::{Assert, Case, Flags, Kind, Literal, Node};
use crate::class::{Class, Item};
use crate::{Error, unicode};

impl Parser<'_> {
    /// Reads up to `|`, `)` or the end. `first` says that nothing of the pattern was read yet.
    pub(super) fn sequence(
        &mut self,
        mut flags: Flags,
        depth: u32,
        first: bool,
    ) -> Result<Vec<Piece>, Error> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.source.next() {
            if is(piece, '|') || is(piece, ')') {
                break;
            }
            let start = self.source.tell();
            self.source.get()?;
            if flags.verbose && self.is_blank(piece)? {
                continue;
            }
            match lone(piece) {
                None => pieces.push(self.escape(start, piece, flags)?),
                Some('[') => pieces.push(self.class(start, flags)?),
                Some('(') => match self.group(start, flags, depth)? {
                    Found::Piece(piece) => pieces.push(piece),
                    Found::Comment => {}
                    Found::Flags if first && pieces.is_empty() => flags = self.letters.flags,
                    Found::Flags => {
                        let text = "global flags not at the start of the expression";
                        return Err(self.source.error(text, start));
                    }
                },
                Some(char @ ('*' | '+' | '?' | '{')) => {
                    self.quantifier(char, start, flags, &mut pieces)?;
                }
                Some(char) => pieces.push(self.plain(char, start, flags)),
            }
        }
        Ok(opened_up(pieces))
    }

    /// Tells whether `piece` counts for nothing in verbose mode, and takes the rest of a comment.
    fn is_blank(&mut self, piece: &str) -> Result<bool, Error> {
        match lone(piece) {
            Some(' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') => Ok(true),
            Some('#') => {
                while self.source.get()?.is_some_and(|piece| !is(piece, '\n')) {}
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn plain(&self, char: char, start: usize, flags: Flags) -> Piece {
        let span = start..self.source.tell();
        match char {
            '^' if flags.multiline => place(Assert::LineStart, span),
            '^' => place(Assert::TextStart, span),
            '$' if flags.multiline => place(Assert::LineEnd, span),
            '$' => place(Assert::TextEndOrFinalNewline, span),
            '.' => unit(Kind::Class(any(flags)), span),
            _ => literal(u32::from(char), flags, span),
        }
    }
}

/// Returns what `.` is.
fn any(flags: Flags) -> Class {
    let items = if flags.dot_all {
        Vec::new()
    } else {
        vec![Item::Range('\n', '\n')]
    };
    Class {
        items,
        negated: true,
        case: Case::Exact,
    }
}

/// Opens what can be opened: `(?:…)` without flags and without a quantifier.
fn opened_up(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut opened = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Loose { pieces, .. } => opened.extend(pieces),
            Piece::One { .. } => opened.push(piece),
        }
    }
    opened
}

/// Returns a place as a piece.
pub(super) fn place(assert: Assert, span: Range<usize>) -> Piece {
    Piece::One {
        node: Node {
            kind: Kind::Assert(assert),
            span,
        },
        sort: Sort::Place,
    }
}

/// Returns what takes one character as a piece.
pub(super) fn unit(kind: Kind, span: Range<usize>) -> Piece {
    Piece::One {
        node: Node { kind, span },
        sort: Sort::Unit,
    }
}

/// Returns the character with the number `code` as a piece.
pub(super) fn literal(code: u32, flags: Flags, span: Range<usize>) -> Piece {
    let Some(char) = char::from_u32(code) else {
        // Half of a surrogate pair: no text of ours has one.
        let never = Class {
            items: Vec::new(),
            negated: false,
            case: Case::Exact,
        };
        return unit(Kind::Class(never), span);
    };
    let case = match case_of(flags) {
        Case::Ignore if unicode::is_cased(char) => Case::Ignore,
        Case::IgnoreAscii if char.is_ascii_alphabetic() => Case::IgnoreAscii,
        _ => Case::Exact,
    };
    unit(Kind::Literal(Literal { char, case }), span)
}
