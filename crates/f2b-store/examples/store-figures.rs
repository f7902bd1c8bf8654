//! Prints what a commit, a restore and an opening cost: `cargo run --release -p f2b-store --example
//! store-figures [FOLDER]`. The folder's file system is what is measured; without one it is the system's
//! place for temporary files.

use std::error::Error;
use std::fs;
use std::io::{self, Write, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

use f2b_core::{Ban, Bantime, FailId, Tally, UnixTime};
use f2b_store::{FilePosition, Position, SourceState, Store, Transaction};

const NOW: i64 = 1_795_294_794;
const STORED: u32 = 50_000;
const SINGLE: u32 = 5_000;
const GROUP: u32 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let path = folder.path().join("f.sqlite3");
    let mut store = Store::open(&path, UnixTime::from_seconds(NOW))?.store;
    store.add_jail("sshd")?;

    let mut slowest = Vec::new();
    let begin = Instant::now();
    for number in 0..SINGLE {
        let one = Instant::now();
        store.commit(&decided(number..number + 1))?;
        slowest.push(one.elapsed());
    }
    report(
        "commit, one ban with tally and position",
        SINGLE,
        begin.elapsed(),
    )?;
    slowest.sort_unstable();
    for (name, part) in [("p50", 50), ("p99", 99), ("p100", 100)] {
        let place = (slowest.len() * part / 100).saturating_sub(1);
        let micros = slowest.get(place).map_or(0, Duration::as_micros);
        writeln!(stdout(), "  {name:<4} {micros} µs")?;
    }

    let begin = Instant::now();
    let mut number = SINGLE;
    while number < STORED {
        store.commit(&decided(number..number + GROUP))?;
        number += GROUP;
    }
    report(
        "commit, grouped by 100: bans",
        STORED - SINGLE,
        begin.elapsed(),
    )?;

    let begin = Instant::now();
    for number in 0..SINGLE {
        let mut transaction = Transaction::default();
        transaction.record_tally("sshd", id(number % 500), tally());
        transaction.record_position("sshd", position(number));
        store.commit(&transaction)?;
    }
    report("commit, one tally and position", SINGLE, begin.elapsed())?;

    let begin = Instant::now();
    let stored = store.stored_bans("sshd", UnixTime::from_seconds(NOW), Bantime::Permanent)?;
    let count = u32::try_from(stored.entries.len())?;
    report("restore: bans", count, begin.elapsed())?;
    let begin = Instant::now();
    let count = u32::try_from(store.tallies("sshd")?.entries.len())?;
    report("recall: tallies", count, begin.elapsed())?;

    let begin = Instant::now();
    store.close()?;
    writeln!(
        stdout(),
        "close: {:.1} ms",
        begin.elapsed().as_secs_f64() * 1e3
    )?;
    writeln!(
        stdout(),
        "file: {:.1} MB",
        fs::metadata(&path)?.len() as f64 / 1e6
    )?;
    opening(&path)?;
    Ok(())
}

fn opening(path: &Path) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    let opened = Store::open(path, UnixTime::from_seconds(NOW))?;
    writeln!(
        stdout(),
        "open: {:.1} ms",
        begin.elapsed().as_secs_f64() * 1e3
    )?;
    opened.store.close()?;
    Ok(())
}

fn report(what: &str, count: u32, time: Duration) -> io::Result<()> {
    let seconds = time.as_secs_f64();
    let rate = f64::from(count) / seconds;
    writeln!(
        stdout(),
        "{what}: {count} in {:.1} ms, {rate:.0}/s",
        seconds * 1e3
    )
}

/// What a reader hands over when the bans of `numbers` were decided in one go.
fn decided(numbers: std::ops::Range<u32>) -> Transaction {
    let mut transaction = Transaction::default();
    for number in numbers {
        transaction.record_ban("sshd", ban(number));
        transaction.record_forgotten("sshd", id(number));
        transaction.record_tally("sshd", id(number + 1_000_000), tally());
        transaction.record_position("sshd", position(number));
    }
    transaction
}

fn id(number: u32) -> FailId {
    let [_, high, middle, low] = number.to_be_bytes();
    FailId::parse(&format!("10.{high}.{middle}.{low}"))
}

fn lines() -> Vec<Box<str>> {
    let line = "Nov 21 20:59:54 host sshd[4711]: Failed password for invalid user admin from \
                198.51.100.77 port 51234 ssh2";
    vec![line.into(); 5]
}

fn ban(number: u32) -> Ban {
    Ban {
        id: id(number),
        time: UnixTime::from_seconds(NOW + i64::from(number)),
        bantime: Bantime::from_seconds(600),
        has_own_bantime: false,
        count: 1,
        failures: 5,
        matches: lines(),
        fields: vec![("user".into(), "admin".into())],
        restored: false,
    }
}

fn tally() -> Tally {
    Tally {
        first: UnixTime::from_seconds(NOW),
        last: UnixTime::from_seconds(NOW + 5),
        retry: 3,
        failures: 3,
        matches: lines(),
        fields: vec![("user".into(), "admin".into())],
    }
}

fn position(number: u32) -> SourceState {
    SourceState {
        source: "/var/log/auth.log".into(),
        position: Position::File(FilePosition {
            device: 2049,
            inode: 131_075,
            offset: u64::from(number) * 110,
            first_line: Some("adc83b19e793491b1c6ea0fd8b46cd9f32e592fc".into()),
            earlier: None,
        }),
    }
}
