//! Port lists as people write them: `ssh,2222,8000:8010`.

pub mod services;

use thiserror::Error;

use crate::jail::{PortRange, Protocol};

/// How many words a list may have.
const MOST: usize = 1024;

/// Why a list of ports or protocols cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PortError {
    /// There is nothing, or nothing between two commas.
    #[error("empty word in list {list:?}")]
    Empty {
        /// The whole list.
        list: String,
    },
    /// Neither a number nor a known name.
    #[error("unknown port {word:?}")]
    UnknownPort {
        /// The word.
        word: String,
    },
    /// A number above 65535.
    #[error("port {word:?} is above 65535")]
    TooLarge {
        /// The word.
        word: String,
    },
    /// The range ends before it begins.
    #[error("port range {word:?} ends before it begins")]
    Reversed {
        /// The word.
        word: String,
    },
    /// No protocol that can be banned has this name.
    #[error("unknown protocol {word:?}")]
    UnknownProtocol {
        /// The word.
        word: String,
    },
    /// The list has too many words.
    #[error("{count} words in a list of ports, {MOST} are possible")]
    TooMany {
        /// How many it has.
        count: usize,
    },
}

/// Reads a list of ports.
///
/// *Shape*: words between commas; a word is a number, a name, or a range of
/// two of them with `:` between (`-` between numbers only, since names contain
/// it). A name is looked up for each of the protocols, all of them if none is
/// given; where their numbers differ, each counts.
///
/// *Errors*: the first word that cannot be read.
///
/// ```
/// use f2b_firewall::{PortRange, Protocol, ports};
///
/// let services = ports::services::Services::built_in();
/// let read = ports::parse("ssh,2222,8000:8010", &[Protocol::Tcp], |name, protocol| {
///     services.port(name, protocol)
/// })?;
/// assert_eq!(read[0], PortRange::single(22));
/// assert_eq!(read[2].to_string(), "8000-8010");
/// # Ok::<(), ports::PortError>(())
/// ```
pub fn parse(
    text: &str,
    protocols: &[Protocol],
    services: impl Fn(&str, Protocol) -> Option<u16>,
) -> Result<Vec<PortRange>, PortError> {
    let protocols = if protocols.is_empty() {
        &Protocol::ALL
    } else {
        protocols
    };
    let mut ranges = Vec::new();
    for word in words(text)? {
        match ends(word) {
            None => {
                let ports = numbers(word, protocols, &services)?;
                ranges.extend(ports.into_iter().map(PortRange::single));
            }
            Some((first, last)) => {
                let first = numbers(first, protocols, &services)?;
                let last = numbers(last, protocols, &services)?;
                let (Some(&first), Some(&last)) = (first.iter().min(), last.iter().max()) else {
                    return Err(PortError::UnknownPort { word: cut(word) });
                };
                let range = PortRange::new(first, last);
                ranges.push(range.ok_or_else(|| PortError::Reversed { word: cut(word) })?);
            }
        }
    }
    Ok(ranges)
}

/// Reads a list of protocols; `all` is the empty list.
///
/// *Errors*: the first word that is no protocol with ports.
pub fn parse_protocols(text: &str) -> Result<Vec<Protocol>, PortError> {
    if text.trim().eq_ignore_ascii_case("all") {
        return Ok(Vec::new());
    }
    words(text)?
        .into_iter()
        .map(|word| {
            word.parse()
                .map_err(|()| PortError::UnknownProtocol { word: cut(word) })
        })
        .collect()
}

fn words(list: &str) -> Result<Vec<&str>, PortError> {
    let words: Vec<_> = list.split(',').map(str::trim).collect();
    if words.len() > MOST {
        return Err(PortError::TooMany { count: words.len() });
    }
    if words.iter().any(|word| word.is_empty()) {
        return Err(PortError::Empty { list: cut(list) });
    }
    Ok(words)
}

/// Splits a range; `None` when the word is a single port.
fn ends(word: &str) -> Option<(&str, &str)> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    word.split_once(':')
        .or_else(|| {
            word.split_once('-')
                .filter(|(first, last)| is_number(first.trim()) && is_number(last.trim()))
        })
        .map(|(first, last)| (first.trim(), last.trim()))
}

/// Returns the numbers that a word stands for: at least one.
fn numbers(
    word: &str,
    protocols: &[Protocol],
    services: &impl Fn(&str, Protocol) -> Option<u16>,
) -> Result<Vec<u16>, PortError> {
    let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    if is_number {
        return match word.parse() {
            Ok(port) => Ok(vec![port]),
            Err(_) => Err(PortError::TooLarge { word: cut(word) }),
        };
    }
    let mut found: Vec<u16> = protocols
        .iter()
        .filter_map(|&protocol| services(word, protocol))
        .collect();
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Err(PortError::UnknownPort { word: cut(word) });
    }
    Ok(found)
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, protocols: &[Protocol]) -> String {
        let services = services::Services::built_in();
        let read = parse(text, protocols, |name, protocol| {
            match name {
                // As in the original table: one name, two services.
                "twofold" if protocol == Protocol::Udp => Some(514),
                "twofold" if protocol == Protocol::Tcp => Some(512),
                _ => services.port(name, protocol),
            }
        });
        match read {
            Ok(ranges) => {
                let words: Vec<_> = ranges.iter().map(ToString::to_string).collect();
                words.join(" ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn port_lists_are_read() {
        let check = |text: &str, expected: &str| assert_eq!(read(text, &[Protocol::Tcp]), expected);
        check("ssh", "22");
        check("22", "22");
        check("ssh,2222,8000:8010", "22 2222 8000-8010");
        check(" http , https ", "80 443");
        check("8000-8010", "8000-8010");
        check("0:65535", "0-65535");
        check("ftp:ssh", "21-22");
        check("netbios-ns", "137");
        check("twofold", "512");
        check("", r#"empty word in list """#);
        check("ssh,", r#"empty word in list "ssh,""#);
        check("sshh", r#"unknown port "sshh""#);
        check("22,no-such", r#"unknown port "no-such""#);
        check("65536", r#"port "65536" is above 65535"#);
        check(
            "8010:8000",
            r#"port range "8010:8000" ends before it begins"#,
        );
        check("22:", r#"unknown port """#);
        check("1:2:3", r#"unknown port "2:3""#);
        check("-1", r#"unknown port "-1""#);
        check(
            "99999999999999999999",
            r#"port "99999999999999999999" is above 65535"#,
        );
    }

    #[test]
    fn a_name_is_looked_up_for_the_protocols_of_the_jail() {
        let both = [Protocol::Tcp, Protocol::Udp];
        assert_eq!(read("twofold", &both), "512 514");
        assert_eq!(read("twofold", &[]), "512 514");
        assert_eq!(read("ssh", &both), "22");
        assert_eq!(read("syslog", &[Protocol::Udp]), "514");
    }

    #[test]
    fn protocol_lists_are_read() {
        assert_eq!(parse_protocols("tcp"), Ok(vec![Protocol::Tcp]));
        assert_eq!(
            parse_protocols("tcp, UDP"),
            Ok(vec![Protocol::Tcp, Protocol::Udp])
        );
        assert_eq!(parse_protocols("all"), Ok(vec![]));
        assert_eq!(
            parse_protocols("tcp,icpm").unwrap_err().to_string(),
            r#"unknown protocol "icpm""#
        );
    }

    #[test]
    fn a_list_has_an_end() {
        let long = "22,".repeat(MOST) + "22";
        assert!(matches!(
            parse(&long, &[], |_, _| None),
            Err(PortError::TooMany { count: 1025 })
        ));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[a-c0-9,:\\- ]{0,24}") {
            for range in parse(&text, &[], |_, _| None).unwrap_or_default() {
                proptest::prop_assert!(range.first() <= range.last());
            }
        }
    }
}
