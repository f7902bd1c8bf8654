//! Killed again and again at random moments, while lines keep coming.
//!
//! `STOCKADE_KILLS` sets how often (10), `STOCKADE_SEED` repeats a run whose seed was printed.
#![expect(clippy::print_stdout, reason = "a run that failed can be repeated")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::server::{Server, Setup, lines};

/// Failures until the ban.
const MAXRETRY: u32 = 5;

/// Addresses per kill: enough that lines keep coming for as long as there are kills.
const ADDRESSES: u32 = 40;

/// What becomes of the log when the server is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Stays,
    /// Now and then it gets another name, and a new file takes its place.
    Rotates,
}

/// Numbers that look random and come again with the same seed (SplitMix64).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn pause(&mut self, most_ms: u64) {
        thread::sleep(Duration::from_millis(self.below(most_ms)));
    }
}

/// The failed logins of a run: who, and the number that its line carries.
struct Attack {
    failures: Vec<(String, usize)>,
}

/// The numbers of each address's lines, in their order.
type Numbers = BTreeMap<String, Vec<usize>>;

/// What a server made of the lines.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Who is banned, by which lines: one entry per row of `bans`.
    bans: Vec<(String, Vec<usize>)>,
    /// Who is still being counted, by which lines.
    tallies: Numbers,
}

impl Attack {
    fn new(dice: &mut Dice, addresses: u32) -> Self {
        let mut failures = Vec::new();
        for number in 0..addresses {
            let address = if number % 4 == 0 {
                Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | u128::from(number + 1)).to_string()
            } else {
                Ipv4Addr::from_bits(0xc612_0001 + number).to_string()
            };
            // Many are one short of the ban: one line counted twice, and they are out.
            let count = [1, 4, 4, 5, 5, 5][usize::try_from(dice.below(6)).unwrap()];
            failures.extend(vec![(address, 0); count]);
        }
        for last in (1..failures.len()).rev() {
            let other = dice.below(u64::try_from(last + 1).unwrap());
            failures.swap(last, usize::try_from(other).unwrap());
        }
        for (number, failure) in failures.iter_mut().enumerate() {
            failure.1 = number;
        }
        Self { failures }
    }

    fn expected(&self) -> Outcome {
        let mut by_address = Numbers::new();
        for (address, number) in &self.failures {
            by_address.entry(address.clone()).or_default().push(*number);
        }
        let is_banned = |numbers: &[usize]| numbers.len() == usize::try_from(MAXRETRY).unwrap();
        let (bans, tallies): (Numbers, Numbers) = by_address
            .into_iter()
            .partition(|(_, numbers)| is_banned(numbers));
        let bans = bans.into_iter().collect();
        Outcome { bans, tallies }
    }

    /// Writes the lines, a few at a time, some of them in two halves.
    fn write(&self, log: &Mutex<File>, dice: &mut Dice) {
        let mut rest = self.failures.as_slice();
        while !rest.is_empty() {
            let count = usize::try_from(dice.below(20) + 1).unwrap().min(rest.len());
            let (some, others) = rest.split_at(count);
            rest = others;
            let message = |(address, number): &(String, usize)| {
                format!("Invalid user u{number} from {address} port 50000")
            };
            let text = lines(&some.iter().map(message).collect::<Vec<_>>());
            let cut = match dice.below(3) {
                0 => usize::try_from(dice.below(u64::try_from(text.len()).unwrap())).unwrap(),
                _ => text.len(),
            };
            let (first, second) = text.as_bytes().split_at(cut);
            // A log is rotated between two lines, never within one.
            let mut file = log.lock().unwrap();
            file.write_all(first).unwrap();
            if !second.is_empty() {
                dice.pause(10);
                file.write_all(second).unwrap();
            }
            drop(file);
            dice.pause(12);
        }
    }
}

impl Server {
    /// Returns what the database and the server know, which must agree.
    fn outcome(&self) -> Outcome {
        let rows = |query: &str| -> Vec<(String, serde_json::Value)> {
            let rows = self.sql(query);
            let row = |row: &str| {
                let (id, data) = row.split_once('|').unwrap();
                (id.to_owned(), serde_json::from_str(data).unwrap())
            };
            rows.lines().map(row).collect()
        };
        let numbers = |data: &serde_json::Value| -> Vec<usize> {
            let lines = data["matches"].as_array().unwrap();
            lines
                .iter()
                .map(|line| {
                    let (_, rest) = line.as_str().unwrap().split_once("Invalid user u").unwrap();
                    rest.split_once(' ').unwrap().0.parse().unwrap()
                })
                .collect()
        };
        let bans = rows("SELECT ip, data FROM bans ORDER BY ip");
        let tallies = rows("SELECT id, CAST(data AS TEXT) FROM stockade_tally");
        for (id, data) in &bans {
            assert_eq!(data["failures"], MAXRETRY, "{id}");
        }
        Outcome {
            bans: bans
                .iter()
                .map(|(id, data)| (id.clone(), numbers(data)))
                .collect(),
            tallies: tallies
                .iter()
                .map(|(id, data)| (id.clone(), numbers(data)))
                .collect(),
        }
    }

    /// Tells whether the server has a place in the file that stands at the log's path on disk, so
    /// that one more rotation leaves no file between two that it knows.
    fn knows_the_new_log(&self) -> bool {
        let inode = fs::metadata(self.log_path()).unwrap().ino();
        self.sql("SELECT inode FROM stockade_source") == format!("{inode}\n")
    }
}

/// Lets a server read an attack while it is killed so many times.
fn run(attack: &Attack, kills: u32, what: Log, dice: &mut Dice) -> Outcome {
    let mut server = Setup::sshd(&format!("maxretry = {MAXRETRY}\nbantime = 3600")).start();
    let open = |server: &Server| {
        let path = server.log_path();
        let opened = OpenOptions::new().append(true).create(true).open(path);
        opened.unwrap()
    };
    let log = Mutex::new(open(&server));
    let expected = attack.expected();
    let mut rotations = 0;
    thread::scope(|scope| {
        let mut own = dice.clone();
        let log = &log;
        scope.spawn(move || attack.write(log, &mut own));
        for _ in 0..kills {
            // From the middle of a start to the middle of the work.
            dice.pause(120);
            let rotate = what == Log::Rotates && dice.below(2) == 0 && {
                server.wait_ready();
                server.knows_the_new_log()
            };
            let rotate_before = rotate && dice.below(2) == 0;
            let mut turn = |server: &Server| {
                let mut file = log.lock().unwrap();
                rotations += 1;
                let old = server.path(&format!("auth.log.{rotations}"));
                fs::rename(server.log_path(), old).unwrap();
                *file = open(server);
            };
            if rotate_before {
                turn(&server);
                dice.pause(20);
            }
            server.kill_nine();
            if rotate && !rotate_before {
                turn(&server);
            }
            dice.pause(30);
            server.spawn();
        }
    });
    server.wait_ready();
    println!(
        "{kills} kills, {rotations} rotations, {} lines",
        attack.failures.len()
    );
    server.wait_until("everything is read", || {
        let jail = &server.status_json()["jails"]["sshd"];
        jail["sources"][0]["lag_bytes"] == 0 && jail["sources"][0]["caught_up"] == true
    });
    server.wait_until("as many bans and tallies as there should be", || {
        let outcome = server.outcome();
        outcome.bans.len() >= expected.bans.len() && outcome.tallies.len() == expected.tallies.len()
    });
    let in_kernel = server.kit().server().ruleset().unwrap();
    let banned: BTreeSet<String> = server.banned().into_iter().collect();
    let expected: BTreeSet<String> = expected.bans.into_iter().map(|(id, _)| id).collect();
    assert_eq!(banned, expected);
    assert_eq!(in_kernel.matches("expires").count(), expected.len());
    for id in expected {
        assert!(
            in_kernel.contains(&format!("{id} timeout ")),
            "{id} {in_kernel}"
        );
    }
    server.stop();
    server.outcome()
}

fn check(what: Log) {
    let given = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seed = given("STOCKADE_SEED").unwrap_or_else(|| RandomState::new().hash_one(()));
    let kills = u32::try_from(given("STOCKADE_KILLS").unwrap_or(10)).unwrap();
    println!("STOCKADE_SEED={seed} STOCKADE_KILLS={kills}");
    let mut dice = Dice(seed);
    let attack = Attack::new(&mut dice, ADDRESSES * kills);
    let killed = run(&attack, kills, what, &mut dice);
    assert_eq!(killed, attack.expected());
    if what == Log::Stays {
        assert_eq!(run(&attack, 0, what, &mut dice), killed);
    }
}

#[test]
fn a_server_killed_at_random_moments_counts_every_line_once() {
    check(Log::Stays);
}

#[test]
fn a_server_killed_while_logs_rotate_counts_every_line_once() {
    check(Log::Rotates);
}
