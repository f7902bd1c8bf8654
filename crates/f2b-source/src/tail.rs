//! One open file and how far it was read.

use std::io;
use std::ops::Range;

use rustix::buffer::spare_capacity;

use crate::container::{self, Inner, Unwrapped, Unwrapper};
use crate::event::Rotation;
use crate::hints::WatchId;
use crate::opened::{FileId, Opened, read_at};
use crate::position::FirstLine;
use crate::split::{LINE_CAP, Splitter};

/// The most bytes that are read of one file before the next file has its turn.
pub const TURN: usize = 256 * 1024;

/// How much of a file's begin is compared at every look.
const HEAD: usize = 256;

/// A file that is being followed.
#[derive(Debug)]
pub(crate) struct Tail {
    opened: Opened,
    splitter: Splitter,
    unwrapper: Unwrapper,
    /// Nothing was read, so that lines may go on here from the file that stood at the path before.
    is_untouched: bool,
    /// The begin of the unfinished line.
    offset: u64,
    /// The file's length as it was seen last.
    size: u64,
    first_line: Option<FirstLine>,
    /// The file's first bytes, as far as they belong to finished lines, at most [`HEAD`].
    head: Vec<u8>,
    /// The end was reached, and told, since the file was opened or begun anew.
    pub(crate) drained: bool,
    /// Rescans since something was last read.
    pub(crate) idle: u32,
    /// The notice of changes, while there is one.
    pub(crate) watch: Option<WatchId>,
}

/// What one turn at a file brought.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) buffer: Vec<u8>,
    /// Where the buffer begins in the file; of a line that is too long only the end is of use.
    pub(crate) begin: u64,
    pub(crate) ranges: Vec<Range<usize>>,
    pub(crate) unwrapped: Option<Unwrapped>,
    pub(crate) oversize: u64,
    /// The file begins anew: the turn read nothing.
    pub(crate) rotated: Option<Rotation>,
    /// The file has no more bytes now.
    pub(crate) at_end: bool,
}

impl Tail {
    /// Follows `opened` from `offset`, the begin of a line.
    pub(crate) fn at(opened: Opened, offset: u64) -> io::Result<Self> {
        let mut tail = Self {
            unwrapper: container::resume(&opened.file, offset)?,
            size: opened.size()?,
            splitter: Splitter::new(opened.newline),
            opened,
            is_untouched: offset == 0,
            offset,
            first_line: None,
            head: Vec::new(),
            drained: false,
            idle: 0,
            watch: None,
        };
        tail.remember_begin()?;
        Ok(tail)
    }

    /// Follows `opened` from its last line on that is not complete yet.
    ///
    /// When no line begins within the last [`LINE_CAP`] bytes the rest of the long line is
    /// dropped, as its end alone must not be taken for a line. Until it ends the offset is no begin
    /// of a line: a restart in between reads the file from its begin.
    pub(crate) fn at_end(opened: Opened) -> io::Result<Self> {
        let newline = opened.newline;
        let size = opened.size()?;
        // Whole characters.
        let size = size - size % newline.width() as u64;
        let from = size.saturating_sub(LINE_CAP as u64);
        let mut last = vec![0; usize::try_from(size - from).unwrap_or(LINE_CAP)];
        let length = read_at(&opened.file, &mut last, from)?;
        let read = last.get(..length).unwrap_or_default();
        match newline.last_end(read) {
            Some(end) => Self::at(opened, from.saturating_add(end as u64)),
            None if from == 0 => Self::at(opened, 0),
            None => {
                let length = length - length % newline.width();
                let mut tail = Self::at(opened, from.saturating_add(length as u64))?;
                tail.splitter = Splitter::inside_a_line(newline);
                Ok(tail)
            }
        }
    }

    pub(crate) fn id(&self) -> FileId {
        self.opened.id
    }

    pub(crate) fn file(&self) -> &std::fs::File {
        &self.opened.file
    }

    /// Returns whether the file has no name any more; nobody else can open it then.
    pub(crate) fn is_unlinked(&self) -> bool {
        self.opened.is_unlinked().unwrap_or(false)
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn first_line(&self) -> Option<FirstLine> {
        self.first_line
    }

    /// Returns how many bytes stood behind the last delivered line when the file was looked at last.
    pub(crate) fn lag(&self) -> u64 {
        self.size.max(self.read_to()).saturating_sub(self.offset)
    }

    /// Returns how far the file was read, the unfinished line included.
    fn read_to(&self) -> u64 {
        self.offset.saturating_add(self.splitter.unfinished())
    }

    /// Reads on, at most [`TURN`] bytes.
    pub(crate) fn turn(&mut self) -> io::Result<Turn> {
        let mut turn = Turn {
            buffer: Vec::new(),
            begin: self.offset,
            ranges: Vec::new(),
            unwrapped: None,
            oversize: 0,
            rotated: None,
            at_end: true,
        };
        let size = self.opened.size()?;
        self.size = size;
        turn.rotated = self.begun_anew(size)?;
        if turn.rotated.is_some() {
            self.begin_anew();
            turn.at_end = false;
            return Ok(turn);
        }
        if size < self.read_to() || !self.stands(self.offset, self.splitter.kept())? {
            // Only the unfinished line was taken back.
            self.splitter = Splitter::new(self.opened.newline);
        }
        let read = self.read_to();
        let waiting = usize::try_from(size.saturating_sub(read)).unwrap_or(TURN);
        if waiting > 0 {
            // One byte more than is known of shows whether the file has grown meanwhile.
            turn.buffer = self.splitter.buffer(waiting.saturating_add(1).min(TURN));
            turn.begin = read.saturating_sub(turn.buffer.len() as u64);
            let room = turn.buffer.capacity() - turn.buffer.len();
            let length = self.fill(&mut turn.buffer, read)?;
            turn.at_end = length < room;
            // The begin of a character waits for its rest.
            let part = length % self.opened.newline.width();
            let length = length - part;
            turn.buffer.truncate(turn.buffer.len() - part);
            if length > 0 {
                self.idle = 0;
                self.is_untouched = false;
            }
            let cap = self.unwrapper.cap(&turn.buffer);
            let split = self.splitter.split(&mut turn.buffer, cap);
            turn.ranges = split.ranges;
            turn.oversize = split.oversize;
            self.unwrap(&mut turn);
            let after = read.saturating_add(length as u64);
            self.offset = after.saturating_sub(self.splitter.unfinished());
            self.remember_begin()?;
        }
        Ok(turn)
    }

    /// Takes over what is known of the log from the file that stood at its path before.
    pub(crate) fn follow(&mut self, before: &Self) {
        if self.offset == 0 {
            self.unwrapper = before.unwrapper.next_file();
        }
    }

    /// Goes on with what is unfinished in the file that stood at the path before, which has been read to
    /// its end; called each time before this one is read. While this one is empty and stands at the path
    /// (`is_last`), more may come in the other.
    pub(crate) fn go_on_from(&mut self, before: &mut Self, is_last: bool) -> io::Result<()> {
        if self.is_untouched && (!is_last || self.opened.size()? > 0) {
            self.unwrapper = before.unwrapper.pass_on();
            self.is_untouched = false;
        }
        Ok(())
    }

    /// Takes notice that nothing goes on here from the file that is read before.
    pub(crate) fn stands_alone(&mut self) {
        self.is_untouched = false;
    }

    /// Finds out what the lines of a turn hold.
    fn unwrap(&mut self, turn: &mut Turn) {
        let begin = self.offset.checked_sub(turn.begin);
        let begin = begin.and_then(|begin| usize::try_from(begin).ok());
        turn.unwrapped = self.unwrapper.chunk(&turn.buffer, &turn.ranges, begin);
        let lines = turn.unwrapped.iter().flat_map(|unwrapped| &unwrapped.lines);
        let left_out = lines.filter(|inner| matches!(inner, Inner::LeftOut));
        turn.oversize += left_out.count() as u64;
        if turn.unwrapped.is_none() {
            let before = turn.ranges.len();
            turn.ranges.retain(|range| range.len() <= LINE_CAP);
            turn.oversize += (before - turn.ranges.len()) as u64;
        }
    }

    /// Returns why the file is another than it was, judged by its length and its begin.
    fn begun_anew(&self, size: u64) -> io::Result<Option<Rotation>> {
        if size < self.offset {
            return Ok(Some(Rotation::Truncated));
        }
        let stands = self.stands(0, &self.head)?;
        Ok((!stands).then_some(Rotation::Rewritten))
    }

    /// Returns whether the file still has `text` at `offset`, by its first [`HEAD`] bytes.
    fn stands(&self, offset: u64, text: &[u8]) -> io::Result<bool> {
        let text = text.get(..HEAD).unwrap_or(text);
        let mut block = [0; HEAD];
        let block = block.get_mut(..text.len()).unwrap_or_default();
        read_at(&self.opened.file, block, offset)?;
        Ok(block == text)
    }

    /// Goes back to the first line.
    fn begin_anew(&mut self) {
        self.splitter = Splitter::new(self.opened.newline);
        self.unwrapper = self.unwrapper.pass_on();
        self.offset = 0;
        self.first_line = None;
        self.head = Vec::new();
        self.idle = 0;
    }

    /// Fills up the spare room of `buffer` from `offset` and returns how much it was.
    fn fill(&self, buffer: &mut Vec<u8>, offset: u64) -> io::Result<usize> {
        loop {
            match rustix::io::pread(&self.opened.file, spare_capacity(buffer), offset) {
                Err(rustix::io::Errno::INTR) => {}
                result => return Ok(result?),
            }
        }
    }

    /// Takes up what later tells this content from another, as far as it is known by now.
    fn remember_begin(&mut self) -> io::Result<()> {
        if self.first_line.is_none() && self.offset > 0 {
            self.first_line = self.opened.first_line()?;
        }
        let known = usize::try_from(self.offset).unwrap_or(HEAD).min(HEAD);
        if self.head.len() < known {
            let mut block = vec![0; known];
            let length = read_at(&self.opened.file, &mut block, 0)?;
            block.truncate(length);
            self.head = block;
        }
        Ok(())
    }
}
