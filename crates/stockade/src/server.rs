//! `fail2ban-server`.

use std::process::ExitCode;

use f2b_daemon::{LogLevel, LogTarget, RunError};

use crate::diagnostics::{self, Style};
use crate::options::{self, Options, Program};
use crate::output::{print, print_error};
use crate::tree::{self, NoSuchFolder, SystemFolders, Tree};
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
    match start(&options) {
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

fn start(options: &Options) -> anyhow::Result<()> {
    let tree = Tree::choose(options.conf.as_deref()).map_err(|NoSuchFolder(path)| {
        anyhow::anyhow!(
            "Base configuration directory {path} does not exist (hint: `-c` names a folder)"
        )
    })?;
    let mut reading = dump::reading(options);
    if tree.is_embedded {
        // The built-in copy belongs to no installation: unless told otherwise it talks to the terminal.
        print_error(
            "/etc/fail2ban does not exist: the built-in configuration is used, and the log goes to the terminal",
        );
        reading.logtarget.get_or_insert_with(|| "STDOUT".to_owned());
    }
    let read = f2b_config::read(tree.as_dyn(), &SystemFolders, &reading);
    let told = match &read {
        Ok(read) => &read.told,
        Err(unreadable) => &unreadable.told,
    };
    // What the original says comes first, then every mistake with its place.
    dump::say(told, options);
    let mistakes = tree::check(tree.as_dyn());
    for mistake in &mistakes {
        print_error(&diagnostics::text(mistake, Style::of_stderr()));
    }
    let read = read.map_err(|unreadable| anyhow::anyhow!(unreadable.reason))?;
    let Some(commands) = &read.stream else {
        anyhow::bail!("the configuration cannot be read (hint: mend the mistakes above)");
    };
    if !read.is_good {
        anyhow::bail!("no jail can be started (hint: mend the mistakes above)");
    }
    let mut stream = vec![read.supplement(&mistakes)];
    stream.extend(commands.iter().map(|sent| sent.command.clone()));
    let log_target = LogTarget::named(&read.server.logtarget).map_err(RunError::from)?;
    let run = f2b_daemon::run(f2b_daemon::Options {
        socket: read.server.socket.into(),
        pidfile: read.server.pidfile.into(),
        force: options.force,
        log_target,
        log_level: LogLevel::named(&read.server.loglevel).unwrap_or_default(),
        syslog_socket: Some(&read.server.syslogsocket)
            .filter(|path| path.as_str() != "auto")
            .map(Into::into),
        stream,
    });
    run.map_err(|error: RunError| error.into())
}
