//! `fail2ban-client`.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use f2b_protocol::client::{Client, ClientError};
use f2b_protocol::text::{self, BeautifyError};
use f2b_protocol::{Command, Reply};

use crate::options::{self, Options, Program};
use crate::output::{log, log_error, print, print_error};
use crate::tree::{NoSuchFolder, Tree};
use crate::{dump, exit_codes};

/// The version that we answer as (design: "Identity").
const VERSION: &str = "1.1.1";

/// Where the socket is when the configuration cannot be read.
const SOCKET: &str = "/var/run/fail2ban/fail2ban.sock";

/// Commands that the original's client carries out itself.
const NOT_AVAILABLE: [&str; 3] = ["start", "restart", "reload"];

/// Runs the program.
pub(crate) fn main(words: Vec<String>) -> ExitCode {
    let options = match Options::parse(Program::Client, words) {
        Ok(options) => options,
        Err(error) => {
            print_error(&format!("{}: {error}", Program::Client.name()));
            print(&options::usage(Program::Client));
            print_error("Init of command line failed");
            return exit_codes::failure();
        }
    };
    told(Program::Client, &options)
        .or_else(|| dump::asked(&options))
        .unwrap_or_else(|| ask(&options))
}

/// Answers what needs no server: version and help.
pub(crate) fn told(program: Program, options: &Options) -> Option<ExitCode> {
    if options.version_number {
        print(VERSION);
    } else if options.version {
        print(&format!("Fail2Ban v{VERSION}"));
    } else if dump::is_asked(options) {
        return None;
    } else if options.help || (program == Program::Client && options.command.is_empty()) {
        print(&options::usage(program));
        return Some(if options.help {
            exit_codes::SUCCESS
        } else {
            exit_codes::failure()
        });
    } else {
        return None;
    }
    Some(exit_codes::SUCCESS)
}

/// Sends the command to the server and shows its answer.
pub(crate) fn ask(options: &Options) -> ExitCode {
    let name = options.command.first().map_or("", String::as_str);
    if NOT_AVAILABLE.contains(&name) {
        print_error(&format!(
            "the command `{name}` is not available in this version"
        ));
        print_error(
            "hint: `fail2ban-server -f start` starts a server, `fail2ban-client stop` ends it",
        );
        return exit_codes::failure();
    }
    let socket = match socket_of(options) {
        Ok(socket) => socket,
        Err(NoSuchFolder(path)) => {
            print(&format!(
                "ERROR: Base configuration directory {path} does not exist "
            ));
            log_error("Init of command line failed");
            return exit_codes::failure();
        }
    };
    let patience = patience(options);
    let command = Command::words(options.command.iter().cloned());
    match request(&socket, &command, patience) {
        Ok(Ok(payload)) => shown(&command, &payload),
        Ok(Err(exception)) => {
            log_error(&text::nok(&exception));
            print(&text::beautify_error(&exception));
            exit_codes::failure()
        }
        Err(error) => {
            log_error(&refusal(&error, &socket, name == "ping"));
            exit_codes::failure()
        }
    }
}

fn shown(command: &Command, payload: &f2b_protocol::Value) -> ExitCode {
    match text::beautify(command, payload) {
        Ok(text) => print(&text),
        Err(error) => {
            // As the original: a reply of an unknown shape is shown all the same.
            log("beautifier", "WARNING", BeautifyError::WARNING);
            log("beautifier", "ERROR", &error.to_string());
            print(&error.printed());
        }
    }
    exit_codes::SUCCESS
}

/// Returns the control socket's path: as given, else as configured.
pub(crate) fn socket_of(options: &Options) -> Result<String, NoSuchFolder> {
    match &options.socket {
        Some(socket) => Ok(socket.clone()),
        None => {
            let tree = Tree::choose(options.conf.as_deref())?;
            let server = f2b_config::read_server(tree.as_dyn(), &dump::reading(options));
            Ok(server.map_or_else(|_unreadable| SOCKET.to_owned(), |server| server.socket))
        }
    }
}

/// How long an answer may take: `--timeout`, or the number behind `ping`; otherwise for ever.
fn patience(options: &Options) -> Option<Duration> {
    let given = options.timeout.map(Duration::from_secs);
    let words: Vec<&str> = options.command.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ping", seconds] => {
            let seconds = seconds
                .parse()
                .ok()
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            seconds.filter(|patience| !patience.is_zero()).or(given)
        }
        _ => given,
    }
}

/// Sends one command over a new connection.
pub(crate) fn request(
    socket: &str,
    command: &Command,
    patience: Option<Duration>,
) -> Result<Reply, ClientError> {
    let stream = UnixStream::connect(socket).map_err(ClientError::Send)?;
    stream
        .set_read_timeout(patience)
        .and_then(|()| stream.set_write_timeout(patience))
        .map_err(ClientError::Send)?;
    let mut client = Client::new(stream);
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
        ErrorKind::ConnectionRefused if is_ping => "[Errno 111] Connection refused".to_owned(),
        ErrorKind::ConnectionRefused => {
            "[[Errno 111] Connection refused] Unable to contact server. Is it running?".to_owned()
        }
        ErrorKind::PermissionDenied => {
            format!("Permission denied to socket: {socket}, (you must be root)")
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "timed out".to_owned(),
        _ if !Path::new(socket).exists() => {
            format!("Failed to access socket path: {socket}. Is fail2ban running?")
        }
        _ => format!("{error}: {cause}"),
    }
}
