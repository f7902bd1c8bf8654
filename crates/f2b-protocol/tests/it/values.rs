//! Values that tests are made of.

use f2b_protocol::{SurrogateText, Value};
use proptest::prelude::*;

/// Text with everything that `repr()` and pickle treat specially.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        '\0',
        '\t',
        '\n',
        '\r',
        '\x1b',
        '\x7f',
        '\'',
        '"',
        '\\',
        'u',
        'x',
        '0',
        '<',
        '\u{80}',
        '\u{a0}',
        '\u{ad}',
        'é',
        '\u{100}',
        '\u{200b}',
        '\u{2028}',
        '\u{feff}',
        '\u{fffd}',
        '\u{ffff}',
        '\u{1f600}',
        '\u{e0001}',
        '\u{10ffff}',
    ]);
    prop::collection::vec(prop_oneof![special, any::<char>()], 0..12)
        .prop_map(|characters| characters.into_iter().collect())
}

fn any_surrogates() -> impl Strategy<Value = Value> {
    let point = prop_oneof![0xd800_u32..0xe000, 0_u32..0x300, Just(0x1_f600)];
    (prop::collection::vec(point, 0..5), 0xd800_u32..0xe000).prop_map(|(mut points, last)| {
        points.push(last);
        Value::Surrogates(SurrogateText::from_points(points).unwrap())
    })
}

fn any_int() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        (0_u32..64, -2_i64..3)
            .prop_map(|(bit, near)| (1_i64.checked_shl(bit).unwrap_or(0)).wrapping_add(near)),
        (0_u32..64, -2_i64..3).prop_map(|(bit, near)| {
            (1_i64.checked_shl(bit).unwrap_or(0))
                .wrapping_neg()
                .wrapping_add(near)
        }),
    ]
}

fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        (any::<i32>(), -20_i32..20).prop_map(|(n, e)| f64::from(n) * 10_f64.powi(e)),
        prop::sample::select(vec![
            0.0,
            -0.0,
            1e15,
            1e16,
            1e17,
            1e-4,
            1e-5,
            5e-324,
            f64::NAN
        ]),
    ]
}

fn any_big() -> impl Strategy<Value = Value> {
    // From 20 digits on nothing fits 64 bits.
    "-?[1-9][0-9]{19,80}".prop_map(Value::BigInt)
}

fn any_key() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_text().prop_map(Value::Str),
        any_int().prop_map(Value::Int)
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any_int().prop_map(Value::Int),
        any_big(),
        any_float().prop_map(Value::Float),
        any_text().prop_map(Value::Str),
        any_text().prop_map(Value::Str),
        any_surrogates(),
    ]
}

/// Values that every protocol writes without a call.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Tuple),
            prop::collection::vec((any_key(), inner), 0..5).prop_map(|mut pairs| {
                let mut seen = Vec::new();
                pairs.retain(|(key, _)| {
                    let is_new = !seen.contains(key);
                    seen.push(key.clone());
                    is_new
                });
                Value::Dict(pairs)
            }),
        ]
    })
}

/// Values that only protocol 4 and 5 write without a call.
pub(crate) fn any_modern_value() -> impl Strategy<Value = Value> {
    let bytes = prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes);
    // One element: Python's order of a set is its own.
    let set = prop::option::of(any_key()).prop_map(|one| Value::Set(one.into_iter().collect()));
    let frozen =
        prop::option::of(any_key()).prop_map(|one| Value::FrozenSet(one.into_iter().collect()));
    let value = prop_oneof![bytes, set, frozen, any_value()];
    prop::collection::vec(value, 0..5).prop_map(Value::List)
}

/// Makes every text at least two characters long: Python keeps only one object
/// for a shorter one, and refers to it instead of writing it again.
pub(crate) fn lengthened(value: Value) -> Value {
    let all = |items: Vec<Value>| items.into_iter().map(lengthened).collect();
    match value {
        Value::Str(text) => Value::Str(format!("~~{text}")),
        Value::Bytes(bytes) => Value::Bytes([b"~~".to_vec(), bytes].concat()),
        Value::List(items) => Value::List(all(items)),
        Value::Tuple(items) => Value::Tuple(all(items)),
        Value::Set(items) => Value::Set(all(items)),
        // An empty one is one object too.
        Value::FrozenSet(items) if items.is_empty() => Value::None,
        Value::FrozenSet(items) => Value::FrozenSet(all(items)),
        Value::Dict(pairs) => Value::Dict(
            pairs
                .into_iter()
                .map(|(key, value)| (lengthened(key), lengthened(value)))
                .collect(),
        ),
        Value::Surrogates(text) => {
            let points = [vec![126, 126], text.points().to_vec()].concat();
            Value::Surrogates(SurrogateText::from_points(points).unwrap())
        }
        other => other,
    }
}
