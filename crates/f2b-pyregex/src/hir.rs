//! Patterns as `regex-automata` takes them.
//!
//! [`exact`] gives an automaton that matches where CPython does and nowhere else, or nothing: for texts in
//! ASCII whose only newline, if any, is the last character. [`superset`] gives one that matches wherever the
//! pattern does, in any text, and perhaps elsewhere.

use regex_syntax::hir::{Class as HirClass, ClassBytes, ClassBytesRange, Hir, Look, Repetition};

use crate::ast::{Assert, Case, Kind, Literal, Mode, Node};
use crate::class::{Class, Item};

/// The tree of a pattern that an automaton matches where CPython does; `None` if that is not certain.
pub(crate) fn exact(node: &Node) -> Option<Hir> {
    exact_after(node, &Before::Anything)
}

/// What is known of the character before a place.
#[derive(Clone)]
enum Before {
    Anything,
    /// It is one of these.
    Ascii(u128),
}

fn exact_after(node: &Node, before: &Before) -> Option<Hir> {
    Some(match &node.kind {
        Kind::Empty => Hir::empty(),
        Kind::Literal(literal) => match literal {
            Literal {
                char,
                case: Case::Exact,
            } if char.is_ascii() => {
                let mut bytes = [0; 4];
                Hir::literal(char.encode_utf8(&mut bytes).as_bytes())
            }
            literal => set(ascii_of(&class_of(*literal))),
        },
        Kind::Class(class) => set(ascii_of(class)),
        Kind::Assert(assert) => Hir::look(match assert {
            Assert::TextStart => Look::Start,
            Assert::LineStart => Look::StartLF,
            Assert::TextEnd => Look::End,
            // The only newline is the last character.
            Assert::TextEndOrFinalNewline | Assert::LineEnd => Look::EndLF,
            Assert::WordBoundary { .. } => Look::WordAscii,
            Assert::NotWordBoundary { .. } => Look::WordAsciiNegate,
        }),
        Kind::Group { body, .. } => exact_after(body, before)?,
        Kind::Concat(parts) => {
            let mut before = before.clone();
            let mut all = Vec::with_capacity(parts.len());
            for part in parts {
                all.push(exact_after(part, &before)?);
                before = match last(part) {
                    Some(set) => Before::Ascii(set),
                    None if is_nothing(part) => before,
                    None => Before::Anything,
                };
            }
            Hir::concat(all)
        }
        Kind::Alternate(parts) => {
            let all: Option<Vec<_>> = parts.iter().map(|part| exact_after(part, before)).collect();
            Hir::alternation(all?)
        }
        Kind::Repeat {
            body,
            min,
            max,
            mode,
        } => {
            // What a loop that matched nothing leaves in the groups, and where it stops, differs.
            let once = *max == Some(1);
            if *mode == Mode::Possessive || (!once && body.can_be_empty()) {
                return None;
            }
            Hir::repetition(Repetition {
                min: *min,
                max: *max,
                greedy: *mode == Mode::Greedy,
                sub: Box::new(exact_after(body, &Before::Anything)?),
            })
        }
        Kind::Look {
            back: Some(1),
            negated: false,
            body,
        } => {
            // `(?<=:)` after what always ends with a colon says nothing.
            let (Before::Ascii(before), Some(wanted)) = (before, single(body)) else {
                return None;
            };
            if before & !wanted != 0 {
                return None;
            }
            Hir::empty()
        }
        Kind::Look { .. }
        | Kind::Atomic(_)
        | Kind::BackReference { .. }
        | Kind::Conditional { .. } => return None,
    })
}

/// Whether `node` never consumes anything.
fn is_nothing(node: &Node) -> bool {
    matches!(node.kind, Kind::Empty | Kind::Assert(_) | Kind::Look { .. })
}

/// The ASCII characters that `node` can end with; `None` if it can be empty or is not looked into.
fn last(node: &Node) -> Option<u128> {
    match &node.kind {
        Kind::Literal(_) | Kind::Class(_) => single(node),
        Kind::Group { body, .. } | Kind::Atomic(body) => last(body),
        Kind::Concat(parts) => parts.last().and_then(last),
        Kind::Alternate(parts) => parts
            .iter()
            .try_fold(0, |all, part| Some(all | last(part)?)),
        // `x?:` written as `:{1,2}` and such: the last iteration ends it.
        Kind::Repeat { body, min, .. } if *min > 0 => last(body),
        // `::?`: what is optional ends with the same as what it follows, or does not matter.
        _ => None,
    }
    .or_else(|| last_optional(node))
}

/// `ab?`: the last characters of `b`, or those of `a`.
fn last_optional(node: &Node) -> Option<u128> {
    let Kind::Concat(parts) = &node.kind else {
        return None;
    };
    let mut all = 0;
    for part in parts.iter().rev() {
        match &part.kind {
            Kind::Repeat { body, min: 0, .. } => all |= last(body)?,
            _ => return Some(all | last(part)?),
        }
    }
    None
}

fn single(node: &Node) -> Option<u128> {
    match &node.kind {
        Kind::Literal(literal) => Some(ascii_of(&class_of(*literal))),
        Kind::Class(class) => Some(ascii_of(class)),
        _ => None,
    }
}

fn class_of(literal: Literal) -> Class {
    Class {
        items: vec![Item::Range(literal.char, literal.char)],
        negated: false,
        case: literal.case,
    }
}

pub(crate) fn ascii_of(class: &Class) -> u128 {
    class.ascii().bits()
}

fn set(ascii: u128) -> Hir {
    Hir::class(HirClass::Bytes(bytes_of(ascii)))
}

fn bytes_of(ascii: u128) -> ClassBytes {
    let members = (0..128_u8).filter(|byte| ascii >> byte & 1 == 1);
    ClassBytes::new(members.map(|byte| ClassBytesRange::new(byte, byte)))
}

/// The most pieces of a group that a superset copies where a back-reference stands.
const COPIED_MOST: usize = 60;

/// The greatest repeat count that a superset keeps; beyond it only that there are so many.
const COUNT_MOST: u32 = 40;

/// What a superset is made for.
pub(crate) struct Superset<'a> {
    /// The whole pattern; back-references find their groups there.
    root: &'a Node,
    /// The pattern is searched within a part of the text: the begin and end of what it sees are not
    /// those of the text.
    inner: bool,
    /// What stands in the place of a group.
    replaced: Option<(u32, Hir)>,
    /// What follows that group does not matter.
    ends_there: bool,
    /// It is what a group holds, once more: elsewhere, so that no place in it says anything; and
    /// back-references in it are not followed, or there would be no end of copies.
    copied: bool,
}

impl<'a> Superset<'a> {
    pub(crate) fn of(root: &'a Node) -> Self {
        Self {
            root,
            inner: false,
            replaced: None,
            ends_there: false,
            copied: false,
        }
    }

    /// What matches wherever `inner` does in what the group `group` of `root` holds.
    ///
    /// With `is_begin` that is the begin of a pattern only: what follows it does not matter, nor what
    /// follows the group, which has to be [on the way](is_on_the_way).
    pub(crate) fn within(root: &'a Node, group: u32, inner: &Node, is_begin: bool) -> Self {
        let rule = Superset {
            root: inner,
            inner: true,
            replaced: None,
            ends_there: false,
            copied: false,
        };
        let before = if starts_at_begin(inner) {
            Hir::empty()
        } else {
            any_text()
        };
        let after = if is_begin {
            Hir::empty()
        } else if stops_at_end(inner) {
            optional(Hir::literal(*b"\n"))
        } else {
            any_text()
        };
        // Of several texts that a group holds one after the other, the rule sees the last.
        let held = if is_repeated(root, group) {
            any_text()
        } else {
            Hir::concat(vec![before, rule.hir(), after])
        };
        Self {
            root,
            inner: false,
            replaced: Some((group, held)),
            ends_there: is_begin,
            copied: false,
        }
    }

    /// Whether the group `group` of `root` can hold an empty text.
    pub(crate) fn can_hold_nothing(root: &Node, group: u32) -> bool {
        find_group(root, group).is_none_or(Node::can_be_empty)
    }

    pub(crate) fn hir(&self) -> Hir {
        self.node(self.root)
    }

    fn node(&self, node: &Node) -> Hir {
        match &node.kind {
            Kind::Empty | Kind::Look { .. } => Hir::empty(),
            Kind::Literal(literal) => match literal.case {
                Case::Exact => {
                    let mut bytes = [0; 4];
                    let character = literal.char.encode_utf8(&mut bytes);
                    self.perhaps_added(literal.char == '\n', Hir::literal(character.as_bytes()))
                }
                _ => character(&class_of(*literal)),
            },
            Kind::Class(class) => self.perhaps_added(class.contains('\n'), character(class)),
            Kind::Assert(assert) => self.assert(*assert),
            Kind::Group { index, body } => match &self.replaced {
                Some((group, held)) if group == index => held.clone(),
                _ => self.node(body),
            },
            Kind::Concat(parts) => {
                let last = match &self.replaced {
                    Some((group, _)) if self.ends_there => {
                        parts.iter().position(|part| is_on_the_way(part, *group))
                    }
                    _ => None,
                };
                let parts = parts.iter().take(last.map_or(parts.len(), |last| last + 1));
                Hir::concat(parts.map(|part| self.node(part)).collect())
            }
            Kind::Alternate(parts) => {
                Hir::alternation(parts.iter().map(|part| self.node(part)).collect())
            }
            Kind::Repeat { body, min, max, .. } => Hir::repetition(Repetition {
                min: (*min).min(COUNT_MOST),
                max: max.filter(|max| *max <= COUNT_MOST),
                greedy: true,
                sub: Box::new(self.node(body)),
            }),
            Kind::Atomic(body) => self.node(body),
            Kind::BackReference { group, case } => match find_group(self.root, *group) {
                Some(body) if *case == Case::Exact && !self.copied && is_small(body) => {
                    let copy = Superset {
                        root: self.root,
                        inner: true,
                        replaced: None,
                        ends_there: false,
                        copied: true,
                    };
                    copy.node(body)
                }
                _ => any_text(),
            },
            Kind::Conditional { yes, no, .. } => {
                Hir::alternation(vec![self.node(yes), self.node(no)])
            }
        }
    }

    /// A character that may be the newline which is put behind a part of the text, and stands nowhere.
    fn perhaps_added(&self, can_be_newline: bool, character: Hir) -> Hir {
        if self.inner && can_be_newline {
            optional(character)
        } else {
            character
        }
    }

    fn assert(&self, assert: Assert) -> Hir {
        if self.inner {
            return Hir::empty();
        }
        match assert {
            Assert::TextStart => Hir::look(Look::Start),
            Assert::LineStart => Hir::look(Look::StartLF),
            Assert::TextEnd => Hir::look(Look::End),
            Assert::TextEndOrFinalNewline | Assert::LineEnd => Hir::look(Look::EndLF),
            Assert::WordBoundary { .. } | Assert::NotWordBoundary { .. } => Hir::empty(),
        }
    }
}

/// What the group numbered `wanted` captures.
fn find_group(node: &Node, wanted: u32) -> Option<&Node> {
    if let Kind::Group { index, body } = &node.kind
        && *index == wanted
    {
        return Some(body);
    }
    node.children().find_map(|child| find_group(child, wanted))
}

/// Whether every match goes through the group numbered `wanted`, once.
pub(crate) fn is_on_the_way(node: &Node, wanted: u32) -> bool {
    match &node.kind {
        Kind::Group { index, body } => *index == wanted || is_on_the_way(body, wanted),
        Kind::Concat(parts) => parts.iter().any(|part| is_on_the_way(part, wanted)),
        _ => false,
    }
}

/// Whether the group numbered `wanted` stands in a loop.
fn is_repeated(node: &Node, wanted: u32) -> bool {
    let is_loop = matches!(node.kind, Kind::Repeat { max, .. } if max != Some(1));
    is_loop && find_group(node, wanted).is_some()
        || node.children().any(|child| is_repeated(child, wanted))
}

fn is_small(node: &Node) -> bool {
    fn pieces(node: &Node, most: usize) -> usize {
        node.children().fold(1, |sum, child| {
            if sum > most {
                sum
            } else {
                sum + pieces(child, most)
            }
        })
    }
    pieces(node, COPIED_MOST) <= COPIED_MOST
}

fn starts_at_begin(node: &Node) -> bool {
    match &node.kind {
        Kind::Assert(Assert::TextStart) => true,
        Kind::Group { body, .. } => starts_at_begin(body),
        Kind::Concat(parts) => parts.first().is_some_and(starts_at_begin),
        Kind::Alternate(parts) => parts.iter().all(starts_at_begin),
        _ => false,
    }
}

fn stops_at_end(node: &Node) -> bool {
    match &node.kind {
        Kind::Assert(Assert::TextEnd | Assert::TextEndOrFinalNewline) => true,
        Kind::Group { body, .. } => stops_at_end(body),
        Kind::Concat(parts) => parts.last().is_some_and(stops_at_end),
        Kind::Alternate(parts) => parts.iter().all(stops_at_end),
        _ => false,
    }
}

fn optional(hir: Hir) -> Hir {
    Hir::repetition(Repetition {
        min: 0,
        max: Some(1),
        greedy: true,
        sub: Box::new(hir),
    })
}

/// Any bytes.
fn any_text() -> Hir {
    Hir::repetition(Repetition {
        min: 0,
        max: None,
        greedy: true,
        sub: Box::new(Hir::class(HirClass::Bytes(ClassBytes::new([
            ClassBytesRange::new(0, 255),
        ])))),
    })
}

/// One character of a class: its ASCII, and all beyond ASCII if it may hold some of that.
fn character(class: &Class) -> Hir {
    let ascii = set(ascii_of(class));
    if !may_hold_wide(class) {
        return ascii;
    }
    let bytes = |from, to| {
        Hir::class(HirClass::Bytes(ClassBytes::new([ClassBytesRange::new(
            from, to,
        )])))
    };
    let following = Hir::repetition(Repetition {
        min: 1,
        max: Some(3),
        greedy: true,
        sub: Box::new(bytes(0x80, 0xBF)),
    });
    let wide = Hir::concat(vec![bytes(0xC2, 0xF4), following]);
    Hir::alternation(vec![ascii, wide])
}

fn may_hold_wide(class: &Class) -> bool {
    let plain = |item: &Item| match item {
        Item::Range(_, to) => to.is_ascii(),
        Item::Category { negated, ascii, .. } => *ascii && !negated,
    };
    class.negated || class.case == Case::Ignore || !class.items.iter().all(plain)
}
