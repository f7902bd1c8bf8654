//! Prints how fast a stock action bans that runs commands, `iptables-multiport` on the original's own tree:
//! ours beside the original 1.1.1, real tools, a network of its own.
//!
//! ```text
//! cargo run --release -p conformance --bin command-speed -- [BANS]
//! ```
//!
//! Build ours first, with the same profile: `cargo build --release --workspace --bins`. Needs root and the
//! Debian packages `iptables` and `nftables`. First one line after the other, from the write to the rule of
//! which `nft monitor` tells; then BANS lines at once, until the kernel has a rule for each.

use std::{
    env,
    fs::OpenOptions,
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use conformance::{Oracle, Server, Version};
use jiff::Timestamp;

/// How many bans come at once when nothing is said.
const BANS: usize = 2_000;

/// How many single bans are measured; the original takes half a second for each.
const SINGLE: [usize; 2] = [40, 1_000];

/// Single bans before them that are not: the server has just started.
const WARM_UP: usize = 3;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks at the kernel.
const PAUSE: Duration = Duration::from_millis(200);

const JAILS: &str = "[DEFAULT]
backend = auto
usedns = no
ignoreip =
ignoreself = false
maxretry = 1
bantime = 1h
filter = plain
action = iptables-multiport[name=%(__name__)s, port=ssh, protocol=tcp]
[single]
enabled = true
logpath = {folder}/single.log
[burst]
enabled = true
logpath = {folder}/burst.log
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the last place to speak; the exit code still tells.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let bans = match env::args().nth(1) {
        Some(count) => count.parse().context("BANS is a number")?,
        None => BANS,
    };
    let oracle = Oracle::new(Version::V1_1_1)?;
    for (name, program, single) in [
        ("original 1.1.1", Some(&oracle), SINGLE[0]),
        ("ours", None, SINGLE[1]),
    ] {
        let place = Place::new(&oracle, program)?;
        let mut times = place.single(single)?;
        times.sort_unstable();
        let at = |share: usize| {
            let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
            times.get(index).copied().unwrap_or_default()
        };
        writeln!(
            io::stdout(),
            "{name}: line written → iptables has run, {single} bans: p50 {:?}, p99 {:?}, max {:?}",
            at(50),
            at(99),
            at(100)
        )?;
        let (taken, lines) = place.burst(bans)?;
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let rate = bans as f64 / taken.as_secs_f64();
        writeln!(
            io::stdout(),
            "{name}: {bans} bans at once: {taken:.2?}, {rate:.0} bans/s ({lines} rules in the kernel)"
        )?;
    }
    Ok(())
}

/// A server in a network of its own.
struct Place {
    network: Network,
    folder: tempfile::TempDir,
    own: std::path::PathBuf,
    _server: Server,
}

impl Place {
    fn new(tree: &Oracle, program: Option<&Oracle>) -> Result<Self> {
        let network = Network::new()?;
        let folder = tempfile::tempdir().context("make a folder")?;
        let files = [
            ("jail.local", JAILS),
            (
                "filter.d/plain.conf",
                "[Definition]\nfailregex = ^ bad <ADDR>$\ndatepattern = ^EPOCH\n",
            ),
            ("../single.log", ""),
            ("../burst.log", ""),
        ];
        let inside = format!("set -- nsenter --net=/run/netns/{} \"$@\"\n", network.name);
        let server = Server::on_copy(program, tree, folder.path(), &files, &inside)?;
        let own = folder.path().join(if program.is_some() {
            "original"
        } else {
            "ours"
        });
        Ok(Self {
            network,
            folder,
            own,
            _server: server,
        })
    }

    fn single(&self, count: usize) -> Result<Vec<Duration>> {
        let (_monitor, rules) = self.network.monitor()?;
        let mut times = Vec::new();
        for number in 0..count.saturating_add(WARM_UP) {
            let address = address(1, number);
            let begin = Instant::now();
            append(&self.own.join("single.log"), &[&address])?;
            let sign = format!(" {address} ");
            let seen = loop {
                let (line, seen) = rules.recv_timeout(PATIENCE).context("wait for a rule")?;
                if line.contains(&sign) {
                    break seen;
                }
            };
            if number >= WARM_UP {
                times.push(seen.duration_since(begin));
            }
        }
        Ok(times)
    }

    /// Returns how long all took, and how many rules there are.
    fn burst(&self, count: usize) -> Result<(Duration, usize)> {
        let addresses: Vec<String> = (0..count).map(|number| address(2, number)).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let begin = Instant::now();
        append(&self.own.join("burst.log"), &addresses)?;
        while begin.elapsed() < PATIENCE {
            let rules = self.network.rules("f2b-burst")?;
            if rules >= count {
                return Ok((begin.elapsed(), rules));
            }
            thread::sleep(PAUSE);
        }
        bail!(
            "{} of {count} bans are in the kernel ({})",
            self.network.rules("f2b-burst")?,
            self.folder.path().display()
        )
    }
}

fn address(net: usize, number: usize) -> String {
    format!("10.{net}.{}.{}", number / 250, number % 250 + 1)
}

fn append(log: &Path, addresses: &[&str]) -> Result<()> {
    let now = Timestamp::now().as_second();
    let lines = addresses
        .iter()
        .map(|address| format!("{now} bad {address}\n"));
    let lines: String = lines.collect();
    let mut log = OpenOptions::new().append(true).open(log)?;
    log.write_all(lines.as_bytes()).context("write the log")
}

/// A network namespace that goes away with this.
struct Network {
    name: String,
}

impl Network {
    fn new() -> Result<Self> {
        let name = format!("stockade-speed-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).status();
        if !made.context("start `ip`")?.success() {
            bail!("make the network namespace {name} (hint: run as root)");
        }
        Ok(Self { name })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Counts the rules of a chain that name an address.
    fn rules(&self, chain: &str) -> Result<usize> {
        let mut command = self.command("nft");
        let listed = command.args(["list", "chain", "ip", "filter", chain]);
        let listed = listed.output().context("start `nft`")?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        Ok(listed.matches(" saddr ").count())
    }

    /// Starts `nft monitor`; what it says of rules comes with the moment.
    fn monitor(&self) -> Result<(Ended, Receiver<(String, Instant)>)> {
        let mut command = self.command("nft");
        command.args(["monitor", "new", "rules"]);
        let child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn();
        let mut monitor = Ended(child.context("start `nft monitor`")?);
        let output = monitor.0.stdout.take().context("no output of `nft`")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send((line, Instant::now())).is_err() {
                    return;
                }
            }
        });
        // It says nothing when it listens.
        thread::sleep(Duration::from_millis(500));
        Ok((monitor, receiver))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // What it was made for is done; there is nobody to tell.
        let mut command = Command::new("ip");
        drop(command.args(["netns", "delete", &self.name]).status());
    }
}

/// A process that ends with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended already; both calls then do nothing.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
