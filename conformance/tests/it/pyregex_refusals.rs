//! Which patterns `f2b-pyregex` refuses, in which words, and what it makes of the others: groups, flags
//! and tree are those of CPython's `re`.

use std::fmt::Write as _;

use conformance::python;
use f2b_pyregex::{Flags, Regex};

mod hand;
mod made;
mod tree;

/// How many patterns are made up, unless the environment's `PYREGEX_PATTERNS` says.
const MADE: u64 = 6000;

/// Prints for each pattern what CPython makes of it.
const SCRIPT: &str = include_str!("pyregex_refusals/script.py");

#[test]
fn patterns_are_refused_as_cpython_refuses_them() {
    let wanted = std::env::var("PYREGEX_PATTERNS");
    let wanted = wanted.map_or(MADE, |text| text.parse().unwrap());
    let mut patterns: Vec<String> = hand::patterns().into_iter().map(str::to_owned).collect();
    patterns.extend(hand::long());
    patterns.extend((0..wanted).map(made::pattern));
    let (mut refused, mut wrong) = (0, Vec::new());
    for patterns in patterns.chunks(50_000) {
        let said = python::ask(SCRIPT, &input(patterns)).unwrap();
        let said: Vec<&str> = said.lines().collect();
        assert_eq!(said.len(), patterns.len());
        for (pattern, theirs) in patterns.iter().zip(said) {
            let ours = verdict(pattern);
            refused += u32::from(ours.starts_with("no"));
            if comparable(pattern, &ours) != comparable(pattern, theirs) {
                wrong.push(format!(
                    "{pattern:?}\n  cpython: {theirs}\n  ours:    {ours}"
                ));
            }
        }
    }
    let count = patterns.len();
    println!("{count} patterns, {refused} of them refused");
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>();
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        shown.join("\n")
    );
}

#[test]
fn characters_by_name_are_the_known_difference() {
    let pattern = r"a\N{DIGIT ONE}";
    let theirs = python::ask(SCRIPT, &input(&[pattern.to_owned()])).unwrap();
    assert_eq!(theirs, "yes  0 (concat '61 '31)\n");
    let ours = Regex::new(pattern).unwrap_err().to_string();
    assert_eq!(ours, "undefined character name 'DIGIT ONE' at position 1");
}

#[test]
fn groups_in_one_another_end_before_cpython_does() {
    let nested = |depth: usize| format!("{}{}", "(".repeat(depth), ")".repeat(depth));
    let theirs = python::ask(SCRIPT, &input(&[nested(251)])).unwrap();
    assert!(theirs.starts_with("yes  251 (group 1 "), "{theirs}");
    assert_eq!(Regex::new(&nested(250)).unwrap().group_count(), 250);
    let ours = Regex::new(&nested(251)).unwrap_err().to_string();
    assert_eq!(ours, "more than 250 groups in one another at position 250");
}

/// Returns what has to be equal: all, but for the tree where it may differ.
///
/// Alternatives of which one begins with `^` and one with `\A` share their start in our tree, as the
/// two mean the same; in CPython's they do not.
fn comparable<'v>(pattern: &str, verdict: &'v str) -> &'v str {
    let ambiguous = pattern.contains('^') && pattern.contains(r"\A");
    let tree = verdict
        .starts_with("yes")
        .then(|| verdict.find(['(', '[', '\'']));
    match tree.flatten() {
        Some(at) if ambiguous => verdict.split_at(at).0,
        _ => verdict,
    }
}

fn input(patterns: &[String]) -> String {
    let mut input = String::new();
    for pattern in patterns {
        for byte in pattern.bytes() {
            write!(input, "{byte:02x}").unwrap();
        }
        input.push('\n');
    }
    input
}

fn verdict(pattern: &str) -> String {
    let regex = match Regex::new(pattern) {
        Ok(regex) => regex,
        Err(error) => return format!("no {}", error.to_string().replace('\n', "\0")),
    };
    let Flags {
        ignore_case,
        multiline,
        dot_all,
        verbose,
        ascii,
    } = regex.ast().flags;
    let set = [
        (ascii, 'a'),
        (ignore_case, 'i'),
        (multiline, 'm'),
        (dot_all, 's'),
        (verbose, 'x'),
    ];
    let letters = set.iter().filter(|(is_on, _)| *is_on);
    let letters: String = letters.map(|(_, letter)| *letter).collect();
    let mut verdict = format!("yes {letters} {}", regex.group_count());
    for (name, index) in regex.group_names() {
        write!(verdict, " {index}={name}").unwrap();
    }
    write!(verdict, " {}", tree::shown(&regex.ast().root)).unwrap();
    verdict
}
