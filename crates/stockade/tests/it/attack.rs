//! Failed logins without end, each with a number of its own, so that afterwards it can be told which lines
//! counted, and how often.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::server::lines;

/// The numbers of each address's lines, in their order.
pub(crate) type Numbers = BTreeMap<String, Vec<usize>>;

/// Numbers that look random and come again with the same seed (SplitMix64).
#[derive(Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// The same for places in lists.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap())).unwrap()
    }

    pub(crate) fn pause(&mut self, most_ms: u64) {
        thread::sleep(Duration::from_millis(self.below(most_ms)));
    }
}

/// How many addresses attack at once.
const AT_ONCE: usize = 8;

/// One log and who appears in it.
pub(crate) struct Attack {
    path: PathBuf,
    file: File,
    dice: Dice,
    next_address: u32,
    next_number: usize,
    /// Addresses with the failures that they have left.
    active: Vec<(String, u64)>,
    /// What was written.
    pub(crate) written: Numbers,
    /// Lines written, harmless ones included.
    pub(crate) lines: usize,
    rotations: u32,
}

impl Attack {
    /// Begins a log; its addresses follow this one, and each fails at most `most` times.
    pub(crate) fn new(path: &Path, first: Ipv4Addr, seed: u64) -> Self {
        Self {
            path: path.to_owned(),
            file: open(path),
            dice: Dice(seed),
            next_address: first.to_bits(),
            next_number: 0,
            active: Vec::new(),
            written: Numbers::new(),
            lines: 0,
            rotations: 0,
        }
    }

    /// Writes so many lines in one piece, some of them failed logins: five at most of each address.
    pub(crate) fn write(&mut self, count: usize, failures: usize) {
        let mut messages = Vec::new();
        for place in 0..count {
            if place < failures {
                messages.push(self.failure());
            } else {
                messages.push("Connection closed by 203.0.113.9 port 50000 [preauth]".to_owned());
            }
        }
        self.append(&messages);
    }

    /// Writes one failed login of an address of the caller's, `from` or `at` which it is.
    pub(crate) fn write_one(&mut self, word: &str, address: &str) {
        let number = self.number(address);
        let message = format!("Invalid user u{number} {word} {address} port 50000");
        self.append(&[message]);
    }

    /// Gives the log another name and begins a new one.
    pub(crate) fn rotate(&mut self) {
        self.rotations += 1;
        let name = self.path.file_name().unwrap().to_str().unwrap();
        let old = format!("{name}.{}", self.rotations);
        fs::rename(&self.path, self.path.with_file_name(old)).unwrap();
        self.file = open(&self.path);
    }

    /// How many failed logins were written.
    pub(crate) fn failures(&self) -> usize {
        self.next_number
    }

    fn append(&mut self, messages: &[String]) {
        self.file.write_all(lines(messages).as_bytes()).unwrap();
        self.lines += messages.len();
    }

    fn failure(&mut self) -> String {
        if self.active.len() < AT_ONCE {
            let address = Ipv4Addr::from_bits(self.next_address).to_string();
            self.next_address += 1;
            let count = [1, 4, 4, 5, 5, 5][self.dice.index(6)];
            self.active.push((address, count));
        }
        let place = self.dice.index(self.active.len());
        let (address, left) = &mut self.active[place];
        let address = address.clone();
        *left -= 1;
        if *left == 0 {
            self.active.swap_remove(place);
        }
        let number = self.number(&address);
        format!("Invalid user u{number} from {address} port 50000")
    }

    fn number(&mut self, address: &str) -> usize {
        let number = self.next_number;
        self.next_number += 1;
        let numbers = self.written.entry(address.to_owned()).or_default();
        numbers.push(number);
        number
    }
}

fn open(path: &Path) -> File {
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.unwrap()
}

/// The numbers of the lines that a ban or a tally holds, in their order.
pub(crate) fn numbers(data: &serde_json::Value) -> Vec<usize> {
    let lines = data["matches"].as_array().unwrap();
    lines
        .iter()
        .map(|line| {
            let (_, rest) = line.as_str().unwrap().split_once("Invalid user u").unwrap();
            rest.split_once(' ').unwrap().0.parse().unwrap()
        })
        .collect()
}
