//! Patterns and texts, made up.

/// A source of numbers: splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Whether something of `percent` chances in a hundred happens.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Makes patterns. Most are small and about few letters, so that texts match in many ways.
pub(crate) struct Generator<'r> {
    random: &'r mut Random,
    /// The groups that are closed, by name or number.
    closed: Vec<String>,
    groups: usize,
    /// How many loops are open: few, so that CPython comes to an end.
    loops: usize,
    behind: bool,
}

const ATOMS: &[&str] = &[
    "a", "b", "c", "ab", " ", ":", "1", "a", "b", "c", "[ab]", "[^a]", "[a-c]", ".", r"\w", r"\d",
    r"\s", r"\S", r"\W", r"\D", "[[]", r"[^[\]]", r"\.", "-", r"[\w.-]", "é", "ß", "K", r"\x61",
    "[à-ü]", "İ", "ſ", r"\n", "{", "a{", "[^:]",
];
const ANCHORS: &[&str] = &["^", "$", r"\b", r"\B", r"\A", r"\Z", "$", "^", r"\b"];
const REPEATS: &[&str] = &[
    "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}", "{,2}", "{1,}", "{2,3}?", "{0,1}?",
    "*+", "++", "?+", "{1,2}+", "{0}", "{3}", "{,1}",
];
const WAYS: [char; 6] = ['*', '+', '?', '{', '|', '\\'];
const FLAGS: &[&str] = &["i", "a", "s", "m", "i-s", "-i", "ai", "ms"];

impl<'r> Generator<'r> {
    pub(crate) fn new(random: &'r mut Random) -> Self {
        Self {
            random,
            closed: Vec::new(),
            groups: 0,
            loops: 0,
            behind: false,
        }
    }

    pub(crate) fn pattern(&mut self) -> String {
        let mut pattern = String::new();
        if self.random.chance(12) {
            let flag = self
                .random
                .one(&["i", "s", "m", "a", "im", "is", "x", "ia"]);
            pattern = format!("(?{flag})");
        }
        let depth = 1 + self.random.below(4);
        if self.random.chance(25) {
            pattern.push('^');
        }
        pattern.push_str(&self.alternation(depth));
        if self.random.chance(25) {
            pattern.push('$');
        }
        pattern
    }

    fn alternation(&mut self, depth: usize) -> String {
        let mut text = self.sequence(depth);
        while self.random.chance(22) {
            text.push('|');
            if !self.random.chance(12) {
                text.push_str(&self.sequence(depth));
            }
        }
        text
    }

    fn sequence(&mut self, depth: usize) -> String {
        let count = 1 + self.random.below(4);
        (0..count).map(|_| self.piece(depth)).collect()
    }

    fn piece(&mut self, depth: usize) -> String {
        if self.random.chance(9) {
            return self.random.one(ANCHORS).to_owned();
        }
        if depth > 0 && self.random.chance(10) {
            return self.look(depth - 1);
        }
        if !self.closed.is_empty() && self.random.chance(14) {
            return self.reference(depth);
        }
        let repeated = self.loops < 2 && self.random.chance(38) && !self.behind;
        self.loops += usize::from(repeated);
        let grouped = depth > 0 && self.random.chance(42);
        let piece = if grouped {
            self.group(depth - 1)
        } else {
            let atom = self.random.one(ATOMS);
            if repeated && atom.chars().count() > 1 && !atom.starts_with(['[', '\\']) {
                format!("(?:{atom})")
            } else {
                atom.to_owned()
            }
        };
        self.loops -= usize::from(repeated);
        if repeated {
            let mut repeat = self.random.one(REPEATS);
            // CPython before 3.11.5 goes on from the wrong place after an iteration of `(?:…)*+` that
            // failed half-way (its issue 106052): only bodies of one way are compared.
            while repeat.ends_with('+') && repeat.len() > 1 && grouped && piece.contains(WAYS) {
                repeat = self.random.one(REPEATS);
            }
            piece + repeat
        } else {
            piece
        }
    }

    fn group(&mut self, depth: usize) -> String {
        match self.random.below(10) {
            0..=3 => format!("(?:{})", self.alternation(depth)),
            4..=6 => self.capture(depth, None),
            7 => {
                let name = format!("g{}", self.groups);
                self.capture(depth, Some(name))
            }
            8 => {
                let flags = self.random.one(FLAGS);
                format!("(?{flags}:{})", self.alternation(depth))
            }
            _ => format!("(?>{})", self.alternation(depth)),
        }
    }

    fn capture(&mut self, depth: usize, name: Option<String>) -> String {
        self.groups += 1;
        let number = self.groups.to_string();
        // A group that can hold few texts is a case of its own.
        let body = match self.random.below(4) {
            0 => self
                .random
                .one(&["[-/:]", "a|b|ab", "['\" ]", "a", "[ab]"])
                .to_owned(),
            _ => self.alternation(depth),
        };
        self.closed.push(number);
        match name {
            Some(name) => {
                self.closed.push(name.clone());
                format!("(?P<{name}>{body})")
            }
            None => format!("({body})"),
        }
    }

    fn look(&mut self, depth: usize) -> String {
        match self.random.below(4) {
            0 => format!("(?={})", self.alternation(depth)),
            1 => format!("(?!{})", self.alternation(depth)),
            kind => {
                let was = self.behind;
                self.behind = true;
                let body = self.alternation(depth.min(1));
                self.behind = was;
                format!("(?<{}{body})", if kind == 2 { "=" } else { "!" })
            }
        }
    }

    fn reference(&mut self, depth: usize) -> String {
        let group = self.closed[self.random.below(self.closed.len())].clone();
        let is_number = group.parse::<usize>().is_ok();
        if depth > 0 && self.random.chance(60) {
            let depth = depth - 1;
            let yes = self.sequence(depth);
            if self.random.chance(50) {
                return format!("(?({group}){yes})");
            }
            return format!("(?({group}){yes}|{})", self.sequence(depth));
        }
        if is_number {
            format!("\\{group}")
        } else {
            format!("(?P={group})")
        }
    }
}

/// Makes a text that has something to do with `pattern`.
pub(crate) fn subject(random: &mut Random, pattern: &str) -> String {
    const LETTERS: &[&str] = &[
        "a", "b", "c", "a", "b", "c", "ab", " ", ":", "1", "A", "B", "-", ".", "/", "[", "]", "{",
        "_",
    ];
    const RARE: &[&str] = &[
        "é", "É", "ß", "ẞ", "K", "k", "İ", "i", "ſ", "s", "٣", "\u{a0}", "𝔞", "\n", "\r",
    ];
    let mut text = String::new();
    let wide = random.chance(25);
    for _ in 0..random.below(12) {
        if random.chance(30) {
            let literal: Vec<char> = pattern
                .chars()
                .filter(|c| !"()[]*+?|\\^$".contains(*c))
                .collect();
            if !literal.is_empty() {
                text.push(random.one(&literal));
            }
        } else if wide && random.chance(25) {
            text.push_str(random.one(RARE));
        } else {
            text.push_str(random.one(LETTERS));
        }
    }
    if random.chance(30) {
        text.push('\n');
    }
    text
}
