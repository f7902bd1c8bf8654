//! `fail2ban-server`.

use std::process::ExitCode;

use f2b_config::{Configuration, Severity};
use f2b_daemon::{LogTarget, RunError};

use crate::options::{self, Options, Program};
use crate::output::{print, print_error};
use crate::tree::{NoSuchFolder, Tree};
use crate::{client, dump, exit_codes};

/// Runs the program.
pub(crate) fn main(words: Vec<String>) -> ExitCode {
    let options = match Options::parse(Program::Server, words) {
        Ok(options) => options,
        Err(error) => {
            print_error(&format!("{}: {error}", Program::Server.name()));
            print(&options::usage(Program::Server));
            return exit_codes::failure();
        }
    };
    if let Some(code) = client::told(Program::Server, &options) {
        return code;
    }
    if let Some(code) = dump::asked(&options) {
        return code;
    }
    if !options.command.is_empty() {
        // As the original: with any other command it is the client.
        return client::ask(&options);
    }
    if !options.foreground {
        print_error("starting in the background is not available in this version");
        print_error(
            "hint: `fail2ban-server -f start` stays in the foreground; let a service manager do the rest",
        );
        return exit_codes::failure();
    }
    match start(options) {
        Ok(()) => exit_codes::SUCCESS,
        Err(error) => {
            for (depth, cause) in error.chain().enumerate() {
                let label = if depth == 0 { "ERROR: " } else { "  because: " };
                print_error(&format!("{label}{cause}"));
            }
            let hint = error.downcast_ref::<RunError>().and_then(RunError::hint);
            if let Some(hint) = hint {
                print_error(&format!("hint: {hint}"));
            }
            exit_codes::failure()
        }
    }
}

fn start(options: Options) -> anyhow::Result<()> {
    let tree = Tree::choose(options.conf.as_deref()).map_err(|NoSuchFolder(path)| {
        anyhow::anyhow!(
            "Base configuration directory {path} does not exist (hint: `-c` names a folder)"
        )
    })?;
    let mut configuration = tree.read();
    configuration
        .diagnostics
        .iter()
        .for_each(|diagnostic| print_error(&diagnostic.to_string()));
    overrule(&mut configuration, &options, tree.is_embedded);
    let server = &configuration.server;
    let mut stream = server.commands();
    // The server's own settings come first; they may have been overruled.
    let own = stream.len();
    stream.extend(configuration.stream.iter().skip(own).cloned());
    let is_start = |command: &f2b_protocol::Command| command.word(0) == Some("start");
    let first_start = stream.iter().position(is_start).unwrap_or(stream.len());
    stream.insert(first_start, configuration.supplement.clone());
    let broken = configuration
        .diagnostics
        .iter()
        .any(|mistake| mistake.severity == Severity::Error);
    if broken && !stream.iter().any(is_start) {
        anyhow::bail!("no jail can be started (hint: mend the mistakes above)");
    }
    let log_target = LogTarget::named(&server.logtarget).map_err(RunError::from)?;
    let run = f2b_daemon::run(f2b_daemon::Options {
        socket: options
            .socket
            .unwrap_or_else(|| server.socket.clone())
            .into(),
        pidfile: options
            .pidfile
            .unwrap_or_else(|| server.pidfile.clone())
            .into(),
        force: options.force,
        log_target,
        stream,
    });
    run.map_err(|error: RunError| error.into())
}

/// The command line counts more than the files. The built-in copy belongs to no installation: unless
/// told otherwise it talks to the terminal.
fn overrule(configuration: &mut Configuration, options: &Options, is_embedded: bool) {
    let server = &mut configuration.server;
    if is_embedded {
        print_error(
            "/etc/fail2ban does not exist: the built-in configuration is used, and the log goes to the terminal",
        );
        "STDOUT".clone_into(&mut server.logtarget);
    }
    if let Some(loglevel) = &options.loglevel {
        server.loglevel.clone_from(loglevel);
    }
    if let Some(logtarget) = &options.logtarget {
        server.logtarget.clone_from(logtarget);
    }
}
