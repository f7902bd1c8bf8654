//! A server of the test's own: its configuration, log, database and socket in one folder, its
//! network a namespace that nobody else sees.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kernel_kit::Kit;
use tempfile::TempDir;

pub(crate) use setup::{Setup, copy};

#[path = "server/setup.rs"]
mod setup;

/// How long anything may take that should come about.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Between two looks at something that is waited for.
const PAUSE: Duration = Duration::from_millis(10);

/// A server of the test. It is killed when this is dropped, and when the thread that started it
/// ends, so that no test leaves one behind.
#[derive(Debug)]
pub(crate) struct Server {
    child: Option<Child>,
    prelude: String,
    wrapper: Vec<String>,
    words: Vec<String>,
    kit: Kit,
    folder: TempDir,
}

/// What a program said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Server {
    /// Starts the program without waiting for anything.
    pub(crate) fn spawn(&mut self) {
        assert!(self.child.is_none(), "the server is running");
        let output = |name: &str| {
            let path = self.path(name);
            OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .unwrap()
        };
        let namespace = self.kit.server();
        let mut command = namespace.command("unshare");
        command.args(["--mount", "--propagation", "private"]);
        command.args(["setpriv", "--pdeathsig", "KILL"]);
        command.args(["sh", "-c", &self.prelude, "sh"]);
        command.args(&self.wrapper);
        command.arg(program("fail2ban-server"));
        command.arg("-c").arg(self.path("config")).args(&self.words);
        command.stdin(Stdio::null());
        command.stdout(output("stdout")).stderr(output("stderr"));
        self.child = Some(command.spawn().unwrap());
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn start(&mut self) {
        self.spawn();
        self.wait_ready();
    }

    /// Waits until the server answers.
    pub(crate) fn wait_ready(&mut self) {
        let end = Instant::now() + DEADLINE;
        loop {
            if self.client(&["ping"]).code == Some(0) {
                return;
            }
            let ended = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().unwrap());
            assert!(ended.is_none(), "ended with {ended:?}\n{}", self.story());
            assert!(Instant::now() < end, "no answer to ping\n{}", self.story());
            thread::sleep(PAUSE);
        }
    }

    /// Waits until the server has ended by itself; returns its exit code.
    pub(crate) fn wait_end(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("the server is not running");
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            if Instant::now() >= end {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("the server does not end\n{}", self.story());
            }
            thread::sleep(PAUSE);
        }
    }

    /// Kills the server as a crash would.
    pub(crate) fn kill_nine(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts the server again, killing it before if it still runs.
    pub(crate) fn restart(&mut self) {
        self.kill_nine();
        self.start();
    }

    /// Asks the server to stop and waits until it has.
    pub(crate) fn stop(&mut self) -> Told {
        let told = self.client(&["stop"]);
        assert_eq!(self.wait_end(), Some(0), "{}", self.story());
        told
    }

    /// Sends a signal to the server: `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.process().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// Returns the number of the server's process.
    pub(crate) fn process(&self) -> u32 {
        self.child.as_ref().expect("the server is not running").id()
    }

    /// Runs `fail2ban-client`.
    pub(crate) fn client(&self, words: &[&str]) -> Told {
        let mut command = Command::new(program("fail2ban-client"));
        command.arg("-s").arg(self.socket());
        told(command.args(["--timeout", "20"]).args(words))
    }

    /// Runs `fail2ban-client` with the server's configuration at hand.
    pub(crate) fn configured_client(&self, words: &[&str]) -> Told {
        let config = self.path("config");
        let first = ["-c", config.to_str().unwrap()];
        self.client(&[&first, words].concat())
    }

    /// Runs `fail2ban-client`, which must succeed, and returns what it printed.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let told = self.client(words);
        assert_eq!(told.code, Some(0), "{words:?}: {told:?}\n{}", self.story());
        told.stdout
    }

    /// Runs `stockade`.
    pub(crate) fn stockade(&self, words: &[&str]) -> Told {
        let mut command = Command::new(program("stockade"));
        told(command.arg("-s").arg(self.socket()).args(words))
    }

    /// Returns what `stockade status --json` prints.
    pub(crate) fn status_json(&self) -> serde_json::Value {
        let told = self.stockade(&["status", "--json"]);
        serde_json::from_str(&told.stdout)
            .unwrap_or_else(|error| panic!("{error}: {told:?}\n{}", self.story()))
    }

    /// Returns who is banned in the jail `sshd`, sorted.
    pub(crate) fn banned(&self) -> Vec<String> {
        self.banned_in("sshd")
    }

    /// Returns who is banned in a jail, sorted.
    pub(crate) fn banned_in(&self, jail: &str) -> Vec<String> {
        let mut banned: Vec<String> = self
            .ask(&["get", jail, "banip"])
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        banned.sort();
        banned
    }

    /// Appends lines to the log in one piece, each as sshd would have written it this moment.
    pub(crate) fn append(&self, messages: &[impl AsRef<str>]) {
        let mut log = OpenOptions::new()
            .append(true)
            .open(self.log_path())
            .unwrap();
        log.write_all(lines(messages).as_bytes()).unwrap();
    }

    /// Waits until something is so.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl FnMut() -> bool) {
        assert!(
            comes_about(DEADLINE, is_so),
            "never came about: {what}\n{}",
            self.story()
        );
    }

    /// Waits until the log of sshd is read to its end: what stands there before counts by its stamp, and
    /// without one not at all.
    pub(crate) fn wait_caught_up(&self) {
        self.wait_until("the log is read", || {
            self.status_json()["jails"]["sshd"]["sources"][0]["caught_up"] == true
        });
    }

    /// Waits until the server's log has this text.
    pub(crate) fn wait_for_log(&self, text: &str) {
        self.wait_until(text, || self.log().contains(text));
    }

    /// Returns the server's log.
    pub(crate) fn log(&self) -> String {
        read(&self.path("fail2ban.log"))
    }

    /// Returns what the server said on its standard error output.
    pub(crate) fn stderr(&self) -> String {
        read(&self.path("stderr"))
    }

    /// Returns what the server said on its standard output.
    pub(crate) fn stdout(&self) -> String {
        read(&self.path("stdout"))
    }

    /// Asks the database with `sqlite3`, read-only; returns a line per row, columns between `|`.
    pub(crate) fn sql(&self, query: &str) -> String {
        let mut command = Command::new("sqlite3");
        command.args(["-readonly", "-cmd", ".timeout 5000"]);
        let told = told(command.arg(self.database()).arg(query));
        assert_eq!(told.code, Some(0), "{query}: {told:?}");
        told.stdout
    }

    /// Returns after how many seconds each of the kernel's elements ends by itself.
    pub(crate) fn timeouts(&self) -> Vec<u64> {
        self.seconds("timeout")
    }

    /// Returns after how many seconds from now each of them ends.
    pub(crate) fn timeouts_left(&self) -> Vec<u64> {
        self.seconds("expires")
    }

    fn seconds(&self, which: &str) -> Vec<u64> {
        let ruleset = self.kit().server().ruleset_json().unwrap();
        let ruleset: serde_json::Value = serde_json::from_str(&ruleset).unwrap();
        let objects = ruleset["nftables"].as_array().unwrap().iter();
        objects
            .filter_map(|object| object["set"]["elem"].as_array())
            .flatten()
            .map(|element| element["elem"][which].as_u64().unwrap())
            .collect()
    }

    /// Returns the namespaces.
    pub(crate) fn kit(&self) -> &Kit {
        &self.kit
    }

    /// Returns the path of a file in the server's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the path of the log that the jail reads.
    pub(crate) fn log_path(&self) -> PathBuf {
        self.path("auth.log")
    }

    /// Returns the path of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path("fail2ban.sqlite3")
    }

    /// Returns the path of the control socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path("fail2ban.sock")
    }

    /// Returns the path of the pid file.
    pub(crate) fn pidfile(&self) -> PathBuf {
        self.path("fail2ban.pid")
    }

    /// Returns everything that helps to see why a test failed.
    pub(crate) fn story(&self) -> String {
        let (out, error, log) = (self.stdout(), self.stderr(), self.log());
        format!("--- stdout\n{out}--- stderr\n{error}--- log\n{log}---")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already; both calls then do nothing.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Returns messages as log lines of this moment.
pub(crate) fn lines(messages: &[impl AsRef<str>]) -> String {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00");
    let line = |message: &str| format!("{now} host sshd[4711]: {message}\n");
    messages
        .iter()
        .map(|message| line(message.as_ref()))
        .collect()
}

/// Returns the message of a failed login.
pub(crate) fn failed_login(address: impl std::fmt::Display) -> String {
    format!("Failed password for root from {address} port 50000 ssh2")
}

/// Returns the messages of several failed logins.
pub(crate) fn failed_logins(address: impl std::fmt::Display, count: usize) -> Vec<String> {
    vec![failed_login(address); count]
}

/// Looks again and again whether something is so; tells whether it became so in time.
pub(crate) fn comes_about(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    loop {
        // The last look comes after the end: a machine that was busy is no failure.
        let is_last = Instant::now() >= end;
        let now_so = is_so();
        if now_so || is_last {
            return now_so;
        }
        thread::sleep(PAUSE);
    }
}

/// Returns the path of a program of this package; for an example, of the one that was built before it.
fn program(name: &str) -> PathBuf {
    let built = match name {
        "fail2ban-server" => option_env!("CARGO_BIN_EXE_fail2ban-server"),
        "fail2ban-client" => option_env!("CARGO_BIN_EXE_fail2ban-client"),
        _ => option_env!("CARGO_BIN_EXE_stockade"),
    };
    let beside = || {
        let own = std::env::current_exe().unwrap();
        own.parent().unwrap().with_file_name(name)
    };
    built.map_or_else(beside, PathBuf::from)
}

pub(crate) fn told(command: &mut Command) -> Told {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| {
        let program = command.get_program().to_string_lossy();
        panic!("run `{program}`: {error} (hint: it may be a Debian package that is missing)")
    });
    Told {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// Returns the text of a file; one that is not there yet has none.
fn read(path: &Path) -> String {
    match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => panic!("read {}: {error}", path.display()),
    }
}
