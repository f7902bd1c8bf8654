//! States of bodies that are known to lead to the end of their body.
//!
//! The main program stops at its first success. A body is run again, from other places, and the states
//! on its winning way have to be told from those that failed; with the end they lead to and what the
//! groups then hold.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::memo::Key;
use super::runs::InRun;
use super::{Machine, NOWHERE};
use crate::program::{Bits, NO_END};

/// A stretch of states on the way that is being tried.
#[derive(Clone, Debug)]
pub(super) struct Path {
    memo: u32,
    from: usize,
    to: usize,
    /// The bits at `from`, and those further on.
    bits: (Bits, Bits),
    /// How long the trail was.
    trail: usize,
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Proven {
    of: HashMap<Key, u32>,
    proofs: Vec<Proof>,
    /// What groups hold at the end of a body, one proof after the other.
    changes: Vec<(u32, usize)>,
    /// For each slot the last body that noted a change of it.
    changed: Vec<u32>,
    body: u32,
}

#[derive(Clone, Copy, Debug)]
struct Proof {
    end: usize,
    bits: Bits,
    /// Where its changes begin and end.
    changes: (usize, usize),
}

impl Proven {
    pub(super) fn clear(&mut self) {
        if !self.proofs.is_empty() {
            self.of.clear();
            self.proofs.clear();
            self.changes.clear();
        }
    }

    /// Forgets all if it takes the room of more than `kept` entries.
    pub(super) fn shrink(&mut self, kept: usize) {
        if self.of.capacity() > kept || self.changes.capacity() > kept {
            *self = Self::default();
        }
    }

    /// Begins the changes of another body.
    fn begin_changes(&mut self, slots: usize) {
        self.body = self.body.wrapping_add(1);
        if self.body == 0 || self.changed.len() < slots {
            self.changed.clear();
            self.changed.resize(slots, 0);
            self.body = 1;
        }
    }

    /// Notes a change; `false` if the slot has one already.
    fn is_first_change(&mut self, slot: u32) -> bool {
        let changed = self.changed.get_mut(slot as usize);
        changed.is_some_and(|changed| std::mem::replace(changed, self.body) != self.body)
    }
}

impl<'p> Machine<'p> {
    /// Notes that the way goes through these states, all with the same bits.
    pub(super) fn walk(&mut self, memo: u32, places: RangeInclusive<usize>, bits: Bits) {
        self.push(memo, places, (bits, bits));
    }

    /// Notes that the way goes through a run from `from` to `at`, which it leaves there. One without end
    /// goes through each place.
    pub(super) fn walk_run(&mut self, here: InRun<'p>, from: usize, at: usize) {
        let from = if here.run.max == NO_END { from } else { at };
        let bits = (self.bits_at(here, from), here.bits & !self.program.loops);
        self.push(here.run.memo, from..=at, bits);
    }

    fn push(&mut self, memo: u32, places: RangeInclusive<usize>, bits: (Bits, Bits)) {
        let trail = self.memory.trail.len();
        let (from, to) = places.into_inner();
        self.memory.path.push(Path {
            memo,
            from,
            to,
            bits,
            trail,
        });
    }

    /// If the state is known to lead to the end of its body: sets the groups, returns the end.
    pub(super) fn take_proof(&mut self, key: Key) -> Option<(usize, Bits)> {
        let proof = *self.memory.proven.of.get(&key)?;
        let proof = *self.memory.proven.proofs.get(proof as usize)?;
        for index in proof.changes.0..proof.changes.1 {
            if let Some((slot, value)) = self.memory.proven.changes.get(index).copied() {
                self.set(slot, value);
            }
        }
        Some((proof.end, proof.bits))
    }

    /// Notes that every state of the way since `base` leads to the end of the body at `at`.
    ///
    /// What a state adds to the groups is the end of the trail from it on, so that all share one list.
    pub(super) fn prove(&mut self, base: usize, at: usize, bits: Bits) {
        let memory = &mut *self.memory;
        let proven = &mut memory.proven;
        let begin = proven.changes.len();
        proven.begin_changes(memory.slots.len());
        let mut seen = memory.trail.len();
        let mut shared = None;
        for path in memory.path.drain(base..).rev() {
            for (slot, _) in memory.trail.get(path.trail..seen).into_iter().flatten() {
                memory.steps += 1;
                if proven.is_first_change(*slot) {
                    let value = memory.slots.get(*slot as usize).copied();
                    proven.changes.push((*slot, value.unwrap_or(NOWHERE)));
                    shared = None;
                }
            }
            seen = seen.min(path.trail);
            let proof = *shared.get_or_insert_with(|| {
                proven.proofs.push(Proof {
                    end: at,
                    bits,
                    changes: (begin, proven.changes.len()),
                });
                super::length(proven.proofs.len() - 1)
            });
            memory.steps += (path.to - path.from) as u64;
            for place in path.from..=path.to {
                let bits = if place == path.from {
                    path.bits.0
                } else {
                    path.bits.1
                };
                let key = memory.memo.key(path.memo, place, bits);
                memory.memo.try_first(key);
                proven.of.entry(key).or_insert(proof);
            }
        }
    }
}
