//! Prints what a burst of bans, putting them back after another program has flushed them, taking them up
//! from the database and stopping cost, ours beside the original's.
//!
//! ```text
//! cargo build --release --workspace --bins
//! cargo run --release -p conformance --bin ban-speed -- [short]
//! ```
//!
//! As root, with the Debian packages `nftables` and `util-linux`. It makes a network and a mount
//! namespace of its own. A burst is so many lines appended to a log at once, each of them a ban, with
//! the database; it lasts until the last ban is in the kernel and reported. Processor time is that of
//! the server and of all commands that it ran.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use conformance::{Oracle, Version, ours};

/// The word with which the program starts itself in its namespaces.
const INSIDE: &str = "inside";

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// Who bans, and how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Ours, in its own table.
    Native,
    /// Ours, with the original's action, whose elements it writes itself.
    Adopted,
    /// Ours, with the original's action, whose commands it runs.
    Shell,
    /// The original, with its own action.
    Original,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Native => "ours, native",
            Self::Adopted => "ours, nftables-multiport adopted",
            Self::Shell => "ours, nftables-multiport by commands",
            Self::Original => "original 1.1.1, nftables-multiport",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Native => "stockade[port=22]",
            Self::Adopted | Self::Original => "nftables-multiport[port=22]",
            Self::Shell => "nftables-multiport[port=22, native=no]",
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        [] => within_namespaces(&[]),
        ["short"] => within_namespaces(&["short"]),
        [INSIDE, rest @ ..] => measure(rest == ["short"]),
        _ => Err(anyhow::anyhow!("the only word is `short`")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the last place to speak; the exit code still tells.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn within_namespaces(words: &[&str]) -> Result<()> {
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--propagation", "private"]);
    command
        .arg(std::env::current_exe()?)
        .arg(INSIDE)
        .args(words);
    if !command.status().context("run `unshare`")?.success() {
        bail!("it did not go well inside");
    }
    Ok(())
}

fn measure(is_short: bool) -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let root = folder.path();
    let scale = |number: usize| if is_short { number / 10 } else { number };
    let bursts = [
        (Way::Native, 2_000),
        (Way::Native, 50_000),
        (Way::Adopted, 2_000),
        (Way::Shell, 2_000),
        (Way::Original, 2_000),
    ];
    for (place, (way, bans)) in bursts.into_iter().enumerate() {
        let mut bench = Bench::new(&root.join(format!("burst-{place}")), way)?;
        bench.burst(scale(bans))?;
        if matches!(way, Way::Native | Way::Adopted) {
            bench.recover(scale(bans))?;
        }
        bench.stop(scale(bans))?;
    }
    let restores = [
        (Way::Native, 10_000),
        (Way::Native, 150_000),
        (Way::Adopted, 10_000),
        (Way::Original, 10_000),
    ];
    for (place, (way, bans)) in restores.into_iter().enumerate() {
        let bans = scale(bans);
        // Ours makes the database for all of them, since it takes no time.
        let seeds = root.join(format!("seed-{place}"));
        let mut seed = Bench::new(&seeds, Way::Native)?;
        seed.quiet = true;
        seed.burst(bans)?;
        seed.stop(bans)?;
        let mut bench = Bench::new(&root.join(format!("restore-{place}")), way)?;
        fs::copy(seeds.join("database"), bench.folder.join("database"))?;
        bench.restore(bans)?;
        bench.stop(bans)?;
    }
    Ok(())
}

/// One server with its folder.
struct Bench {
    folder: PathBuf,
    way: Way,
    server: Option<Child>,
    /// How far its log was read.
    seen: u64,
    quiet: bool,
}

impl Bench {
    fn new(folder: &Path, way: Way) -> Result<Self> {
        let oracle = Oracle::new(Version::V1_1_1)?;
        let actions = folder.join("configuration/action.d");
        fs::create_dir_all(&actions)?;
        fs::create_dir_all(folder.join("configuration/filter.d"))?;
        let theirs = oracle.configuration().join("action.d");
        for name in ["nftables.conf", "nftables-multiport.conf"] {
            fs::copy(theirs.join(name), actions.join(name))?;
        }
        fs::write(actions.join("stockade.conf"), "[Init]\nnative = yes\n")?;
        let place = folder.display();
        let files = [
            (
                "fail2ban.conf",
                format!(
                    "[Definition]\nloglevel = INFO\nlogtarget = {place}/server.log\nsyslogsocket = auto\n\
                     socket = {place}/socket\npidfile = {place}/pid\ndbfile = {place}/database\n\
                     dbpurgeage = 1d\nallowipv6 = auto\n"
                ),
            ),
            (
                "jail.conf",
                format!(
                    "[bench]\nenabled = true\nfilter = bench\nbackend = polling\nlogpath = {place}/bench.log\n\
                     maxretry = 1\nfindtime = 1h\nbantime = 10h\naction = {}\n",
                    way.action()
                ),
            ),
            (
                "filter.d/bench.conf",
                "[Definition]\ndatepattern = ^EPOCH\nfailregex = ^ failed from <ADDR>$\n"
                    .to_owned(),
            ),
        ];
        for (name, text) in files {
            fs::write(folder.join("configuration").join(name), text)?;
        }
        fs::write(folder.join("bench.log"), "")?;
        Ok(Self {
            folder: folder.to_owned(),
            way,
            server: None,
            seen: 0,
            quiet: false,
        })
    }

    fn spawn(&mut self) -> Result<()> {
        nft(&["flush", "ruleset"])?;
        let mut command = if self.way == Way::Original {
            let oracle = Oracle::new(Version::V1_1_1)?;
            let [python, script] = oracle.program("fail2ban-server");
            let mut command = Command::new(python);
            oracle.prepare(command.arg(script));
            command
        } else {
            Command::new(ours::program("fail2ban-server")?)
        };
        let output = fs::File::create(self.folder.join("output"))?;
        command
            .arg("-f")
            .arg("-c")
            .arg(self.folder.join("configuration"))
            .arg("start");
        command
            .stdin(Stdio::null())
            .stderr(output.try_clone()?)
            .stdout(output);
        self.server = Some(command.spawn().context("start the server")?);
        Ok(())
    }

    /// So many bans by lines that are appended at once.
    fn burst(&mut self, bans: usize) -> Result<()> {
        self.spawn()?;
        self.wait("start", |bench| {
            Ok(bench.logged()?.contains("Jail 'bench' started"))
        })?;
        // What starts on demand is started: that is no ban.
        self.append(1)?;
        self.wait("the first ban", |bench| bench.has(1))?;
        let (begin, before) = (Instant::now(), self.cpu()?);
        self.append(bans)?;
        self.wait_for("] Ban ", bans)?;
        let (wall, cpu) = (begin.elapsed(), self.cpu()? - before);
        self.check(bans + 1)?;
        self.print("burst", bans, wall, cpu)
    }

    /// From the end of `nft flush ruleset` until all bans are back and that is logged.
    fn recover(&mut self, bans: usize) -> Result<()> {
        self.news()?;
        let before = self.cpu()?;
        nft(&["flush", "ruleset"])?;
        let begin = Instant::now();
        self.wait_for(" put back", 1)?;
        let (wall, cpu) = (begin.elapsed(), self.cpu()? - before);
        self.check(bans + 1)?;
        self.print("recover", bans, wall, cpu)
    }

    /// Taking bans up from the database.
    fn restore(&mut self, bans: usize) -> Result<()> {
        let begin = Instant::now();
        self.spawn()?;
        self.wait_for("] Restore Ban ", bans + 1)?;
        let (wall, cpu) = (begin.elapsed(), self.cpu()?);
        self.check(bans + 1)?;
        self.print("restore", bans, wall, cpu)
    }

    fn stop(&mut self, bans: usize) -> Result<()> {
        let before = self.cpu()?;
        let begin = Instant::now();
        let mut server = self.server.take().context("no server")?;
        let id = server.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        // The time of children that were waited for cannot be asked of a process that has ended.
        let mut cpu = before;
        let status = loop {
            if let Some(status) = server.try_wait()? {
                break status;
            }
            if let Ok(now) = cpu_of(&id) {
                cpu = cpu.max(now);
            }
            thread::sleep(Duration::from_millis(1));
        };
        let wall = begin.elapsed();
        if !status.success() {
            bail!("the server ended with {status}");
        }
        self.print("stop", bans, wall, cpu - before)
    }

    fn print(&self, what: &str, bans: usize, wall: Duration, cpu: f64) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        let seconds = wall.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let each = bans as f64 / seconds;
        writeln!(
            io::stdout(),
            "{what:8} {bans:7} {:38} {seconds:9.3} s, {each:8.0} bans/s, CPU {cpu:.2} s",
            self.way.name()
        )?;
        Ok(())
    }

    fn append(&self, count: usize) -> Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        // The first one of all is apart from those of a burst.
        let first = if count == 1 { 0 } else { 1 };
        let lines: String = (first..first + count)
            .map(|number| {
                let address =
                    u32::from(Ipv4Addr::new(10, 0, 0, 1)) + u32::try_from(number).unwrap_or(0);
                format!("{now} failed from {}\n", Ipv4Addr::from(address))
            })
            .collect();
        let mut log = OpenOptions::new()
            .append(true)
            .open(self.folder.join("bench.log"))?;
        log.write_all(lines.as_bytes())?;
        Ok(())
    }

    /// Waits until so many bans are reported and, where a report says nothing of it, in the kernel.
    fn wait_for(&mut self, report: &str, bans: usize) -> Result<()> {
        let mut reported = 0;
        self.wait("bans in the log", |bench| {
            reported += bench.news()?.matches(report).count();
            Ok(reported >= bans)
        })?;
        if self.way == Way::Native {
            return Ok(());
        }
        self.wait("bans in the kernel", |bench| bench.has(bans))
    }

    fn wait(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> Result<bool>) -> Result<()> {
        let begin = Instant::now();
        while !is_so(self)? {
            if begin.elapsed() > PATIENCE {
                bail!("{what}: did not come about with {}", self.way.name());
            }
            // Each look costs something: it must not be much of what is measured.
            let pause = (begin.elapsed() / 50).max(Duration::from_millis(1));
            thread::sleep(pause.min(Duration::from_millis(500)));
        }
        Ok(())
    }

    fn check(&self, bans: usize) -> Result<()> {
        let held = self.held()?;
        if held != bans {
            bail!(
                "{held} of {bans} bans are in the kernel with {}",
                self.way.name()
            );
        }
        Ok(())
    }

    fn has(&self, bans: usize) -> Result<bool> {
        Ok(self.held()? >= bans)
    }

    /// How many addresses the kernel holds.
    fn held(&self) -> Result<usize> {
        let ruleset = nft(&["list", "ruleset"])?;
        let words = ruleset.split(|it: char| !(it.is_ascii_digit() || it == '.'));
        let addresses: HashSet<&str> = words.filter(|word| word.starts_with("10.")).collect();
        Ok(addresses.len())
    }

    fn logged(&self) -> Result<String> {
        let path = self.folder.join("server.log");
        if !path.exists() {
            return Ok(String::new());
        }
        fs::read_to_string(&path).context("read the log")
    }

    /// What is new in the log.
    fn news(&mut self) -> Result<String> {
        let path = self.folder.join("server.log");
        if !path.exists() {
            return Ok(String::new());
        }
        let mut file = fs::File::open(path)?;
        file.seek(SeekFrom::Start(self.seen))?;
        let mut news = String::new();
        file.read_to_string(&mut news)?;
        // A line that is not whole is read again.
        let whole = news.rfind('\n').map_or(0, |end| end + 1);
        news.truncate(whole);
        self.seen += u64::try_from(whole)?;
        Ok(news)
    }

    fn cpu(&self) -> Result<f64> {
        let server = self.server.as_ref().context("no server")?;
        cpu_of(&server.id().to_string())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().ok();
            server.wait().ok();
        }
    }
}

/// Seconds of processor time of a process and its children that have ended.
fn cpu_of(id: &str) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
    let behind = stat.rsplit_once(')').context("read /proc/PID/stat")?.1;
    let fields = behind.split_whitespace().skip(11).take(4);
    let ticks: Result<Vec<f64>, _> = fields.map(str::parse).collect();
    Ok(ticks?.iter().sum::<f64>() / 100.0)
}

fn nft(words: &[&str]) -> Result<String> {
    let output = Command::new("nft")
        .args(words)
        .output()
        .context("run `nft`")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
