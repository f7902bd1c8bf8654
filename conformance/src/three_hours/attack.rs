//! The attack: who fails when, from a seed, and the jails that are attacked.

use super::PULSE;

/// How long the attack lasts.
pub const HOURS: u32 = 3;

/// Seconds that the pulse goes on afterwards.
pub(super) const AFTER: u32 = 60;

/// The jails with a log of their own; `again` reads the server's log.
pub const JAILS: [&str; 4] = ["plain", "longer", "steps", "formula"];

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Seconds after the begin.
    pub due: u32,
    /// Whose log.
    pub jail: &'static str,
    /// The line without its time.
    pub text: String,
}

/// The options of each jail, and its findtime.
const OPTIONS: [(&str, u32, &str); 4] = [
    ("plain", 600, "maxretry = 3\nbantime = 300\n"),
    (
        "longer",
        300,
        "maxretry = 4\nbantime = 60\nbantime.increment = true\nbantime.factor = 2\nbantime.maxtime = 30m\n",
    ),
    (
        "steps",
        900,
        "maxretry = 2\nbantime = 90\nbantime.increment = true\nbantime.multipliers = 1 2 5 11\n\
         bantime.overalljails = true\n",
    ),
    (
        "formula",
        200,
        "maxretry = 5\nmaxmatches = 2\nbantime = 45\nbantime.increment = true\n\
         bantime.formula = ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)\n",
    ),
];

/// Returns the text of `jail.conf`.
pub(super) fn configuration() -> String {
    let mut text = "[DEFAULT]\nbackend = auto\nusedns = no\nignoreself = false\nfilter = demo\n\
                    action = quiet\nenabled = true\n\
                    [pulse]\nlogpath = {folder}/pulse.log\nmaxretry = 1000000\nmaxmatches = 1\nfindtime = 60\n\
                    [again]\nfilter = again\nlogpath = {folder}/server.log\nmaxretry = 4\nfindtime = 3600\n\
                    bantime = 1800\n"
        .to_owned();
    for (jail, findtime, options) in OPTIONS {
        text.push_str(&format!(
            "[{jail}]\nlogpath = {{folder}}/{jail}.log\nfindtime = {findtime}\n{options}"
        ));
    }
    text
}

/// Numbers from a seed (xorshift).
struct Numbers(u64);

impl Numbers {
    /// Returns a number from one to another, both included.
    fn within(&mut self, least: u32, most: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let span = u64::from(most.saturating_sub(least)).saturating_add(1);
        least + u32::try_from((self.0 >> 16) % span).unwrap_or_default()
    }
}

/// Returns all lines in order of their time.
///
/// Failures of one host in one jail are some seconds apart, for the original adds to its counts in a thread
/// of its own; and never about one findtime apart, for it forgets old ones when it comes to it.
#[must_use]
pub fn attack(seed: u64) -> Vec<Line> {
    let mut numbers = Numbers(seed | 1);
    let end = HOURS * 3_600;
    let mut lines: Vec<Line> = (0..end + AFTER)
        .map(|due| Line {
            due,
            jail: "pulse",
            text: format!("bad login from {PULSE}"),
        })
        .collect();
    for host in 0..32 {
        let address = match host % 4 {
            3 => format!("2001:db8::{host:x}"),
            _ => format!("192.0.2.{}", host + 1),
        };
        for (jail, findtime, _) in OPTIONS {
            if numbers.within(0, 9) < 3 {
                continue;
            }
            // Some try all the time, others come and go.
            let rest = numbers.within(60, 1_500);
            let mut due = numbers.within(5, rest);
            let mut last: Option<u32> = None;
            while due < end {
                for _ in 0..numbers.within(1, 9) {
                    if let Some(last) = last {
                        let gap = due - last;
                        if gap + 10 > findtime && gap < findtime + 30 {
                            due = last + findtime + 30;
                        }
                    }
                    if due < end {
                        lines.push(Line {
                            due,
                            jail,
                            text: format!("bad login from {address}"),
                        });
                        last = Some(due);
                    }
                    due += numbers.within(4, 45);
                }
                due += numbers.within(20, 20 + rest);
            }
        }
    }
    for (due, jail) in (0..end).zip(JAILS.iter().cycle()) {
        let text = format!("good login from 192.0.2.{}", numbers.within(1, 32));
        lines.push(Line { due, jail, text });
    }
    lines.sort_by_key(|line| line.due);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_attack() {
        assert_eq!(attack(7), attack(7));
        assert_ne!(attack(7), attack(8));
        let lines = attack(7);
        let bad = |line: &&Line| line.jail != "pulse" && line.text.starts_with("bad");
        assert!(lines.iter().filter(bad).count() > 3_000);
        assert!(lines.is_sorted_by_key(|line| line.due));
    }
}
