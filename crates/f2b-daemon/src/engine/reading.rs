//! What a jail reads: begun, changed while it runs, paused, ended. A place once reached is not left: no
//! line is read twice or passed over.

mod backend;
mod journal;
mod patterns;
mod places;

pub(crate) use backend::JournalArguments;
pub(crate) use journal::JournalSource;

use std::path::{Path, PathBuf};

use f2b_source::{FollowerId, How, Newline, SourceId, Start, Watching};
use f2b_store::SourceState;
use indexmap::{IndexMap, IndexSet};

pub(super) use self::places::Places;
use super::jail::{Backend, FileSource, FileState, JailRuntime, LogFile, Sources};
use super::{Engine, file_state, journal_state};
use crate::batch::Batch;
use crate::journal::is_there as has_journal;
use crate::log::{Level, Line};
use crate::seek::Seek;

impl Engine {
    /// Decides where a jail that starts reads, and begins; `known` is how far it was read before.
    pub(super) fn begin_reading(&mut self, jail: &str, known: &[SourceState], batch: &mut Batch) {
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
            if runtime.backend == Backend::Auto {
                let text = runtime.why_journal(jail);
                batch.lines.push(Line::new(Level::Info, "jail", text));
            }
            return self.read_journal(jail, known, batch);
        }
        if runtime.logs.is_empty() && runtime.patterns.is_empty() {
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
        batch.lines.extend(runtime.why_files());
        runtime.sources = Sources::Files(IndexMap::new());
        runtime.follower = Some(self.feeds.next_follower());
        if !runtime.patterns.is_empty() {
            runtime.places = Some(Places::new(&[], known));
            for path in runtime.patterns.missing(known) {
                runtime.logs.push(LogFile { path, tail: false });
            }
        }
        self.follow_logs(jail, known, batch);
    }

    /// Lets what a running jail reads follow what it was told meanwhile.
    pub(super) fn follow_sources(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        match &runtime.sources {
            Sources::None => {}
            Sources::Journal(_) => self.journals_are_stale = true,
            Sources::Files(_) => {
                // The disk may be behind.
                let mut known: Vec<_> = runtime.file_places().collect();
                known.extend(self.places_on_disk(jail));
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
        // Before the files: whoever reads a renamed file is then known.
        self.follow_patterns(jail);
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let (seek, how) = (runtime.seek(), runtime.how());
        let patterns = runtime.patterns.clone();
        let (Sources::Files(files), Some(follower)) = (&mut runtime.sources, runtime.follower)
        else {
            return;
        };
        let (feeds, reader) = (&mut self.feeds, &self.around.reader);
        // A jail that has read files already, and is told of them anew.
        let is_going_on = !files.is_empty();
        let wanted: IndexSet<&PathBuf> = runtime.logs.iter().map(|log| &log.path).collect();
        for (path, mut file) in std::mem::take(files) {
            if !wanted.contains(&path) {
                feeds.end(&mut file, reader);
                batch.lines.extend(removed(&file));
                if let Some(position) = file.reached {
                    runtime.left_unsaved.insert(path.clone(), position);
                    runtime.left.insert(path, position);
                }
                continue;
            }
            // Another encoding may have other line ends.
            if runtime.is_idle || !feeds.is_right(&file, how.newline) {
                feeds.end(&mut file, reader);
            }
            if !runtime.is_idle && file.feed.is_none() {
                feeds.begin(&mut file, seek.clone(), patterns.how(how, &path), reader);
            }
            files.insert(path, file);
        }
        if is_going_on {
            // The pattern tells of them, and of one that is read under its old name only after that.
            let left = &runtime.left;
            let is_told = |log: &LogFile| {
                !log.tail && patterns.fit(&log.path) && !left.contains_key(&log.path)
            };
            let logs = &mut runtime.logs;
            logs.retain(|log| files.contains_key(&log.path) || !is_told(log));
        }
        let is_new = |log: &LogFile| !files.contains_key(&log.path);
        let places = match runtime.logs.iter().any(is_new) {
            true => Places::new(&runtime.logs, known),
            false => Places::new(&[], &[]),
        };
        for log in &runtime.logs {
            if files.contains_key(&log.path) {
                continue;
            }
            let start = match runtime.left.shift_remove(&log.path) {
                Some(position) if !log.tail => Start::At(position),
                _ => places.start(log),
            };
            let mut file = FileSource::new(log.path.clone(), start, follower);
            batch.lines.extend(added(&file, &start));
            if !runtime.is_idle {
                let how = patterns.how(how, &log.path);
                feeds.begin(&mut file, seek.clone(), how, reader);
            }
            files.insert(log.path.clone(), file);
        }
        self.settle(jail, batch);
        self.reconcile(jail, batch);
    }

    /// Lets jails that have caught up with others of the same file read on with them.
    pub(super) fn merge_feeds(&mut self, id: SourceId) {
        let Some(merger) = self.feeds.merge(id) else {
            return;
        };
        let Some(feed) = self.feeds.get(merger.into) else {
            return;
        };
        for runtime in self.jails.values_mut() {
            if let Some(file) = runtime.sources.file_mut(&feed.way.path, merger.from) {
                file.follow(&merger);
                self.around.reader.follow(file.follower, merger.into);
            }
        }
        // Only now: between the two orders nobody is to take the file for one that is not read.
        self.around.reader.forget(merger.from);
    }

    /// Gives some of the jails that read a file a feed of their own, as they have under another name what the others
    /// read there.
    pub(super) fn divide(&mut self, id: SourceId, followers: &[FollowerId]) {
        let Some(feed) = self.feeds.get(id) else {
            return;
        };
        let path = feed.way.path.clone();
        for runtime in self.jails.values_mut() {
            let how = runtime.patterns.how(runtime.how(), &path);
            let seek = runtime.seek();
            let file = runtime.sources.file_mut(&path, id);
            if let Some(file) = file.filter(|file| followers.contains(&file.follower)) {
                self.feeds.end(file, &self.around.reader);
                self.feeds.begin_alone(file, seek, how, &self.around.reader);
            }
        }
    }

    /// Ends all reading of a jail; how far it came is recorded.
    pub(super) fn end_reading(&mut self, jail: &str, batch: &mut Batch) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        runtime.save_positions(batch);
        match std::mem::replace(&mut runtime.sources, Sources::None) {
            Sources::None => {}
            Sources::Journal(_) => self.journals_are_stale = true,
            Sources::Files(files) => {
                for mut file in files.into_values() {
                    self.feeds.end(&mut file, &self.around.reader);
                    batch.lines.extend(removed(&file));
                }
            }
        }
        self.forget_follower(jail);
    }
}

impl JailRuntime {
    /// Says why log files are read, where nobody has asked for just that.
    fn why_files(&self) -> Option<Line> {
        let jail = &self.name;
        if self.told.backend.eq_ignore_ascii_case("gamin") {
            let text = format!(
                "Jail '{jail}': there is no gamin any more, its files are watched by inotify \
                 (hint: write `backend = pyinotify`)"
            );
            return Some(Line::new(Level::Notice, "jail", text));
        }
        if self.backend != Backend::Auto {
            return None;
        }
        let is_there = self.logs.iter().find(|log| log.path.exists());
        let why = match is_there {
            Some(log) => format!("{} is there", shown(&log.path)),
            None if self.matches.is_empty() => "it has no journalmatch".to_owned(),
            None => "this machine keeps no journal".to_owned(),
        };
        let text = format!("Jail '{jail}' reads log files, not the journal: {why}");
        Some(Line::new(Level::Info, "jail", text))
    }

    /// Returns what tells in a log that was never read where the lines begin that count.
    fn seek(&self) -> Option<Seek> {
        Some(Seek {
            patterns: self.told.dates.clone(),
            zone: self.told.logtimezone.as_str().map(str::to_owned),
            encoding: self.encoding,
            findtime: self.jail.settings().findtime,
        })
    }

    /// Returns how its log files are followed.
    fn how(&self) -> How {
        How {
            watching: match self.backend_name() {
                "polling" => Watching::Polling,
                _ => Watching::Notices,
            },
            newline: Newline::from(self.encoding),
            vanishes: false,
        }
    }

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

/// Returns a path as the log shows it.
///
/// Whoever may create files where a pattern looks chooses their names: one with a newline must not become a
/// line of the log, which other jails read.
pub(super) fn shown(path: &Path) -> String {
    in_one_line(&path.display().to_string())
}

/// Returns a text with `\n` in the place of a newline, and so on.
pub(super) fn in_one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    shown
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
    let path = shown(&file.path);
    let text = format!("Added logfile: '{path}' (pos = {offset}, hash = {hash})");
    Some(Line::new(Level::Info, "filter", text))
}

fn removed(file: &FileSource) -> Option<Line> {
    let text = format!("Removed logfile: '{}'", shown(&file.path));
    let is_read = file.state != FileState::Missing;
    is_read.then(|| Line::new(Level::Info, "filter", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_cannot_begin_a_line_of_the_log() {
        let path = Path::new("/srv/x\n2026-01-01 Ban\u{1b}[2J\u{85}é.log");
        let expected = r"/srv/x\n2026-01-01 Ban\u{1b}[2J\u{85}é.log";
        assert_eq!(shown(path), expected);
    }
}
