//! Text as Python's `repr()` writes it, which the log shows outputs and scripts in.

use std::fmt::Write as _;

/// Returns a text in quotes.
///
/// *Shape*: single quotes, double ones if the text holds single ones only; what cannot be printed
/// escaped.
pub(crate) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if character == quote => {
                quoted.push('\\');
                quoted.push(quote);
            }
            _ if is_printable(character) => quoted.push(character),
            _ => escape(character, &mut quoted),
        }
    }
    quoted.push(quote);
    quoted
}

/// Writes a list of texts.
pub(crate) fn repr_list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(repr).collect();
    format!("[{}]", texts.join(", "))
}

fn is_printable(character: char) -> bool {
    // What cannot be printed beyond Latin-1: other blanks, marks of direction, private use.
    const BEYOND: [std::ops::RangeInclusive<char>; 9] = [
        '\u{1680}'..='\u{1680}',
        '\u{180e}'..='\u{180e}',
        '\u{2000}'..='\u{200f}',
        '\u{2028}'..='\u{202f}',
        '\u{205f}'..='\u{206f}',
        '\u{3000}'..='\u{3000}',
        '\u{e000}'..='\u{f8ff}',
        '\u{feff}'..='\u{feff}',
        '\u{e0000}'..='\u{10ffff}',
    ];
    !matches!(character, '\0'..='\x1f' | '\x7f'..='\u{a0}' | '\u{ad}')
        && !BEYOND.iter().any(|range| range.contains(&character))
}

fn escape(character: char, out: &mut String) {
    let code = u32::from(character);
    let written = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    // Writing to a `String` cannot fail.
    written.ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_are_those_of_python() {
        let check = |text: &str, expected: &str| assert_eq!(repr(text), expected);
        check("out1", "'out1'");
        check("it's", "\"it's\"");
        check("it's dq\"", "'it\\'s dq\"'");
        check("a\tb\\", "'a\\tb\\\\'");
        check(
            "\u{a0}\u{2028}\x0b\x0c\x1cz",
            "'\\xa0\\u2028\\x0b\\x0c\\x1cz'",
        );
        check("ä \u{fffd} \x01", "'ä \u{fffd} \\x01'");
        check("a\0b", "'a\\x00b'");
        assert_eq!(repr_list(["a", "b'"]), "['a', \"b'\"]");
    }
}
