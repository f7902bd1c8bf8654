//! One reader for each journal, however many jails read it.
//!
//! What shall be read is told by the jails alone; what is read follows when an event has been carried out
//! ([`Engine::settle_journals`]). A jail that joins or leaves, rests, or wants other entries lets the reader begin anew at
//! the earliest place of its jails; the others are not shown again what they have seen.

use f2b_core::{Span, UnixTime};
use f2b_source::SourceId;
use f2b_source::journal::Which;
use indexmap::IndexMap;

use super::Engine;
use super::jail::Sources;
use crate::event::Delivery;
use crate::journal::{Journal, JournalReader, JournalStart};

/// A journal that is read.
#[derive(Debug)]
pub(crate) struct JournalFeed {
    which: Which,
    readers: Vec<JournalReader>,
    /// Reads for as long as it is kept; none if no thread could be started.
    journal: Option<Journal>,
    /// Whether all that was there has been read.
    pub(crate) has_caught_up: bool,
    /// When the last entry was written, by the journal's clock.
    pub(crate) last_entry: Option<UnixTime>,
    /// Whether more entries waited behind the last.
    has_more: bool,
    /// How often `journalctl` ended by itself and was started again.
    pub(crate) restarts: u64,
}

impl JournalFeed {
    /// Returns who reads.
    pub(super) fn jails(&self) -> Vec<String> {
        let readers = self.readers.iter();
        readers.map(|reader| reader.jail.clone()).collect()
    }

    /// Notes how far it was read.
    pub(super) fn note(&mut self, delivery: &Delivery) {
        if let Some(last) = delivery.entries.last() {
            let micros = i64::try_from(last.cursor.realtime_us).unwrap_or(i64::MAX);
            self.last_entry = Some(UnixTime::from_micros(micros));
        }
        self.has_more = delivery.has_more;
    }

    /// Returns how long ago the last entry was written, while there are more to read.
    pub(super) fn lag(&self, now: UnixTime) -> Option<Span> {
        let is_behind = !self.has_caught_up || self.has_more;
        let last = self.last_entry.filter(|_| is_behind)?;
        Some(now.since(last))
    }
}

impl Engine {
    /// Lets the readers of journals follow what jails want now.
    pub(super) fn settle_journals(&mut self) {
        if !std::mem::take(&mut self.journals_are_stale) {
            return;
        }
        let mut wanted: IndexMap<Which, Vec<(JournalReader, JournalStart)>> = IndexMap::new();
        let mut standing: IndexMap<Which, Option<SourceId>> = IndexMap::new();
        for runtime in self.jails.values_mut() {
            let Sources::Journal(source) = &mut runtime.sources else {
                continue;
            };
            if runtime.is_idle {
                source.feed = None;
                continue;
            }
            let reader = JournalReader {
                jail: runtime.name.clone(),
                matches: runtime.matches.clone(),
            };
            // All have to be of the same feed, else it does not stand.
            let feed = standing.entry(source.which.clone()).or_insert(source.feed);
            if *feed != source.feed {
                *feed = None;
            }
            wanted
                .entry(source.which.clone())
                .or_default()
                .push((reader, source.start));
        }
        let mut before = std::mem::take(&mut self.journals);
        for (which, jails) in wanted {
            let id = standing.get(&which).copied().flatten();
            let stands = |feed: &JournalFeed| {
                let readers = feed.readers.iter();
                feed.journal.is_some() && readers.eq(jails.iter().map(|(reader, _)| reader))
            };
            if let Some(id) = id
                && before.get(&id).is_some_and(stands)
                && let Some(feed) = before.swap_remove(&id)
            {
                self.journals.insert(id, feed);
                continue;
            }
            let mut old = before.values().filter(|feed| feed.which == which);
            let restarts = old.next().map_or(0, |feed| feed.restarts);
            // It ends before another one begins.
            before.retain(|_, feed| feed.which != which);
            self.begin_journal(which, &jails, restarts);
        }
    }

    fn begin_journal(
        &mut self,
        which: Which,
        jails: &[(JournalReader, JournalStart)],
        restarts: u64,
    ) {
        // News of the old number may still be on their way: what is read again has another.
        let id = SourceId(self.next_source);
        self.next_source += 1;
        let journal = Journal::read(id, &which, jails, self.around.events.clone());
        for (reader, _) in jails {
            let runtime = self.jails.get_mut(&reader.jail);
            let Some(source) = runtime.and_then(|runtime| runtime.sources.journal_mut()) else {
                continue;
            };
            source.feed = Some(id);
            if let Err(error) = &journal {
                let text = format!("[{}] the journal cannot be read: {error}", reader.jail);
                source.problem = Some(error.to_string());
                self.around.log.error("filtersystemd", text);
            }
        }
        let feed = JournalFeed {
            which,
            readers: jails.iter().map(|(reader, _)| reader.clone()).collect(),
            journal: journal.ok(),
            has_caught_up: false,
            last_entry: None,
            has_more: false,
            restarts,
        };
        self.journals.insert(id, feed);
    }
}
