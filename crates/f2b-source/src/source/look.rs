//! What stands at the path now, and what stood there before.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{About, Around, IDLE_RESCANS, Source};
use crate::error::SourceError;
use crate::event::{Rotation, SourceEvent};
use crate::filesystem::{polled, polled_at};
use crate::held::Kept;
use crate::hints::{Hints, places};
use crate::how::Watching;
use crate::opened::{FileId, Opened, look, open};
use crate::position::Start;
use crate::resume::{Resume, read_error};
use crate::tail::Tail;

/// Rotated files that stay open for late lines; descriptors are bounded by it.
const ROTATED: usize = 4;

impl Source {
    /// Compares the path with the open file and opens what is new there.
    pub(super) fn look_again(&mut self, around: &mut Around<'_>) {
        self.look = false;
        let takes_notices = self.how.watching == Watching::Notices;
        let mut notices = Ok(());
        // A file may come between the asking for notices and the look: then the places change.
        for _ in 0..4 {
            let hints = around.hints.as_deref_mut().filter(|_| takes_notices);
            let places = hints.map(|hints| {
                let places = places(&self.path);
                notices = self.watch_places(&places, hints);
                places
            });
            let found = self.stands();
            let missing = matches!(found, Ok(None));
            let result = found.and_then(|found| self.found(found, around));
            self.tell(About::File, result);
            let is_settled = |places| places == crate::hints::places(&self.path);
            if !missing || places.is_none_or(is_settled) {
                break;
            }
        }
        if let Some(hints) = around.hints.as_deref_mut().filter(|_| takes_notices) {
            let files = self.watch_files(hints);
            self.tell(About::Notices, notices.and(files));
        }
        self.share(around);
    }

    /// Returns what stands at the path.
    fn stands(&self) -> Result<Option<FileId>, SourceError> {
        if self.polled.is_some() {
            // A network file system may answer from what it remembers for a minute, but when a file
            // is opened it has to ask; then it knows the file's length as well.
            match open(&self.path, self.how.newline) {
                Err(error) if error.is_out_of_descriptors() => {}
                opened => return Ok(opened?.map(|opened| opened.id)),
            }
        }
        look(&self.path)
    }

    /// Takes in whether the kernel tells of all changes where the file lies, or would lie.
    fn judge_filesystem(&mut self, found: Option<&'static str>) {
        let (Some(filesystem), None) = (found, self.polled) else {
            return;
        };
        self.polled = found;
        if self.how.watching == Watching::Notices {
            let source = self.id;
            self.outbox.push(SourceEvent::Polled { source, filesystem });
        }
    }

    /// Takes in what stands at the path now.
    fn found(&mut self, found: Option<FileId>, around: &mut Around<'_>) -> Result<(), SourceError> {
        let Some(id) = found else {
            return self.gone(around);
        };
        if self.attached && self.tails.back().is_some_and(|tail| tail.id() == id) {
            return Ok(());
        }
        if let Some(index) = self.tails.iter().position(|tail| tail.id() == id) {
            // A file that stood here before is back.
            let tail = self.tails.remove(index);
            self.tails.extend(tail);
            self.arrived(Some(Rotation::Replaced));
            return Ok(());
        }
        let kept = around.held.kept(self.id, &self.path, id);
        if let Kept::ForAll = kept {
            // It has come from a path where it is read still, or has both; here it is waited for.
            self.attached = false;
            self.begun = true;
            self.missing = false;
            if !std::mem::replace(&mut self.elsewhere, true) {
                let source = self.id;
                self.outbox.push(SourceEvent::Elsewhere { source });
            }
            return self.take_up(around);
        }
        if let Kept::For(followers) = kept {
            let source = self.id;
            self.outbox.push(SourceEvent::Divided { source, followers });
        }
        if self.tails.len() > ROTATED && !self.make_room() {
            self.look = true;
            return Ok(());
        }
        if around.held.is_full() {
            return Err(SourceError::Open {
                path: self.path.to_path_buf(),
                cause: rustix::io::Errno::MFILE.into(),
            });
        }
        match open(&self.path, self.how.newline)? {
            Some(opened) => self.begin(opened, around),
            None => self.gone(around),
        }
    }

    /// Begins with another file at the path.
    fn begin(&mut self, opened: Opened, around: &mut Around<'_>) -> Result<(), SourceError> {
        self.judge_filesystem(polled(&opened.file));
        let known = around.held.known(self.id, opened.id);
        if self.tails.is_empty() {
            return self.resume(Some(opened), around);
        }
        // It may have been left to another name when the source began.
        let known = known.or(match self.start {
            Start::At(position) if self.start.names(opened.id) => Some(position),
            _ => None,
        });
        let (offset, _) = Resume::place(known, &opened).map_err(read_error(&self.path, 0))?;
        let mut tail = Tail::at(opened, offset).map_err(read_error(&self.path, offset))?;
        if let Some(before) = self.tails.back() {
            tail.follow(before);
        }
        self.tails.push_back(tail);
        self.arrived(Some(Rotation::Replaced));
        Ok(())
    }

    /// Goes on where an earlier run stopped, or begins.
    fn resume(
        &mut self,
        opened: Option<Opened>,
        around: &mut Around<'_>,
    ) -> Result<(), SourceError> {
        let is_there = opened.is_some();
        let known = opened.as_ref().and_then(|opened| {
            let known = around.held.known(self.id, opened.id);
            // Who asks for a place in this very file means it.
            known.filter(|_| self.begun || !self.start.names(opened.id))
        });
        let is_kept = |id| matches!(around.held.kept(self.id, &self.path, id), Kept::ForAll);
        let resumed = Resume {
            path: &self.path,
            newline: self.how.newline,
            start: self.start,
            searches: self.searches,
            known,
            is_kept: &is_kept,
        }
        .resume(opened)?;
        self.tails.extend(resumed.rotated);
        self.tails.extend(resumed.current);
        if is_there {
            self.arrived(resumed.why);
        }
        let Some(problem) = resumed.problem else {
            // A directory that comes later, as a file system that is mounted, is searched then.
            self.searches &= !self.path.parent().is_some_and(Path::is_dir);
            return Ok(());
        };
        Err(problem)
    }

    /// Takes up the file of the last position beside the path, while nothing stands at it.
    fn take_up(&mut self, around: &mut Around<'_>) -> Result<(), SourceError> {
        match self.start {
            Start::At(_) if self.tails.is_empty() && self.searches => self.resume(None, around),
            // What appears from now on is new.
            Start::Tail => {
                self.start = Start::Head;
                Ok(())
            }
            Start::At(_) | Start::Head => Ok(()),
        }
    }

    /// Tells that the file at the path is another one now.
    fn arrived(&mut self, why: Option<Rotation>) {
        let source = self.id;
        self.attached = true;
        self.begun = true;
        self.absent = 0;
        if std::mem::take(&mut self.elsewhere) {
            // For somebody who came at once it is no longer so.
            let is_that = |told: &SourceEvent| matches!(told, SourceEvent::Elsewhere { .. });
            self.outbox.retain(|told| !is_that(told));
        }
        if std::mem::take(&mut self.missing) {
            self.outbox.push(SourceEvent::Appeared { source });
        } else if let Some(why) = why {
            self.outbox.push(SourceEvent::Rotated { source, why });
        }
    }

    /// Takes in that nothing stands at the path.
    fn gone(&mut self, around: &mut Around<'_>) -> Result<(), SourceError> {
        self.attached = false;
        self.elsewhere = false;
        let [problem, _] = &self.told;
        let has_ended = problem.is_some();
        if !std::mem::replace(&mut self.missing, true) || has_ended {
            let source = self.id;
            self.outbox.push(SourceEvent::Missing { source });
            self.judge_filesystem(polled_at(&self.path));
        }
        self.take_up(around)
    }

    /// Lets the oldest rotated file go if it was read to its end.
    fn make_room(&mut self) -> bool {
        let Some(oldest) = self.tails.front_mut().filter(|tail| tail.drained) else {
            return false;
        };
        oldest.idle = IDLE_RESCANS + 1;
        true
    }

    /// Asks for notices about the places where another file can come to stand at the path.
    fn watch_places(
        &self,
        places: &[(PathBuf, OsString)],
        hints: &mut Hints,
    ) -> Result<(), SourceError> {
        let mut kept = Vec::new();
        let mut result = Ok(());
        for (directory, name) in places {
            match hints.directory(self.id, directory, name) {
                Ok(id) => kept.push((id, name.clone())),
                Err(cause) => result = Err(watch_error(directory, cause)),
            }
        }
        hints.release_directories(self.id, &kept);
        result
    }

    /// Asks for notices about the files that have none yet; they are read after that.
    fn watch_files(&mut self, hints: &mut Hints) -> Result<(), SourceError> {
        for tail in &mut self.tails {
            if tail.watch.is_none() {
                let id = hints.file(self.id, tail.file(), &self.path);
                tail.watch = Some(id.map_err(|cause| watch_error(&self.path, cause))?);
            }
        }
        Ok(())
    }
}

fn watch_error(path: &Path, cause: std::io::Error) -> SourceError {
    SourceError::Watch {
        path: path.to_path_buf(),
        cause,
    }
}
