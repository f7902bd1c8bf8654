//! What a reader of logs is told.

use std::fmt;
use std::ops::Range;

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

/// Complete lines of one source, in file order, in the buffer they were read into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The path they came from.
    pub source: SourceId,
    /// The bytes as they stood in the file.
    pub buffer: Vec<u8>,
    /// Where the buffer begins.
    pub begin: Place,
    /// Where the lines lie in `buffer`, without their line ends; every range is inside `buffer`.
    pub ranges: Vec<Range<usize>>,
    /// Where to go on after these lines: what is to be stored with the bans they cause.
    pub end: Position,
    /// Whether the source was read to its end, so that the next line is a new one.
    ///
    /// A chunk without lines comes once when a file is found to have nothing (more) to read; it
    /// carries the position and this mark.
    pub at_end: bool,
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
    /// No file is at the path; it is waited for. Told once.
    Missing {
        /// The path's number.
        source: SourceId,
    },
    /// A file is at the path again, or for the first time.
    Appeared {
        /// The path's number.
        source: SourceId,
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
