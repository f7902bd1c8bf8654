//! What is written, and what a server that counts every line once makes of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;

use super::Kind;
use crate::attack::{Dice, Numbers};
use crate::server::lines;

/// Failures until the ban.
pub(super) const MAXRETRY: u32 = 5;

/// One failed login.
struct Failure {
    address: String,
    /// How the line calls it: by its address, or by a name.
    called: String,
    /// The number that the line carries.
    number: usize,
    was_banned: bool,
}

/// The failed logins of a run.
pub(crate) struct Plan {
    failures: Vec<Failure>,
}

/// A ban as the history has it: who, by which lines, the how manyeth, how long.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Made {
    pub(super) id: String,
    pub(super) lines: Vec<usize>,
    pub(super) count: u64,
    pub(super) bantime: u64,
}

/// What a server made of the lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(super) bans: Vec<Made>,
    /// Who is still being counted, by which lines.
    pub(super) tallies: Numbers,
}

/// The addresses of a run by their number.
pub(super) fn address(number: u32) -> String {
    if number % 4 == 0 {
        Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | u128::from(number + 1)).to_string()
    } else {
        Ipv4Addr::from_bits(0xc612_0001 + number).to_string()
    }
}

/// The name of an address, for those that have one.
pub(super) fn name(number: u32) -> Option<String> {
    (number % 4 == 1).then(|| format!("h{number}.example"))
}

/// Whether somebody was banned before the run: then each failure counts as two, and its line stands there
/// twice unless it is the first or the last (contract B 4, "increment").
pub(super) fn was_banned(kind: Kind, number: u32) -> bool {
    kind == Kind::Increments && number % 2 == 0
}

/// Whom the command of `Kind::Asks` ignores.
pub(super) fn is_ignored(kind: Kind, address: &str) -> bool {
    kind == Kind::Asks && address.ends_with('7')
}

impl Plan {
    pub(crate) fn new(kind: Kind, dice: &mut Dice, addresses: u32) -> Self {
        let mut whose = Vec::new();
        for number in 0..addresses {
            // Many are one short of the ban: one line counted twice, and they are out.
            let counts = match was_banned(kind, number) {
                true => [1, 2, 2, 3, 3, 3],
                false => [1, 4, 4, 5, 5, 5],
            };
            let count = counts[dice.index(6)];
            whose.extend(vec![number; count]);
        }
        for last in (1..whose.len()).rev() {
            whose.swap(last, dice.index(last + 1));
        }
        let failure = |(number, whose): (usize, u32)| {
            let address = address(whose);
            let named = name(whose).filter(|_| kind == Kind::Names);
            Failure {
                called: named.unwrap_or_else(|| address.clone()),
                address,
                number,
                was_banned: was_banned(kind, whose),
            }
        };
        Self {
            failures: whose.into_iter().enumerate().map(failure).collect(),
        }
    }

    /// How many lines it is.
    pub(crate) fn lines(&self) -> usize {
        self.failures.len()
    }

    pub(super) fn expected(&self, kind: Kind) -> Outcome {
        let mut by_address: BTreeMap<&str, (bool, Vec<usize>)> = BTreeMap::new();
        for failure in &self.failures {
            if !is_ignored(kind, &failure.address) {
                let entry = by_address.entry(&failure.address).or_default();
                entry.0 = failure.was_banned;
                entry.1.push(failure.number);
            }
        }
        let (mut bans, mut tallies) = (Vec::new(), Numbers::new());
        for (id, (was_banned, numbers)) in by_address {
            let enough = if was_banned { 3 } else { 5 };
            let is_banned = numbers.len() == enough;
            let id = id.to_owned();
            let mut lines = numbers;
            if let [_, second, ..] = *lines.as_slice()
                && was_banned
            {
                lines.insert(2, second);
            }
            if is_banned {
                let (count, bantime) = if was_banned { (2, 7200) } else { (1, 3600) };
                bans.push(Made {
                    id,
                    lines,
                    count,
                    bantime,
                });
            } else {
                tallies.insert(id, lines);
            }
        }
        Outcome { bans, tallies }
    }

    /// Writes the lines, a few at a time, some of them in two halves.
    pub(super) fn write(&self, log: &Mutex<File>, dice: &mut Dice) {
        let mut rest = self.failures.as_slice();
        while !rest.is_empty() {
            let count = (dice.index(20) + 1).min(rest.len());
            let (some, others) = rest.split_at(count);
            rest = others;
            let message = |failure: &Failure| {
                let Failure { called, number, .. } = failure;
                format!("Invalid user u{number} from {called} port 50000")
            };
            let text = lines(&some.iter().map(message).collect::<Vec<_>>());
            let cut = match dice.below(3) {
                0 => dice.index(text.len()),
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
