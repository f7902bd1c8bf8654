//! The control socket: who connects, what they ask, what they are answered.

mod activation;
mod clients;

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, select};
use f2b_protocol::client::{Client, ClientError};
use f2b_protocol::frame::{self, FrameReader, Message};
use f2b_protocol::json;
use f2b_protocol::pickle::{self, Limits};
use f2b_protocol::{Answer, Command, Value};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::event::{Event, ReplyTo};
use crate::guard;
use crate::log::{Level, Line, Log};
use crate::supervisor;

pub(crate) use activation::inherited;
pub use activation::socket_is_passed;
use clients::{Clients, NoRoom, Place};

/// A control socket that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Another server answers on it.
    #[error("Server already running (it answers on {0})")]
    Occupied(PathBuf),
    /// Something stands at its path.
    #[error("Fail2ban seems to be in unexpected state (not running but the socket exists): {0}")]
    Stale(PathBuf),
    /// Its folder cannot be made.
    #[error("make the folder of the control socket, {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What the service manager passed is none.
    #[error("take over the control socket from the service manager")]
    Inherited(#[source] std::io::Error),
    /// It cannot be bound or removed.
    #[error("open the control socket {path}")]
    Open {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// How long a client may be silent between two commands or while it is written to.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether a client that waits for its answer is still there.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// A request up to this size is nothing to speak of, in bytes.
const SMALL: usize = 64 << 10;

/// What is said to who has too much in memory.
const TOO_MUCH: &str = "too many large requests at once (hint: try again later)";

/// Opens the socket. With `force` one that nobody answers on is removed first.
pub(crate) fn open(path: &Path, force: bool) -> Result<UnixListener, SocketError> {
    let failed = |source| SocketError::Open {
        path: path.to_owned(),
        source,
    };
    make_folder(path).map_err(|(path, source)| SocketError::Folder { path, source })?;
    if path.symlink_metadata().is_ok() {
        if UnixStream::connect(path).is_ok_and(is_answered) {
            return Err(SocketError::Occupied(path.to_owned()));
        }
        if !force {
            return Err(SocketError::Stale(path.to_owned()));
        }
        std::fs::remove_file(path).map_err(failed)?;
    }
    UnixListener::bind(path).map_err(failed)
}

/// Tells whether a server is at the other end.
///
/// That the socket takes a connection proves nothing: a process that a killed server was just
/// starting has it open for a moment longer. A server that is too busy to answer is one.
fn is_answered(stream: UnixStream) -> bool {
    let patience = Some(Duration::from_secs(2));
    let asked = stream
        .set_read_timeout(patience)
        .and_then(|()| stream.set_write_timeout(patience))
        .map_err(ClientError::Send)
        .and_then(|()| Client::new(stream).ask(&Command::words(["ping"])));
    match asked {
        Err(ClientError::Closed) => false,
        Err(ClientError::Send(error) | ClientError::Receive(error)) => !matches!(
            error.kind(),
            std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset
        ),
        // Whatever it says, it lives.
        _ => true,
    }
}

/// Makes the folder that a file of the server lies in, its last part only, as the original does.
///
/// # Errors
/// The folder, and why it cannot be made.
pub(crate) fn make_folder(file: &Path) -> Result<(), (PathBuf, std::io::Error)> {
    let Some(folder) = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    else {
        return Ok(());
    };
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err((folder.to_owned(), error))
        }
        _ => Ok(()),
    }
}

impl SocketError {
    /// Returns what a person can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Occupied(_) => Some(
                "`fail2ban-client stop` ends that server; a second one needs its own `-s` and `-p`",
            ),
            Self::Stale(_) => {
                Some("a server that was killed leaves it; start with `-x` to remove it")
            }
            Self::Folder { .. } => {
                Some("only the last folder of the path is made; make the others, or use `-s`")
            }
            Self::Inherited(_) => {
                Some("it must be a stream socket of the family `AF_UNIX` that listens")
            }
            Self::Open { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Some("run as root, or name a path with `-s` that the server's user may write")
            }
            Self::Open { .. } => Some("name another path with `-s`"),
        }
    }
}

/// Serves clients for as long as the process lives.
pub(crate) fn serve(listener: &UnixListener, events: &Sender<Event>, log: &Log) {
    let clients = Clients::default();
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) => {
                refused(log, "accepted", &error);
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        let stream = Arc::new(stream);
        let place = clients.admit(Arc::clone(&stream));
        let (events, own_log) = (events.clone(), log.clone());
        let client = move || {
            // A client that goes away in the middle is no event of the server's.
            converse(&stream, &place, &events, &own_log).ok();
        };
        if let Err(error) = guard::start("client", client) {
            refused(log, "served", &error);
        }
    }
}

fn refused(log: &Log, what: &str, error: &std::io::Error) {
    log.error(
        "asyncserver",
        format!("A client could not be {what}: {error}"),
    );
}

/// Answers one client until it goes away.
fn converse(
    stream: &UnixStream,
    place: &Place,
    events: &Sender<Event>,
    log: &Log,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // Who may connect is said by the mode of the socket; who did is told.
    if let Ok(peer) = rustix::net::sockopt::socket_peercred(stream) {
        let (process, user) = (peer.pid.as_raw_nonzero(), peer.uid.as_raw());
        let text = format!("A client connects: process {process}, user {user}");
        log.write(&Line::new(Level::Debug, "asyncserver", text));
    }
    let mut connection = stream;
    let mut frames = FrameReader::new(Limits::REQUEST.input_bytes);
    let mut buffer = vec![0; 16 << 10];
    loop {
        let message = match frames.next_message() {
            Ok(Some(message)) => message,
            Ok(None) => {
                let count = match connection.read(&mut buffer) {
                    Ok(0) => return Ok(()),
                    Ok(count) => count,
                    // A process that was stopped and goes on is no reason to hang up.
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error),
                };
                frames.push(buffer.get(..count).unwrap_or_default());
                if frames.held() > SMALL && place.hold(frames.held()).is_err() {
                    return connection.write_all(&refusal(TOO_MUCH, &frames, log));
                }
                continue;
            }
            Err(error) => {
                // Where the next message begins can no longer be told.
                return connection.write_all(&refusal(&error.to_string(), &frames, log));
            }
        };
        let (written, waiting) = bounded(0);
        let carried_out = |command: Command| {
            // Who only sleeps may be woken by the end of the connection.
            let _busy = (command.word(0) != Some("sleep")).then(|| place.busy());
            let is_reload = command.word(0) == Some("reload");
            if is_reload {
                supervisor::reloading();
            }
            let answer = ask(command, waiting, (stream, place), events);
            if is_reload {
                supervisor::ready();
            }
            answer
        };
        let bytes = match message {
            Message::Pickle(message) if message == frame::CLOSE => return Ok(()),
            Message::Pickle(message) => {
                let decoded = in_turn(&message, place, |message| {
                    let value = pickle::decode(message, &Limits::REQUEST);
                    value.map_err(|error| error.to_string())
                });
                drop(message);
                let answer = match decoded.map(Command::from_value) {
                    Err(reason) => unreadable(&reason, log),
                    Ok(Err(exception)) => Answer::Reply(Err(exception)),
                    Ok(Ok(command)) => carried_out(command),
                };
                frame::terminated(answer.encode())
            }
            Message::Line(line) => match in_turn(&line, place, json::Request::parse) {
                Ok(request) => request.answer(&carried_out(request.command.clone())),
                Err(reason) => {
                    unreadable(&reason, log);
                    json::refusal(&reason)
                }
            },
        };
        // Who does not take what it has asked for has no right to much memory.
        if place.hold(bytes.len()).is_err() {
            return Ok(());
        }
        connection.write_all(&bytes)?;
        drop(bytes);
        place.hold(0).ok();
        drop::<Sender<()>>(written);
    }
}

/// Answers a message that does not end as it should, in its own language.
fn refusal(reason: &str, frames: &FrameReader, log: &Log) -> Vec<u8> {
    let answer = unreadable(reason, log);
    match frames.is_line() {
        true => json::refusal(reason),
        false => frame::terminated(answer.encode()),
    }
}

fn unreadable(reason: &str, log: &Log) -> Answer {
    log.error(
        "asyncserver",
        format!("PROTO-error: load message failed: {reason}"),
    );
    Answer::Unreadable(reason.to_owned())
}

/// Reads a message. Large ones are read one at a time: while it is read one takes many times its size.
fn in_turn<T>(
    message: &[u8],
    place: &Place,
    read: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<T, String> {
    static TURN: Mutex<()> = Mutex::new(());
    if message.len() <= SMALL {
        return read(message);
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // What it becomes stays in memory until it is answered.
    let values = message.len().min(Limits::REQUEST.nodes);
    let bytes = message.len() + values * size_of::<Value>() / 2;
    place.hold(bytes).map_err(|NoRoom| TOO_MUCH.to_owned())?;
    read(message)
}

/// Hands a command to the engine and waits for its answer, or for being hung up on.
fn ask(
    command: Command,
    written: crossbeam_channel::Receiver<()>,
    (stream, place): (&UnixStream, &Place),
    events: &Sender<Event>,
) -> Answer {
    let (sender, receiver) = bounded(1);
    let to = ReplyTo {
        answer: sender,
        written,
    };
    if events.send(Event::Command(command, to)).is_err() {
        return Answer::Shutdown;
    }
    loop {
        select! {
            recv(receiver) -> answer => return answer.unwrap_or(Answer::Shutdown),
            // There is nobody left to be answered.
            recv(place.gone) -> _gone => return Answer::Shutdown,
            default(LOOK_PAUSE) => {
                if has_gone(stream) {
                    return Answer::Shutdown;
                }
            }
        }
    }
}

/// Tells whether the other end of a connection was closed; one that only says no more waits for its answer.
fn has_gone(stream: &UnixStream) -> bool {
    let mut descriptors = [PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::empty())];
    poll(&mut descriptors, Some(&Timespec::default())).is_ok_and(|count| count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_goes_away_unanswered_is_no_server() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let stream = UnixStream::connect(&path).unwrap();
        let dying = std::thread::spawn(move || drop(listener));
        assert!(!is_answered(stream));
        dying.join().unwrap();
        assert!(matches!(open(&path, false), Err(SocketError::Stale(_))));
        open(&path, true).unwrap();
    }
}
