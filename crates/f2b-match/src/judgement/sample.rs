//! A text that a rule matches, or nearly.

use std::collections::BTreeMap;
use std::ops::Range;

use f2b_pyregex::ast::{Kind, Node};
use f2b_pyregex::class::Class;

/// A text, and where in it somebody is free to write what he wants, before the host.
pub(super) struct Sample {
    pub(super) text: String,
    pub(super) free: Vec<(Range<usize>, Class)>,
}

pub(super) struct Writer<'a> {
    hosts: &'a [usize],
    host: &'a str,
    /// Decides between ways.
    seed: usize,
    text: String,
    free: Vec<(Range<usize>, Class)>,
    written: BTreeMap<u32, String>,
    has_host: bool,
    /// How many more pieces are written.
    left: usize,
}

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
        if let (Kind::Class(class), None) = (&body.kind, max) {
            let begin = self.text.len();
            for _ in 0..min.max(1) {
                self.left = self.left.saturating_sub(1);
                if self.left == 0 {
                    return;
                }
                self.member(class);
            }
            if !self.has_host {
                self.free.push((begin..self.text.len(), class.clone()));
            }
            return;
        }
        let wanted = if self.holds_host(body) {
            1
        } else {
            self.choose(2)
        };
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
