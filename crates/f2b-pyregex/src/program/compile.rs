//! From tree to program.

mod repeat;

use std::collections::BTreeMap;

use super::domain::domain;
use super::first::Seen;
use super::need::Needs;
use super::{
    Ascii, BITS_MOST, Field, Inst, Look, NO_END, Pc, Peeks, Program, Set, Split, UNKNOWN, Ways,
};
use crate::ast::{Assert, Ast, Case, Kind, Literal, Node};
use crate::class::{Class, Item};

/// The number of instructions up to which loops are written out.
const UNROLLED_MOST: usize = 20_000;

/// Compiles a pattern: so that failures can be remembered if possible, else to run under a budget.
pub(crate) fn compile(ast: &Ast) -> Program {
    let bounded = Compiler::new(ast, true);
    if let Ok(program) = bounded.and_then(|compiler| compiler.program(ast)) {
        return program;
    }
    let budgeted = Compiler::new(ast, false).and_then(|compiler| compiler.program(ast));
    #[expect(
        clippy::expect_used,
        reason = "without memory of failures nothing is unrolled and no bits are needed"
    )]
    budgeted.expect("every pattern compiles to run under a budget")
}

/// The pattern is beyond what can be remembered.
#[derive(Debug)]
struct Beyond;

struct Compiler<'a> {
    program: Program,
    /// Which field follows which group.
    field_of: BTreeMap<u32, u32>,
    /// The lowest bit of loops.
    loop_shift: u32,
    /// How many loops that can match nothing are open.
    depth: u32,
    /// The programs of look-arounds and atomic groups. One is written once, however often the loop
    /// around it is written out.
    bodies: Vec<Body<'a>>,
    /// Which body is whose: by the address of its tree, and what depends on where it stands.
    body_of: BTreeMap<(usize, bool, u32), usize>,
    /// Where each text is among the program's.
    text_of: BTreeMap<Box<[u8]>, (u32, u32)>,
}

/// A program within the program.
struct Body<'a> {
    what: What<'a>,
    /// How many loops that can match nothing are open around it.
    depth: u32,
    /// The instructions that run it.
    users: Vec<usize>,
}

/// What is written somewhere.
#[derive(Clone, Copy)]
enum What<'a> {
    Node(&'a Node),
    /// The same, left for good.
    Atomic(&'a Node),
    /// As many as possible of a body that is left for good each time, and no other number.
    Possessive {
        body: &'a Node,
        min: u32,
        max: u32,
    },
}

impl<'a> Compiler<'a> {
    fn new(ast: &'a Ast, bounded: bool) -> Result<Self, Beyond> {
        let mut compiler = Self {
            program: Program {
                insts: Vec::new(),
                texts: Vec::new(),
                sets: Vec::new(),
                fields: Vec::new(),
                slots: 2 * (ast.groups.len() + 1),
                memos: 0,
                registers: 0,
                bits: 0,
                loops: 0,
                anchored: false,
                first: Peeks::any(),
                ways: Ways::default(),
                bounded,
            },
            field_of: BTreeMap::new(),
            loop_shift: 0,
            depth: 0,
            bodies: Vec::new(),
            body_of: BTreeMap::new(),
            text_of: BTreeMap::new(),
        };
        if bounded {
            compiler.fields(&ast.root)?;
        }
        Ok(compiler)
    }

    /// Gives a field to each group that is asked for.
    fn fields(&mut self, root: &Node) -> Result<(), Beyond> {
        let mut asked = BTreeMap::new();
        asked_groups(root, &mut Vec::new(), &mut asked)?;
        let mut shift = 0;
        for (group, text_asked) in asked {
            let texts = if text_asked {
                let body = group_body(root, group).ok_or(Beyond)?;
                domain(body).ok_or(Beyond)?
            } else {
                Vec::new()
            };
            let values = texts.len().max(1);
            let width = usize::BITS - values.leading_zeros();
            if shift + width > BITS_MOST {
                return Err(Beyond);
            }
            let index = number(self.program.fields.len());
            self.field_of.insert(group, index);
            self.program.fields.push(Field {
                group,
                shift,
                mask: ((1 << width) - 1) << shift,
                texts,
            });
            shift += width;
            (self.program.bits, self.loop_shift) = (shift, shift);
        }
        Ok(())
    }

    fn program(mut self, ast: &'a Ast) -> Result<Program, Beyond> {
        self.push(Inst::Save(0))?;
        self.node(&ast.root)?;
        self.push(Inst::Save(1))?;
        self.push(Inst::Accept)?;
        let mut next = 0;
        while let Some(Body { what, depth, .. }) = self.bodies.get(next) {
            let (what, begin) = (*what, self.here());
            self.depth = *depth;
            match what {
                What::Possessive { body, min, max } => {
                    self.loops(What::Atomic(body), min, max, false)?;
                }
                what => self.write(what)?,
            }
            self.push(Inst::Accept)?;
            let users = self.bodies.get(next).map(|body| body.users.clone());
            for at in users.unwrap_or_default() {
                match self.program.insts.get_mut(at) {
                    Some(Inst::Look(look)) => look.body = begin,
                    Some(Inst::Atomic { body }) => *body = begin,
                    _ => {}
                }
            }
            next += 1;
        }
        self.program.anchored = anchored(&ast.root);
        self.peeks();
        self.program.ways = Ways::find(&mut self.program);
        Ok(self.program)
    }

    /// Notes that the instruction at `at` runs a body.
    fn body(&mut self, at: usize, what: What<'a>) {
        let (node, is_possessive) = match what {
            What::Node(node) | What::Atomic(node) => (node, false),
            What::Possessive { body, .. } => (body, true),
        };
        let key = (std::ptr::from_ref(node).addr(), is_possessive, self.depth);
        let index = *self.body_of.entry(key).or_insert(self.bodies.len());
        match self.bodies.get_mut(index) {
            Some(body) => body.users.push(at),
            None => self.bodies.push(Body {
                what,
                depth: self.depth,
                users: vec![at],
            }),
        }
    }

    /// Notes what each choice can go on with, now that all places are known.
    fn peeks(&mut self) {
        let seen = &mut Seen::default();
        let needs = Needs::of(&self.program);
        self.program.first = Peeks::at(&self.program, 0, seen);
        for at in 0..self.program.insts.len() {
            match self.program.insts.get(at) {
                Some(Inst::Split(split)) => {
                    let first = Peeks::at(&self.program, split.first, seen);
                    let second = Peeks::at(&self.program, split.second, seen);
                    let needs = needs
                        .as_ref()
                        .and_then(|needs| needs.first_only(split.first, split.second));
                    if let Some(Inst::Split(split)) = self.program.insts.get_mut(at) {
                        (split.peek_first, split.peek_second) = (first, second);
                        split.first_needs = needs;
                    }
                }
                Some(Inst::Run(run)) => {
                    let set = self.program.sets.get(run.set as usize);
                    let set = set.map_or(Ascii::new(!0), |set| set.inside);
                    let after = Peeks::at(&self.program, number(at + 1), seen);
                    let exits_once = after.leave_out(set);
                    if let Some(Inst::Run(run)) = self.program.insts.get_mut(at) {
                        (run.after, run.exits_once) = (after, exits_once);
                    }
                }
                _ => {}
            }
        }
    }

    fn here(&self) -> Pc {
        number(self.program.insts.len())
    }

    fn push(&mut self, inst: Inst) -> Result<usize, Beyond> {
        if self.program.bounded && self.program.insts.len() >= UNROLLED_MOST {
            return Err(Beyond);
        }
        self.program.insts.push(inst);
        Ok(self.program.insts.len() - 1)
    }

    fn memo(&mut self) -> u32 {
        self.program.memos += 1;
        self.program.memos - 1
    }

    fn set(&mut self, class: Class) -> u32 {
        let known = self.program.sets.iter().position(|set| set.class == class);
        number(known.unwrap_or_else(|| {
            self.program.sets.push(Set::new(class));
            self.program.sets.len() - 1
        }))
    }

    fn write(&mut self, what: What<'a>) -> Result<(), Beyond> {
        match what {
            What::Node(node) => self.node(node),
            What::Atomic(node) => self.atomic(What::Node(node)),
            What::Possessive { .. } => self.atomic(what),
        }
    }

    fn node(&mut self, node: &'a Node) -> Result<(), Beyond> {
        match &node.kind {
            Kind::Empty => {}
            Kind::Literal(literal) => self.literal(*literal)?,
            Kind::Class(class) => {
                let set = self.set(class.clone());
                self.push(Inst::Set(set))?;
            }
            Kind::Assert(assert) => {
                self.push(Inst::Assert(*assert))?;
            }
            Kind::Group { index, body } => {
                self.push(Inst::Save(2 * index))?;
                self.node(body)?;
                let slot = 2 * index + 1;
                self.push(match self.field_of.get(index) {
                    Some(field) => Inst::Close {
                        slot,
                        field: *field,
                    },
                    None => Inst::Save(slot),
                })?;
            }
            Kind::Concat(parts) => self.concat(parts)?,
            Kind::Alternate(parts) => self.alternate(parts)?,
            Kind::Repeat {
                body,
                min,
                max,
                mode,
            } => self.repeat(body, *min, max.unwrap_or(NO_END), *mode)?,
            Kind::Look {
                back,
                negated,
                body,
            } => {
                let at = self.push(Inst::Look(Box::new(Look {
                    back: back.unwrap_or(0),
                    negated: *negated,
                    body: 0,
                })))?;
                self.body(at, What::Node(body));
            }
            Kind::Atomic(body) => self.atomic(What::Node(body))?,
            Kind::BackReference { group, case } => {
                self.push(match self.field_of.get(group) {
                    Some(field) if *case == Case::Exact => Inst::SameField { field: *field },
                    _ if self.program.bounded => return Err(Beyond),
                    _ => Inst::SameGroup {
                        group: *group,
                        case: *case,
                    },
                })?;
            }
            Kind::Conditional { group, yes, no } => self.conditional(*group, yes, no)?,
        }
        Ok(())
    }

    fn literal(&mut self, literal: Literal) -> Result<(), Beyond> {
        let Literal { char, case } = literal;
        if case == Case::Exact {
            let mut bytes = [0; 4];
            return self.text(char.encode_utf8(&mut bytes).as_bytes());
        }
        let class = class_of(literal);
        let set = self.set(class);
        self.push(Inst::Set(set)).map(|_| ())
    }

    fn text(&mut self, bytes: &[u8]) -> Result<(), Beyond> {
        let inst = match bytes {
            [byte] => Inst::Byte(*byte),
            _ => {
                let (start, len) = self.place_text(bytes);
                Inst::Text { start, len }
            }
        };
        self.push(inst).map(|_| ())
    }

    /// Puts a text among the program's; returns where it is and how long.
    fn place_text(&mut self, bytes: &[u8]) -> (u32, u32) {
        if let Some(known) = self.text_of.get(bytes) {
            return *known;
        }
        let placed = (number(self.program.texts.len()), number(bytes.len()));
        self.program.texts.extend_from_slice(bytes);
        self.text_of.insert(bytes.into(), placed);
        placed
    }

    /// Literals in a row become one text.
    fn concat(&mut self, parts: &'a [Node]) -> Result<(), Beyond> {
        let mut text = String::new();
        let mut parts = parts.iter().peekable();
        while let Some(part) = parts.next() {
            if let Kind::Literal(Literal {
                char,
                case: Case::Exact,
            }) = part.kind
            {
                text.push(char);
                continue;
            }
            if !text.is_empty() {
                self.text(text.as_bytes())?;
                text.clear();
            }
            if let Some(next) = parts.peek()
                && self.run_to_last(part, next)?
            {
                parts.next();
                continue;
            }
            self.node(part)?;
        }
        if text.is_empty() {
            return Ok(());
        }
        self.text(text.as_bytes())
    }

    fn split(&mut self) -> Result<usize, Beyond> {
        let memo = self.memo();
        self.push(Inst::Split(Box::new(Split {
            first: 0,
            second: 0,
            memo,
            is_loop: false,
            peek_first: Peeks::any(),
            peek_second: Peeks::any(),
            first_needs: None,
            ways: UNKNOWN,
        })))
    }

    fn aim(&mut self, at: usize, first: Pc, second: Pc) {
        if let Some(Inst::Split(split)) = self.program.insts.get_mut(at) {
            (split.first, split.second) = (first, second);
        }
    }

    fn alternate(&mut self, parts: &'a [Node]) -> Result<(), Beyond> {
        let mut ends = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index + 1 == parts.len() {
                self.node(part)?;
                break;
            }
            let split = self.split()?;
            let begin = self.here();
            self.node(part)?;
            ends.push(self.push(Inst::Jump(0))?);
            let next = self.here();
            self.aim(split, begin, next);
        }
        let end = self.here();
        for at in ends {
            if let Some(Inst::Jump(to)) = self.program.insts.get_mut(at) {
                *to = end;
            }
        }
        Ok(())
    }

    fn atomic(&mut self, what: What<'a>) -> Result<(), Beyond> {
        let at = self.push(Inst::Atomic { body: 0 })?;
        self.body(at, what);
        Ok(())
    }

    fn conditional(&mut self, group: u32, yes: &'a Node, no: &'a Node) -> Result<(), Beyond> {
        let at = self.push(match self.field_of.get(&group) {
            Some(field) => Inst::IfField {
                field: *field,
                no: 0,
            },
            None => Inst::IfGroup { group, no: 0 },
        })?;
        self.node(yes)?;
        let leave = self.push(Inst::Jump(0))?;
        let otherwise = self.here();
        self.node(no)?;
        let end = self.here();
        if let Some(Inst::IfField { no, .. } | Inst::IfGroup { no, .. }) =
            self.program.insts.get_mut(at)
        {
            *no = otherwise;
        }
        if let Some(Inst::Jump(to)) = self.program.insts.get_mut(leave) {
            *to = end;
        }
        Ok(())
    }
}

/// Notes which groups conditionals (`false`) and back-references (`true`) ask for.
///
/// One within its own group sees where that begins now and where it ended last; a field holds too
/// little for that.
fn asked_groups(
    node: &Node,
    open: &mut Vec<u32>,
    asked: &mut BTreeMap<u32, bool>,
) -> Result<(), Beyond> {
    let mut opened = false;
    match &node.kind {
        Kind::BackReference { group, .. } => {
            asked.insert(*group, true);
        }
        Kind::Conditional { group, .. } if open.contains(group) => return Err(Beyond),
        Kind::Conditional { group, .. } => {
            asked.entry(*group).or_insert(false);
        }
        Kind::Group { index, .. } => {
            open.push(*index);
            opened = true;
        }
        _ => {}
    }
    for child in node.children() {
        asked_groups(child, open, asked)?;
    }
    if opened {
        open.pop();
    }
    Ok(())
}

fn group_body(node: &Node, wanted: u32) -> Option<&Node> {
    if let Kind::Group { index, body } = &node.kind
        && *index == wanted
    {
        return Some(body);
    }
    node.children().find_map(|child| group_body(child, wanted))
}

fn class_of(literal: Literal) -> Class {
    Class {
        items: vec![Item::Range(literal.char, literal.char)],
        negated: false,
        case: literal.case,
    }
}

/// Whether every way through `node` begins with the begin of the text.
fn anchored(node: &Node) -> bool {
    match &node.kind {
        Kind::Assert(Assert::TextStart) => true,
        Kind::Group { body, .. } | Kind::Atomic(body) => anchored(body),
        Kind::Concat(parts) => {
            let decisive = parts
                .iter()
                .find(|part| anchored(part) || !zero_width(part));
            decisive.is_some_and(anchored)
        }
        Kind::Alternate(parts) => parts.iter().all(anchored),
        Kind::Repeat { body, min, .. } => *min > 0 && anchored(body),
        _ => false,
    }
}

fn zero_width(node: &Node) -> bool {
    matches!(node.kind, Kind::Empty | Kind::Assert(_) | Kind::Look { .. })
}

/// The number of something that a pattern has; patterns are far shorter than `u32::MAX`.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
