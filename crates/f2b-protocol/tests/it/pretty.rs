//! The layout of values against that of Python's `pprint`.

use std::cell::RefCell;

use f2b_protocol::{SurrogateText, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::oracle::Oracle;
use crate::values::{any_text, any_value};

fn run<S: Strategy<Value = (Value, Vec<usize>)>>(cases: u32, questions: &S) {
    let oracle = RefCell::new(Oracle::start());
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(questions, |(value, widths)| {
            let expected = oracle.borrow_mut().pretty(&value, &widths);
            for (width, expected) in widths.into_iter().zip(expected) {
                prop_assert_eq!(value.pretty(width), expected, "width {}", width);
            }
            Ok(())
        })
        .unwrap();
}

fn check(oracle: &mut Oracle, value: &Value, widths: &[usize]) {
    for (width, expected) in widths.iter().zip(oracle.pretty(value, widths)) {
        assert_eq!(value.pretty(*width), expected, "width {width}");
    }
}

/// Words, white space and line ends in runs, so that breaks have choices.
fn prose(pieces: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec![
        " ", "  ", "\t", "\n", "\r", "\r\n", "\n\n", "\n\r", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}",
        "\u{1e}", "\u{1f}", "\u{85}", "\u{a0}", "\u{200b}", "\u{2028}", "\u{2029}", "\u{3000}",
        "\u{feff}", "\u{180e}",
    ]);
    let mark = prop::sample::select(vec![
        "'",
        "\"",
        "\\",
        "é",
        "\u{1f600}",
        "\u{e0001}",
        "\0",
        "<HOST>",
    ]);
    let piece = prop_oneof![
        5 => "[a-z]{1,9}",
        1 => "x{10,40}",
        4 => Just(" ".to_owned()),
        2 => space.prop_map(str::to_owned),
        2 => mark.prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, pieces).prop_map(|pieces| pieces.concat())
}

fn surrogate_prose() -> impl Strategy<Value = Value> {
    (prose(0..20), 0xd800_u32..0xe000, prose(0..20)).prop_map(|(before, lone, after)| {
        let mut points: Vec<u32> = before.chars().map(u32::from).collect();
        points.push(lone);
        points.extend(after.chars().map(u32::from));
        Value::Surrogates(SurrogateText::from_points(points).unwrap())
    })
}

fn bytes() -> impl Strategy<Value = Value> {
    let byte = prop_oneof![6 => b'a'..b'e', 1 => any::<u8>(), 1 => Just(b'\''), 1 => Just(b'"')];
    prop::collection::vec(byte, 0..60).prop_map(Value::Bytes)
}

/// Keys of all kinds that Python orders; no two of different kinds are equal.
fn key() -> impl Strategy<Value = Value> {
    let whole = -3_i64..30;
    let leaf = prop_oneof![
        3 => prose(0..4).prop_map(Value::Str),
        1 => any_text().prop_map(Value::Str),
        2 => whole.clone().prop_map(Value::Int),
        1 => any::<i64>().prop_map(Value::Int),
        1 => "-?[1-9][0-9]{19,22}".prop_map(Value::BigInt),
        2 => whole.clone().prop_map(|number| Value::Float(number as f64 + 0.25)),
        1 => (1_u32..10_000).prop_map(|number| Value::Float(f64::from(number) * 1e16 + 0.5)),
        1 => prop::sample::select(vec![f64::INFINITY, f64::NEG_INFINITY]).prop_map(Value::Float),
        1 => Just(Value::None),
        1 => surrogate_prose(),
    ];
    let tuple = prop::collection::vec(whole.prop_map(Value::Int), 0..4).prop_map(Value::Tuple);
    prop_oneof![8 => leaf, 1 => tuple]
}

fn distinct(pairs: Vec<(Value, Value)>) -> Value {
    let mut kept: Vec<(Value, Value)> = Vec::new();
    for (key, value) in pairs {
        // A float beyond 2^53 may equal a whole number.
        let same = |other: &Value| {
            let number = |value: &Value| value.repr().parse::<f64>().ok();
            *other == key || number(other).is_some_and(|other| Some(other) == number(&key))
        };
        if !kept.iter().any(|(other, _)| same(other)) {
            kept.push((key, value));
        }
    }
    Value::Dict(kept)
}

fn nested() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => prose(0..12).prop_map(Value::Str),
        2 => prose(0..60).prop_map(Value::Str),
        1 => surrogate_prose(),
        2 => bytes(),
        2 => any::<i64>().prop_map(Value::Int),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::None),
        1 => "-?[1-9][0-9]{19,60}".prop_map(Value::BigInt),
        // One element: in one line Python's order of a set is its own.
        1 => prop::option::of(key()).prop_map(|one| Value::Set(one.into_iter().collect())),
        1 => prop::option::of(key()).prop_map(|one| Value::FrozenSet(one.into_iter().collect())),
    ];
    leaf.prop_recursive(5, 40, 8, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
            2 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Tuple),
            2 => prop::collection::vec((key(), inner), 0..6).prop_map(distinct),
        ]
    })
}

/// Adds widths: any small one, and those around what the value takes.
fn with_widths(values: impl Strategy<Value = Value>) -> impl Strategy<Value = (Value, Vec<usize>)> {
    (values, prop::collection::vec(1_usize..120, 6), 0_usize..40).prop_map(
        |(value, mut widths, beneath)| {
            let full = value.repr().chars().count();
            widths.extend(full.saturating_sub(2)..full + 3);
            widths.push(full.saturating_sub(beneath));
            widths.push(1000);
            widths.retain(|width| *width > 0);
            (value, widths)
        },
    )
}

#[test]
fn nested_values_are_laid_out_as_pprint_lays_them_out() {
    run(2500, &with_widths(nested()));
}

#[test]
fn values_of_every_kind_are_laid_out_as_pprint_lays_them_out() {
    run(1000, &with_widths(any_value()));
}

#[test]
fn long_texts_are_broken_where_pprint_breaks_them() {
    let text = prose(0..80).prop_map(Value::Str);
    let alone = prop_oneof![text, surrogate_prose(), bytes()];
    run(1500, &with_widths(alone));
    let commands = prop::collection::vec(prose(0..40), 1..5).prop_map(Value::texts);
    run(1500, &with_widths(commands));
}

#[test]
fn dictionaries_are_sorted_as_pprint_sorts_them() {
    let keys = prop::collection::vec((key(), prose(0..6).prop_map(Value::Str)), 0..12);
    run(1500, &with_widths(keys.prop_map(distinct)));
}

#[test]
fn commands_around_a_thousand_columns_are_those_of_pprint() {
    // Words, then one filler that brings a text or the whole to the edge.
    let command = (prose(0..10), 960_usize..1020, 0_usize..4, any::<bool>()).prop_map(
        |(tail, length, shape, is_broken)| {
            let filler = if is_broken {
                "e ".repeat(length / 2)
            } else {
                "e".repeat(length)
            };
            let text = Value::text(format!("a b {filler} {tail}"));
            let property = Value::List(vec![Value::from("actionban"), text.clone()]);
            match shape {
                0 => text,
                1 => Value::List(vec![Value::from("set"), Value::from("toy"), text]),
                2 => Value::List(vec![Value::from("set"), text, Value::from("x")]),
                _ => Value::List(vec![Value::from("multi-set"), Value::List(vec![property])]),
            }
        },
    );
    let widths = Just(vec![998, 999, 1000, 1001, 1002]);
    run(1500, &(command, widths));
}

#[test]
fn what_holds_nothing_is_laid_out_as_pprint_does_in_any_width() {
    let mut oracle = Oracle::start();
    let widths: Vec<usize> = (1..40).collect();
    let rows = [
        Value::List(vec![]),
        Value::Tuple(vec![]),
        Value::Dict(vec![]),
        Value::Set(vec![]),
        Value::FrozenSet(vec![]),
        Value::from(""),
        Value::from("\n"),
        Value::from(" "),
        Value::Bytes(vec![]),
        Value::Bytes(b"abcd".to_vec()),
        Value::Bytes(b"abcde".to_vec()),
        Value::Bytes(b"abcdefgh".to_vec()),
        Value::None,
        Value::Int(-100),
        Value::List(vec![Value::List(vec![]), Value::Tuple(vec![])]),
        Value::Tuple(vec![Value::Dict(vec![])]),
        Value::Tuple(vec![Value::from("one two")]),
        Value::Dict(vec![(Value::from("k"), Value::from("one two"))]),
    ];
    for value in &rows {
        check(&mut oracle, value, &widths);
    }
}

#[test]
fn broken_sets_are_sorted_as_pprint_sorts_them() {
    let mut oracle = Oracle::start();
    let words = ["pear", "apple", "two words", "é", "Zoo", ""];
    let items: Vec<_> = words.into_iter().map(Value::from).collect();
    let mixed = [Value::from("b"), Value::Int(7), Value::None, Value::Int(-7)];
    let rows = [
        Value::Set(items.clone()),
        Value::FrozenSet(items.clone()),
        Value::List(vec![Value::FrozenSet(items)]),
        Value::Set(mixed.to_vec()),
    ];
    for value in &rows {
        check(&mut oracle, value, &[1, 5, 10, 15]);
    }
}

#[test]
fn great_values_cost_no_more_than_their_size() {
    let mut oracle = Oracle::start();
    let rows = [
        Value::text("x".repeat(1_000_000)),
        Value::text("word 'and' \n".repeat(50_000)),
        Value::text(" ".repeat(1_000_000)),
        Value::List(vec![Value::Bytes(vec![b'x'; 300_000])]),
        Value::texts((0..50_000).map(|index| format!("192.0.2.{index}"))),
    ];
    for value in &rows {
        check(&mut oracle, value, &[1000]);
    }
    // As deep as a message may be, and wide at the end.
    let words = Value::texts((0..500).map(|index| format!("word {index}")));
    let deep = (0..60).fold(words, |inside, _| Value::List(vec![inside]));
    check(&mut oracle, &deep, &[50, 1000]);
}

#[test]
fn no_width_is_too_small_or_too_great() {
    let value = Value::List(vec![Value::from("a b"), Value::Tuple(vec![Value::Int(1)])]);
    assert_eq!(value.pretty(0), "[ 'a '\n  'b',\n  ( 1,)]");
    assert_eq!(value.pretty(usize::MAX), value.repr());
}
