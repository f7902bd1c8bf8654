//! `set J bantime.NAME VALUE` (contract B 4.3).

use f2b_core::{Dice, Formula, FormulaError, Given, Increment, Seconds};
use f2b_protocol::request::TimeText;
use f2b_protocol::{Exception, Value};

use super::values::{shown, time_of};

/// Sets an option, and returns it as it is answered. An empty text takes it back, a name that is none
/// is only remembered.
///
/// Differs: what cannot be used is refused and the old value stays; the original keeps it and fails at
/// every later `set` of any of them.
pub(super) fn set(increment: &mut Increment, name: &str, value: Value) -> Result<Value, Exception> {
    let text = value.str();
    let value = match &value {
        Value::Str(text) if text.is_empty() => Value::None,
        _ => value,
    };
    let is_none = value == Value::None;
    match name {
        "increment" => {
            increment.is_on = truth(&value);
            return Ok(Value::Bool(increment.is_on));
        }
        "overalljails" => increment.overalljails = truth(&value),
        "factor" if is_none => increment.factor = None,
        "factor" => increment.factor = Some(factor(&text)?),
        "formula" if is_none => increment.formula = None,
        "formula" => {
            increment.formula = Some(Formula::parse(&text).map_err(|error| exception(&error))?);
        }
        "multipliers" => {
            let numbers = text.split_whitespace().map(|word| {
                let number = word.parse();
                number.map_err(|_no_number| Exception::invalid_int(&Value::text(word)))
            });
            let numbers: Result<Vec<i64>, Exception> = numbers.collect();
            increment.multipliers = if is_none { Vec::new() } else { numbers? };
        }
        "maxtime" | "rndtime" => {
            let time = if is_none {
                None
            } else {
                Some(time_of(&time_text(value))?)
            };
            let span = time.map(Seconds::span);
            match name {
                "maxtime" => increment.maxtime = span,
                _ => increment.rndtime = span,
            }
            return Ok(time.map_or(Value::None, shown));
        }
        _ => {}
    }
    Ok(value)
}

fn time_text(value: Value) -> TimeText {
    match value {
        Value::Int(seconds) => TimeText::Seconds(seconds),
        Value::Float(seconds) => TimeText::Fraction(seconds),
        other => TimeText::Text(other.str()),
    }
}

/// The words that are true.
fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number != 0,
        other => ["true", "yes", "on", "1"].contains(&other.str().to_lowercase().as_str()),
    }
}

fn factor(text: &str) -> Result<f64, Exception> {
    let given = Given {
        time: 1,
        count: 1,
        factor: 1.0,
    };
    let value = Formula::parse(text).and_then(|formula| formula.value(given, &mut Dice::seeded(0)));
    value.map_err(|error| exception(&error))
}

fn exception(error: &FormulaError) -> Exception {
    match error {
        FormulaError::Syntax => Exception::syntax(error.to_string()),
        FormulaError::UnknownName(name) => Exception::undefined_name(name),
        FormulaError::UnknownPart { .. } => Exception::attribute(error.to_string()),
        FormulaError::DivisionByZero => Exception::zero_division(),
        FormulaError::Arguments(_) => Exception::type_error(error.to_string()),
        FormulaError::Domain | FormulaError::TooLarge => Exception::value(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_answered_as_the_originals() {
        let mut increment = Increment::default();
        let mut check = |name: &str, value: &str, expected: Value| {
            let answer = set(&mut increment, name, Value::text(value));
            assert_eq!(answer, Ok(expected), "{name} {value}");
        };
        check("increment", "true", Value::Bool(true));
        check("increment", "bogus", Value::Bool(false));
        check("factor", "2", Value::text("2"));
        check("factor", "", Value::None);
        check("formula", "ban.Time * 3", Value::text("ban.Time * 3"));
        check("multipliers", "1 2 4", Value::text("1 2 4"));
        check("multipliers", "", Value::None);
        check("maxtime", "1w", Value::Int(604_800));
        check("maxtime", "1mo", Value::Float(2_629_800.0));
        check("rndtime", "", Value::None);
        check("overalljails", "yes", Value::text("yes"));
        check("foo", "bar", Value::text("bar"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_changes_nothing() {
        let mut increment = Increment {
            multipliers: vec![1, 2],
            ..Increment::default()
        };
        let before = increment.clone();
        let mut check = |name: &str, value: &str, expected: &str| {
            let refused = set(&mut increment, name, Value::text(value)).unwrap_err();
            assert_eq!(refused.to_string(), expected, "{name} {value}");
        };
        check("factor", "abc", "name 'abc' is not defined");
        check("formula", "1 +", "invalid syntax");
        check(
            "multipliers",
            "1 x",
            "invalid literal for int() with base 10: 'x'",
        );
        check("maxtime", "dog", "name 'dog' is not defined");
        assert_eq!(increment, before);
    }
}
