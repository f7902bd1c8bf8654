//! `nft add element` and `nft delete element`: the one kind of command whose work can be done without
//! running it.

use std::fmt;

use crate::Command;

/// A set of nftables, as commands name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementSet {
    /// `ip`, `ip6` or `inet`.
    pub family: String,
    /// Its table.
    pub table: String,
    /// The set itself.
    pub set: String,
}

impl fmt::Display for ElementSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.family, self.table, self.set)
    }
}

/// What happens to an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementChange {
    /// It is put in.
    Add,
    /// It is taken out.
    Delete,
}

impl ElementChange {
    /// Returns what a command does; `None` if it is none that bans or unbans.
    pub(crate) fn of(command: Command) -> Option<Self> {
        match command {
            Command::Ban => Some(Self::Add),
            Command::Unban => Some(Self::Delete),
            _ => None,
        }
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for ElementChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.verb())
    }
}

/// Returns the set that a command changes by the address of a ban, if it does that and nothing else.
///
/// *Shape*: `nft add element FAMILY TABLE SET { <ip> }`, and `delete` in place of `add`; the program may
/// have its path, and the braces may be quoted in any way in which a shell takes them for themselves.
/// No name may hold anything that a shell would not.
pub(crate) fn changed_set(text: &str, change: ElementChange) -> Option<ElementSet> {
    // A line's end would begin another command.
    let mut words = text
        .trim()
        .split([' ', '\t'])
        .filter(|word| !word.is_empty());
    let program = words.next()?;
    let is_nft = program == "nft" || (program.starts_with('/') && program.ends_with("/nft"));
    if !is_nft || !is_plain(program, "/") {
        return None;
    }
    if words.next()? != change.verb() || words.next()? != "element" {
        return None;
    }
    let family = words
        .next()
        .filter(|it| ["ip", "ip6", "inet"].contains(it))?;
    let mut name = || words.next().filter(|word| is_plain(word, ""));
    let (table, set) = (name()?, name()?);
    let element: String = words.collect();
    let braces = [r"\{<ip>\}", "{<ip>}", "'{<ip>}'", "\"{<ip>}\""];
    braces.contains(&element.as_str()).then(|| ElementSet {
        family: family.to_owned(),
        table: table.to_owned(),
        set: set.to_owned(),
    })
}

/// Tells whether the text of an `actionstart` makes a set.
///
/// *Shape*: the words `set FAMILY TABLE SET` behind `add` or `create`, wherever they stand.
pub(crate) fn makes_set(start: &str, set: &ElementSet) -> bool {
    let words: Vec<&str> = start.split_ascii_whitespace().collect();
    words.windows(5).any(|words| {
        let [verb, "set", family, table, name] = words else {
            return false;
        };
        ["add", "create"].contains(verb)
            && [*family, *table, *name] == [&set.family, &set.table, &set.set]
    })
}

/// Tells whether a word means itself, to a shell and to `nft`.
fn is_plain(word: &str, beside: &str) -> bool {
    let is_good =
        |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it) || beside.contains(it);
    !word.is_empty() && !word.starts_with('-') && word.chars().all(is_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_form_is_known() {
        let check = |text: &str, expected: &str| {
            let set = changed_set(text, ElementChange::Add);
            assert_eq!(
                set.map_or_else(String::new, |set| set.to_string()),
                expected,
                "{text}"
            );
        };
        let known = "inet f2b-table addr-set-sshd";
        check(
            r"nft add element inet f2b-table addr-set-sshd \{ <ip> \}",
            known,
        );
        check(
            r"nft add element inet f2b-table addr-set-sshd { <ip> }",
            known,
        );
        check(
            "  nft  add element\tinet f2b-table addr-set-sshd \\{<ip>\\}\n",
            known,
        );
        check(
            "nft add element inet f2b-table addr-set-sshd '{ <ip> }'",
            known,
        );
        check(
            "/usr/sbin/nft add element inet f2b-table addr-set-sshd \"{ <ip> }\"",
            known,
        );
        check(
            "nft add element ip6 filter black_list.6 { <ip> }",
            "ip6 filter black_list.6",
        );
        for other in [
            "",
            "nft",
            "nft delete element inet t s { <ip> }",
            "nft add rule inet t s { <ip> }",
            "nft add element bridge t s { <ip> }",
            "nft add element inet t s { <ip> timeout 1h }",
            "nft add element inet t s { <ip>, 192.0.2.1 }",
            "nft add element inet t s { <ip> } comment",
            "nft add element inet t s { <ip> }; touch /x",
            "nft add element inet t s { <ip> }\ntouch /x",
            "nft add element inet t\ns { <ip> }",
            "nft add element inet t s { <fid> }",
            "nft add element inet t s { \"<ip>\" }",
            "nft add element inet t $SET { <ip> }",
            "nft add element inet t <F-USER> { <ip> }",
            "nft add element inet t `s` { <ip> }",
            "nft -f x add element inet t s { <ip> }",
            "mynft add element inet t s { <ip> }",
            "./nft add element inet t s { <ip> }",
            "/opt/$X/nft add element inet t s { <ip> }",
            "sudo nft add element inet t s { <ip> }",
            "nft add element inet -f s { <ip> }",
        ] {
            check(other, "");
        }
    }

    #[test]
    fn what_a_command_does_is_its_verb() {
        let check = |change, expected: bool| {
            let text = "nft delete element inet t s { <ip> }";
            assert_eq!(changed_set(text, change).is_some(), expected);
        };
        check(ElementChange::Delete, true);
        check(ElementChange::Add, false);
    }
}
