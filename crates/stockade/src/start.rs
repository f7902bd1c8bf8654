//! Finds `fail2ban-server` and starts it in the background.
//!
//! The server is started anew as a program of its own, never forked: it takes itself off the terminal
//! (`f2b_daemon::detach`), and whatever keeps it from starting it says on a pipe that is read here.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use f2b_config::ServerSettings;

use crate::options::Options;

/// The program's name.
const SERVER: &str = "fail2ban-server";

/// A server that was started and may not answer yet.
pub(crate) struct Started {
    child: Child,
}

/// Starts a server that waits for commands; where it listens and what it logs is said on its command
/// line.
///
/// # Errors
/// The program cannot be found or started.
pub(crate) fn background(settings: &ServerSettings, options: &Options) -> std::io::Result<Started> {
    let mut command = Command::new(program());
    command.args(["--async", "-b"]);
    // Its folder will be another one.
    command.arg("-s").arg(absolute(&settings.socket));
    command.arg("-p").arg(absolute(&settings.pidfile));
    if options.force {
        command.arg("-x");
    }
    for _ in 1..options.verbosity {
        command.arg("-v");
    }
    command.args(["--loglevel", &settings.loglevel]);
    command.args(["--logtarget", &settings.logtarget]);
    command.args(["--syslogsocket", &settings.syslogsocket]);
    if let Some(name) = &options.pname {
        command.args(["--pname", name]);
    }
    command.arg("start");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let child = command.stderr(Stdio::piped()).spawn()?;
    Ok(Started { child })
}

impl Started {
    /// Returns what the server said, if it has ended already.
    pub(crate) fn ended(&mut self) -> Option<String> {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            return None;
        }
        let mut said = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            stderr.read_to_string(&mut said).ok();
        }
        Some(said)
    }
}

/// The server's program: the one beside this program, else the first in `PATH`.
fn program() -> PathBuf {
    let beside = std::env::current_exe().ok();
    let beside = beside.and_then(|own| Some(own.parent()?.join(SERVER)));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| SERVER.into())
}

fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_unknown| Path::new(path).to_owned())
}
