//! What the log should say about the database.

use std::fmt;
use std::path::PathBuf;

/// Something worth a line in the log that is no failure.
///
/// The text of [`Note::Connected`], [`Note::Created`], [`Note::Updated`] and [`Note::Closed`] is
/// the original's (contract B 3.4, logger `fail2ban.database`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The file is open.
    Connected {
        /// The file.
        path: PathBuf,
    },
    /// There was no database; there is one now.
    Created {
        /// Its schema's version.
        version: i64,
    },
    /// The file had an older schema.
    Updated {
        /// The version found.
        from: i64,
        /// The version it has now.
        to: i64,
        /// The copy that was made before.
        backup: PathBuf,
    },
    /// The file was damaged; it lies at `to` now, and a new one was begun.
    SetAside {
        /// Where the database is.
        path: PathBuf,
        /// Where the damaged file lies.
        to: PathBuf,
        /// What was wrong with it.
        why: String,
    },
    /// The file system cannot share memory, so that each commit costs more.
    NoWriteAheadLog {
        /// The journal mode in force.
        mode: String,
    },
    /// A row could not be understood and was passed over.
    RowSkipped {
        /// The table.
        table: &'static str,
        /// The row's jail.
        jail: String,
        /// Whom or what the row is about, as far as it can be read.
        about: String,
        /// What was wrong with it.
        why: &'static str,
    },
    /// Beside those with a note of their own, more rows were passed over.
    MoreRowsSkipped {
        /// The table.
        table: &'static str,
        /// The rows' jail.
        jail: String,
        /// How many.
        count: usize,
    },
    /// The file was closed.
    Closed,
}

/// The level at which a [`Note`] is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteLevel {
    /// Expected.
    Info,
    /// Surprising, handled.
    Warning,
    /// Something was lost.
    Error,
}

impl Note {
    /// Returns the level at which it is logged.
    #[must_use]
    pub fn level(&self) -> NoteLevel {
        match self {
            Self::Connected { .. } | Self::Closed => NoteLevel::Info,
            Self::Created { .. } | Self::Updated { .. } | Self::NoWriteAheadLog { .. } => {
                NoteLevel::Warning
            }
            Self::SetAside { .. } | Self::RowSkipped { .. } | Self::MoreRowsSkipped { .. } => {
                NoteLevel::Error
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { path } => write!(
                out,
                "Connected to fail2ban persistent database '{}'",
                path.display()
            ),
            Self::Created { version } => write!(out, "New database created. Version '{version}'"),
            Self::Updated { from, to, .. } => {
                write!(out, "Database updated from '{from}' to '{to}'")
            }
            Self::SetAside { path, to, why } => write!(
                out,
                "Database {} is damaged ({why}); it was kept as {}, and a new one begun",
                path.display(),
                to.display()
            ),
            Self::NoWriteAheadLog { mode } => write!(
                out,
                "Database has no write-ahead log here (journal mode '{mode}'), commits are slower"
            ),
            Self::RowSkipped {
                table,
                jail,
                about,
                why,
            } => write!(
                out,
                "[{jail}] A row of {table} about {about:?} was passed over: {why}"
            ),
            Self::MoreRowsSkipped { table, jail, count } => {
                write!(
                    out,
                    "[{jail}] {count} more rows of {table} were passed over"
                )
            }
            Self::Closed => out.write_str("Connection to database closed."),
        }
    }
}
