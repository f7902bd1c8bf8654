//! The original's server with everything it touches in one folder of the test.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::{TempDir, tempdir};

const DEADLINE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// The jail that every server here runs.
pub(crate) const JAIL: &str = "t";

/// A running server of the original; it ends when this is dropped.
pub(crate) struct Server {
    folder: TempDir,
    original: PathBuf,
    child: Child,
}

impl Server {
    /// Starts version `version` on a database and a log, and waits until its jail is there.
    pub(crate) fn start(version: &str, database: &Path, log: &Path) -> Self {
        let original = unpacked(version);
        let folder = tempdir().unwrap();
        configure(folder.path(), database, log);
        // The kernel ends it with the test, however that ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "/usr/bin/python3"]);
        prepare(&mut command, &original, folder.path(), "fail2ban-server");
        let child = command
            .arg("-f")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self {
            folder,
            original,
            child,
        };
        // It listens before it is configured, and logs an ERROR for whoever asks for a jail that is
        // yet to come: its log tells when that may be done.
        let started = format!("Jail '{JAIL}' started");
        server.wait_until("the jail runs", || server.logged().contains(&started));
        server
    }

    /// Sends one command with the original's client and returns what it prints.
    pub(crate) fn client(&self, words: &[&str]) -> String {
        let mut command = Command::new("/usr/bin/python3");
        prepare(
            &mut command,
            &self.original,
            self.folder.path(),
            "fail2ban-client",
        );
        let output = command.args(words).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns the banned identities, sorted.
    pub(crate) fn banned(&self) -> Vec<String> {
        let status = self.client(&["status", JAIL]);
        let list = status.rsplit("Banned IP list:").next().unwrap();
        let mut banned: Vec<String> = list.split_whitespace().map(Into::into).collect();
        banned.sort();
        banned
    }

    /// Returns what it has logged.
    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn() -> bool) {
        let begin = Instant::now();
        while !holds() {
            assert!(
                begin.elapsed() < DEADLINE,
                "{what}, never:\n{}",
                self.logged()
            );
            thread::sleep(PAUSE);
        }
    }

    /// Stops it in order.
    pub(crate) fn stop(mut self) {
        self.client(&["stop"]);
        let begin = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < DEADLINE, "no end:\n{}", self.logged());
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn prepare(command: &mut Command, original: &Path, folder: &Path, program: &str) {
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONPATH", original.join("usr/lib/python3/dist-packages"))
        .env("LC_ALL", "C.UTF-8")
        .arg(original.join("usr/bin").join(program))
        .arg("-c")
        .arg(folder)
        .arg("-s")
        .arg(folder.join("socket"))
        .arg("-p")
        .arg(folder.join("pid"))
        .stdin(Stdio::null());
}

fn configure(folder: &Path, database: &Path, log: &Path) {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "fail2ban.conf",
        format!(
            "[Definition]\nloglevel = INFO\nlogtarget = {}\nsyslogsocket = auto\n\
             dbfile = {}\ndbpurgeage = 1d\ndbmaxmatches = 10\n",
            folder.join("server.log").display(),
            database.display()
        ),
    );
    write(
        "jail.conf",
        format!(
            "[{JAIL}]\nenabled = true\nfilter = bad\naction = quiet\nbackend = polling\n\
             logpath = {}\nignoreself = false\nmaxretry = 3\nfindtime = 600\nbantime = 3600\n",
            log.display()
        ),
    );
    write(
        "filter.d/bad.conf",
        "[Definition]\nfailregex = ^ bad login user=<F-USER>\\S+</F-USER> from <HOST>$\n\
         datepattern = {^LN-BEG}EPOCH\n"
            .into(),
    );
    write(
        "action.d/quiet.conf",
        "[Definition]\nactionban = true\n".into(),
    );
}

/// Finds an unpacked original in the build folder that this program is in.
fn unpacked(version: &str) -> PathBuf {
    let program = env::current_exe().unwrap();
    // On a machine whose mirror offers 1.1.1 no longer, 1.1.0 takes its place.
    let names = if version == "1.1.1" {
        &["1.1.1", "1.1.0"][..]
    } else {
        &[version]
    };
    names
        .iter()
        .find_map(|name| {
            program
                .ancestors()
                .map(|folder| folder.join("oracle"))
                .find(|oracle| oracle.join(format!("{name}.stamp")).is_file())
                .map(|oracle| oracle.join(name))
        })
        .unwrap_or_else(|| {
            panic!("the original {version} is not unpacked: run `cargo xtask setup`")
        })
}
