//! Python's `repr()` of a value.

use memchr::{memchr, memchr3};

use super::{Value, float, printable};

/// One place of a text: a character, or a lone surrogate's code point.
pub(super) type Unit = Result<char, u32>;

/// Appends the `repr()` of the value.
pub(super) fn write(value: &Value, out: &mut String) {
    match value {
        Value::None => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::BigInt(digits) => out.push_str(digits),
        Value::Float(number) => out.push_str(&float::repr(*number)),
        Value::Str(text) => write_str(text, out),
        Value::Surrogates(text) => write_text(text.units(), out),
        Value::Bytes(bytes) => write_bytes(bytes, out),
        Value::List(items) => write_all("[", items, "]", out),
        Value::Tuple(items) => match items.as_slice() {
            [only] => {
                out.push('(');
                write(only, out);
                out.push_str(",)");
            }
            _ => write_all("(", items, ")", out),
        },
        Value::Dict(pairs) => write_dict(pairs, out),
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => write_all("{", items, "}", out),
        Value::FrozenSet(items) if items.is_empty() => out.push_str("frozenset()"),
        Value::FrozenSet(items) => write_all("frozenset({", items, "})", out),
    }
}

fn write_all(open: &str, items: &[Value], close: &str, out: &mut String) {
    out.push_str(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push_str(close);
}

fn write_dict(pairs: &[(Value, Value)], out: &mut String) {
    out.push('{');
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write(key, out);
        out.push_str(": ");
        write(value, out);
    }
    out.push('}');
}

/// Appends quoted text, most of it in one go: streams of configuration are long and plain.
fn write_str(text: &str, out: &mut String) {
    if !is_plain(text) {
        return write_text(text.chars().map(Ok), out);
    }
    let bytes = text.as_bytes();
    let has = |quote| memchr(quote, bytes).is_some();
    let quote = quote_of(has(b'\''), has(b'"'));
    out.reserve(text.len() + 2);
    out.push(quote);
    // Double quotes are only put around text that has none.
    let quoted = if quote == '\'' { b'\'' } else { b'\n' };
    let mut rest = text;
    while let Some((plain, at)) = memchr3(b'\\', b'\n', quoted, rest.as_bytes())
        .and_then(|position| rest.split_at_checked(position))
    {
        out.push_str(plain);
        let mut characters = at.chars();
        if let Some(special) = characters.next() {
            write_character(special, quote, out);
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push(quote);
}

/// Tells whether a text is printable ASCII and line ends; without a branch, that many bytes are seen at once.
fn is_plain(text: &str) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') | (byte == b'\n');
    text.bytes().fold(true, |all, byte| all & is_plain(byte))
}

/// Python prefers single quotes.
fn quote_of(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

/// Appends quoted text; a lone surrogate comes as `Err`.
pub(super) fn write_text(units: impl Iterator<Item = Unit> + Clone, out: &mut String) {
    let holds = |wanted| units.clone().any(|unit| unit == Ok(wanted));
    let quote = quote_of(holds('\''), holds('"'));
    out.push(quote);
    for unit in units {
        match unit {
            Ok(character) => write_character(character, quote, out),
            Err(surrogate) => out.push_str(&format!("\\u{surrogate:04x}")),
        }
    }
    out.push(quote);
}

fn write_character(character: char, quote: char, out: &mut String) {
    match character {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\\' => out.push_str("\\\\"),
        _ if character == quote => {
            out.push('\\');
            out.push(quote);
        }
        _ if printable::is_printable(character) => out.push(character),
        '\0'..='\u{ff}' => out.push_str(&format!("\\x{:02x}", u32::from(character))),
        '\u{100}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
        _ => out.push_str(&format!("\\U{:08x}", u32::from(character))),
    }
}

/// Appends quoted bytes.
pub(super) fn write_bytes(bytes: &[u8], out: &mut String) {
    let quote = quote_of(bytes.contains(&b'\''), bytes.contains(&b'"'));
    out.push('b');
    out.push(quote);
    for byte in bytes {
        match char::from(*byte) {
            // Bytes show printable ASCII only.
            character if byte.is_ascii() => write_character(character, quote, out),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests {
    use crate::Value;

    fn check(value: &Value, expected: &str) {
        assert_eq!(value.repr(), expected);
    }

    #[test]
    fn text_is_quoted_as_python_quotes_it() {
        let rows = [
            ("", "''"),
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("say \"it's\"", "'say \"it\\'s\"'"),
            ("a\\b", "'a\\\\b'"),
            ("\t\n\r\0\x7f\x1b", "'\\t\\n\\r\\x00\\x7f\\x1b'"),
            ("é\u{ad}\u{a0}", "'é\\xad\\xa0'"),
            ("\u{200b}\u{ffff}\u{2028}", "'\\u200b\\uffff\\u2028'"),
            ("\u{1f600}\u{e0001}", "'\u{1f600}\\U000e0001'"),
        ];
        for (text, expected) in rows {
            check(&Value::from(text), expected);
        }
    }

    #[test]
    fn containers_are_written_as_python_writes_them() {
        check(&Value::List(vec![Value::Int(1), Value::None]), "[1, None]");
        check(&Value::Tuple(vec![]), "()");
        check(&Value::Tuple(vec![Value::from("a")]), "('a',)");
        check(
            &Value::Tuple(vec![Value::Int(2), Value::Bool(true)]),
            "(2, True)",
        );
        check(
            &Value::Dict(vec![(Value::from("k"), Value::Float(1.5))]),
            "{'k': 1.5}",
        );
        check(&Value::Set(vec![]), "set()");
        check(&Value::FrozenSet(vec![Value::Int(1)]), "frozenset({1})");
        check(&Value::Bytes(b"a'\xff\n".to_vec()), "b\"a'\\xff\\n\"");
    }
}
