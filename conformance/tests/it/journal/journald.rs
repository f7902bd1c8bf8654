//! A `systemd-journald` of the test's own, and what reading it costs.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PROGRAM: &str = "/lib/systemd/systemd-journald";

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a journal may take for what it is told.
const PATIENCE: Duration = Duration::from_secs(20);

/// No entry is held back for being one of many.
const SETTINGS: &str = "[Journal]\\nRateLimitIntervalSec=0\\nRateLimitBurst=0\\nReadKMsg=no\\n\
                        RuntimeMaxUse=1G\\nRuntimeKeepFree=1M\\n";

/// Shell commands after which the test's journal is in the place of the machine's.
pub(super) fn prelude(folder: &Path) -> String {
    format!(
        "mount -t tmpfs tmpfs /var/log\nmount -t tmpfs tmpfs /run\nmkdir -p /run/log /run/systemd/journal\n\
         mount --bind {}/runlog /run/log\n",
        folder.display()
    )
}

/// A journal that is being written; it ends when this is dropped.
pub(super) struct Journald {
    child: Child,
    socket: PathBuf,
    journal: PathBuf,
}

impl Journald {
    pub(super) fn start(folder: &Path) -> Self {
        assert!(
            fs::exists(PROGRAM).unwrap(),
            "{PROGRAM} is missing: Debian package systemd"
        );
        let sockets = folder.join("sockets");
        fs::create_dir(folder.join("runlog")).unwrap();
        fs::create_dir(&sockets).unwrap();
        let script = format!(
            "set -e\n{}mount --bind {} /run/systemd/journal\nmount -t tmpfs tmpfs /etc/systemd\n\
             printf '{SETTINGS}' > /etc/systemd/journald.conf\nexec {PROGRAM}",
            prelude(folder),
            sockets.display()
        );
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unshare", "--mount", "--net"])
            .args(["--propagation", "private", "sh", "-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let socket = sockets.join("dev-log");
        let probe = UnixDatagram::unbound().unwrap();
        wait_until("journald listens", || probe.connect(&socket).is_ok());
        Self {
            child,
            socket,
            journal: folder.join("runlog/journal"),
        }
    }

    /// A socket to write to.
    pub(super) fn socket(&self) -> UnixDatagram {
        let socket = UnixDatagram::unbound().unwrap();
        socket.connect(&self.socket).unwrap();
        socket
    }

    /// Lets it begin another file.
    pub(super) fn rotate(&self) {
        let before = self.files().len();
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "USR2", &process]).status();
        assert!(sent.unwrap().success());
        // The old one gets another name first.
        wait_until("another file", || self.files().len() > before);
    }

    /// Removes all files but the one that is being written.
    pub(super) fn vacuum(&self) {
        let done = Command::new("journalctl")
            .arg("--directory")
            .arg(&self.journal)
            .args(["--quiet", "--vacuum-files=1"])
            .stderr(Stdio::null())
            .status();
        assert!(done.unwrap().success());
        assert_eq!(self.files().len(), 1);
    }

    fn files(&self) -> Vec<PathBuf> {
        let machines = fs::read_dir(&self.journal).unwrap();
        let files = machines.flat_map(|machine| fs::read_dir(machine.unwrap().path()).unwrap());
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
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

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "never came about: {what}");
        thread::sleep(PAUSE);
    }
}

/// Prints what a running server and its `journalctl` have used: time of the processor, and memory at its peak.
pub(super) fn print_figures(server: &Path, what: &str) {
    println!("{what}:");
    let own = server.display().to_string();
    for process in fs::read_dir("/proc").unwrap() {
        let process = process.unwrap().path();
        let read = |name: &str| fs::read_to_string(process.join(name)).unwrap_or_default();
        let words = read("cmdline").replace('\0', " ");
        let first = words.split(' ').next().unwrap_or_default();
        let name = first.rsplit('/').next().unwrap_or_default();
        let is_ours = name == "fail2ban-server" && words.contains(&own);
        let is_reader = name == "journalctl" && words.contains("service9");
        if !is_ours && !is_reader {
            continue;
        }
        let status = read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let stat = read("stat");
        let ticks = stat.rsplit(')').next().unwrap_or_default();
        let ticks: Vec<&str> = ticks.split_whitespace().collect();
        // Hundredths of a second, as everywhere; children that have ended count for their parent.
        let millis = |places: [usize; 2]| -> u64 {
            let used = places.map(|place| ticks[place].parse::<u64>().unwrap());
            10 * used.iter().sum::<u64>()
        };
        println!(
            "  {name}: {} ms, ended children {} ms, {}",
            millis([11, 12]),
            millis([13, 14]),
            peak.unwrap_or_default().trim()
        );
    }
}
