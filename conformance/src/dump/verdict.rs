//! Standard error of a dump, made comparable.

/// Puts `TIME` and `PID` where a log line holds the moment and the process.
///
/// Lines that begin with `stockade: ` are left out: with `-t` ours says there
/// what the original has no eye for. Nothing else is touched: logger, padding,
/// level and text are compared, and so is every other line.
///
/// *Shape*: `2026-01-02 03:04:05,678 fail2ban.jailreader     [12]: ERROR   text`
/// becomes `TIME fail2ban.jailreader     [PID]: ERROR   text`.
#[must_use]
pub fn normalised(stderr: &str) -> String {
    let mut text = String::with_capacity(stderr.len());
    let is_shared = |line: &&str| !line.starts_with("stockade: ");
    for line in stderr.split_inclusive('\n').filter(is_shared) {
        match without_moment(line) {
            Some((before, after)) => {
                text.push_str("TIME ");
                text.push_str(before);
                text.push_str("[PID]: ");
                text.push_str(after);
            }
            None => text.push_str(line),
        }
    }
    text
}

/// Returns what stands between moment and process number, and what follows.
fn without_moment(line: &str) -> Option<(&str, &str)> {
    const SHAPE: &str = "0000-00-00 00:00:00,000 ";
    let (moment, rest) = line.split_at_checked(SHAPE.len())?;
    let fits = |(found, shape): (char, char)| match shape {
        '0' => found.is_ascii_digit(),
        _ => found == shape,
    };
    let (before, rest) = rest.split_once('[')?;
    let (process, after) = rest.split_once("]: ")?;
    (moment.chars().zip(SHAPE.chars()).all(fits)
        && before.starts_with("fail2ban")
        && !process.is_empty()
        && process.chars().all(|digit| digit.is_ascii_digit()))
    .then_some((before, after))
}

/// Something that 1.0.2 says in other words than 1.1.1.
///
/// Ours speaks as 1.1.1. Each wording is a known difference of its own, so that
/// all else in the same verdict is still compared.
#[derive(Debug, Clone, Copy)]
pub struct Wording {
    /// The case in the list of known differences.
    pub case: &'static str,
    /// How a line of 1.0.2 goes over into that of 1.1.1; none when it does not
    /// speak of this.
    over: fn(&str) -> Option<String>,
}

/// All of them.
pub const WORDINGS: [Wording; 2] = [
    Wording {
        case: "1.0.2's wording: allowipv6 is not set",
        over: |line| {
            line.contains("WARNING 'allowipv6' not defined in")
                .then(String::new)
        },
    },
    Wording {
        case: "1.0.2's wording: no log file of a jail is there",
        over: |line| {
            let (before, rest) = line.split_once("Have not found any log file for ")?;
            let jail = rest.strip_suffix(" jail\n")?;
            Some(format!(
                "{before}Have not found any log file for '{jail}' jail.\n"
            ))
        },
    },
];

impl Wording {
    /// Returns a verdict of 1.0.2 in the words of 1.1.1, with the first line
    /// that was changed: as it was, as it is.
    #[must_use]
    pub fn apply(&self, verdict: &str) -> (String, Option<(String, String)>) {
        let mut text = String::with_capacity(verdict.len());
        let mut first = None;
        for line in verdict.split_inclusive('\n') {
            match (self.over)(line) {
                Some(new) => {
                    text.push_str(&new);
                    first.get_or_insert_with(|| (line.to_owned(), new));
                }
                None => text.push_str(line),
            }
        }
        (text, first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_moment_and_process_go() {
        let check = |input: &str, expected: &str| assert_eq!(normalised(input), expected);
        check(
            "2026-01-02 03:04:05,678 fail2ban.jailreader     [12]: ERROR   No [1]: x\nplain\n",
            "TIME fail2ban.jailreader     [PID]: ERROR   No [1]: x\nplain\n",
        );
        check(
            "2026-01-02 03:04:05,678 fail2ban                [1]: ERROR   a",
            "TIME fail2ban                [PID]: ERROR   a",
        );
        for same in [
            "",
            "\n",
            "2026-01-02 03:04:05,678 other [12]: ERROR x\n",
            "2026-01-02 03:04:05.678 fail2ban [12]: ERROR x\n",
            "2026-01-02 03:04:05,678 fail2ban [x]: ERROR x\n",
            "2026-01-02 03:04:05,678 fail2ban []: ERROR x\n",
            "2026-01-02 03:04:05,67é fail2ban [1]: ERROR x\n",
        ] {
            check(same, same);
        }
    }

    #[test]
    fn a_wording_changes_its_lines_only() {
        let [allowed, log] = WORDINGS;
        let verdict = "TIME a [PID]: WARNING 'allowipv6' not defined in 'Definition'. x\n\
                       TIME b [PID]: WARNING Have not found any log file for sshd jail\nc\n";
        let (verdict, first) = allowed.apply(verdict);
        assert_eq!(first.unwrap().1, "");
        let (verdict, first) = log.apply(&verdict);
        let expected = "TIME b [PID]: WARNING Have not found any log file for 'sshd' jail.\n";
        assert_eq!(verdict, format!("{expected}c\n"));
        assert_eq!(first.unwrap().1, expected);
        assert_eq!(log.apply(&verdict), (verdict, None));
    }
}
