//! `ignorecache 'key="<ip>",max-count=100,max-time=5m'` (contract A 4.8).

use f2b_core::{IgnoreCache, Span, parse_time};
use f2b_protocol::{Exception, Value};

use super::values::time_exception;

/// What holds where nothing is said.
const MOST: i64 = 100;
const LIFETIME: i64 = 300;

/// Reads the options; an empty text is no cache.
pub(super) fn read(text: &str) -> Result<Option<IgnoreCache>, Exception> {
    if text.is_empty() {
        return Ok(None);
    }
    let options = options(text)?;
    let option = |name: &str| {
        let mut options = options.iter();
        options
            .find(|(option, _)| *option == name)
            .map(|(_, value)| value.as_str())
    };
    let key = option("key").ok_or_else(|| Exception::key("key"))?;
    let most = match option("max-count") {
        Some(word) => {
            let number = word.trim().parse();
            number.map_err(|_no_number| Exception::invalid_int(&Value::text(word)))?
        }
        None => MOST,
    };
    let lifetime = match option("max-time") {
        Some(word) => parse_time(word)
            .map_err(|error| time_exception(&error))?
            .whole(),
        None => LIFETIME,
    };
    let most = usize::try_from(most).unwrap_or(0);
    Ok(Some(IgnoreCache::new(
        key,
        most,
        Span::from_seconds(lifetime),
    )))
}

/// A cache as it is answered.
pub(in crate::engine) fn shown(cache: Option<&IgnoreCache>) -> Value {
    let Some(cache) = cache else {
        return Value::None;
    };
    Value::List(vec![
        Value::text(&*cache.key),
        Value::Int(i64::try_from(cache.most).unwrap_or(i64::MAX)),
        Value::Int(cache.lifetime.whole_seconds()),
    ])
}

/// Options as in the brackets of actions: `name=value`, the value bare or in quotes, commas between.
fn options(text: &str) -> Result<Vec<(&str, String)>, Exception> {
    let mut options = Vec::new();
    let mut rest = text;
    let place = |rest: &str| text.len() - rest.len();
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', ',']);
        if rest.is_empty() {
            return Ok(options);
        }
        let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let Some(value) = after.strip_prefix('=').filter(|_| !name.is_empty()) else {
            let text = format!("expected option, wrong syntax at {}: {rest}", place(rest));
            return Err(Exception::value(text));
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => {
                let inner = value.get(1..).unwrap_or_default();
                match inner.split_once(quote) {
                    Some((value, after)) => (value, after),
                    None => (value, ""),
                }
            }
            None => value
                .split_at_checked(value.find(',').unwrap_or(value.len()))
                .unwrap_or((value, "")),
        };
        if !after.is_empty() && !after.starts_with(',') {
            let place = place(after);
            let text = format!("unexpected syntax at {place} after option '{name}': {after}");
            return Err(Exception::value(text));
        }
        options.push((name, value.to_owned()));
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in a run of the original.
    #[test]
    fn options_are_answered_as_the_originals() {
        let check = |text: &str, expected: &str| {
            let seen = match read(text) {
                Ok(cache) => shown(cache.as_ref()).repr(),
                Err(exception) => exception.to_string(),
            };
            assert_eq!(seen, expected, "{text}");
        };
        check("key=\"<ip>\",max-count=50,max-time=2m", "['<ip>', 50, 120]");
        check("", "None");
        check("key=\"<ip>\"", "['<ip>', 100, 300]");
        check("key=\"<ip>\",bogus=5", "['<ip>', 100, 300]");
        check("max-count=5", "'key'");
        check("x", "expected option, wrong syntax at 0: x");
        check(
            "key=\"<ip>\" max-count=5",
            "unexpected syntax at 10 after option 'key':  max-count=5",
        );
        check(
            "key=\"<ip>\",max-count=z",
            "invalid literal for int() with base 10: 'z'",
        );
    }
}
