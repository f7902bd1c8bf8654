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
    /// The file that stood at the path before, whose writer may still append to it.
    pub earlier: Option<EarlierPosition>,
}

/// A place in a log file that has been rotated away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierPosition {
    /// The file's device.
    pub device: u64,
    /// The file's inode.
    pub inode: u64,
    /// Bytes from the file's begin.
    pub offset: u64,
    /// Fingerprint of the first line, as that of [`FilePosition`].
    pub first_line: Option<Box<str>>,
}

impl EarlierPosition {
    /// *Shape*: three numbers and the fingerprint with blanks between: `65024 1311 4096 adc8…`.
    pub(crate) fn to_text(&self) -> String {
        let Self {
            device,
            inode,
            offset,
            first_line,
        } = self;
        let first_line = first_line.as_deref().unwrap_or_default();
        format!("{device} {inode} {offset} {first_line}")
    }

    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut number = || words.next()?.parse().ok();
        Some(Self {
            device: number()?,
            inode: number()?,
            offset: number()?,
            first_line: words.next().filter(|word| !word.is_empty()).map(Into::into),
        })
    }
}

/// A place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPosition {
    /// The journal's own name of the last entry taken; `None` in what the original wrote.
    pub cursor: Option<Box<str>>,
    /// The time of that entry.
    pub time: UnixTime,
}
