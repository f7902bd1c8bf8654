//! The pattern, piece by piece: a character, or a backslash with what it escapes.

use crate::Error;

/// A reader that has always looked one piece ahead, as CPython's: a backslash at the very end is
/// found before anything is said about what stands before it.
pub(super) struct Source<'p> {
    pattern: &'p str,
    /// Where the piece after the next one begins.
    behind: usize,
    next: Option<&'p str>,
}

impl<'p> Source<'p> {
    pub(super) fn new(pattern: &'p str) -> Result<Self, Error> {
        let mut source = Self {
            pattern,
            behind: 0,
            next: None,
        };
        source.advance()?;
        Ok(source)
    }

    /// Returns the next piece.
    pub(super) fn next(&self) -> Option<&'p str> {
        self.next
    }

    /// Tells whether the next piece is the one character `char`.
    pub(super) fn next_is(&self, char: char) -> bool {
        self.next.is_some_and(|next| is(next, char))
    }

    /// Returns where the next piece begins.
    pub(super) fn tell(&self) -> usize {
        self.behind - self.next.map_or(0, str::len)
    }

    /// Takes the next piece.
    pub(super) fn get(&mut self) -> Result<Option<&'p str>, Error> {
        let next = self.next;
        self.advance()?;
        Ok(next)
    }

    /// Takes the next piece if it is `char`, and tells whether it was.
    pub(super) fn accept(&mut self, char: char) -> Result<bool, Error> {
        let is_it = self.next_is(char);
        if is_it {
            self.advance()?;
        }
        Ok(is_it)
    }

    /// Goes back to `offset`.
    pub(super) fn seek(&mut self, offset: usize) -> Result<(), Error> {
        self.behind = offset;
        self.advance()
    }

    /// Takes up to `most` characters that are `wanted`.
    pub(super) fn get_while(
        &mut self,
        most: usize,
        wanted: impl Fn(char) -> bool,
    ) -> Result<&'p str, Error> {
        let start = self.tell();
        for _ in 0..most {
            if !self.next.and_then(lone).is_some_and(&wanted) {
                break;
            }
            self.advance()?;
        }
        Ok(self.since(start))
    }

    /// Takes everything up to `end`, which is taken too but not returned; `what` is what it should
    /// have been.
    pub(super) fn get_until(&mut self, end: char, what: &str) -> Result<&'p str, Error> {
        let start = self.tell();
        loop {
            let found = self.since(start);
            match self.get()? {
                None if found.is_empty() => {
                    return Err(self.error(&format!("missing {what}"), start));
                }
                None => {
                    let text = format!("missing {end}, unterminated name");
                    return Err(self.error(&text, start));
                }
                Some(piece) if is(piece, end) && found.is_empty() => {
                    return Err(self.error(&format!("missing {what}"), start));
                }
                Some(piece) if is(piece, end) => return Ok(found),
                Some(_) => {}
            }
        }
    }

    /// Returns where the last `count` characters before the next piece begin.
    pub(super) fn back(&self, count: usize) -> usize {
        let before = self.since(0);
        let rest = before.char_indices().rev().take(count).last();
        rest.map_or(before.len(), |(at, _)| at)
    }

    /// Returns the text from `start` to the next piece.
    pub(super) fn since(&self, start: usize) -> &'p str {
        self.pattern.get(start..self.tell()).unwrap_or_default()
    }

    /// Returns an error at byte `offset`, in CPython's form.
    pub(super) fn error(&self, text: &str, offset: usize) -> Error {
        error_at(self.pattern, text, offset)
    }

    /// Returns an error at the next piece.
    pub(super) fn error_here(&self, text: &str) -> Error {
        self.error(text, self.tell())
    }

    fn advance(&mut self) -> Result<(), Error> {
        let rest = self.pattern.get(self.behind..).unwrap_or_default();
        let mut chars = rest.chars();
        self.next = match chars.next() {
            None => None,
            Some('\\') if chars.next().is_none() => {
                return Err(self.error("bad escape (end of pattern)", self.behind));
            }
            Some(_) => rest.get(..rest.len() - chars.as_str().len()),
        };
        self.behind += self.next.map_or(0, str::len);
        Ok(())
    }
}

/// Returns an error at byte `offset` of `pattern`: CPython counts characters, and adds line and
/// column if there are several lines.
pub(super) fn error_at(pattern: &str, text: &str, offset: usize) -> Error {
    let before = pattern.get(..offset).unwrap_or(pattern);
    let position = before.chars().count();
    let mut text = format!("{text} at position {position}");
    if pattern.contains('\n') {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default();
        let column = column.chars().count() + 1;
        text.push_str(&format!(" (line {line}, column {column})"));
    }
    Error { text, offset }
}

/// Tells whether `piece` is the one character `char`.
pub(super) fn is(piece: &str, char: char) -> bool {
    lone(piece) == Some(char)
}

/// Returns the character that `piece` is, unless it is an escape.
pub(super) fn lone(piece: &str) -> Option<char> {
    let mut chars = piece.chars();
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}
