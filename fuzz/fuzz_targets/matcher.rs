//! Our own matcher and the automaton find what the simple model finds, which CPython has confirmed.
//!
//! The input is made into a text and a pattern: its first byte says how many of the next are characters
//! of the text, each of the rest decides one thing in the pattern.
#![no_main]

use std::ops::Range;

use f2b_pyregex::{Groups, Regex, Scratch};
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/f2b-pyregex/tests/it/model.rs"]
mod model;

const LETTERS: [char; 32] = [
    'a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'a', 'b', 'c', 'd', 'A', 'B', ' ', ':', '1', '-', '.',
    '_', '\n', 'é', 'É', 'ß', 'ſ', 's', 'K', '\u{212a}', 'i', 'İ', '\u{660}', '𝔞',
];

/// The longest text.
const TEXT_MOST: usize = 20;

/// The things that are decided of one pattern.
const DECISIONS_MOST: usize = 64;

const ATOMS: [&str; 32] = [
    "a", "b", "c", "a", "b", ".", r"\w", r"\d", r"\s", r"\W", r"\S", "[ab]", "[^a]", "[a-c]",
    "[b-é]", "[^\\d_]", " ", ":", "A", "ab", "abc", "é", "ſ", "s", "K", "i", "\\n", "1", "-", "d",
    "[^:]", "[à-ü]",
];
const PLACES: [&str; 8] = ["^", "$", r"\b", r"\B", r"\A", r"\Z", "^", "$"];
const REPEATS: [&str; 24] = [
    "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}", "{,2}", "{1,}", "{2,3}?", "{0,1}?",
    "*+", "++", "?+", "{1,2}+", "{0}", "{3}", "{2,}", "{2,}?", "{2,}+", "{0,3}?", "{1,3}+",
];
const FLAGS: [&str; 8] = ["", "", "", "(?i)", "(?m)", "(?s)", "(?a)", "(?im)"];
const SCOPED: [&str; 8] = ["i", "a", "s", "m", "i-s", "-i", "ai", "ms"];

/// Where decisions come from; when there are no more, the simplest is made.
struct Decisions<'a> {
    bytes: &'a [u8],
    /// The groups that are closed.
    closed: Vec<usize>,
    groups: usize,
    in_look_behind: bool,
}

impl Decisions<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        usize::from(*first)
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.next() % of.len()]
    }

    fn alternation(&mut self, depth: usize) -> String {
        let ways = [1, 1, 1, 1, 2, 2, 3, 4][self.next() % 8];
        let ways: Vec<String> = (0..ways).map(|_| self.sequence(depth)).collect();
        ways.join("|")
    }

    fn sequence(&mut self, depth: usize) -> String {
        let count = [1, 1, 2, 2, 3, 3, 4, 0][self.next() % 8];
        (0..count).map(|_| self.piece(depth)).collect()
    }

    fn piece(&mut self, depth: usize) -> String {
        let kind = self.next() % 32;
        if depth == 0 && kind > 18 {
            return self.one(&ATOMS).to_owned();
        }
        match kind {
            0..=7 => self.one(&ATOMS).to_owned(),
            8..=13 if !self.in_look_behind => {
                let atom = self.one(&ATOMS);
                let is_one = atom.chars().count() == 1 || atom.starts_with(['[', '\\']);
                let repeat = self.one(&REPEATS);
                if is_one {
                    format!("{atom}{repeat}")
                } else {
                    format!("(?:{atom}){repeat}")
                }
            }
            14..=16 => self.one(&PLACES).to_owned(),
            17..=18 => self.reference(depth),
            19..=21 => self.group(depth - 1),
            22..=27 if !self.in_look_behind => {
                let group = self.group(depth - 1);
                format!("{group}{}", self.one(&REPEATS))
            }
            28 => format!("(?={})", self.alternation(depth - 1)),
            29 => format!("(?!{})", self.alternation(depth - 1)),
            30 | 31 => {
                let was = std::mem::replace(&mut self.in_look_behind, true);
                let body = self.alternation(depth - 1);
                self.in_look_behind = was;
                format!("(?<{}{body})", if kind == 30 { "=" } else { "!" })
            }
            _ => self.one(&ATOMS).to_owned(),
        }
    }

    fn group(&mut self, depth: usize) -> String {
        match self.next() % 8 {
            0 | 1 => format!("(?:{})", self.alternation(depth)),
            2..=4 => {
                self.groups += 1;
                let group = self.groups;
                let body = self.alternation(depth);
                self.closed.push(group);
                format!("({body})")
            }
            5 => {
                self.groups += 1;
                self.closed.push(self.groups);
                format!("({})", self.one(&["[-/:]", "a|b|ab", "['\" ]", "a"]))
            }
            6 => format!("(?>{})", self.alternation(depth)),
            _ => {
                let flags = self.one(&SCOPED);
                format!("(?{flags}:{})", self.alternation(depth))
            }
        }
    }

    fn reference(&mut self, depth: usize) -> String {
        let choice = self.next();
        if choice >= 128 && self.groups > 0 {
            // A condition may ask for a group that it is in.
            let group = 1 + choice % self.groups;
            let depth = depth.saturating_sub(1);
            let yes = self.sequence(depth);
            let no = self.sequence(depth);
            return format!("(?({group}){yes}|{no})");
        }
        match self.closed.len() {
            0 => "a".to_owned(),
            count => format!("\\{}", self.closed[choice % count]),
        }
    }
}

fn held(groups: Option<Groups>, count: usize) -> Option<Vec<Option<Range<usize>>>> {
    groups.map(|groups| (0..=count).map(|index| groups.get(index)).collect())
}

fuzz_target!(|input: &[u8]| {
    let Some((length, rest)) = input.split_first() else {
        return;
    };
    let length = (usize::from(*length) % (TEXT_MOST + 1)).min(rest.len());
    let (letters, decisions) = rest.split_at(length);
    let text: String = letters
        .iter()
        .map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()])
        .collect();
    let mut decisions = Decisions {
        bytes: &decisions[..decisions.len().min(DECISIONS_MOST)],
        closed: Vec::new(),
        groups: 0,
        in_look_behind: false,
    };
    let flags = decisions.one(&FLAGS);
    let pattern = format!("{flags}{}", decisions.alternation(4));
    let Ok(regex) = Regex::new(&pattern) else {
        return;
    };
    let Ok(expected) = model::search(&regex, &text) else {
        return;
    };
    let count = regex.group_count();
    let half = text.char_indices().nth(length / 2).map_or(0, |(at, _)| at);
    for mut scratch in [Scratch::default(), Scratch::own_matcher_only(), Scratch::remembering()] {
        // Twice, with another search in between, as a memory is kept.
        for _ in 0..2 {
            if let Ok(found) = regex.search(&text, &mut scratch) {
                let found = held(found, count);
                assert_eq!(found, expected, "{pattern:?} on {text:?}");
            }
            let _ = regex.search(&text[half..], &mut scratch);
        }
    }
});
