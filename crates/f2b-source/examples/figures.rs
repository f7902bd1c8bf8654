//! Prints how fast a log is read and how soon a written line is seen.
//!
//! `cargo run --release -p f2b-source --example figures`
#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use f2b_source::{Files, Progress, SourceEvent, SourceId, Start};

const LINE: &[u8] = b"Nov 21 20:52:17 host sshd[12345]: Failed password for invalid user oracle from 192.0.2.123 port 51234 ssh2 xx\n";
const LINES: usize = 100_000_000 / LINE.len();
const WRITES: usize = 2000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
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
    latency(&directory.path().join("live.log"))
}

/// One thread writes a line and says when; this one waits for it.
fn latency(path: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = File::create(path)?;
    let mut files = Files::new();
    files.watch(SourceId(0), path, Start::Head)?;
    while let Progress::More = files.read(drop) {}
    let (go, next) = std::sync::mpsc::channel();
    let (say, written) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        for () in next {
            // The reader waits by then.
            std::thread::sleep(Duration::from_micros(300));
            let begin = Instant::now();
            if file.write_all(LINE).is_err() || say.send(begin).is_err() {
                return;
            }
        }
    });
    let mut times = Vec::new();
    for _ in 0..WRITES {
        go.send(())?;
        let mut seen = None;
        while seen.is_none() {
            let _woken = files.wait(Duration::from_secs(5), None)?;
            while let Progress::More = files.read(|event| {
                if let SourceEvent::Chunk(chunk) = event
                    && !chunk.ranges.is_empty()
                {
                    seen = Some(Instant::now());
                }
            }) {}
        }
        let seen = seen.unwrap_or_else(Instant::now);
        times.push(seen.duration_since(written.recv()?));
    }
    drop(go);
    writer.join().map_err(|_panic| "the writer panicked")?;
    times.sort_unstable();
    let at = |percent: usize| {
        times
            .get(WRITES * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    println!("written to chunk: p50 {:?}, p99 {:?}", at(50), at(99));
    Ok(())
}
