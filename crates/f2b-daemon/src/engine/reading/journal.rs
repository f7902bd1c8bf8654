//! The journal of a jail: begun, read anew, and how far it was read.

use f2b_core::UnixTime;
use f2b_source::SourceId;
use f2b_store::{JOURNAL, JournalPosition, Position, SourceState};

use crate::batch::Batch;
use crate::clock;
use crate::engine::jail::{JailRuntime, JournalSource, Sources};
use crate::engine::{Engine, journal_state};
use crate::journal::{Journal, JournalStart};
use crate::log::{Level, Line};

impl Engine {
    /// Reads the journal from now on, and no files any more.
    pub(in crate::engine) fn read_journal(
        &mut self,
        jail: &str,
        known: &[SourceState],
        batch: &mut Batch,
    ) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let oldest = clock::now().minus(runtime.jail.settings().findtime);
        let source = JournalSource {
            id: SourceId(self.next_source),
            journal: None,
            start: journal_start(known, oldest),
            in_operation: false,
            problem: None,
            unsaved: None,
        };
        let before = std::mem::replace(&mut runtime.sources, Sources::Journal(source));
        for text in [
            format!("Jail '{jail}' uses systemd {{}}"),
            "Initiated 'systemd' backend".to_owned(),
        ] {
            batch.lines.push(Line::new(Level::Info, "jail", text));
        }
        self.forget_patterns(jail);
        if let Sources::Files(files) = before {
            for mut file in files.into_values() {
                self.feeds.end(&mut file, &self.around.reader);
            }
        }
        self.follow_journal(jail, batch);
    }

    /// Begins to read the journal where it was left, for what shall be read now.
    pub(in crate::engine) fn follow_journal(&mut self, jail: &str, batch: &mut Batch) {
        let events = self.around.events.clone();
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let Sources::Journal(source) = &mut runtime.sources else {
            return;
        };
        if source.journal.is_some() && !runtime.is_idle {
            return;
        }
        self.readers.swap_remove(&source.id);
        source.journal = None;
        if runtime.is_idle {
            return;
        }
        source.id = SourceId(self.next_source);
        self.next_source += 1;
        let (start, matches) = (source.start.clone(), &runtime.matches);
        match Journal::read(source.id, matches, start, events) {
            Ok(journal) => {
                source.journal = Some(journal);
                self.readers.insert(source.id, jail.to_owned());
            }
            Err(error) => {
                let text = format!("[{jail}] the journal cannot be read: {error}");
                source.problem = Some(error.to_string());
                batch
                    .lines
                    .push(Line::new(Level::Error, "filtersystemd", text));
            }
        }
    }
}

impl JailRuntime {
    /// Lets the journal be read anew, from where it was left, when sources follow next.
    pub(in crate::engine) fn reread_journal(&mut self) {
        if let Some(source) = self.sources.journal_mut() {
            source.journal = None;
        }
    }
}

impl Sources {
    /// Returns how far the journal was read, if it is read.
    pub(in crate::engine) fn journal_state(&self) -> Option<SourceState> {
        let Self::Journal(journal) = self else {
            return None;
        };
        journal.reached().map(journal_state)
    }
}

impl JournalSource {
    /// Returns how far the journal was read, if an entry was.
    pub(in crate::engine) fn reached(&self) -> Option<JournalPosition> {
        let cursor = self.start.cursor.as_deref()?;
        Some(JournalPosition {
            cursor: Some(cursor.into()),
            time: self.start.since,
        })
    }

    /// Notes how far the journal was read.
    pub(in crate::engine) fn reach(&mut self, position: &JournalPosition) {
        self.start = JournalStart {
            cursor: position.cursor.as_deref().map(str::to_owned),
            since: position.time,
        };
    }
}

/// Where to begin with the journal: behind the last entry seen, but not before what still counts.
fn journal_start(known: &[SourceState], oldest: UnixTime) -> JournalStart {
    let position = known
        .iter()
        .find(|state| *state.source == *JOURNAL)
        .map(|state| &state.position);
    match position {
        Some(Position::Journal(position)) if position.time > oldest => JournalStart {
            cursor: position.cursor.as_deref().map(str::to_owned),
            since: position.time,
        },
        _ => JournalStart {
            cursor: None,
            since: oldest,
        },
    }
}
