//! Going on, going back, and what is noted for it.

use std::ops::Range;

use memchr::memrchr;

use super::runs::{Entered, InRun};
use super::{Frame, FrameKind, Machine, NOWHERE, length, place};
use crate::program::{Bits, Inst, Pc, Split};

/// Whether a state is tried.
pub(super) enum Visit {
    New,
    Failed,
    Proven(usize, Bits),
}

/// What is left to try.
pub(super) enum Again {
    Nothing,
    At(Pc, usize, Bits),
    Proven(usize, Bits),
}

impl Machine<'_> {
    /// Takes up the last way that is left.
    pub(super) fn again<const BODY: bool>(&mut self, base: usize) -> Again {
        while self.memory.stack.len() > base {
            let Some(frame) = self.memory.stack.pop() else {
                break;
            };
            self.unwind(frame.trail as usize);
            if BODY {
                self.memory.path.truncate(frame.path as usize);
            }
            let program = self.program;
            let here = |entry| {
                let Inst::Run(run) = &program.insts[frame.pc as usize] else {
                    return None;
                };
                Some(InRun {
                    run,
                    pc: frame.pc,
                    entry,
                    bits: frame.bits,
                })
            };
            let entered = match frame.kind {
                FrameKind::Go => return Again::At(frame.pc, frame.at, frame.bits),
                FrameKind::Greedy { entry, low } => {
                    let before = place::previous(self.text.as_bytes(), frame.at);
                    here(entry)
                        .zip(before)
                        .map(|(here, before)| self.give_back::<BODY>(here, low, before))
                }
                FrameKind::Lazy { entry, left } => {
                    here(entry).map(|here| self.take_more::<BODY>(here, frame.at, left))
                }
            };
            let Some(entered) = entered else { continue };
            match entered {
                Entered::Failed => {}
                Entered::Tail(at, bits) => return Again::At(frame.pc + 1, at, bits),
                Entered::Proven(at, bits) => return Again::Proven(at, bits),
            }
        }
        Again::Nothing
    }

    pub(super) fn later(&mut self, pc: Pc, at: usize, bits: Bits, kind: FrameKind) {
        let frame = Frame {
            pc,
            at,
            bits,
            trail: length(self.memory.trail.len()),
            path: length(self.memory.path.len()),
            kind,
        };
        self.memory.stack.push(frame);
    }

    #[inline(always)]
    pub(super) fn set(&mut self, slot: u32, value: usize) {
        let held = &mut self.memory.slots[slot as usize];
        self.memory.trail.push((slot, *held));
        *held = value;
    }

    #[inline(always)]
    pub(super) fn unwind(&mut self, length: usize) {
        while self.memory.trail.len() > length {
            if let Some((slot, held)) = self.memory.trail.pop() {
                self.memory.slots[slot as usize] = held;
            }
        }
    }

    /// What a group holds, as CPython sees it: both ends noted, in order.
    pub(super) fn held(&self, group: u32) -> Option<Range<usize>> {
        let start = self.memory.slots[2 * group as usize];
        let end = self.memory.slots[2 * group as usize + 1];
        (start != NOWHERE && end != NOWHERE && start <= end).then_some(start..end)
    }

    /// Whether a character that the first way of a split cannot do without is still to come.
    ///
    /// Where it last stands is looked for once in a search, so that no text can make this dear.
    #[inline(always)]
    pub(super) fn has_what_first_needs(&mut self, split: &Split, at: usize, bits: Bits) -> bool {
        let Some(needs) = &split.first_needs else {
            return true;
        };
        let needed = needs[split.peek_first.index(bits) as usize];
        if needed == 0 {
            return true;
        }
        let known = self.memory.lasts.iter().find(|(byte, _)| *byte == needed);
        let last = match known {
            Some((_, last)) => *last,
            None => {
                let last = memrchr(needed, self.text.as_bytes());
                self.memory.lasts.push((needed, last));
                last
            }
        };
        last.is_some_and(|last| last >= at)
    }

    /// Notes that a state is tried.
    #[inline(always)]
    pub(super) fn visit<const BODY: bool>(&mut self, memo: u32, at: usize, bits: Bits) -> Visit {
        if !self.bounded {
            return Visit::New;
        }
        let key = self.memory.memo.key(memo, at, bits);
        if self.memory.memo.try_first(key) {
            if BODY {
                self.walk(memo, at..=at, bits);
            }
            return Visit::New;
        }
        if BODY && let Some((end, now)) = self.take_proof(key) {
            return Visit::Proven(end, now);
        }
        Visit::Failed
    }
}
