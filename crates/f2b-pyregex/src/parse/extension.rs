//! `(?…`: what the characters behind the question mark say.

use super::Parser;
use super::escape::reference;
use super::group::Found;
use super::letters::begins_flags;
use super::python::{repr, unsigned};
use super::source::{is, lone};
use crate::ast::Flags;
use crate::{Error, unicode};

/// The number that no group can have.
const TOO_MANY_GROUPS: u32 = 0x3fff_ffff;

impl<'p> Parser<'p> {
    /// Reads what begins with `(?`, at `start`, which was taken.
    pub(super) fn extension(
        &mut self,
        start: usize,
        flags: Flags,
        depth: u32,
    ) -> Result<Found, Error> {
        let piece = self.extension_piece()?;
        match lone(piece) {
            Some('P') => self.python_extension(start, flags, depth),
            Some(':') => self.loose(start, flags, depth),
            Some('#') => self.comment(start),
            Some('=') => self.look(start, (false, false), flags, depth),
            Some('!') => self.look(start, (false, true), flags, depth),
            Some('<') => {
                let piece = self.extension_piece()?;
                match lone(piece) {
                    Some('=') => self.look(start, (true, false), flags, depth),
                    Some('!') => self.look(start, (true, true), flags, depth),
                    _ => Err(self.unknown(start)),
                }
            }
            Some('(') => {
                let group = self.condition()?;
                self.conditional(start, group, flags, depth)
            }
            Some('>') => self.atomic(start, flags, depth),
            _ if begins_flags(piece) => self.flagged(start, piece, flags, depth),
            _ => Err(self.unknown(start)),
        }
    }

    fn extension_piece(&mut self) -> Result<&'p str, Error> {
        match self.source.get()? {
            Some(piece) => Ok(piece),
            None => Err(self.source.error_here("unexpected end of pattern")),
        }
    }

    fn unknown(&self, start: usize) -> Error {
        let text = format!("unknown extension {}", self.source.since(start + 1));
        self.source.error(&text, start + 1)
    }

    fn comment(&mut self, start: usize) -> Result<Found, Error> {
        while let Some(piece) = self.source.get()? {
            if is(piece, ')') {
                return Ok(Found::Comment);
            }
        }
        let text = "missing ), unterminated comment";
        Err(self.source.error(text, start))
    }

    /// Reads `(?P<name>…)` or `(?P=name)`.
    fn python_extension(&mut self, start: usize, flags: Flags, depth: u32) -> Result<Found, Error> {
        if self.source.accept('<')? {
            let from = self.source.tell();
            let name = self.source.get_until('>', "group name")?;
            self.check_name(name, from)?;
            return self.capture(start, Some(name), flags, depth);
        }
        if self.source.accept('=')? {
            let from = self.source.tell();
            let name = self.source.get_until(')', "group name")?;
            self.check_name(name, from)?;
            let group = self.named_group(name, from)?;
            if self.group_width(group).is_none() {
                let text = "cannot refer to an open group";
                return Err(self.source.error(text, from));
            }
            self.check_in_look_behind(group)?;
            let span = start..self.source.tell();
            return Ok(Found::Piece(reference(group, flags, span)));
        }
        self.extension_piece()?;
        Err(self.unknown(start))
    }

    fn check_name(&self, name: &str, from: usize) -> Result<(), Error> {
        if unicode::is_name(name) {
            return Ok(());
        }
        Err(self.bad_name(name, from))
    }

    fn bad_name(&self, name: &str, from: usize) -> Error {
        let text = format!("bad character in group name {}", repr(name));
        self.source.error(&text, from)
    }

    fn named_group(&self, name: &str, from: usize) -> Result<u32, Error> {
        self.names.get(name).copied().ok_or_else(|| {
            let text = format!("unknown group name {}", repr(name));
            self.source.error(&text, from)
        })
    }

    /// Reads the condition of `(?(group)…)` and returns its group.
    fn condition(&mut self) -> Result<u32, Error> {
        let from = self.source.tell();
        let name = self.source.get_until(')', "group name")?;
        let group = if unicode::is_name(name) {
            self.named_group(name, from)?
        } else {
            self.numbered_group(name, from)?
        };
        self.check_in_look_behind(group)?;
        Ok(group)
    }

    /// Returns the group that a condition names by number. It may follow later.
    fn numbered_group(&mut self, name: &str, from: usize) -> Result<u32, Error> {
        let Some(digits) = unsigned(name) else {
            return Err(self.bad_name(name, from));
        };
        match digits.parse() {
            Ok(0) => Err(self.source.error("bad group number", from)),
            Ok(group) if group < TOO_MANY_GROUPS => {
                if self.numbers.iter().all(|(known, _)| *known != group) {
                    self.numbers.push((group, from));
                }
                Ok(group)
            }
            _ => {
                let text = format!("invalid group reference {digits}");
                Err(self.source.error(&text, from))
            }
        }
    }

    /// Tells whether the group was opened before.
    pub(super) fn is_opened(&self, group: u32) -> bool {
        usize::try_from(group).is_ok_and(|group| group <= self.groups.len())
    }

    /// Checks that a look-behind, if we are in one, may refer to `group`.
    pub(super) fn check_in_look_behind(&self, group: u32) -> Result<(), Error> {
        let Some(first_inside) = self.in_look_behind else {
            return Ok(());
        };
        let text = if self.group_width(group).is_none() {
            "cannot refer to an open group"
        } else if group >= first_inside {
            "cannot refer to group defined in the same lookbehind subpattern"
        } else {
            return Ok(());
        };
        Err(self.source.error_here(text))
    }
}
