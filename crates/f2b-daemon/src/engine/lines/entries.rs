//! Entries of the journal that came in.

use f2b_core::UnixTime;
use f2b_match::{Judged, Moment, Reader};
use f2b_source::Encoding;
use f2b_source::journal::JournalEntry;

use super::judge::Judge;
use super::panicked;
use crate::batch::Batch;
use crate::clock;
use crate::engine::jail::{JailRuntime, JournalSource};
use crate::engine::passes::Passes;
use crate::engine::{Engine, journal_state};
use crate::event::{Delivery, JournalEvent, JournalNews, Share};
use crate::journal::JournalStart;

impl Engine {
    /// Takes news of a journal.
    pub(in crate::engine) fn on_journal(&mut self, news: JournalEvent) {
        let Some(feed) = self.journals.get_mut(&news.source) else {
            // It is read anew meanwhile, or no longer.
            return;
        };
        let jails = feed.jails();
        match news.what {
            JournalNews::Entries(delivery) => {
                feed.note(&delivery);
                self.on_delivery(&delivery);
            }
            JournalNews::CaughtUp => {
                feed.has_caught_up = true;
                for jail in &jails {
                    if let Some(journal) = self.journal_of(jail) {
                        journal.in_operation = true;
                        journal.problem = None;
                    }
                }
                // What was read while nobody was to be asked may be decided now.
                for jail in &jails {
                    let mut batch = Batch::default();
                    self.reconcile(jail, &mut batch);
                    self.send(batch);
                }
            }
            JournalNews::Gone { jails, how } => {
                let text = format!(
                    "[{}] The journal no longer has the entry that was read last ({how}): reading goes on \
                     by time, and entries that were read before are left out",
                    jails.join(", ")
                );
                self.around.log.info("filtersystemd", text);
            }
            JournalNews::Trouble(reason) => {
                feed.restarts += 1;
                for jail in &jails {
                    let text = format!("[{jail}] Reading the journal was interrupted: {reason}");
                    self.around.log.warning("filtersystemd", text);
                    if let Some(journal) = self.journal_of(jail) {
                        journal.problem = Some(reason.clone());
                    }
                }
            }
        }
    }

    /// Gives each jail its entries. What one decides goes its way before the next one's turn.
    fn on_delivery(&mut self, delivery: &Delivery) {
        for share in &delivery.shares {
            let jail = share.jail.as_str();
            let Some(runtime) = self.jails.get_mut(jail) else {
                continue;
            };
            let mut batch = Batch::default();
            let judged = runtime.judge_entries(&share.of(delivery), &mut self.passes, &mut batch);
            self.take(jail, judged, &mut batch);
            if let Some(runtime) = self.jails.get_mut(jail) {
                runtime.reach_entry(&share.reached, &mut batch);
            }
            self.reconcile(jail, &mut batch);
            self.send(batch);
        }
    }

    fn journal_of(&mut self, jail: &str) -> Option<&mut JournalSource> {
        self.jails.get_mut(jail)?.sources.journal_mut()
    }
}

impl Share {
    /// Returns the entries of the jail.
    fn of<'a>(&self, delivery: &'a Delivery) -> Vec<&'a JournalEntry> {
        let numbers = self.entries.iter();
        numbers
            .filter_map(|number| delivery.entries.get(*number))
            .collect()
    }
}

impl JailRuntime {
    fn judge_entries(
        &mut self,
        entries: &[&JournalEntry],
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
    fn reach_entry(&mut self, reached: &JournalStart, batch: &mut Batch) {
        self.save_tallies(batch);
        let is_parking = self.is_parking;
        let Some(journal) = self.sources.journal_mut() else {
            return;
        };
        journal.start = *reached;
        let Some(position) = journal.reached() else {
            return;
        };
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
