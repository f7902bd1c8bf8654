//! Values of commands, read and shown as the original does.

use f2b_action::Property;
use f2b_core::{Seconds, TimeTextError, TimeTextErrorKind, parse_time};
use f2b_match::{DateDetector, DateError, RuleError};
use f2b_protocol::request::TimeText;
use f2b_protocol::{Exception, Value};

use crate::clock;

/// The place that a number stands for, as Python counts: a negative one from the end.
pub(super) fn index(number: i64, count: usize) -> Option<usize> {
    match usize::try_from(number) {
        Ok(index) => Some(index),
        Err(_) => count.checked_sub(usize::try_from(number.unsigned_abs()).ok()?),
    }
}

/// Reads a time; an error is what the original answers.
pub(in crate::engine) fn time_of(text: &TimeText) -> Result<Seconds, Exception> {
    let text = match text {
        TimeText::Seconds(seconds) => return Ok(Seconds::Whole(*seconds)),
        TimeText::Fraction(seconds) => return Ok(Seconds::Fraction(*seconds)),
        TimeText::Text(text) => text,
    };
    parse_time(text).map_err(|error| time_exception(&error))
}

pub(super) fn time_exception(error: &TimeTextError) -> Exception {
    match &error.kind {
        TimeTextErrorKind::UnknownWord(word) => Exception::undefined_name(word),
        TimeTextErrorKind::Syntax(_) => Exception::syntax(error.to_string()),
        TimeTextErrorKind::DivisionByZero(_) => Exception::zero_division(),
        TimeTextErrorKind::TooLarge => Exception::value(error.to_string()),
    }
}

/// A value of a command as a property of an action.
pub(in crate::engine) fn property_of(value: &Value) -> Property {
    match value {
        Value::None => Property::Nothing,
        Value::Bool(flag) => Property::Flag(*flag),
        Value::Int(number) => Property::Whole(*number),
        Value::Float(number) => Property::Fraction(*number),
        other => Property::Text(other.str()),
    }
}

/// The same back.
pub(in crate::engine) fn value_of(property: Property) -> Value {
    match property {
        Property::Nothing => Value::None,
        Property::Text(text) => Value::Str(text),
        Property::Flag(flag) => Value::Bool(flag),
        Property::Whole(number) => Value::Int(number),
        Property::Fraction(number) => Value::Float(number),
    }
}

/// A time as replies show it.
pub(super) fn shown(seconds: Seconds) -> Value {
    match seconds {
        Seconds::Whole(seconds) => Value::Int(seconds),
        Seconds::Fraction(seconds) => Value::Float(seconds),
    }
}

/// A count as it acts: what is negative acts as none, what is too large as the most.
pub(super) fn clamped(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

pub(super) fn rule_exception(error: &RuleError) -> Exception {
    match error {
        RuleError::NoFailureId(rule) => Exception::no_failure_id(rule),
        RuleError::Compile {
            expanded, reason, ..
        } => Exception::uncompilable_regex(expanded, reason),
        RuleError::Empty => Exception::regex(error.to_string()),
    }
}

pub(super) fn date_exception(error: DateError) -> Exception {
    match error {
        DateError::Abbreviation { name } => Exception::key(name.trim_matches('\'')),
        error => Exception::value(error.to_string()),
    }
}

/// A `datepattern` as replies show it: the pattern if there is but one, and its name.
pub(super) fn shown_dates(dates: &DateDetector) -> Value {
    let mut templates = dates.templates(clock::now());
    let (pattern, name) = match (templates.next(), templates.next()) {
        (Some(only), None) => (only.pattern, only.name),
        _ => (String::new(), "Default Detectors".to_owned()),
    };
    let pattern = if pattern.is_empty() {
        Value::None
    } else {
        Value::text(pattern)
    };
    Value::Tuple(vec![pattern, Value::text(name)])
}
