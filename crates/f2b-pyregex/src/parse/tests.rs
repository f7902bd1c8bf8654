//! What patterns become. Which ones are refused, and in which words, is compared with CPython by the
//! thousand in `conformance`.

use proptest::prelude::*;

use super::*;
use crate::ast::{Assert, Case, Kind, Mode};
use crate::class::{Class, Item};

fn parsed(pattern: &str) -> Result<Ast, Error> {
    parse(pattern, Flags::default())
}

/// Writes a tree in one line.
fn shown(node: &Node) -> String {
    let all = |nodes: &[Node]| nodes.iter().map(shown).collect::<Vec<_>>().join(" ");
    match &node.kind {
        Kind::Empty => "()".to_owned(),
        Kind::Literal(literal) => format!("{:?}{}", literal.char, mark(literal.case)),
        Kind::Class(class) => shown_class(class),
        Kind::Assert(assert) => shown_assert(*assert),
        Kind::Group { index, body } => format!("(group {index} {})", shown(body)),
        Kind::Concat(nodes) => format!("(concat {})", all(nodes)),
        Kind::Alternate(nodes) => format!("(or {})", all(nodes)),
        Kind::Repeat {
            body,
            min,
            max,
            mode,
        } => {
            let max = max.map_or_else(String::new, |max| max.to_string());
            let mode = match mode {
                Mode::Greedy => "",
                Mode::Lazy => "?",
                Mode::Possessive => "+",
            };
            format!("(repeat {min},{max}{mode} {})", shown(body))
        }
        Kind::Look {
            back,
            negated,
            body,
        } => {
            let way = back.map_or_else(|| "ahead".to_owned(), |back| format!("behind {back}"));
            let not = if *negated { " not" } else { "" };
            format!("({way}{not} {})", shown(body))
        }
        Kind::Atomic(body) => format!("(atomic {})", shown(body)),
        Kind::BackReference { group, case } => format!("(again {group}{})", mark(*case)),
        Kind::Conditional { group, yes, no } => {
            format!("(if {group} {} {})", shown(yes), shown(no))
        }
    }
}

fn shown_class(class: &Class) -> String {
    let items = class.items.iter().map(|item| match item {
        Item::Range(first, last) if first == last => format!("{first:?}"),
        Item::Range(first, last) => format!("{first:?}-{last:?}"),
        Item::Category {
            category,
            negated,
            ascii,
        } => {
            let not = if *negated { "not-" } else { "" };
            let ascii = if *ascii { "ascii-" } else { "" };
            format!("{not}{ascii}{category:?}")
        }
    });
    let items = items.collect::<Vec<_>>().join(" ");
    let not = if class.negated { "^" } else { "" };
    format!("[{not}{items}]{}", mark(class.case))
}

fn shown_assert(assert: Assert) -> String {
    match assert {
        Assert::TextStart => "start",
        Assert::LineStart => "line-start",
        Assert::TextEnd => "end",
        Assert::TextEndOrFinalNewline => "last",
        Assert::LineEnd => "line-end",
        Assert::WordBoundary { ascii: false } => "border",
        Assert::WordBoundary { ascii: true } => "ascii-border",
        Assert::NotWordBoundary { ascii: false } => "inside",
        Assert::NotWordBoundary { ascii: true } => "ascii-inside",
    }
    .to_owned()
}

fn mark(case: Case) -> &'static str {
    match case {
        Case::Exact => "",
        Case::IgnoreAscii => "a",
        Case::Ignore => "i",
    }
}

fn check(pattern: &str, expected: &str) {
    let ast = parsed(pattern).unwrap();
    assert_eq!(shown(&ast.root), expected, "{pattern}");
}

#[test]
fn characters_and_escapes_are_what_they_stand_for() {
    check("", "()");
    check("a", "'a'");
    check("ab", "(concat 'a' 'b')");
    check(r"\n\.\x41\101\07", r"(concat '\n' '.' 'A' 'A' '\u{7}')");
    check(r"\u00e9\U0001F600é", "(concat 'é' '😀' 'é')");
    check("{}x{a}]", "(concat '{' '}' 'x' '{' 'a' '}' ']')");
    check(r"\ud800", "[]");
    check(r"\d\W.", r"(concat [Digit] [not-Word] [^'\n'])");
    check(r"^\A\b$\Z\B", "(concat start start border last end inside)");
}

#[test]
fn classes_hold_what_is_between_their_brackets() {
    check("[a-cx]", "['a'-'c' 'x']");
    check("[]a]", "[']' 'a']");
    check("[^]a]", "[^']' 'a']");
    check("[a]", "'a'");
    check("[aa]", "'a'");
    check("[^a]", "[^'a']");
    check("[a-a]", "['a']");
    check("[a-]", "['a' '-']");
    check(r"[\b\d-]", r"['\u{8}' Digit '-']");
    check(r"[\ud7ff-\ue000\ud800]", r"['\u{d7ff}'-'\u{e000}']");
    check(r"[\ud800-\udfff]", "[]");
    check("(?s).", "[^]");
}

#[test]
fn quantifiers_take_the_last_piece() {
    check("ab*", "(concat 'a' (repeat 0, 'b'))");
    check("a+?", "(repeat 1,? 'a')");
    check("a?+", "(repeat 0,1+ 'a')");
    check(
        "a{2}b{,3}c{4,}",
        "(concat (repeat 2,2 'a') (repeat 0,3 'b') (repeat 4, 'c'))",
    );
    check("(?:ab)*", "(repeat 0, (concat 'a' 'b'))");
    check("(?:a*)*", "(repeat 0, (repeat 0, 'a'))");
    check("(a)*", "(repeat 0, (group 1 'a'))");
    check("a(?#b)*", "(repeat 0, 'a')");
    check("(?:)*", "(repeat 0, ())");
    check("(?=a)*", "(repeat 0, (ahead 'a'))");
}

#[test]
fn alternatives_share_their_start_and_become_classes() {
    check("ab|cd", "(or (concat 'a' 'b') (concat 'c' 'd'))");
    check("a|", "(or 'a' ())");
    check("a|b|[cd]", "['a' 'b' 'c' 'd']");
    check("a|[^b]", "(or 'a' [^'b'])");
    check("ab|ac", "(concat 'a' ['b' 'c'])");
    check("^ab|^a", "(concat start 'a' (or 'b' ()))");
    check("(?:a|b)|c", "['a' 'b' 'c']");
    check(
        "a*b|a*c",
        "(or (concat (repeat 0, 'a') 'b') (concat (repeat 0, 'a') 'c'))",
    );
    check("(?i:a)|b", "(or 'a'i 'b')");
    check(
        r"(a)(?:\1b|\1c)",
        "(concat (group 1 'a') (again 1) ['b' 'c'])",
    );
}

#[test]
fn groups_and_their_relatives_are_told_apart() {
    check("(a)(?P<n>b)", "(concat (group 1 'a') (group 2 'b'))");
    check("(?:a)(?#c)", "'a'");
    check("(?>a)", "(atomic 'a')");
    check("(?=a)(?!b)", "(concat (ahead 'a') (ahead not 'b'))");
    check(
        "(?<=ab)(?<!.{3})",
        "(concat (behind 2 (concat 'a' 'b')) (behind 3 not (repeat 3,3 [^'\\n'])))",
    );
    check(
        r"(?P<n>a)(?P=n)\1",
        "(concat (group 1 'a') (again 1) (again 1))",
    );
    check("(a)(?(1)b|c)", "(concat (group 1 'a') (if 1 'b' 'c'))");
    check("(?(1)b)(a)", "(concat (if 1 'b' ()) (group 1 'a'))");
    check(
        r"(a|b)(?<=\1c)",
        "(concat (group 1 ['a' 'b']) (behind 2 (concat (again 1) 'c')))",
    );
}

#[test]
fn flags_are_resolved_where_they_count() {
    check("(?i)a1[b-c]", "(concat 'a'i '1' ['b'-'c']i)");
    check("(?ai)aé", "(concat 'a'a 'é')");
    check("(?i:a)b(?-i:c)", "(concat 'a'i 'b' 'c')");
    check("(?i)(?-i:a)b", "(concat 'a' 'b'i)");
    check("(?m)^$", "(concat line-start line-end)");
    check(
        r"(?a)\w\b(?u:\w\B)",
        "(concat [ascii-Word] ascii-border [Word] inside)",
    );
    check(r"(?i)(a)\1", "(concat (group 1 'a'i) (again 1i))");
    check("(?x) a b # c\n [ ]\\ ", "(concat 'a' 'b' ' ' ' ')");
    check("(?x: a)\u{20}b", "(concat 'a' ' ' 'b')");
    check("(?i)𐐀", "'𐐀'i");
    check("(?i)[𐐀x]", "['x']i");
    check("(?i)[^𐐀]", "[^'𐐨']i");
    let given = Flags {
        verbose: true,
        ..Flags::default()
    };
    let ast = parse("a (?i) b", given);
    assert!(ast.is_err());
    let ast = parse(" (?i) b", given).unwrap();
    assert_eq!(shown(&ast.root), "'b'i");
    assert!(ast.flags.verbose && ast.flags.ignore_case);
}

#[test]
fn every_piece_knows_where_it_stands() {
    let pattern = "é(?P<n>b{2})|x";
    let ast = parsed(pattern).unwrap();
    let Kind::Alternate(branches) = &ast.root.kind else {
        panic!("{ast:?}");
    };
    let texts: Vec<&str> = branches
        .iter()
        .map(|node| pattern.get(node.span.clone()).unwrap())
        .collect();
    assert_eq!(texts, ["é(?P<n>b{2})", "x"]);
    let group = &ast.groups[0];
    assert_eq!(pattern.get(group.span.clone()), Some("(?P<n>b{2})"));
    assert_eq!(group.name.as_deref(), Some("n"));
}

#[test]
fn a_refusal_counts_characters_and_points_at_bytes() {
    let check = |pattern: &str, text: &str, offset: usize| {
        let error = parsed(pattern).unwrap_err();
        assert_eq!((error.text.as_str(), error.offset), (text, offset));
    };
    check("é*é**", "multiple repeat at position 4", 6);
    check(
        "é\né(",
        "missing ), unterminated subpattern at position 3 (line 2, column 2)",
        5,
    );
    check("(?<=a+)b", "look-behind requires fixed-width pattern", 0);
    check(
        "x{3,2}",
        "min repeat greater than max repeat at position 2",
        2,
    );
}

#[test]
fn deep_patterns_are_refused_and_long_ones_are_not() {
    let nested = |depth: usize| format!("{}{}", "(?:".repeat(depth), ")*".repeat(depth));
    assert!(parsed(&nested(250)).is_ok());
    let error = parsed(&nested(100_000)).unwrap_err();
    assert_eq!(
        error.text,
        "more than 250 groups in one another at position 750"
    );
    assert!(parsed(&"(a|b)*c".repeat(20_000)).is_ok());
    assert!(parsed(&"a|".repeat(100_000)).is_ok());
}

/// Pieces of patterns, so that made-up ones get far.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => r"[\[\](){}|*+?^$.\\,:=!<>#1ab é-]",
        1 => r"\(\?(P<n>|P=n\)|\(1\)|<=|<!|=|!|>|i:|#)",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(pattern in pieces()) {
        match parsed(&pattern) {
            Ok(ast) => {
                let spans = ast.groups.iter().map(|group| group.span.clone());
                for span in spans.chain([ast.root.span]) {
                    prop_assert!(pattern.get(span).is_some());
                }
            }
            Err(error) => prop_assert!(pattern.is_char_boundary(error.offset)),
        }
    }
}
