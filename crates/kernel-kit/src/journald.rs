//! A `systemd-journald` of a test's own, in the place of the machine's.

use std::fs;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::KitError;

const PROGRAM: &str = "/lib/systemd/systemd-journald";

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a journal may take for what it is told.
const PATIENCE: Duration = Duration::from_secs(20);

/// No entry is held back for being one of many.
const SETTINGS: &str = "[Journal]\\nRateLimitIntervalSec=0\\nRateLimitBurst=0\\nReadKMsg=no\\n\
                        RuntimeMaxUse=1G\\nRuntimeKeepFree=1M\\n";

/// A journal that is being written; it ends when this is dropped.
///
/// Only who has run the commands of [`mounts`](Self::mounts) in a mount namespace of its own sees it.
#[derive(Debug)]
pub struct Journald {
    child: Child,
    socket: PathBuf,
    journal: PathBuf,
}

impl Journald {
    /// Returns shell commands after which the journal in `folder` is in the place of the machine's.
    #[must_use]
    pub fn mounts(folder: &Path) -> String {
        format!(
            "mount -t tmpfs tmpfs /var/log\nmount -t tmpfs tmpfs /run\nmkdir -p /run/log /run/systemd/journal\n\
             mount --bind {}/runlog /run/log\n",
            folder.display()
        )
    }

    /// Begins a journal in `folder`, or goes on with the one that is there.
    ///
    /// # Errors
    /// [`KitError`] if journald is not there or does not listen.
    pub fn start(folder: &Path) -> Result<Self, KitError> {
        if !Path::new(PROGRAM).exists() {
            return Err(KitError::Missing {
                program: PROGRAM.to_owned(),
                package: "systemd".to_owned(),
            });
        }
        let sockets = folder.join("sockets");
        for place in [&folder.join("runlog"), &sockets] {
            fs::create_dir_all(place).map_err(failed)?;
        }
        // An earlier one leaves them; nobody listens there.
        for socket in ["dev-log", "socket", "stdout"] {
            fs::remove_file(sockets.join(socket)).ok();
        }
        let script = format!(
            "set -e\n{}mount --bind {} /run/systemd/journal\nmount -t tmpfs tmpfs /etc/systemd\n\
             printf '{SETTINGS}' > /etc/systemd/journald.conf\nexec {PROGRAM}",
            Self::mounts(folder),
            sockets.display()
        );
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unshare", "--mount", "--net"])
            .args(["--propagation", "private", "sh", "-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let journald = Self {
            child,
            socket: sockets.join("dev-log"),
            journal: folder.join("runlog/journal"),
        };
        wait_until("it does not listen", || journald.socket().is_ok())?;
        Ok(journald)
    }

    /// Returns a socket to write to, as `syslog(3)` has one.
    ///
    /// # Errors
    /// [`KitError::Io`] if nobody listens.
    pub fn socket(&self) -> Result<UnixDatagram, KitError> {
        let socket = UnixDatagram::unbound().map_err(failed)?;
        socket.connect(&self.socket).map_err(failed)?;
        Ok(socket)
    }

    /// Lets it begin another file.
    ///
    /// # Errors
    /// [`KitError`] if no other file comes.
    pub fn rotate(&self) -> Result<(), KitError> {
        let before = self.files()?.len();
        let process = self.child.id().to_string();
        run(Command::new("kill").args(["-s", "USR2", &process]))?;
        // The old one gets another name first.
        wait_until("it begins no other file", || {
            self.files().is_ok_and(|files| files.len() > before)
        })
    }

    /// Removes all files but the one that is being written.
    ///
    /// # Errors
    /// [`KitError`] if more than that is left.
    pub fn vacuum(&self) -> Result<(), KitError> {
        let mut journalctl = Command::new("journalctl");
        let folder = ["--directory".as_ref(), self.journal.as_os_str()];
        run(journalctl
            .args(folder)
            .args(["--quiet", "--vacuum-files=1"]))?;
        match self.files()?.len() {
            1 => Ok(()),
            left => Err(answer(&format!("{left} files are left"))),
        }
    }

    fn files(&self) -> Result<Vec<PathBuf>, KitError> {
        let mut files = Vec::new();
        for machine in fs::read_dir(&self.journal).map_err(failed)? {
            for file in fs::read_dir(machine.map_err(failed)?.path()).map_err(failed)? {
                files.push(file.map_err(failed)?.path());
            }
        }
        files.retain(|file| file.extension().is_some_and(|ending| ending == "journal"));
        Ok(files)
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn run(command: &mut Command) -> Result<(), KitError> {
    let output = command.output().map_err(failed)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(KitError::Failed {
            command: format!("{command:?}"),
            status: output.status.to_string(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<(), KitError> {
    let begin = Instant::now();
    while !is_so() {
        if begin.elapsed() > PATIENCE {
            return Err(answer(what));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn failed(source: io::Error) -> KitError {
    let command = PROGRAM.to_owned();
    KitError::Io { command, source }
}

fn answer(what: &str) -> KitError {
    KitError::Answer {
        command: PROGRAM.to_owned(),
        answer: what.to_owned(),
    }
}
