//! Where in which files to go on after a restart.

use std::fs::DirEntry;
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::Path;

use crate::error::SourceError;
use crate::event::Rotation;
use crate::newline::Newline;
use crate::opened::{FileId, Opened, is_missing, look, open};
use crate::position::{FirstLine, Position, Start};
use crate::tail::Tail;

/// A directory with more entries than this is not searched to its end.
const SEARCH_CAP: usize = 20_000;

/// The files to read, in order, and what is to be told about them.
#[derive(Debug, Default)]
pub(crate) struct Resumed {
    /// Files that were rotated away, oldest first.
    pub(crate) rotated: Vec<Tail>,
    /// The file that stands at the path.
    pub(crate) current: Option<Tail>,
    pub(crate) why: Option<Rotation>,
    /// What went wrong beside it; reading goes on.
    pub(crate) problem: Option<SourceError>,
}

/// What is known of a path that is to be read.
pub(crate) struct Resume<'source> {
    pub(crate) path: &'source Path,
    pub(crate) newline: Newline,
    pub(crate) start: Start,
    /// Files that have another name now are looked for.
    pub(crate) searches: bool,
    /// How far the file that stands there now was read under another name.
    pub(crate) known: Option<Position>,
    /// Whether a file is read under another path still.
    pub(crate) is_kept: &'source dyn Fn(FileId) -> bool,
}

impl Resume<'_> {
    /// Opens what is to be read of the path, where `opened` is what stands there now.
    ///
    /// # Errors
    ///
    /// [`SourceError::Read`] when the file at the path cannot be read.
    pub(crate) fn resume(self, opened: Option<Opened>) -> Result<Resumed, SourceError> {
        let mut resumed = Resumed::default();
        let begin = |opened: Opened| match (self.known, self.start) {
            (known @ Some(_), _) => {
                let (offset, _) = Self::place(known, &opened)?;
                Tail::at(opened, offset)
            }
            (None, Start::Tail) => Tail::at_end(opened),
            (None, _) => Tail::at(opened, 0),
        };
        let Start::At(position) = self.start else {
            let tail = opened.map(begin).transpose();
            resumed.current = tail.map_err(read_error(self.path, 0))?;
            return Ok(resumed);
        };
        let here = opened.as_ref().map(|opened| opened.id);
        let last = Known::last(&position);
        let earlier = Known::earlier(&position);
        if let Some(earlier) = earlier.as_ref().filter(|file| here != Some(file.id)) {
            self.take_up(earlier, &mut resumed);
            for tail in &mut resumed.rotated {
                // It was read to its end before the file of the position was begun.
                tail.drained = true;
            }
        }
        let found = resumed.rotated.len();
        if last.id.inode != 0 && here != Some(last.id) {
            self.take_up(&last, &mut resumed);
        }
        let moved_away = resumed.rotated.len() > found;
        let Some(opened) = opened else {
            return Ok(resumed);
        };
        let back = earlier.filter(|file| file.id == opened.id);
        let place = match (self.known, back) {
            (known @ Some(_), _) => Self::place(known, &opened),
            (None, Some(earlier)) => earlier.place(&opened),
            (None, None) if moved_away => Ok((0, Some(Rotation::Replaced))),
            (None, None) => last.place(&opened),
        };
        let (offset, why) = place.map_err(read_error(self.path, 0))?;
        resumed.why = why;
        let mut current = Tail::at(opened, offset).map_err(read_error(self.path, offset))?;
        if !moved_away {
            current.stands_alone();
        }
        resumed.current = Some(current);
        Ok(resumed)
    }

    /// Returns where to go on in a file of which this is known.
    pub(crate) fn place(
        known: Option<Position>,
        opened: &Opened,
    ) -> io::Result<(u64, Option<Rotation>)> {
        match known {
            Some(position) => Known::last(&position).place(opened),
            None => Ok((0, None)),
        }
    }

    /// Adds a file that has another name now, if it lies in the directory of the path.
    fn take_up(&self, known: &Known, resumed: &mut Resumed) {
        if !self.searches || (self.is_kept)(known.id) {
            return;
        }
        match known.find(self.path, self.newline) {
            Ok(tail) => resumed.rotated.extend(tail),
            Err(cause) => {
                resumed.problem = Some(SourceError::Search {
                    path: self.path.to_path_buf(),
                    cause,
                });
            }
        }
    }
}

/// A file that was being read.
#[derive(Debug)]
struct Known {
    id: FileId,
    offset: u64,
    first_line: Option<FirstLine>,
}

impl Known {
    /// Returns the file that was read last.
    fn last(position: &Position) -> Self {
        Self {
            id: FileId {
                device: position.device,
                inode: position.inode,
            },
            offset: position.offset,
            first_line: position.first_line,
        }
    }

    /// Returns the file that was read before that one.
    fn earlier(position: &Position) -> Option<Self> {
        let earlier = position.earlier?;
        let id = FileId {
            device: earlier.device,
            inode: earlier.inode,
        };
        let last = Self::last(position).id;
        (id.inode != 0 && id != last).then_some(Self {
            id,
            offset: earlier.offset,
            first_line: earlier.first_line,
        })
    }

    /// Returns where to go on in `opened`, and why it is not where reading stopped, if so.
    fn place(&self, opened: &Opened) -> io::Result<(u64, Option<Rotation>)> {
        if self.offset == 0 && self.first_line.is_none() {
            return Ok((0, None));
        }
        let same_file = opened.id == self.id;
        let first_line = opened.first_line()?;
        let same_begin = match self.first_line {
            Some(_) => first_line == self.first_line,
            // The first line was too long for a fingerprint.
            None => same_file && first_line.is_none(),
        };
        let long_enough = opened.size()? >= self.offset;
        if same_begin && long_enough && opened.line_begins_at(self.offset)? {
            return Ok((self.offset, None));
        }
        let why = if !same_file && self.id.inode != 0 {
            Rotation::Replaced
        } else if !long_enough {
            Rotation::Truncated
        } else {
            Rotation::Rewritten
        };
        Ok((0, Some(why)))
    }

    /// Finds the file under another name beside `path`.
    fn find(&self, path: &Path, newline: Newline) -> io::Result<Option<Tail>> {
        // A log behind a symbolic link is rotated where it lies.
        let real = std::fs::canonicalize(path);
        let real = real.as_deref().unwrap_or(path);
        let name = real.file_name().unwrap_or_default().as_encoded_bytes();
        let mut directories = vec![path.parent(), real.parent()];
        directories.dedup();
        for directory in directories.into_iter().flatten() {
            let entries = match std::fs::read_dir(directory) {
                Err(cause) if is_missing(&cause) => continue,
                entries => entries?,
            };
            for entry in entries.take(SEARCH_CAP) {
                if let Some(opened) = self.matching(&entry?, name, newline)? {
                    return Tail::at(opened, self.offset).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Opens `entry` if it is the file, once a part of the log `name`.
    fn matching(
        &self,
        entry: &DirEntry,
        name: &[u8],
        newline: Newline,
    ) -> io::Result<Option<Opened>> {
        // On stacked file systems the number in the directory may differ from the file's own.
        let likely = entry.file_name().as_encoded_bytes().starts_with(name);
        let numbered = entry.ino() == self.id.inode;
        if !numbered && !likely {
            return Ok(None);
        }
        let path = entry.path();
        match look(&path) {
            Ok(found) if found == Some(self.id) => {}
            Ok(_) | Err(SourceError::NotAFile { .. }) => return Ok(None),
            // What cannot even be looked at is another file, unless its number says otherwise.
            Err(_) if !numbered => return Ok(None),
            Err(other) => return Err(cause_of(other)),
        }
        let Some(opened) = open(&path, newline).map_err(cause_of)? else {
            return Ok(None);
        };
        // The number of a deleted file is soon another's, so the contents must fit as well.
        let same_begin = match self.first_line {
            Some(_) => opened.first_line()? == self.first_line,
            None => likely,
        };
        let fits = opened.id == self.id
            && opened.size()? >= self.offset
            && opened.line_begins_at(self.offset)?
            && same_begin;
        Ok(fits.then_some(opened))
    }
}

fn cause_of(error: SourceError) -> io::Error {
    match error {
        SourceError::Open { cause, .. } => cause,
        other => io::Error::other(other),
    }
}

/// Returns what makes an error of reading `path` out of its cause.
pub(crate) fn read_error(path: &Path, offset: u64) -> impl FnOnce(io::Error) -> SourceError {
    let path = path.to_path_buf();
    move |cause| SourceError::Read {
        path,
        offset,
        cause,
    }
}
