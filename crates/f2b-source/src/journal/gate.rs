//! How far one jail has read a journal: what it has seen already is not shown to it again.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::{Cursor, JournalEntry};

/// How many of the last entries are remembered one by one.
const RECENT: usize = 256;

/// How much of what was read before is read again where the last entry is no longer there; in microseconds.
///
/// Journals order their entries by more than the clock, so that the clock alone is not to be relied on.
pub const OVERLAP_US: u64 = 10_000_000;

/// Lets each entry through once.
///
/// It is asked for all entries of a run of `journalctl`, in their order. Such a run begins at or before the place
/// of the gate, so that the first entry behind the place opens it.
#[derive(Clone, Debug)]
pub struct Gate {
    place: Option<Cursor>,
    /// Where to begin without a place; microseconds since the epoch.
    since_us: u64,
    /// Whether the entry of the place was found to be gone.
    is_gone: bool,
    /// The clock, as it was told last.
    now_us: u64,
    is_open: bool,
    /// The last entries that went through, oldest first.
    recent: VecDeque<Cursor>,
}

/// Where a run of `journalctl` has to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStart {
    /// At this entry, itself included.
    At(Cursor),
    /// With what was written from then on; microseconds since the epoch.
    Since(u64),
}

impl Gate {
    /// Returns a gate that lets through what comes after an entry; without one, what was written from a moment on.
    ///
    /// *Units*: microseconds since the epoch.
    #[must_use]
    pub fn new(place: Option<Cursor>, since_us: u64) -> Self {
        Self {
            place,
            since_us,
            is_gone: false,
            now_us: u64::MAX,
            is_open: false,
            recent: VecDeque::new(),
        }
    }

    /// Returns the last entry that went through.
    #[must_use]
    pub fn place(&self) -> Option<&Cursor> {
        self.place.as_ref()
    }

    /// Prepares for another run of `journalctl`; `is_gone` if it has no longer the entry of the place.
    ///
    /// *Units*: `now_us` is microseconds since the epoch.
    pub fn close(&mut self, is_gone: bool, now_us: u64) {
        self.is_open = false;
        self.is_gone = is_gone;
        self.now_us = now_us;
    }

    /// Returns where a run has to begin for this gate.
    #[must_use]
    pub fn start(&self) -> RunStart {
        match self.place {
            Some(place) if self.is_gone => {
                RunStart::Since(self.time(&place).saturating_sub(OVERLAP_US))
            }
            Some(place) => RunStart::At(place),
            None => RunStart::Since(self.since_us),
        }
    }

    /// Lets an entry through or not.
    pub fn takes(&mut self, entry: &JournalEntry) -> bool {
        if self.was_seen(entry) {
            return false;
        }
        self.is_open = true;
        self.place = Some(entry.cursor);
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(entry.cursor);
        true
    }

    fn was_seen(&self, entry: &JournalEntry) -> bool {
        let cursor = &entry.cursor;
        // The usual case first: entries of one run differ.
        if self.is_open && self.place.is_some_and(|place| follows(cursor, &place)) {
            return false;
        }
        if self.place == Some(*cursor) || self.recent.contains(cursor) {
            return true;
        }
        if self.is_open {
            return false;
        }
        let Some(place) = &self.place else {
            // The time may be that of an entry which was the last that somebody else has seen.
            return cursor.realtime_us < self.since_us || entry.realtime_us == self.since_us;
        };
        let is_behind = cursor.order(place) == Ordering::Greater;
        // A journal that was put back to an earlier state gives its numbers out once more.
        let is_later = self.is_gone && cursor.realtime_us > self.time(place);
        !(is_behind || is_later)
    }

    /// Returns the time of a place that is gone. One ahead of the clock was given by a clock that has been set
    /// back since; nothing would come up to it for as long as that.
    fn time(&self, place: &Cursor) -> u64 {
        match place.realtime_us > self.now_us {
            true => self.now_us.saturating_sub(OVERLAP_US),
            false => place.realtime_us,
        }
    }
}

/// Tells whether one entry was surely written after another.
fn follows(cursor: &Cursor, before: &Cursor) -> bool {
    let number = |cursor: &Cursor| cursor.number.map(|(id, _)| id);
    number(cursor) == number(before) && cursor.order(before) == Ordering::Greater
}

/// Returns where one run has to begin for all gates: at the earliest of their places. Without any gate it is the
/// begin of time.
#[must_use]
pub fn earliest<'a>(gates: impl IntoIterator<Item = &'a Gate>) -> RunStart {
    let mut earliest: Option<RunStart> = None;
    for gate in gates {
        let start = gate.start();
        earliest = Some(match (earliest, start) {
            (None, start) => start,
            (Some(RunStart::At(one)), RunStart::At(other)) => {
                RunStart::At(if other.order(&one) == Ordering::Less {
                    other
                } else {
                    one
                })
            }
            (Some(one), other) => RunStart::Since(time(one).min(time(other))),
        });
    }
    earliest.unwrap_or(RunStart::Since(0))
}

fn time(start: RunStart) -> u64 {
    match start {
        RunStart::At(place) => place.realtime_us.saturating_sub(OVERLAP_US),
        RunStart::Since(time) => time,
    }
}

#[cfg(test)]
mod tests;
