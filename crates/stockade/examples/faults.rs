//! Prints what a server makes of the worst: killed two hundred times, reloaded under load, and attacked on
//! its socket. What `tests/it` does in small, in full.
//!
//! ```text
//! cargo build --release -p stockade
//! cargo run --release -p stockade --example faults [kills|reloads|clients] [COUNT] [KIND]
//! ```
//!
//! As root, with the Debian packages that the tests need. The programs must be built before: an example
//! cannot ask for it. COUNT is the number of kills of each kind (default 34, of six kinds; KIND names one of them:
//! plain, rotates, increments, commands, asks, names), or how often the twenty reloads are done (default 5).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    dead_code,
    unused_imports,
    reason = "it is made of tests, whose failure is its own, and uses a part of them"
)]

#[path = "../tests/it/abuse.rs"]
mod abuse;
#[path = "../tests/it/attack.rs"]
mod attack;
#[path = "../tests/it/load.rs"]
mod load;
#[path = "../tests/it/monitor.rs"]
mod monitor;
#[path = "../tests/it/reloads.rs"]
mod reloads;
#[path = "../tests/it/server.rs"]
mod server;

use std::time::{Duration, Instant};

use load::Kind;

/// What a server is busy with when it is killed.
const KINDS: [Kind; 6] = [
    Kind::Plain,
    Kind::Rotates,
    Kind::Increments,
    Kind::Commands,
    Kind::Asks,
    Kind::Names,
];

fn main() {
    let mut words = std::env::args().skip(1);
    let what = words.next();
    let count = words.next().map(|word| word.parse().unwrap());
    match what.as_deref() {
        Some("kills") => kill(count, words.next().as_deref()),
        Some("reloads") => reload(count),
        Some("clients") => attack(),
        Some(other) => panic!("`{other}` is none of kills, reloads, clients"),
        None => {
            kill(count, None);
            reload(count);
            attack();
        }
    }
}

fn kill(count: Option<u32>, only: Option<&str>) {
    let count = count.unwrap_or(34);
    let begin = Instant::now();
    let is_wanted =
        |kind: &&Kind| only.is_none_or(|only| format!("{kind:?}").to_lowercase() == only);
    let kinds: Vec<&Kind> = KINDS.iter().filter(is_wanted).collect();
    for kind in &kinds {
        load::check(**kind, count);
    }
    let kills = count as usize * kinds.len();
    println!(
        "{kills} kills in {:?}: no ban lost, no line counted twice or skipped",
        begin.elapsed()
    );
}

fn reload(count: Option<u32>) {
    let rounds = count.unwrap_or(5) as usize;
    reloads::run(rounds, 2_000, Duration::from_millis(500));
}

fn attack() {
    abuse::run(abuse::Sizes {
        clients: 500,
        endless: 1 << 30,
        elements: 5_000_000,
    });
}
