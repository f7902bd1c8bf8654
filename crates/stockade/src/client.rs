//! `fail2ban-client`.

mod interactive;
mod reload;
mod send;
mod shell;
mod signals;
mod start;

use std::process::ExitCode;
use std::time::Duration;

use f2b_config::ServerSettings;
use f2b_protocol::text::{self, BeautifyError};
use f2b_protocol::{Command, Reply, Value, json};

use crate::configuration::{self, Refused};
use crate::options::{self, Options, OptionsError, Program};
use crate::output::{log, log_error, print, print_error};
use crate::tree::{NoSuchFolder, Tree};
use crate::{dump, exit_codes};

pub(crate) use send::{refusal, request};

/// The version that we answer as (design: "Identity").
const VERSION: &str = "1.1.1";

/// Where the socket is when the configuration cannot be read.
const SOCKET: &str = "/var/run/fail2ban/fail2ban.sock";

/// Runs the program.
pub(crate) fn main(words: Vec<String>) -> ExitCode {
    let options = match Options::parse(Program::Client, words) {
        // As the original: a server in the background is not told what it is called.
        Ok(options) if !options.foreground => Options {
            pname: None,
            ..options
        },
        Ok(options) => options,
        Err(error) => {
            misunderstood(Program::Client, &error);
            print_error("Init of command line failed");
            return exit_codes::failure();
        }
    };
    told(Program::Client, &options)
        .or_else(|| dump::asked(&options))
        .unwrap_or_else(|| run(Program::Client, &options))
}

/// Says what is wrong with a command line.
pub(crate) fn misunderstood(program: Program, error: &OptionsError) {
    if let OptionsError::NoTime(reason) = error {
        print(&format!("ERROR: {reason}"));
    } else {
        print_error(&format!("{}: {error}", program.name()));
        print(&options::usage(program));
    }
}

/// Answers what needs no server: version and help.
pub(crate) fn told(program: Program, options: &Options) -> Option<ExitCode> {
    let has_nothing_to_do = options.command.is_empty() && !options.interactive;
    if options.version_number {
        print(VERSION);
    } else if options.version {
        print(&format!("Fail2Ban v{VERSION}"));
    } else if dump::is_asked(options) {
        return None;
    } else if options.help || (program == Program::Client && has_nothing_to_do) {
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

/// Carries out the command, and with `-i` those that follow.
pub(crate) fn run(program: Program, options: &Options) -> ExitCode {
    let Ok(mut session) = Session::begin(program, options) else {
        return exit_codes::failure();
    };
    if !options.foreground {
        // A server sees to its own.
        signals::watch();
    }
    if !options.command.is_empty() && !session.carry_out(&options.command) {
        return exit_codes::failure();
    }
    if options.interactive {
        session.is_interactive = true;
        return interactive::run(&session);
    }
    exit_codes::SUCCESS
}

/// What is known while commands are carried out.
pub(crate) struct Session<'options> {
    options: &'options Options,
    settings: ServerSettings,
    /// Whether a person is shown what goes on.
    is_interactive: bool,
}

impl<'options> Session<'options> {
    /// Finds out where the server is.
    ///
    /// # Errors
    /// The configuration cannot be read; it was said.
    pub(crate) fn begin(program: Program, options: &'options Options) -> Result<Self, Refused> {
        let settings = configuration::settings(options).inspect_err(|_refused| {
            if program == Program::Client {
                log_error("Init of command line failed");
            }
        })?;
        Ok(Self {
            options,
            settings,
            is_interactive: false,
        })
    }

    /// Returns where the server is and how it logs.
    pub(crate) fn settings(&self) -> &ServerSettings {
        &self.settings
    }

    /// Carries out one command; returns whether that went well. It was said if not.
    pub(crate) fn carry_out(&self, words: &[String]) -> bool {
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        match texts.as_slice() {
            ["start"] => self.start(),
            ["restart"] => self.restart(),
            ["restart", rest @ ..] => self.reload(&[&["--restart"], rest].concat()),
            ["reload", rest @ ..] => self.reload(rest),
            ["ping", seconds, ..] => match python_float(seconds) {
                Some(seconds) => {
                    let patience = Duration::try_from_secs_f64(seconds).ok();
                    self.send(words, patience.filter(|patience| !patience.is_zero()))
                }
                None => {
                    let seconds = Value::text(*seconds).repr();
                    log_error(&format!("could not convert string to float: {seconds}"));
                    false
                }
            },
            _ => self.send(words, None),
        }
    }

    /// Shows a reply; returns whether it is a good one.
    fn shown(&self, command: &Command, reply: &Reply) -> bool {
        if !self.options.json {
            return shown(command, reply);
        }
        let json = match reply {
            Ok(payload) => json::typed(command, payload),
            Err(exception) => json::error(exception),
        };
        print(&format!("{json:#}"));
        reply.is_ok()
    }

    /// Sends a command as it is and shows the answer. Without patience it waits for ever.
    fn send(&self, words: &[String], patience: Option<Duration>) -> bool {
        let command = Command::words(words.iter().cloned());
        match request(&self.settings.socket, &command, patience) {
            Ok(reply) => self.shown(&command, &reply),
            Err(error) => {
                let is_ping = words.first().is_some_and(|word| word == "ping");
                log_error(&refusal(&error, &self.settings.socket, is_ping));
                false
            }
        }
    }

    /// Shows a person who is asked for commands what goes on.
    fn progress(&self, what: &str) {
        if self.is_interactive {
            print(&format!("  ## {what} ... "));
        }
    }
}

/// Shows a reply as the original does; returns whether it is a good one.
fn shown(command: &Command, reply: &Reply) -> bool {
    match reply {
        Ok(payload) => match text::beautify(command, payload) {
            Ok(text) => print(&text),
            Err(error) => {
                // As the original: a reply of an unknown shape is shown all the same.
                log("beautifier", "WARNING", BeautifyError::WARNING);
                log("beautifier", "ERROR", &error.to_string());
                print(&error.printed());
            }
        },
        Err(exception) => {
            log_error(&text::nok(exception));
            print(&text::beautify_error(exception));
        }
    }
    reply.is_ok()
}

/// Reads a number as Python's `float` does, as far as anybody types it.
fn python_float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Returns the control socket's path: as given, else as configured.
pub(crate) fn socket_of(options: &Options) -> Result<String, NoSuchFolder> {
    match &options.socket {
        Some(socket) => Ok(socket.clone()),
        None => {
            let tree = Tree::choose(options.conf.as_deref())?;
            let server = f2b_config::read_server(tree.as_dyn(), &dump::reading(options));
            Ok(server.map_or_else(
                |_unreadable| SOCKET.to_owned(),
                |(settings, _)| settings.socket,
            ))
        }
    }
}
