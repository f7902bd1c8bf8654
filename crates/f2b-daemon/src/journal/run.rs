//! What one of the threads does: reads what was written, then what comes, and begins again when `journalctl` ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::Sender;
use f2b_core::UnixTime;
use f2b_source::SourceId;
use f2b_source::journal::{
    Cursor, ExportParser, Gate, JournalEntry, Matches, Terms, Which, earliest,
};

use super::child::{Part, Piece, STEP, is_readable};
use super::files::Files;
use super::{Child, JournalStart, lock};
use crate::clock;
use crate::event::{Delivery, Event, JournalEvent, JournalNews, Share};

/// How long to wait before `journalctl` is started again: doubled each time up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(60);

/// How much of the output is taken at once.
const PIECE: usize = 64 << 10;

const BY_SIGNAL: &str = "`journalctl` was ended by a signal";

/// A jail that reads.
pub(super) struct Reader {
    pub(super) jail: String,
    pub(super) matches: Matches,
    pub(super) gate: Gate,
}

/// What one of the threads knows.
pub(super) struct Following {
    pub(super) source: SourceId,
    pub(super) which: Which,
    /// The words of what any jail wants.
    pub(super) matches: Vec<String>,
    pub(super) terms: Terms,
    pub(super) readers: Vec<Reader>,
    /// Whether it was said that a place is gone.
    pub(super) has_told_gone: bool,
    pub(super) events: Sender<Event>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) child: Child,
}

/// What has become of the entry that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    There,
    /// It is gone; how that was seen.
    Gone(&'static str),
    Unknown,
}

/// Why following ended.
enum Ending {
    /// Nobody wants more.
    Stopped,
    /// All that was there has been read.
    Finished,
    /// The files are not those that were opened.
    OtherFiles,
    /// `journalctl` is gone, or is not there.
    Trouble(String),
}

impl Following {
    pub(super) fn run(&mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = self.places();
            match self.follow() {
                Ending::Stopped | Ending::Finished => return,
                Ending::OtherFiles => {}
                Ending::Trouble(reason) => {
                    pause = match self.places() == before {
                        true => (pause * 2).min(LAST_PAUSE),
                        false => FIRST_PAUSE,
                    };
                    if !self.tell(JournalNews::Trouble(reason)) || !self.rest(pause) {
                        return;
                    }
                }
            }
        }
    }

    /// Reads what is there, and then what comes.
    ///
    /// Two runs of `journalctl`: one that follows does not tell where the past ends.
    fn follow(&mut self) -> Ending {
        match self.read(Part::ThePast) {
            Ending::Finished if self.tell(JournalNews::CaughtUp) => self.read(Part::WhatComes),
            Ending::Finished => Ending::Stopped,
            ending => ending,
        }
    }

    fn read(&mut self, part: Part) -> Ending {
        // Before `journalctl` opens them: what changes meanwhile is seen.
        let mut files = Files::of(&self.which);
        if let Err(ending) = self.settle_places() {
            return ending;
        }
        let start = earliest(self.readers.iter().map(|reader| &reader.gate));
        let arguments = self.arguments(part, start);
        let mut output = match self.start(&arguments) {
            Ok(output) => output,
            Err(reason) => return Ending::Trouble(reason),
        };
        let mut parser = ExportParser::with_terms(self.terms.clone());
        let mut buffer = vec![0; PIECE];
        loop {
            let count = match self.next(&mut output, &mut buffer) {
                Piece::Bytes(count) => count,
                // Nothing is left of the old files by now.
                Piece::Nothing if files.have_changed() => return Ending::OtherFiles,
                Piece::Nothing => continue,
                Piece::End => return self.ending(part, &arguments),
                Piece::Stopped => return Ending::Stopped,
                Piece::Trouble(reason) => return Ending::Trouble(reason),
            };
            let mut entries = Vec::new();
            let parsed = parser.push(buffer.get(..count).unwrap_or_default(), |entry| {
                entries.push(entry);
            });
            let has_more = is_readable(&output, Duration::ZERO);
            if !entries.is_empty() && !self.deliver(entries, has_more) {
                return Ending::Stopped;
            }
            if let Err(error) = parsed {
                return Ending::Trouble(error.to_string());
            }
            if !has_more && files.have_changed() {
                return Ending::OtherFiles;
            }
        }
    }

    /// Hands entries to the jails; returns whether anybody still listens.
    fn deliver(&mut self, entries: Vec<JournalEntry>, has_more: bool) -> bool {
        let mut shares = Vec::new();
        for reader in &mut self.readers {
            let mut taken = Vec::new();
            let mut last = None;
            for (number, entry) in entries.iter().enumerate() {
                if reader.gate.takes(entry) {
                    last = Some(entry);
                    if reader.matches.fit(&entry.hits) {
                        taken.push(number);
                    }
                }
            }
            shares.extend(last.map(|last| Share {
                jail: reader.jail.clone(),
                entries: taken,
                reached: JournalStart {
                    cursor: Some(last.cursor),
                    since: time_of(last),
                },
            }));
        }
        self.tell(JournalNews::Entries(Delivery {
            entries,
            shares,
            has_more,
        }))
    }

    /// Finds out which places are no longer in the journal, before it is read.
    fn settle_places(&mut self) -> Result<(), Ending> {
        let mut looked: Vec<(Cursor, Place)> = Vec::new();
        let mut gone = Vec::new();
        for reader in 0..self.readers.len() {
            let gates = self.readers.get(reader).map(|reader| &reader.gate);
            let Some(place) = gates.and_then(Gate::place).copied() else {
                continue;
            };
            let known = looked.iter().find(|(known, _)| *known == place);
            let found = match known {
                Some((_, found)) => *found,
                None => self.look_for(&place)?,
            };
            looked.push((place, found));
            if let Some(reader) = self.readers.get_mut(reader) {
                let now_us = u64::try_from(clock::now().as_micros()).unwrap_or(0);
                reader.gate.close(found != Place::There, now_us);
                if let Place::Gone(how) = found {
                    gone.push((reader.jail.clone(), how));
                }
            }
        }
        let is_news = !gone.is_empty() && !self.has_told_gone;
        self.has_told_gone = !gone.is_empty();
        if let Some((_, how)) = gone.first().filter(|_| is_news) {
            let how = *how;
            let jails = gone.into_iter().map(|(jail, _)| jail).collect();
            if !self.tell(JournalNews::Gone { jails, how }) {
                return Err(Ending::Stopped);
            }
        }
        Ok(())
    }

    /// Looks whether the journal has the entry of a place.
    fn look_for(&self, place: &Cursor) -> Result<Place, Ending> {
        let arguments = self.asking(place);
        let mut output = self.start(&arguments).map_err(Ending::Trouble)?;
        let mut parser = ExportParser::new();
        let mut buffer = vec![0; PIECE];
        let mut found = None;
        loop {
            let count = match self.next(&mut output, &mut buffer) {
                Piece::Bytes(count) => count,
                Piece::Nothing => continue,
                Piece::End => break,
                Piece::Stopped => return Err(Ending::Stopped),
                Piece::Trouble(reason) => return Err(Ending::Trouble(reason)),
            };
            let parsed = parser.push(buffer.get(..count).unwrap_or_default(), |entry| {
                found.get_or_insert(entry.cursor);
            });
            parsed.map_err(|error| Ending::Trouble(error.to_string()))?;
        }
        let Some(mut follower) = lock(&self.child).take() else {
            return Err(Ending::Stopped);
        };
        let Some(code) = follower.code() else {
            return Err(Ending::Trouble(BY_SIGNAL.to_owned()));
        };
        Ok(match found {
            Some(found) if found == *place => Place::There,
            Some(_) => Place::Gone("another one is in its place"),
            None if code == 0 => Place::Gone("nothing follows it"),
            // One that cannot read at all says so when it shall.
            None => Place::Unknown,
        })
    }

    /// Tells why `journalctl` ended.
    fn ending(&self, part: Part, arguments: &[String]) -> Ending {
        let Some(mut follower) = lock(&self.child).take() else {
            return Ending::Stopped;
        };
        let Some(code) = follower.code() else {
            return Ending::Trouble(BY_SIGNAL.to_owned());
        };
        if part == Part::ThePast && code == 0 {
            return Ending::Finished;
        }
        let words = arguments.join(" ");
        Ending::Trouble(format!(
            "`journalctl` ended with code {code} (hint: see what `journalctl {words}` says)"
        ))
    }

    fn places(&self) -> Vec<Option<Cursor>> {
        let gates = self.readers.iter().map(|reader| &reader.gate);
        gates.map(|gate| gate.place().copied()).collect()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Returns whether anybody still listens.
    fn tell(&self, what: JournalNews) -> bool {
        let source = self.source;
        self.events
            .send(Event::Journal(JournalEvent { source, what }))
            .is_ok()
    }

    /// Waits, not for longer than the journal is as it was; returns whether to go on.
    fn rest(&self, pause: Duration) -> bool {
        let mut files = Files::of(&self.which);
        let steps = pause.as_millis() / STEP.as_millis();
        for _ in 0..steps {
            if self.is_stopped() {
                return false;
            }
            if files.have_changed() {
                break;
            }
            std::thread::sleep(STEP);
        }
        true
    }
}

fn time_of(entry: &JournalEntry) -> UnixTime {
    UnixTime::from_micros(i64::try_from(entry.realtime_us).unwrap_or(i64::MAX))
}
