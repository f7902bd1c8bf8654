//! The same log, at the same time, to the original and to ours.

use std::{env, fs};

use conformance::{
    Oracle, Version, attack,
    differences::{Comparison, KnownDifferences},
    replay::{self, Terms},
};

/// The log of the test; `conformance::attack` made it.
pub(crate) const ATTACK: &str = include_str!("../../data/sshd-attack.log");

const SEED: u64 = 2;
const LEAST: usize = 600;

#[test]
fn the_committed_log_is_what_the_generator_makes() {
    let text: String = attack::lines(SEED, LEAST)
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    if env::var_os("STOCKADE_WRITE_ATTACK").is_some() {
        fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/data/sshd-attack.log"),
            &text,
        )
        .unwrap();
    }
    assert_eq!(
        text, ATTACK,
        "run once with STOCKADE_WRITE_ATTACK=1 and build again"
    );
}

/// Another log can be played with `cargo run -p conformance --bin replay`.
#[test]
fn both_ban_the_same_addresses_on_the_same_replay() {
    let terms = Terms {
        rate: 400,
        maxretry: 5,
        findtime: 600,
    };
    let lines = replay::lines(ATTACK.as_bytes());
    let mut comparisons = Vec::new();
    for version in Version::ALL {
        let folder = tempfile::tempdir().unwrap();
        let oracle = Oracle::new(version).unwrap();
        let outcome = replay::compare(&oracle, &lines, &terms, folder.path()).unwrap();
        comparisons.push(Comparison {
            case: format!("{version}: attack"),
            original: format!("{:?}", outcome.original),
            ours: format!("{:?}", outcome.ours),
        });
    }
    KnownDifferences::load()
        .unwrap()
        .judge("replay", &comparisons)
        .unwrap();
}
