//! A log of an sshd under attack, made up: always the same for a seed.
//!
//! The lines have the shapes of OpenSSH's and PAM's messages. The addresses are
//! those reserved for documentation. Beside honest failures there are lines
//! that must ban nobody: logins, scans, other programs, and user names that
//! look like messages with the address of a [`VICTIM`].

use std::collections::VecDeque;

/// Stands in user names only; a server that bans it can be steered by anybody.
pub const VICTIM: &str = "203.0.113.250";

/// How many addresses attack.
const ATTACKERS: u8 = 30;

/// How many sessions are under way at the same moment.
const OPEN_SESSIONS: usize = 6;

/// The host in the log.
const HOST: &str = "bastion";

const NAMES: &[&str] = &[
    "admin", "test", "oracle", "guest", "ubnt", "pi", "git user", "0",
];

/// Returns the lines of one attack, with stamps of a fixed day.
///
/// *Shape*: `Nov  3 04:00:07 bastion sshd[1234]: Failed password for root from
/// 192.0.2.11 port 40022 ssh2`, without line ends.
#[must_use]
pub fn lines(seed: u64, least: usize) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut waiting = sessions(&mut dice, least);
    let mut open: Vec<VecDeque<String>> = Vec::new();
    let mut lines = Vec::new();
    let mut second = 0_u64;
    // Sessions overlap as they do on a busy host; each keeps its own order.
    loop {
        while open.len() < OPEN_SESSIONS {
            match waiting.pop_front() {
                Some(session) => open.push(session),
                None => break,
            }
        }
        if open.is_empty() {
            return lines;
        }
        let turn = dice.below(open.len());
        if let Some(text) = open.get_mut(turn).and_then(VecDeque::pop_front) {
            second += u64::from(dice.one_in(3));
            lines.push(format!("{} {HOST} {text}", stamp(second)));
        }
        open.retain(|session| !session.is_empty());
    }
}

/// Returns a stamp of the third of November, counted from four o'clock.
fn stamp(second: u64) -> String {
    let minute = second / 60;
    format!(
        "Nov  3 {:02}:{:02}:{:02}",
        4 + minute / 60,
        minute % 60,
        second % 60
    )
}

/// Returns whole sessions until they hold enough lines.
fn sessions(dice: &mut Dice, least: usize) -> VecDeque<VecDeque<String>> {
    let mut sessions = VecDeque::new();
    let mut count = 0;
    while count < least {
        let session = Session {
            process: 2000 + 7 * sessions.len() + dice.below(5),
            port: 32_768 + dice.below(28_000),
            address: attacker(dice),
        };
        let lines = session.lines(dice);
        count += lines.len();
        sessions.push_back(VecDeque::from(lines));
    }
    sessions
}

/// Picks an attacker, low numbers more often: some never reach five failures.
fn attacker(dice: &mut Dice) -> String {
    let number = dice
        .below(usize::from(ATTACKERS))
        .min(dice.below(usize::from(ATTACKERS)));
    match number % 5 {
        0 | 3 => format!("192.0.2.{}", 10 + number),
        1 => format!("198.51.100.{}", 10 + number),
        2 => format!("203.0.113.{}", 10 + number),
        _ => format!("2001:db8:{number:x}::{:x}", 0xa0 + number),
    }
}

/// One connection.
struct Session {
    process: usize,
    port: usize,
    address: String,
}

impl Session {
    fn sshd(&self, text: &str) -> String {
        format!("sshd[{}]: {text}", self.process)
    }

    fn pam_failure(&self, user: &str) -> String {
        let user = if user.is_empty() {
            String::new()
        } else {
            format!(" user={user}")
        };
        self.sshd(&format!(
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= \
             rhost={} {user}",
            self.address
        ))
    }

    fn lines(&self, dice: &mut Dice) -> Vec<String> {
        match dice.below(12) {
            0..=3 => self.guess_unknown(dice),
            4..=6 => self.guess_known(dice),
            7 => self.guess_until_thrown_out(),
            8 => self.hostile_name(dice),
            9 => self.scan(dice),
            10 => self.login(dice),
            _ => Self::other_programs(dice),
        }
    }

    fn guess_unknown(&self, dice: &mut Dice) -> Vec<String> {
        let Self { address, port, .. } = self;
        let name = dice.pick(NAMES);
        let end = match dice.below(3) {
            0 => {
                format!("Connection closed by invalid user {name} {address} port {port} [preauth]")
            }
            1 => format!("Received disconnect from {address} port {port}:11: Bye Bye [preauth]"),
            _ => format!("Disconnected from invalid user {name} {address} port {port} [preauth]"),
        };
        vec![
            self.sshd(&format!("Invalid user {name} from {address} port {port}")),
            self.sshd("pam_unix(sshd:auth): check pass; user unknown"),
            self.pam_failure(""),
            self.sshd(&format!(
                "Failed password for invalid user {name} from {address} port {port} ssh2"
            )),
            self.sshd(&end),
        ]
    }

    fn guess_known(&self, dice: &mut Dice) -> Vec<String> {
        let Self { address, port, .. } = self;
        let failed = format!("Failed password for root from {address} port {port} ssh2");
        let mut lines = vec![self.pam_failure("root"), self.sshd(&failed)];
        if dice.one_in(3) {
            lines.push(self.sshd(&format!("message repeated 2 times: [ {failed}]")));
        }
        if dice.one_in(2) {
            lines.push(self.sshd(&failed));
        }
        lines.push(self.sshd(&format!(
            "Connection reset by authenticating user root {address} port {port} [preauth]"
        )));
        lines
    }

    fn guess_until_thrown_out(&self) -> Vec<String> {
        let Self { address, port, .. } = self;
        let failed = format!("Failed password for root from {address} port {port} ssh2");
        vec![
            self.pam_failure("root"),
            self.sshd(&failed),
            self.sshd(&failed),
            self.sshd(&failed),
            self.sshd(&format!(
                "error: maximum authentication attempts exceeded for root from {address} port {port} ssh2 [preauth]"
            )),
            self.sshd(&format!(
                "Disconnecting authenticating user root {address} port {port}: Too many authentication failures [preauth]"
            )),
        ]
    }

    /// The name is chosen by the attacker and looks like the rest of a message.
    fn hostile_name(&self, dice: &mut Dice) -> Vec<String> {
        let Self { address, port, .. } = self;
        let name = match dice.below(3) {
            0 => format!("root from {VICTIM}"),
            1 => format!("root from {VICTIM} port 22 ssh2"),
            _ => format!("x: Failed password for root from {VICTIM} port 22 ssh2"),
        };
        vec![
            self.sshd(&format!("Invalid user {name} from {address} port {port}")),
            self.sshd(&format!(
                "Failed password for invalid user {name} from {address} port {port} ssh2"
            )),
            self.sshd(&format!(
                "Connection closed by {address} port {port} [preauth]"
            )),
        ]
    }

    fn scan(&self, dice: &mut Dice) -> Vec<String> {
        let Self { address, port, .. } = self;
        vec![self.sshd(&match dice.below(4) {
            0 => format!("Connection closed by {address} port {port} [preauth]"),
            1 => format!("Did not receive identification string from {address} port {port}"),
            2 => format!("banner exchange: Connection from {address} port {port}: invalid format"),
            _ => format!(
                "Unable to negotiate with {address} port {port}: no matching key exchange method found. \
                 Their offer: diffie-hellman-group1-sha1 [preauth]"
            ),
        })]
    }

    /// Somebody who works here, at an address of his own.
    fn login(&self, dice: &mut Dice) -> Vec<String> {
        let Self { port, .. } = self;
        let address = format!("198.51.100.{}", 200 + dice.below(4));
        let mut lines = Vec::new();
        if dice.one_in(4) {
            lines.push(self.sshd(&format!(
                "Failed password for deploy from {address} port {port} ssh2"
            )));
        }
        lines.extend([
            self.sshd(&format!(
                "Accepted publickey for deploy from {address} port {port} ssh2: ED25519 SHA256:c29tZSBrZXkgb2Ygb3Vycw"
            )),
            self.sshd("pam_unix(sshd:session): session opened for user deploy(uid=1000) by (uid=0)"),
            self.sshd(&format!("Disconnected from user deploy {address} port {port}")),
            self.sshd("pam_unix(sshd:session): session closed for user deploy"),
        ]);
        lines
    }

    fn other_programs(dice: &mut Dice) -> Vec<String> {
        let text = match dice.below(3) {
            0 => {
                "CRON[811]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
                    .to_owned()
            }
            1 => format!("imapd[902]: Failed password for root from {VICTIM} port 22 ssh2"),
            _ => "systemd-logind[530]: New session 42 of user deploy.".to_owned(),
        };
        vec![text]
    }
}

/// Random numbers that are the same everywhere: SplitMix64.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below a bound; 0 for the bound 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        let number = self.next().checked_rem(bound).unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    }

    pub(crate) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn pick<'names>(&mut self, names: &[&'names str]) -> &'names str {
        let position = self.below(names.len());
        names.get(position).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_lines_and_another_seed_others() {
        assert_eq!(lines(1, 100), lines(1, 100));
        assert_ne!(lines(1, 100), lines(2, 100));
    }

    #[test]
    fn every_shape_appears() {
        let text = lines(1, 600).join("\n");
        for shape in [
            "Invalid user ",
            "Failed password for root",
            "message repeated",
            "maximum authentication attempts",
            "Accepted publickey",
            VICTIM,
            "2001:db8:",
            "imapd",
        ] {
            assert!(text.contains(shape), "{shape}");
        }
    }
}
