//! Entries of the journal, from what `journalctl -o export` prints: which journal, which entries, and each once.
//!
//! ```
//! use f2b_source::journal::ExportParser;
//!
//! let export = b"__CURSOR=s=1;i=1;t=660ce02d050c0\n__REALTIME_TIMESTAMP=1795287778000000\n_HOSTNAME=host\n\
//!     SYSLOG_IDENTIFIER=sshd\n_PID=7\nMESSAGE=Connection closed\n\n";
//! let mut parser = ExportParser::new();
//! let mut entries = Vec::new();
//! parser.push(export, |entry| entries.push(entry))?;
//! assert_eq!(entries[0].text, b"host sshd[7]: Connection closed");
//! assert_eq!(entries[0].realtime_us, 1_795_287_778_000_000);
//! # Ok::<(), f2b_source::journal::ExportError>(())
//! ```

mod cursor;
mod entry;
mod export;
mod gate;
mod matches;
mod which;

pub use cursor::{Cursor, CursorTextError};
pub use entry::JournalEntry;
pub use export::{ExportCounts, ExportError, ExportParser, FIELD_CAP};
pub use gate::{Gate, OVERLAP_US, RunStart, earliest};
pub use matches::{Hits, Matches, Terms, union};
pub use which::{ARGUMENTS, DEFAULT_FLAGS, Spec, SpecError, Which, WhichError, split};

/// The fields that a parser looks at, for the option `--output-fields` of `journalctl`.
///
/// The cursor and the times, whose names begin with two underscores, are always printed.
pub const FIELDS: [&str; 8] = [
    "_HOSTNAME",
    "SYSLOG_IDENTIFIER",
    "_COMM",
    "SYSLOG_PID",
    "_PID",
    "MESSAGE",
    "_SOURCE_REALTIME_TIMESTAMP",
    "_SOURCE_MONOTONIC_TIMESTAMP",
];
