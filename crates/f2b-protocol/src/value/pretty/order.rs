//! In which order `pprint` shows keys.

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::Value;

/// Orders values as Python compares them, and values of kinds that do not
/// compare by the name of the type.
///
/// Python's own comparison is no order where NaN, frozen sets, or bytes among
/// both truths and numbers are keys, and goes by address where tuples do not
/// compare; those come out in some fixed order here.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SortKey<'a> {
    None,
    Bytes(&'a [u8]),
    /// What cannot be told apart, or be a key at all.
    Other,
    Number(Number),
    /// Text as generalised UTF-8, which sorts as its code points do.
    Text(Cow<'a, [u8]>),
    Tuple(Vec<Self>),
}

/// A number, of whatever type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Number {
    MinusInfinity,
    Negative(Reverse<Magnitude>),
    NotNegative(Magnitude),
    Infinity,
    Nan,
}

/// A number without its sign.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Magnitude {
    /// How many digits stand before the point.
    length: usize,
    /// The digits before the point.
    whole: String,
    /// The bits of what is behind the point; those of numbers from 0 on sort as
    /// the numbers do.
    fraction: u64,
}

impl<'a> SortKey<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        match value {
            Value::None => Self::None,
            Value::Bool(truth) => Self::Number(Number::of_digits(if *truth { "1" } else { "0" })),
            Value::Int(number) => Self::Number(Number::of_digits(&number.to_string())),
            Value::BigInt(digits) => Self::Number(Number::of_digits(digits)),
            Value::Float(number) => Self::Number(Number::of_float(*number)),
            Value::Str(text) => Self::Text(Cow::Borrowed(text.as_bytes())),
            Value::Surrogates(text) => Self::Text(Cow::Owned(text.to_bytes())),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Tuple(items) => Self::Tuple(items.iter().map(Self::new).collect()),
            Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::FrozenSet(_) => Self::Other,
        }
    }
}

impl Number {
    /// Reads decimal digits with an optional leading `-`, not `-0`.
    fn of_digits(digits: &str) -> Self {
        match digits.strip_prefix('-') {
            Some(digits) => Self::Negative(Reverse(Magnitude::new(digits.to_owned(), 0.0))),
            None => Self::NotNegative(Magnitude::new(digits.to_owned(), 0.0)),
        }
    }

    fn of_float(number: f64) -> Self {
        if number.is_nan() {
            return Self::Nan;
        }
        if number.is_infinite() {
            return if number > 0.0 {
                Self::Infinity
            } else {
                Self::MinusInfinity
            };
        }
        let size = number.abs();
        // All digits, not only those that read back as the number.
        let magnitude = Magnitude::new(format!("{:.0}", size.trunc()), size.fract());
        if number < 0.0 {
            Self::Negative(Reverse(magnitude))
        } else {
            Self::NotNegative(magnitude)
        }
    }
}

impl Magnitude {
    fn new(whole: String, fraction: f64) -> Self {
        Self {
            length: whole.len(),
            whole,
            fraction: fraction.to_bits(),
        }
    }
}
