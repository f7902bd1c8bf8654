//! What the lines are written to: a file, the terminal, or a datagram socket.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::journal;
use super::target::{LogTargetError, Place};

/// Where syslog listens if nothing else is said.
pub(super) const SYSLOG: &str = "/dev/log";

/// The longest text of one datagram, in bytes; the rest is cut.
const LONGEST: usize = 48 << 10;

/// How long a full datagram socket is waited for. After that nothing waits for it until it has
/// taken a line again.
const PATIENCE: Duration = Duration::from_millis(500);

/// What takes the lines.
#[derive(Debug)]
pub(super) enum Sink {
    Stdout,
    Stderr,
    File(File),
    Datagrams(Datagrams),
}

impl Sink {
    /// Opens what a target names. A socket is looked for with the first line only: that nobody
    /// listens yet ends nothing.
    pub(super) fn open(place: &Place, syslog: &Path) -> Result<Self, LogTargetError> {
        Ok(match place {
            Place::Stdout => Self::Stdout,
            Place::Stderr => Self::Stderr,
            Place::Syslog => Self::Datagrams(Datagrams::to(syslog)),
            Place::Journal => Self::Datagrams(Datagrams::to(Path::new(journal::SOCKET))),
            Place::File(path) => Self::File(open_file(path)?),
        })
    }

    /// Writes bytes that are a line, or lines, with their end.
    pub(super) fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.write_all(bytes),
            Self::Stderr => std::io::stderr().lock().write_all(bytes),
            Self::Stdout => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Self::Datagrams(socket) => socket.send(bytes),
        }
    }
}

fn open_file(path: &Path) -> Result<File, LogTargetError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    options.open(path).map_err(|source| LogTargetError::Open {
        path: path.to_owned(),
        source,
    })
}

/// A socket that takes one line at a time; whoever listens may come and go.
#[derive(Debug)]
pub(super) struct Datagrams {
    path: PathBuf,
    connection: Option<Connection>,
    /// Whether it took nothing the last time.
    is_full: bool,
}

#[derive(Debug)]
enum Connection {
    Datagram(UnixDatagram),
    /// Some listen for a stream instead.
    Stream(UnixStream),
}

impl Datagrams {
    pub(super) fn to(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            connection: None,
            is_full: false,
        }
    }

    /// Connects, so that a mistake in the path is known at once.
    pub(super) fn connect(&mut self) -> std::io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        let connection = match socket.connect(&self.path) {
            Ok(()) => {
                socket.set_write_timeout(Some(PATIENCE))?;
                Connection::Datagram(socket)
            }
            // Anything but "nobody there": it may be of the other kind.
            Err(error)
                if !matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::PermissionDenied
                ) =>
            {
                let stream = UnixStream::connect(&self.path).map_err(|_other| error)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Connection::Stream(stream)
            }
            Err(error) => return Err(error),
        };
        self.connection = Some(connection);
        self.is_full = false;
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if self.connection.is_some() {
            match self.try_send(bytes) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => self.connection = None,
                done => return done,
            }
        }
        // Whoever listened may have been started anew.
        self.connect()?;
        self.try_send(bytes)
    }

    fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let sent = match &mut self.connection {
            None => return Err(Error::from(ErrorKind::NotConnected)),
            Some(Connection::Datagram(socket)) => socket.send(bytes).map(drop),
            Some(Connection::Stream(stream)) => stream.write_all(bytes),
        };
        let is_full = sent
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        if is_full != self.is_full {
            self.is_full = is_full;
            if let Some(Connection::Datagram(socket)) = &self.connection {
                socket.set_nonblocking(is_full)?;
            }
        }
        sent
    }
}

/// Returns the part of a text that one datagram takes.
pub(super) fn cut(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LONGEST);
    format!("{}…", text.get(..end).unwrap_or_default())
}
