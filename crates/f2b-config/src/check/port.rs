//! `port` and `protocol`.

use crate::Diagnostic;

/// Says what is wrong with one word of a list of ports: a number, a range, or the name of a service.
pub(super) fn port(
    word: &str,
    service_exists: Option<&dyn Fn(&str) -> bool>,
) -> Option<Diagnostic> {
    let wrong = |what: &str, hint: &str| {
        let message = format!("`port`: `{word}` {what}");
        Some(Diagnostic::error("bad-port", message).with_hint(hint))
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |text: &str| text.parse::<u16>().ok();
    if is_number(word) {
        return match number(word) {
            Some(_) => None,
            None => wrong("is no port", "ports go from 0 to 65535"),
        };
    }
    if let Some((first, last)) = word.split_once([':', '-'])
        && is_number(first)
        && is_number(last)
    {
        return match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => None,
            (Some(_), Some(_)) => wrong("ends before it begins", "write the lower port first"),
            _ => wrong("is no range of ports", "ports go from 0 to 65535"),
        };
    }
    let is_name = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'))
        && word.chars().any(|c| c.is_ascii_alphabetic());
    if word.starts_with('#') {
        return wrong("is no port", "a comment behind a value begins with `;`");
    }
    // Ranges may have names.
    if let Some((first, last)) = word.split_once(':')
        && !first.is_empty()
        && !last.is_empty()
    {
        return port(first, service_exists).or_else(|| port(last, service_exists));
    }
    if !is_name {
        return wrong(
            "is no port",
            "write numbers, ranges as `8000:8010` and names, separated by commas",
        );
    }
    let exists = service_exists.is_none_or(|exists| exists(word));
    if exists {
        return None;
    }
    wrong(
        "is no port that this machine knows",
        "write its number, or add it to /etc/services",
    )
}

/// Says what is wrong with one word of a list of protocols.
pub(super) fn protocol(word: &str) -> Option<Diagnostic> {
    const KNOWN: [&str; 12] = [
        "tcp",
        "udp",
        "udplite",
        "sctp",
        "dccp",
        "icmp",
        "icmpv6",
        "ipv6-icmp",
        "esp",
        "ah",
        "all",
        "any",
    ];
    let lower = word.to_lowercase();
    if KNOWN.contains(&lower.as_str()) || word.parse::<u8>().is_ok() {
        return None;
    }
    let message = format!("`protocol`: `{word}` is no protocol");
    let mistake = Diagnostic::error("bad-protocol", message);
    Some(
        mistake
            .with_hint("known are tcp, udp, sctp, dccp, all")
            .with_some_hint(super::nearest::hint(&lower, KNOWN)),
    )
}

/// The words of a list of ports or protocols.
pub(super) fn words(list: &str) -> impl Iterator<Item = &str> {
    let inside = list.trim().trim_matches(['{', '}']);
    inside
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_seen_and_all_that_firewalls_take_passes() {
        let knows = |name: &str| name == "ssh";
        let check = |word: &str, is_wrong: bool| {
            assert_eq!(port(word, Some(&knows)).is_some(), is_wrong, "{word}");
        };
        for word in ["22", "0", "65535", "0:65535", "8000:8010", "1-1024", "ssh"] {
            check(word, false);
        }
        for word in [
            "65536", "99999", "20:10", "1:70000", "shh", "-1", "22;23", ":", "%",
        ] {
            check(word, true);
        }
        assert_eq!(words(" {ssh, 22} ").collect::<Vec<_>>(), ["ssh", "22"]);
        assert!(protocol("tcp").is_none() && protocol("17").is_none());
        let hint = protocol("tpc").and_then(|mistake| mistake.hint);
        assert_eq!(hint.as_deref(), Some("did you mean `tcp`?"));
    }
}
