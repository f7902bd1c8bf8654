//! `a|b|c`.

use std::ops::Range;

use super::Parser;
use super::class::{Entry, entries, united};
use super::piece::{Piece, Sort, join};
use crate::Error;
use crate::ast::{Flags, Kind, Node};

impl Parser<'_> {
    /// Reads alternatives up to `)` or the end.
    pub(super) fn alternatives(&mut self, flags: Flags, depth: u32) -> Result<Vec<Piece>, Error> {
        let start = self.source.tell();
        let mut flags = flags;
        let mut branches = Vec::new();
        loop {
            let from = self.source.tell();
            let is_first = depth == 0 && branches.is_empty();
            let pieces = self.sequence(flags, depth, is_first)?;
            branches.push((pieces, from..self.source.tell()));
            if depth == 0 {
                // The begin of the pattern may have set some.
                flags = self.letters.flags;
            }
            if !self.source.accept('|')? {
                break;
            }
        }
        let span = start..self.source.tell();
        Ok(match <[_; 1]>::try_from(branches) {
            Ok([(pieces, _)]) => pieces,
            Err(branches) => alternation(branches, flags, span),
        })
    }
}

/// Returns alternatives as CPython takes them: what all begin with stands before them, and single
/// characters and classes are one class. With case ignored the latter can be seen from outside.
fn alternation(
    mut branches: Vec<(Vec<Piece>, Range<usize>)>,
    flags: Flags,
    span: Range<usize>,
) -> Vec<Piece> {
    let mut pieces = common_start(&mut branches);
    let start = pieces.last().map_or(span.start, |last| last.span().end);
    let rest = start..span.end;
    pieces.push(match union(&branches) {
        Some(entries) => united(&entries, false, flags, rest),
        None => {
            let nodes = branches
                .into_iter()
                .map(|(pieces, span)| join(pieces, span))
                .collect();
            Piece::One {
                node: Node {
                    kind: Kind::Alternate(nodes),
                    span,
                },
                sort: Sort::Whole,
            }
        }
    });
    pieces
}

/// Takes away what all branches begin with and returns it.
fn common_start(branches: &mut [(Vec<Piece>, Range<usize>)]) -> Vec<Piece> {
    let Some(((first, _), others)) = branches.split_first() else {
        return Vec::new();
    };
    let is_common = |at: usize, piece: &Piece| {
        others
            .iter()
            .all(|(pieces, _)| pieces.get(at).is_some_and(|other| is_same(piece, other)))
    };
    let common = first
        .iter()
        .enumerate()
        .take_while(|(at, piece)| is_common(*at, piece))
        .count();
    let mut taken = Vec::new();
    for (pieces, span) in branches {
        let start: Vec<_> = pieces.drain(..common).collect();
        if let Some(last) = start.last() {
            span.start = last.span().end.min(span.end);
        }
        if taken.is_empty() {
            taken = start;
        }
    }
    taken
}

/// Tells whether two pieces are the same to CPython, which compares no groups and repeats.
fn is_same(one: &Piece, other: &Piece) -> bool {
    let comparable = |sort: Sort| matches!(sort, Sort::Unit | Sort::Place | Sort::Reference);
    match (one, other) {
        (
            Piece::One { node, sort },
            Piece::One {
                node: other_node,
                sort: other_sort,
            },
        ) => comparable(*sort) && sort == other_sort && node.kind == other_node.kind,
        _ => false,
    }
}

/// Returns what a class needs to be all of the branches, if each is one character or class.
fn union(branches: &[(Vec<Piece>, Range<usize>)]) -> Option<Vec<Entry>> {
    let mut all = Vec::new();
    for (pieces, _) in branches {
        let [
            Piece::One {
                node,
                sort: Sort::Unit,
            },
        ] = pieces.as_slice()
        else {
            return None;
        };
        match &node.kind {
            Kind::Literal(literal) => all.push(Entry::Char(u32::from(literal.char))),
            Kind::Class(class) if !class.negated => all.extend(entries(class)),
            _ => return None,
        }
    }
    Some(all)
}
