//! Reading single words of a command, each failing as the original fails.

use crate::request::{Refusal, TimeText};
use crate::{Exception, Value};

/// Returns the first word.
pub(super) fn first(words: &[Value]) -> Result<&Value, Refusal> {
    at(words, 0)
}

/// Returns the word at this place.
pub(super) fn at(words: &[Value], index: usize) -> Result<&Value, Refusal> {
    words
        .get(index)
        .ok_or_else(|| Exception::missing_word().into())
}

/// Returns the name of a jail; only text can be one.
pub(super) fn jail(word: &Value) -> Result<String, Refusal> {
    match word {
        Value::Str(jail) => Ok(jail.clone()),
        Value::List(_) | Value::Dict(_) | Value::Set(_) => Err(unhashable(word).into()),
        other => Err(Exception::unknown_jail(other.clone()).into()),
    }
}

/// Returns a word on which the original calls a method of text.
pub(super) fn method_text(word: &Value, method: &str) -> Result<String, Refusal> {
    match word {
        Value::Str(text) => Ok(text.clone()),
        Value::Surrogates(_) => Err(not_utf8()),
        other => Err(Exception::no_attribute(other, method).into()),
    }
}

/// Returns a word which the original searches with a regular expression.
pub(super) fn searched_text(word: &Value) -> Result<String, Refusal> {
    match word {
        Value::Str(text) => Ok(text.clone()),
        Value::Surrogates(_) => Err(not_utf8()),
        other => Err(no_search(other).into()),
    }
}

/// Returns a word as text, a number as its digits.
pub(super) fn text(word: &Value) -> Result<String, Refusal> {
    match word {
        Value::Surrogates(_) => Err(not_utf8()),
        other => Ok(other.str()),
    }
}

/// Returns words that name addresses or other ids.
pub(super) fn ids(words: &[Value]) -> Result<Vec<String>, Refusal> {
    let id = |word: &Value| match word {
        Value::List(_) | Value::Dict(_) | Value::Set(_) => Err(unhashable(word).into()),
        other => text(other),
    };
    words.iter().map(id).collect()
}

/// Returns the elements of what the original would iterate over.
pub(super) fn elements(word: &Value) -> Result<Vec<Value>, Refusal> {
    match word {
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            Ok(items.clone())
        }
        Value::Dict(pairs) => Ok(pairs.iter().map(|(key, _)| key.clone()).collect()),
        Value::Str(text) => Ok(text.chars().map(Value::text).collect()),
        Value::Bytes(bytes) => Ok(bytes
            .iter()
            .map(|byte| Value::Int(i64::from(*byte)))
            .collect()),
        other => {
            let name = other.type_name();
            Err(Exception::type_error(format!("'{name}' object is not iterable")).into())
        }
    }
}

/// Returns a span of time, not yet read.
pub(super) fn time(word: &Value) -> Result<TimeText, Refusal> {
    match word {
        Value::Int(seconds) => Ok(TimeText::Seconds(*seconds)),
        Value::Bool(truth) => Ok(TimeText::Seconds(i64::from(*truth))),
        Value::Float(seconds) => Ok(TimeText::Fraction(*seconds)),
        other => searched_text(other).map(TimeText::Text),
    }
}

/// Returns what Python's `int()` makes of the word.
pub(super) fn int(word: &Value) -> Result<i64, Refusal> {
    match word {
        Value::Int(number) => Ok(*number),
        Value::Bool(truth) => Ok(i64::from(*truth)),
        Value::Float(number) => int_of_float(*number),
        Value::Str(text) => match digits(text) {
            Some(digits) => digits.parse().ok().ok_or_else(|| too_large(word)),
            None => Err(Exception::invalid_int(word).into()),
        },
        Value::BigInt(_) => Err(too_large(word)),
        Value::Surrogates(_) => Err(Exception::invalid_int(word).into()),
        other => Err(Exception::type_error(format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{}'",
            other.type_name()
        ))
        .into()),
    }
}

/// Returns the truth of a word as the original reads it: few words are true.
pub(super) fn truth(word: &Value) -> bool {
    match word {
        Value::Str(text) => ["true", "yes", "on", "1"]
            .iter()
            .any(|yes| text.eq_ignore_ascii_case(yes)),
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        Value::BigInt(_) => true,
        Value::Float(number) => *number != 0.0,
        Value::None | Value::Surrogates(_) => false,
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items) => {
            !items.is_empty()
        }
        Value::Dict(pairs) => !pairs.is_empty(),
    }
}

pub(super) fn unhashable(word: &Value) -> Exception {
    Exception::type_error(format!("unhashable type: '{}'", word.type_name()))
}

fn no_search(word: &Value) -> Exception {
    Exception::type_error(format!(
        "expected string or bytes-like object, got '{}'",
        word.type_name()
    ))
}

/// Returns the digits that Python's `int()` sees in the text: blanks around are
/// dropped, single underscores between digits too.
fn digits(text: &str) -> Option<String> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let groups_are_digits = unsigned
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    groups_are_digits.then(|| text.replace('_', ""))
}

/// Returns what Python's `float()` makes of the word.
pub(super) fn float(word: &Value) -> Result<f64, Refusal> {
    let refused = || {
        let text = format!("could not convert string to float: {}", word.repr());
        Exception::value(text).into()
    };
    match word {
        #[expect(clippy::cast_precision_loss, reason = "as in Python")]
        Value::Int(number) => Ok(*number as f64),
        Value::Bool(truth) => Ok(f64::from(u8::from(*truth))),
        Value::Float(number) => Ok(*number),
        Value::Str(text) => text.trim().parse().map_err(|_not_a_number| refused()),
        _ => Err(refused()),
    }
}

fn int_of_float(number: f64) -> Result<i64, Refusal> {
    if number.is_nan() {
        return Err(Exception::value("cannot convert float NaN to integer").into());
    }
    // The digits of a float without fraction are exact, so they parse exactly
    // when the number fits.
    format!("{:.0}", number.trunc())
        .parse()
        .ok()
        .ok_or_else(|| too_large(&Value::Float(number)))
}

/// Differs: the original takes numbers of any size and then compares with them.
fn too_large(word: &Value) -> Refusal {
    Exception::value(format!("number too large: {}", word.str())).into()
}

/// Differs: the original carries such text on; nothing of this version can use it.
fn not_utf8() -> Refusal {
    Exception::value("text that is not valid UTF-8 is not supported").into()
}
