//! Prints how long bans take to reach the kernel and be read back there, and to come back when another
//! program has deleted the table.
//!
//! Needs the right to change the packet filter; best in a namespace:
//! `unshare -n cargo run --release -p f2b-firewall --example firewall-figures`.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use f2b_firewall::{Blocktype, Change, Engine, JailRules, Outcome, PortRange, Protocol, Watch};

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let mut engine = Engine::open("stockade-figures")?;
    let _adopted = engine.start_jail(JailRules {
        jail: "sshd".to_owned(),
        ports: vec![PortRange::single(22)],
        protocols: vec![Protocol::Tcp],
        blocktype: Blocktype::Drop,
    })?;
    let mut next = 0_u32;
    for (what, changes, rounds) in [
        ("one ban", 1, 2_000),
        ("2,000 bans", 2_000, 20),
        ("10,000 bans", 10_000, 5),
    ] {
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..rounds {
            let bans: Vec<Change> = (0..changes)
                .map(|_| {
                    next = next.wrapping_add(1);
                    Change::Ban {
                        jail: "sshd".to_owned(),
                        net: std::net::IpAddr::from((0x0a00_0000 | next).to_be_bytes()).into(),
                        timeout: Some(Duration::from_secs(600)),
                    }
                })
                .collect();
            let begun = Instant::now();
            let outcomes = engine.apply(&bans);
            times.push(begun.elapsed());
            if let Some(Outcome::Failed(error)) = outcomes
                .into_iter()
                .find(|outcome| !matches!(outcome, Outcome::InKernel))
            {
                return Err(error.into());
            }
        }
        times.sort_unstable();
        let at = |share: usize| {
            times
                .get(times.len() * share / 100)
                .copied()
                .unwrap_or_default()
        };
        writeln!(out, "{what}: p50 {:?}, p99 {:?}", at(50), at(99))?;
    }
    let begun = Instant::now();
    let listed = engine.elements("sshd")?.len();
    writeln!(out, "list of {listed}: {:?}", begun.elapsed())?;
    for count in [1_u32, 1_000, 50_000] {
        let recovered = recover(&mut engine, count)?;
        writeln!(
            out,
            "{count} bans back after the table was deleted: {recovered:?}"
        )?;
    }
    engine.close()?;
    Ok(())
}

/// Has another engine delete the table, and returns how long it takes until that is heard and all bans
/// are read back.
fn recover(engine: &mut Engine, count: u32) -> Result<Duration, Box<dyn Error>> {
    let (watch, mut watcher) = Watch::open()?;
    engine.be_watched(&watch);
    let bans: Vec<Change> = (0..count)
        .map(|number| Change::Ban {
            jail: "sshd".to_owned(),
            net: std::net::IpAddr::from((0x0a00_0000 | number).to_be_bytes()).into(),
            timeout: Some(Duration::from_secs(600)),
        })
        .collect();
    Engine::open("stockade-figures")?.close()?;
    let begun = Instant::now();
    while watcher.next(Duration::from_secs(1))?.is_empty() {}
    engine.repair()?;
    let outcomes = engine.apply(&bans);
    let is_there = |outcome: &Outcome| matches!(outcome, Outcome::InKernel);
    match outcomes.iter().all(is_there) {
        true => Ok(begun.elapsed()),
        false => Err("not all bans are back".into()),
    }
}
