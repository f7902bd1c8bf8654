//! How the work of our own matcher grows, in steps.
//!
//! `STOCKADE_GROWTH` says how many made-up patterns are tried.

use std::env;

use f2b_pyregex::{Nature, Regex, Scratch};

use crate::cpython::generator::{Generator, Random, subject};

/// The steps for each byte of `text`.
fn per_byte(regex: &Regex, text: &str) -> f64 {
    let mut scratch = Scratch::remembering();
    let searched = regex.search(text, &mut scratch);
    assert!(searched.is_ok(), "{:?} was given up", regex.as_str());
    let (steps, bytes) = (scratch.steps(), text.len() + 1);
    f64::from(u32::try_from(steps).unwrap()) / f64::from(u32::try_from(bytes).unwrap())
}

/// `unit` again and again, then `end`, `length` bytes in all or a little less.
fn text(unit: &str, end: &str, length: usize) -> String {
    unit.repeat((length - end.len()) / unit.len()) + end
}

#[test]
fn steps_grow_with_the_length_and_no_faster() {
    let mut growing = Vec::new();
    let mut check = |pattern: &str, texts: &[(&str, &str)]| {
        let regex = Regex::new(pattern).unwrap();
        assert_ne!(regex.nature(), Nature::Budgeted, "{pattern}");
        for (unit, end) in texts {
            let steps = [1_000, 4_000, 16_000].map(|length| {
                let text = text(unit, end, length);
                per_byte(&regex, &text)
            });
            println!("{pattern:40} {unit:?} {end:?}: {steps:.1?}");
            // What is counted up to a thousand has to be full first.
            let [_, long, longest] = steps;
            if longest > long * 1.3 + 1.0 {
                growing.push(format!("{pattern:?} on {unit:?}…{end:?}: {steps:.1?}"));
            }
        }
    };
    let letters: &[_] = &[("a", ""), ("a", "x"), ("a", "b"), ("a", "c\n"), ("ab", "")];
    check("(a*)*b", letters);
    check("(?:a*)*b", letters);
    check("(?:a*)*?b", letters);
    check("(?:(?:a*)*)*b", letters);
    check("(?:(?:(?:a+)+)+)+b", letters);
    check("(?:a|a)*b", letters);
    check("(?:a|a|ab)*c", letters);
    check("(?:a|b|ab)*?c", letters);
    check("(a|ab)*(c|bcd)(d*)x", letters);
    check("(?:(?=.*x)a)*", letters);
    check("(?:(?=(.*x))a)*", letters);
    check("(?:(?!.*x)a)*b", letters);
    check("(?:(?=((?:(a)|(b))*))[ab])*c", letters);
    check("(?:(?=((?:(a)|(b))*?b))[ab])*c", letters);
    check("(?:(?=(?:(?=(.*b))[ab])*)a)*c", letters);
    check("(?:(?=(a*?b))a)*c", letters);
    check("(?:(?=(a{1,9}b?))a)*c", letters);
    check("(?:(?<=a)(?=.*c)b|a)*x", letters);
    check("(?>a*)b", letters);
    check("(?>(?:a|b)*)c", letters);
    check("(?>(?:a|ab)*)c", letters);
    check("(?:(?>a|ab)*b)*c", letters);
    check("(?:(?>a*)b?)*c", letters);
    check("(?:a*+b?)*c", letters);
    check("(?:a|b)*+c", letters);
    check("(?:(?:a|b)*+c)?(?:a|b)*+x", letters);
    check("(a)?(?:(?(1)a|b))*c", letters);
    check("(?:(a)|b|(?(1)ab|ba))*c", letters);
    check("(['\"])?(?:a|b)*(?(1)\\1|x)", letters);
    check("([ab])(?:a|b|\\1)*c", letters);
    check("a*a*a*a*b", letters);
    check(".*.*.*.*=.*", letters);
    check(".*?a.*?a.*?a.*?=", letters);
    check("^.*?,.*?,.*?x$", letters);
    check("(?:a?){30}a{30}c", letters);
    check("(?:a{1,3}){1,4}c", letters);
    check("(?:a{0,3}b?){0,9}c", letters);

    let blanks: &[_] = &[(" ", ""), (" ", "x"), (" a", " "), ("    a", "")];
    check(r"\s*+x", blanks);
    check(r"\s*x", blanks);
    check(r"\s+$", blanks);
    check(r"(?:\s*+a)*x", blanks);
    check(r"(?:\s*\w*\s*)*x", blanks);
    check(r"(?:a\s*+)?\s*+x", blanks);
    check(r"(?:.{0,8}\s)?\s*+x", blanks);

    let twice: &[_] = &[("a", "c\n"), ("a", "caaaaaaaa"), ("ab", "cab")];
    check("(?:(?:a|b)*+c)?(?:a|b)*+x", twice);
    let mixed: &[_] = &[
        ("abcd", ""),
        ("abcdd", ""),
        ("abc", "x"),
        ("abbcd", "d"),
        ("acd", ""),
        ("é", ""),
        ("abcdé", "x"),
    ];
    check("(a|ab)(c|bcd)(d*)x", mixed);
    check("(?:(a|ab)(c|bcd)(d*))*x", mixed);
    check("(?:(a|ab)(c|bcd)(d*))*?x", mixed);
    check("(?:(?:a|ab)(?:c|bcd)(?=(d*))d*)*x", mixed);
    check(r"(?:\w|[^c])*x", mixed);

    let counted: &[_] = &[
        ("x", ""),
        ("xy", ""),
        ("y", ""),
        ("xxxxxxxxxxxxxxxxxy", "z"),
        ("x", "z"),
    ];
    check("(?:x{0,200}y){0,50}", counted);
    check("(?:x{0,200}y){0,50}z$", counted);
    check("(?:x{0,200}?y){0,50}?z$", counted);
    check("(?:x{2,20}y?){3,50}z$", counted);
    check("(?:x{0,20}+y?){0,50}+z$", counted);
    assert!(growing.is_empty(), "{}", growing.join("\n"));
}

#[test]
fn what_is_tried_without_a_memory_adds_little() {
    let check = |pattern: &str, text: &str| {
        let regex = Regex::new(pattern).unwrap();
        let steps = |mut scratch: Scratch| {
            assert!(regex.search(text, &mut scratch).is_ok(), "{pattern}");
            scratch.steps()
        };
        let (shipped, remembering) = (
            steps(Scratch::own_matcher_only()),
            steps(Scratch::remembering()),
        );
        let quick = 200 + 8 * u64::try_from(text.len()).unwrap();
        let shown: String = text.chars().take(20).collect();
        assert!(
            shipped <= remembering + 2 * quick,
            "{pattern} on {shown}: {shipped} {remembering}"
        );
    };
    for length in [10, 100, 1_000, 10_000] {
        let texts = ["a", "ab", "aé", " a"].map(|unit| unit.repeat(length));
        for text in &texts {
            check("(a*)*b", text);
            check("(?:(?:a+)+)+c", text);
            check("(?:(?=.*x)a)*", text);
            check("(?:(?=(.*))[ab])*c", text);
            check("(?:(?>a*)b?)*c", text);
            check(".*.*.*.*=", text);
            check("(?:(?!x).)*?y", text);
            check("(a)?(?:(?(1)a|b))*c", text);
            check(r"\s*\S*\s*x", text);
        }
    }
}

#[test]
fn possessive_runs_are_walked_once_however_many_there_are() {
    let check = |pattern: &str| {
        let regex = Regex::new(pattern).unwrap();
        let [short, long] = [1_000, 16_000].map(|length| {
            let quarter = "a".repeat(length / 4);
            per_byte(
                &regex,
                &format!("{quarter}c{quarter}d{quarter}c{quarter}da"),
            )
        });
        assert!(long <= short + 1.0, "{pattern:?}: {short} {long}");
    };
    check("(?:[ab]*+c)?[ab]*+x");
    check("(?:[ab]*+[cd])*[ab]*+x");
    check("(?:(?:[ab]*+[cd])?[ab]*+[cd])?[ab]*+x");
    check("(?=(?:[ab]*+[cd])*?d)[ab]*+x");
    check("(?=[ab]++(?:.*?d)?[ab]*+x)[ab]*+x");
}

/// The pattern with a character behind it that is in no text.
fn never(pattern: &str) -> String {
    let flags = ["i", "s", "m", "a", "im", "is", "x", "ia"].map(|flags| format!("(?{flags})"));
    let flags = flags.iter().find(|flags| pattern.starts_with(*flags));
    let flags = flags.map_or("", String::as_str);
    format!("{flags}(?:{})\\x01", &pattern[flags.len()..])
}

#[test]
fn steps_of_made_up_patterns_grow_no_faster() {
    let patterns = env::var("STOCKADE_GROWTH").map_or(400, |count| count.parse().unwrap());
    let mut random = Random(11);
    let mut growing = Vec::new();
    let mut most: f64 = 0.0;
    let mut tried = 0;
    while tried < patterns {
        let made = Generator::new(&mut random).pattern();
        // What never matches is tried in every way, at every place.
        let pattern = match random.below(3) {
            0 => made,
            _ => never(&made),
        };
        let Ok(regex) = Regex::new(&pattern) else {
            continue;
        };
        if regex.nature() == Nature::Budgeted {
            continue;
        }
        tried += 1;
        for _ in 0..12 {
            let unit = subject(&mut random, &pattern);
            let end = subject(&mut random, &pattern);
            if unit.is_empty() {
                continue;
            }
            let steps = [500, 2_000, 8_000].map(|length| {
                let text = text(&unit, &end, length);
                per_byte(&regex, &text)
            });
            let [_, long, longest] = steps;
            most = most.max(longest);
            if longest > long * 1.3 + 1.0 {
                growing.push(format!("{pattern:?} on {unit:?}…{end:?}: {steps:.1?}"));
            }
        }
    }
    println!("{tried} patterns, at most {most:.0} steps a byte");
    assert!(growing.is_empty(), "{}", growing.join("\n"));
}
