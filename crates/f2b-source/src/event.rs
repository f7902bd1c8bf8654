//! What a reader of logs is told.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use crate::container::Unwrapped;
use crate::error::SourceError;
use crate::position::Position;

/// The caller's number of one watched path.
///
/// One path has one source, however many jails read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

impl fmt::Display for SourceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The caller's number of one pattern of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(pub u32);

impl fmt::Display for PatternId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Complete lines of one source, in file order, in the buffer they were read into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The path they came from.
    pub source: SourceId,
    /// The bytes as they stood in the file.
    pub buffer: Vec<u8>,
    /// Where the buffer begins.
    pub begin: Place,
    /// Where the lines lie in `buffer`, without their line ends; every range is inside `buffer`. No line is
    /// longer than [`LINE_CAP`](crate::LINE_CAP), but for records of a container's runtime, which may have
    /// [`RECORD_CAP`](crate::RECORD_CAP) bytes.
    pub ranges: Vec<Range<usize>>,
    /// What these lines hold, if they are records of a container's runtime.
    pub unwrapped: Option<Unwrapped>,
    /// Where to go on after these lines: what is to be stored with the bans they cause.
    pub end: Position,
    /// Whether the source was read to its end, so that the next line is a new one.
    ///
    /// A chunk without lines comes once when a file is found to have nothing (more) to read, and when a
    /// problem with it has ended; it carries the position and this mark.
    pub at_end: bool,
    /// How many other files are open that stood at the path before; [`end`](Self::end) names one at most.
    pub others: usize,
    /// How many lines were longer than [`LINE_CAP`](crate::LINE_CAP) and were left out.
    pub oversize: u64,
}

/// A place in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The device that holds the file.
    pub device: u64,
    /// The file's inode number.
    pub inode: u64,
    /// Bytes from the begin of the file.
    pub offset: u64,
}

impl Chunk {
    /// Returns the lines, without their line ends (all `CR` and `LF` at the end are off).
    pub fn lines(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.ranges
            .iter()
            .map(|range| self.buffer.get(range.clone()).unwrap_or_default())
    }
}

/// Why a path is read from its begin again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Another file stands at the path.
    Replaced,
    /// The file is shorter than what was read of it.
    Truncated,
    /// The file begins with other text than before.
    Rewritten,
}

impl fmt::Display for Rotation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Replaced => "another file stands at the path",
            Self::Truncated => "the file was truncated",
            Self::Rewritten => "the file begins with other text",
        })
    }
}

/// The caller's number of one who reads: each line of a file is for it once, under whatever names it
/// follows the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FollowerId(pub u32);

/// One thing that happened to a source.
#[derive(Debug)]
pub enum SourceEvent {
    /// Lines were read, or the end was reached.
    Chunk(Chunk),
    /// The path is read from its begin again, after the unread rest of a file that was replaced.
    Rotated {
        /// The path's number.
        source: SourceId,
        /// What was seen.
        why: Rotation,
    },
    /// No file is at the path; it is waited for. Told once, and again after a problem.
    Missing {
        /// The path's number.
        source: SourceId,
    },
    /// A file is at the path again, or for the first time.
    Appeared {
        /// The path's number.
        source: SourceId,
    },
    /// What is at the path is read under another name for all who read it here. Told once.
    Elsewhere {
        /// The path's number.
        source: SourceId,
    },
    /// What is at the path is read under another name for some of those who read it here. They are to have a source
    /// of their own for the path: what this one brings from now on would come to them twice.
    Divided {
        /// The path's number.
        source: SourceId,
        /// Who has it under another name.
        followers: Vec<FollowerId>,
    },
    /// Nothing has been at the path for 30 rescans, and what was there is read to its end. Told once,
    /// of a source that is to be forgotten then ([`How::vanishes`](crate::How::vanishes)).
    Vanished {
        /// The path's number.
        source: SourceId,
    },
    /// A regular file has come to fit a pattern, or did so when it began to be watched. Told again
    /// only after it was gone and the path had no source any more.
    ///
    /// It is told also of files that are watched already: whoever asked knows which those are.
    Found {
        /// The pattern's number.
        pattern: PatternId,
        /// The file's path.
        path: PathBuf,
        /// How far the file was read under another name; to be given to
        /// [`Files::watch`](crate::Files::watch) as [`Start::At`](crate::Start::At).
        read_to: Option<Position>,
    },
    /// A directory on the way of a pattern cannot be watched or listed. Told once until it changes.
    PatternProblem {
        /// The pattern's number.
        pattern: PatternId,
        /// What went wrong.
        error: SourceError,
    },
    /// The path lies on a file system where the kernel tells nothing of what others change, so it is
    /// looked at by [`Files::poll_again`](crate::Files::poll_again) as well. Told once.
    Polled {
        /// The path's number.
        source: SourceId,
        /// The file system's usual name, such as `NFS`.
        filesystem: &'static str,
    },
    /// The path cannot be read, or changes are noticed late. Told once until it changes.
    Problem {
        /// The path's number.
        source: SourceId,
        /// What went wrong.
        error: SourceError,
    },
}
