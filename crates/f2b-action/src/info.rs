//! What a command may say of a ban: the dynamic tags.

use std::net::IpAddr;

use f2b_core::FailId;

use crate::Family;

/// Answers for the tags of one ban, or of none.
pub trait Info {
    /// Returns the value of a tag, or `None` if there is no such tag.
    ///
    /// It is asked only for tags that occur, and once for each place, so what costs a look into the
    /// database or at DNS is not paid for in vain.
    ///
    /// *Shape*: the name without brackets: `ip`, `matches`, `jail.found`, `F-USER`, `F-*`. A tag that
    /// has no value is left as it is in the command; one that begins with `F-` becomes empty.
    fn tag(&mut self, name: &str) -> Option<String>;

    /// Answers a command that only asks, as a client would send it: what an action written in Python wants
    /// to know of its jail. `None` if there is no answer.
    ///
    /// *Shape*: words, as `get`, `sshd`, `bantime`; the answer is a pickled value.
    fn command(&mut self, words: &[String]) -> Option<Vec<u8>> {
        let _unanswered = words;
        None
    }
}

/// A list of names and values, as a client may send one.
impl Info for Vec<(String, String)> {
    fn tag(&mut self, name: &str) -> Option<String> {
        let (_, value) = self.iter().find(|(tag, _)| tag == name)?;
        Some(value.clone())
    }
}

/// Answers for no ban of one family: starting, stopping, flushing.
pub(crate) struct OfFamily<'i> {
    pub(crate) family: Family,
    pub(crate) info: &'i mut dyn Info,
}

impl Info for OfFamily<'_> {
    fn tag(&mut self, name: &str) -> Option<String> {
        match name {
            "family" => Some(self.family.text().to_owned()),
            _ => self.info.tag(name),
        }
    }
}

/// Returns the value of `<ip-rev>`: the labels under which a list in DNS has an address.
///
/// *Shape*: `9.100.51.198.` for `198.51.100.9`, 32 single digits for IPv6, each with its dot; empty
/// for what is no address.
///
/// Differs: a network is reversed as far as its prefix goes, and only where the prefix ends with a
/// label; otherwise it is empty. The original makes `0/24.3.2.1.` of `1.2.3.0/24`.
///
/// ```
/// use f2b_action::ip_rev;
/// use f2b_core::FailId;
/// assert_eq!(ip_rev(&FailId::parse("198.51.100.9")), "9.100.51.198.");
/// assert_eq!(ip_rev(&FailId::parse("198.51.100.0/24")), "100.51.198.");
/// ```
#[must_use]
pub fn ip_rev(id: &FailId) -> String {
    let Some(net) = id.to_net() else {
        return String::new();
    };
    let (labels, bits): (Vec<String>, u8) = match net.addr() {
        IpAddr::V4(address) => (address.octets().iter().map(u8::to_string).collect(), 8),
        IpAddr::V6(address) => {
            let digits = address.octets();
            let digits = digits.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
            (digits.map(|digit| format!("{digit:x}")).collect(), 4)
        }
    };
    if net.prefix_len() % bits != 0 {
        return String::new();
    }
    let known = usize::from(net.prefix_len() / bits);
    let known = labels.iter().take(known).rev();
    known.map(|label| format!("{label}.")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_reversed_as_far_as_the_prefix_goes() {
        let check = |id: &str, expected: &str| {
            assert_eq!(ip_rev(&FailId::parse(id)), expected, "{id}");
        };
        check("198.51.100.9", "9.100.51.198.");
        check(
            "2001:db8::1",
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.",
        );
        check("1.2.3.0/24", "3.2.1.");
        check("1.2.3.128/25", "");
        check("2001:db8::/32", "8.b.d.0.1.0.0.2.");
        check("2001:db8::/31", "");
        check("0.0.0.0/0", "");
        check("text", "");
    }
}
