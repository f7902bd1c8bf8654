//! `kill -9` while transactions are being committed.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use f2b_core::FailId;
use f2b_store::{Position, Transaction};
use tempfile::tempdir;

use crate::samples::{NOW, at, ban, file_state, lasting, open, tally};

/// Names the file to the child; without it the test is the parent.
const FILE: &str = "STOCKADE_TEST_KILL_FILE";
const TEST: &str = "kill::what_was_reported_survives_a_kill_at_any_moment";
const ROUNDS: u64 = 20;

/// The end of a child that nobody kills.
const MOST_COMMITS: u64 = 200_000;

#[test]
fn what_was_reported_survives_a_kill_at_any_moment() {
    if let Some(path) = env::var_os(FILE) {
        return commit_until_killed(Path::new(&path));
    }
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut chance: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut last = 0;
    for round in 0..ROUNDS {
        // A step of xorshift: another number of commits in every round, the same in every run.
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        let reported = kill_after(&path, chance % 150);
        assert!(reported >= last, "round {round}");
        let found = newest(&path);
        assert!(
            found == reported || found == reported + 1,
            "round {round}: {reported} was reported, {found} is on disk"
        );
        last = found;
    }
    assert!(last > ROUNDS);
}

/// Lets a child commit until it has reported `reports` numbers, kills it, and returns the last
/// number that it reported.
fn kill_after(path: &Path, reports: u64) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut last = newest_or_nothing(path);
    let mut seen = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The test runner's own lines carry no number.
        let line = line.unwrap();
        if let Some(number) = line
            .rsplit("committed ")
            .next()
            .and_then(|number| number.parse().ok())
        {
            last = number;
            seen += 1;
        }
        if seen == reports + 1 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(seen > reports, "the child ended by itself");
    last
}

/// Commits number after number: a ban, a tally and a position that all tell it.
fn commit_until_killed(path: &Path) {
    let begin = newest_or_nothing(path);
    let mut store = open(path);
    for number in begin + 1..begin + MOST_COMMITS {
        let seconds = NOW + i64::try_from(number).unwrap();
        let mut transaction = Transaction::default();
        transaction.record_ban("sshd", ban(&format!("id {number}"), seconds, -1));
        let retry = u32::try_from(number).unwrap();
        transaction.record_tally("sshd", FailId::parse("192.0.2.1"), tally(NOW, retry));
        transaction.record_position("sshd", file_state("/var/log/auth.log", number));
        store.commit(&transaction).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "committed {number}").unwrap();
        out.flush().unwrap();
    }
}

fn newest_or_nothing(path: &Path) -> u64 {
    if path.exists() { newest(path) } else { 0 }
}

/// Returns the number on disk, after making sure that bans, tally and position agree on it.
fn newest(path: &Path) -> u64 {
    let store = open(path);
    let states = store.source_states("sshd").unwrap().entries;
    let Some(state) = states.first() else {
        return 0;
    };
    let Position::File(file) = &state.position else {
        panic!("{state:?}")
    };
    let number = file.offset;
    let tallies = store.tallies("sshd").unwrap().entries;
    assert_eq!(u64::from(tallies[0].1.retry), number);
    let bans = store
        .stored_bans("sshd", at(NOW), lasting(1_000_000))
        .unwrap()
        .entries;
    let mut numbers: Vec<u64> = bans
        .iter()
        .map(|ban| ban.id.to_string().replace("id ", "").parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=number).collect::<Vec<_>>());
    number
}
