//! How soon a written line is in the reader's hand, and its ban in the kernel.

use std::{
    env,
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    net::Ipv4Addr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;

use super::{
    Sizes, say,
    stage::{Stage, Wanted, nft},
};
use crate::{Oracle, Version, attack::Dice, place};

/// A ban may take so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bans before those that count: the server has just started.
const WARM_UP: u32 = 5;

/// How bans are measured.
struct Way<'oracle> {
    name: &'static str,
    program: Option<&'oracle Oracle>,
    backend: &'static str,
    /// The most milliseconds from a ban to the next line. Who looks at certain times is met at any moment
    /// between two of them.
    pause: usize,
    bans: usize,
}

/// Prints both tables.
///
/// # Errors
/// A ban does not come, or a program is missing.
pub fn latency(sizes: &Sizes) -> Result<()> {
    in_hand(sizes.lines)?;
    let oracle = Oracle::new(Version::V1_1_1)?;
    let few = (sizes.bans / 10).max(1);
    let way = |name, program, backend, pause, bans| Way {
        name,
        program,
        backend,
        pause,
        bans,
    };
    say("\nwrite → ban in the kernel")?;
    say(format!(
        "{:46} {:>6} {:>10} {:>10} {:>10}",
        "", "bans", "p50", "p99", "max"
    ))?;
    for way in [
        way("ours, pyinotify", None, "pyinotify", 20, sizes.bans),
        way("ours, polling", None, "polling", 1_000, few),
        way("original 1.1.1, auto", Some(&oracle), "auto", 1_000, few),
        way(
            "original 1.1.1, polling",
            Some(&oracle),
            "polling",
            1_000,
            few,
        ),
    ] {
        let folder = tempfile::tempdir()?;
        bans(folder.path(), &way)?;
    }
    Ok(())
}

/// Has the reader's own example measure itself: nothing of ours is linked here.
fn in_hand(lines: usize) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["run", "--quiet", "--offline"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    command.args([
        "--package",
        "f2b-source",
        "--example",
        "source-figures",
        "--",
    ]);
    command.args(["latency", &lines.to_string()]);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    say("write → line in hand")?;
    if !command.status().context("run `cargo`")?.success() {
        bail!("the example `figures` of f2b-source failed");
    }
    Ok(())
}

/// One line after the other, each a ban; `nft monitor` tells of it, and what `nft` itself needs is part of
/// the figure.
fn bans(folder: &Path, way: &Way<'_>) -> Result<()> {
    nft(&["flush", "ruleset"])?;
    let log_path = folder.join("auth.log");
    let mut log = File::create(&log_path)?;
    let action = match way.program {
        Some(_) => "nftables-multiport[name=sshd, port=ssh]",
        None => "stockade[port=ssh]",
    };
    let jails = format!(
        "[sshd]\nenabled = true\nfilter = sshd\nbackend = {}\nlogpath = {}\nmaxretry = 1\nbantime = 1h\n\
         usedns = no\naction = {action}\n",
        way.backend,
        log_path.display()
    );
    let configuration = match way.program {
        Some(oracle) => oracle.configuration(),
        None => place::our_configuration()?,
    };
    let stage = Stage::start(
        folder,
        &Wanted {
            program: way.program,
            configuration: &configuration,
            jails: &jails,
            files: &[],
            descriptors: None,
        },
    )?;
    let (_monitor, elements) = monitor()?;
    let mut dice = Dice(1);
    let mut times = Vec::new();
    for number in 0..WARM_UP + u32::try_from(way.bans)? {
        let address = Ipv4Addr::from_bits(0x0a00_0001 + number);
        let stamp = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00");
        let line =
            format!("{stamp} host sshd[4711]: Invalid user admin from {address} port 50000\n");
        let begin = Instant::now();
        log.write_all(line.as_bytes())?;
        let sign = format!(" {address} ");
        let seen = loop {
            let element = elements.recv_timeout(PATIENCE);
            let (line, seen) = element.with_context(|| {
                format!(
                    "{}: {address} is not in the kernel\n{}",
                    way.name,
                    stage.last_words()
                )
            })?;
            if line.contains(&sign) {
                break seen;
            }
        };
        if number >= WARM_UP {
            times.push(seen.duration_since(begin));
        }
        thread::sleep(Duration::from_millis(u64::try_from(
            way.pause / 2 + dice.below(way.pause),
        )?));
    }
    times.sort_unstable();
    let at = |share: usize| {
        let index = (times.len() * share / 100).min(times.len().saturating_sub(1));
        let time = times.get(index).copied().unwrap_or_default();
        format!("{:.3} ms", time.as_secs_f64() * 1e3)
    };
    let logged = stage.logged();
    // The original tells which one it took: "Initiated 'polling' backend".
    let words = logged.split("Initiated '").nth(1);
    let taken = words.and_then(|words| words.split_once("' backend"));
    let name = match (way.program, taken) {
        (Some(_), Some((taken, _))) => format!("{} (took {taken})", way.name),
        _ => way.name.to_owned(),
    };
    say(format!(
        "{name:46} {:6} {:>10} {:>10} {:>10}",
        times.len(),
        at(50),
        at(99),
        at(100)
    ))?;
    stage.stop()
}

/// Starts `nft monitor`; what it says comes with the moment. It listens already.
fn monitor() -> Result<(Ended, Receiver<(String, Instant)>)> {
    let mut command = Command::new("nft");
    command.args(["monitor", "new"]);
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
    // It does not say when it listens, so it is told something until it has heard it.
    for number in 0..100 {
        let name = format!("heard-{number}");
        nft(&["add", "table", "inet", &name])?;
        let told = receiver.recv_timeout(Duration::from_millis(100));
        nft(&["delete", "table", "inet", &name])?;
        if told.is_ok_and(|(line, _)| line.contains("heard-")) {
            return Ok((monitor, receiver));
        }
    }
    bail!("`nft monitor` hears nothing")
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
