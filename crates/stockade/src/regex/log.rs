//! What is tried on: a file, a text, or the journal.

mod file;
mod inside;
mod journal;

use std::ops::ControlFlow;
use std::path::PathBuf;

use f2b_core::UnixTime;

pub(crate) use self::journal::Journal;
use super::progress::Progress;
use f2b_source::{Encoding, Form};

/// A log.
#[derive(Debug)]
pub(crate) enum Log {
    /// A file.
    File {
        /// The file.
        path: PathBuf,
        /// Its encoding.
        encoding: Encoding,
    },
    /// Lines that were given as they are.
    Text(Vec<String>),
    /// Entries of the journal.
    Journal(Journal),
}

/// One line, or something to say about the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A line of a text.
    Line {
        /// The line; a newline at its end does not count.
        text: &'a str,
        /// The bytes of it that could not be read as the encoding has them.
        broken: Option<&'a [u8]>,
    },
    /// A line inside a container log.
    Inside {
        /// The line, a newline behind it.
        text: &'a str,
        /// When it was written.
        time: UnixTime,
        /// The lines of the file that hold it.
        records: &'a [&'a str],
        /// The bytes of it that could not be read as the encoding has them.
        broken: Option<&'a [u8]>,
    },
    /// What the file is taken for from here on, if it is not a plain log from its begin on: a container
    /// log of this form, or a plain log after all.
    Taken(Option<Form>),
    /// An entry of the journal.
    Entry {
        /// The line that filters see.
        text: &'a str,
        /// When it happened.
        time: UnixTime,
    },
}

/// A log that cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// The file cannot be opened or read.
    #[error("read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The journal cannot be read.
    #[error("read the journal: {0}")]
    Journal(String),
}

/// Takes up pieces of a log until it does not want any more.
pub(crate) type Reader<'a> = dyn FnMut(Piece<'_>) -> ControlFlow<()> + 'a;

impl Log {
    /// Hands over every line that is neither empty nor a comment, and every line inside a container log.
    ///
    /// # Errors
    /// [`LogError`]
    pub(crate) fn read(
        &self,
        progress: &Progress,
        reader: &mut Reader<'_>,
    ) -> Result<(), LogError> {
        match self {
            Self::File { path, encoding } => file::read(path, *encoding, progress, reader),
            Self::Text(lines) => {
                for text in lines.iter().filter(|line| counts(line)) {
                    let piece = Piece::Line { text, broken: None };
                    if reader(piece).is_break() {
                        break;
                    }
                }
                Ok(())
            }
            Self::Journal(journal) => journal.read(reader),
        }
    }
}

/// Tells whether a line counts: empty ones and comments do not.
fn counts(line: &str) -> bool {
    // Most lines are told by their first byte.
    match line.as_bytes().first() {
        None | Some(b'#') => false,
        Some(b'\r' | b'\n') => !line.trim_end_matches(['\r', '\n']).is_empty(),
        Some(_) => true,
    }
}
