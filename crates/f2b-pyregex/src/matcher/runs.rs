//! Characters of a set, as many as wanted: the loops that lines are made of.
//!
//! A run without end remembers each place that it went through: who comes there again, on whatever way,
//! finds that all that follows was tried. A run with an end remembers each place where it was left.

use super::{FrameKind, Machine, place};
use crate::program::{Bits, NO_END, Pc, Peek, Program, Run, Set};

/// What entering a run, or taking it up again, comes to.
pub(super) enum Entered {
    Failed,
    /// Go on after it.
    Tail(usize, Bits),
    /// The end of the body is known.
    Proven(usize, Bits),
}

/// How far a run without end went.
struct Walked {
    /// Where it stopped.
    at: usize,
    /// The place where it was before, if that is why.
    tried: Option<usize>,
    /// Whether it took ASCII characters only.
    is_ascii: bool,
}

/// A run in progress.
#[derive(Clone, Copy)]
pub(super) struct InRun<'p> {
    pub(super) run: &'p Run,
    pub(super) pc: Pc,
    /// Where it began, and the bits there.
    pub(super) entry: usize,
    pub(super) bits: Bits,
}

impl<'p> Machine<'p> {
    pub(super) fn enter_run<const BODY: bool>(&mut self, here: InRun<'p>) -> Entered {
        let InRun { run, entry, .. } = here;
        if !self.bounded
            && !run.lazy
            && run.guard.is_none()
            && let Some(entered) = self.enter_plain(here)
        {
            return entered;
        }
        let set = &self.program.sets[run.set as usize];
        let guard = guard(self.program, run);
        let text = self.text;
        let step = |at| one_of(set, guard, text, at);
        let mut low = entry;
        for _ in 0..run.min {
            let width = step(low);
            if width == 0 {
                return Entered::Failed;
            }
            low += width;
        }
        self.memory.steps += (low - entry) as u64;
        let endless = run.max == NO_END;
        let exits_once = run.exits_once >> run.after.index(here.bits) & 1 == 1;
        if run.lazy {
            return if endless {
                self.lazy_endless::<BODY>(here, low)
            } else {
                self.lazy::<BODY>(here, low, run.max - run.min)
            };
        }
        if endless {
            let Walked {
                at: end,
                tried,
                is_ascii,
            } = self.walk_endless(here, low, Peek::NONE);
            let mut high = end;
            if let Some(tried) = tried {
                if BODY && let Some(ended) = self.proof_at(here, low, tried) {
                    return ended;
                }
                match place::previous(text.as_bytes(), tried).filter(|_| tried > low) {
                    Some(_) if exits_once && is_ascii => return Entered::Failed,
                    Some(last) => high = last,
                    None => return Entered::Failed,
                }
            } else if exits_once && is_ascii {
                return self.leave::<BODY>(here, low, end);
            }
            return self.give_back::<BODY>(here, low, high);
        }
        let (mut high, mut is_ascii) = (low, true);
        for _ in run.min..run.max {
            let width = step(high);
            if width == 0 {
                break;
            }
            high += width;
            is_ascii &= width == 1;
        }
        self.memory.steps += (high - low) as u64;
        // What follows cannot begin anywhere within what the run took.
        if exits_once && is_ascii {
            return self.leave::<BODY>(here, low, high);
        }
        self.give_back::<BODY>(here, low, high)
    }

    /// A greedy run over ASCII where nothing is remembered, as nearly all are; `None` if it comes to another
    /// character.
    #[inline(always)]
    fn enter_plain(&mut self, here: InRun<'p>) -> Option<Entered> {
        let InRun {
            run, entry, bits, ..
        } = here;
        let bytes = self.text.as_bytes();
        let set = &self.program.sets[run.set as usize];
        let limit = bytes.len().min(entry.saturating_add(run.max as usize));
        let mut end = entry;
        while end < limit && set.has(bytes[end]) {
            end += 1;
        }
        if end < limit && !bytes[end].is_ascii() {
            return None;
        }
        self.memory.steps += (end - entry) as u64 + 1;
        let low = entry + run.min as usize;
        if end < low {
            return Some(Entered::Failed);
        }
        let after = run.after.of(bits);
        if run.exits_once >> run.after.index(bits) & 1 == 1 {
            if !after.allows(bytes, end) || !self.ends_well(run, end) {
                return Some(Entered::Failed);
            }
            return Some(Entered::Tail(end, self.bits_at(here, end)));
        }
        while !after.allows(bytes, end) || !self.ends_well(run, end) {
            if end == low {
                return Some(Entered::Failed);
            }
            end -= 1;
            self.memory.steps += 1;
        }
        if end > low {
            self.later(here.pc, end, bits, FrameKind::Greedy { entry, low });
        }
        Some(Entered::Tail(end, self.bits_at(here, end)))
    }

    /// Whether the last character of a run that ends at `at` is one that it may end with.
    #[inline(always)]
    fn ends_well(&self, run: &Run, at: usize) -> bool {
        run.last.is_none_or(|set| {
            let set = &self.program.sets[set as usize];
            place::previous(self.text.as_bytes(), at)
                .is_some_and(|last| set.step(self.text, last) != 0)
        })
    }

    /// Tries what follows a greedy run at its end only.
    #[inline(always)]
    fn leave<const BODY: bool>(&mut self, here: InRun<'p>, low: usize, at: usize) -> Entered {
        let InRun { run, bits, .. } = here;
        if !run.after.of(bits).allows(self.text.as_bytes(), at) || !self.ends_well(run, at) {
            return Entered::Failed;
        }
        // One with an end is walked again by who comes here again; that is as short as it is.
        if BODY && self.bounded && run.max == NO_END {
            self.walk_run(here, low, at);
        }
        Entered::Tail(at, self.bits_at(here, at))
    }

    /// Tries what follows a greedy run at `from` and before it, down to `low`.
    pub(super) fn give_back<const BODY: bool>(
        &mut self,
        here: InRun<'p>,
        low: usize,
        from: usize,
    ) -> Entered {
        let InRun { run, pc, bits, .. } = here;
        let bytes = self.text.as_bytes();
        let after = run.after.of(bits);
        let remembers_ends = run.max != NO_END && self.bounded;
        let mut at = from;
        loop {
            self.memory.steps += 1;
            if after.allows(bytes, at) && self.ends_well(run, at) {
                let now = self.bits_at(here, at);
                let mut fresh = true;
                if remembers_ends {
                    let key = self.memory.memo.key(run.memo, at, now);
                    fresh = self.memory.memo.try_first(key);
                    if BODY
                        && !fresh
                        && let Some((end, now)) = self.take_proof(key)
                    {
                        return Entered::Proven(end, now);
                    }
                }
                if fresh {
                    if at > low {
                        let entry = here.entry;
                        self.later(pc, at, bits, FrameKind::Greedy { entry, low });
                    }
                    if BODY && self.bounded {
                        self.walk_run(here, low, at);
                    }
                    return Entered::Tail(at, now);
                }
            }
            if at <= low {
                return Entered::Failed;
            }
            let Some(previous) = place::previous(bytes, at) else {
                return Entered::Failed;
            };
            at = previous;
        }
    }

    /// Tries what follows a lazy run without end, at `from` or as soon after it as can be.
    fn lazy_endless<const BODY: bool>(&mut self, here: InRun<'p>, from: usize) -> Entered {
        let InRun { run, pc, bits, .. } = here;
        let after = run.after.of(bits);
        let Walked { at, tried, .. } = self.walk_endless(here, from, after);
        if let Some(tried) = tried {
            if BODY && let Some(ended) = self.proof_at(here, from, tried) {
                return ended;
            }
            return Entered::Failed;
        }
        if !after.allows(self.text.as_bytes(), at) {
            return Entered::Failed;
        }
        if BODY && self.bounded {
            self.walk_run(here, from, at);
        }
        let entry = here.entry;
        self.later(
            pc,
            at,
            bits,
            FrameKind::Lazy {
                entry,
                left: NO_END,
            },
        );
        Entered::Tail(at, self.bits_at(here, at))
    }

    /// Tries what follows a lazy run that may take `left` more, at `from` or as soon after it as can be.
    fn lazy<const BODY: bool>(&mut self, here: InRun<'p>, from: usize, left: u32) -> Entered {
        let InRun { run, pc, bits, .. } = here;
        let bytes = self.text.as_bytes();
        let after = run.after.of(bits);
        let (mut at, mut left) = (from, left);
        loop {
            self.memory.steps += 1;
            if after.allows(bytes, at) {
                let now = self.bits_at(here, at);
                let mut fresh = true;
                if self.bounded {
                    let key = self.memory.memo.key(run.memo, at, now);
                    fresh = self.memory.memo.try_first(key);
                    if BODY
                        && !fresh
                        && let Some((end, now)) = self.take_proof(key)
                    {
                        return Entered::Proven(end, now);
                    }
                }
                if fresh {
                    if left > 0 {
                        let entry = here.entry;
                        self.later(pc, at, bits, FrameKind::Lazy { entry, left });
                    }
                    if BODY && self.bounded {
                        self.walk_run(here, at, at);
                    }
                    return Entered::Tail(at, now);
                }
            }
            match self.one_more(run, at, left) {
                Some((next, remaining)) => (at, left) = (next, remaining),
                None => return Entered::Failed,
            }
        }
    }

    /// Takes up a lazy run again that was left at `at`.
    pub(super) fn take_more<const BODY: bool>(
        &mut self,
        here: InRun<'p>,
        at: usize,
        left: u32,
    ) -> Entered {
        match self.one_more(here.run, at, left) {
            Some((next, NO_END)) => self.lazy_endless::<BODY>(here, next),
            Some((next, left)) => self.lazy::<BODY>(here, next, left),
            None => Entered::Failed,
        }
    }

    fn one_more(&self, run: &Run, at: usize, left: u32) -> Option<(usize, u32)> {
        if left == 0 {
            return None;
        }
        let set = &self.program.sets[run.set as usize];
        let width = one_of(set, guard(self.program, run), self.text, at);
        let left = if left == NO_END { left } else { left - 1 };
        (width > 0).then_some((at + width, left))
    }

    pub(super) fn run_all(
        &mut self,
        set: u32,
        min: u32,
        max: u32,
        memo: u32,
        at: usize,
    ) -> Option<usize> {
        let set = &self.program.sets[set as usize];
        let mut end = at;
        let mut count = 0;
        while count < min {
            let width = set.step(self.text, end);
            if width == 0 {
                return None;
            }
            end += width;
            count += 1;
        }
        if max == NO_END {
            let known = self.memory.stretches.ahead(memo, end);
            let (begin, until) = known.unwrap_or((usize::MAX, 0));
            loop {
                if end >= begin {
                    end = until;
                    break;
                }
                let width = set.step(self.text, end);
                if width == 0 {
                    break;
                }
                end += width;
                self.memory.steps += 1;
            }
            self.memory.stretches.note(memo, at, end);
            return Some(end);
        }
        while count < max {
            let width = set.step(self.text, end);
            if width == 0 {
                break;
            }
            end += width;
            count += 1;
        }
        self.memory.steps += u64::from(count);
        Some(end)
    }

    /// Takes characters from `from` on, until there is none to take, until `stop` allows what follows, or
    /// until a place where this run was before; notes that it goes through all these places.
    fn walk_endless(&mut self, here: InRun<'p>, from: usize, stop: Peek) -> Walked {
        let InRun {
            run, entry, bits, ..
        } = here;
        let set = &self.program.sets[run.set as usize];
        let guard = guard(self.program, run);
        let text = self.text;
        let bytes = text.as_bytes();
        let take = |at| {
            if stop.allows(bytes, at) {
                0
            } else {
                one_of(set, guard, text, at)
            }
        };
        let (mut at, mut is_ascii) = (from, true);
        let is_lazy = stop != Peek::NONE;
        if !self.bounded {
            loop {
                if !is_lazy && guard.is_empty() {
                    // ASCII, all of it.
                    while bytes.get(at).is_some_and(|byte| set.has(*byte)) {
                        at += 1;
                    }
                }
                match take(at) {
                    0 => break,
                    width => {
                        at += width;
                        is_ascii &= width == 1;
                    }
                }
            }
            self.memory.steps += (at - from) as u64 + 1;
            return Walked {
                at,
                tried: None,
                is_ascii,
            };
        }
        let memo = &mut self.memory.memo;
        let mut claimed = from;
        // The first place has bits of its own if loops have theirs.
        if from == entry && bits & self.program.loops != 0 {
            if !memo.try_first(memo.key(run.memo, from, bits)) {
                return Walked {
                    at,
                    tried: Some(from),
                    is_ascii,
                };
            }
            let width = take(from);
            self.memory.steps += 1;
            if width == 0 {
                return Walked {
                    at,
                    tried: None,
                    is_ascii,
                };
            }
            at += width;
            is_ascii &= width == 1;
            claimed = at;
        }
        let first = memo.key(run.memo, 0, bits & !self.program.loops);
        // The states of a word are looked at together.
        let tried = 'walk: loop {
            let (tried, next) = memo.ahead(first + at);
            let limit = tried.unwrap_or(next) - first;
            while at < limit {
                match bytes.get(at) {
                    Some(byte) if !is_lazy && guard.is_empty() && set.has(*byte) => at += 1,
                    _ => match take(at) {
                        0 => break 'walk false,
                        width => {
                            at += width;
                            is_ascii &= width == 1;
                        }
                    },
                }
            }
            if tried.is_some() {
                break true;
            }
        };
        if !tried {
            memo.try_all(first + claimed..=first + at);
        } else if at > claimed {
            memo.try_all(first + claimed..=first + at - 1);
        }
        self.memory.steps += (at - from) as u64 + 1;
        Walked {
            at,
            tried: tried.then_some(at),
            is_ascii,
        }
    }

    /// What is known of a place where a run without end was before.
    fn proof_at(&mut self, here: InRun<'p>, from: usize, at: usize) -> Option<Entered> {
        let now = self.bits_at(here, at);
        let key = self.memory.memo.key(here.run.memo, at, now);
        let (end, now) = self.take_proof(key)?;
        if at > from {
            self.walk_run(here, from, at);
        }
        Some(Entered::Proven(end, now))
    }

    /// The bits at `at`: consuming something clears those of loops.
    #[inline(always)]
    pub(super) fn bits_at(&self, here: InRun<'p>, at: usize) -> Bits {
        if at == here.entry {
            here.bits
        } else {
            here.bits & !self.program.loops
        }
    }
}

/// The text that must not stand where a run takes a character.
fn guard<'p>(program: &'p Program, run: &Run) -> &'p [u8] {
    run.guard.map_or(&[], |(start, length)| {
        &program.texts[start as usize..(start + length) as usize]
    })
}

/// The length of the character at `at` if a run may take it, 0 if not.
#[inline(always)]
fn one_of(set: &Set, guard: &[u8], text: &str, at: usize) -> usize {
    if let Some(first) = guard.first()
        && text.as_bytes().get(at) == Some(first)
        && text.as_bytes()[at..].starts_with(guard)
    {
        return 0;
    }
    set.step(text, at)
}
