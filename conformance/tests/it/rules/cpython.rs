//! The rules on mutated sample lines: span and groups as CPython finds them.

use std::fmt::Write as _;

use conformance::python;
use f2b_pyregex::{Flags, Groups, Regex, Scratch};

use super::number;
use super::random::Random;
use super::samples;
use super::stock::{self, StockRule};

/// Answers each line `FLAG PATTERN SUBJECT…` (in hexadecimal digits) with one line: for each subject
/// `-`, `?` (took too long) or the spans of all groups.
const SCRIPT: &str = r#"
import re, signal, sys
class Late(Exception): pass
def late(*_): raise Late()
signal.signal(signal.SIGALRM, late)
def text(word): return bytes.fromhex(word[1:]).decode()
def answer(regex, subject):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        found = regex.search(subject)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Late:
        return "?"
    if found is None: return "-"
    return ";".join("%d,%d" % found.span(i) for i in range(regex.groups + 1))
for line in sys.stdin:
    flag, *words = line.split()
    regex = re.compile(text(words[0]), re.MULTILINE if flag == "m" else 0)
    print(*[answer(regex, text(word)) for word in words[1:]])
"#;

pub(super) fn hex(text: &str) -> String {
    text.bytes().fold(String::from("x"), |mut word, byte| {
        write!(word, "{byte:02x}").unwrap();
        word
    })
}

/// Parts of a sample line, whole and spoilt.
fn subject(random: &mut Random, samples: &[String]) -> String {
    let Some(line) = samples.get(random.below(samples.len())) else {
        return String::from("\n");
    };
    let mut chars: Vec<char> = line.chars().collect();
    // What stands behind a date or a prefix, mostly.
    if random.chance(85) {
        let words: Vec<usize> = (0..chars.len().min(90))
            .filter(|at| *at == 0 || chars[at - 1] == ' ' || chars[*at] == ' ')
            .collect();
        chars.drain(..words[random.below(words.len())]);
    }
    for _ in 0..[0, 0, 1, 1, 2, 4][random.below(6)] {
        const PIECES: &[&str] = &[
            " ",
            ":",
            "(",
            "from 1.2.3.4",
            "é",
            "\u{a0}",
            "٣",
            "[",
            "]",
            "\"",
            "'",
            "invalid user ",
            "::1",
            "K",
            "::ffff:1.2.3.4",
            "1",
            "\n",
        ];
        let at = random.below(chars.len() + 1);
        match random.below(4) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 => {
                let other = random.below(chars.len() + 1);
                let piece: Vec<char> = chars[at.min(other)..at.max(other)].to_vec();
                chars.splice(at..at, piece.into_iter().take(40));
            }
            2 => chars.truncate(at),
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                chars.splice(at..at, piece.chars());
            }
        }
    }
    chars.into_iter().chain(['\n']).collect()
}

fn shown(text: &str, groups: Option<&Groups>, count: usize) -> String {
    let Some(groups) = groups else {
        return "-".to_owned();
    };
    let chars = |at: usize| text.get(..at).unwrap().chars().count();
    let span = |index| match groups.get(index) {
        Some(range) => format!("{},{}", chars(range.start), chars(range.end)),
        None => "-1,-1".to_owned(),
    };
    (0..=count).map(span).collect::<Vec<_>>().join(";")
}

fn compile(rule: &StockRule) -> Regex {
    let flags = Flags {
        multiline: rule.multiline,
        ..Flags::default()
    };
    Regex::with_flags(&rule.pattern, flags).unwrap()
}

#[test]
fn every_rule_of_the_originals_matches_as_in_cpython() {
    let lines = number("STOCKADE_LINES", 120);
    let mut random = Random(5);
    let (mut pairs, mut matches, mut too_long) = (0, 0, 0);
    let mut differences = Vec::new();
    let rules = stock::rules();
    for some in rules.chunks(40) {
        let mut input = String::new();
        let mut asked = Vec::new();
        for rule in some {
            let samples = samples::lines(&rule.filter);
            let subjects: Vec<_> = (0..lines).map(|_| subject(&mut random, &samples)).collect();
            input.push_str(if rule.multiline { "m " } else { "- " });
            input.push_str(&hex(&rule.pattern));
            for subject in &subjects {
                input.push(' ');
                input.push_str(&hex(subject));
            }
            input.push('\n');
            asked.push((rule, subjects));
        }
        let said = python::ask(SCRIPT, &input).unwrap();
        for ((rule, subjects), answer) in asked.into_iter().zip(said.lines()) {
            let regex = compile(rule);
            let ways = [
                Scratch::automaton_first(),
                Scratch::own_matcher_only(),
                Scratch::remembering(),
            ];
            for (way, mut scratch) in ways.into_iter().enumerate() {
                let own = way > 0;
                for (subject, theirs) in subjects.iter().zip(answer.split_whitespace()) {
                    pairs += usize::from(!own);
                    too_long += usize::from(!own && theirs == "?");
                    matches += usize::from(!own && theirs != "-");
                    let found = regex.search(subject, &mut scratch).unwrap();
                    let ours = shown(subject, found.as_ref(), regex.group_count());
                    if ours != theirs && theirs != "?" {
                        differences.push(format!(
                            "{} {:?}\non {subject:?}\nCPython {theirs}\nours    {ours}",
                            rule.filter, rule.pattern
                        ));
                    }
                }
            }
        }
    }
    println!(
        "{} rules, {pairs} pairs, {matches} matches, {too_long} took CPython too long",
        rules.len()
    );
    assert!(matches * 20 > pairs, "{matches} matches of {pairs}");
    let few: Vec<_> = differences.iter().take(10).cloned().collect();
    assert!(
        few.is_empty(),
        "{} differences: {}",
        differences.len(),
        few.join("\n")
    );
}
