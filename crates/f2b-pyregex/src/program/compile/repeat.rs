//! Loops.

use super::{Beyond, Compiler, What, class_of, number};
use crate::ast::{Case, Kind, Literal, Mode, Node};
use crate::class::Class;
use crate::program::{BITS_MOST, Bits, Count, Inst, NO_END, Pc, Peeks, Run, UNKNOWN};

impl<'a> Compiler<'a> {
    pub(super) fn repeat(
        &mut self,
        body: &'a Node,
        min: u32,
        max: u32,
        mode: Mode,
    ) -> Result<(), Beyond> {
        if mode == Mode::Possessive
            && let Some(class) = single(body)
        {
            let (set, memo) = (self.set(class), self.memo());
            self.push(Inst::RunAll {
                set,
                min,
                max,
                memo,
            })?;
            return Ok(());
        }
        if mode != Mode::Possessive
            && let Some((guard, class)) = guarded(body)
        {
            let guard = guard.map(|text| self.place_text(text.as_bytes()));
            let (set, memo) = (self.set(class), self.memo());
            self.push(Inst::Run(Box::new(Run {
                set,
                min,
                max,
                lazy: mode == Mode::Lazy,
                memo,
                guard,
                after: Peeks::any(),
                exits_once: 0,
                last: None,
                ways: UNKNOWN,
            })))?;
            return Ok(());
        }
        if mode == Mode::Possessive {
            return self.atomic(What::Possessive { body, min, max });
        }
        self.loops(What::Node(body), min, max, mode == Mode::Lazy)
    }

    /// `[\w.-]*\w`: a run whose last character is of a smaller set; `false` if it is something else.
    ///
    /// As two instructions, each place that the run could end at would be tried.
    pub(super) fn run_to_last(&mut self, run: &Node, last: &Node) -> Result<bool, Beyond> {
        let (
            Kind::Repeat {
                body,
                min: 0,
                max: None,
                mode: Mode::Greedy,
            },
            Some(last),
        ) = (&run.kind, single(last))
        else {
            return Ok(false);
        };
        let Some(class) = single(body).filter(|class| holds(class, &last)) else {
            return Ok(false);
        };
        let (set, memo, last) = (self.set(class), self.memo(), self.set(last));
        self.push(Inst::Run(Box::new(Run {
            set,
            min: 1,
            max: NO_END,
            lazy: false,
            memo,
            guard: None,
            after: Peeks::any(),
            exits_once: 0,
            last: Some(last),
            ways: UNKNOWN,
        })))?;
        Ok(true)
    }

    pub(super) fn loops(
        &mut self,
        body: What<'a>,
        min: u32,
        max: u32,
        lazy: bool,
    ) -> Result<(), Beyond> {
        if max == 0 {
            return Ok(());
        }
        if (min, max) == (0, 1) {
            return self.optional(body, lazy);
        }
        let empty = match body {
            What::Node(node) | What::Atomic(node) => node.can_be_empty(),
            What::Possessive { body, min, .. } => min == 0 || body.can_be_empty(),
        };
        if self.program.bounded {
            self.unrolled(body, min, max, lazy, empty)
        } else if (min, max, empty) == (0, NO_END, false) {
            self.star(body, lazy)
        } else {
            self.counted(body, min, max, lazy)
        }
    }

    fn optional(&mut self, body: What<'a>, lazy: bool) -> Result<(), Beyond> {
        let split = self.split()?;
        let begin = self.here();
        self.write(body)?;
        let end = self.here();
        self.aim_lazy(split, begin, end, lazy);
        Ok(())
    }

    fn aim_lazy(&mut self, at: usize, body: Pc, exit: Pc, lazy: bool) {
        if lazy {
            self.aim(at, exit, body);
        } else {
            self.aim(at, body, exit);
        }
    }

    fn star(&mut self, body: What<'a>, lazy: bool) -> Result<(), Beyond> {
        let split = self.split()?;
        let begin = self.here();
        self.write(body)?;
        self.push(Inst::Jump(number(split)))?;
        let end = self.here();
        self.aim_lazy(split, begin, end, lazy);
        Ok(())
    }

    /// `min` times the body, then the optional part: a loop, or as many times as are left.
    fn unrolled(
        &mut self,
        body: What<'a>,
        min: u32,
        max: u32,
        lazy: bool,
        empty: bool,
    ) -> Result<(), Beyond> {
        let bit = self.open_loop(empty)?;
        for _ in 0..min {
            let begin = self.here();
            self.write(body)?;
            if self.here() == begin {
                break;
            }
        }
        let mut heads = Vec::new();
        let optional = if max == NO_END { 1 } else { max - min };
        for _ in 0..optional {
            let head = self.head(bit, lazy)?;
            heads.push(head);
            self.write(body)?;
            if max == NO_END {
                self.push(Inst::Jump(number(head)))?;
                if let Some(Inst::Split(split)) = self.program.insts.get_mut(head) {
                    split.is_loop = true;
                }
            }
        }
        let end = self.here();
        for head in heads {
            let begin = number(head + 1);
            match self.program.insts.get_mut(head) {
                Some(Inst::Loop { body, exit, .. }) => (*body, *exit) = (begin, end),
                _ => self.aim_lazy(head, begin, end, lazy),
            }
        }
        self.depth -= u32::from(empty);
        if let Some(bit) = bit
            && max != NO_END
        {
            self.push(Inst::LoopEnd { bit })?;
        }
        Ok(())
    }

    /// Takes a bit for a loop whose body can match nothing. Loops beside one another share it.
    fn open_loop(&mut self, empty: bool) -> Result<Option<Bits>, Beyond> {
        if !empty {
            return Ok(None);
        }
        let shift = self.loop_shift + self.depth;
        if shift >= BITS_MOST {
            return Err(Beyond);
        }
        self.depth += 1;
        self.program.bits = self.program.bits.max(shift + 1);
        self.program.loops |= 1 << shift;
        Ok(Some(1 << shift))
    }

    fn head(&mut self, bit: Option<Bits>, lazy: bool) -> Result<usize, Beyond> {
        let Some(bit) = bit else {
            return self.split();
        };
        let memo = self.memo();
        self.push(Inst::Loop {
            bit,
            body: 0,
            exit: 0,
            lazy,
            memo,
        })
    }

    fn counted(&mut self, body: What<'a>, min: u32, max: u32, lazy: bool) -> Result<(), Beyond> {
        // Two registers: the number of iterations and where the last optional one began.
        let register = number(self.program.slots + self.program.registers);
        self.program.registers += 2;
        self.push(Inst::CountBegin { register })?;
        let head = self.here();
        self.push(Inst::Count(Box::new(Count {
            register,
            min,
            max,
            lazy,
        })))?;
        let again = self.push(Inst::CountAgain { register, body: 0 })?;
        let leave = self.push(Inst::Jump(0))?;
        let begin = self.here();
        self.write(body)?;
        self.push(Inst::Jump(head))?;
        let end = self.here();
        if let Some(Inst::CountAgain { body, .. }) = self.program.insts.get_mut(again) {
            *body = begin;
        }
        if let Some(Inst::Jump(to)) = self.program.insts.get_mut(leave) {
            *to = end;
        }
        Ok(())
    }
}

/// The set that one character of `node` has to be in, if it is no more than a character.
///
/// As CPython: a capture group is more.
fn single(node: &Node) -> Option<Class> {
    match &node.kind {
        Kind::Literal(literal) => Some(class_of(*literal)),
        Kind::Class(class) => Some(class.clone()),
        _ => None,
    }
}

/// The set that one character of `node` has to be in, and the text that must not begin with it, if
/// that is all: `.`, `(?! from ).`.
fn guarded(node: &Node) -> Option<(Option<String>, Class)> {
    if let Some(class) = single(node) {
        return Some((None, class));
    }
    let Kind::Concat(parts) = &node.kind else {
        return None;
    };
    let [look, taken] = &**parts else {
        return None;
    };
    let Kind::Look {
        back: None,
        negated: true,
        body,
    } = &look.kind
    else {
        return None;
    };
    Some((Some(plain_text(body)?), single(taken)?))
}

/// The one text that `node` matches, if it is not empty.
fn plain_text(node: &Node) -> Option<String> {
    let exact = |node: &Node| match node.kind {
        Kind::Literal(Literal {
            char,
            case: Case::Exact,
        }) => Some(char),
        _ => None,
    };
    match &node.kind {
        Kind::Concat(parts) => parts.iter().map(exact).collect(),
        _ => exact(node).map(String::from),
    }
}

/// Whether every character of `part` is one of `class`, as far as their items show it.
fn holds(class: &Class, part: &Class) -> bool {
    let is_plain = |class: &Class| !class.negated && class.case == Case::Exact;
    is_plain(class) && is_plain(part) && part.items.iter().all(|item| class.items.contains(item))
}
