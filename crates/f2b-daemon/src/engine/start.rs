//! A jail begins: what the database knows is taken up, and it is decided what to read.

use f2b_core::{Ban, Bantime, FailId, Input, StoredBan, Tally, UnixTime};
use f2b_protocol::{Exception, Reply, Value};
use f2b_store::{SourceState, Store, StoreError, Stored};

use super::ignoring::Waiting;
use super::jail::{Backend, FileSource, FileState, JailRuntime, Sources};
use super::{Engine, file_state};
use crate::batch::Batch;
use crate::clock;
use crate::journal;
use crate::log::{Level, Line};
use crate::storage;

/// How many bans are restored in one piece: as many as one transaction of the kernel takes.
const PART: usize = 16_384;

/// What is known of a jail from before.
#[derive(Default)]
pub(super) struct Known {
    bans: Vec<StoredBan>,
    tallies: Vec<(FailId, Tally)>,
    sources: Vec<SourceState>,
    /// Whose tallies are not on disk as they are here.
    held_back: Vec<FailId>,
}

impl Engine {
    /// Starts a jail with what the database knows of it.
    pub(super) fn start_jail(&mut self, jail: &str) -> Reply {
        let known = self.known(jail, clock::now())?;
        self.start_jail_with(jail, known)
    }

    /// Starts a jail; one that is broken is not, and that is no error of this command.
    pub(super) fn start_jail_with(&mut self, jail: &str, known: Known) -> Reply {
        let now = clock::now();
        let waiting = self.supplement.waiting.shift_remove(jail);
        let patterns = self.supplement.patterns.shift_remove(jail);
        let runtime = self.runtime(jail)?;
        if let Some(patterns) = patterns {
            runtime.patterns.set(patterns);
        }
        runtime.wait_for(waiting.unwrap_or_default());
        if let Some(reason) = &runtime.broken {
            let text =
                format!("Jail '{jail}' is not started, because of wrong configuration: {reason}");
            self.around.log.error("jail", text);
            return Ok(Value::None);
        }
        if runtime.is_started() {
            return Ok(Value::None);
        }
        runtime.held_back.extend(known.held_back);
        self.mark_parking(jail);
        let mut batch = Batch::default();
        self.want_past(jail);
        self.start_actions(jail, &mut batch);
        self.take_up(jail, known.bans, known.tallies, now, &mut batch);
        self.begin_reading(jail, &known.sources, &mut batch);
        let text = format!("Jail '{jail}' started");
        batch.lines.push(Line::new(Level::Info, "jail", text));
        self.send(batch);
        Ok(Value::None)
    }

    /// Turns jails that wait for a log file to the journal, once there is one.
    pub(super) fn look_for_journals(&mut self) {
        let waits = |runtime: &&JailRuntime| {
            let waiting = |file: &FileSource| file.state == FileState::Missing;
            matches!(&runtime.sources, Sources::Files(files) if files.values().all(waiting))
                && runtime.backend == Backend::Auto
                && !runtime.is_idle
                && !runtime.matches.is_empty()
        };
        let waiting: Vec<String> = self
            .jails
            .values()
            .filter(waits)
            .map(|runtime| runtime.name.clone())
            .collect();
        if waiting.is_empty() || !journal::is_there() {
            return;
        }
        for jail in waiting {
            let now = clock::now();
            let known = self.known(&jail, now).unwrap_or_default();
            let mut batch = Batch::default();
            if let Some(runtime) = self.jails.get(&jail) {
                let text = runtime.why_journal(&jail);
                batch.lines.push(Line::new(Level::Info, "jail", text));
            }
            self.read_journal(&jail, &known.sources, &mut batch);
            self.send(batch);
        }
    }

    fn known(&self, jail: &str, now: UnixTime) -> Result<Known, Exception> {
        let runtime = self.jails.get(jail);
        let runtime = runtime.ok_or_else(|| Exception::unknown_jail(jail))?;
        let longest = runtime.longest_ban();
        let mut known = Known::default();
        let log = &self.around.log;
        if let Some(store) = self.around.database.lock().as_ref() {
            let mut read = || -> Result<(), StoreError> {
                known.bans = noted(store.stored_bans(jail, now, longest)?, log);
                known.tallies = noted(store.tallies(jail)?, log);
                known.sources = noted(Store::source_states(store, jail)?, log);
                Ok(())
            };
            // A database that cannot be read is no reason not to protect.
            if let Err(error) = read() {
                log.error("database", format!("[{jail}] {}", storage::told(&error)));
            }
        }
        Ok(known)
    }

    /// The bans of a jail that the database knows.
    pub(super) fn bans_on_disk(&self, jail: &str, now: UnixTime) -> Vec<StoredBan> {
        let log = &self.around.log;
        let Some(runtime) = self.jails.get(jail) else {
            return Vec::new();
        };
        let read = match self.around.database.lock().as_ref() {
            Some(store) => store.stored_bans(jail, now, runtime.longest_ban()),
            None => return Vec::new(),
        };
        read.map(|bans| noted(bans, log)).unwrap_or_else(|error| {
            log.error("database", format!("[{jail}] {}", storage::told(&error)));
            Vec::new()
        })
    }

    fn take_up(
        &mut self,
        jail: &str,
        bans: Vec<StoredBan>,
        tallies: Vec<(FailId, Tally)>,
        now: UnixTime,
        batch: &mut Batch,
    ) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        for (id, tally) in tallies {
            let input = Input::Recall(id, tally);
            let effects = runtime.jail.on(input, now, self.past.history());
            runtime.carry_out(effects, &mut self.past, &self.around, batch);
        }
        for stored in bans {
            self.admit(jail, Waiting::Restore(stored), batch);
            // The kernel can begin with them.
            if batch.kernel.len() >= PART {
                self.send(batch.take_part());
            }
        }
        self.settle(jail, batch);
    }
}

impl Known {
    /// Takes up places of sources that were not read just now.
    pub(super) fn add_places(&mut self, of_database: Vec<SourceState>) {
        self.sources.extend(of_database);
    }
}

impl JailRuntime {
    /// Returns what a jail that begins anew in this one's place has to know.
    ///
    /// It does not come from the database: what was decided last may not be written yet.
    pub(super) fn known(&self) -> Known {
        Known {
            bans: self.jail.bans().iter().map(stored).collect(),
            tallies: self
                .jail
                .tallies()
                .iter()
                .map(|(id, tally)| (id.clone(), tally.clone()))
                .collect(),
            sources: self
                .file_places()
                .chain(self.sources.journal_state())
                .collect(),
            held_back: self.held_back.iter().cloned().collect(),
        }
    }

    /// How far its log files were read, those included that it no longer reads.
    pub(super) fn file_places(&self) -> impl Iterator<Item = SourceState> {
        let files = self.sources.files();
        let files = files.filter_map(|file| Some(file_state(&file.path, file.reached?)));
        let left = self.left.iter();
        files.chain(left.map(|(path, position)| file_state(path, *position)))
    }

    /// The longest that a ban may last.
    fn longest_ban(&self) -> Bantime {
        let settings = self.jail.settings();
        settings.increment.longest(settings.bantime)
    }

    /// Takes up logs that are not there yet, each with where reading begins.
    pub(super) fn wait_for(&mut self, logs: Vec<(String, String)>) {
        if !logs.is_empty() && self.backend == Backend::Journal {
            // Only `auto` turns to the journal while it waits for a log.
            self.backend = Backend::Auto;
        }
        for (path, mode) in logs {
            match mode.as_str() {
                "head" | "tail" => {
                    self.add_log(&path, mode == "tail");
                }
                // As for a log that is there.
                _ => {
                    let text = format!("`{path} {mode}`: File option must be 'head' or 'tail'");
                    self.broken.get_or_insert(text);
                }
            }
        }
    }
}

/// A ban as the database has it.
pub(super) fn stored(ban: &Ban) -> StoredBan {
    StoredBan {
        id: ban.id.clone(),
        time: ban.time,
        bantime: Some(ban.bantime),
        // A restored one counts itself once more.
        count: ban.count.saturating_sub(ban.restored.into()),
        failures: ban.failures,
        matches: ban.matches.clone(),
        fields: ban.fields.clone(),
    }
}

fn noted<T>(stored: Stored<T>, log: &crate::log::Log) -> Vec<T> {
    stored
        .notes
        .iter()
        .for_each(|note| storage::write_note(log, note));
    stored.entries
}
