//! Entries of the journal that came in.

use f2b_core::UnixTime;
use f2b_match::{Judged, Moment, Reader};
use f2b_source::Encoding;
use f2b_source::journal::JournalEntry;
use f2b_store::JournalPosition;

use super::judge::Judge;
use super::panicked;
use crate::batch::Batch;
use crate::clock;
use crate::engine::jail::JailRuntime;
use crate::engine::passes::Passes;
use crate::engine::{Engine, journal_state};
use crate::event::{JournalEvent, JournalNews};
use crate::log::{Level, Line};

impl Engine {
    /// Takes news of a journal.
    pub(in crate::engine) fn on_journal(&mut self, news: JournalEvent) {
        let Some(jail) = self.readers.get(&news.source).cloned() else {
            // It is read anew meanwhile, or no longer.
            return;
        };
        let Some(runtime) = self.jails.get_mut(&jail) else {
            return;
        };
        let mut batch = Batch::default();
        match news.what {
            JournalNews::Entries(entries) => {
                let judged = runtime.judge_entries(&entries, &mut self.passes, &mut batch);
                self.take(&jail, judged, &mut batch);
                if let Some(runtime) = self.jails.get_mut(&jail) {
                    runtime.reach_entry(entries.last(), &mut batch);
                }
            }
            JournalNews::CaughtUp => {
                if let Some(journal) = runtime.sources.journal_mut() {
                    journal.in_operation = true;
                    journal.problem = None;
                }
            }
            JournalNews::Trouble(reason) => {
                let text = format!(
                    "[{}] Reading the journal was interrupted: {reason}",
                    runtime.name
                );
                batch
                    .lines
                    .push(Line::new(Level::Warning, "filtersystemd", text));
                if let Some(journal) = runtime.sources.journal_mut() {
                    journal.problem = Some(reason);
                }
            }
        }
        self.reconcile(&jail, &mut batch);
        self.send(batch);
    }
}

impl JailRuntime {
    fn judge_entries(
        &mut self,
        entries: &[JournalEntry],
        passes: &mut Passes,
        batch: &mut Batch,
    ) -> Vec<Judged> {
        let findtime = self.jail.settings().findtime;
        let Some(journal) = self.sources.journal_mut() else {
            return Vec::new();
        };
        journal.problem = None;
        let moment = Moment {
            now: clock::now(),
            findtime,
            in_operation: journal.in_operation,
        };
        let reader = Reader {
            filter: &self.filter,
            matcher: &mut self.matcher,
            moment,
            start: 0,
        };
        let pass = passes.of(&[(self.stamp, &self.filter)]);
        // A journal has its own encoding.
        let mut judge = Judge::new(pass, vec![reader], Encoding::Utf8);
        for (number, entry) in entries.iter().enumerate() {
            self.read.lines += 1;
            if entry.is_cut {
                self.read.oversize += 1;
                continue;
            }
            judge.line(number, 0, &entry.text, Some(time_of(entry)));
        }
        for (_, number) in &judge.panicked {
            self.read.panicked += 1;
            let text = entries.get(*number).map_or(&[][..], |entry| &entry.text);
            batch.lines.push(panicked(&self.name, text));
        }
        judge.finish().into_iter().flatten().collect()
    }

    /// Notes how far the journal was read.
    fn reach_entry(&mut self, last: Option<&JournalEntry>, batch: &mut Batch) {
        self.save_tallies(batch);
        let is_parking = self.is_parking;
        let (Some(last), Some(journal)) = (last, self.sources.journal_mut()) else {
            return;
        };
        let position = JournalPosition {
            cursor: Some(last.cursor.as_str().into()),
            time: time_of(last),
        };
        journal.reach(&position);
        if is_parking || batch.transaction.is_empty() {
            journal.unsaved = Some(position);
        } else {
            journal.unsaved = None;
            batch
                .transaction
                .record_position(&self.name, journal_state(position));
        }
    }
}

fn time_of(entry: &JournalEntry) -> UnixTime {
    UnixTime::from_micros(i64::try_from(entry.realtime_us).unwrap_or(i64::MAX))
}
