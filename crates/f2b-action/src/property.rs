//! The value of one property of an action.

use std::fmt;

use f2b_core::Seconds;

/// A value as the configuration or a client gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Property {
    /// No value at all, as a client may send it.
    Nothing,
    /// A text.
    Text(String),
    /// `True` or `False`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number with a fraction, be it `.0`.
    Fraction(f64),
}

impl Property {
    /// Tells whether an option with this value is switched on.
    ///
    /// As the original: every text but the empty one switches on, `"false"` too; the configuration
    /// sends flags.
    #[must_use]
    pub fn is_on(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Text(text) => !text.is_empty(),
            Self::Flag(flag) => *flag,
            Self::Whole(number) => *number != 0,
            Self::Fraction(number) => *number != 0.0,
        }
    }
}

impl From<Seconds> for Property {
    fn from(seconds: Seconds) -> Self {
        match seconds {
            Seconds::Whole(seconds) => Self::Whole(seconds),
            Seconds::Fraction(seconds) => Self::Fraction(seconds),
        }
    }
}

impl From<&str> for Property {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The text that a tag of this name becomes.
///
/// *Shape*: as Python's `str()`: `True`, `2.5`, `1e+16`.
impl fmt::Display for Property {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => out.write_str("None"),
            Self::Text(text) => out.write_str(text),
            Self::Flag(true) => out.write_str("True"),
            Self::Flag(false) => out.write_str("False"),
            Self::Whole(number) => number.fmt(out),
            Self::Fraction(number) => {
                let text = format!("{number:?}");
                match text.split_once('e') {
                    Some((digits, power)) if !power.starts_with('-') => {
                        write!(out, "{digits}e+{power}")
                    }
                    _ => out.write_str(&text),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_as_python_writes_it() {
        let check = |value: Property, text: &str, is_on: bool| {
            assert_eq!(value.to_string(), text);
            assert_eq!(value.is_on(), is_on, "{text}");
        };
        check(Property::Nothing, "None", false);
        check("".into(), "", false);
        check("false".into(), "false", true);
        check(Property::Flag(true), "True", true);
        check(Property::Flag(false), "False", false);
        check(Property::Whole(0), "0", false);
        check(Property::Fraction(2_629_800.0), "2629800.0", true);
        check(Property::Fraction(1e16), "1e+16", true);
    }
}
