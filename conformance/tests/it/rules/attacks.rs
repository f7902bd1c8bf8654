//! Lines that are known to cost the original seconds: those of GHSA-33wh-ccjc-p397, which 93 characters are
//! enough for, and of three more filters, where it takes some thousands.

/// What such a line begins with, and what it goes on with, for each filter.
const ATTACKS: [(&str, &str, &str); 12] = [
    ("domino-smtp", "smtp: ", "a "),
    ("domino-smtp", "[0A20:0008-0EB4] smtp: ", "a.example "),
    (
        "domino-smtp",
        "SMTP Server: Authentication failed for user ",
        "; ",
    ),
    ("dovecot", "Disconnected", ": a"),
    ("dovecot", "Aborted login", ": x() x"),
    ("dovecot", "Disconnected", ": "),
    ("recidive", "", " "),
    ("recidive", "fail2ban.actions[1]: NOTICE", " "),
    ("recidive", "fail2ban.actions [1]:", " [a]"),
    ("pam-generic", "", "("),
    ("pam-generic", "login(pam_unix)", "("),
    ("softethervpn", "", "("),
];

/// Returns the attacks on a filter, about `length` characters long.
pub(super) fn lines(filter: &str, length: usize) -> Vec<String> {
    let of_filter = ATTACKS
        .iter()
        .filter(|(attacked, _, _)| *attacked == filter);
    let lines = of_filter.map(|(_, begin, unit)| {
        let count = length.saturating_sub(begin.len()).div_ceil(unit.len());
        format!("{begin}{}\n", unit.repeat(count))
    });
    lines.collect()
}
