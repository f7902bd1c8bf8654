//! What a banned address meets, as people write it.

use std::str::FromStr;

use thiserror::Error;

/// What happens to a packet of a banned address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Blocktype {
    /// It vanishes without an answer.
    #[default]
    Drop,
    /// It is dropped, and its sender is told so.
    Reject(Refusal),
}

/// What the sender is told. Only TCP knows a reset; what is not TCP is told
/// that the port cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The connection is at its end: a TCP reset.
    TcpReset,
    /// There is no way to the network.
    NoRoute,
    /// Nobody listens at the port.
    PortUnreachable,
    /// There is no such host.
    HostUnreachable,
    /// It is not allowed.
    AdminProhibited,
}

/// A `blocktype` that means nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown blocktype {text:?}")]
pub struct BlocktypeError {
    /// What was written, cut to 64 characters.
    text: String,
}

impl BlocktypeError {
    /// Returns what can be written.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "write `drop`, `reject`, `reject with tcp reset`, or `reject with icmpx` and one of `port-unreachable`, \
         `host-unreachable`, `admin-prohibited`, `no-route`"
    }
}

impl FromStr for Blocktype {
    type Err = BlocktypeError;

    /// Reads what follows the match of a rule in `nft`, or after `-j` in
    /// `iptables`.
    ///
    /// *Shape*: `drop`, `reject`, `reject with icmpx type port-unreachable`,
    /// `REJECT --reject-with icmp-port-unreachable`. The names of ICMP and of
    /// ICMPv6 are taken for what comes nearest in both.
    fn from_str(text: &str) -> Result<Self, BlocktypeError> {
        let lower = text.to_ascii_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let refusal = match words.as_slice() {
            ["drop"] => return Ok(Self::Drop),
            ["reject"] => Some(Refusal::PortUnreachable),
            ["reject", "with", "tcp", "reset"] | ["reject", "--reject-with", "tcp-reset"] => {
                Some(Refusal::TcpReset)
            }
            ["reject", "with", "icmp" | "icmpv6" | "icmpx", "type", name]
            | ["reject", "with", "icmp" | "icmpv6" | "icmpx", name] => named(name),
            ["reject", "--reject-with", name] => name
                .strip_prefix("icmp-")
                .or_else(|| name.strip_prefix("icmp6-"))
                .and_then(named),
            _ => None,
        };
        refusal.map(Self::Reject).ok_or_else(|| BlocktypeError {
            text: text.chars().take(64).collect(),
        })
    }
}

fn named(name: &str) -> Option<Refusal> {
    Some(match name {
        "port-unreachable" => Refusal::PortUnreachable,
        "host-unreachable" | "addr-unreachable" => Refusal::HostUnreachable,
        "net-unreachable" | "no-route" => Refusal::NoRoute,
        "admin-prohibited" | "adm-prohibited" | "host-prohibited" | "net-prohibited" => {
            Refusal::AdminProhibited
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        let check = |text: &str, expected: Blocktype| assert_eq!(text.parse(), Ok(expected));
        let reject = Blocktype::Reject;
        check("drop", Blocktype::Drop);
        check("DROP", Blocktype::Drop);
        check("reject", reject(Refusal::PortUnreachable));
        check(" REJECT ", reject(Refusal::PortUnreachable));
        check("reject with tcp reset", reject(Refusal::TcpReset));
        check("REJECT --reject-with tcp-reset", reject(Refusal::TcpReset));
        check(
            "reject with icmpx type port-unreachable",
            reject(Refusal::PortUnreachable),
        );
        check(
            "reject with icmpx admin-prohibited",
            reject(Refusal::AdminProhibited),
        );
        check(
            "reject with icmp type host-prohibited",
            reject(Refusal::AdminProhibited),
        );
        check("reject with icmpv6 no-route", reject(Refusal::NoRoute));
        check(
            "REJECT --reject-with icmp-port-unreachable",
            reject(Refusal::PortUnreachable),
        );
        check(
            "REJECT --reject-with icmp6-addr-unreachable",
            reject(Refusal::HostUnreachable),
        );
    }

    #[test]
    fn what_means_nothing_is_refused_with_what_does() {
        for text in [
            "",
            "dorp",
            "accept",
            "reject with",
            "reject with icmpx teapot",
            "REJECT --reject-with tcp",
            "drop; accept",
        ] {
            let error = text.parse::<Blocktype>().unwrap_err();
            assert_eq!(error.to_string(), format!("unknown blocktype {text:?}"));
            assert!(error.hint().contains("`reject with tcp reset`"));
        }
    }
}
