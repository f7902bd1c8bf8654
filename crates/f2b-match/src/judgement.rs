//! What can be said of a rule without any log: how its work grows, and whether a line can name the
//! wrong host.

mod sample;

use std::fmt;

use f2b_pyregex::ast::{Assert, Kind, Mode, Node};
use f2b_pyregex::{Nature, Regex, Scratch};

use crate::Rule;
use sample::{Sample, Writer};

/// What a rule is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// How the work of the rule grows.
    pub nature: Nature,
    /// What in it an automaton cannot do, in the order of the pattern, each kind once.
    pub constructs: Vec<Construct>,
    /// Whether it is searched anywhere in what it sees, since it does not begin with `^`.
    pub is_unanchored: bool,
    /// A line that would ban the wrong host.
    pub forgery: Option<Forgery>,
}

/// Something that patterns can ask and automata cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Construct {
    /// `(?=…)`, `(?!…)`
    LookAhead,
    /// `(?<=…)`, `(?<!…)`
    LookBehind,
    /// `(?(group)…)`
    Conditional,
    /// `(?P=group)`
    BackReference,
    /// `(?>…)`, `x*+`
    Atomic,
    /// `(x*)*`
    EmptyLoop,
    /// Counts so great that an automaton would take too much memory.
    Size,
}

/// A line in which free text, as an attacker can fill it, takes the place of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forgery {
    /// The line as the rule sees it.
    pub line: String,
    /// The part that the attacker wrote.
    pub text: String,
    /// The host that would be banned.
    pub banned: String,
    /// The host that the line is about.
    pub host: String,
}

/// The host that lines are about; see RFC 5737.
const HOST: &str = "192.0.2.1";

/// The host that an attacker wants to be banned.
const VICTIM: &str = "203.0.113.66";

/// How many lines are made up for a rule.
const LINES: usize = 60;

/// Judges a rule. `has_prefregex` tells that it sees only what a `prefregex` leaves to it.
///
/// *Cost*: some dozen lines of bounded length are made up and matched; about a millisecond. That there is
/// no forgery among them proves nothing.
#[must_use]
pub fn judge(rule: &Rule) -> Judgement {
    let regex = rule.regex();
    let root = &regex.ast().root;
    let mut constructs = Vec::new();
    let address = regex
        .group("ip6")
        .and_then(|index| u32::try_from(index).ok());
    collect(root, address, &mut constructs);
    let nature = regex.nature();
    if nature == Nature::Regular {
        constructs.clear();
    } else if constructs.is_empty() {
        constructs.push(Construct::Size);
    }
    Judgement {
        nature,
        constructs,
        is_unanchored: !is_anchored(root),
        forgery: forgery(regex),
    }
}

/// `address` is the group of IPv6 addresses; the look-behind there says nothing that is not said before.
fn collect(node: &Node, address: Option<u32>, constructs: &mut Vec<Construct>) {
    let construct = match &node.kind {
        Kind::Group { index, .. } if Some(*index) == address => return,
        Kind::Look { back: None, .. } => Some(Construct::LookAhead),
        Kind::Look { back: Some(_), .. } => Some(Construct::LookBehind),
        Kind::Conditional { .. } => Some(Construct::Conditional),
        Kind::BackReference { .. } => Some(Construct::BackReference),
        Kind::Atomic(_)
        | Kind::Repeat {
            mode: Mode::Possessive,
            ..
        } => Some(Construct::Atomic),
        Kind::Repeat { body, max, .. } if *max != Some(1) && body.can_be_empty() => {
            Some(Construct::EmptyLoop)
        }
        _ => None,
    };
    if let Some(construct) = construct.filter(|construct| !constructs.contains(construct)) {
        constructs.push(construct);
    }
    for child in node.children() {
        collect(child, address, constructs);
    }
}

fn is_anchored(node: &Node) -> bool {
    match &node.kind {
        Kind::Assert(Assert::TextStart | Assert::LineStart) => true,
        Kind::Group { body, .. } | Kind::Atomic(body) => is_anchored(body),
        Kind::Concat(parts) => parts
            .iter()
            .find(|part| !matches!(part.kind, Kind::Look { .. } | Kind::Empty))
            .is_some_and(is_anchored),
        Kind::Alternate(parts) => parts.iter().all(is_anchored),
        _ => false,
    }
}

/// Makes up a line that the rule matches, puts what follows its free text into the free text once more,
/// with another host, and looks whom the rule then finds.
fn forgery(regex: &Regex) -> Option<Forgery> {
    let groups: Vec<usize> = ["ip4", "ip6", "dns", "fid"]
        .iter()
        .filter_map(|name| regex.group(name))
        .collect();
    let mut scratch = Scratch::default();
    let mut found = |line: &str| {
        let groups_found = regex.search(line, &mut scratch).ok()??;
        let range = groups.iter().find_map(|group| groups_found.get(*group))?;
        line.get(range).map(str::to_owned)
    };
    for seed in 0..LINES {
        // What is too long for one way of writing it is so for all.
        let Sample { text, free } = Writer::new(&groups, HOST, seed).sample(&regex.ast().root)?;
        if found(&format!("{text}\n")).as_deref() != Some(HOST) {
            continue;
        }
        // What leads to a host, as it follows some free text.
        let leads = free.iter().filter(|free| free.is_before);
        let leads = leads.filter_map(|free| text.get(free.place.end..));
        let mut leads: Vec<&str> = leads.collect();
        leads.dedup();
        for (lead, free) in leads
            .iter()
            .flat_map(|lead| free.iter().map(move |free| (lead, free)))
        {
            let written = lead.replacen(HOST, VICTIM, 1);
            let around = text.split_at_checked(free.place.end);
            let Some((before, after)) = around.filter(|_| free.takes(&written)) else {
                continue;
            };
            let line = format!("{before}{written}{after}");
            if found(&format!("{line}\n")).as_deref() == Some(VICTIM) {
                return Some(Forgery {
                    line,
                    text: written,
                    banned: VICTIM.to_owned(),
                    host: HOST.to_owned(),
                });
            }
        }
    }
    None
}

impl fmt::Display for Construct {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::LookAhead => "look-ahead",
            Self::LookBehind => "look-behind",
            Self::Conditional => "conditional",
            Self::BackReference => "back-reference",
            Self::Atomic => "atomic group",
            Self::EmptyLoop => "loop over what can be empty",
            Self::Size => "too large for an automaton",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UseDns;

    fn judged(text: &str) -> Judgement {
        judge(&Rule::compile(text, UseDns::Warn, false).unwrap())
    }

    #[test]
    fn free_text_that_can_name_the_host_is_found() {
        let check = |rule: &str, expected: Option<&str>| {
            let line = judged(rule).forgery.map(|forgery| forgery.line);
            assert_eq!(line.is_some(), expected.is_some(), "{rule}: {line:?}");
            if let Some(part) = expected {
                assert!(line.unwrap().contains(part), "{rule}");
            }
        };
        check("^bad user .*? from <HOST>", Some("203.0.113.66"));
        check("^bad user .+? from <ADDR> port \\d+", Some("203.0.113.66"));
        check("^user <F-USER>[^:]*?</F-USER>: no from <HOST>$", None);
        // Greedy, or tied to the end: the last one counts.
        check("^bad user .* from <HOST>$", None);
        check("^bad user .*? from <HOST> port \\d+$", None);
        // Of a bounded length, in a group, behind the host.
        check("^bad user .{0,64}? from <HOST>", Some("203.0.113.66"));
        check("^bad user .{0,8}? from <HOST>", None);
        check(
            "^bad user (?:\\w|[ .:\\[\\]])*? from <HOST>",
            Some("203.0.113.66"),
        );
        check("^bad user (?:\\w+|=\\S+)*? from <HOST>", None);
        check(
            "^bad user (?:(?! from ).)* from <HOST>",
            Some("203.0.113.66"),
        );
        check("^bad user (?:(?! from ).)* from <HOST>$", None);
        check("^bad user .* from <HOST> agent .*$", Some("203.0.113.66"));
        check("^bad user \\w+ from <HOST> agent .*$", None);
        // A word holds no blank.
        check("^bad user \\S+ from <HOST>", None);
        check("^from <HOST> user .*", None);
    }

    #[test]
    fn a_rule_whose_counts_multiply_is_judged_at_once() {
        let nested = judged("^(?:(?:(?:(?:(?:x{90}){90}){90}){90}){90}){90}<HOST>");
        assert_eq!(nested.forgery, None);
        assert_eq!(nested.constructs, [Construct::Size]);
        assert_eq!(judged("^[ab]{4000000000,}<ADDR>").forgery, None);
    }

    #[test]
    fn the_nature_comes_with_what_makes_it() {
        let check = |rule: &str, nature, constructs: &[Construct], is_unanchored| {
            let judged = judged(rule);
            assert_eq!(judged.nature, nature, "{rule}");
            assert_eq!(judged.constructs, constructs, "{rule}");
            assert_eq!(judged.is_unanchored, is_unanchored, "{rule}");
        };
        check("^bad <HOST>", Nature::Regular, &[], false);
        check("bad <HOST>", Nature::Regular, &[], true);
        check(
            "^(?!x)a <ADDR>",
            Nature::Bounded,
            &[Construct::LookAhead],
            false,
        );
        check(
            "^(?P<a>\\w+) (?P=a) <IP4>",
            Nature::Budgeted,
            &[Construct::BackReference],
            false,
        );
        check(
            "^(?P<a>x)?(?(a)y) <IP4>",
            Nature::Bounded,
            &[Construct::Conditional],
            false,
        );
    }
}
