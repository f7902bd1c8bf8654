//! What CPython's parser takes from the language around it: `repr` and `int`.

use crate::class::Category;
use crate::unicode;

/// The most digits that `int` takes, as CPython 3.11 is set by default.
pub(super) const MOST_DIGITS: usize = 4300;

/// Returns `repr(text)`.
pub(super) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut shown = String::from(quote);
    for char in text.chars() {
        match char {
            '\\' => shown.push_str("\\\\"),
            '\t' => shown.push_str("\\t"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            _ if char == quote => shown.extend(['\\', quote]),
            _ if unicode::is_printable(char) => shown.push(char),
            _ => shown.push_str(&escaped(char)),
        }
    }
    shown.push(quote);
    shown
}

fn escaped(char: char) -> String {
    match u32::from(char) {
        code @ ..=0xff => format!("\\x{code:02x}"),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// Returns the digits, without zeros before them, of the number that `int(text)` is; `None` if it
/// raises an error or the number is negative.
pub(super) fn unsigned(text: &str) -> Option<String> {
    let blank = |char: char| unicode::is(Category::Space, char.is_ascii(), char);
    let text = text.trim_matches(blank);
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut digits = String::new();
    // One underscore may stand between two digits.
    for run in text.split('_') {
        if run.is_empty() {
            return None;
        }
        for char in run.chars() {
            digits.push(char::from_digit(unicode::digit_value(char)?, 10)?);
        }
    }
    if digits.len() > MOST_DIGITS {
        return None;
    }
    let number = digits.trim_start_matches('0');
    match (negative, number) {
        (_, "") => Some("0".to_owned()),
        (true, _) => None,
        (false, number) => Some(number.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_as_python_shows_it() {
        let check = |text: &str, expected: &str| assert_eq!(repr(text), expected);
        check("a", "'a'");
        check("it's", "\"it's\"");
        check("it's \"so\"", "'it\\'s \"so\"'");
        check("\t\n\r\x7f\\", r"'\t\n\r\x7f\\'");
        check("é\u{ad}\u{200b}\u{e0001}", "'é\\xad\\u200b\\U000e0001'");
    }

    #[test]
    fn a_number_is_read_as_python_reads_it() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(unsigned(text).as_deref(), expected, "{text:?}");
        };
        check("12", Some("12"));
        check(" +012\n", Some("12"));
        check("1_0", Some("10"));
        check("1__0", None);
        check("_1", None);
        check("-0", Some("0"));
        check("-1", None);
        check("- 1", None);
        check("\u{661}\u{a0}", Some("1"));
        check("1\x1c", None);
        check("", None);
        check("x", None);
        check(&"1".repeat(4300), Some(&"1".repeat(4300)));
        check(&"0".repeat(4301), None);
    }
}
