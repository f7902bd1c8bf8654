//! A pattern of paths, watched for files that come to fit it.
//!
//! Each directory on the way is watched: what comes into it is judged by its name alone. A directory
//! is listed at the begin and when it has changed since, which rescans find out.

mod folder;
mod levels;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use f2b_core::glob::has_magic;

use crate::error::SourceError;
use crate::event::{FollowerId, PatternId, SourceEvent};
use crate::filesystem::polled_at;
use crate::held::Held;
use crate::hints::{Hints, Named, WatchId};
use crate::how::Watching;
use crate::opened::{is_missing, look};
use folder::{Folder, names, one};
pub(crate) use levels::Levels;

/// One pattern and the directories on its way.
#[derive(Debug)]
pub(crate) struct Pattern {
    id: PatternId,
    follower: FollowerId,
    levels: Levels,
    watching: Watching,
    /// A directory lies where the kernel does not tell of all changes.
    is_elsewhere: bool,
    folders: BTreeMap<PathBuf, Folder>,
    watched: BTreeMap<WatchId, BTreeSet<PathBuf>>,
    /// What the kernel told of names, oldest first.
    named: Vec<Named>,
    /// How thoroughly all directories are to be looked at.
    look: Option<Thorough>,
    /// The problem that was told and still stands.
    told: Option<String>,
}

/// How thoroughly a walk looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thorough {
    /// Directories are listed whose time has changed.
    Poll,
    /// And at the rescans after that, as times may be coarse.
    Rescan,
    /// All are listed.
    Whole,
}

/// One look, and what it found.
struct Walk<'a> {
    hints: Option<&'a mut Hints>,
    held: &'a Held,
    thorough: Thorough,
    /// The directories that are on the way still.
    seen: BTreeSet<PathBuf>,
    problem: Option<SourceError>,
    found: Vec<SourceEvent>,
}

impl Pattern {
    pub(crate) fn new(
        id: PatternId,
        follower: FollowerId,
        levels: Levels,
        watching: Watching,
    ) -> Self {
        Self {
            id,
            follower,
            levels,
            watching,
            is_elsewhere: false,
            folders: BTreeMap::new(),
            watched: BTreeMap::new(),
            named: Vec::new(),
            look: Some(Thorough::Whole),
            told: None,
        }
    }

    /// Returns whether it has to be looked at again and again, whatever the kernel tells.
    pub(crate) fn is_polled(&self) -> bool {
        self.is_elsewhere || self.watching == Watching::Polling
    }

    /// Has all directories looked at by the next turn.
    pub(crate) fn look_again(&mut self, thorough: Thorough) {
        self.look = self.look.max(Some(thorough));
    }

    /// Takes in what the kernel told.
    pub(crate) fn note(&mut self, named: Named) {
        self.named.push(named);
    }

    /// Takes in that a path is told to have vanished: what comes there is told, though others may wait for it.
    pub(crate) fn has_vanished(&mut self, path: &Path) {
        let name = path.file_name().and_then(OsStr::to_str);
        let folder = path.parent().and_then(|path| self.folders.get_mut(path));
        if let (Some(folder), Some(name)) = (folder, name)
            && self.levels.is_last(folder.level)
        {
            folder.has_vanished(name);
        }
    }

    /// Tells which files have come to fit.
    pub(crate) fn turn(
        &mut self,
        hints: Option<&mut Hints>,
        held: &Held,
        sink: &mut impl FnMut(SourceEvent),
    ) {
        let mut walk = Walk {
            hints: hints.filter(|_| self.watching == Watching::Notices),
            held,
            thorough: Thorough::Poll,
            seen: BTreeSet::new(),
            problem: None,
            found: Vec::new(),
        };
        for named in std::mem::take(&mut self.named) {
            self.take_notice(&named, &mut walk);
        }
        // What a notice leads to may ask for it as well.
        if let Some(thorough) = self.look.take() {
            walk.thorough = thorough;
            self.walk(&mut walk);
            self.tell(walk.problem.take(), &mut walk.found);
        }
        walk.found.into_iter().for_each(sink);
    }

    /// Looks at all directories, from the last one whose name is plain.
    fn walk(&mut self, walk: &mut Walk<'_>) {
        let mut begin = PathBuf::from("/");
        let mut level = 0;
        while level < self.levels.plain()
            && let Some(part) = self.levels.at(level)
            && begin.join(part).is_dir()
        {
            begin.push(part);
            level += 1;
        }
        self.visit(&begin, level, walk);
        self.folders.retain(|path, _| walk.seen.contains(path));
        self.watched.clear();
        for (path, folder) in &self.folders {
            if let Some(watch) = folder.watch {
                self.watched.entry(watch).or_default().insert(path.clone());
            }
        }
        if let Some(hints) = walk.hints.as_deref_mut() {
            hints.release_patterns(self.id, |watch| self.watched.contains_key(&watch));
        }
    }

    /// Looks at a directory and those below it that are on the way.
    fn visit(&mut self, path: &Path, level: usize, walk: &mut Walk<'_>) {
        let mut folder = self.folders.remove(path).unwrap_or_default();
        if folder.is_new() {
            self.is_elsewhere |= polled_at(path).is_some();
        }
        // What comes while the names are read is told by the watch.
        folder.watch = self.watch(path, walk).or(folder.watch);
        let Some(changed) = folder.look(path, walk.thorough) else {
            return;
        };
        folder.level = level;
        let plain = self.levels.at(level).filter(|part| !has_magic(part));
        if let Some(name) = plain {
            self.list(path, &mut folder, one(path, name), walk);
        } else if changed {
            match names(path) {
                Ok(mut names) => {
                    names.retain(|name, _| self.levels.fits_at(level, name));
                    self.list(path, &mut folder, names, walk);
                }
                Err(cause) => {
                    folder.forget_time();
                    walk.fail(path, cause);
                }
            }
        }
        if let Some(watch) = folder.watch {
            let paths = self.watched.entry(watch).or_default();
            paths.insert(path.to_path_buf());
        }
        walk.seen.insert(path.to_path_buf());
        if self.levels.is_last(level) {
            folder.forget_gone(|name| walk.is_watched(path, name));
            for name in folder.to_judge() {
                self.judge(path, &mut folder, &name, walk);
            }
            self.folders.insert(path.to_path_buf(), folder);
        } else {
            let below = folder.below.clone();
            self.folders.insert(path.to_path_buf(), folder);
            for name in below {
                self.visit(&path.join(name), level + 1, walk);
            }
        }
    }

    /// Takes in which names of a directory fit, and which of them may be directories.
    fn list(
        &self,
        path: &Path,
        folder: &mut Folder,
        names: BTreeMap<String, bool>,
        walk: &Walk<'_>,
    ) {
        if self.levels.is_last(folder.level) {
            folder.list(names.into_keys().collect(), |name| {
                walk.is_watched(path, name)
            });
        } else {
            let may_be = names.into_iter().filter(|(_, may_be)| *may_be);
            folder.below = may_be.map(|(name, _)| name).collect();
        }
    }

    /// Asks for notices about a directory.
    fn watch(&self, path: &Path, walk: &mut Walk<'_>) -> Option<WatchId> {
        match walk.hints.as_deref_mut()?.pattern(self.id, path) {
            Ok(watch) => Some(watch),
            Err(cause) if is_missing(&cause) => None,
            Err(cause) => {
                let path = path.to_path_buf();
                walk.problem = Some(SourceError::Watch { path, cause });
                None
            }
        }
    }

    /// Takes in that a name came into a directory, or went.
    fn take_notice(&mut self, named: &Named, walk: &mut Walk<'_>) {
        let Some(name) = named.name.to_str() else {
            return;
        };
        let paths = self.watched.get(&named.watch).cloned().unwrap_or_default();
        for path in paths {
            let Some(mut folder) = self.folders.remove(&path) else {
                continue;
            };
            let level = folder.level;
            let mut below = None;
            if !self.levels.fits_at(level, name) {
                // It is none of ours.
            } else if self.levels.is_last(level) {
                if !named.came {
                    folder.went(name);
                } else if folder.has_come(name, |name| walk.is_watched(&path, name)) {
                    self.judge(&path, &mut folder, name, walk);
                }
            } else if named.came {
                folder.below.insert(name.to_owned());
                below = Some(path.join(name));
            } else if folder.below.remove(name) {
                self.look_again(Thorough::Poll);
            }
            self.folders.insert(path, folder);
            if let Some(below) = below {
                self.visit(&below, level + 1, walk);
            }
        }
    }

    /// Tells of a file if it is one and is not read under another name.
    fn judge(&self, path: &Path, folder: &mut Folder, name: &str, walk: &mut Walk<'_>) {
        let path = path.join(name);
        match look(&path) {
            Ok(Some(id)) if walk.held.is_kept_from(self.follower, &path, id) => {
                folder.is_kept(name);
            }
            Ok(Some(id)) => {
                folder.is_told(name);
                walk.found.push(SourceEvent::Found {
                    pattern: self.id,
                    path,
                    read_to: walk.held.known_to(self.follower, id),
                });
            }
            // A link that leads nowhere may lead somewhere later.
            Ok(None) => folder.leads_nowhere(name),
            Err(_) => folder.is_no_file(name),
        }
    }

    /// Tells of a new problem, or notes that there is none.
    fn tell(&mut self, problem: Option<SourceError>, found: &mut Vec<SourceEvent>) {
        let text = problem.as_ref().map(SourceError::in_full);
        let is_new = text.is_some() && text != self.told;
        self.told = text;
        if let Some(error) = problem.filter(|_| is_new) {
            let pattern = self.id;
            found.push(SourceEvent::PatternProblem { pattern, error });
        }
    }
}

impl Walk<'_> {
    /// Returns whether a source has the path of a name in a directory.
    fn is_watched(&self, directory: &Path, name: &str) -> bool {
        self.held.is_watched(&directory.join(name))
    }

    fn fail(&mut self, path: &Path, cause: std::io::Error) {
        let path = path.to_path_buf();
        self.problem = Some(SourceError::List { path, cause });
    }
}
