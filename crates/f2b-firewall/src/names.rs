//! Names in the kernel. What does not fit is refused, never changed.

use crate::error::FirewallError;
use crate::nftables::set::{INTERVAL, Key, Shape, TIMEOUT};

/// The longest name of a table or a set (`NFT_NAME_MAXLEN` less its zero byte).
const LONGEST: usize = 255;
/// How many single addresses a jail can ban, for each of IPv4 and IPv6. More
/// are refused; an element takes some 100 bytes of kernel memory.
const ADDRESSES: u32 = 1 << 20;
/// How many networks a jail can ban, times two: a range has two ends.
const NETWORK_ENDS: u32 = 1 << 16;

/// The four sets of a jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SetKind {
    /// Single IPv4 addresses.
    Address4,
    /// Single IPv6 addresses.
    Address6,
    /// IPv4 networks.
    Network4,
    /// IPv6 networks.
    Network6,
}

impl SetKind {
    /// All of them, in the order of the rules.
    pub(crate) const ALL: [Self; 4] = [
        Self::Address4,
        Self::Network4,
        Self::Address6,
        Self::Network6,
    ];

    /// Returns what the name begins with.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Address4 => "addr-set-",
            Self::Address6 => "addr6-set-",
            Self::Network4 => "net-set-",
            Self::Network6 => "net6-set-",
        }
    }

    /// Returns the name for a jail.
    pub(crate) fn name(self, jail: &str) -> String {
        format!("{}{jail}", self.prefix())
    }

    /// Tells whether the set holds IPv4.
    pub(crate) fn is_ip4(self) -> bool {
        matches!(self, Self::Address4 | Self::Network4)
    }

    /// Tells whether the set holds networks.
    pub(crate) fn is_network(self) -> bool {
        matches!(self, Self::Network4 | Self::Network6)
    }

    /// Returns what the set must be like.
    pub(crate) fn shape(self, id: u32) -> Shape {
        let network = self.is_network();
        Shape {
            key: if self.is_ip4() { Key::Ip4 } else { Key::Ip6 },
            flags: if network { TIMEOUT | INTERVAL } else { TIMEOUT },
            size: if network { NETWORK_ENDS } else { ADDRESSES },
            id,
        }
    }
}

/// Returns the jail that a set belongs to by its name.
pub(crate) fn jail_of(set: &str) -> Option<&str> {
    SetKind::ALL
        .into_iter()
        .find_map(|kind| set.strip_prefix(kind.prefix()))
}

/// Checks the name of a jail.
pub(crate) fn check_jail(jail: &str) -> Result<(), FirewallError> {
    check(
        "jail",
        jail,
        LONGEST.saturating_sub(SetKind::Address6.prefix().len()),
    )
}

/// Checks the name of a table.
pub(crate) fn check_table(table: &str) -> Result<(), FirewallError> {
    check("table", table, LONGEST)?;
    match table.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => Ok(()),
        _ => Err(bad("table", table, "must begin with a letter".to_owned())),
    }
}

/// `nft` could neither print nor read what is refused here.
fn check(what: &'static str, name: &str, longest: usize) -> Result<(), FirewallError> {
    if name.is_empty() {
        return Err(bad(what, name, "is empty".to_owned()));
    }
    if name.len() > longest {
        let length = name.len();
        return Err(bad(
            what,
            name,
            format!("has {length} bytes, {longest} fit"),
        ));
    }
    let odd = name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '\\' | '_' | '.' | '-'));
    match odd {
        None => Ok(()),
        Some(odd) => Err(bad(what, name, format!("contains {odd:?}"))),
    }
}

fn bad(what: &'static str, name: &str, problem: String) -> FirewallError {
    FirewallError::BadName {
        what,
        name: name.chars().take(64).collect(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_the_kernel_or_nft_cannot_hold_are_refused() {
        let check = |name: &str, expected: &str| {
            let text = check_jail(name).err().map(|error| error.to_string());
            assert_eq!(text.unwrap_or_default(), expected);
        };
        check("sshd", "");
        check("apache-auth_2.x/y\\z", "");
        check("3proxy", "");
        check(&"a".repeat(245), "");
        check("", r#"jail name "" is empty"#);
        check("my jail", r#"jail name "my jail" contains ' '"#);
        check("a%d", r#"jail name "a%d" contains '%'"#);
        check("a\0", r#"jail name "a\0" contains '\0'"#);
        check("jäil", r#"jail name "jäil" contains 'ä'"#);
        let long = "a".repeat(246);
        let cut = "a".repeat(64);
        check(
            &long,
            &format!("jail name \"{cut}\" has 246 bytes, 245 fit"),
        );
        assert!(check_table("3x").is_err() && check_table("x3").is_ok());
    }

    #[test]
    fn a_set_name_says_whose_it_is() {
        let check = |set: &str, expected: Option<&str>| assert_eq!(jail_of(set), expected);
        for kind in SetKind::ALL {
            check(&kind.name("addr-set-x"), Some("addr-set-x"));
        }
        check("addr6-set-sshd", Some("sshd"));
        check("mine", None);
        check("__set0", None);
    }
}
