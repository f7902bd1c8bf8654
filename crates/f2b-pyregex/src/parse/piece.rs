//! What a sequence is made of while it is read.

use std::ops::Range;

use crate::ast::{Kind, Node};

/// A piece of a sequence.
pub(super) enum Piece {
    /// One thing.
    One {
        /// The thing.
        node: Node,
        /// What it is to a quantifier behind it and to alternatives beside it.
        sort: Sort,
    },
    /// `(?:…)`: it is opened up once the sequence around it is read.
    Loose {
        /// Where it stands, parentheses included.
        span: Range<usize>,
        /// What is in it.
        pieces: Vec<Self>,
    },
}

/// What a piece is to its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A character or a class of which alternatives may be made one class.
    Unit,
    /// A place. Nothing to repeat.
    Place,
    /// Repeated already.
    Repeat,
    /// A back-reference: alternatives may share it.
    Reference,
    /// `(?i:…)`, a group, anything that is only like itself.
    Whole,
}

impl Piece {
    /// Returns where it stands.
    pub(super) fn span(&self) -> Range<usize> {
        match self {
            Self::One { node, .. } => node.span.clone(),
            Self::Loose { span, .. } => span.clone(),
        }
    }

    /// Makes one node of it.
    pub(super) fn into_node(self) -> Node {
        match self {
            Self::One { node, .. } => node,
            Self::Loose { span, pieces } => join(pieces, span),
        }
    }
}

/// Makes one node of a sequence.
pub(super) fn join(pieces: Vec<Piece>, span: Range<usize>) -> Node {
    let mut nodes = Vec::new();
    for piece in pieces {
        let node = piece.into_node();
        match node.kind {
            Kind::Empty => {}
            Kind::Concat(inner) => nodes.extend(inner),
            _ => nodes.push(node),
        }
    }
    if nodes.len() > 1 {
        return Node {
            kind: Kind::Concat(nodes),
            span,
        };
    }
    nodes.pop().unwrap_or(Node {
        kind: Kind::Empty,
        span,
    })
}
