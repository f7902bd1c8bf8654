//! A pattern as a tree.
//!
//! Flags are resolved while parsing: a node says by itself whether it ignores case, whether its
//! classes are Unicode's, whether `.` takes a newline. Nothing later needs to know where in the
//! pattern a flag was set.

use std::ops::Range;

use crate::class::Class;

/// A parsed pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ast {
    /// What the whole pattern is.
    pub root: Node,
    /// The capture groups; the first one is group 1.
    pub groups: Vec<Group>,
    /// The pattern's own flags: those given beside it and those at its begin.
    pub flags: Flags,
}

/// A capture group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, if it has one.
    pub name: Option<Box<str>>,
    /// Where it stands in the pattern, parentheses included, in bytes.
    pub span: Range<usize>,
}

/// Python's flags, as far as a text pattern can have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `i`: letters match in either case.
    pub ignore_case: bool,
    /// `m`: `^` and `$` match at every line.
    pub multiline: bool,
    /// `s`: `.` takes a newline.
    pub dot_all: bool,
    /// `x`: blanks and comments in the pattern count for nothing.
    pub verbose: bool,
    /// `a`: `\w \d \s \b` and case know ASCII only.
    pub ascii: bool,
}

/// A piece of a pattern and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the pattern, in bytes.
    pub span: Range<usize>,
}

/// What a piece of a pattern is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing; always matches.
    Empty,
    /// One character, or several if case is ignored. Two or more literal characters in a row are
    /// as many nodes in a [`Kind::Concat`].
    Literal(Literal),
    /// One character of a class: `[…]`, `\d`, and `.`.
    Class(Class),
    /// A place, of no width.
    Assert(Assert),
    /// A capture group.
    Group {
        /// Its number, from 1.
        index: u32,
        /// What it captures.
        body: Box<Node>,
    },
    /// One after the other; two or more.
    Concat(Vec<Node>),
    /// The first that leads to a match; two or more.
    Alternate(Vec<Node>),
    /// Again and again.
    Repeat {
        /// What is repeated.
        body: Box<Node>,
        /// The least number of times.
        min: u32,
        /// The greatest number of times; `None` is without end.
        max: Option<u32>,
        /// Which number is tried first, and whether another is.
        mode: Mode,
    },
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`.
    Look {
        /// The number of characters that it goes back before it looks; 0 for a look ahead.
        /// Python allows bodies of one width only.
        back: Option<u32>,
        /// Whether the body must not match.
        negated: bool,
        /// What is looked for.
        body: Box<Node>,
    },
    /// `(?>…)`: once left, never tried again in another way.
    Atomic(Box<Node>),
    /// `(?P=name)`, `\1`: the text of a group once more. Fails if the group has none.
    BackReference {
        /// The group.
        group: u32,
        /// How characters are compared.
        case: Case,
    },
    /// `(?(group)yes|no)`.
    Conditional {
        /// The group that must have a text for `yes`.
        group: u32,
        /// What has to match then.
        yes: Box<Node>,
        /// What has to match otherwise.
        no: Box<Node>,
    },
}

/// How case counts where a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Case {
    /// As written.
    Exact,
    /// ASCII letters in either case (`(?ai)`).
    IgnoreAscii,
    /// Letters in either case, as Python's Unicode tables pair them.
    Ignore,
}

/// A character of the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The character as it is written.
    pub char: char,
    /// Whether other cases of it match too.
    pub case: Case,
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assert {
    /// `\A`, and `^` without `m`.
    TextStart,
    /// `^` with `m`: after a newline too.
    LineStart,
    /// `\Z`.
    TextEnd,
    /// `$` without `m`: the end, or before a newline that ends the text.
    TextEndOrFinalNewline,
    /// `$` with `m`: the end, or before any newline.
    LineEnd,
    /// `\b`: word on one side only.
    WordBoundary {
        /// Whether words are ASCII's only.
        ascii: bool,
    },
    /// `\B`. As CPython 3.11: never matches in an empty text.
    NotWordBoundary {
        /// Whether words are ASCII's only.
        ascii: bool,
    },
}

/// Which number of repetitions is tried first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `*`: as many as possible first.
    Greedy,
    /// `*?`: as few as possible first.
    Lazy,
    /// `*+`: as many as possible and no other number.
    Possessive,
}

impl Node {
    /// Returns the pieces that this one is made of, in their order.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        let (list, first, second): (&[Self], Option<&Self>, Option<&Self>) = match &self.kind {
            Kind::Empty
            | Kind::Literal(_)
            | Kind::Class(_)
            | Kind::Assert(_)
            | Kind::BackReference { .. } => (&[], None, None),
            Kind::Group { body, .. }
            | Kind::Repeat { body, .. }
            | Kind::Look { body, .. }
            | Kind::Atomic(body) => (&[], Some(body), None),
            Kind::Concat(parts) | Kind::Alternate(parts) => (parts, None, None),
            Kind::Conditional { yes, no, .. } => (&[], Some(yes), Some(no)),
        };
        list.iter().chain(first).chain(second)
    }

    /// Returns whether it can match without consuming anything.
    #[must_use]
    pub fn can_be_empty(&self) -> bool {
        match &self.kind {
            Kind::Literal(_) | Kind::Class(_) => false,
            Kind::Empty | Kind::Assert(_) | Kind::Look { .. } | Kind::BackReference { .. } => true,
            Kind::Group { body, .. } | Kind::Atomic(body) => body.can_be_empty(),
            Kind::Concat(parts) => parts.iter().all(Self::can_be_empty),
            Kind::Alternate(parts) => parts.iter().any(Self::can_be_empty),
            Kind::Repeat { body, min, .. } => *min == 0 || body.can_be_empty(),
            Kind::Conditional { yes, no, .. } => yes.can_be_empty() || no.can_be_empty(),
        }
    }
}
