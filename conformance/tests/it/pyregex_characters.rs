//! Which characters `f2b-pyregex` takes for what: as CPython, for every character there is.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::HashMap;

use conformance::python;
use f2b_pyregex::ast::{Case, Kind};
use f2b_pyregex::{Regex, unicode};

/// Functions that print sets of characters: a name, then the first and the last of each range, in
/// hexadecimal.
const FUNCTIONS: &str = r#"
import _sre, re, sys, unicodedata
ALL = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
CASED = "".join(one for one in ALL if _sre.unicode_iscased(ord(one)))

def show(name, chars):
    found = [name]
    last = None
    for code in map(ord, chars):
        # Halves of surrogate pairs are no characters.
        if last is None or code != (0xE000 if last == 0xD7FF else last + 1):
            if last is not None:
                found.append(f"{last:x}")
            found.append(f"{code:x}")
        last = code
    if last is not None:
        found.append(f"{last:x}")
    print(*found)

def tables():
    show("letter", filter(str.isalpha, ALL))
    show("printable", filter(str.isprintable, ALL))
    show("start", filter(str.isidentifier, ALL))
    show("name", [one for one in ALL if ("a" + one).isidentifier()])
    show("cased", CASED)
    for digit in range(10):
        show(f"digit{digit}", [one for one in ALL if unicodedata.decimal(one, None) == digit])

def classes():
    for line in sys.stdin.read().split():
        flags, pattern = bytes.fromhex(line).decode().split("~", 1)
        runs = re.finditer(f"{flags}(?:{pattern})+", ALL)
        spans = [(ord(run[0][0]), ord(run[0][-1])) for run in runs]
        print(line, *[f"{first:x} {last:x}" for first, last in spans])

def literals():
    for one in CASED:
        for flags in "i", "ai":
            show(f"{flags}{ord(one):x}", re.findall(f"(?{flags}){one}", CASED))
        re.purge()

def references():
    twice = {flags: re.compile(rf"(?{flags})(.)\1$", re.M) for flags in ("i", "ai")}
    for one in CASED:
        text = "".join([one + other + "\n" for other in CASED])
        for flags, pattern in twice.items():
            show(f"{flags}{ord(one):x}", [pair[0][1] for pair in pattern.finditer(text)])

def changes():
    for one in ALL:
        for name, other in ("lower", chr(_sre.unicode_tolower(ord(one)))), ("upper", one.upper()[0]):
            if other != one:
                show(f"{name}{ord(one):x}", other)
"#;

/// How many numbers characters may have.
const CODES: usize = 0x11_0000;

/// What was printed: sets by name, each as ranges in order and apart from one another.
type Sets = HashMap<String, Vec<(char, char)>>;

#[test]
fn the_tables_are_cpythons() {
    let sets = ask("tables", &[]);
    check(&sets, "letter", unicode::is_letter);
    check(&sets, "printable", unicode::is_printable);
    check(&sets, "start", |char| unicode::is_name(&char.to_string()));
    check(&sets, "name", |char| unicode::is_name(&format!("a{char}")));
    check(&sets, "cased", unicode::is_cased);
    let mut digits = vec![None; CODES];
    for digit in 0..10 {
        for char in listed(&sets[&format!("digit{digit}")]) {
            digits[char as usize] = Some(digit);
        }
    }
    for char in '\0'..=char::MAX {
        let expected = digits[char as usize];
        assert_eq!(unicode::digit_value(char), expected, "{char:?}");
    }
    let changes = ask("changes", &[]);
    let changed = |name: &str, char: char| {
        let found = changes.get(&format!("{name}{:x}", u32::from(char)));
        found.map_or(char, |set| set[0].0)
    };
    for char in '\0'..=char::MAX {
        assert_eq!(unicode::lower(char), changed("lower", char), "{char:?}");
        assert_eq!(unicode::upper(char), changed("upper", char), "{char:?}");
    }
}

/// Entries that classes are made of here, alone and in pairs.
const ENTRIES: &[&str] = &[
    r"\d",
    r"\s",
    r"\w",
    r"\D",
    r"\S",
    r"\W",
    "a",
    "k",
    "S",
    "i",
    "İ",
    "ı",
    "ß",
    "ẞ",
    "ſ",
    "µ",
    "Σ",
    "ς",
    "ﬆ",
    "θ",
    "Ω",
    "\u{212a}",
    "1",
    "é",
    "ǅ",
    "𐐀",
    "𐐨",
    "😀",
    "a-z",
    "A-Z",
    "0-9",
    "À-Þ",
    "Α-Ω",
    "!-}",
    r"\x80-\U0010ffff",
    "Z-\u{10410}",
    "𐐀-𐐐",
    "𐐨-𐑏",
    r"\0-\U0010ffff",
    r"\ud000-\uf000",
    r"\ud800",
    "\u{1e900}-\u{1e910}",
    "ʼ-😀",
    "ſ-ſ",
    "𐐀-𐐀",
];

#[test]
fn classes_take_what_cpython_takes() {
    let mut patterns = vec!["~.".to_owned(), "(?s)~.".to_owned()];
    for (at, entry) in ENTRIES.iter().enumerate() {
        let other = ENTRIES[(at * 7 + 4) % ENTRIES.len()];
        for flags in ["", "(?i)", "(?a)", "(?ai)"] {
            patterns.push(format!("{flags}~[{entry}{other}]"));
        }
        patterns.push(format!("(?i)~[{entry}]|[{other}]"));
        patterns.push(format!("(?i)~[^{entry}]"));
        patterns.push(format!("(?i)~[{entry}]"));
        patterns.push(format!("(?ai)~[^{entry}{other}]"));
    }
    let sets = ask("classes", &patterns);
    let cased: Vec<char> = ('\0'..=char::MAX)
        .filter(|char| unicode::is_cased(*char))
        .collect();
    for pattern in &patterns {
        let theirs = &sets[&hexadecimal(pattern)];
        let ast = Regex::new(&pattern.replacen('~', "", 1))
            .unwrap()
            .ast()
            .clone();
        match ast.root.kind {
            Kind::Class(class) => {
                assert_eq!(&class.whole_set(), theirs, "{pattern}");
                let borders = theirs
                    .iter()
                    .flat_map(|(first, last)| around(*first, *last));
                for char in borders.chain(cased.iter().copied()) {
                    let is_in = is_in(theirs, char);
                    assert_eq!(class.contains(char), is_in, "{pattern} {char:?}");
                }
            }
            Kind::Literal(literal) => {
                let ours = literal.case.variants(literal.char);
                assert_eq!(ours, listed(theirs), "{pattern}");
            }
            other => panic!("{pattern}: {other:?}"),
        }
    }
}

#[test]
fn literals_take_what_cpython_takes() {
    check_cases("literals", Case::variants, Case::same);
}

#[test]
fn back_references_take_what_cpython_takes() {
    let all = |_: Case, _: char| Vec::new();
    check_cases("references", all, Case::same_again);
}

/// Checks which cased characters belong to which, pair by pair; `list` may know them all.
fn check_cases(
    call: &str,
    list: impl Fn(Case, char) -> Vec<char>,
    same: impl Fn(Case, char, char) -> bool,
) {
    let sets = ask(call, &[]);
    let cased: Vec<char> = ('\0'..=char::MAX)
        .filter(|char| unicode::is_cased(*char))
        .collect();
    assert_eq!(sets.len(), cased.len() * 2);
    for one in &cased {
        for (flags, case) in [("i", Case::Ignore), ("ai", Case::IgnoreAscii)] {
            let theirs = listed(&sets[&format!("{flags}{:x}", u32::from(*one))]);
            let ours = list(case, *one);
            assert!(
                ours.is_empty() || ours == theirs,
                "{case:?} {one:?}: {ours:?} {theirs:?}"
            );
            // What belongs together, and some that do not.
            let others = cased.iter().skip(usize::from(flags == "i")).step_by(37);
            for other in theirs.iter().chain(others) {
                let expected = theirs.contains(other);
                assert_eq!(
                    same(case, *one, *other),
                    expected,
                    "{case:?} {one:?} {other:?}"
                );
            }
        }
    }
}

fn ask(function: &str, patterns: &[String]) -> Sets {
    let input: Vec<String> = patterns.iter().map(|one| hexadecimal(one)).collect();
    let printed = python::ask(&format!("{FUNCTIONS}\n{function}()\n"), &input.join("\n")).unwrap();
    let set = |line: &str| {
        let mut words = line.split(' ');
        let name = words.next().unwrap().to_owned();
        let code = |word| u32::from_str_radix(word, 16).unwrap();
        let chars: Vec<char> = words
            .map(|word| char::from_u32(code(word)).unwrap())
            .collect();
        let (pairs, rest) = chars.as_chunks::<2>();
        assert!(rest.is_empty());
        (
            name,
            pairs.iter().map(|[first, last]| (*first, *last)).collect(),
        )
    };
    printed.lines().map(set).collect()
}

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks for every character whether it belongs to a set.
fn check(sets: &Sets, name: &str, belongs: impl Fn(char) -> bool) {
    let mut theirs = vec![false; CODES];
    for char in listed(&sets[name]) {
        theirs[char as usize] = true;
    }
    for char in '\0'..=char::MAX {
        assert_eq!(belongs(char), theirs[char as usize], "{name} {char:?}");
    }
}

fn is_in(ranges: &[(char, char)], char: char) -> bool {
    let at = ranges.partition_point(|(first, _)| *first <= char);
    at.checked_sub(1).is_some_and(|at| char <= ranges[at].1)
}

fn listed(ranges: &[(char, char)]) -> Vec<char> {
    ranges
        .iter()
        .flat_map(|(first, last)| *first..=*last)
        .collect()
}

/// Returns the ends of a range and their neighbours.
fn around(first: char, last: char) -> impl Iterator<Item = char> {
    let codes = [first, last].map(u32::from);
    let codes = codes
        .into_iter()
        .flat_map(|code| code.saturating_sub(1)..=code + 1);
    codes.filter_map(char::from_u32)
}
