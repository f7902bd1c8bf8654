//! From text to tree.
//!
//! It goes the way of CPython's parser (`Lib/re/_parser.py`), step by step, since the order of the
//! steps decides which mistake is told and where. What CPython finds only while it compiles the
//! tree (a look-behind without one width) is remembered and told at the end.

use std::collections::HashMap;

use crate::Error;
use crate::ast::{Ast, Flags, Group, Node};

mod alternatives;
mod class;
mod escape;
mod extension;
mod group;
mod letters;
mod piece;
mod python;
mod repeat;
mod sequence;
mod source;
#[cfg(test)]
mod tests;
mod width;

use letters::Letters;
use piece::join;
use source::Source;
use width::Width;

/// The most groups in one another. CPython gives up at some hundred, depending on who calls it.
const DEEPEST: u32 = 250;

/// Parses `pattern` as `re.compile(pattern, flags)` does.
pub(crate) fn parse(pattern: &str, flags: Flags) -> Result<Ast, Error> {
    let mut parser = Parser {
        source: Source::new(pattern)?,
        letters: Letters {
            flags,
            ..Letters::default()
        },
        groups: Vec::new(),
        names: HashMap::new(),
        in_look_behind: None,
        numbers: Vec::new(),
        late: Vec::new(),
    };
    let pieces = parser.alternatives(flags, 0)?;
    parser.finish(join(pieces, 0..pattern.len()))
}

/// What is known while the pattern is read.
struct Parser<'p> {
    source: Source<'p>,
    /// The flags of the whole pattern, so far.
    letters: Letters,
    /// Every group that was opened.
    groups: Vec<Opened<'p>>,
    names: HashMap<&'p str, u32>,
    /// Inside of a look-behind: the first group that stands in it.
    in_look_behind: Option<u32>,
    /// The numbers that conditionals named, with the place of each number's first mention. A group
    /// may follow later.
    numbers: Vec<(u32, usize)>,
    /// Mistakes that CPython finds only after parsing.
    late: Vec<Late>,
}

/// A group of which the opening parenthesis was seen.
struct Opened<'p> {
    name: Option<&'p str>,
    span: std::ops::Range<usize>,
    /// How wide it is; known once it is closed.
    width: Option<Width>,
}

/// A mistake that CPython finds only after parsing.
struct Late {
    /// When it is found: while compiling, from left to right and the outer before the inner; or after.
    order: (bool, usize, bool),
    text: String,
    offset: usize,
}

impl Parser<'_> {
    /// Checks what can be checked at the end only.
    fn finish(mut self, root: Node) -> Result<Ast, Error> {
        if self.letters.flags.ascii && self.letters.unicode {
            return Err(Error {
                text: "ASCII and UNICODE flags are incompatible".to_owned(),
                offset: 0,
            });
        }
        if self.source.next().is_some() {
            return Err(self.source.error_here("unbalanced parenthesis"));
        }
        let known = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        if let Some((number, offset)) = self.numbers.iter().find(|(number, _)| *number > known) {
            let text = format!("invalid group reference {number}");
            return Err(self.source.error(&text, *offset));
        }
        if let Some(first) = self.late.drain(..).min_by_key(|late| late.order) {
            return Err(Error {
                text: first.text,
                offset: first.offset,
            });
        }
        let groups = self.groups.into_iter().map(|opened| Group {
            name: opened.name.map(Box::from),
            span: opened.span,
        });
        Ok(Ast {
            root,
            groups: groups.collect(),
            flags: self.letters.flags,
        })
    }
}
