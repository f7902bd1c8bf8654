//! What holds for every value and for every string of bytes.

use std::cell::RefCell;

use f2b_protocol::Value;
use f2b_protocol::frame::{FrameReader, TERMINATOR};
use f2b_protocol::pickle::{self, Limits, PickleError, decode, encode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::oracle::{Loaded, Oracle};
use crate::values::{any_modern_value, any_text, any_value, lengthened};

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

/// Equal, NaN included: `Debug` tells apart what `repr()` does not.
fn same(left: &Value, right: &Value) -> bool {
    format!("{left:?}") == format!("{right:?}")
}

#[test]
fn python_s_pickles_of_every_protocol_are_read_as_python_means_them() {
    let oracle = RefCell::new(Oracle::start());
    runner(2000)
        .run(&any_value(), |value| {
            let (repr, pickles) = oracle.borrow_mut().pickles(&value);
            prop_assert_eq!(value.repr(), repr);
            for (protocol, bytes) in pickles.iter().enumerate() {
                let read = decode(bytes, &Limits::REQUEST).unwrap();
                prop_assert!(same(&read, &value), "protocol {}: {:?}", protocol, read);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn python_s_sets_and_bytes_are_read_as_python_means_them() {
    let oracle = RefCell::new(Oracle::start());
    runner(500)
        .run(&any_modern_value(), |value| {
            let (repr, pickles) = oracle.borrow_mut().pickles(&value);
            prop_assert_eq!(value.repr(), repr);
            for bytes in &pickles[4..] {
                prop_assert!(same(&decode(bytes, &Limits::REQUEST).unwrap(), &value));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn our_pickles_are_those_that_python_writes() {
    let oracle = RefCell::new(Oracle::start());
    let strategy = any_modern_value().prop_map(lengthened);
    runner(2000)
        .run(&strategy, |value| {
            let bytes = encode(&value);
            prop_assert!(same(&decode(&bytes, &Limits::REQUEST).unwrap(), &value));
            match oracle.borrow_mut().load(&bytes) {
                Loaded::Value { repr, same_bytes } => {
                    prop_assert_eq!(repr, value.repr());
                    prop_assert!(same_bytes, "bytes differ");
                }
                Loaded::Error(error) => prop_assert!(false, "python: {}", error),
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn long_values_are_framed_as_python_frames_them() {
    let mut oracle = Oracle::start();
    let texts = |count: usize, length: usize| {
        Value::texts((0..count).map(|index| format!("{index:05}{}", "x".repeat(length - 5))))
    };
    let pairs = (0..2500).map(|index| (Value::Int(index), Value::text(format!("v{index}"))));
    let rows = [
        texts(999, 5),
        texts(1000, 5),
        texts(1001, 5),
        texts(20_000, 15),
        texts(3, 255),
        texts(3, 256),
        texts(3, 65_535),
        texts(3, 65_536),
        texts(2, 200_000),
        Value::Dict(pairs.collect()),
        Value::Bytes(vec![7; 70_000]),
        Value::Tuple(vec![
            texts(1, 70_000),
            Value::Int(1),
            texts(1, 65_530),
            texts(1, 70_000),
        ]),
    ];
    for value in rows {
        match oracle.load(&encode(&value)) {
            Loaded::Value { repr, same_bytes } => {
                assert!(same_bytes, "bytes differ");
                assert_eq!(repr, value.repr());
            }
            Loaded::Error(error) => panic!("python: {error}"),
        }
    }
}

#[test]
fn repr_is_that_of_python() {
    let mut oracle = Oracle::start();
    for (point, printable) in (0_u32..).zip(oracle.printable()) {
        let Some(character) = char::from_u32(point) else {
            continue;
        };
        let repr = Value::text(character).repr();
        let is_shown = repr.chars().eq(['\'', character, '\'']) || "\"'\\".contains(character);
        assert_eq!(is_shown, printable, "U+{point:04X}");
    }
    let oracle = RefCell::new(oracle);
    runner(2000)
        .run(&prop::collection::vec(any_text(), 8), |texts| {
            let value = Value::texts(texts);
            prop_assert_eq!(oracle.borrow_mut().pickles(&value).0, value.repr());
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_we_read_from_broken_pickles_python_reads_too() {
    let oracle = RefCell::new(Oracle::start());
    let broken = (
        any_value(),
        0_usize..6,
        any::<prop::sample::Index>(),
        any::<u8>(),
    );
    runner(4000)
        .run(&broken, |(value, protocol, place, byte)| {
            let mut bytes = oracle.borrow_mut().pickles(&value).1[protocol].clone();
            // The order in which Python shows a set is its own.
            prop_assume!(!b"\x8f\x90\x91".contains(&byte));
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let Ok(ours) = decode(&bytes, &Limits::REQUEST) else {
                return Ok(());
            };
            match oracle.borrow_mut().load(&bytes) {
                Loaded::Value { repr, .. } => prop_assert_eq!(ours.repr(), repr),
                // Python makes room for every number up to the one kept; we do not.
                Loaded::Error(error) if error.is_empty() => {}
                Loaded::Error(error) => {
                    prop_assert!(false, "we read {}, python says {}", ours.repr(), error);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn errors_say_what_python_says() {
    let mut oracle = Oracle::start();
    let rows: &[&[u8]] = &[
        b"",
        b"hello",
        b"]",
        b".",
        b"(.",
        b"e.",
        b"\x80\x06.",
        b"\x80\x04\x95\xff\0\0\0\0\0\0\0N.",
        b"\x8c\x05ab",
        b"K",
        b"zoo",
        b"\xff",
        b"\x94.",
        b"g7\n.",
        b"j\x01\x01\0\0.",
        b"U\x02a\xff.",
        b"\x94e.",
        b"a.",
        b"(a.",
        b"\x85.",
        b"(\x85.",
        b"}]K\x01s.",
        b"V",
        b"Vab",
        b"S'ab",
    ];
    for bytes in rows {
        let ours = decode(bytes, &Limits::REQUEST).unwrap_err().to_string();
        match oracle.load(bytes) {
            Loaded::Error(error) => assert_eq!(ours, error, "{bytes:?}"),
            Loaded::Value { repr, .. } => panic!("python reads {bytes:?} as {repr}"),
        }
    }
}

#[test]
fn decoding_never_panics_and_never_exceeds_its_limits() {
    let limits = Limits {
        input_bytes: 4096,
        depth: 5,
        memo: 20,
        nodes: 100,
        text_bytes: 500,
    };
    let code =
        prop::sample::select(b"(.0]}lKNateuqhrpV2s\x85\x86\x87\x88\x94\x8c\x8f\x90\x91".to_vec());
    let byte = prop_oneof![3 => code, 1 => any::<u8>(), 1 => 0_u8..4];
    runner(20_000)
        .run(&prop::collection::vec(byte, 0..200), |mut bytes| {
            bytes.push(b'.');
            if let Ok(value) = decode(&bytes, &limits) {
                prop_assert!(nodes(&value) <= limits.nodes);
                prop_assert!(depth(&value) <= limits.depth);
                // What was read can be written and read again, unless it grew too long.
                match decode(&encode(&value), &limits) {
                    Ok(again) => prop_assert!(same(&again, &value)),
                    Err(error) => {
                        let is_limit = matches!(error, PickleError::Limit { .. });
                        prop_assert!(is_limit, "{}", error);
                    }
                }
            }
            // The client's reader meets the same bytes from a hostile server.
            if let Ok(pickle::Decoded::Value(value)) = pickle::decode_reply(&bytes, &limits) {
                prop_assert!(nodes(&value) <= limits.nodes);
            }
            Ok(())
        })
        .unwrap();
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::List(items) | Value::Tuple(items) => items.iter().map(nodes).sum(),
        Value::Dict(pairs) => pairs
            .iter()
            .map(|(key, value)| nodes(key) + nodes(value))
            .sum(),
        _ => 0,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::List(items) | Value::Tuple(items) => {
            items.iter().map(|item| 1 + depth(item)).max().unwrap_or(0)
        }
        Value::Dict(pairs) => pairs
            .iter()
            .map(|(_, value)| 1 + depth(value))
            .max()
            .unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn frames_are_what_a_naive_split_gives() {
    let piece = prop_oneof![
        Just(TERMINATOR.to_vec()),
        (0_usize..17).prop_map(|cut| TERMINATOR[..cut].to_vec()),
        (0_usize..17).prop_map(|cut| TERMINATOR[cut..].to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    let stream = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let cuts = prop::collection::vec(1_usize..40, 1..20);
    runner(5000)
        .run(&(stream, cuts), |(stream, cuts)| {
            let mut reader = FrameReader::new(10_000);
            let mut frames = Vec::new();
            let mut rest = stream.as_slice();
            for cut in cuts.into_iter().cycle() {
                let (push, after) = rest.split_at(cut.min(rest.len()));
                reader.push(push);
                while let Some(frame) = reader.next_frame().unwrap() {
                    frames.push(frame);
                }
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(frames, naive_split(&stream));
            Ok(())
        })
        .unwrap();
}

fn naive_split(mut stream: &[u8]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    while let Some(end) = stream.windows(17).position(|window| window == TERMINATOR) {
        frames.push(stream[..end].to_vec());
        stream = &stream[end + 17..];
    }
    frames
}
