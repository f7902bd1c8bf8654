//! What is written to a journal, and what of it every jail has to count.

use std::collections::BTreeMap;
use std::ops::Range;
use std::thread::{self, JoinHandle};

use kernel_kit::Journald;

/// How many jails read.
pub(super) const JAILS: usize = 10;

/// More identifiers than jails want.
const IDENTIFIERS: usize = JAILS + 3;

/// How many threads write.
const SENDERS: usize = 4;

/// What a jail wants: the first its own identifier alone, some several.
pub(super) fn journalmatch(jail: usize) -> String {
    match jail {
        7 => "SYSLOG_IDENTIFIER=service7 SYSLOG_IDENTIFIER=service6 PRIORITY=6".to_owned(),
        8 => "SYSLOG_IDENTIFIER=service8 + SYSLOG_IDENTIFIER=service5 PRIORITY=6".to_owned(),
        9 => "SYSLOG_IDENTIFIER=service9 PRIORITY=6 + SYSLOG_IDENTIFIER=service4 PRIORITY=1"
            .to_owned(),
        jail => format!("SYSLOG_IDENTIFIER=service{jail}"),
    }
}

/// The identifiers whose entries a jail counts; every entry has the priority 6.
fn counts(jail: usize, identifier: usize) -> bool {
    match jail {
        7 => matches!(identifier, 6 | 7),
        8 => matches!(identifier, 5 | 8),
        jail => jail == identifier,
    }
}

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// A number in place of a name.
    pub(super) identifier: usize,
    /// What it says.
    pub(super) message: String,
    /// Who has failed, if that is what it says.
    address: Option<String>,
}

impl Entry {
    pub(super) fn new(number: usize) -> Self {
        // Any mixture does, as long as it is always the same.
        let mixed = number.wrapping_mul(0x9E37_79B9) >> 7;
        let address = format!("192.0.2.{}", 1 + mixed % 200);
        let fails = !mixed.is_multiple_of(3);
        let message = if fails {
            format!("Failed password for root from {address} port {number} ssh2")
        } else {
            format!("Accepted password for root from {address} port {number} ssh2")
        };
        Self {
            identifier: number % IDENTIFIERS,
            message,
            address: fails.then_some(address),
        }
    }
}

/// The entries of a test, and those that were written.
pub(super) struct Entries {
    all: usize,
    written: usize,
}

impl Entries {
    pub(super) fn new(all: usize) -> Self {
        Self { all, written: 0 }
    }

    /// Writes so many hundredths of all, in several threads.
    pub(super) fn write(&mut self, journald: &Journald, hundredths: usize) {
        self.write_aside(journald, hundredths).join().unwrap();
    }

    /// Writes what is left.
    pub(super) fn write_rest(&mut self, journald: &Journald) {
        let all = self.written..self.all;
        self.written = self.all;
        write(journald, all).join().unwrap();
    }

    /// Begins to write so many hundredths of all.
    pub(super) fn write_aside(&mut self, journald: &Journald, hundredths: usize) -> JoinHandle<()> {
        let end = (self.written + self.all * hundredths / 100).min(self.all);
        let numbers = self.written..end;
        self.written = end;
        write(journald, numbers)
    }

    /// How often each address has to count in each jail for what was written.
    pub(super) fn failures(&self) -> BTreeMap<(String, String), u64> {
        failures(self.written)
    }
}

/// How often each address fails in each jail within the first entries.
pub(super) fn failures(entries: usize) -> BTreeMap<(String, String), u64> {
    let mut failures = BTreeMap::new();
    for entry in (0..entries).map(Entry::new) {
        let Some(address) = entry.address else {
            continue;
        };
        for jail in (0..JAILS).filter(|jail| counts(*jail, entry.identifier)) {
            let key = (format!("jail{jail}"), address.clone());
            *failures.entry(key).or_default() += 1;
        }
    }
    failures
}

fn write(journald: &Journald, numbers: Range<usize>) -> JoinHandle<()> {
    let senders = (0..SENDERS).map(|sender| {
        let socket = journald.socket().unwrap();
        let numbers = numbers.clone();
        thread::spawn(move || {
            for number in numbers.skip(sender).step_by(SENDERS) {
                let Entry {
                    identifier,
                    message,
                    ..
                } = Entry::new(number);
                let packet = format!("<38>service{identifier}[{sender}]: {message}");
                // It waits while there is no room.
                socket.send(packet.as_bytes()).unwrap();
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    thread::spawn(move || {
        for sender in senders {
            sender.join().unwrap();
        }
    })
}
