//! `start` and `restart`.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use f2b_protocol::client::ClientError;
use f2b_protocol::{Command, Reply, Value, text};

use super::Session;
use super::send::{connect, refusal, request};
use crate::configuration::{Configuration, Prepared};
use crate::output::{log, log_error, print_error};
use crate::{server, start};

/// How long a server that was started is waited for, if nothing else is said.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a server may take to answer a `ping` before it counts as none.
const PING: Duration = Duration::from_secs(5);

/// The longest pause between two looks at a server.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// What the original says when there is a socket and no answer.
pub(crate) const UNEXPECTED: &str =
    "Fail2ban seems to be in unexpected state (not running but the socket exists)";

impl Session<'_> {
    /// Starts a server, unless there is one.
    pub(crate) fn start(&self) -> bool {
        let patience = self.options.timeout.unwrap_or(PING);
        if !self.has_own_socket() && self.is_answered(patience) {
            log_error("Server already running");
            if self.options.foreground {
                print_error(
                    "hint: `fail2ban-client stop` ends that server; a second one needs its own `-s` and `-p`",
                );
            }
            return false;
        }
        let read = Configuration::read(self.options, None);
        let prepared = read.and_then(|configuration| configuration.told(self.options));
        prepared.is_ok_and(|prepared| self.launch(prepared))
    }

    /// Stops the server, if there is one, and starts it again.
    ///
    /// Differs: with a configuration that nothing can be started from, the server that runs goes on
    /// (suite `life`, `client restart (3)` in known-differences).
    pub(super) fn restart(&self) -> bool {
        let Ok(configuration) = Configuration::read(self.options, None) else {
            return false;
        };
        if !configuration.is_good() {
            return configuration.told(self.options).is_ok();
        }
        self.progress("stop");
        self.send(&["stop".to_owned()], None);
        let end = Instant::now() + self.options.timeout.unwrap_or(PATIENCE);
        while self.is_answered(PING) && Instant::now() < end {
            thread::sleep(LONGEST_PAUSE);
        }
        self.progress("load configuration");
        let Ok(prepared) = configuration.told(self.options) else {
            return false;
        };
        self.progress("start");
        self.launch(prepared)
    }

    /// Becomes the server, or starts one and configures it.
    fn launch(&self, prepared: Prepared) -> bool {
        let socket = &self.settings.socket;
        let is_there = Path::new(socket).symlink_metadata().is_ok();
        if is_there && !self.options.force && !self.has_own_socket() {
            log_error(UNEXPECTED);
            if self.options.foreground {
                print_error(
                    "hint: a server that was killed leaves it; start with `-x` to remove it",
                );
            }
            return false;
        }
        if self.options.foreground {
            return server::foreground(self.options, prepared);
        }
        let mut started = match start::background(&prepared.settings, self.options) {
            Ok(started) => started,
            Err(error) => {
                log_error(&format!("fail2ban-server cannot be started: {error}"));
                return false;
            }
        };
        if self.options.verbosity > 1 {
            log("server", "INFO", "Starting in daemon mode");
        }
        if !self.appears(&mut started) {
            log_error(&format!(
                "Could not start server. Maybe an old socket file is still present. Try to remove {socket}. If you used fail2ban-client to start the server, adding the -x option will do it"
            ));
            return false;
        }
        match self.configure(&prepared) {
            Ok(is_well) => is_well,
            Err(error) => {
                log_error(&refusal(&error, socket, false));
                false
            }
        }
    }

    /// Tells whether the server that this process becomes was given its socket.
    fn has_own_socket(&self) -> bool {
        self.options.foreground && f2b_daemon::socket_is_passed()
    }

    /// Waits until the server that was started answers.
    fn appears(&self, started: &mut start::Started) -> bool {
        let begin = Instant::now();
        let patience = self.options.timeout.unwrap_or(PATIENCE);
        let mut pause = Duration::from_millis(6);
        while begin.elapsed() < patience {
            if self.is_answered(patience) {
                return true;
            }
            if let Some(said) = started.ended() {
                let said = said.trim_end();
                if !said.is_empty() {
                    print_error(said);
                }
                return false;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        false
    }

    /// Tells whether a server answers.
    fn is_answered(&self, patience: Duration) -> bool {
        let patience = patience.max(Duration::from_millis(1));
        request(
            &self.settings.socket,
            &Command::words(["ping"]),
            Some(patience),
        )
        .is_ok_and(|reply| reply.is_ok())
    }

    /// Sends the configuration to a server that waits for it.
    fn configure(&self, prepared: &Prepared) -> Result<bool, ClientError> {
        let mut client = connect(&self.settings.socket, None)?;
        let is_ours = ours(&client.ask(&identity())?);
        let stream = prepared.stream(is_ours);
        let reply = client.ask(&Command::new(vec!["server-stream".into(), stream]))?;
        if let Err(exception) = &reply {
            log_error(&text::nok(exception));
        }
        let mut is_well = reply.is_ok();
        if is_ours {
            // One broken jail does not keep the others from running.
            let status = client.ask(&identity())?;
            is_well = !is_useless(&status);
            if !is_well {
                print_error("hint: no jail could be started, and the server was stopped again");
                client.ask(&Command::words(["stop"]))?.ok();
                return Ok(false);
            }
            if reply.is_err() {
                print_error("hint: the other jails run; `stockade status` says what is wrong");
            }
        }
        let ready = Command::words(["server-status"]);
        let reply = client.ask(&ready)?;
        let is_ready = self.shown(&ready, &reply);
        client.close().ok();
        Ok(is_well && is_ready)
    }
}

/// The question that tells our server from the original's, which hears no more than the first word.
pub(super) fn identity() -> Command {
    Command::words(["server-status", "--json"])
}

/// Tells whether it was our server that answered [`identity`].
pub(super) fn ours(reply: &Reply) -> bool {
    let server = reply.as_ref().ok().and_then(|tree| tree.entry("server"));
    server.and_then(Value::as_str) == Some("Stockade")
}

/// Tells whether all jails of our server are broken.
fn is_useless(status: &Reply) -> bool {
    let jails = status.as_ref().ok().and_then(|tree| tree.entry("jails"));
    let Some(Value::Dict(jails)) = jails else {
        return false;
    };
    let is_broken = |jail: &Value| jail.entry("state").and_then(Value::as_str) == Some("broken");
    !jails.is_empty() && jails.iter().all(|(_, jail)| is_broken(jail))
}
