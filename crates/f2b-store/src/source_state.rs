//! How far a source of lines has been read.

use f2b_core::UnixTime;

/// The name under which the original keeps a jail's place in the journal.
pub const JOURNAL: &str = "systemd-journal";

/// How far one source of a jail has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// The log file's path; [`JOURNAL`] for the journal, of which a jail has one.
    pub source: Box<str>,
    /// The place behind the last line taken from it.
    pub position: Position,
}

/// A place between two lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// In a log file.
    File(FilePosition),
    /// In the journal.
    Journal(JournalPosition),
}

/// A place in a log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePosition {
    /// The file's device; 0 where it is not known, as in what the original wrote.
    pub device: u64,
    /// The file's inode; 0 where it is not known.
    pub inode: u64,
    /// Bytes from the file's begin.
    pub offset: u64,
    /// Fingerprint of the first line with its line end: SHA-1 in 40 hexadecimal digits. `None`
    /// while that line is incomplete.
    pub first_line: Option<Box<str>>,
}

/// A place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPosition {
    /// The journal's own name of the last entry taken; `None` in what the original wrote.
    pub cursor: Option<Box<str>>,
    /// The time of that entry.
    pub time: UnixTime,
}
