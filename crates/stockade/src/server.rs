//! `fail2ban-server`.

use std::process::ExitCode;

use f2b_config::ServerSettings;
use f2b_daemon::{LogLevel, LogTarget, Reread, RunError};
use f2b_protocol::Command;

use crate::client::{self, Session};
use crate::configuration::{Configuration, Prepared};
use crate::options::{Options, Program};
use crate::output::{log_error, print, print_error};
use crate::{dump, exit_codes};

/// Runs the program.
pub(crate) fn main(words: Vec<String>) -> ExitCode {
    let options = match Options::parse(Program::Server, words) {
        Ok(options) => options,
        Err(error) => {
            client::misunderstood(Program::Server, &error);
            return exit_codes::failure();
        }
    };
    if let Some(code) = client::told(Program::Server, &options) {
        return code;
    }
    if let Some(code) = dump::asked(&options) {
        return code;
    }
    if !options.command.is_empty() || options.interactive {
        // As the original: with any other command it is the client.
        return client::run(Program::Server, &options);
    }
    let Ok(session) = Session::begin(Program::Server, &options) else {
        return exit_codes::failure();
    };
    let is_well = if options.waits {
        wait_for_commands(&options, session.settings().clone())
    } else {
        let is_well = session.start();
        if !is_well {
            log_error("Async configuration of server failed");
        }
        is_well
    };
    if is_well {
        exit_codes::SUCCESS
    } else {
        exit_codes::failure()
    }
}

/// Becomes a server that is configured over its socket; returns whether it ended well.
fn wait_for_commands(options: &Options, settings: ServerSettings) -> bool {
    if options.background
        && let Err(error) = f2b_daemon::detach()
    {
        print_error(&format!("ERROR: leave the terminal: {error}"));
        return false;
    }
    become_server(options, settings, None)
}

/// Becomes a server in the foreground; returns whether it ended well.
pub(crate) fn foreground(options: &Options, prepared: Prepared) -> bool {
    let mut stream = vec![prepared.supplement];
    stream.extend(prepared.stream);
    become_server(options, prepared.settings, Some(stream))
}

/// Reads the configuration again for a server that was started with these options.
fn reread(options: Options) -> impl Fn() -> Option<Vec<Command>> {
    move || {
        let read = Configuration::read(&options, None).ok()?;
        let prepared = read.told(&options).ok()?;
        let mut stream = vec![prepared.supplement];
        stream.extend(prepared.stream);
        Some(stream)
    }
}

fn become_server(
    options: &Options,
    settings: ServerSettings,
    stream: Option<Vec<Command>>,
) -> bool {
    let is_configured = stream.is_some();
    let run = LogTarget::named(&settings.logtarget)
        .map_err(RunError::from)
        .and_then(|log_target| {
            f2b_daemon::run(f2b_daemon::Options {
                socket: settings.socket.into(),
                pidfile: settings.pidfile.into(),
                force: options.force,
                log_target,
                log_level: LogLevel::named(&settings.loglevel.to_uppercase()).unwrap_or_default(),
                syslog_socket: Some(settings.syslogsocket)
                    .filter(|path| path != "auto")
                    .map(Into::into),
                stream,
                background: options.background,
                name: options.pname.clone(),
                reread: Reread(Box::new(reread(options.clone()))),
                ready: if is_configured {
                    || print("Server ready")
                } else {
                    || {}
                },
            })
        });
    match run {
        Ok(()) => true,
        Err(error) => {
            tell(&error);
            false
        }
    }
}

/// Says why a server cannot begin, and what can be done.
fn tell(error: &RunError) {
    print_error(&format!("ERROR: {error}"));
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        print_error(&format!("  because: {inner}"));
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        print_error(&format!("hint: {hint}"));
    }
}
