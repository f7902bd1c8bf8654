//! What can go wrong between a path and its lines.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rustix::fs::FileType;

use crate::event::{PatternId, SourceId};

/// Names why a log cannot be read, or not as promptly as it should be.
///
/// Only the calls that return it have failed; the error of a
/// [`SourceEvent::Problem`](crate::SourceEvent::Problem) is retried at every
/// [`Files::rescan`](crate::Files::rescan), while the other files go on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The number of a pattern is in use.
    #[error("watch {pattern}: pattern number {id} is taken")]
    PatternNumberTaken {
        /// The number that was asked for.
        id: PatternId,
        /// The pattern that was to be watched.
        pattern: String,
    },
    /// The number is in use.
    #[error("watch {path}: source number {id} is taken")]
    NumberTaken {
        /// The number that was asked for.
        id: SourceId,
        /// The path that was to be watched.
        path: PathBuf,
    },
    /// The path is empty, or relative while the working directory is gone.
    #[error("watch log path {path:?}")]
    Path {
        /// The path as it was given.
        path: PathBuf,
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
    /// The file is there but cannot be opened or looked at.
    #[error("open log file {path}")]
    Open {
        /// The log's path.
        path: PathBuf,
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
    /// The path names something that has no lines to follow.
    #[error("open log file {path}: it is a {kind}, not a regular file")]
    NotAFile {
        /// The log's path.
        path: PathBuf,
        /// What it is instead.
        kind: FileKind,
    },
    /// An open file cannot be read on; it is opened again at the next rescan.
    #[error("read log file {path} at byte {offset}")]
    Read {
        /// The log's path.
        path: PathBuf,
        /// The place that could not be read.
        offset: u64,
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
    /// The directory of a log cannot be searched for the rotated file that was being read.
    #[error("look for the rotated log file beside {path}")]
    Search {
        /// The log's path.
        path: PathBuf,
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
    /// A directory on the way of a pattern cannot be listed; it is tried again at the next rescan.
    #[error("list directory {path}")]
    List {
        /// The directory.
        path: PathBuf,
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
    /// The kernel gives no notice of changes; rescans still see them.
    #[error("watch {path} for changes")]
    Watch {
        /// The file or directory that was to be watched.
        path: PathBuf,
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
    /// Waiting itself failed.
    #[error("wait for changes of log files")]
    Wait {
        /// The system's answer.
        #[source]
        cause: io::Error,
    },
}

impl SourceError {
    /// Returns the error and its cause.
    pub(crate) fn in_full(&self) -> String {
        format!("{self}: {:?}", std::error::Error::source(self))
    }

    /// Returns whether a file cannot be opened because too many are.
    pub(crate) fn is_out_of_descriptors(&self) -> bool {
        match self {
            Self::Open { cause, .. } | Self::Search { cause, .. } | Self::List { cause, .. } => {
                use rustix::io::Errno;
                let code = cause.raw_os_error();
                let of_them = |errno: Errno| code == Some(errno.raw_os_error());
                of_them(Errno::MFILE) || of_them(Errno::NFILE)
            }
            _ => false,
        }
    }

    /// Returns what a person can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            _ if self.is_out_of_descriptors() => Some(
                "raise the limit of open files: `LimitNOFILE=` of the service, or `ulimit -n` before the start",
            ),
            Self::Open { cause, .. } | Self::Search { cause, .. } | Self::List { cause, .. }
                if cause.kind() == io::ErrorKind::PermissionDenied =>
            {
                Some(
                    "give the server's user the right to read the file and to enter its directories",
                )
            }
            Self::NotAFile { kind, .. } => Some(match kind {
                FileKind::Directory => "name the log files in it, for example with `*.log`",
                FileKind::Fifo | FileKind::Socket => {
                    "let the writer log to a file, or to the journal"
                }
                FileKind::CharacterDevice | FileKind::BlockDevice | FileKind::Other => {
                    "point `logpath` at a log file"
                }
            }),
            Self::Watch { cause, .. } => Some(match cause.raw_os_error() {
                Some(code) if code == rustix::io::Errno::NOSPC.raw_os_error() => {
                    "raise `fs.inotify.max_user_watches`; until then changes are seen by looking again"
                }
                Some(code) if code == rustix::io::Errno::MFILE.raw_os_error() => {
                    "raise `fs.inotify.max_user_instances`; until then changes are seen by looking again"
                }
                _ => "changes are seen by looking again, which is slower",
            }),
            Self::Path { .. } => Some("give an absolute path"),
            _ => None,
        }
    }
}

/// What a path names when it is not a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// A Unix socket.
    Socket,
    /// A terminal, `/dev/null` and the like.
    CharacterDevice,
    /// A disk.
    BlockDevice,
    /// Something that this system should not have.
    Other,
}

impl FileKind {
    /// Returns what `kind` is, or nothing for a regular file.
    pub(crate) fn unless_regular(kind: FileType) -> Option<Self> {
        match kind {
            FileType::RegularFile => None,
            FileType::Directory => Some(Self::Directory),
            FileType::Fifo => Some(Self::Fifo),
            FileType::Socket => Some(Self::Socket),
            FileType::CharacterDevice => Some(Self::CharacterDevice),
            FileType::BlockDevice => Some(Self::BlockDevice),
            FileType::Symlink | FileType::Unknown => Some(Self::Other),
        }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Directory => "directory",
            Self::Fifo => "named pipe",
            Self::Socket => "socket",
            Self::CharacterDevice => "character device",
            Self::BlockDevice => "block device",
            Self::Other => "special file",
        })
    }
}
