//! What the rest of a match can begin with.

use super::{Ascii, Bits, Inst, Pc, Program};
use crate::ast::Assert;

/// A superset of the characters that something can begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peek {
    pub(super) ascii: Ascii,
    /// Any character beyond ASCII.
    pub(super) wide: bool,
    /// The end of the text.
    pub(super) end: bool,
}

impl Peek {
    pub(crate) const ANY: Self = Self {
        ascii: Ascii::new(!0),
        wide: true,
        end: true,
    };
    pub(crate) const NONE: Self = Self {
        ascii: Ascii::new(0),
        wide: false,
        end: false,
    };

    /// Whether what follows at `at` is in the set.
    #[inline(always)]
    pub(crate) fn allows(&self, text: &[u8], at: usize) -> bool {
        match text.get(at) {
            None => self.end,
            Some(byte) if *byte < 0x80 => self.ascii.has(*byte),
            Some(_) => self.wide,
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            ascii: self.ascii.or(other.ascii),
            wide: self.wide | other.wide,
            end: self.end | other.end,
        }
    }

    fn of_byte(byte: u8) -> Self {
        Self {
            ascii: Ascii::new(if byte < 0x80 { 1 << byte } else { 0 }),
            wide: byte >= 0x80,
            end: false,
        }
    }
}

/// What can follow, for each value of the fields: a conditional goes one way only.
#[derive(Clone, Debug)]
pub(crate) struct Peeks {
    /// Where there is nothing to tell apart.
    only: Peek,
    pub(super) of: Box<[Peek]>,
    mask: Bits,
}

/// The most bits of fields that are told apart.
const TOLD_APART: u32 = 3;

impl Peeks {
    /// What is not known yet.
    pub(super) fn any() -> Self {
        Self {
            only: Peek::ANY,
            of: Box::default(),
            mask: 0,
        }
    }

    /// The bits of the fields whose values are told apart.
    pub(super) fn mask(program: &Program) -> Bits {
        let fields = program.fields.iter().fold(0, |all, field| all | field.mask);
        if fields >> TOLD_APART == 0 { fields } else { 0 }
    }

    /// What the program can go on with at `pc`.
    pub(super) fn at(program: &Program, pc: Pc, seen: &mut Seen) -> Self {
        let mask = Self::mask(program);
        let of = (0..=mask).map(|bits| {
            seen.begin(program);
            let mut search = Search {
                program,
                bits,
                seen,
            };
            search.at(pc, mask)
        });
        let of: Box<[Peek]> = of.collect();
        Self {
            only: of.first().copied().unwrap_or(Peek::ANY),
            of,
            mask,
        }
    }

    /// For which values of the fields no character of `set` can follow: a bit for each.
    pub(super) fn leave_out(&self, set: Ascii) -> u8 {
        let apart = self.of.iter().map(|peek| peek.ascii.is_apart_from(set));
        (0..8)
            .zip(apart)
            .fold(0, |all, (index, apart)| all | u8::from(apart) << index)
    }

    /// Which of the values of the fields the bits are.
    #[inline(always)]
    pub(crate) fn index(&self, bits: Bits) -> u32 {
        u32::from(bits & self.mask)
    }

    /// What can follow where the bits are these.
    #[inline(always)]
    pub(crate) fn of(&self, bits: Bits) -> Peek {
        if self.mask == 0 {
            return self.only;
        }
        let peek = self.of.get(usize::from(bits & self.mask));
        peek.copied().unwrap_or(Peek::ANY)
    }

    /// Whether what follows at `at` can go on.
    #[inline(always)]
    pub(crate) fn allow(&self, text: &[u8], at: usize, bits: Bits) -> bool {
        self.of(bits).allows(text, at)
    }
}

/// The number of instructions that are looked at before anything is taken for possible.
const CAP: usize = 400;

struct Search<'p> {
    program: &'p Program,
    /// The values of fields.
    bits: Bits,
    /// A place seen before adds nothing: the union holds it already.
    seen: &'p mut Seen,
}

/// The places that a search has looked at; kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// For each place and known bits the last search that was there.
    at: Vec<u32>,
    search: u32,
    count: usize,
}

impl Seen {
    fn begin(&mut self, program: &Program) {
        self.count = 0;
        self.search = self.search.wrapping_add(1);
        let places = program.insts.len() << TOLD_APART;
        if self.search == 0 || self.at.len() != places {
            self.at.clear();
            self.at.resize(places, 0);
            self.search = 1;
        }
    }

    /// Notes a place; `false` if it was noted before.
    fn note(&mut self, pc: Pc, known: Bits) -> bool {
        let index = ((pc as usize) << TOLD_APART) | usize::from(known);
        let noted = self.at.get_mut(index);
        let is_new = noted.is_some_and(|at| std::mem::replace(at, self.search) != self.search);
        self.count += usize::from(is_new);
        is_new
    }
}

impl Search<'_> {
    /// `known` says which bits are what they were at the start.
    fn at(&mut self, mut pc: Pc, mut known: Bits) -> Peek {
        let mut found = Peek::NONE;
        loop {
            if !self.seen.note(pc, known) {
                return found;
            }
            if self.seen.count > CAP {
                return Peek::ANY;
            }
            let next = pc + 1;
            let Some(inst) = usize::try_from(pc)
                .ok()
                .and_then(|pc| self.program.insts.get(pc))
            else {
                return Peek::ANY;
            };
            pc = match inst {
                Inst::Byte(byte) => return found.or(Peek::of_byte(*byte)),
                Inst::Text { start, .. } => {
                    let byte = self.program.texts.get(*start as usize);
                    return byte.map_or(Peek::ANY, |byte| found.or(Peek::of_byte(*byte)));
                }
                Inst::Set(set) => return found.or(self.set(*set)),
                Inst::Run(run) => {
                    found = found.or(self.set(run.set));
                    if run.min > 0 {
                        return found;
                    }
                    next
                }
                Inst::RunAll { set, min, .. } => {
                    found = found.or(self.set(*set));
                    if *min > 0 {
                        return found;
                    }
                    next
                }
                Inst::Close { field, .. } => {
                    let field = self.program.fields.get(*field as usize);
                    known &= !field.map_or(0, |field| field.mask);
                    next
                }
                Inst::IfField { field, no } => {
                    let mask = self.program.fields.get(*field as usize);
                    let mask = mask.map_or(0, |field| field.mask);
                    if known & mask != mask {
                        found = found.or(self.at(*no, known));
                        next
                    } else if self.bits & mask == 0 {
                        *no
                    } else {
                        next
                    }
                }
                Inst::Assert(Assert::TextEnd) => {
                    return found.or(Peek {
                        end: true,
                        ..Peek::NONE
                    });
                }
                Inst::Assert(Assert::TextEndOrFinalNewline | Assert::LineEnd) => {
                    return found.or(Peek {
                        end: true,
                        ..Peek::of_byte(b'\n')
                    });
                }
                Inst::Save(_)
                | Inst::Assert(_)
                | Inst::LoopEnd { .. }
                | Inst::CountBegin { .. } => next,
                Inst::Look(look) => {
                    known &= !self.program.set_within(look.body);
                    next
                }
                Inst::Jump(to) => *to,
                Inst::Split(split) => {
                    found = found.or(self.at(split.first, known));
                    split.second
                }
                Inst::Loop { body, exit, .. } => {
                    found = found.or(self.at(*body, known));
                    *exit
                }
                Inst::Count(_) => {
                    found = found.or(self.at(next, known));
                    next + 1
                }
                Inst::CountAgain { body, .. } => *body,
                Inst::IfGroup { no, .. } => {
                    found = found.or(self.at(*no, known));
                    next
                }
                Inst::Atomic { body } => {
                    // A body that can match nothing reaches its end, which allows anything.
                    return found.or(self.at(*body, known));
                }
                Inst::SameField { .. } | Inst::SameGroup { .. } | Inst::Accept => return Peek::ANY,
            };
        }
    }

    fn set(&self, set: u32) -> Peek {
        let set = self.program.sets.get(set as usize);
        Peek {
            ascii: set.map_or(Ascii::new(!0), |set| set.inside),
            wide: true,
            end: false,
        }
    }
}
