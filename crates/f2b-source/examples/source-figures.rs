//! Prints how fast a log is read and how soon a written line is seen.
//!
//! `cargo run --release -p f2b-source --example source-figures -- [latency [LINES]]`
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use f2b_source::{Files, Progress, SourceEvent, SourceId, Start};

const LINE: &[u8] = b"Nov 21 20:52:17 host sshd[12345]: Failed password for invalid user oracle from 192.0.2.123 port 51234 ssh2 xx\n";
const LINES: usize = 100_000_000 / LINE.len();

/// Lines whose way is measured when nothing is said.
const WRITES: usize = 5_000;

/// Between two rescans without notices.
const POLL: Duration = Duration::from_millis(200);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let word = words.next();
    let writes = words.next().map_or(Ok(WRITES), |count| count.parse())?;
    match word.as_deref() {
        None => throughput()?,
        Some("latency") => {}
        Some(_) => return Err("the only word is `latency`, a number of lines may follow".into()),
    }
    let notices = Files::new();
    if !notices.has_notices() {
        return Err("this system gives no notices".into());
    }
    // Lines far enough apart for the reader to wait again.
    latency("inotify", notices, writes, Duration::from_millis(1))?;
    // They come at any moment between two looks.
    latency(
        "polling",
        Files::without_notices(),
        writes,
        Duration::from_micros(9_700),
    )
}

fn throughput() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("big.log");
    File::create(&path)?.write_all(&LINE.repeat(LINES))?;
    for run in 1..=3 {
        let mut files = Files::new();
        files.watch(SourceId(0), &path, Start::Head)?;
        let mut lines = 0;
        let begin = Instant::now();
        while let Progress::More = files.read(|event| {
            if let SourceEvent::Chunk(chunk) = event {
                lines += chunk.ranges.len();
            }
        }) {}
        let time = begin.elapsed();
        println!(
            "run {run}: {lines} lines of {} bytes in {time:?}: {:.1} M lines/s",
            LINE.len(),
            f64::from(u32::try_from(lines)?) / time.as_secs_f64() / 1e6,
        );
    }
    Ok(())
}

/// One thread writes lines, one after each `pause`, and says when; this one waits for them.
///
/// Times are taken from before the write to when the line is in hand.
fn latency(
    name: &str,
    mut files: Files,
    writes: usize,
    pause: Duration,
) -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("live.log");
    let mut file = File::create(&path)?;
    files.watch(SourceId(0), &path, Start::Head)?;
    while let Progress::More = files.read(drop) {}
    let (say, written) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        for _ in 0..writes {
            std::thread::sleep(pause);
            // Said before: the reader may have the line before the write is over.
            if say.send(Instant::now()).is_err() || file.write_all(LINE).is_err() {
                return;
            }
        }
    });
    let timeout = if files.has_notices() {
        Duration::from_secs(5)
    } else {
        POLL
    };
    let mut times = Vec::new();
    while times.len() < writes {
        let _woken = files.wait(timeout, None)?;
        let mut problem = None;
        while let Progress::More = files.read(|event| {
            let SourceEvent::Chunk(chunk) = event else {
                return;
            };
            let seen = Instant::now();
            for _ in &chunk.ranges {
                match written.recv() {
                    Ok(begin) => times.push(seen.duration_since(begin)),
                    Err(error) => problem = Some(error),
                }
            }
        }) {}
        if let Some(error) = problem {
            return Err(format!("a line that nobody wrote: {error}").into());
        }
        if writer.is_finished() && times.len() < writes && files.lag(SourceId(0)) == Some(0) {
            return Err(format!("{} of {writes} lines were seen", times.len()).into());
        }
    }
    writer.join().map_err(|_panic| "the writer panicked")?;
    times.sort_unstable();
    let at = |percent: usize| {
        let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    };
    println!(
        "written to chunk by {name}, {writes} lines: p50 {:?}, p99 {:?}, max {:?}",
        at(50),
        at(99),
        at(100)
    );
    Ok(())
}
