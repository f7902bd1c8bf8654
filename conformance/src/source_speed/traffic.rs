//! The log of a busy mail and login host, made up: nine lines in ten are its daily work, one is an attack.
//!
//! The lines are made before they are written. What changes then, stamps and addresses, has a fixed width and
//! is put in its place, so that the writer costs next to nothing.

use anyhow::{Context as _, Result, bail};

use crate::attack::Dice;

/// A jail on the log.
pub(crate) struct Jail {
    pub(crate) name: &'static str,
    /// Its filter, of the original's own tree.
    pub(crate) filter: &'static str,
    /// The attacks that it counts, by their number in [`attack`].
    attacks: &'static [usize],
}

const fn jail(name: &'static str, filter: &'static str, attacks: &'static [usize]) -> Jail {
    Jail {
        name,
        filter,
        attacks,
    }
}

/// All jails.
pub(crate) const JAILS: [Jail; 10] = [
    jail("sshd", "sshd", &[0, 1, 2]),
    jail("sshd-hard", "sshd[mode=aggressive]", &[0, 1, 2, 3, 4]),
    jail("dovecot", "dovecot", &[5]),
    jail("postfix", "postfix", &[6]),
    jail("postfix-sasl", "postfix[mode=auth]", &[7]),
    jail("proftpd", "proftpd", &[8]),
    jail("vsftpd", "vsftpd", &[9]),
    jail("pure-ftpd", "pure-ftpd", &[10]),
    jail("dropbear", "dropbear", &[11]),
    jail("pam", "pam-generic", &[9, 12]),
];

/// How many attacks there are.
const ATTACKS: usize = 13;

/// How many lines there were of each attack.
pub(crate) type Counts = [u64; ATTACKS];

impl Jail {
    /// Returns how many lines it should count of these.
    pub(crate) fn expected(&self, counts: &Counts) -> u64 {
        let counts = counts.iter().enumerate();
        let its = counts.filter(|(number, _)| self.attacks.contains(number));
        its.map(|(_, count)| count).sum()
    }
}

/// Turns in a second.
pub(crate) const TURNS: usize = 100;

/// Turns that are made before; then they come again, with other stamps and addresses.
const KEPT: usize = 200;

/// Where a stamp stands until it is known.
const STAMP: &str = "2026-01-01T00:00:00.000000+00:00";

/// Where an address stands until it is known.
const ADDRESS: &str = "198.18.100.100";

/// How many addresses there are: those for benchmarks with three digits in the last two parts.
const ADDRESSES: usize = 2 * 156 * 156;

const NAMES: &[&str] = &[
    "admin", "test", "info", "backup", "ftpuser", "www", "office",
];

const PEOPLE: &[&str] = &["anna", "ben", "carla", "dmitri", "elena"];

/// All turns of a flood.
pub(crate) struct Traffic {
    turns: Vec<Turn>,
    dice: Dice,
    addresses: usize,
    /// What was written so far.
    counts: Counts,
}

/// The lines that are written at once.
struct Turn {
    text: Vec<u8>,
    stamps: Vec<usize>,
    addresses: Vec<usize>,
    counts: Counts,
}

impl Traffic {
    /// Makes turns of so many lines; without attackers all lines are daily work.
    ///
    /// # Errors
    /// There are not so many addresses.
    pub(crate) fn new(lines: usize, addresses: usize) -> Result<Self> {
        if addresses > ADDRESSES {
            bail!("at most {ADDRESSES} addresses");
        }
        let mut dice = Dice(7);
        let turns = (0..KEPT).map(|_| Turn::new(&mut dice, lines, addresses > 0));
        Ok(Self {
            turns: turns.collect(),
            dice,
            addresses,
            counts: [0; ATTACKS],
        })
    }

    /// Returns the text of a turn, with a stamp as of now in each line.
    ///
    /// # Errors
    /// The stamp is not as wide as it should be.
    pub(crate) fn turn(&mut self, number: usize, stamp: &str) -> Result<&[u8]> {
        let place = number % self.turns.len().max(1);
        let turn = self.turns.get_mut(place).context("no turns")?;
        for offset in &turn.stamps {
            put(&mut turn.text, *offset, stamp, STAMP)?;
        }
        for offset in &turn.addresses {
            let address = address(self.dice.below(self.addresses));
            put(&mut turn.text, *offset, &address, ADDRESS)?;
        }
        for (sum, count) in self.counts.iter_mut().zip(turn.counts) {
            *sum += count;
        }
        Ok(&turn.text)
    }

    /// Returns how many attacks were in all turns that were asked for.
    pub(crate) const fn counts(&self) -> &Counts {
        &self.counts
    }
}

impl Turn {
    fn new(dice: &mut Dice, lines: usize, is_attacked: bool) -> Self {
        let mut turn = Self {
            text: Vec::new(),
            stamps: Vec::new(),
            addresses: Vec::new(),
            counts: [0; ATTACKS],
        };
        for _ in 0..lines {
            let line = if is_attacked && dice.one_in(10) {
                let number = dice.below(ATTACKS);
                if let Some(count) = turn.counts.get_mut(number) {
                    *count += 1;
                }
                attack(number, dice)
            } else {
                work(dice)
            };
            let begin = turn.text.len();
            turn.stamps.push(begin);
            if let Some(offset) = line.find(ADDRESS) {
                turn.addresses.push(begin + STAMP.len() + 1 + offset);
            }
            turn.text.extend(format!("{STAMP} {line}\n").into_bytes());
        }
        turn
    }
}

fn put(text: &mut [u8], offset: usize, new: &str, old: &str) -> Result<()> {
    let place = text.get_mut(offset..offset + old.len());
    let place = place.context("find a place in a line")?;
    if new.len() != old.len() {
        bail!("{new} is not as wide as {old}");
    }
    place.copy_from_slice(new.as_bytes());
    Ok(())
}

fn address(number: usize) -> String {
    format!(
        "198.{}.{}.{}",
        18 + number / (156 * 156),
        100 + number / 156 % 156,
        100 + number % 156
    )
}

/// Returns a line that one jail or another counts.
fn attack(number: usize, dice: &mut Dice) -> String {
    let (name, pid, port) = (
        dice.pick(NAMES),
        1_000 + dice.below(30_000),
        1_024 + dice.below(60_000),
    );
    let text = match number {
        0 => format!("sshd[{pid}]: Invalid user {name} from {ADDRESS} port {port}"),
        1 => format!(
            "sshd[{pid}]: Failed password for invalid user {name} from {ADDRESS} port {port} ssh2"
        ),
        2 => format!("sshd[{pid}]: Failed password for root from {ADDRESS} port {port} ssh2"),
        3 => format!(
            "sshd[{pid}]: banner exchange: Connection from {ADDRESS} port {port}: invalid format"
        ),
        4 => format!(
            "sshd[{pid}]: Unable to negotiate with {ADDRESS} port {port}: no matching key exchange method \
             found. Their offer: diffie-hellman-group1-sha1 [preauth]"
        ),
        5 => format!(
            "dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{name}>, \
             method=PLAIN, rip={ADDRESS}, lip=192.0.2.25, TLS, session=<a{pid}+b{port}>"
        ),
        6 => format!(
            "postfix/smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[{ADDRESS}]: 554 5.7.1 \
             <{name}@example.net>: Relay access denied; from=<x@example.org> to=<{name}@example.net> \
             proto=ESMTP helo=<win{port}>"
        ),
        7 => format!(
            "postfix/smtpd[{pid}]: warning: unknown[{ADDRESS}]: SASL LOGIN authentication failed: \
             UGFzc3dvcmQ6"
        ),
        8 => {
            format!("proftpd[{pid}]: files (unknown[{ADDRESS}]) - USER {name}: no such user found")
        }
        9 => format!(
            "vsftpd[{pid}]: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp \
             ruser={name} rhost={ADDRESS} user={name}"
        ),
        10 => format!("pure-ftpd: (?@{ADDRESS}) [WARNING] Authentication failed for user [{name}]"),
        11 => format!("dropbear[{pid}]: Bad password attempt for '{name}' from {ADDRESS}:{port}"),
        _ => format!(
            "login[{pid}]: pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 euid=0 \
             tty=/dev/tty1 ruser= rhost={ADDRESS} user={name}"
        ),
    };
    format!("host {text}")
}

/// Returns a line of daily work.
fn work(dice: &mut Dice) -> String {
    // A daemon's process serves either an attacker or somebody who works here.
    let (name, pid, port) = (
        dice.pick(PEOPLE),
        40_000 + dice.below(30_000),
        1_024 + dice.below(60_000),
    );
    let client = format!("192.0.2.{}", 10 + dice.below(200));
    let id = format!("{:05X}{:06X}", dice.below(0xfffff), dice.below(0xff_ffff));
    let text = match dice.below(20) {
        0 => format!(
            "sshd[{pid}]: Accepted publickey for {name} from {client} port {port} ssh2: ED25519 \
             SHA256:aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ"
        ),
        1 => format!(
            "sshd[{pid}]: pam_unix(sshd:session): session opened for user {name}(uid=1000) by (uid=0)"
        ),
        2 => format!("sshd[{pid}]: pam_unix(sshd:session): session closed for user {name}"),
        3 => format!(
            "sshd[{pid}]: Received disconnect from {client} port {port}:11: disconnected by user"
        ),
        4 | 5 => format!("postfix/smtpd[{pid}]: connect from mx{port}.example.com[{client}]"),
        6 | 7 => format!(
            "postfix/smtpd[{pid}]: disconnect from mx{port}.example.com[{client}] ehlo=2 starttls=1 mail=1 \
             rcpt=1 data=1 quit=1 commands=7"
        ),
        8 => format!("postfix/smtpd[{pid}]: {id}: client=mx{port}.example.com[{client}]"),
        9 => format!("postfix/cleanup[{pid}]: {id}: message-id=<{pid}.{port}@mail.example.com>"),
        10 => format!(
            "postfix/qmgr[811]: {id}: from=<{name}@example.com>, size={port}, nrcpt=1 (queue active)"
        ),
        11 => format!(
            "postfix/lmtp[{pid}]: {id}: to=<{name}@example.com>, relay=mail.example.com[private/lmtp], \
             delay=0.{pid}, delays=0.1/0/0/0.1, dsn=2.0.0, status=sent (250 2.0.0 <{name}@example.com> Saved)"
        ),
        12 => format!("postfix/qmgr[811]: {id}: removed"),
        13 | 14 => format!(
            "dovecot: imap-login: Login: user=<{name}@example.com>, method=PLAIN, rip={client}, \
             lip=192.0.2.25, mpid={pid}, TLS, session=<c{pid}+d{port}>"
        ),
        15 => format!(
            "dovecot: imap({name}@example.com)<{pid}><c{pid}+d{port}>: Disconnected: Logged out in={port} \
             out={pid} deleted=0 expunged=0 trashed=0 hdr_count=0 hdr_bytes=0 body_count=0 body_bytes=0"
        ),
        16 => format!(
            "dovecot: lmtp({name}@example.com)<{pid}><e{port}>: sieve: msgid=<{pid}.{port}@mail.example.com>: \
             stored mail into mailbox 'INBOX'"
        ),
        17 => format!(
            "CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
        ),
        18 => format!("systemd[1]: session-{pid}.scope: Deactivated successfully."),
        _ => format!(
            "named[702]: managed-keys-zone: Key {port} for zone . is now trusted (acceptance timer complete)"
        ),
    };
    format!("host {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_has_its_lines_with_the_stamp_and_addresses_of_the_pool() {
        let mut traffic = Traffic::new(1_000, 5).unwrap();
        let stamp = "2026-02-03T04:05:06.789012+00:00";
        let text = String::from_utf8(traffic.turn(KEPT + 3, stamp).unwrap().to_vec()).unwrap();
        assert_eq!(text.lines().count(), 1_000);
        assert!(text.lines().all(|line| line.starts_with(stamp)));
        let attacks = text.matches("198.18.100.10").count();
        assert!((60..140).contains(&attacks), "{attacks}");
        assert_eq!(text.matches(" from 198.18.100.105").count(), 0);
        assert_eq!(
            traffic.counts().iter().sum::<u64>(),
            u64::try_from(attacks).unwrap()
        );
    }

    #[test]
    fn addresses_are_different_and_equally_wide() {
        let all: std::collections::BTreeSet<String> = (0..ADDRESSES).map(address).collect();
        assert_eq!(all.len(), ADDRESSES);
        assert!(all.iter().all(|it| it.len() == ADDRESS.len()));
        assert!(
            all.iter()
                .all(|it| it.parse::<std::net::Ipv4Addr>().is_ok())
        );
    }

    #[test]
    fn without_attackers_there_is_no_attack() {
        let mut traffic = Traffic::new(1_000, 0).unwrap();
        let text = traffic.turn(0, STAMP).unwrap().to_vec();
        assert!(!String::from_utf8(text).unwrap().contains("198.1"));
    }
}
