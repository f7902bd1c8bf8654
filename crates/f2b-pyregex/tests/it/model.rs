//! A simple model of matching: CPython's order of trying, spelled out over the tree.
//!
//! It goes back by returning from calls, remembers nothing, and takes as long as it takes: what is to
//! be right at first sight cannot be fast. CPython confirms it in `cpython.rs`; the matcher is held
//! against it there and in the fuzz target `matcher`.

use std::ops::Range;

use f2b_pyregex::Regex;
use f2b_pyregex::ast::{Assert, Kind, Mode, Node};
use f2b_pyregex::class::is_word;

/// What every group holds, the whole match first; in bytes.
pub(crate) type Found = Vec<Option<Range<usize>>>;

/// The model would take too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// The nodes that one search may enter.
const STEPS_MOST: usize = 300_000;

/// The calls that may be within one another.
const DEEPEST: usize = 400;

/// Where groups begin and end: noted apart, as a group that is entered again has a new begin and, until
/// it is left, the old end.
type Marks = Vec<(Option<usize>, Option<usize>)>;

/// What is matched after a node; tells whether all of it does.
type Next<'n> = &'n mut dyn FnMut(&mut Model<'_>, usize) -> bool;

struct Model<'a> {
    text: &'a str,
    marks: Marks,
    steps: usize,
    depth: usize,
}

/// A loop that is being matched.
#[derive(Clone, Copy)]
struct Loop<'a> {
    body: &'a Node,
    min: u32,
    max: Option<u32>,
    lazy: bool,
    done: u32,
    /// Where the last iteration began that was not owed.
    last: Option<usize>,
}

/// Finds the first match of `regex` in `text`.
pub(crate) fn search(regex: &Regex, text: &str) -> Result<Option<Found>, TooLong> {
    let mut model = Model {
        text,
        marks: Marks::new(),
        steps: 0,
        depth: 0,
    };
    let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    for start in starts {
        model.marks = vec![(None, None); regex.group_count() + 1];
        let root = &regex.ast().root;
        let found = model.matches(root, start, &mut |model, end| {
            model.marks[0] = (Some(start), Some(end));
            true
        });
        if model.is_over() {
            return Err(TooLong);
        }
        if found {
            let held = 0..model.marks.len();
            return Ok(Some(held.map(|group| model.noted(group)).collect()));
        }
    }
    Ok(None)
}

impl Model<'_> {
    fn is_over(&self) -> bool {
        self.steps > STEPS_MOST
    }

    /// Matches `node` at `at` and then what follows. The marks are those of the first way on which all
    /// of it matches, or as they were if there is none.
    fn matches(&mut self, node: &Node, at: usize, next: Next<'_>) -> bool {
        self.steps += 1;
        if self.depth >= DEEPEST {
            self.steps = STEPS_MOST + 1;
        }
        if self.is_over() {
            return false;
        }
        self.depth += 1;
        let matched = self.matches_kind(node, at, next);
        self.depth -= 1;
        matched
    }

    fn matches_kind(&mut self, node: &Node, at: usize, next: Next<'_>) -> bool {
        match &node.kind {
            Kind::Empty => next(self, at),
            Kind::Literal(literal) => match self.after(at) {
                Some(c) if literal.case.same(literal.char, c) => next(self, at + c.len_utf8()),
                _ => false,
            },
            Kind::Class(class) => match self.after(at) {
                Some(c) if class.contains(c) => next(self, at + c.len_utf8()),
                _ => false,
            },
            Kind::Assert(assert) => self.holds(*assert, at) && next(self, at),
            Kind::Group { index, body } => {
                let group = *index as usize;
                let was = self.marks[group];
                self.marks[group].0 = Some(at);
                let matched = self.matches(body, at, &mut |model, end| {
                    let was = model.marks[group];
                    model.marks[group].1 = Some(end);
                    let matched = next(model, end);
                    if !matched {
                        model.marks[group] = was;
                    }
                    matched
                });
                if !matched {
                    self.marks[group] = was;
                }
                matched
            }
            Kind::Concat(parts) => self.row(parts, at, next),
            Kind::Alternate(parts) => parts.iter().any(|part| self.matches(part, at, next)),
            Kind::Repeat {
                body,
                min,
                max,
                mode,
            } => {
                let begun = Loop {
                    body,
                    min: *min,
                    max: *max,
                    lazy: *mode == Mode::Lazy,
                    done: 0,
                    last: None,
                };
                if *mode == Mode::Possessive {
                    self.possessive(begun, at, next)
                } else {
                    self.iterate(begun, at, next)
                }
            }
            Kind::Look {
                back,
                negated,
                body,
            } => {
                let mut before = self.text[..at].char_indices().rev().map(|(at, _)| at);
                let from = match back {
                    None | Some(0) => Some(at),
                    Some(count) => before.nth(*count as usize - 1),
                };
                let was = self.marks.clone();
                let found = from.is_some_and(|from| self.once(body, from).is_some());
                let matched = !self.is_over() && found != *negated;
                if *negated {
                    self.marks.clone_from(&was);
                }
                let matched = matched && next(self, at);
                if !matched {
                    self.marks = was;
                }
                matched
            }
            Kind::Atomic(body) => {
                let was = self.marks.clone();
                let matched = match self.once(body, at) {
                    Some(end) => next(self, end),
                    None => false,
                };
                if !matched {
                    self.marks = was;
                }
                matched
            }
            Kind::BackReference { group, case } => {
                let Some(held) = self.noted(*group as usize) else {
                    return false;
                };
                let mut end = at;
                for wanted in self.text[held].chars() {
                    match self.after(end) {
                        Some(c) if case.same_again(wanted, c) => end += c.len_utf8(),
                        _ => return false,
                    }
                }
                next(self, end)
            }
            Kind::Conditional { group, yes, no } => {
                let branch = match self.noted(*group as usize) {
                    Some(_) => yes,
                    None => no,
                };
                self.matches(branch, at, next)
            }
        }
    }

    fn row(&mut self, parts: &[Node], at: usize, next: Next<'_>) -> bool {
        match parts.split_first() {
            None => next(self, at),
            Some((first, rest)) => {
                self.matches(first, at, &mut |model, at| model.row(rest, at, next))
            }
        }
    }

    /// Matches the iterations that are left, and then what follows.
    fn iterate(&mut self, now: Loop<'_>, at: usize, next: Next<'_>) -> bool {
        let owed = now.done < now.min;
        let again = Loop {
            done: now.done.saturating_add(1),
            last: if owed { now.last } else { Some(at) },
            ..now
        };
        if owed {
            return self.matches(now.body, at, &mut |model, at| {
                model.iterate(again, at, next)
            });
        }
        // Another one only if the last one that was not owed got anywhere.
        let may = now.max.is_none_or(|max| now.done < max) && now.last != Some(at);
        if now.lazy && next(self, at) {
            return true;
        }
        let more = may
            && self.matches(now.body, at, &mut |model, at| {
                model.iterate(again, at, next)
            });
        more || !now.lazy && next(self, at)
    }

    /// Each iteration is left for good, and so is the number of them.
    fn possessive(&mut self, mut now: Loop<'_>, at: usize, next: Next<'_>) -> bool {
        let was = self.marks.clone();
        let mut end = at;
        let mut matched = true;
        while now.max.is_none_or(|max| now.done < max) {
            let owed = now.done < now.min;
            if !owed && now.last == Some(end) {
                break;
            }
            let began = end;
            match self.once(now.body, began) {
                Some(to) => end = to,
                None => {
                    matched = !owed;
                    break;
                }
            }
            now.done = now.done.saturating_add(1);
            now.last = if owed { None } else { Some(began) };
            self.steps += 1;
            if self.is_over() {
                break;
            }
        }
        let matched = matched && !self.is_over() && next(self, end);
        if !matched {
            self.marks = was;
        }
        matched
    }

    /// Matches a body by itself; returns the end of the first way on which it does.
    fn once(&mut self, body: &Node, at: usize) -> Option<usize> {
        let mut end = None;
        self.matches(body, at, &mut |_, at| {
            end = Some(at);
            true
        });
        end
    }

    fn after(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    /// What a group holds.
    fn noted(&self, group: usize) -> Option<Range<usize>> {
        let (start, end) = self.marks[group];
        let held = start?..end?;
        (held.start <= held.end).then_some(held)
    }

    fn holds(&self, assert: Assert, at: usize) -> bool {
        let after = self.after(at);
        let is_boundary = |ascii| {
            let word = |c: Option<char>| c.is_some_and(|c| is_word(c, ascii));
            word(self.before(at)) != word(after)
        };
        match assert {
            Assert::TextStart => at == 0,
            Assert::LineStart => self.before(at).is_none_or(|c| c == '\n'),
            Assert::TextEnd => after.is_none(),
            Assert::TextEndOrFinalNewline => matches!(&self.text[at..], "" | "\n"),
            Assert::LineEnd => after.is_none_or(|c| c == '\n'),
            Assert::WordBoundary { ascii } => is_boundary(ascii),
            Assert::NotWordBoundary { ascii } => !self.text.is_empty() && !is_boundary(ascii),
        }
    }
}
