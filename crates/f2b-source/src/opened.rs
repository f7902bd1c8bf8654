//! One regular file, open, with what tells it from others.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use sha1::{Digest, Sha1};

use crate::error::{FileKind, SourceError};
use crate::position::FirstLine;

/// A first line longer than this has no fingerprint.
const FIRST_LINE_CAP: u64 = 1024 * 1024;

/// What tells a file from every other one that exists at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl FileId {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// An open log file.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) id: FileId,
}

/// Returns what stands at `path`, or nothing when nothing does.
///
/// # Errors
///
/// [`SourceError::Open`] when it cannot be looked at, [`SourceError::NotAFile`] when it is no
/// regular file.
pub(crate) fn look(path: &Path) -> Result<Option<FileId>, SourceError> {
    match std::fs::metadata(path) {
        Ok(metadata) => regular(path, &metadata).map(|()| Some(FileId::of(&metadata))),
        Err(cause) if is_missing(&cause) => Ok(None),
        Err(cause) => Err(open_error(path, cause)),
    }
}

/// Opens the log at `path`, or returns nothing when nothing is there.
///
/// It never blocks. What is no regular file is not even opened, as for some devices and pipes
/// opening alone has effects.
///
/// # Errors
///
/// As [`look`].
pub(crate) fn open(path: &Path) -> Result<Option<Opened>, SourceError> {
    if look(path)?.is_none() {
        return Ok(None);
    }
    // Another process may have put something else there since.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(errno) => {
            let cause = io::Error::from(errno);
            return if is_missing(&cause) {
                Ok(None)
            } else {
                Err(open_error(path, cause))
            };
        }
    };
    let metadata = file.metadata().map_err(|cause| open_error(path, cause))?;
    regular(path, &metadata)?;
    Ok(Some(Opened {
        id: FileId::of(&metadata),
        file,
    }))
}

impl Opened {
    /// Returns the file's length in bytes now.
    pub(crate) fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Returns whether the file has no name any more.
    pub(crate) fn is_unlinked(&self) -> io::Result<bool> {
        Ok(self.file.metadata()?.nlink() == 0)
    }

    /// Returns the fingerprint of the first line, or nothing while it is incomplete or too long.
    pub(crate) fn first_line(&self) -> io::Result<Option<FirstLine>> {
        let mut hash = Sha1::new();
        let mut block = [0; 4096];
        let mut offset = 0;
        while offset < FIRST_LINE_CAP {
            let length = read_at(&self.file, &mut block, offset)?;
            let read = block.get(..length).unwrap_or_default();
            if let Some(line) = memchr::memchr(b'\n', read).and_then(|end| read.get(..=end)) {
                hash.update(line);
                return Ok(Some(FirstLine::finish(hash)));
            }
            if read.is_empty() {
                break;
            }
            hash.update(read);
            offset = offset.saturating_add(length as u64);
        }
        Ok(None)
    }

    /// Returns whether a line can begin at `offset`.
    pub(crate) fn line_begins_at(&self, offset: u64) -> io::Result<bool> {
        let Some(before) = offset.checked_sub(1) else {
            return Ok(true);
        };
        let mut byte = [0];
        Ok(read_at(&self.file, &mut byte, before)? == 1 && byte == *b"\n")
    }
}

/// Reads at `offset` until `block` is full or the file ends, and returns how much it was.
pub(crate) fn read_at(file: &File, block: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(filled)
}

fn regular(path: &Path, metadata: &Metadata) -> Result<(), SourceError> {
    match FileKind::unless_regular(FileType::from_raw_mode(metadata.mode())) {
        None => Ok(()),
        Some(kind) => Err(SourceError::NotAFile {
            path: path.to_path_buf(),
            kind,
        }),
    }
}

/// Returns whether a path leads nowhere, as opposed to somewhere we may not look.
pub(crate) fn is_missing(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn open_error(path: &Path, cause: io::Error) -> SourceError {
    SourceError::Open {
        path: path.to_path_buf(),
        cause,
    }
}
