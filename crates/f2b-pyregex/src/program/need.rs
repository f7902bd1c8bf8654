//! What a match cannot do without.
//!
//! Where a conditional decides late, as in `(?P<x>a)?…(?(x):|$)`, the way that sets the group is walked to
//! the end in vain on every line without a colon. Looking for the colon first is far cheaper.

use super::{Bits, Inst, Peeks, Program};

/// For each instruction and each value of the fields, the ASCII characters that must still come.
pub(super) struct Needs {
    of: Vec<u128>,
    values: usize,
}

impl Needs {
    /// Returns the needs of a program with fields; nothing is known of one without, or with many.
    pub(super) fn of(program: &Program) -> Option<Self> {
        let mask = Peeks::mask(program);
        if mask == 0 {
            return None;
        }
        let values = usize::from(mask) + 1;
        let mut needs = Self {
            // Everything at first: what a way that never ends needs does not matter.
            of: vec![!0; program.insts.len() * values],
            values,
        };
        while needs.pass(program) {}
        Some(needs)
    }

    /// Makes the needs smaller by what each instruction says; returns whether one changed.
    fn pass(&mut self, program: &Program) -> bool {
        let mut has_changed = false;
        for (pc, inst) in program.insts.iter().enumerate().rev() {
            for value in 0..self.values {
                let need = self.need(program, pc, inst, value);
                if let Some(known) = self.of.get_mut(pc * self.values + value)
                    && *known != need
                {
                    *known = need;
                    has_changed = true;
                }
            }
        }
        has_changed
    }

    fn need(&self, program: &Program, pc: usize, inst: &Inst, value: usize) -> u128 {
        let at = |pc: usize| self.at(pc, value);
        let to = |pc: u32| self.at(pc as usize, value);
        let next = at(pc + 1);
        match inst {
            Inst::Byte(byte) => next | bit(*byte),
            Inst::Text { start, len } => {
                let (start, len) = (*start as usize, *len as usize);
                let text = program.texts.get(start..start + len).unwrap_or_default();
                text.iter().fold(next, |all, byte| all | bit(*byte))
            }
            Inst::Set(_)
            | Inst::Run(_)
            | Inst::RunAll { .. }
            | Inst::Save(_)
            | Inst::Assert(_)
            | Inst::CountBegin { .. }
            | Inst::LoopEnd { .. }
            | Inst::SameField { .. }
            | Inst::SameGroup { .. } => next,
            Inst::Close { field, .. } => {
                let Some(field) = program.fields.get(*field as usize) else {
                    return 0;
                };
                let (mask, shift) = (usize::from(field.mask), field.shift);
                let values = 1..=field.texts.len().max(1);
                values.fold(!0, |all, held| {
                    all & self.at(pc + 1, (value & !mask) | (held << shift))
                })
            }
            Inst::Look(look) => self.whatever(pc + 1, value, program.set_within(look.body)),
            Inst::Jump(target) => to(*target),
            Inst::Split(split) => to(split.first) & to(split.second),
            Inst::Loop { body, exit, .. } => to(*body) & to(*exit),
            Inst::Count(_) => next & at(pc + 2),
            Inst::CountAgain { body, .. } => to(*body),
            Inst::Atomic { body } => {
                to(*body) | self.whatever(pc + 1, value, program.set_within(*body))
            }
            Inst::IfField { field, no } => {
                let mask = program.fields.get(*field as usize);
                match mask.map(|field| usize::from(field.mask) & value) {
                    Some(0) => to(*no),
                    _ => next,
                }
            }
            Inst::IfGroup { no, .. } => next & to(*no),
            Inst::Accept => 0,
        }
    }

    /// What is needed at `pc` whatever the fields in `mask` are.
    fn whatever(&self, pc: usize, value: usize, mask: Bits) -> u128 {
        let mask = usize::from(mask);
        (0..self.values)
            .filter(|other| other & !mask == value & !mask)
            .fold(!0, |all, other| all & self.at(pc, other))
    }

    fn at(&self, pc: usize, value: usize) -> u128 {
        self.of
            .get(pc * self.values + value)
            .copied()
            .unwrap_or_default()
    }

    /// For each value of the fields the character that only the first of two ways needs, the rarest
    /// of them; 0 if there is none.
    pub(super) fn first_only(&self, first: u32, second: u32) -> Option<Box<[u8]>> {
        let needed: Box<[u8]> = (0..self.values)
            .map(|value| {
                let first = self.at(first as usize, value);
                // Ways that never end need everything.
                let only = if first == !0 {
                    0
                } else {
                    first & !self.at(second as usize, value)
                };
                let members = (1..0x80_u8).filter(|byte| only & bit(*byte) != 0);
                members.min_by_key(|byte| commonness(*byte)).unwrap_or(0)
            })
            .collect();
        needed.iter().any(|byte| *byte != 0).then_some(needed)
    }
}

fn bit(byte: u8) -> u128 {
    if byte < 0x80 { 1 << byte } else { 0 }
}

/// How usual a character is in logs, roughly.
fn commonness(byte: u8) -> u8 {
    match byte {
        b' ' | b'a'..=b'z' => 3,
        b'0'..=b'9' | b'.' => 2,
        b'A'..=b'Z' | b'-' | b'/' => 1,
        _ => 0,
    }
}
