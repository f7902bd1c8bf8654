//! Files that come to fit a pattern of `logpath` while the server runs, and those that go for good.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use f2b_core::glob;
use f2b_source::{How, PatternId, Position, SourceError, SourceId, Start};
use f2b_store::SourceState;
use indexmap::IndexMap;

use super::{added, removed};
use crate::batch::Batch;
use crate::engine::Engine;
use crate::engine::jail::{FileSource, JailRuntime, LogFile, LogPattern, LogPatterns, Sources};
use crate::engine::lines::problem_text;
use crate::log::{Level, Line};

impl Engine {
    /// Lets the patterns of a jail be watched as it now wants them.
    pub(super) fn follow_patterns(&mut self, jail: &str) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let Some(follower) = runtime.follower else {
            return;
        };
        let is_wanted = !runtime.is_idle;
        let watching = runtime.how().watching;
        for pattern in &mut runtime.patterns.0 {
            match (is_wanted, pattern.id) {
                (true, None) => {
                    let id = self.feeds.next_pattern();
                    pattern.id = Some(id);
                    let text = pattern.pattern.clone();
                    self.around
                        .reader
                        .watch_pattern(id, text, watching, follower);
                }
                (false, Some(id)) => {
                    pattern.id = None;
                    self.around.reader.forget_pattern(id);
                }
                _ => {}
            }
        }
    }

    /// Lets no pattern of a jail be watched any more, now that it reads no file.
    pub(super) fn forget_follower(&mut self, jail: &str) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        for pattern in &mut runtime.patterns.0 {
            if let Some(id) = pattern.id.take() {
                self.around.reader.forget_pattern(id);
            }
        }
        if let Some(follower) = runtime.follower.take() {
            self.around.reader.forget_follower(follower);
        }
    }

    /// Takes up a file that has come to fit a pattern.
    pub(in crate::engine) fn on_found(
        &mut self,
        id: PatternId,
        path: &Path,
        read_to: Option<Position>,
    ) {
        let Some(runtime) = jail_of(&mut self.jails, id) else {
            return;
        };
        let (seek, how) = (runtime.seek(), runtime.how());
        let (Sources::Files(files), Some(follower)) = (&mut runtime.sources, runtime.follower)
        else {
            return;
        };
        if files.contains_key(path) {
            return;
        }
        // What an earlier run has read of it, or of a file that it was, is not read again.
        let left = read_to.or_else(|| runtime.left.shift_remove(path));
        let left = left.or_else(|| runtime.places.as_ref()?.of_file_at(path));
        let start = left.map_or(Start::Head, Start::At);
        let mut file = FileSource::new(path.to_owned(), start, follower);
        let mut batch = Batch::default();
        batch.lines.extend(added(&file, &start));
        let how = runtime.patterns.how(how, path);
        self.feeds.begin(&mut file, seek, how, &self.around.reader);
        files.insert(path.to_owned(), file);
        if !runtime.logs.iter().any(|log| log.path == path) {
            runtime.logs.push(LogFile {
                path: path.to_owned(),
                tail: false,
            });
        }
        self.send(batch);
    }

    /// Lets a file go that has gone for good, unless a jail waits for just this path.
    pub(in crate::engine) fn on_vanished(&mut self, id: SourceId) {
        let Some(feed) = self.feeds.get(id) else {
            return;
        };
        let path = feed.way.path.clone();
        let mut batch = Batch::default();
        for runtime in self.jails.values_mut() {
            if runtime.sources.file_mut(&path, id).is_none() {
                continue;
            }
            let fits = runtime.patterns.fit(&path);
            let (seek, how) = (runtime.seek(), runtime.how());
            let Sources::Files(files) = &mut runtime.sources else {
                continue;
            };
            let Some(file) = files.get_mut(&path) else {
                continue;
            };
            self.feeds.end(file, &self.around.reader);
            if fits {
                // The pattern tells when there is one again; that is another file.
                batch.lines.extend(removed(file));
                files.shift_remove(&path);
                let source = path.display().to_string();
                batch.transaction.record_vanished(&runtime.name, &source);
                runtime.logs.retain(|log| log.path != path);
            } else {
                let how = runtime.patterns.how(how, &path);
                self.feeds.begin(file, seek, how, &self.around.reader);
            }
        }
        self.send(batch);
    }

    /// Says what keeps new files from being found.
    pub(in crate::engine) fn on_pattern_problem(&mut self, id: PatternId, error: &SourceError) {
        let Some(runtime) = jail_of(&mut self.jails, id) else {
            return;
        };
        let text = format!("[{}] {}", runtime.name, problem_text(error));
        let mut batch = Batch::default();
        batch.lines.push(Line::new(Level::Warning, "filter", text));
        self.send(batch);
    }
}

impl JailRuntime {
    /// Takes the logs that the client found anew, when its patterns are known.
    ///
    /// What fits one and is read goes on to be: nothing stands at the path of a file that was just renamed,
    /// but its rest is read there.
    pub(in crate::engine) fn renew_logs(&mut self, logs: Vec<LogFile>) {
        let found: HashSet<&Path> = logs.iter().map(|log| &*log.path).collect();
        let read = self.sources.files().map(|file| &file.path);
        let lost = read.filter(|path| !found.contains(path.as_path()) && self.patterns.fit(path));
        let lost: Vec<_> = lost
            .map(|path| LogFile {
                path: path.clone(),
                tail: false,
            })
            .collect();
        self.logs = logs;
        self.logs.extend(lost);
    }
}

fn jail_of(jails: &mut IndexMap<String, JailRuntime>, id: PatternId) -> Option<&mut JailRuntime> {
    let has = |runtime: &&mut JailRuntime| {
        let mut patterns = runtime.patterns.0.iter();
        patterns.any(|pattern| pattern.id == Some(id))
    };
    jails.values_mut().find(has)
}

impl LogPatterns {
    /// Takes what the client sent ahead. A pattern that is watched goes on to be; returns those that are
    /// to be forgotten.
    pub(in crate::engine) fn set(&mut self, patterns: Vec<(String, String)>) -> Vec<PatternId> {
        let mut old = std::mem::take(&mut self.0);
        self.0 = patterns
            .into_iter()
            .map(|(pattern, _)| {
                let same = old.iter_mut().find(|old| old.pattern == pattern);
                let id = same.and_then(|old| old.id.take());
                LogPattern { pattern, id }
            })
            .collect();
        old.into_iter().filter_map(|old| old.id).collect()
    }

    /// Tells whether one of them names a path.
    pub(super) fn fit(&self, path: &Path) -> bool {
        let Some(path) = path.to_str() else {
            return false;
        };
        let mut patterns = self.0.iter();
        patterns.any(|pattern| glob::path_fits(&pattern.pattern, path))
    }

    /// Returns the paths among known ones that fit, and where nothing is.
    ///
    /// The rest of what was there may lie under another name, and no pattern tells of that.
    pub(super) fn missing(&self, known: &[SourceState]) -> Vec<PathBuf> {
        let paths = known.iter().map(|state| Path::new(&*state.source));
        let gone = |path: &Path| matches!(path.try_exists(), Ok(false));
        let missing = paths.filter(|path| self.fit(path) && gone(path));
        missing.map(Path::to_owned).collect()
    }

    /// Returns how a path is followed: one that a pattern names is let go when the file has gone for good.
    pub(super) fn how(&self, how: How, path: &Path) -> How {
        How {
            vanishes: self.fit(path),
            ..how
        }
    }
}
