//! Prints how long it takes from a failed login's line in the log to the address in the kernel.
//!
//! ```text
//! cargo run --release -p stockade --example latency
//! ```
//!
//! As root, with the Debian packages `nftables` and `util-linux`. It makes a network and a mount
//! namespace of its own, runs the server in it, writes one line at a time and takes the moment at
//! which `nft monitor` tells of the element; what `nft` itself needs is part of the figure.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use jiff::Timestamp;

/// Bans measured.
const BANS: u32 = 1_000;

/// Bans before them that are not: the server has just started.
const WARM_UP: u32 = 20;

/// Between two lines, so that each ban is one of its own.
const INTERVAL: Duration = Duration::from_millis(15);

/// How long a ban or a start may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The word with which the program starts itself in its namespaces.
const INSIDE: &str = "inside";

fn main() -> ExitCode {
    let result = match std::env::args().nth(1).as_deref() {
        None => within_namespaces(),
        Some(INSIDE) => measure(),
        // The program is its own server: an example cannot ask for the programs to be built.
        Some(_) => return stockade::fail2ban_server(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "error: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn within_namespaces() -> anyhow::Result<()> {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--propagation", "private"]);
    let status = command.arg(std::env::current_exe()?).arg(INSIDE).status()?;
    if status.success() {
        return Ok(());
    }
    anyhow::bail!("it ended early, {status}")
}

fn measure() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let log_path = folder.path().join("auth.log");
    let mut log = File::create(&log_path)?;
    configure(folder.path(), &log_path)?;
    let _server = Ended::start(
        Command::new(std::env::current_exe()?)
            .arg("-c")
            .arg(folder.path().join("config"))
            .args(["-f", "start"]),
    )?;
    wait_for_set()?;
    let (_monitor, elements) = monitor()?;
    let mut times = Vec::new();
    for number in 0..WARM_UP + BANS {
        let address = Ipv4Addr::from_bits(0x0a00_0001 + number);
        let stamp = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00");
        let line =
            format!("{stamp} host sshd[4711]: Invalid user admin from {address} port 50000\n");
        let begun = Instant::now();
        log.write_all(line.as_bytes())?;
        let seen = loop {
            let element = elements.recv_timeout(PATIENCE)?;
            if element.line.contains(&format!(" {address} ")) {
                break element.seen;
            }
        };
        if number >= WARM_UP {
            times.push(seen.duration_since(begun));
        }
        thread::sleep(INTERVAL);
    }
    times.sort_unstable();
    let at = |share: usize| {
        let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    };
    writeln!(
        std::io::stdout(),
        "line written → element in the kernel, {} bans: p50 {:?}, p99 {:?}, max {:?}",
        times.len(),
        at(50),
        at(99),
        at(100)
    )?;
    Ok(())
}

/// Writes the tree that ships, with a jail that bans at once.
fn configure(folder: &Path, log: &Path) -> anyhow::Result<()> {
    let tree = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    let config = folder.join("config");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(tree)
        .arg(&config)
        .status()?;
    if !copied.success() {
        anyhow::bail!("copy {tree}: {copied}");
    }
    let log = log.display();
    let jail = format!("[sshd]\nlogpath = {log}\nmaxretry = 1\nbantime = 1h\n");
    fs::write(config.join("jail.local"), jail)?;
    let place = folder.display();
    let server = format!(
        "[Definition]\nlogtarget = {place}/fail2ban.log\nsocket = {place}/fail2ban.sock\n\
         pidfile = {place}/fail2ban.pid\ndbfile = {place}/fail2ban.sqlite3\n"
    );
    fs::write(config.join("fail2ban.local"), server)?;
    Ok(())
}

/// Waits until the jail's set is there.
fn wait_for_set() -> anyhow::Result<()> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let listed = Command::new("nft").args(["list", "sets"]).output()?;
        if String::from_utf8_lossy(&listed.stdout).contains("set addr-set-sshd") {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    anyhow::bail!("the server made no set")
}

/// What `nft monitor` says of an element, and when.
struct Element {
    line: String,
    seen: Instant,
}

/// Starts `nft monitor`.
fn monitor() -> anyhow::Result<(Ended, Receiver<Element>)> {
    let mut command = Command::new("nft");
    command
        .args(["monitor", "new", "elements"])
        .stdout(Stdio::piped());
    let mut monitor = Ended::start(&mut command)?;
    let output = monitor
        .0
        .stdout
        .take()
        .context("no output of `nft monitor`")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let seen = Instant::now();
            if sender.send(Element { line, seen }).is_err() {
                return;
            }
        }
    });
    // It says nothing when it listens.
    thread::sleep(Duration::from_millis(500));
    Ok((monitor, receiver))
}

/// A process that ends with this value.
struct Ended(Child);

impl Ended {
    fn start(command: &mut Command) -> std::io::Result<Self> {
        command.stdin(Stdio::null()).spawn().map(Self)
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended already; both calls then do nothing.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
