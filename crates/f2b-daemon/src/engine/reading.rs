//! What a jail reads: begun, changed while it runs, paused, ended. A place once reached is not left: no
//! line is read twice or passed over.

mod journal;

use f2b_source::{How, Newline, SourceId, Start};
use f2b_store::{Position, SourceState};
use indexmap::IndexMap;

use super::jail::{Backend, FileSource, FileState, JailRuntime, LogFile, Sources};
use super::{Engine, file_state, journal_state};
use crate::batch::Batch;
use crate::journal::is_there as has_journal;
use crate::log::{Level, Line};

impl Engine {
    /// Decides where a jail that starts reads, and begins; `known` is how far it was read before.
    pub(super) fn begin_reading(&mut self, jail: &str, known: &[SourceState], batch: &mut Batch) {
        let patterns = self.supplement.patterns.shift_remove(jail);
        for (pattern, _) in patterns.unwrap_or_default() {
            let text = format!(
                "Jail '{jail}': files that come to fit '{pattern}' later are read after the next start only"
            );
            batch.lines.push(Line::new(Level::Info, "jail", text));
        }
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let file_is_there = runtime.logs.iter().any(|log| log.path.exists());
        let use_journal = match runtime.backend {
            Backend::Journal => true,
            Backend::Files => false,
            Backend::Auto => !file_is_there && !runtime.matches.is_empty() && has_journal(),
        };
        if use_journal {
            return self.read_journal(jail, known, batch);
        }
        if runtime.logs.is_empty() {
            let text = format!("Jail '{jail}' has nothing to read: it has no logpath");
            batch.lines.push(Line::new(Level::Warning, "jail", text));
        } else if !file_is_there {
            let text = format!("Have not found any log file for '{jail}' jail. It waits for one");
            batch.lines.push(Line::new(Level::Warning, "jail", text));
        }
        for text in [
            format!("Jail '{jail}' uses {} {{}}", runtime.poller_name()),
            format!("Initiated '{}' backend", runtime.backend_name()),
        ] {
            batch.lines.push(Line::new(Level::Info, "jail", text));
        }
        runtime.sources = Sources::Files(IndexMap::new());
        self.follow_logs(jail, known, batch);
    }

    /// Lets what a running jail reads follow what it was told meanwhile.
    pub(super) fn follow_sources(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        match &runtime.sources {
            Sources::None => {}
            Sources::Journal(_) => self.follow_journal(jail, batch),
            Sources::Files(_) => {
                let known = self.places_on_disk(jail);
                self.follow_logs(jail, &known, batch);
            }
        }
    }

    /// How far the sources of a jail were read, as the database knows it.
    pub(super) fn places_on_disk(&self, jail: &str) -> Vec<SourceState> {
        let known = match self.around.database.lock().as_ref() {
            Some(store) => store.source_states(jail).map(|known| known.entries),
            None => Ok(Vec::new()),
        };
        // A database that cannot be read is no reason not to read the log.
        known.unwrap_or_default()
    }

    /// Begins to read logs that are new, ends with those that are no more, and rests if it shall.
    fn follow_logs(&mut self, jail: &str, known: &[SourceState], batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let newline = Newline::from(runtime.encoding);
        let how = How {
            newline,
            ..How::default()
        };
        let Sources::Files(files) = &mut runtime.sources else {
            return;
        };
        for (id, file) in std::mem::take(files) {
            let log = runtime.logs.iter().find(|log| log.path == file.path);
            let is_same = file.is_watched != runtime.is_idle && file.newline == newline;
            if log.is_some() && is_same {
                files.insert(id, file);
                continue;
            }
            self.readers.swap_remove(&id);
            if file.is_watched {
                self.around.reader.forget(id);
            }
            if log.is_none() {
                batch.lines.extend(removed(&file));
                if let Some(position) = file.reached {
                    runtime.left_unsaved.insert(file.path.clone(), position);
                    runtime.left.insert(file.path, position);
                }
                continue;
            }
            // News of the old number may still be on their way: what is read again has another.
            let id = SourceId(self.next_source);
            self.next_source += 1;
            let file = FileSource {
                newline,
                is_watched: !runtime.is_idle,
                ..file
            };
            if file.is_watched {
                let start = file.reached.map_or_else(|| file.start, Start::At);
                self.readers.insert(id, jail.to_owned());
                self.around.reader.watch(id, file.path.clone(), start, how);
            }
            files.insert(id, file);
        }
        for log in &runtime.logs {
            if files.values().any(|file| file.path == log.path) {
                continue;
            }
            let id = SourceId(self.next_source);
            self.next_source += 1;
            let start = match runtime.left.shift_remove(&log.path) {
                Some(position) if !log.tail => Start::At(position),
                _ => start_of(log, known),
            };
            let file = FileSource::new(log.path.clone(), start, newline, !runtime.is_idle);
            batch.lines.extend(added(&file, &start));
            if file.is_watched {
                self.readers.insert(id, jail.to_owned());
                self.around.reader.watch(id, log.path.clone(), start, how);
            }
            files.insert(id, file);
        }
        self.settle(jail, batch);
    }

    /// Ends all reading of a jail; how far it came is recorded.
    pub(super) fn end_reading(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        runtime.save_positions(batch);
        match std::mem::replace(&mut runtime.sources, Sources::None) {
            Sources::None => {}
            Sources::Journal(source) => {
                self.readers.swap_remove(&source.id);
            }
            Sources::Files(files) => {
                for (id, file) in files {
                    self.readers.swap_remove(&id);
                    self.around.reader.forget(id);
                    batch.lines.extend(removed(&file));
                }
            }
        }
    }
}

impl JailRuntime {
    /// Puts the positions that were reached without a decision into a batch.
    pub(super) fn save_positions(&mut self, batch: &mut Batch) {
        if self.is_parking {
            return;
        }
        let jail = self.name.clone();
        let transaction = &mut batch.transaction;
        for (path, position) in self.left_unsaved.drain(..) {
            transaction.record_position(&jail, file_state(&path, position));
        }
        for file in self.sources.files_mut() {
            if let Some(position) = file.unsaved.take() {
                transaction.record_position(&jail, file_state(&file.path, position));
            }
        }
        let journal = self.sources.journal_mut();
        if let Some(position) = journal.and_then(|journal| journal.unsaved.take()) {
            transaction.record_position(&jail, journal_state(position));
        }
    }
}

/// As the original words it; a file that is waited for is worth no word.
fn added(file: &FileSource, start: &Start) -> Option<Line> {
    if file.state == FileState::Missing {
        return None;
    }
    let (offset, hash) = match start {
        Start::At(position) => (position.offset, position.first_line),
        Start::Head | Start::Tail => (0, None),
    };
    let hash = hash.map_or_else(String::new, |line| line.to_string());
    let path = file.path.display();
    let text = format!("Added logfile: '{path}' (pos = {offset}, hash = {hash})");
    Some(Line::new(Level::Info, "filter", text))
}

fn removed(file: &FileSource) -> Option<Line> {
    let text = format!("Removed logfile: '{}'", file.path.display());
    let is_read = file.state != FileState::Missing;
    is_read.then(|| Line::new(Level::Info, "filter", text))
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
