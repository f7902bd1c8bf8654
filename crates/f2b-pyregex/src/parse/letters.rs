//! The letters of flags: `(?ims)`, `(?i-m:…)`.

use super::Parser;
use super::source::lone;
use crate::ast::Flags;
use crate::{Error, unicode};

/// What letters can say. `L` is for byte patterns and refused.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) flags: Flags,
    /// `u`: the opposite of `a`, and what holds without either.
    pub(super) unicode: bool,
    /// `t`: forgotten by everybody; CPython takes no quantifier with it.
    pub(super) template: bool,
}

/// What stands in a group's head.
pub(super) enum Setting {
    /// `(?i)`: for the whole pattern.
    Global,
    /// `(?i-m:`: for what is in the group.
    Scoped {
        /// Those turned on.
        on: Letters,
        /// Those turned off.
        off: Letters,
    },
}

impl Letters {
    /// Adds one letter; `None` if it is no flag.
    fn set(&mut self, letter: char) -> Option<()> {
        let flag = match letter {
            'i' => &mut self.flags.ignore_case,
            'm' => &mut self.flags.multiline,
            's' => &mut self.flags.dot_all,
            'x' => &mut self.flags.verbose,
            'a' => &mut self.flags.ascii,
            'u' => &mut self.unicode,
            't' => &mut self.template,
            _ => return None,
        };
        *flag = true;
        Some(())
    }

    /// Turns on what `other` has on.
    fn add(&mut self, other: Self) {
        self.flags.ignore_case |= other.flags.ignore_case;
        self.flags.multiline |= other.flags.multiline;
        self.flags.dot_all |= other.flags.dot_all;
        self.flags.verbose |= other.flags.verbose;
        self.flags.ascii |= other.flags.ascii;
        self.unicode |= other.unicode;
        self.template |= other.template;
    }

    fn shares_any_with(self, other: Self) -> bool {
        let (one, two) = (self.flags, other.flags);
        one.ignore_case && two.ignore_case
            || one.multiline && two.multiline
            || one.dot_all && two.dot_all
            || one.verbose && two.verbose
    }
}

/// Returns `flags` as they are inside of a scope.
pub(super) fn scoped(flags: Flags, on: Letters, off: Letters) -> Flags {
    let (add, remove) = (on.flags, off.flags);
    Flags {
        ignore_case: (flags.ignore_case || add.ignore_case) && !remove.ignore_case,
        multiline: (flags.multiline || add.multiline) && !remove.multiline,
        dot_all: (flags.dot_all || add.dot_all) && !remove.dot_all,
        verbose: (flags.verbose || add.verbose) && !remove.verbose,
        ascii: (flags.ascii && !on.unicode) || add.ascii,
    }
}

/// Tells whether `piece` is a flag or the sign that turns flags off.
pub(super) fn begins_flags(piece: &str) -> bool {
    lone(piece).is_some_and(|char| char == '-' || is_flag(char))
}

fn is_flag(char: char) -> bool {
    "iLmsxatu".contains(char)
}

impl Parser<'_> {
    /// Reads flags up to the `)` or `:` behind them; `first` was taken.
    pub(super) fn setting(&mut self, first: &str) -> Result<Setting, Error> {
        let mut on = Letters::default();
        let mut off = Letters::default();
        let mut char = lone(first).unwrap_or('-');
        if char != '-' {
            loop {
                self.turn_on(&mut on, char)?;
                char = self.flag_or(":)-", "missing -, : or )", "missing -, : or )")?;
                if !is_flag(char) {
                    break;
                }
            }
        }
        if char == ')' {
            self.letters.add(on);
            return Ok(Setting::Global);
        }
        if on.template {
            return Err(self.before("bad inline flags: cannot turn on global flag"));
        }
        if char == '-' {
            char = self.flag_or("", "missing flag", "missing flag")?;
            while char != ':' {
                if matches!(char, 'a' | 'u' | 'L') {
                    let text = "bad inline flags: cannot turn off flags 'a', 'u' and 'L'";
                    return Err(self.source.error_here(text));
                }
                // Every letter that is no flag was refused.
                let _ = off.set(char);
                char = self.flag_or(":", "missing :", "missing :")?;
            }
        }
        if off.template {
            return Err(self.before("bad inline flags: cannot turn off global flag"));
        }
        if on.shares_any_with(off) {
            return Err(self.before("bad inline flags: flag turned on and off"));
        }
        Ok(Setting::Scoped { on, off })
    }

    fn turn_on(&self, on: &mut Letters, char: char) -> Result<(), Error> {
        if on.set(char).is_none() {
            let text = "bad inline flags: cannot use 'L' flag with a str pattern";
            return Err(self.source.error_here(text));
        }
        if matches!(char, 'a' | 'u') && on.flags.ascii && on.unicode {
            let text = "bad inline flags: flags 'a', 'u' and 'L' are incompatible";
            return Err(self.source.error_here(text));
        }
        Ok(())
    }

    /// Takes a flag or one of `ends`.
    fn flag_or(&mut self, ends: &str, at_end: &str, otherwise: &str) -> Result<char, Error> {
        let start = self.source.tell();
        let Some(piece) = self.source.get()? else {
            return Err(self.source.error_here(at_end));
        };
        match lone(piece) {
            Some(char) if is_flag(char) || ends.contains(char) => Ok(char),
            Some(char) if unicode::is_letter(char) => Err(self.source.error("unknown flag", start)),
            _ => Err(self.source.error(otherwise, start)),
        }
    }

    /// Returns an error at the character that was taken last.
    fn before(&self, text: &str) -> Error {
        self.source.error(text, self.source.tell() - 1)
    }
}
