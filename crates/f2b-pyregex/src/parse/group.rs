//! `(…)`: groups, and the places and conditions that are written like groups.

use super::letters::{Setting, scoped};
use super::piece::{Piece, Sort, join};
use super::width::Unfit;
use super::{DEEPEST, Late, Opened, Parser};
use crate::Error;
use crate::ast::{Flags, Kind, Node};

use super::python::repr;

/// What a parenthesis was.
pub(super) enum Found {
    /// A piece of the pattern.
    Piece(Piece),
    /// `(?#…)`.
    Comment,
    /// `(?i)`: flags for the whole pattern, added already.
    Flags,
}

impl<'p> Parser<'p> {
    /// Reads what begins with `(`, at `start`, which was taken.
    pub(super) fn group(&mut self, start: usize, flags: Flags, depth: u32) -> Result<Found, Error> {
        let depth = self.deeper(start, depth)?;
        if self.source.accept('?')? {
            return self.extension(start, flags, depth);
        }
        self.capture(start, None, flags, depth)
    }

    /// Reads a capture group; its head was taken.
    pub(super) fn capture(
        &mut self,
        start: usize,
        name: Option<&'p str>,
        flags: Flags,
        depth: u32,
    ) -> Result<Found, Error> {
        let at = self.groups.len();
        let index = u32::try_from(at + 1).unwrap_or(u32::MAX);
        if let Some(name) = name
            && let Some(known) = self.names.insert(name, index)
        {
            let text = format!(
                "redefinition of group name {} as group {index}; was group {known}",
                repr(name)
            );
            let offset = self.source.tell() - name.len() - 1;
            return Err(self.source.error(&text, offset));
        }
        self.groups.push(Opened {
            name,
            span: start..start,
            width: None,
        });
        let body = Box::new(self.body(start, flags, depth)?);
        let span = start..self.source.tell();
        let width = self.width(&body);
        if let Some(opened) = self.groups.get_mut(at) {
            opened.span = span.clone();
            opened.width = Some(width);
        }
        let kind = Kind::Group { index, body };
        Ok(whole(Node { kind, span }))
    }

    /// Reads `(?:…)`; its head was taken.
    pub(super) fn loose(&mut self, start: usize, flags: Flags, depth: u32) -> Result<Found, Error> {
        let pieces = self.alternatives(flags, depth)?;
        self.close(start)?;
        let span = start..self.source.tell();
        Ok(Found::Piece(Piece::Loose { span, pieces }))
    }

    /// Reads `(?>…)`; its head was taken.
    pub(super) fn atomic(
        &mut self,
        start: usize,
        flags: Flags,
        depth: u32,
    ) -> Result<Found, Error> {
        let body = Box::new(self.body(start, flags, depth)?);
        let kind = Kind::Atomic(body);
        let span = start..self.source.tell();
        Ok(whole(Node { kind, span }))
    }

    /// Reads flags and, if they have a scope, what is in it; `first` of them was taken.
    pub(super) fn flagged(
        &mut self,
        start: usize,
        first: &str,
        flags: Flags,
        depth: u32,
    ) -> Result<Found, Error> {
        match self.setting(first)? {
            Setting::Global => Ok(Found::Flags),
            Setting::Scoped { on, off } => self.scope(start, scoped(flags, on, off), depth),
        }
    }

    fn scope(&mut self, start: usize, flags: Flags, depth: u32) -> Result<Found, Error> {
        Ok(whole(self.body(start, flags, depth)?))
    }

    /// Reads a look-around; its head was taken.
    pub(super) fn look(
        &mut self,
        start: usize,
        (behind, negated): (bool, bool),
        flags: Flags,
        depth: u32,
    ) -> Result<Found, Error> {
        let is_outer = behind && self.in_look_behind.is_none();
        if is_outer {
            let next = self.groups.len() + 1;
            self.in_look_behind = Some(u32::try_from(next).unwrap_or(u32::MAX));
        }
        let from = self.source.tell();
        let pieces = self.alternatives(flags, depth)?;
        let body = Box::new(join(pieces, from..self.source.tell()));
        if is_outer {
            self.in_look_behind = None;
        }
        self.close(start)?;
        let back = behind.then(|| self.way_back(&body, start));
        let kind = Kind::Look {
            back,
            negated,
            body,
        };
        let span = start..self.source.tell();
        Ok(whole(Node { kind, span }))
    }

    /// Returns how far a look-behind goes back. CPython finds out while it compiles, so that a
    /// mistake is told only if there is none of syntax.
    fn way_back(&mut self, body: &Node, offset: usize) -> u32 {
        let (is_last, text) = match self.width(body).fixed() {
            Ok(width) => return width,
            Err(Unfit::Varies) => (false, "look-behind requires fixed-width pattern"),
            Err(Unfit::TooFar) => (true, "invalid SRE code"),
        };
        self.late.push(Late {
            order: (is_last, offset, true),
            text: text.to_owned(),
            offset,
        });
        0
    }

    /// Reads `(?(group)yes|no)` behind its condition.
    pub(super) fn conditional(
        &mut self,
        start: usize,
        group: u32,
        flags: Flags,
        depth: u32,
    ) -> Result<Found, Error> {
        let yes = self.branch(flags, depth)?;
        let no = if self.source.accept('|')? {
            let no = self.branch(flags, depth)?;
            if self.source.next_is('|') {
                let text = "conditional backref with more than two branches";
                return Err(self.source.error_here(text));
            }
            no
        } else {
            let at = self.source.tell();
            Box::new(join(Vec::new(), at..at))
        };
        self.close(start)?;
        let kind = Kind::Conditional { group, yes, no };
        let span = start..self.source.tell();
        Ok(whole(Node { kind, span }))
    }

    fn branch(&mut self, flags: Flags, depth: u32) -> Result<Box<Node>, Error> {
        let from = self.source.tell();
        let pieces = self.sequence(flags, depth, false)?;
        Ok(Box::new(join(pieces, from..self.source.tell())))
    }

    /// Reads alternatives and the `)` behind them.
    fn body(&mut self, start: usize, flags: Flags, depth: u32) -> Result<Node, Error> {
        let from = self.source.tell();
        let pieces = self.alternatives(flags, depth)?;
        let body = join(pieces, from..self.source.tell());
        self.close(start)?;
        Ok(body)
    }

    fn close(&mut self, start: usize) -> Result<(), Error> {
        if self.source.accept(')')? {
            return Ok(());
        }
        let text = "missing ), unterminated subpattern";
        Err(self.source.error(text, start))
    }

    fn deeper(&self, start: usize, depth: u32) -> Result<u32, Error> {
        if depth < DEEPEST {
            return Ok(depth + 1);
        }
        // Differs: CPython stops later, with a `RecursionError`
        // (`groups_in_one_another_end_before_cpython_does`).
        let text = format!("more than {DEEPEST} groups in one another");
        Err(self.source.error(&text, start))
    }
}

fn whole(node: Node) -> Found {
    Found::Piece(Piece::One {
        node,
        sort: Sort::Whole,
    })
}
