//! Whether two actions of a jail use the same thing outside: a chain, a set, a table.

use std::collections::BTreeSet;

use f2b_action::{Command, Definition, Family, Host};

/// Tells whether two actions name the same thing of this jail in their commands.
///
/// *Shape*: `f2b-sshd` in `iptables -N f2b-sshd` and in `iptables -I f2b-sshd 1 -s <ip> -j DROP`. What is
/// named after the jail counts, and not its bare name, which a message has as well. Where it is none in the
/// end one is stopped before the other begins, and nothing else comes of it.
pub(super) fn share(one: &Definition, other: &Definition, jail: &str) -> bool {
    !names(one, jail).is_disjoint(&names(other, jail))
}

/// The words of an action's commands that hold the name of the jail.
fn names(action: &Definition, jail: &str) -> BTreeSet<String> {
    // The same for both: what is named after the host tells nothing.
    let host = &Host::UNKNOWN;
    let mut action = action.clone();
    let mut names = BTreeSet::new();
    for command in [Command::Start, Command::Stop, Command::Ban] {
        for family in [Family::Any, Family::Inet4, Family::Inet6] {
            // Tags in circles: nothing of it can be run.
            let Ok(text) = action.text(command, family, host) else {
                continue;
            };
            let words = text.split(|letter: char| !is_of_name(letter));
            let named = words.filter(|word| holds(word, jail));
            names.extend(named.map(str::to_owned));
        }
    }
    names
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || "-_".contains(letter)
}

/// Tells whether a word has the jail's name in it as a whole: `f2b-sshd` has `sshd`, `sshd2` has not.
fn holds(word: &str, jail: &str) -> bool {
    word.match_indices(jail).any(|(place, _)| {
        let before = word.get(..place).and_then(|text| text.chars().next_back());
        let after = word.get(place + jail.len()..);
        let after = after.and_then(|text| text.chars().next());
        let ends = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        !jail.is_empty() && word != jail && ends(before) && ends(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(name: &str, start: &str, stop: &str) -> Definition {
        let mut action = Definition::new(name);
        action.set("actionstart", start.into()).unwrap();
        action.set("actionstop", stop.into()).unwrap();
        action.set("name", "sshd".into()).unwrap();
        action
    }

    #[test]
    fn actions_share_what_they_call_by_the_same_name() {
        let chain = action("one", "iptables -N f2b-<name>", "iptables -X f2b-<name>");
        let same = action("two", "iptables -w -N f2b-sshd", "");
        let set = action("three", "nft add set t @addr-set-<name>", "nft flush");
        let no_name = action("four", "echo <name> started >> /tmp/<name>.log", "");
        assert!(share(&chain, &same, "sshd"));
        assert!(!share(&chain, &set, "sshd"));
        assert!(!share(&chain, &no_name, "sshd"));
        assert!(!share(&no_name, &no_name, "sshd"));
        assert!(holds("f2b-sshd", "sshd") && holds("sshd_set", "sshd"));
        assert!(!holds("f2b-sshd2", "sshd") && !holds("sshd", "sshd"));
    }
}
