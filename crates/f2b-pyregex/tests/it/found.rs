//! What fuzzing found.

use std::ops::Range;

use f2b_pyregex::{Nature, Prefilter, Regex, Rule, Scratch};

/// Checks the span of the match, by our own matcher and as it comes; `None` is none. CPython was asked.
fn check(pattern: &str, text: &str, expected: Option<(usize, usize)>) {
    let regex = Regex::new(pattern).unwrap();
    for mut scratch in [
        Scratch::default(),
        Scratch::own_matcher_only(),
        Scratch::remembering(),
    ] {
        let found = regex.search(text, &mut scratch).unwrap();
        let span = found.map(|groups| (groups.span().start, groups.span().end));
        assert_eq!(span, expected, "{pattern:?} on {text:?}");
    }
}

#[test]
fn a_condition_within_its_own_group_sees_the_new_begin() {
    check(r"^(?:x?(a(?(1)b|c)))*$", "acxab", None);
    check(r"^(?:x?(a(?(1)b|c)))*$", "acxac", Some((0, 5)));
    check(r"^(?:(a(?(1)b|c)))*$", "acab", Some((0, 4)));
    check(r"^(?:(a(?(1)b|c)))*$", "acac", None);
}

#[test]
fn a_condition_sees_what_a_look_around_captured() {
    check(r"(?<=(a))(?(1)|b)", "a", Some((1, 1)));
    check(r"(?=(a)?)(?(1)|b)", "a", Some((0, 0)));
    check(r"c(?:(?<=(c))(?(1)|b)|d)+", "c", Some((0, 1)));
}

#[test]
fn a_loop_with_an_end_leaves_nothing_to_the_loop_after_it() {
    let check = |pattern: &str, expected: Option<Range<usize>>| {
        let regex = Regex::new(pattern).unwrap();
        let found = regex.search("", &mut Scratch::default()).unwrap();
        assert_eq!(found.unwrap().get(1), expected, "{pattern}");
    };
    check("(?:|b){0,2}(|a)*", Some(0..0));
    check("(?:){1,2}+(|a)*", Some(0..0));
    check("(?:|b){0,2}?(|a)*?", None);
}

#[test]
fn back_references_without_case_compare_lower_cases() {
    check(r"(?i)(s)\1", "sſ", None);
    check(r"(?i)(k)\1", "k\u{212a}", Some((0, 4)));
    check(r"(?i)(σ)\1", "Σσ", Some((0, 4)));
    check(r"(?i)(σ)\1", "ςσ", None);
}

#[test]
fn a_prefilter_takes_no_place_along_with_the_text_of_a_group() {
    let check = |pattern: &str, text: &str| {
        let regex = Regex::new(pattern).unwrap();
        let within = None;
        let rule = Rule {
            regex: &regex,
            within,
        };
        let prefilter = Prefilter::new(&[rule]);
        let mut candidates = prefilter.candidates();
        let found = regex.search(text, &mut Scratch::default()).unwrap();
        assert!(found.is_some(), "{pattern} on {text}");
        assert!(
            prefilter.scan(text.as_bytes(), &mut candidates),
            "{pattern} on {text}"
        );
    };
    check(r"(^a)\1", "aa");
    check(r"(?m)(^a|b$).*\1", "aca");
    check(r"(a\n$|b)(\1)\2", "bbb");
}

#[test]
fn iterations_of_nothing_are_given_up() {
    let regex = Regex::new("(?:a?){4294967294}").unwrap();
    assert_eq!(regex.nature(), Nature::Budgeted);
    assert!(regex.search("a", &mut Scratch::default()).is_err());
}

#[test]
fn patterns_that_multiply_themselves_stay_small() {
    let check = |pattern: &str| {
        let regex = Regex::new(pattern).unwrap();
        let rule = Rule {
            regex: &regex,
            within: None,
        };
        let prefilter = Prefilter::new(&[rule]);
        let mut candidates = prefilter.candidates();
        prefilter.scan(b"aaaa", &mut candidates);
        // Whether it is found or given up: it ends.
        let ended = regex.search("aaaa\n", &mut Scratch::default());
        drop(ended);
    };
    let doubled: String = (1..40)
        .map(|group| format!(r"(\{group}\{group})"))
        .collect();
    check(&format!("(a){doubled}"));
    check("(?:(?:a{1000}){1000}){1000}");
    check("(?i)(?:a|b*){2,2943}[c-k]");
    let long = "ab?".repeat(2_000);
    check(&format!("(?:(?={long})a){{9000}}"));
    check(&format!("(?:(?>{long})|a){{9000}}"));
    check(&format!("(?:{}|b){{9000}}", "a".repeat(8_000)));
    check(&format!("(?:{}){{40}}", "(?:a|b|)".repeat(100)));
}
