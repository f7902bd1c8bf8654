//! Patterns made up from a number.

use super::hand;

/// Returns the pattern number `seed`: always the same one.
pub(super) fn pattern(seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d);
    match dice.below(4) {
        0 => soup(&mut dice),
        1 => mutant(&mut dice),
        _ => {
            let mut maker = Maker {
                dice,
                groups: 0,
                closed: Vec::new(),
            };
            let start = maker
                .dice
                .of(&["", "", "", "", "(?i)", "(?ms)", "(?x)", "(?a)", "(?xi)"]);
            let mut text = start.to_owned();
            maker.alternatives(&mut text, 3);
            text
        }
    }
}

/// A row of numbers that look thrown (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.throw() % end
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let at = self.place(all.len() - 1);
        all.get(at).copied().unwrap_or_default()
    }

    fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u64::try_from(length).unwrap() + 1)).unwrap()
    }
}

/// What patterns are cooked from without knowing how they are built.
const TOKENS: &[&str] = &[
    "(",
    "(",
    ")",
    ")",
    ")",
    "[",
    "]",
    "{",
    "}",
    "|",
    "*",
    "+",
    "?",
    "^",
    "$",
    ".",
    "\\",
    "-",
    ",",
    ":",
    "=",
    "!",
    "<",
    ">",
    "#",
    " ",
    "\n",
    "a",
    "b",
    "é",
    "日",
    "𐐀",
    "_",
    "0",
    "1",
    "2",
    "9",
    "(?",
    "(?:",
    "(?P<n>",
    "(?P<m",
    "(?P=n)",
    "(?P=",
    "(?P>",
    "(?(1)",
    "(?(n)",
    "(?(",
    "(?=",
    "(?!",
    "(?<=",
    "(?<!",
    "(?<",
    "(?#",
    "(?>",
    "(?i)",
    "(?x)",
    "(?i:",
    "(?-i:",
    "(?a-m:",
    "(?u)",
    "(?L)",
    "(?t)",
    "(?au:",
    "(?i-i:",
    "(?-a:",
    "(?iz)",
    "(?i-",
    "(?i",
    "\\1",
    "\\2",
    "\\10",
    "\\d",
    "\\W",
    "\\b",
    "\\Z",
    "\\A",
    "\\n",
    "\\x4",
    "\\x41",
    "\\u00e",
    "\\u00e9",
    "\\U0001F600",
    "\\U00110000",
    "\\N",
    "\\N{",
    "\\N{}",
    "\\N{no such}",
    "\\07",
    "\\377",
    "\\400",
    "\\q",
    "\\é",
    "\\-",
    "\\]",
    "[^",
    "[]",
    "[^]",
    "[a-",
    "[z-a]",
    "[a-\\d]",
    "[\\d-z]",
    "[\\b]",
    "[[",
    "--",
    "{,",
    "{2}",
    "{,3}",
    "{2,}",
    "{3,2}",
    "{2,3}",
    "{x}",
    "*?",
    "*+",
    "??",
    "{1}?",
    "{,}+",
];

fn soup(dice: &mut Dice) -> String {
    let length = dice.below(12) + 1;
    (0..length).map(|_| dice.of(TOKENS)).collect()
}

/// Returns a pattern of ours with a few changes.
fn mutant(dice: &mut Dice) -> String {
    let hand = hand::patterns();
    let mut text: Vec<char> = dice.of(&hand).chars().collect();
    for _ in 0..=dice.below(3) {
        let at = dice.place(text.len());
        match dice.below(4) {
            0 => text.truncate(at),
            1 if at < text.len() => drop(text.remove(at)),
            2 => drop(text.splice(at..at, dice.of(&hand).chars())),
            _ => drop(text.splice(at..at, dice.of(TOKENS).chars())),
        }
    }
    text.into_iter().collect()
}

/// One character each.
const PLAIN: &[&str] = &[
    "a", "b", "1", " ", "#", "é", "𐐀", ".", "\\d", "\\W", "\\.", "\\x41", "\\n", "{", "]", "}",
    "\\052",
];

const PLACES: &[&str] = &["^", "$", "\\b", "\\B", "\\Z", "\\A", "(?#c)"];

const QUANTIFIERS: &[&str] = &[
    "*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}", "{0}", "*?", "+?", "??", "{2}?", "{1,3}?", "*+",
    "++", "?+", "{1,3}+",
];

const SCOPES: &[&str] = &[
    "(?i:", "(?-s:", "(?m-i:", "(?x:", "(?-x:", "(?a:", "(?u:", "(?s:",
];

/// Builds patterns that are mostly right.
struct Maker {
    dice: Dice,
    /// How many groups were opened.
    groups: u64,
    /// Those that were closed: the number, and the name if there is one.
    closed: Vec<(u64, String)>,
}

impl Maker {
    fn alternatives(&mut self, text: &mut String, depth: u32) {
        self.sequence(text, depth);
        while self.dice.below(4) == 0 {
            text.push('|');
            self.sequence(text, depth);
        }
    }

    fn sequence(&mut self, text: &mut String, depth: u32) {
        for _ in 0..self.dice.below(5) {
            if self.dice.below(6) == 0 {
                text.push_str(self.dice.of(PLACES));
            }
            self.item(text, depth);
            if self.dice.below(3) == 0 {
                text.push_str(self.dice.of(QUANTIFIERS));
            }
            if self.dice.below(60) == 0 {
                text.push_str(self.dice.of(TOKENS));
            }
        }
    }

    fn item(&mut self, text: &mut String, depth: u32) {
        if depth > 0 && self.dice.below(2) == 0 {
            return self.parenthesis(text, depth - 1);
        }
        match self.dice.below(6) {
            0 => self.class(text),
            1 => match self.closed() {
                Some((_, name)) if !name.is_empty() => text.push_str(&format!("(?P={name})")),
                Some((group, _)) => text.push_str(&format!("\\{group}")),
                None => text.push('c'),
            },
            _ => text.push_str(self.dice.of(PLAIN)),
        }
    }

    fn class(&mut self, text: &mut String) {
        text.push_str(self.dice.of(&["[", "[^"]));
        let entries = &[
            "a",
            "z",
            "a-z",
            "\\d",
            "\\S",
            "-",
            "^",
            "[",
            "é-ü",
            "\\b",
            "\\x00-\\x1f",
            "\\]",
            "&&",
            "𐐀",
        ];
        for _ in 0..=self.dice.below(3) {
            text.push_str(self.dice.of(entries));
        }
        text.push(']');
    }

    fn parenthesis(&mut self, text: &mut String, depth: u32) {
        match self.dice.below(10) {
            0..=3 => return self.group(text, depth),
            4 => {
                let (group, name) = self.closed().unwrap_or((self.groups + 1, String::new()));
                let by_name = !name.is_empty() && self.dice.below(2) == 0;
                let group = if by_name { name } else { group.to_string() };
                text.push_str(&format!("(?({group})"));
                self.sequence(text, depth);
                text.push_str(self.dice.of(&["", "|", "|c"]));
                text.push(')');
                return;
            }
            5 => text.push_str(self.dice.of(&["(?=", "(?!"])),
            6 => {
                text.push_str(self.dice.of(&["(?<=", "(?<!"]));
                for _ in 0..self.dice.below(4) {
                    text.push_str(self.dice.of(PLAIN));
                }
                text.push(')');
                return;
            }
            7 => text.push_str("(?>"),
            8 => text.push_str(self.dice.of(SCOPES)),
            _ => text.push_str("(?:"),
        }
        self.alternatives(text, depth);
        text.push(')');
    }

    fn group(&mut self, text: &mut String, depth: u32) {
        self.groups += 1;
        let group = self.groups;
        let mut name = String::new();
        if self.dice.below(2) == 0 {
            name = format!("n{group}");
            text.push_str(&format!("(?P<{name}>"));
        } else {
            text.push('(');
        }
        self.alternatives(text, depth);
        text.push(')');
        self.closed.push((group, name));
    }

    fn closed(&mut self) -> Option<(u64, String)> {
        let last = self.closed.len().checked_sub(1)?;
        let at = self.dice.place(last);
        self.closed.get(at).cloned()
    }
}
