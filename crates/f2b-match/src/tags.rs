//! Tags of rules, replaced by the groups that they stand for (contract A 4.2).
//!
//! The replacement is shown to users when a rule does not compile, so it is the original's to the letter.

use std::collections::HashSet;

use crate::UseDns;

/// An IPv4 address, as any twelve digits; whether they are one is decided by reading them.
const IP4: &str = r"(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})";

const IP6: &str = r"(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))";

const DNS: &str = r"(?P<dns>[\w\-.^_]*\w)";

const CIDR: &str = r"(?P<cidr>\d+)";

/// Returns `rule` with its tags expanded; what is no tag stays as it is.
pub(crate) fn expand(rule: &str, usedns: UseDns) -> String {
    let mut expansion = Expansion {
        usedns,
        opened: HashSet::new(),
        skips: 0,
        text: String::with_capacity(rule.len() + 128),
    };
    let mut rest = rule;
    while let Some(start) = rest.find('<') {
        let (before, at) = rest.split_at(start);
        expansion.text.push_str(before);
        let tag = tag_at(at);
        rest = match tag.filter(|tag| expansion.replace(tag)) {
            Some(tag) => at.get(tag.len() + 2..).unwrap_or_default(),
            None => {
                expansion.text.push('<');
                at.get(1..).unwrap_or_default()
            }
        };
    }
    expansion.text.push_str(rest);
    expansion.text
}

/// The name of the tag that `text` begins with, slashes included.
fn tag_at(text: &str) -> Option<&str> {
    let (tag, _) = text.strip_prefix('<')?.split_once('>')?;
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let name = name.strip_suffix('/').unwrap_or(name);
    let allowed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    (!name.is_empty() && name.chars().all(allowed)).then_some(tag)
}

struct Expansion<'rule> {
    usedns: UseDns,
    /// Names that were opened; they can be closed any number of times.
    opened: HashSet<&'rule str>,
    skips: usize,
    text: String,
}

impl<'rule> Expansion<'rule> {
    /// Appends what `tag` stands for; false if it stands for nothing.
    fn replace(&mut self, tag: &'rule str) -> bool {
        match tag {
            "HOST" if self.usedns != UseDns::No => {
                self.text.push_str("(?:");
                self.address(false);
                self.text.push('|');
                self.text.push_str(DNS);
                self.text.push(')');
            }
            "HOST" | "ADDR" | "F-ADDR/" => self.address(false),
            "SUBNET" | "F-SUBNET/" => self.address(true),
            "IP4" | "F-IP4/" => self.text.push_str(IP4),
            "IP6" | "F-IP6/" => self.text.push_str(IP6),
            "DNS" | "F-DNS/" => self.text.push_str(DNS),
            "CIDR" | "F-CIDR/" => self.text.push_str(CIDR),
            "F-ID/" => self.text.push_str(r"(?P<fid>\S+)"),
            "F-PORT/" => self.text.push_str(r"(?P<fport>\w+)"),
            "SKIPLINES" => {
                let group = format!(r"\n(?P<skiplines{}>(?:(?:.*\n)*?))", self.skips);
                self.text.push_str(&group);
                self.skips += 1;
            }
            _ => return self.pair(tag),
        }
        true
    }

    fn address(&mut self, with_length: bool) {
        self.text.push_str(r"\[?(?:");
        self.text.push_str(IP4);
        self.text.push('|');
        self.text.push_str(IP6);
        self.text.push(')');
        if with_length {
            self.text.push_str("(?:/");
            self.text.push_str(CIDR);
            self.text.push_str(")?");
        }
        self.text.push_str(r"\]?");
    }

    /// `<F-NAME>` opens a group, `</F-NAME>` closes it if it was ever opened.
    fn pair(&mut self, tag: &'rule str) -> bool {
        if let Some(name) = tag.strip_prefix("/F-") {
            let was_opened = self.opened.contains(name);
            if was_opened {
                self.text.push(')');
            }
            return was_opened;
        }
        let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_' || c == '-';
        let name = match tag.strip_prefix("F-") {
            Some(name) if !name.is_empty() && name.chars().all(part) => name,
            _ => return false,
        };
        self.opened.insert(name);
        self.text.push_str("(?P<");
        match name {
            "ID" => self.text.push_str("fid"),
            "PORT" => self.text.push_str("fport"),
            _ => self.text.push_str(&name.to_lowercase()),
        }
        self.text.push('>');
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, expected: &str) {
        assert_eq!(expand(rule, UseDns::Yes), expected, "{rule}");
    }

    #[test]
    fn pairs_become_groups_and_the_unknown_stays() {
        check("plain", "plain");
        check("<F-USER>.+</F-USER>", "(?P<user>.+)");
        check("<F-ID>x</F-ID>", "(?P<fid>x)");
        check("<F-PORT>x</F-PORT>", "(?P<fport>x)");
        check("<F-FOO-BAR>x</F-FOO-BAR>", "(?P<foo-bar>x)");
        check("</F-USER>", "</F-USER>");
        check("</F-A><F-A></F-A></F-A>", "</F-A>(?P<a>))");
        check("<F-A>x</F-B>", "(?P<a>x</F-B>");
        check(
            "a < b > c <bogus> <F-user> <F->",
            "a < b > c <bogus> <F-user> <F->",
        );
        check(
            "<F-USER/></F-ID/><HOST/></HOST>",
            "<F-USER/></F-ID/><HOST/></HOST>",
        );
        check("<F-ID/></F-ID>", r"(?P<fid>\S+)</F-ID>");
        check("(?P<x>y)<<F-A>", "(?P<x>y)<(?P<a>");
    }

    #[test]
    fn lines_to_skip_are_numbered() {
        check(
            "a<SKIPLINES>b<SKIPLINES>",
            r"a\n(?P<skiplines0>(?:(?:.*\n)*?))b\n(?P<skiplines1>(?:(?:.*\n)*?))",
        );
    }

    #[test]
    fn a_host_is_a_name_only_where_names_are_used() {
        let address = expand("<ADDR>", UseDns::Yes);
        let named = format!(r"(?:{address}|(?P<dns>[\w\-.^_]*\w))");
        for usedns in [UseDns::Yes, UseDns::Warn, UseDns::Raw] {
            assert_eq!(expand("<HOST>", usedns), named);
        }
        assert_eq!(expand("<HOST>", UseDns::No), address);
        assert_eq!(
            expand("<SUBNET>", UseDns::No),
            address.replace(r"\]?", r"(?:/(?P<cidr>\d+))?\]?"),
        );
    }
}
