//! A pattern as a list of instructions.
//!
//! Each instruction goes on with the one after it unless it says where. A body (of a look-around or an
//! atomic group) is a program of its own within the same list; it ends with [`Inst::Accept`].
//!
//! Beside its place in program and text, a match in progress has *bits*: what conditionals and
//! back-references need to know of groups ([`Field`]), and for each loop whose body can match nothing
//! whether its present iteration has consumed something. With them the future of a state depends on
//! nothing else, so that a state which failed once need not be tried again.

#![expect(
    clippy::indexing_slicing,
    reason = "a byte has one of two words of a set"
)]

mod compile;
mod domain;
mod first;
mod need;
mod ways;

use crate::ast::{Assert, Case};
use crate::class::Class;

pub(crate) use compile::compile;
pub(crate) use first::{Peek, Peeks};
pub(crate) use ways::{ASK, BOTH, FAIL, UNKNOWN, Ways};

/// The place of an instruction.
pub(crate) type Pc = u32;

/// What a state knows beside its place: the fields below, the bits of loops above them.
pub(crate) type Bits = u16;

/// The number of bits that fields and loops may take together: each doubles the memory of failures.
pub(crate) const BITS_MOST: u32 = 8;

/// What the number of a repetition without end is written as.
pub(crate) const NO_END: u32 = u32::MAX;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) insts: Vec<Inst>,
    /// The literal texts, one after the other.
    pub(crate) texts: Vec<u8>,
    pub(crate) sets: Vec<Set>,
    pub(crate) fields: Vec<Field>,
    /// Two for each group, the whole match included.
    pub(crate) slots: usize,
    /// The number of states that are remembered at each place of the text.
    pub(crate) memos: u32,
    /// The registers of loops that count; only in programs that run under a budget.
    pub(crate) registers: usize,
    /// The number of bits in use, counted from the lowest.
    pub(crate) bits: u32,
    /// The bits that are those of loops; consuming something clears them.
    pub(crate) loops: Bits,
    /// Whether every match begins at the begin of the text.
    pub(crate) anchored: bool,
    /// What a match can begin with.
    pub(crate) first: Peeks,
    pub(crate) ways: Ways,
    /// Whether failures can be remembered; else a number of steps bounds the work.
    pub(crate) bounded: bool,
}

/// One instruction.
#[derive(Clone, Debug)]
pub(crate) enum Inst {
    /// These bytes.
    Byte(u8),
    Text {
        start: u32,
        len: u32,
    },
    /// One character of a set.
    Set(u32),
    /// Characters of a set, as many as wanted.
    Run(Box<Run>),
    /// As many characters of a set as there are, never fewer.
    RunAll {
        set: u32,
        min: u32,
        max: u32,
        memo: u32,
    },
    /// Notes the place for a group.
    Save(u32),
    /// Notes the end of a group that a [`Field`] follows.
    Close {
        slot: u32,
        field: u32,
    },
    Assert(Assert),
    Jump(Pc),
    Split(Box<Split>),
    /// The head of a loop whose body can match nothing: another iteration only if the last one
    /// consumed something. As the original engine: the test is made after the iteration.
    Loop {
        bit: Bits,
        body: Pc,
        exit: Pc,
        lazy: bool,
        memo: u32,
    },
    /// The end of such a loop that has an end: whether its last iteration consumed something is
    /// nothing to the loops after it.
    LoopEnd {
        bit: Bits,
    },
    /// Begins a loop that counts.
    CountBegin {
        register: u32,
    },
    /// The head of a loop that counts; the next instruction is [`Inst::CountAgain`], the loop is
    /// left to the one after that.
    Count(Box<Count>),
    /// Begins another iteration.
    CountAgain {
        register: u32,
        body: Pc,
    },
    Look(Box<Look>),
    /// Runs a body and never goes back into it.
    Atomic {
        body: Pc,
    },
    /// `(?(group)…)` by field.
    IfField {
        field: u32,
        no: Pc,
    },
    /// `(?(group)…)` by what the group holds.
    IfGroup {
        group: u32,
        no: Pc,
    },
    /// The text of a group once more, by field.
    SameField {
        field: u32,
    },
    /// The text of a group once more.
    SameGroup {
        group: u32,
        case: Case,
    },
    /// The end of the program or of a body.
    Accept,
}

/// A repeated set.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) set: u32,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) lazy: bool,
    pub(crate) memo: u32,
    /// A text that must not stand where a character is taken, as in `(?:(?! from ).)*`: where it is
    /// among the texts, and its length.
    pub(crate) guard: Option<(u32, u32)>,
    /// What can follow.
    pub(crate) after: Peeks,
    /// For which values of the fields ([`Peeks::index`]) no ASCII character of the set can follow: then
    /// the run gives nothing back.
    pub(crate) exits_once: u8,
    /// A set in which the last character has to be: `[\w.]*\w` is one run.
    pub(crate) last: Option<u32>,
    /// Where its ways begin in [`Program::ways`].
    pub(crate) ways: u32,
}

/// Two ways to go on.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    pub(crate) first: Pc,
    pub(crate) second: Pc,
    pub(crate) memo: u32,
    /// Whether it is the head of a loop. There it is noted that a state is tried even if there is one
    /// way only: else those who come from different starts and meet would walk on together for ever.
    pub(crate) is_loop: bool,
    pub(crate) peek_first: Peeks,
    pub(crate) peek_second: Peeks,
    /// For each value of the fields ([`Peeks::index`]) a character that must still come on the first way
    /// and need not on the second; 0 if there is none.
    pub(crate) first_needs: Option<Box<[u8]>>,
    /// Where its ways begin in [`Program::ways`].
    pub(crate) ways: u32,
}

/// The head of a loop that counts.
#[derive(Clone, Debug)]
pub(crate) struct Count {
    pub(crate) register: u32,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) lazy: bool,
}

/// A look-around.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) back: u32,
    pub(crate) negated: bool,
    pub(crate) body: Pc,
}

/// A set of characters, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    /// For each byte whether it is an ASCII character of the set.
    ascii: Box<[bool; 256]>,
    /// The same once more, to be compared with others.
    pub(crate) inside: Ascii,
    pub(crate) class: Class,
}

/// A set of ASCII characters as two words: on the hot path faster to ask than one of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ascii([u64; 2]);

impl Ascii {
    pub(crate) const fn new(bits: u128) -> Self {
        let (low, high) = (bits & u64::MAX as u128, bits >> 64);
        #[expect(clippy::cast_possible_truncation, reason = "each is half of the bits")]
        Self([low as u64, high as u64])
    }

    /// Whether a byte is in the set; one beyond ASCII never is.
    #[inline(always)]
    pub(crate) fn has(self, byte: u8) -> bool {
        let word = self.0[usize::from(byte >> 6 & 1)];
        byte < 0x80 && word >> (byte & 63) & 1 == 1
    }

    pub(crate) fn bits(self) -> u128 {
        u128::from(self.0[0]) | u128::from(self.0[1]) << 64
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self([self.0[0] | other.0[0], self.0[1] | other.0[1]])
    }

    /// Whether nothing is in both.
    pub(crate) const fn is_apart_from(self, other: Self) -> bool {
        self.0[0] & other.0[0] == 0 && self.0[1] & other.0[1] == 0
    }
}

/// What is remembered of a group in the bits: 0 while it holds nothing, else which text it holds,
/// counted from 1. A group that only conditionals ask for has no texts.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) group: u32,
    pub(crate) shift: u32,
    pub(crate) mask: Bits,
    pub(crate) texts: Vec<Box<[u8]>>,
}

impl Set {
    pub(crate) fn new(class: Class) -> Self {
        let inside = class.ascii();
        let mut ascii = Box::new([false; 256]);
        for (byte, is_inside) in (0..=u8::MAX).zip(ascii.iter_mut()) {
            *is_inside = inside.contains(byte);
        }
        Self {
            ascii,
            inside: Ascii::new(inside.bits()),
            class,
        }
    }

    /// Whether a byte is an ASCII character of the set.
    #[inline(always)]
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.ascii[usize::from(byte)]
    }

    /// The length of the character at `at` if it belongs to the set, 0 if not. `text` ends where
    /// matching ends.
    #[inline(always)]
    pub(crate) fn step(&self, text: &str, at: usize) -> usize {
        match text.as_bytes().get(at) {
            None => 0,
            Some(byte) if *byte < 0x80 => usize::from(self.has(*byte)),
            Some(_) => self.step_wide(text, at),
        }
    }

    #[cold]
    fn step_wide(&self, text: &str, at: usize) -> usize {
        let next = text.get(at..).and_then(|rest| rest.chars().next());
        next.filter(|c| self.class.contains(*c))
            .map_or(0, char::len_utf8)
    }
}

impl Program {
    /// The fields that the body at `pc` can set.
    fn set_within(&self, pc: Pc) -> Bits {
        let mut set = 0;
        // A body is written without gaps, up to its end; those within it stand elsewhere.
        for inst in self.insts.iter().skip(pc as usize) {
            set |= match inst {
                Inst::Accept => break,
                Inst::Close { field, .. } => self
                    .fields
                    .get(*field as usize)
                    .map_or(0, |field| field.mask),
                Inst::Look(look) => self.set_within(look.body),
                Inst::Atomic { body } => self.set_within(*body),
                _ => 0,
            };
        }
        set
    }
}
