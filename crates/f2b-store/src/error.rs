//! What can go wrong with the file, sorted by what a person has to do about it.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Error as SqliteError, ErrorCode};

/// Why the database could not be opened, read or written.
///
/// Where it names a step, the text fits after "failed to". [`StoreError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file system has no room, or refuses to take bytes.
    #[error("{step} database {path}: no room on its file system")]
    Full {
        /// What was being done: `open`, `write to`, `read`, `close`.
        step: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's own words.
        #[source]
        source: SqliteError,
    },
    /// File, directory or file system may not be written.
    #[error("{step} database {path}: not writable")]
    ReadOnly {
        /// What was being done.
        step: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's own words.
        #[source]
        source: SqliteError,
    },
    /// Another program holds the file, and did not let go in time.
    #[error("{step} database {path}: in use by another program")]
    Busy {
        /// What was being done.
        step: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's own words.
        #[source]
        source: SqliteError,
    },
    /// What the file holds is damaged.
    #[error("{step} database {path}: the file is damaged")]
    Corrupt {
        /// What was being done.
        step: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's own words.
        #[source]
        source: SqliteError,
    },
    /// A newer version of the original wrote the file. The text is the original's.
    #[error("Attempt to travel to future version of database ...how did you get here??")]
    Future {
        /// The database, left as it was.
        path: PathBuf,
        /// The version found in it.
        version: i64,
    },
    /// A newer Stockade wrote its own tables into the file.
    #[error("open database {path}: its `stockade_` tables have version {version}")]
    FutureTables {
        /// The database, left as it was.
        path: PathBuf,
        /// The version found in it.
        version: i64,
    },
    /// What lies at the path is a directory, a device, a pipe.
    #[error("open database {path}: not a regular file")]
    NotAFile {
        /// What was given as the database.
        path: PathBuf,
    },
    /// A file or directory beside the database could not be made, moved or looked at.
    #[error("{step} {path}")]
    File {
        /// What was being done: `create directory`, `set aside`.
        step: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's own words.
        #[source]
        source: io::Error,
    },
    /// Anything else that SQLite refuses.
    #[error("{step} database {path}")]
    Other {
        /// What was being done.
        step: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's own words.
        #[source]
        source: SqliteError,
    },
}

impl StoreError {
    /// Returns what a person can do about it; stands in a line of its own after `hint:`.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Full { .. } => {
                "free space on that file system, and look for its errors in `dmesg`"
            }
            Self::ReadOnly { .. } => {
                "let the server's user write the file and its directory, or name another `dbfile`"
            }
            Self::Busy { .. } => "end the program that keeps the file locked; `fuser` names it",
            Self::Corrupt { .. } => {
                "restart the server: it sets the damaged file aside and begins a new one"
            }
            Self::Future { .. } | Self::FutureTables { .. } => {
                "run the version that wrote it, or name another `dbfile`"
            }
            Self::NotAFile { .. } => "name a file as `dbfile`",
            Self::File { .. } => {
                "see that its directory exists and may be written, or name another `dbfile`"
            }
            Self::Other { .. } => "name another `dbfile`, or set `dbfile = None` to go without",
        }
    }

    /// Tells whether the same attempt can succeed later without anything but time or space.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Busy { .. })
    }

    /// Sorts what SQLite reported while doing `step`.
    pub(crate) fn sorted(step: &'static str, path: &Path, source: SqliteError) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { step, path, source },
            Some(ErrorCode::SystemIoFailure) if writing(&source) => {
                Self::Full { step, path, source }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::ReadOnly { step, path, source }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { step, path, source }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt { step, path, source }
            }
            _ => Self::Other { step, path, source },
        }
    }
}

/// Tells whether an I/O failure came from an attempt to store bytes: a quota, a failing disk and a
/// full file system under the `-shm` file all end here rather than as `SQLITE_FULL`.
fn writing(error: &SqliteError) -> bool {
    use rusqlite::ffi;
    error.sqlite_error().is_some_and(|failure| {
        matches!(
            failure.extended_code,
            ffi::SQLITE_IOERR_WRITE
                | ffi::SQLITE_IOERR_FSYNC
                | ffi::SQLITE_IOERR_DIR_FSYNC
                | ffi::SQLITE_IOERR_TRUNCATE
                | ffi::SQLITE_IOERR_SHMSIZE
                | ffi::SQLITE_IOERR_SHMOPEN
                | ffi::SQLITE_IOERR_SHMMAP
        )
    })
}
