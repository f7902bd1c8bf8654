//! Which states have been tried.

use std::ops::RangeInclusive;

use crate::program::{Bits, Program};

/// A state: which instruction, with which bits, where in the text. States that differ only in their
/// place lie side by side.
pub(super) type Key = usize;

/// The most states that are remembered in one search, in 64-bit words. A longer text is matched under
/// a budget of steps.
const WORDS_MOST: usize = 32 << 20;

/// The memory that is kept from one search to the next, in words.
const WORDS_KEPT: usize = 1 << 20;

/// One bit for each state. All are clear between searches, and only those that were set are cleared,
/// so that a long text costs nothing that is not looked at.
#[derive(Debug, Default)]
pub(super) struct Memo {
    words: Vec<u64>,
    dirty: Vec<usize>,
    places: usize,
    bits: u32,
}

impl Memo {
    /// Makes room for the states of `program` in a text of `length` bytes; `false` if there are too
    /// many.
    pub(super) fn begin(&mut self, program: &Program, length: usize) -> bool {
        for index in self.dirty.drain(..) {
            if let Some(word) = self.words.get_mut(index) {
                *word = 0;
            }
        }
        self.places = length + 1;
        self.bits = program.bits;
        let Some(words) = usize::try_from(program.memos)
            .ok()
            .and_then(|memos| memos.checked_mul(self.places))
            .and_then(|states| states.checked_mul(1 << self.bits))
            .map(|states| states.div_ceil(64))
            .filter(|words| *words <= WORDS_MOST)
        else {
            return false;
        };
        if self.words.len() < words {
            self.words.resize(words, 0);
        }
        true
    }

    #[inline(always)]
    pub(super) fn key(&self, memo: u32, at: usize, bits: Bits) -> Key {
        (((memo as usize) << self.bits) | usize::from(bits)) * self.places + at
    }

    /// Notes that the state is tried; `false` if it was before.
    #[inline(always)]
    pub(super) fn try_first(&mut self, key: Key) -> bool {
        let (index, bit) = (key / 64, 1 << (key % 64));
        let word = &mut self.words[index];
        if *word & bit != 0 {
            return false;
        }
        if *word == 0 {
            self.dirty.push(index);
        }
        *word |= bit;
        true
    }

    /// Looks at some states side by side, from `key` on: returns the first of them that was tried, and
    /// the first that was not looked at.
    #[inline(always)]
    pub(super) fn ahead(&self, key: Key) -> (Option<Key>, Key) {
        let word = self.words[key / 64] >> (key % 64);
        let tried = (word != 0).then(|| key + word.trailing_zeros() as usize);
        (tried, (key / 64 + 1) * 64)
    }

    /// Notes that states side by side are tried.
    #[inline(always)]
    pub(super) fn try_all(&mut self, keys: RangeInclusive<Key>) {
        let (from, to) = keys.into_inner();
        for index in from / 64..=to / 64 {
            let mut bits: u64 = !0;
            if index == from / 64 {
                bits &= !0 << (from % 64);
            }
            if index == to / 64 {
                bits &= !0 >> (63 - to % 64);
            }
            let word = &mut self.words[index];
            if *word == 0 {
                self.dirty.push(index);
            }
            *word |= bits;
        }
    }

    /// Gives memory back after an unusually long text.
    pub(super) fn shrink(&mut self) {
        if self.words.len() > WORDS_KEPT {
            self.words = Vec::new();
            self.dirty = Vec::new();
        }
    }
}
