//! One watched path: the file that stands there, and those that stood there before.

mod look;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use crate::error::SourceError;
use crate::event::{Chunk, Place, SourceEvent, SourceId};
use crate::held::{Held, Hold};
use crate::hints::Hints;
use crate::how::{How, Watching};
use crate::position::{Earlier, Position, Start};
use crate::resume::read_error;
use crate::tail::{Tail, Turn};

/// Rescans without a new line after which a rotated file is closed, and those without a file after
/// which a path has vanished.
const IDLE_RESCANS: u32 = 30;

/// The same for a file without a name, and for any when nearly all descriptors are used.
const IDLE_RESCANS_SHORT: u32 = 2;

/// What all sources share.
pub(crate) struct Around<'files> {
    pub(crate) hints: Option<&'files mut Hints>,
    pub(crate) held: &'files mut Held,
}

/// A path and its files.
#[derive(Debug)]
pub(crate) struct Source {
    id: SourceId,
    path: Arc<Path>,
    /// Where to begin when no file is open.
    start: Start,
    /// `start` is a place that the source has come to, not the one it was given.
    begun: bool,
    /// The file that `start` names may lie beside the path, under another name.
    searches: bool,
    how: How,
    /// The file system, if it is one where the kernel does not tell of all changes.
    polled: Option<&'static str>,
    /// The files to read, oldest first.
    tails: VecDeque<Tail>,
    /// The last of `tails` is the file at the path.
    attached: bool,
    missing: bool,
    /// What is at the path is read under another.
    elsewhere: bool,
    /// Rescans at which there was no file at all; at last the end of that was told.
    absent: u32,
    /// What was last said of the files to those who share them.
    holds: Vec<Hold>,
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
        path: Arc<Path>,
        start: Start,
        how: How,
        around: &mut Around<'_>,
    ) -> Self {
        let mut source = Self {
            id,
            path,
            start,
            begun: false,
            searches: true,
            how,
            polled: None,
            tails: VecDeque::new(),
            attached: false,
            missing: false,
            elsewhere: false,
            absent: 0,
            holds: Vec::new(),
            look: true,
            told: [None, None],
            outbox: Vec::new(),
        };
        source.look_again(around);
        source
    }

    /// Returns whether it has to be looked at again and again, whatever the kernel tells.
    pub(crate) fn is_polled(&self) -> bool {
        self.polled.is_some() || self.how.watching == Watching::Polling
    }

    /// Returns the path that is watched.
    pub(crate) fn path(&self) -> &Arc<Path> {
        &self.path
    }

    /// Tells at the next turn that changes are noticed late.
    pub(crate) fn without_notices(&mut self, error: SourceError) {
        self.tell(About::Notices, Err(error));
    }

    /// Marks the source to be looked at whole, and lets idle rotated files go.
    pub(crate) fn rescan(&mut self) {
        self.look = true;
        let rotated = self.tails.len().saturating_sub(self.attached.into());
        for tail in self.tails.iter_mut().take(rotated) {
            tail.idle = tail.idle.saturating_add(1);
        }
        for tail in self.tails.iter_mut().skip(rotated) {
            tail.idle = 0;
        }
        if self.missing && self.tails.is_empty() {
            self.absent = self.absent.saturating_add(1);
        }
    }

    /// Returns how many bytes stand behind the last delivered lines.
    pub(crate) fn lag(&self) -> Option<u64> {
        self.tails.iter().map(Tail::lag).reduce(u64::saturating_add)
    }

    /// Closes all files and ends all notices.
    pub(crate) fn close(&mut self, around: &mut Around<'_>) {
        if let Some(hints) = around.hints.as_deref_mut() {
            for tail in &self.tails {
                release(self.id, tail, hints);
            }
            hints.release_directories(self.id, &[]);
        }
        for tail in self.tails.drain(..) {
            around.held.forget(self.id, tail.id());
        }
        self.share(around);
    }

    /// Reads on, and returns whether more waits.
    pub(crate) fn turn(
        &mut self,
        around: &mut Around<'_>,
        sink: &mut impl FnMut(SourceEvent),
    ) -> bool {
        if self.look {
            self.look_again(around);
        }
        let more = self.read(around, sink);
        self.let_go(around);
        if self.how.vanishes && self.absent == IDLE_RESCANS + 1 {
            self.absent += 1;
            let source = self.id;
            self.outbox.push(SourceEvent::Vanished { source });
        }
        self.outbox.drain(..).for_each(sink);
        more || self.look
    }

    /// Tells those who share the files which of them are open.
    fn share(&mut self, around: &mut Around<'_>) {
        let last = self.tails.len();
        let is_current = |index| self.attached && index + 1 == last;
        let tails = self.tails.iter().enumerate();
        let holds: Vec<_> = tails
            .map(|(index, tail)| (tail.id(), is_current(index)))
            .collect();
        if holds != self.holds {
            let held = &mut around.held;
            held.update(self.id, &self.path, &self.holds, &holds);
            self.holds = holds;
        }
    }

    /// Gives each file its turn, in order; a later one only when the earlier ones are drained.
    fn read(&mut self, around: &mut Around<'_>, sink: &mut impl FnMut(SourceEvent)) -> bool {
        self.outbox.drain(..).for_each(&mut *sink);
        let mut more = false;
        let mut index = 0;
        let last = self.tails.len().saturating_sub(1);
        while let Some((tail, before)) = self.tail_and_before(index) {
            let offset = tail.offset();
            let gone_on = before.map_or(Ok(()), |before| tail.go_on_from(before, index == last));
            match gone_on.and_then(|()| tail.turn()) {
                Ok(turn) => {
                    more |= !turn.at_end;
                    self.deliver(index, turn, sink);
                }
                Err(cause) => {
                    self.fail(read_error(&self.path, offset)(cause), around);
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

    /// Returns a file, and the one that stood at the path before it.
    fn tail_and_before(&mut self, index: usize) -> Option<(&mut Tail, Option<&mut Tail>)> {
        let (before, from) = self.tails.make_contiguous().split_at_mut_checked(index)?;
        Some((from.first_mut()?, before.last_mut()))
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
        // Behind a rotated file the later ones have their turn at once, and say so if there is more.
        let mut later = self.tails.iter().skip(index + 1);
        let at_end = turn.at_end && later.all(|tail| tail.drained);
        if let Some(end) = self.position() {
            sink(SourceEvent::Chunk(Chunk {
                source,
                buffer: turn.buffer,
                begin,
                ranges: turn.ranges,
                unwrapped: turn.unwrapped,
                end,
                at_end,
                others: self.tails.len().saturating_sub(1),
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
            earlier: earlier.map(|tail| Earlier {
                device: tail.id().device,
                inode: tail.id().inode,
                offset: tail.offset(),
                first_line: tail.first_line(),
            }),
            ..position_in(tail)
        })
    }

    /// Closes the files as one cannot be read; a rescan goes on from the position.
    fn fail(&mut self, error: SourceError, around: &mut Around<'_>) {
        if let Some(position) = self.position() {
            self.start = Start::At(position);
            self.searches = true;
        }
        self.attached = false;
        self.close(around);
        self.tell(About::File, Err(error));
    }

    /// Closes rotated files that nobody writes to any more.
    fn let_go(&mut self, around: &mut Around<'_>) {
        let kept = usize::from(self.attached);
        let is_pressed = around.held.is_pressed();
        let is_over = |tail: &Tail| {
            tail.drained
                && (tail.idle > IDLE_RESCANS
                    || tail.idle > IDLE_RESCANS_SHORT && (is_pressed || tail.is_unlinked()))
        };
        while self.tails.len() > kept && self.tails.front().is_some_and(is_over) {
            if let Some(position) = self.position() {
                self.start = Start::At(position);
                // What was let go is not taken up again.
                self.searches = false;
            }
            let Some(tail) = self.tails.pop_front() else {
                break;
            };
            if let Some(hints) = around.hints.as_deref_mut() {
                release(self.id, &tail, hints);
            }
            self.share(around);
            if !tail.is_unlinked() {
                around.held.let_go(self.id, position_in(&tail));
            }
        }
        self.share(around);
    }

    /// Puts a new problem into the outbox, or notes that there is none.
    fn tell(&mut self, about: About, result: Result<(), SourceError>) {
        let Some(told) = self.told.get_mut(about as usize) else {
            return;
        };
        let Err(error) = result else {
            let was_told = told.take().is_some();
            if was_told
                && !self.missing
                && self.told.iter().all(Option::is_none)
                && let Some(tail) = self.tails.back_mut()
            {
                // That all is well again is told by a chunk, be there lines or not.
                tail.drained = false;
            }
            return;
        };
        let text = error.in_full();
        if told.as_ref() != Some(&text) {
            *told = Some(text);
            let source = self.id;
            self.outbox.push(SourceEvent::Problem { source, error });
        }
    }
}

/// Returns where a file was read to, of which alone is asked.
fn position_in(tail: &Tail) -> Position {
    Position {
        device: tail.id().device,
        inode: tail.id().inode,
        offset: tail.offset(),
        first_line: tail.first_line(),
        earlier: None,
    }
}

fn release(source: SourceId, tail: &Tail, hints: &mut Hints) {
    if let Some(id) = tail.watch {
        hints.release_file(source, id);
    }
}
