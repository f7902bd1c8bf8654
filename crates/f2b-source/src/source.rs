//! One watched path: the file that stands there, and those that stood there before.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::SourceError;
use crate::event::{Chunk, Place, Rotation, SourceEvent, SourceId};
use crate::filesystem::{polled, polled_at};
use crate::hints::{Hints, places};
use crate::how::{How, Watching};
use crate::opened::{FileId, Opened, look, open};
use crate::position::{Earlier, Position, Start};
use crate::resume::{read_error, resume};
use crate::tail::{Tail, Turn};

/// Rotated files that stay open for late lines; descriptors are bounded by it.
const ROTATED: usize = 4;

/// Rescans without a new line after which a rotated file is closed.
const IDLE_RESCANS: u32 = 30;

/// A path and its files.
#[derive(Debug)]
pub(crate) struct Source {
    id: SourceId,
    path: PathBuf,
    /// Where to begin when no file is open.
    start: Start,
    how: How,
    /// The file system, if it is one where the kernel does not tell of all changes.
    polled: Option<&'static str>,
    /// The files to read, oldest first.
    tails: VecDeque<Tail>,
    /// The last of `tails` is the file at the path.
    attached: bool,
    missing: bool,
    /// The path is to be compared with the open file.
    pub(crate) look: bool,
    /// The problems that were told and still stand: with the file, and with the notices.
    told: [Option<String>; 2],
    /// What is to be told at the next turn.
    outbox: Vec<SourceEvent>,
}

/// Which of the two kinds of problem.
#[derive(Debug, Clone, Copy)]
enum About {
    File = 0,
    Notices = 1,
}

impl Source {
    /// Begins to follow `path`, an absolute one.
    pub(crate) fn new(
        id: SourceId,
        path: PathBuf,
        start: Start,
        how: How,
        hints: Option<&mut Hints>,
    ) -> Self {
        let mut source = Self {
            id,
            path,
            start,
            how,
            polled: None,
            tails: VecDeque::new(),
            attached: false,
            missing: false,
            look: true,
            told: [None, None],
            outbox: Vec::new(),
        };
        let hints = hints.filter(|_| how.watching == Watching::Notices);
        source.look_again(hints);
        source
    }

    /// Returns whether it has to be looked at again and again, whatever the kernel tells.
    pub(crate) fn is_polled(&self) -> bool {
        self.polled.is_some() || self.how.watching == Watching::Polling
    }

    /// Returns the path that is watched.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Tells at the next turn that changes are noticed late.
    pub(crate) fn without_notices(&mut self, error: SourceError) {
        self.tell(About::Notices, Err(error));
    }

    /// Marks the source to be looked at whole, and lets idle rotated files go.
    pub(crate) fn rescan(&mut self) {
        self.look = true;
        for tail in &mut self.tails {
            tail.idle = tail.idle.saturating_add(1);
        }
    }

    /// Returns how many bytes stand behind the last delivered lines.
    pub(crate) fn lag(&self) -> Option<u64> {
        self.tails.iter().map(Tail::lag).reduce(u64::saturating_add)
    }

    /// Ends all notices.
    pub(crate) fn close(&mut self, hints: Option<&mut Hints>) {
        if let Some(hints) = hints {
            for tail in &self.tails {
                release(self.id, tail, hints);
            }
            hints.release_directories(self.id, &[]);
        }
        self.tails.clear();
    }

    /// Reads on, and returns whether more waits.
    pub(crate) fn turn(
        &mut self,
        hints: Option<&mut Hints>,
        sink: &mut impl FnMut(SourceEvent),
    ) -> bool {
        let mut hints = hints.filter(|_| self.how.watching == Watching::Notices);
        if self.look {
            self.look_again(hints.as_deref_mut());
        }
        let more = self.read(hints.as_deref_mut(), sink);
        self.let_go(hints);
        self.outbox.drain(..).for_each(sink);
        more || self.look
    }

    /// Compares the path with the open file and opens what is new there.
    fn look_again(&mut self, mut hints: Option<&mut Hints>) {
        self.look = false;
        let mut notices = Ok(());
        // A file may come between the asking for notices and the look: then the places change.
        for _ in 0..4 {
            let places = hints.as_deref_mut().map(|hints| {
                let places = places(&self.path);
                notices = self.watch_places(&places, hints);
                places
            });
            let found = self.stands();
            let missing = matches!(found, Ok(None));
            let result = found.and_then(|found| self.found(found));
            self.tell(About::File, result);
            let is_settled = |places| places == crate::hints::places(&self.path);
            if !missing || places.is_none_or(is_settled) {
                break;
            }
        }
        if let Some(hints) = hints {
            let files = self.watch_files(hints);
            self.tell(About::Notices, notices.and(files));
        }
    }

    /// Returns what stands at the path.
    fn stands(&self) -> Result<Option<FileId>, SourceError> {
        if self.polled.is_some() {
            // A network file system may answer from what it remembers for a minute, but when a file
            // is opened it has to ask; then it knows the file's length as well.
            return Ok(open(&self.path)?.map(|opened| opened.id));
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
    fn found(&mut self, found: Option<FileId>) -> Result<(), SourceError> {
        let Some(id) = found else {
            return self.gone();
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
        if self.tails.len() > ROTATED && !self.make_room() {
            self.look = true;
            return Ok(());
        }
        match open(&self.path)? {
            Some(opened) => self.begin(opened),
            None => self.gone(),
        }
    }

    /// Begins with another file at the path.
    fn begin(&mut self, opened: Opened) -> Result<(), SourceError> {
        self.judge_filesystem(polled(&opened.file));
        if self.tails.is_empty() {
            let resumed = resume(&self.path, Some(opened), self.start)?;
            self.tails.extend(resumed.rotated);
            self.tails.extend(resumed.current);
            self.arrived(resumed.why);
            return resumed.problem.map_or(Ok(()), Err);
        }
        let tail = Tail::at(opened, 0).map_err(read_error(&self.path, 0))?;
        self.tails.push_back(tail);
        self.arrived(Some(Rotation::Replaced));
        Ok(())
    }

    /// Tells that the file at the path is another one now.
    fn arrived(&mut self, why: Option<Rotation>) {
        let source = self.id;
        self.attached = true;
        if std::mem::take(&mut self.missing) {
            self.outbox.push(SourceEvent::Appeared { source });
        } else if let Some(why) = why {
            self.outbox.push(SourceEvent::Rotated { source, why });
        }
    }

    /// Takes in that nothing stands at the path.
    fn gone(&mut self) -> Result<(), SourceError> {
        self.attached = false;
        if !std::mem::replace(&mut self.missing, true) {
            let source = self.id;
            self.outbox.push(SourceEvent::Missing { source });
            self.judge_filesystem(polled_at(&self.path));
        }
        match self.start {
            Start::At(_) if self.tails.is_empty() => {
                let resumed = resume(&self.path, None, self.start)?;
                self.tails.extend(resumed.rotated);
                resumed.problem.map_or(Ok(()), Err)
            }
            // What appears from now on is new.
            Start::Tail => {
                self.start = Start::Head;
                Ok(())
            }
            Start::At(_) | Start::Head => Ok(()),
        }
    }

    /// Lets the oldest rotated file go if it was read to its end.
    fn make_room(&mut self) -> bool {
        let Some(oldest) = self.tails.front_mut().filter(|tail| tail.drained) else {
            return false;
        };
        oldest.idle = IDLE_RESCANS + 1;
        true
    }

    /// Gives each file its turn, in order; a later one only when the earlier ones are drained.
    fn read(&mut self, hints: Option<&mut Hints>, sink: &mut impl FnMut(SourceEvent)) -> bool {
        self.outbox.drain(..).for_each(&mut *sink);
        let mut more = false;
        let mut index = 0;
        while let Some(tail) = self.tails.get_mut(index) {
            let offset = tail.offset();
            match tail.turn() {
                Ok(turn) => {
                    more |= !turn.at_end;
                    self.deliver(index, turn, sink);
                }
                Err(cause) => {
                    self.fail(read_error(&self.path, offset)(cause), hints);
                    return false;
                }
            }
            if self.tails.get(index).is_some_and(|tail| !tail.drained) {
                break;
            }
            index += 1;
        }
        more
    }

    /// Hands over what a turn at the file `index` brought.
    fn deliver(&mut self, index: usize, turn: Turn, sink: &mut impl FnMut(SourceEvent)) {
        let source = self.id;
        let last = index + 1 == self.tails.len();
        let Some(tail) = self.tails.get_mut(index) else {
            return;
        };
        if let Some(why) = turn.rotated {
            tail.drained &= !last;
            sink(SourceEvent::Rotated { source, why });
            return;
        }
        let begin = Place {
            device: tail.id().device,
            inode: tail.id().inode,
            offset: turn.begin,
        };
        let news = turn.at_end && !tail.drained;
        tail.drained |= turn.at_end;
        if turn.ranges.is_empty() && !news {
            return;
        }
        if let Some(end) = self.position() {
            sink(SourceEvent::Chunk(Chunk {
                source,
                buffer: turn.buffer,
                begin,
                ranges: turn.ranges,
                end,
                at_end: turn.at_end && last,
                oversize: turn.oversize,
            }));
        }
    }

    /// Returns where a new run has to go on: in the first file that is not drained.
    fn position(&self) -> Option<Position> {
        let last = self.tails.len().checked_sub(1)?;
        let index = self.tails.iter().position(|tail| !tail.drained);
        let index = index.unwrap_or(last);
        let tail = self.tails.get(index)?;
        let earlier = index.checked_sub(1).and_then(|index| self.tails.get(index));
        Some(Position {
            device: tail.id().device,
            inode: tail.id().inode,
            offset: tail.offset(),
            first_line: tail.first_line(),
            earlier: earlier.map(|tail| Earlier {
                device: tail.id().device,
                inode: tail.id().inode,
                offset: tail.offset(),
                first_line: tail.first_line(),
            }),
        })
    }

    /// Closes the files as one cannot be read; a rescan goes on from the position.
    fn fail(&mut self, error: SourceError, hints: Option<&mut Hints>) {
        if let Some(position) = self.position() {
            self.start = Start::At(position);
        }
        self.attached = false;
        self.close(hints);
        self.tell(About::File, Err(error));
    }

    /// Closes rotated files that nobody writes to any more.
    fn let_go(&mut self, mut hints: Option<&mut Hints>) {
        let kept = usize::from(self.attached);
        while self.tails.len() > kept {
            let idle = |tail: &Tail| tail.drained && tail.idle > IDLE_RESCANS;
            if !self.tails.front().is_some_and(idle) {
                break;
            }
            if let Some(position) = self.position() {
                self.start = Start::At(position);
            }
            if let (Some(tail), Some(hints)) = (self.tails.pop_front(), hints.as_deref_mut()) {
                release(self.id, &tail, hints);
            }
        }
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

    /// Puts a new problem into the outbox, or notes that there is none.
    fn tell(&mut self, about: About, result: Result<(), SourceError>) {
        let Some(told) = self.told.get_mut(about as usize) else {
            return;
        };
        let Err(error) = result else {
            *told = None;
            return;
        };
        let text = format!("{error}: {:?}", std::error::Error::source(&error));
        if told.as_ref() != Some(&text) {
            *told = Some(text);
            let source = self.id;
            self.outbox.push(SourceEvent::Problem { source, error });
        }
    }
}

fn watch_error(path: &Path, cause: std::io::Error) -> SourceError {
    SourceError::Watch {
        path: path.to_path_buf(),
        cause,
    }
}

fn release(source: SourceId, tail: &Tail, hints: &mut Hints) {
    if let Some(id) = tail.watch {
        hints.release_file(source, id);
    }
}
