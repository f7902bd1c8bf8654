//! A flood of lines into one file that ten jails read, ours beside the original.

mod backlog;

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow};
use jiff::Timestamp;

use super::{
    Losses, Sizes, figure,
    gauge::own_thread,
    say,
    stage::{Stage, Wanted, nft},
    state::State,
    traffic::{Counts, JAILS, Jail, TURNS, Traffic},
};
use crate::{Oracle, Version, place};

/// How long nothing new may be read before what is missing counts as lost.
const QUIET: Duration = Duration::from_secs(30);

/// Between two looks at the server when nothing is written.
const PAUSE: Duration = Duration::from_millis(20);

/// How many rows of figures a run has.
const ROWS: u64 = 6;

/// Floods ours with attacks and without, then lets both read what is there.
///
/// # Errors
/// A server does not run. What ours lost is no error here.
pub fn flood(sizes: &Sizes, losses: &mut Losses) -> Result<()> {
    for (name, addresses) in [
        ("one line in ten an attack", sizes.addresses),
        ("no attacks", 0),
    ] {
        say(format!(
            "\nflood: {} lines/s for {} s, ten jails, {name}",
            sizes.rate, sizes.seconds
        ))?;
        let folder = tempfile::tempdir()?;
        let lost = run(folder.path(), sizes, addresses)?;
        losses.extend(
            lost.into_iter()
                .map(|lost| format!("flood, {name}: {lost}")),
        );
    }
    backlog::backlog(sizes, losses)
}

fn run(folder: &Path, sizes: &Sizes, addresses: usize) -> Result<Losses> {
    let log_path = folder.join("log");
    let mut writer = Writer::new(&log_path, sizes.rate, addresses)?;
    let written = &AtomicU64::new(0);
    let stage = ours(folder, &log_path)?;
    say(format!(
        "{:>6} {:>9} {:>9} {:>12} {:>6} {:>10} {:>9}",
        "second", "written", "read", "lag", "queue", "RSS", "CPU"
    ))?;
    let before = stage.usage()?.cpu;
    let pace = thread::scope(|scope| -> Result<Pace> {
        let writer = scope.spawn(|| writer.run(sizes.seconds, written));
        let begin = Instant::now();
        for number in 1..=ROWS {
            let due = Duration::from_millis(sizes.seconds * 1_000 * number / ROWS);
            thread::sleep(due.saturating_sub(begin.elapsed()));
            row(due.as_secs(), &stage, written)?;
        }
        let done = writer.join();
        done.map_err(|_panic| anyhow!("the writer panicked"))?
    })?;
    let all = written.load(Ordering::Relaxed);
    let at_end = stage.state()?;
    let state = settle(&stage, all)?;
    let behind = pace.end.elapsed();
    let usage = stage.usage()?;
    let cpu = usage.cpu - before;
    say(format!(
        "after the last line: lag {} bytes, {} lines; all read after {:.3} s",
        at_end.lag(),
        all.saturating_sub(at_end.lines()),
        behind.as_secs_f64()
    ))?;
    say(format!(
        "written in {:.2} s; CPU of the server {cpu:.2} s ({:.2} µs a line), of the writer {:.2} s; most RSS \
         {:.1} MiB",
        pace.taken.as_secs_f64(),
        cpu * 1e6 / figure(all),
        pace.cpu,
        usage.peak
    ))?;
    let losses = judge(&state, all, writer.traffic.counts())?;
    table(&state)?;
    stage.stop()?;
    Ok(losses)
}

fn row(second: u64, stage: &Stage, written: &AtomicU64) -> Result<()> {
    let state = stage.state()?;
    let usage = stage.usage()?;
    // Asked last, so that no more is read than written.
    let all = written.load(Ordering::Relaxed);
    say(format!(
        "{second:6} {all:9} {:9} {:10} B {:6} {:6.1} MiB {:7.2} s",
        state.lines(),
        state.lag(),
        state.queue,
        usage.memory,
        usage.cpu
    ))
}

/// Waits until every jail has that many lines, or until nothing moves.
fn settle(stage: &Stage, lines: u64) -> Result<State> {
    let mut moved = Instant::now();
    let mut last = 0;
    loop {
        let state = stage.state()?;
        let read = state.lines();
        if read >= lines || moved.elapsed() > QUIET {
            return Ok(state);
        }
        if read != last {
            (moved, last) = (Instant::now(), read);
        }
        thread::sleep(PAUSE);
    }
}

/// Compares what each jail has read and counted with what was written.
fn judge(state: &State, written: u64, attacks: &Counts) -> Result<Losses> {
    let mut losses = Losses::new();
    for jail in JAILS {
        let name = jail.name;
        let told = state.jails.get(name);
        let told = told.with_context(|| format!("jail {name} is missing"))?;
        let expected = jail.expected(attacks);
        for (what, number, expected) in [
            ("read", told.lines, written),
            ("matched", told.matched, expected),
            ("left unjudged", told.unjudged(), 0),
        ] {
            if number != expected {
                losses.push(format!(
                    "jail {name} has {what} {number} lines instead of {expected}"
                ));
            }
        }
    }
    Ok(losses)
}

fn table(state: &State) -> Result<()> {
    say(format!(
        "{:12} {:>9} {:>9} {:>8}",
        "jail", "lines", "matched", "bans"
    ))?;
    for (name, jail) in &state.jails {
        say(format!(
            "{name:12} {:9} {:9} {:8}",
            jail.lines, jail.matched, jail.total_banned
        ))?;
    }
    Ok(())
}

/// Starts ours with all jails on one log; it bans in the kernel.
fn ours(folder: &Path, log: &Path) -> Result<Stage> {
    nft(&["flush", "ruleset"])?;
    // Both have the original's filters; its action would be all that is measured.
    let configuration = Oracle::new(Version::V1_1_1)?.configuration();
    let action =
        std::fs::read_to_string(place::our_configuration()?.join("action.d/stockade.conf"))?;
    Stage::start(
        &folder.join("ours"),
        &Wanted {
            program: None,
            configuration: &configuration,
            jails: &jails(log, "stockade[port=\"0:65535\"]"),
            files: &[("action.d/stockade.conf", &action)],
            descriptors: None,
        },
    )
}

/// Returns `jail.local`. Jails of these names have a log and more of their own in the tree.
fn jails(log: &Path, action: &str) -> String {
    let mut jails = String::new();
    for Jail { name, filter, .. } in JAILS {
        jails += &format!(
            "[{name}]\nenabled = true\nfilter = {filter}\nlogpath = {}\nbackend = auto\nfindtime = 10m\n\
             bantime = 1h\nmaxretry = 5\nusedns = no\nignoreip =\naction = {action}\n",
            log.display()
        );
    }
    jails
}

/// Writes lines at a steady pace.
struct Writer {
    file: File,
    traffic: Traffic,
    /// Lines in a turn.
    lines: usize,
}

/// How a writer fared.
struct Pace {
    /// When the last line had been written.
    end: Instant,
    taken: Duration,
    /// Seconds of processor time.
    cpu: f64,
}

impl Writer {
    fn new(path: &PathBuf, rate: usize, addresses: usize) -> Result<Self> {
        let lines = rate.div_ceil(TURNS);
        Ok(Self {
            file: File::create(path)?,
            traffic: Traffic::new(lines, addresses)?,
            lines,
        })
    }

    fn run(&mut self, seconds: u64, written: &AtomicU64) -> Result<Pace> {
        let before = own_thread()?;
        let begin = Instant::now();
        for turn in 0..usize::try_from(seconds)? * TURNS {
            let due = Duration::from_secs(1) * u32::try_from(turn)? / u32::try_from(TURNS)?;
            thread::sleep(due.saturating_sub(begin.elapsed()));
            self.write(turn)?;
            written.fetch_add(u64::try_from(self.lines)?, Ordering::Relaxed);
        }
        let end = Instant::now();
        Ok(Pace {
            end,
            taken: end.duration_since(begin),
            cpu: own_thread()? - before,
        })
    }

    fn write(&mut self, turn: usize) -> Result<()> {
        let stamp = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00");
        let text = self.traffic.turn(turn, &stamp.to_string())?;
        self.file.write_all(text)?;
        Ok(())
    }
}
