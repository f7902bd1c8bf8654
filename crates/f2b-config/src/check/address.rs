//! `ignoreip`.

use f2b_core::FailId;

use crate::Diagnostic;

/// Says what is wrong with one word of `ignoreip`, which may be an address, a network, a host name or
/// `file:PATH`.
pub(super) fn ignored(word: &str) -> Option<Diagnostic> {
    if word.starts_with("file:") || !matches!(FailId::parse(word), FailId::Text(_)) {
        return None;
    }
    let told = |what: &str, hint: &str| {
        let message = format!("`ignoreip`: `{word}` {what}");
        Some(Diagnostic::warning("bad-address", message).with_hint(hint))
    };
    let labels: Vec<&str> = word.split('.').collect();
    let is_number = |label: &&&str| label.bytes().all(|byte| byte.is_ascii_digit());
    let is_range = word.split_once('-').is_some_and(|(first, last)| {
        !matches!(FailId::parse(first), FailId::Text(_))
            && !matches!(FailId::parse(last), FailId::Text(_))
    });
    if is_range {
        return told(
            "is a range and ignores nobody",
            "write networks, as `192.0.2.0/24`",
        );
    }
    if word.contains(';') {
        return told("is no address", "separate with blanks or commas");
    }
    let numbers = labels.iter().filter(is_number).count();
    let has_letter = word.contains(|c: char| c.is_alphabetic());
    if labels.len() == 4 && numbers == 3 && has_letter && !word.contains('/') {
        return told(
            "is no address: a letter is among the digits",
            "an address is `192.0.2.1`",
        );
    }
    let (address, prefix) = word.split_once('/').unwrap_or((word, ""));
    let is_v4 = address.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_v6 = address.contains(':')
        && address
            .chars()
            .all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '[' | ']'));
    if is_v4 || is_v6 {
        return match FailId::parse(address) {
            FailId::Text(_) => told(
                "is no address and ignores nobody",
                "an address is `192.0.2.1` or `2001:db8::1`, a network `192.0.2.0/24`",
            ),
            _ if prefix.contains('/') => told("is no network and ignores nobody", "write one `/`"),
            _ if prefix.is_empty() => {
                told("is no network and ignores nobody", "write `/24` or no `/`")
            }
            _ => told(
                "is no network and ignores nobody",
                "the length is at most 32 for IPv4, 128 for IPv6",
            ),
        };
    }
    let name = word.trim_end_matches('.');
    let label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let is_name = name.split('.').all(label);
    // Zone ids, as in `fe80::1%eth0`.
    if is_name || (word.contains('%') && word.contains(':')) {
        return None;
    }
    told(
        "is neither an address nor a host name",
        "separate with blanks or commas; a file is `file:/path`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_keys_are_seen_and_names_pass() {
        let check = |word: &str, is_wrong: bool| {
            assert_eq!(ignored(word).is_some(), is_wrong, "{word}");
        };
        for word in [
            "192.0.2.1",
            "192.0.2.0/24",
            "10.0.0.0/255.0.0.0",
            "::1",
            "2001:db8::/32",
            "[2001:db8::1]",
            "fe80::1%eth0",
            "gw.example",
            "localhost",
            "file:/etc/fail2ban/friends",
        ] {
            check(word, false);
        }
        for word in [
            "192.0.2.300",
            "192.0.2",
            "192.0.2.0/33",
            "192.0.2.0/",
            "2001:db8:::1",
            "2001:db8::/129",
            "a/b",
            "192.0.2.1;",
            "192.0.2.1-192.0.2.9",
            "192.0.2.O",
            "192.0.2.0/24/24",
            "127.0.0.1/8;10.0.0.0/8",
            "gw..example",
        ] {
            check(word, true);
        }
    }
}
