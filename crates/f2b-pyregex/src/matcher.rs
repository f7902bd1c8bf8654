//! The matcher of our own: CPython's order of trying, at first without, then with a memory of what failed.
//!
//! Nearly every search is over before it would be worth to remember anything; so it is made under a small
//! budget of steps, and only if that is used up made anew, with a memory.
//!
//! Then a state that is tried a second time has failed the first time, or, inside a body, is known to lead
//! to its end ([`proven`]). So each state costs once, and there are as many as the program has
//! remembered instructions times the length of the text times the values of the bits. No state can be
//! reached again while it is being tried: something was consumed in between, or the bits differ.
//!
//! Long because the instructions belong side by side.
#![expect(
    clippy::indexing_slicing,
    reason = "places in the program come from the compiler, slots are sized by it; a place in the text never passes its end"
)]

mod memo;
mod place;
mod proven;
mod runs;
mod state;
mod stretches;

use crate::OverBudget;
use crate::program::{ASK, BOTH, Bits, FAIL, Inst, NO_END, Pc, Program};
use memo::Memo;
use proven::{Path, Proven};
use runs::{Entered, InRun};
use state::{Again, Visit};
use stretches::Stretches;

/// A slot that holds no place.
pub(crate) const NOWHERE: usize = usize::MAX;

/// The steps that one search may make where failures cannot be remembered.
const BUDGET: u64 = 2_000_000;

/// The steps that a search makes before it remembers failures: `QUICK`, plus `QUICK_PER_BYTE` for each byte
/// of the text. Nearly every line is done by then.
const QUICK: u64 = 200;
const QUICK_PER_BYTE: u64 = 8;

/// The entries of each list that are kept from one search to the next.
const ENTRIES_KEPT: usize = 1 << 16;

/// The memory of a search, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) slots: Vec<usize>,
    stack: Vec<Frame>,
    trail: Vec<(u32, usize)>,
    path: Vec<Path>,
    memo: Memo,
    proven: Proven,
    stretches: Stretches,
    /// Where some characters last stand in the text, as far as that was asked.
    lasts: Vec<(u8, Option<usize>)>,
    pub(crate) steps: u64,
}

/// A way that is left to try.
#[derive(Clone, Copy, Debug)]
struct Frame {
    pc: Pc,
    at: usize,
    bits: Bits,
    /// How much of the trail stays.
    trail: u32,
    /// How much of the path stays.
    path: u32,
    kind: FrameKind,
}

#[derive(Clone, Copy, Debug)]
enum FrameKind {
    /// Go on there.
    Go,
    /// A greedy run that may give back: the run began at `entry`, gives back down to `low`.
    Greedy { entry: usize, low: usize },
    /// A lazy run that may take `left` more.
    Lazy { entry: usize, left: u32 },
}

struct Machine<'a> {
    program: &'a Program,
    /// Ends where matching ends.
    text: &'a str,
    memory: &'a mut Memory,
    bounded: bool,
    budget: u64,
}

type Ended = Option<(usize, Bits)>;

/// Finds the first match of `program` in `text` that begins at `from` or after; the slots of `memory`
/// then hold it. Failures are remembered when the search turns out to be long, or with `remembers` at once.
pub(crate) fn search(
    program: &Program,
    text: &str,
    from: usize,
    memory: &mut Memory,
    remembers: bool,
) -> Result<bool, OverBudget> {
    memory.steps = 0;
    let mut machine = Machine {
        program,
        text,
        memory,
        bounded: false,
        budget: if program.bounded {
            QUICK + QUICK_PER_BYTE * text.len() as u64
        } else {
            BUDGET
        },
    };
    if !(remembers && program.bounded) {
        machine.memory.begin(program);
        let found = machine.search(from);
        if found.is_ok() || !program.bounded {
            machine.memory.shrink();
            return found;
        }
    }
    machine.memory.begin(program);
    machine.bounded = machine.memory.memo.begin(program, text.len());
    machine.budget = if machine.bounded { u64::MAX } else { BUDGET };
    let found = machine.search(from);
    machine.memory.shrink();
    found
}

impl Memory {
    /// Forgets the last search.
    fn begin(&mut self, program: &Program) {
        self.slots.clear();
        let slots = program.slots + program.registers;
        self.slots.resize(slots, NOWHERE);
        self.stack.clear();
        self.trail.clear();
        self.path.clear();
        self.lasts.clear();
        self.stretches.clear();
        self.proven.clear();
    }

    /// Gives memory back after an unusually long text; what was found stays.
    fn shrink(&mut self) {
        self.memo.shrink();
        self.proven.shrink(ENTRIES_KEPT);
        if self.stack.capacity() > ENTRIES_KEPT {
            self.stack = Vec::new();
        }
        if self.trail.capacity() > ENTRIES_KEPT {
            self.trail = Vec::new();
        }
        if self.path.capacity() > ENTRIES_KEPT {
            self.path = Vec::new();
        }
    }
}

impl Machine<'_> {
    fn search(&mut self, from: usize) -> Result<bool, OverBudget> {
        let bytes = self.text.as_bytes();
        let last = if self.program.anchored {
            0
        } else {
            bytes.len()
        };
        let mut start = from;
        while start <= last {
            if self.program.first.allow(bytes, start, 0)
                && self.run::<false>(0, start, 0)?.is_some()
            {
                return Ok(true);
            }
            self.memory.steps += 1;
            start = place::next(bytes, start);
        }
        Ok(false)
    }

    /// Runs from a state to the end of the program or body, or until there is no other way left.
    fn run<const BODY: bool>(
        &mut self,
        mut pc: Pc,
        mut at: usize,
        mut bits: Bits,
    ) -> Result<Ended, OverBudget> {
        let program = self.program;
        let text = self.text;
        let bytes = text.as_bytes();
        let keep = !program.loops;
        let base = self.memory.stack.len();
        let base_path = self.memory.path.len();
        let base_trail = self.memory.trail.len();
        'step: loop {
            self.memory.steps += 1;
            let failed: bool = 'fail: {
                match &program.insts[pc as usize] {
                    Inst::Byte(byte) => {
                        if bytes.get(at) != Some(byte) {
                            break 'fail true;
                        }
                        at += 1;
                        bits &= keep;
                        pc += 1;
                    }
                    Inst::Text { start, len } => {
                        let (start, len) = (*start as usize, *len as usize);
                        let wanted = &program.texts[start..start + len];
                        if bytes.get(at..at + len) != Some(wanted) {
                            break 'fail true;
                        }
                        at += len;
                        bits &= keep;
                        pc += 1;
                    }
                    Inst::Set(set) => {
                        let width = program.sets[*set as usize].step(text, at);
                        if width == 0 {
                            break 'fail true;
                        }
                        at += width;
                        bits &= keep;
                        pc += 1;
                    }
                    Inst::Run(run) => {
                        if !self.bounded {
                            match program.ways.of(run.ways, bytes, at) {
                                ASK => {}
                                FAIL => break 'fail true,
                                way => {
                                    pc = Pc::from(way);
                                    continue 'step;
                                }
                            }
                        }
                        let here = InRun {
                            run,
                            pc,
                            entry: at,
                            bits,
                        };
                        match self.enter_run::<BODY>(here) {
                            Entered::Failed => break 'fail true,
                            Entered::Tail(place, now) => {
                                (at, bits) = (place, now);
                                pc += 1;
                            }
                            Entered::Proven(place, now) => {
                                return Ok(Some(self.accept::<BODY>(base, base_path, place, now)));
                            }
                        }
                    }
                    Inst::RunAll {
                        set,
                        min,
                        max,
                        memo,
                    } => {
                        let Some(end) = self.run_all(*set, *min, *max, *memo, at) else {
                            break 'fail true;
                        };
                        if end > at {
                            bits &= keep;
                        }
                        at = end;
                        pc += 1;
                    }
                    Inst::Save(slot) => {
                        self.set(*slot, at);
                        pc += 1;
                    }
                    Inst::Close { slot, field } => {
                        self.set(*slot, at);
                        let field = &program.fields[*field as usize];
                        let start = self.memory.slots[2 * field.group as usize];
                        let held = bytes.get(start..at).unwrap_or_default();
                        let index = field.texts.iter().position(|known| **known == *held);
                        let value = Bits::try_from(index.map_or(1, |index| index + 1)).unwrap_or(1);
                        bits = (bits & !field.mask) | (value << field.shift);
                        pc += 1;
                    }
                    Inst::Assert(assert) => {
                        if !place::holds(*assert, text, at) {
                            break 'fail true;
                        }
                        pc += 1;
                    }
                    Inst::Jump(to) => pc = *to,
                    Inst::Split(split) => {
                        if !self.bounded {
                            match program.ways.of(split.ways, bytes, at) {
                                ASK => {}
                                FAIL => break 'fail true,
                                BOTH => {
                                    self.later(split.second, at, bits, FrameKind::Go);
                                    pc = split.first;
                                    continue 'step;
                                }
                                way => {
                                    pc = Pc::from(way);
                                    continue 'step;
                                }
                            }
                        }
                        let first = split.peek_first.allow(bytes, at, bits)
                            && self.has_what_first_needs(split, at, bits);
                        let second = split.peek_second.allow(bytes, at, bits);
                        if !first && !second {
                            break 'fail true;
                        }
                        if split.is_loop || first && second {
                            match self.visit::<BODY>(split.memo, at, bits) {
                                Visit::New => {}
                                Visit::Failed => break 'fail true,
                                Visit::Proven(place, now) => {
                                    let ended = self.accept::<BODY>(base, base_path, place, now);
                                    return Ok(Some(ended));
                                }
                            }
                        }
                        if first && second {
                            self.later(split.second, at, bits, FrameKind::Go);
                        }
                        pc = if first { split.first } else { split.second };
                    }
                    Inst::Loop {
                        bit,
                        body,
                        exit,
                        lazy,
                        memo,
                    } => {
                        if bits & bit != 0 {
                            bits &= !bit;
                            pc = *exit;
                        } else {
                            match self.visit::<BODY>(*memo, at, bits) {
                                Visit::New => {}
                                Visit::Failed => break 'fail true,
                                Visit::Proven(place, now) => {
                                    let ended = self.accept::<BODY>(base, base_path, place, now);
                                    return Ok(Some(ended));
                                }
                            }
                            if *lazy {
                                self.later(*body, at, bits | bit, FrameKind::Go);
                                pc = *exit;
                            } else {
                                self.later(*exit, at, bits, FrameKind::Go);
                                bits |= bit;
                                pc = *body;
                            }
                        }
                    }
                    Inst::LoopEnd { bit } => {
                        bits &= !bit;
                        pc += 1;
                    }
                    Inst::CountBegin { register } => {
                        self.set(*register, 0);
                        self.set(*register + 1, NOWHERE);
                        pc += 1;
                    }
                    Inst::Count(count) => {
                        // Iterations of nothing, however many, fail nowhere.
                        self.within_budget()?;
                        let done = self.memory.slots[count.register as usize];
                        let last = self.memory.slots[count.register as usize + 1];
                        let more = count.max == NO_END || done < count.max as usize;
                        if done < count.min as usize {
                            // As CPython: what the mandatory iterations consume is not looked at.
                            self.set(count.register, done + 1);
                            let Inst::CountAgain { body, .. } = &program.insts[pc as usize + 1]
                            else {
                                break 'fail true;
                            };
                            pc = *body;
                        } else if !more || last == at {
                            pc += 2;
                        } else if count.lazy {
                            self.later(pc + 1, at, bits, FrameKind::Go);
                            pc += 2;
                        } else {
                            self.later(pc + 2, at, bits, FrameKind::Go);
                            pc += 1;
                        }
                    }
                    Inst::CountAgain { register, body } => {
                        let done = self.memory.slots[*register as usize];
                        self.set(*register, done + 1);
                        self.set(*register + 1, at);
                        pc = *body;
                    }
                    Inst::Look(look) => {
                        let Some(from) = place::back(bytes, at, look.back) else {
                            if look.negated {
                                pc += 1;
                                continue 'step;
                            }
                            break 'fail true;
                        };
                        // What is looked at again and again need fail nowhere.
                        self.within_budget()?;
                        let trail = self.memory.trail.len();
                        let ended = self.run::<true>(look.body, from, bits)?;
                        if look.negated {
                            self.unwind(trail);
                        } else if let Some((_, now)) = ended {
                            bits = (now & keep) | (bits & program.loops);
                        }
                        if ended.is_some() == look.negated {
                            break 'fail true;
                        }
                        pc += 1;
                    }
                    Inst::Atomic { body } => {
                        self.within_budget()?;
                        let Some((end, now)) = self.run::<true>(*body, at, bits)? else {
                            break 'fail true;
                        };
                        (at, bits) = (end, now);
                        pc += 1;
                    }
                    Inst::IfField { field, no } => {
                        let set = bits & program.fields[*field as usize].mask != 0;
                        pc = if set { pc + 1 } else { *no };
                    }
                    Inst::IfGroup { group, no } => {
                        pc = if self.held(*group).is_some() {
                            pc + 1
                        } else {
                            *no
                        };
                    }
                    Inst::SameField { field } => {
                        let field = &program.fields[*field as usize];
                        let value = (bits & field.mask) >> field.shift;
                        let held = usize::from(value).checked_sub(1);
                        let Some(wanted) = held.and_then(|index| field.texts.get(index)) else {
                            break 'fail true;
                        };
                        if bytes.get(at..at + wanted.len()) != Some(&**wanted) {
                            break 'fail true;
                        }
                        if !wanted.is_empty() {
                            bits &= keep;
                        }
                        at += wanted.len();
                        pc += 1;
                    }
                    Inst::SameGroup { group, case } => {
                        let end = self
                            .held(*group)
                            .and_then(|wanted| place::same(text, wanted, at, *case));
                        let Some(end) = end else {
                            break 'fail true;
                        };
                        at = end;
                        pc += 1;
                    }
                    Inst::Accept => {
                        return Ok(Some(self.accept::<BODY>(base, base_path, at, bits)));
                    }
                }
                false
            };
            if failed {
                self.within_budget()?;
                match self.again::<BODY>(base) {
                    Again::Nothing => {
                        self.unwind(base_trail);
                        self.memory.path.truncate(base_path);
                        return Ok(None);
                    }
                    Again::At(next, place, now) => (pc, at, bits) = (next, place, now),
                    Again::Proven(place, now) => {
                        return Ok(Some(self.accept::<BODY>(base, base_path, place, now)));
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn within_budget(&self) -> Result<(), OverBudget> {
        let steps = self.memory.steps;
        if steps > self.budget {
            return Err(OverBudget { steps });
        }
        Ok(())
    }

    /// Ends a run: what was left to try is forgotten.
    fn accept<const BODY: bool>(
        &mut self,
        base: usize,
        base_path: usize,
        at: usize,
        bits: Bits,
    ) -> (usize, Bits) {
        if BODY && self.bounded {
            self.prove(base_path, at, bits);
        }
        self.memory.path.truncate(base_path);
        self.memory.stack.truncate(base);
        (at, bits)
    }
}

/// The length of a list whose elements take more memory than `u32::MAX` of them could have.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
