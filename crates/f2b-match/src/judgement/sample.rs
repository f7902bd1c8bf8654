//! A text that a rule matches, or nearly.

use std::collections::BTreeMap;
use std::ops::Range;

use f2b_pyregex::ast::{Kind, Node};
use f2b_pyregex::class::Class;

/// A text, and where in it somebody is free to write what he wants.
pub(super) struct Sample {
    pub(super) text: String,
    pub(super) free: Vec<Free>,
}

/// A part of a text that somebody is free to write.
#[derive(Clone, Debug)]
pub(super) struct Free {
    pub(super) place: Range<usize>,
    /// Whether it stands before the host.
    pub(super) is_before: bool,
    classes: Vec<Class>,
    literals: String,
}

impl Free {
    /// What can be written where `body` is repeated; `None` unless that is one character at a time: what has
    /// a form of its own seldom holds what a stranger writes.
    fn of(body: &Node) -> Option<Self> {
        let mut free = Self {
            place: 0..0,
            is_before: false,
            classes: Vec::new(),
            literals: String::new(),
        };
        free.collect(body).then_some(free)
    }

    fn collect(&mut self, node: &Node) -> bool {
        match &node.kind {
            Kind::Class(class) => self.classes.push(class.clone()),
            Kind::Literal(literal) => self.literals.push(literal.char),
            Kind::Group { body, .. } | Kind::Atomic(body) => return self.collect(body),
            Kind::Alternate(parts) => return parts.iter().all(|part| self.collect(part)),
            // A character that is looked at first: `(?:(?! from ).)*`.
            Kind::Concat(parts) => {
                let is_seen = |part: &&Node| !matches!(part.kind, Kind::Look { .. });
                let mut seen = parts.iter().filter(is_seen);
                let only = seen.next().filter(|_| seen.next().is_none());
                return only.is_some_and(|part| self.collect(part));
            }
            _ => return false,
        }
        true
    }

    /// Tells whether a text can be written there.
    pub(super) fn takes(&self, text: &str) -> bool {
        text.chars().all(|c| {
            self.literals.contains(c) || self.classes.iter().any(|class| class.contains(c))
        })
    }
}

pub(super) struct Writer<'a> {
    hosts: &'a [usize],
    host: &'a str,
    /// Decides between ways.
    seed: usize,
    text: String,
    free: Vec<Free>,
    written: BTreeMap<u32, String>,
    has_host: bool,
    /// How many more pieces are written.
    left: usize,
}

/// A repetition of fewer characters is too short to write a host in.
const FREE_LEAST: u32 = 16;

/// The most pieces of one text: counts in counts multiply, and no line that a person would look at is
/// longer.
const PIECES_MOST: usize = 5_000;

impl<'a> Writer<'a> {
    /// A writer that puts `host` where one of the groups `hosts` is. Each seed goes another way.
    pub(super) fn new(hosts: &'a [usize], host: &'a str, seed: usize) -> Self {
        Self {
            hosts,
            host,
            seed,
            text: String::new(),
            free: Vec::new(),
            written: BTreeMap::new(),
            has_host: false,
            left: PIECES_MOST,
        }
    }

    /// Writes a text; `None` if it would be too long.
    pub(super) fn sample(mut self, root: &Node) -> Option<Sample> {
        self.node(root);
        (self.left > 0).then_some(Sample {
            text: self.text,
            free: self.free,
        })
    }

    /// A number below `count` that the seed decides.
    fn choose(&mut self, count: usize) -> usize {
        let chosen = self.seed % count.max(1);
        // A step of a multiplicative generator, so that further choices differ too.
        self.seed = self.seed.wrapping_mul(0x5851_F42D).wrapping_add(0x14057B7E) >> 3;
        chosen
    }

    fn is_host(&self, group: u32) -> bool {
        self.hosts
            .iter()
            .any(|host| u32::try_from(*host) == Ok(group))
    }

    fn holds_host(&self, node: &Node) -> bool {
        matches!(node.kind, Kind::Group { index, .. } if self.is_host(index))
            || node.children().any(|child| self.holds_host(child))
    }

    fn node(&mut self, node: &Node) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return;
        }
        match &node.kind {
            Kind::Empty | Kind::Assert(_) | Kind::Look { .. } => {}
            Kind::Literal(literal) => self.text.push(literal.char),
            Kind::Class(class) => self.member(class),
            Kind::Group { index, .. } if self.is_host(*index) => {
                self.has_host = true;
                self.text.push_str(self.host);
            }
            Kind::Group { index, body } => {
                let begin = self.text.len();
                self.node(body);
                let held = self.text.get(begin..).unwrap_or_default().to_owned();
                self.written.insert(*index, held);
            }
            Kind::Atomic(body) => self.node(body),
            Kind::Concat(parts) => parts.iter().for_each(|part| self.node(part)),
            Kind::Alternate(parts) => {
                let with_host = parts.iter().find(|part| self.holds_host(part));
                let chosen = self.choose(parts.len());
                if let Some(part) = with_host.or_else(|| parts.get(chosen)) {
                    self.node(part);
                }
            }
            Kind::Repeat { body, min, max, .. } => self.repeat(body, *min, *max),
            Kind::BackReference { group, .. } => {
                let held = self.written.get(group).cloned().unwrap_or_default();
                self.text.push_str(&held);
            }
            Kind::Conditional { group, yes, no } => {
                self.node(if self.written.contains_key(group) {
                    yes
                } else {
                    no
                });
            }
        }
    }

    fn repeat(&mut self, body: &Node, min: u32, max: Option<u32>) {
        let holds_host = self.holds_host(body);
        let is_long = !holds_host && max.is_none_or(|max| max >= FREE_LEAST);
        if let Some(free) = Free::of(body).filter(|_| is_long) {
            let begin = self.text.len();
            for _ in 0..min.max(1) {
                if self.left == 0 {
                    return;
                }
                self.node(body);
            }
            self.free.push(Free {
                place: begin..self.text.len(),
                is_before: !self.has_host,
                ..free
            });
            return;
        }
        let wanted = if holds_host { 1 } else { self.choose(2) };
        let count = min.max(u32::try_from(wanted).unwrap_or(1));
        for _ in 0..count.min(max.unwrap_or(count)) {
            if self.left == 0 {
                return;
            }
            self.node(body);
        }
    }

    fn member(&mut self, class: &Class) {
        let liked = ['a', '1', ' ', '/', '"'].into_iter();
        let any = ('\u{20}'..'\u{7f}').chain('\u{80}'..'\u{3000}');
        let member = liked.chain(any).find(|c| class.contains(*c));
        self.text.extend(member);
    }
}
