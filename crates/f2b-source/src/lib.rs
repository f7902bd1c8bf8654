//! Lines from log files and from the journal, every line once.
//!
//! **Knows**: how a log file is opened, followed, rotated, truncated, replaced and taken up again
//! after a restart; which files come to fit a pattern; where lines end; what `journalctl -o export` prints.
//!
//! **Must not know**: what a line means, which jail reads it, what time it is, how a process is
//! started. It reads no clock: [`Files::wait`] takes a timeout, and the daemon hands over the
//! output of its `journalctl`.
//!
//! **Oracle**: for files a model run beside the reader (`cargo test -p f2b-source files_model`);
//! for the journal `systemd-journal-remote` and `journalctl` themselves
//! (`cargo test -p f2b-source journalctl`; Debian packages `systemd` and `systemd-journal-remote`).
//!
//! # What is promised
//!
//! Every complete line (one that ends with a newline) of a watched path is delivered once, in
//! file order, also over rename-and-create, delete-and-recreate, a swapped symbolic link, and a
//! restart from the last [`Chunk::end`]. What can be lost, and nothing else:
//!
//! - lines that were unread when their file was truncated in place (`copytruncate`), or appended
//!   to a renamed file after its handle was closed ([`Files::rescan`] says when);
//! - a whole generation of a log that was created and rotated away between two looks at the path,
//!   or while nobody was reading;
//! - a log that was rotated and compressed, or truncated and then rotated, while nobody was reading.
//!
//! Whoever follows several paths ([`Files::follow`]) has the lines of a file once, also when it is
//! renamed from one of them to another, or stands at more than one by links.
//!
//! A file that comes back to its path after its handle was closed, and that the last position does
//! not name, is new: its lines come again; for a follower that had it only when 4,096 others were
//! closed since.
//!
//! A truncated file that has grown past the old offset before the next look is told from a merely
//! grown one by its first 256 bytes.
//!
//! # Example
//!
//! ```
//! use f2b_source::{Files, Progress, SourceEvent, SourceId, Start};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = tempfile::tempdir()?;
//! let path = directory.path().join("auth.log");
//! std::fs::write(&path, "first\nsecond\nunfinished")?;
//!
//! let mut files = Files::new();
//! files.watch(SourceId(0), &path, Start::Head)?;
//! let mut lines = Vec::new();
//! while let Progress::More = files.read(&mut |event| {
//!     if let SourceEvent::Chunk(chunk) = event {
//!         lines.extend(chunk.lines().map(<[u8]>::to_vec));
//!     }
//! }) {}
//! assert_eq!(lines, [b"first".to_vec(), b"second".to_vec()]);
//! # Ok(())
//! # }
//! ```

mod container;
mod encoding;
mod error;
mod event;
mod files;
mod filesystem;
mod held;
mod hints;
mod how;
pub mod journal;
mod newline;
mod opened;
mod pattern;
mod position;
mod resume;
mod seek;
mod source;
mod split;
mod tail;

pub use container::{Form, Inner, News, RECORD_CAP, Unwrapped, Unwrapper, Whole};
pub use encoding::{Encoding, Order};
pub use error::{FileKind, SourceError};
pub use event::{Chunk, FollowerId, PatternId, Place, Rotation, SourceEvent, SourceId};
pub use files::{Files, Progress, Woken};
pub use how::{How, Watching};
pub use newline::Newline;
pub use position::{Earlier, FirstLine, FirstLineTextError, Position, Start};
pub use seek::seek;
pub use split::LINE_CAP;
pub use tail::TURN;
