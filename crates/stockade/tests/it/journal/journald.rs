//! A `systemd-journald` of the test's own.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::{DEADLINE, Server, failed_login};

/// The machine's journal is out of sight; the test's stands in its place.
pub(super) const PRELUDE: &str = "mount -t tmpfs tmpfs /var/log\nmount -t tmpfs tmpfs /run\n\
    mkdir -p /run/log /run/systemd/journal\nmount --bind {folder}/runlog /run/log\n";

const JOURNALD: &str = "/lib/systemd/systemd-journald";

/// A journal that is being written; it ends when this is dropped.
pub(super) struct Journald {
    child: Child,
    socket: UnixDatagram,
    folder: PathBuf,
}

impl Journald {
    pub(super) fn start(server: &Server) -> Self {
        assert!(
            fs::exists(JOURNALD).unwrap(),
            "{JOURNALD} is missing: Debian package systemd"
        );
        let place = server.path(".");
        let prelude = PRELUDE.replace("{folder}", place.to_str().unwrap());
        let sockets = server.path("sockets");
        let script = format!(
            "set -e\n{prelude}mount --bind {} /run/systemd/journal\nexec {JOURNALD}",
            sockets.display()
        );
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unshare", "--mount", "--net"])
            .args(["--propagation", "private", "sh", "-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let socket = UnixDatagram::unbound().unwrap();
        let path = sockets.join("dev-log");
        server.wait_until("journald listens", || socket.connect(&path).is_ok());
        let folder = server.path("runlog/journal");
        Self {
            child,
            socket,
            folder,
        }
    }

    /// Sends messages as a service does by `syslog(3)`.
    pub(super) fn send(&self, identifier: &str, messages: &[String]) {
        for message in messages {
            let packet = format!("<38>{identifier}[4711]: {message}");
            self.socket.send(packet.as_bytes()).unwrap();
        }
    }

    pub(super) fn fail(&self, address: &str, count: usize) {
        self.send("sshd", &vec![failed_login(address); count]);
    }
}

impl Journald {
    /// Lets it begin another file.
    pub(super) fn rotate(&self) {
        let before = self.files().len();
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "USR2", &process]).status();
        assert!(sent.unwrap().success());
        let begin = Instant::now();
        // The old one gets another name first.
        while self.files().len() <= before {
            assert!(begin.elapsed() < DEADLINE, "no other file");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Removes all files but the one that is being written.
    pub(super) fn vacuum(&self) {
        let done = Command::new("journalctl")
            .arg("--directory")
            .arg(&self.folder)
            .args(["--quiet", "--vacuum-files=1"])
            .stderr(Stdio::null())
            .status();
        assert!(done.unwrap().success());
        assert_eq!(self.files().len(), 1);
    }

    /// The files of the journal.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let machines = fs::read_dir(&self.folder).unwrap();
        let files = machines.flat_map(|machine| fs::read_dir(machine.unwrap().path()).unwrap());
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "journal"));
        files.sort();
        files
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
