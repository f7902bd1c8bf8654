//! One command to the server, and what to say when there is no answer.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use f2b_protocol::client::{Client, ClientError};
use f2b_protocol::{Command, Reply};

/// Connects to a server. Without patience an answer is waited for without end.
pub(crate) fn connect(
    socket: &str,
    patience: Option<Duration>,
) -> Result<Client<UnixStream>, ClientError> {
    let stream = UnixStream::connect(socket).map_err(ClientError::Send)?;
    stream
        .set_read_timeout(patience)
        .and_then(|()| stream.set_write_timeout(patience))
        .map_err(ClientError::Send)?;
    Ok(Client::new(stream))
}

/// Sends one command over a new connection.
pub(crate) fn request(
    socket: &str,
    command: &Command,
    patience: Option<Duration>,
) -> Result<Reply, ClientError> {
    let mut client = connect(socket, patience)?;
    let reply = client.ask(command)?;
    // The server closes by itself when it has stopped.
    client.close().ok();
    Ok(reply)
}

/// What to say when there is no answer (contract B 1.4).
pub(crate) fn refusal(error: &ClientError, socket: &str, is_ping: bool) -> String {
    let (ClientError::Send(cause) | ClientError::Receive(cause)) = error else {
        return error.to_string();
    };
    match cause.kind() {
        ErrorKind::NotFound => {
            format!("Failed to access socket path: {socket}. Is fail2ban running?")
        }
        ErrorKind::PermissionDenied => {
            format!("Permission denied to socket: {socket}, (you must be root)")
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "timed out".to_owned(),
        kind if kind != ErrorKind::ConnectionRefused && !Path::new(socket).exists() => {
            format!("Failed to access socket path: {socket}. Is fail2ban running?")
        }
        _ if is_ping => python_words(cause),
        _ => format!(
            "[{}] Unable to contact server. Is it running?",
            python_words(cause)
        ),
    }
}

/// What Python says of an error of the system.
fn python_words(error: &std::io::Error) -> String {
    let Some(number) = error.raw_os_error() else {
        return error.to_string();
    };
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    format!("[Errno {number}] {text}")
}
