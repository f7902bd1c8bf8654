//! A compiled pattern.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Input, MatchKind, meta};

use crate::ast::{Ast, Flags, Node};
use crate::matcher::{self, Memory, NOWHERE};
use crate::program::{self, Program};
use crate::{Error, OverBudget, hir, parse, presence};

/// A compiled pattern.
///
/// *Cost*: parsing is done at once, the rest with the first search.
#[derive(Debug)]
pub struct Regex {
    pattern: Box<str>,
    ast: Ast,
    program: OnceLock<Program>,
    /// Tells whether there is a match in a plain line.
    automaton: OnceLock<Option<meta::Regex>>,
}

/// How the work of a pattern grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// With the length of the text: an automaton tells whether CPython finds a match.
    Regular,
    /// With the length of the text: our own matcher remembers every failure.
    Bounded,
    /// Unknown; matching stops after a number of steps.
    Budgeted,
}

/// The memory of a search, kept from one to the next.
#[derive(Debug)]
pub struct Scratch {
    memory: Memory,
    /// Room for the next [`Groups`].
    spare: Vec<usize>,
    /// The length from which on texts are given to an automaton first.
    automaton_from: usize,
    /// Whether our own matcher remembers failures from the begin on.
    remembers: bool,
}

/// A match: where it is and what its groups hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Two for each group; one that took no part has [`NOWHERE`].
    slots: Vec<usize>,
}

/// The length from which on an automaton first tells whether there is a match, in bytes. On a line of usual
/// length its start costs more than our own matcher does at all; on a long one it costs little for each byte,
/// whatever an attacker wrote there.
///
/// Groups are our own matcher's work, always: automata that find them keep a thread for each place of the
/// pattern, and were measured at 12,000 instructions a byte where it makes 40 steps.
const LONG: usize = 600;

/// The memory that one automaton may take, in bytes.
const AUTOMATON_MOST: usize = 4 << 20;

impl Regex {
    /// Compiles `pattern` as `re.compile(pattern)` does.
    ///
    /// # Errors
    /// [`Error`] where CPython refuses the pattern, in its words.
    pub fn new(pattern: &str) -> Result<Self, Error> {
        Self::with_flags(pattern, Flags::default())
    }

    /// Compiles `pattern` as `re.compile(pattern, flags)` does.
    ///
    /// # Errors
    /// [`Error`] where CPython refuses the pattern, in its words.
    pub fn with_flags(pattern: &str, flags: Flags) -> Result<Self, Error> {
        Ok(Self {
            pattern: pattern.into(),
            ast: parse::parse(pattern, flags)?,
            program: OnceLock::new(),
            automaton: OnceLock::new(),
        })
    }

    /// Returns the pattern as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Returns the pattern as a tree.
    #[must_use]
    pub fn ast(&self) -> &Ast {
        &self.ast
    }

    /// Returns how the work of this pattern grows.
    #[must_use]
    pub fn nature(&self) -> Nature {
        if self.automaton().is_some() {
            Nature::Regular
        } else if self.program().bounded {
            Nature::Bounded
        } else {
            Nature::Budgeted
        }
    }

    /// Returns the number of groups, without the whole match.
    #[must_use]
    pub fn group_count(&self) -> usize {
        self.ast.groups.len()
    }

    /// Returns the named groups and their numbers, in the order of the pattern.
    pub fn group_names(&self) -> impl Iterator<Item = (&str, usize)> {
        let numbered = self.ast.groups.iter().zip(1..);
        numbered.filter_map(|(group, index)| Some((group.name.as_deref()?, index)))
    }

    /// Returns the number of the group named `name`.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<usize> {
        self.group_names()
            .find(|(known, _)| *known == name)
            .map(|(_, index)| index)
    }

    /// Finds the first match, as `regex.search(text)` does.
    ///
    /// # Errors
    /// [`OverBudget`] if it is not known whether there is one.
    pub fn search(&self, text: &str, scratch: &mut Scratch) -> Result<Option<Groups>, OverBudget> {
        self.search_in(text, 0..text.len(), scratch)
    }

    /// Finds the first match that begins in `range`, as `regex.search(text, pos, endpos)` does: the
    /// text ends where the range does, but still begins at 0. `range` is in bytes, on the borders of
    /// characters; one beyond the text is cut, and nothing is found in one that is not on borders.
    ///
    /// # Errors
    /// [`OverBudget`] if it is not known whether there is one.
    pub fn search_in(
        &self,
        text: &str,
        range: Range<usize>,
        scratch: &mut Scratch,
    ) -> Result<Option<Groups>, OverBudget> {
        let Some(text) = text.get(..range.end.min(text.len())) else {
            return Ok(None);
        };
        if !text.is_char_boundary(range.start) {
            return Ok(None);
        }
        if text.len() >= scratch.automaton_from && self.is_present(text, range.start) == Some(false)
        {
            return Ok(None);
        }
        let program = self.program();
        let memory = &mut scratch.memory;
        if !matcher::search(program, text, range.start, memory, scratch.remembers)? {
            return Ok(None);
        }
        let mut slots = std::mem::take(&mut scratch.spare);
        slots.clear();
        slots.extend(scratch.memory.slots.iter().take(program.slots));
        Ok(Some(Groups { slots }))
    }

    /// Tells whether there is a match in `text`: what [`Self::search`] tells, without the groups.
    ///
    /// # Errors
    /// [`OverBudget`] if it is not known whether there is one.
    pub fn is_match(&self, text: &str, scratch: &mut Scratch) -> Result<bool, OverBudget> {
        // Where the groups do not matter, the automaton is the faster one however short the text is.
        if scratch.automaton_from < usize::MAX
            && let Some(is_present) = self.is_present(text, 0)
        {
            return Ok(is_present);
        }
        self.search(text, scratch).map(|found| found.is_some())
    }

    /// Whether there is a match that begins at `start` or after; `None` if no automaton can tell.
    fn is_present(&self, text: &str, start: usize) -> Option<bool> {
        if !is_plain_line(text.as_bytes()) {
            return None;
        }
        let automaton = self.automaton()?;
        Some(automaton.is_match(Input::new(text).range(start..)))
    }

    fn program(&self) -> &Program {
        self.program.get_or_init(|| program::compile(&self.ast))
    }

    fn automaton(&self) -> Option<&meta::Regex> {
        let built = self.automaton.get_or_init(|| {
            let root = &self.ast.root;
            let shortened = presence::shortened(root);
            automaton_of(shortened.as_ref().unwrap_or(root))
        });
        built.as_ref()
    }
}

fn automaton_of(root: &Node) -> Option<meta::Regex> {
    let hir = hir::exact(root)?;
    let config = meta::Config::new()
        .match_kind(MatchKind::LeftmostFirst)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(AUTOMATON_MOST))
        .hybrid_cache_capacity(AUTOMATON_MOST);
    // One that grows too large is left to our own matcher.
    meta::Builder::new()
        .configure(config)
        .build_from_hir(&hir)
        .ok()
}

/// Whether `text` is one line in ASCII, with or without its newline, and not empty: what the exact
/// automaton is made for.
fn is_plain_line(text: &[u8]) -> bool {
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    // Without an early end the compiler looks at many bytes at once, and nearly every line is plain.
    let is_plain = |all: bool, byte: &u8| all & byte.is_ascii() & (*byte != b'\n');
    !text.is_empty() && line.iter().fold(true, is_plain)
}

impl Groups {
    /// Returns where the match is, in bytes.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.get(0).unwrap_or_default()
    }

    /// Returns where group `index` is, in bytes; `None` if it took no part in the match. Group 0 is
    /// the whole match.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Range<usize>> {
        let at = index.checked_mul(2)?;
        let (start, end) = (*self.slots.get(at)?, *self.slots.get(at + 1)?);
        (start != NOWHERE && end != NOWHERE).then_some(start..end)
    }
}

impl Scratch {
    /// Returns a memory with which every search is made by our own matcher, never by an automaton: to
    /// compare the two, and to count steps.
    #[must_use]
    pub fn own_matcher_only() -> Self {
        Self::automaton_from(usize::MAX)
    }

    /// Returns a memory with which every search is made by our own matcher as one that takes long: with
    /// failures remembered, where they can be. To compare the two, and to count steps.
    #[must_use]
    pub fn remembering() -> Self {
        Self {
            remembers: true,
            ..Self::own_matcher_only()
        }
    }

    /// Returns a memory with which an automaton is asked first wherever there is one: to compare the two.
    #[must_use]
    pub fn automaton_first() -> Self {
        Self::automaton_from(0)
    }

    fn automaton_from(length: usize) -> Self {
        Self {
            memory: Memory::default(),
            spare: Vec::new(),
            automaton_from: length,
            remembers: false,
        }
    }

    /// Takes groups that nobody needs any more: the next match then needs no memory of its own.
    pub fn take_back(&mut self, groups: Groups) {
        self.spare = groups.slots;
    }

    /// Returns the number of steps that our own matcher made in the last search that it did.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.memory.steps
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::automaton_from(LONG)
    }
}
