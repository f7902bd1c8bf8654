//! The side that asks: one command out, one answer in.

use std::io::{self, Read, Write};

use crate::frame::{self, FrameError, FrameReader};
use crate::pickle::{self, Limits};
use crate::{Answer, AnswerError, Command, Reply};

/// Asks a server over any two-way stream. Deadlines are the stream's business.
///
/// ```
/// use f2b_protocol::{Command, Value, client::Client, frame, pickle};
/// # struct Toy(std::io::Cursor<Vec<u8>>);
/// # impl std::io::Read for Toy {
/// #     fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> { self.0.read(buffer) }
/// # }
/// # impl std::io::Write for Toy {
/// #     fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> { Ok(bytes.len()) }
/// #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
/// # }
/// # let answer = frame::terminated(pickle::encode_reply(&Ok(Value::from("pong"))));
/// # let stream = Toy(std::io::Cursor::new(answer));
/// let mut client = Client::new(stream);
/// let reply = client.ask(&Command::words(["ping"]))?;
/// assert_eq!(reply, Ok(Value::from("pong")));
/// # Ok::<(), f2b_protocol::client::ClientError>(())
/// ```
#[derive(Debug)]
pub struct Client<S> {
    stream: S,
    frames: FrameReader,
    limits: Limits,
}

/// What can come between a command and its reply.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The command could not be sent.
    #[error("the command cannot be sent")]
    Send(#[source] io::Error),
    /// The answer could not be received.
    #[error("the answer cannot be received")]
    Receive(#[source] io::Error),
    /// The server closed the connection before it had answered.
    #[error("the server closed the connection without an answer")]
    Closed,
    /// The answer is too long.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The answer is not what a server answers.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The server could not read the command; holds its reason.
    #[error("the server could not read the command: {0}")]
    Unreadable(String),
    /// The server is on its way down.
    #[error("the server is shutting down")]
    ShuttingDown,
}

impl<S: Read + Write> Client<S> {
    /// Returns a client over the stream.
    pub fn new(stream: S) -> Self {
        let limits = Limits::REPLY;
        Self {
            stream,
            frames: FrameReader::new(limits.input_bytes),
            limits,
        }
    }

    /// Sends one command and waits for its reply.
    ///
    /// *Errors*: there is no reply. A command that failed on the server is a
    /// reply.
    pub fn ask(&mut self, command: &Command) -> Result<Reply, ClientError> {
        let message = frame::terminated(pickle::encode(command.as_value()));
        self.stream.write_all(&message).map_err(ClientError::Send)?;
        self.stream.flush().map_err(ClientError::Send)?;
        let frame = self.receive()?;
        match Answer::decode(&frame, &self.limits)? {
            Answer::Reply(reply) => Ok(reply),
            Answer::Unreadable(reason) => Err(ClientError::Unreadable(reason)),
            Answer::Shutdown => Err(ClientError::ShuttingDown),
        }
    }

    /// Says goodbye, so that the server need not wait for more.
    ///
    /// *Errors*: the goodbye could not be sent.
    pub fn close(mut self) -> Result<(), ClientError> {
        let goodbye = frame::terminated(frame::CLOSE.to_vec());
        self.stream.write_all(&goodbye).map_err(ClientError::Send)?;
        self.stream.flush().map_err(ClientError::Send)
    }

    /// Returns the stream, to set its deadlines.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    fn receive(&mut self) -> Result<Vec<u8>, ClientError> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if let Some(frame) = self.frames.next_frame()? {
                return Ok(frame);
            }
            let count = match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ClientError::Closed),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ClientError::Receive(error)),
            };
            self.frames.push(buffer.get(..count).unwrap_or(&[]));
        }
    }
}
