//! A jail begins: what the database knows is taken up, and it is decided what to read.

use f2b_core::{Input, UnixTime};
use f2b_protocol::{Exception, Reply, Value};
use f2b_source::{SourceId, Start};
use f2b_store::{JOURNAL, Position, SourceState, Store, StoreError, Stored};
use indexmap::IndexMap;

use super::jail::{Backend, FileSource, FileState, JailRuntime, JournalSource, LogFile, Sources};
use super::{Engine, native};
use crate::batch::{Batch, KernelOrder};
use crate::clock;
use crate::journal::{self, Journal, JournalStart};
use crate::log::{Level, Line};
use crate::storage;

/// What the database knows of a jail.
#[derive(Default)]
struct Known {
    bans: Vec<f2b_core::StoredBan>,
    tallies: Vec<(f2b_core::FailId, f2b_core::Tally)>,
    sources: Vec<SourceState>,
}

impl Engine {
    /// Starts a jail; one that is broken is not, and that is no error of this command.
    pub(super) fn start_jail(&mut self, jail: &str) -> Reply {
        let now = clock::now();
        let known = self.known(jail, now)?;
        let waiting = self.supplement.waiting.shift_remove(jail);
        let runtime = self.runtime(jail)?;
        if let Some(waiting) = waiting {
            if runtime.backend == Backend::Journal {
                // Only `auto` turns to the journal while it waits for a log.
                runtime.backend = Backend::Auto;
            }
            for (path, mode) in &waiting {
                match mode.as_str() {
                    "head" | "tail" => runtime.add_log(path, mode == "tail"),
                    // As for a log that is there.
                    _ => {
                        let text = format!("`{path} {mode}`: File option must be 'head' or 'tail'");
                        runtime.broken.get_or_insert(text);
                    }
                }
            }
        }
        if let Some(reason) = &runtime.broken {
            let text =
                format!("Jail '{jail}' is not started, because of wrong configuration: {reason}");
            self.around.log.error("jail", text);
            return Ok(Value::None);
        }
        if !matches!(runtime.sources, Sources::None) {
            return Ok(Value::None);
        }
        let mut batch = Batch::default();
        self.describe(jail, &mut batch);
        self.start_actions(jail, &mut batch);
        self.take_up(jail, known.bans, known.tallies, now, &mut batch);
        self.start_reading(jail, &known.sources, now, &mut batch)?;
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
            if let Err(exception) = self.read_journal(&jail, &known.sources, now, &mut batch) {
                let text = format!("[{jail}] {exception}");
                batch.lines.push(Line::new(Level::Error, "jail", text));
            }
            self.send(batch);
        }
    }

    fn known(&self, jail: &str, now: UnixTime) -> Result<Known, Exception> {
        let bantime = self
            .jails
            .get(jail)
            .ok_or_else(|| Exception::unknown_jail(jail))?
            .jail
            .settings()
            .bantime;
        let mut known = Known::default();
        let log = &self.around.log;
        if let Some(store) = self.around.database.lock().as_ref() {
            let mut read = || -> Result<(), StoreError> {
                known.bans = noted(store.stored_bans(jail, now, bantime)?, log);
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

    fn describe(&self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        let settings = runtime.jail.settings();
        let mut tell =
            |logger, text: String| batch.lines.push(Line::new(Level::Info, logger, text));
        tell("filter", format!("  maxRetry: {}", settings.maxretry));
        tell(
            "filter",
            format!("  findtime: {}", settings.findtime.whole_seconds()),
        );
        tell("actions", format!("  banTime: {}", settings.bantime));
    }

    fn start_actions(&self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        if runtime.actions.is_empty() {
            let text = format!(
                "No actions were defined for {jail}: its bans are logged and nobody is kept out"
            );
            batch.lines.push(Line::new(Level::Warning, "jail", text));
        }
        for (action, properties) in &runtime.actions {
            match native::rules(jail, properties) {
                Ok(None) => {}
                Ok(Some(rules)) => batch.kernel.push(KernelOrder::StartJail {
                    rules,
                    action: action.clone(),
                }),
                Err(error) => {
                    let text = format!("Failed to start jail '{jail}' action '{action}': {error}");
                    batch.lines.push(Line::new(Level::Error, "actions", text));
                    let mut enforcement = self.around.enforcement.lock();
                    enforcement.jails.entry(jail.to_owned()).or_default().failed =
                        Some(error.to_string());
                }
            }
        }
    }

    fn take_up(
        &mut self,
        jail: &str,
        bans: Vec<f2b_core::StoredBan>,
        tallies: Vec<(f2b_core::FailId, f2b_core::Tally)>,
        now: UnixTime,
        batch: &mut Batch,
    ) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let recalls = tallies
            .into_iter()
            .map(|(id, tally)| Input::Recall(id, tally));
        for input in recalls.chain(bans.into_iter().map(Input::Restore)) {
            let effects = runtime.jail.on(input, now);
            runtime.carry_out(effects, &self.around, batch);
        }
    }

    fn start_reading(
        &mut self,
        jail: &str,
        known: &[SourceState],
        now: UnixTime,
        batch: &mut Batch,
    ) -> Result<(), Exception> {
        let patterns = self.supplement.patterns.shift_remove(jail);
        for (pattern, _) in patterns.unwrap_or_default() {
            let text = format!(
                "Jail '{jail}': files that come to fit '{pattern}' later are read after the next start only"
            );
            batch.lines.push(Line::new(Level::Info, "jail", text));
        }
        let runtime = self.runtime(jail)?;
        let file_is_there = runtime.logs.iter().any(|log| log.path.exists());
        let use_journal = match runtime.backend {
            Backend::Journal => true,
            Backend::Files => false,
            Backend::Auto => !file_is_there && !runtime.matches.is_empty() && journal::is_there(),
        };
        if use_journal {
            return self.read_journal(jail, known, now, batch);
        }
        if runtime.logs.is_empty() {
            let text = format!("Jail '{jail}' has nothing to read: it has no logpath");
            batch.lines.push(Line::new(Level::Warning, "jail", text));
        } else if !file_is_there {
            let text = format!("Have not found any log file for '{jail}' jail. It waits for one");
            batch.lines.push(Line::new(Level::Warning, "jail", text));
        }
        self.read_files(jail, known, batch);
        Ok(())
    }

    fn read_files(&mut self, jail: &str, known: &[SourceState], batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        for text in [
            format!("Jail '{jail}' uses pyinotify {{}}"),
            "Initiated 'pyinotify' backend".to_owned(),
        ] {
            batch.lines.push(Line::new(Level::Info, "jail", text));
        }
        let mut files = IndexMap::new();
        for log in &runtime.logs {
            let id = SourceId(self.next_source);
            self.next_source += 1;
            let start = start_of(log, known);
            let (offset, hash) = match &start {
                Start::At(position) => (
                    position.offset,
                    position.first_line.map(|line| line.to_string()),
                ),
                Start::Head | Start::Tail => (0, None),
            };
            let hash = hash.unwrap_or_default();
            let is_there = log.path.exists();
            if is_there {
                let path = log.path.display();
                let text = format!("Added logfile: '{path}' (pos = {offset}, hash = {hash})");
                batch.lines.push(Line::new(Level::Info, "filter", text));
            }
            let file = FileSource {
                path: log.path.clone(),
                in_operation: matches!(start, Start::Tail),
                state: if is_there {
                    FileState::Reading
                } else {
                    FileState::Missing
                },
                unsaved: None,
                is_recorded: matches!(start, Start::At(_)),
            };
            files.insert(id, file);
            self.readers.insert(id, jail.to_owned());
            self.around.reader.watch(id, log.path.clone(), start);
        }
        runtime.sources = Sources::Files(files);
    }

    fn read_journal(
        &mut self,
        jail: &str,
        known: &[SourceState],
        now: UnixTime,
        batch: &mut Batch,
    ) -> Result<(), Exception> {
        let events = self.around.events.clone();
        let runtime = self.runtime(jail)?;
        let oldest = now.minus(runtime.jail.settings().findtime);
        let start = journal_start(known, oldest);
        let journal = Journal::read(jail.to_owned(), &runtime.matches, start, events)
            .map_err(|error| Exception::general(format!("the journal cannot be read: {error}")))?;
        let source = JournalSource {
            _journal: journal,
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
        for group in &runtime.matches {
            let text = format!("[{jail}] Added journal match for: '{}'", group.join(" "));
            batch
                .lines
                .push(Line::new(Level::Info, "filtersystemd", text));
        }
        if let Sources::Files(files) = before {
            for id in files.keys() {
                self.readers.swap_remove(id);
                self.around.reader.forget(*id);
            }
        }
        Ok(())
    }
}

/// Where to begin with a log file: where an earlier run stopped, unless only new lines are wanted.
fn start_of(log: &LogFile, known: &[SourceState]) -> Start {
    if log.tail {
        return Start::Tail;
    }
    let path = log.path.display().to_string();
    let position = known
        .iter()
        .find(|state| *state.source == *path)
        .map(|state| &state.position);
    match position {
        Some(Position::File(position)) => Start::At(f2b_source::Position {
            device: position.device,
            inode: position.inode,
            offset: position.offset,
            first_line: position
                .first_line
                .as_deref()
                .and_then(|text| text.parse().ok()),
            earlier: position
                .earlier
                .as_ref()
                .map(|earlier| f2b_source::Earlier {
                    device: earlier.device,
                    inode: earlier.inode,
                    offset: earlier.offset,
                    first_line: earlier
                        .first_line
                        .as_deref()
                        .and_then(|text| text.parse().ok()),
                }),
        }),
        _ => Start::Head,
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

fn noted<T>(stored: Stored<T>, log: &crate::log::Log) -> Vec<T> {
    stored
        .notes
        .iter()
        .for_each(|note| storage::write_note(log, note));
    stored.entries
}
