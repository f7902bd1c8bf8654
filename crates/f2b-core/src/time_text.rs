//! Time as people write it: `600`, `10m`, `1d 12h`, `(1h+1m)*2` (contract A 1.6).

mod arithmetic;

use std::fmt;

use crate::Span;

/// A length of time as configuration gives it.
///
/// Whole seconds stay whole until a month, a year, a division or a decimal point occurs; replies and
/// `--str2sec` show the difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seconds {
    /// A whole number.
    Whole(i64),
    /// A number with a fraction, be it `.0`.
    Fraction(f64),
}

impl Seconds {
    /// Returns the whole seconds, a fraction cut off towards zero.
    #[must_use]
    pub fn whole(self) -> i64 {
        match self {
            Self::Whole(seconds) => seconds,
            #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
            Self::Fraction(seconds) => seconds.trunc() as i64,
        }
    }

    /// Returns the length with its fraction, to the microsecond.
    #[must_use]
    pub fn span(self) -> Span {
        match self {
            Self::Whole(seconds) => Span::from_seconds(seconds),
            #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
            Self::Fraction(seconds) => Span::from_micros((seconds * 1e6).round() as i64),
        }
    }
}

/// A text that is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time: {kind}")]
pub struct TimeTextError {
    /// The text as it was written.
    pub text: String,
    /// What is wrong with it.
    pub kind: TimeTextErrorKind,
}

/// What can be wrong with a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeTextErrorKind {
    /// A word that is no unit.
    UnknownWord(String),
    /// It cannot be read at all.
    Syntax(SyntaxMistake),
    /// It divides by zero.
    DivisionByZero(ZeroDivision),
    /// It is beyond what can be counted, or nested too deep.
    TooLarge,
}

/// Why an expression cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxMistake {
    /// There is nothing in it.
    Empty,
    /// Something stands where it makes no sense.
    Plain,
    /// A number begins with a zero.
    LeadingZero,
    /// A number goes on with letters.
    DecimalLiteral,
    /// `0x…`.
    HexadecimalLiteral,
    /// `0b…`.
    BinaryLiteral,
    /// `0o…`.
    OctalLiteral,
    /// A bracket is not closed.
    NeverClosed,
    /// A bracket was not opened.
    Unmatched,
}

/// What was divided by zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZeroDivision {
    /// With `/`.
    Division,
    /// Whole numbers with `//`.
    FloorDivision,
    /// Whole numbers with `%`.
    Modulo,
    /// Zero raised to a negative power.
    Power,
}

impl fmt::Display for TimeTextErrorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownWord(word) => write!(
                out,
                "`{word}` is no unit (hint: units are s, m, h, d, w, mo, y and their long forms)"
            ),
            Self::Syntax(_) => {
                out.write_str("hint: write seconds, or numbers with units as in `1d 12h 30m`")
            }
            Self::DivisionByZero(_) => out.write_str("it divides by zero"),
            Self::TooLarge => out.write_str("it is too large"),
        }
    }
}

/// Returns the time that a text stands for.
///
/// # Errors
/// [`TimeTextError`] when it cannot be read, holds an unknown word, divides by zero or is too large.
///
/// ```
/// use f2b_core::{Seconds, parse_time};
/// assert_eq!(parse_time("1d12h30m"), Ok(Seconds::Whole(131_400)));
/// assert_eq!(parse_time("1y6mo"), Ok(Seconds::Fraction(47_336_400.0)));
/// assert!(parse_time("5 dogs").is_err());
/// ```
pub fn parse_time(text: &str) -> Result<Seconds, TimeTextError> {
    arithmetic::evaluate(&expression(text)).map_err(|kind| TimeTextError {
        text: text.to_owned(),
        kind,
    })
}

/// The words of each unit in the order in which the original replaces them, and its factor.
const UNITS: [(&[&str], &str); 7] = [
    (&["days", "day", "da", "dd", "d"], "86400"),
    (&["weeks", "week", "wee", "we", "ww", "w"], "604800"),
    (&["months", "month", "mon", "mo"], "2629800.0"),
    (&["years", "year", "yea", "ye", "yy", "y"], "31557600.0"),
    (&["seconds", "second", "sec", "se", "ss", "s"], "1"),
    (&["minutes", "minute", "min", "mi", "mm", "m"], "60"),
    (&["hours", "hour", "hou", "ho", "hh", "h"], "3600"),
];

/// Turns a time into an arithmetic expression: units become factors, and numbers that only blanks
/// separate are added.
fn expression(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        if c.is_ascii_digit() && before.is_ascii_alphabetic() {
            spaced.push(' ');
        }
        spaced.push(c);
        before = c;
    }
    for (words, factor) in UNITS {
        spaced = with_factor(&spaced, words, factor);
    }
    with_sums(&spaced)
}

/// Replaces words that stand behind a digit or a blank and end as a word does.
fn with_factor(text: &str, words: &[&str], factor: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(c) = rest.chars().next() {
        let may_begin =
            before.is_some_and(|before| before.is_ascii_digit() || before.is_whitespace());
        let word = words
            .iter()
            .find(|word| may_begin && begins_with_word(rest, word));
        let length = match word {
            Some(word) => {
                out.push('*');
                out.push_str(factor);
                word.len()
            }
            None => {
                out.push(c);
                c.len_utf8()
            }
        };
        let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        before = taken.chars().last();
        rest = after;
    }
    out
}

fn begins_with_word(text: &str, word: &str) -> bool {
    let Some((begin, after)) = text.split_at_checked(word.len()) else {
        return false;
    };
    let ends = after
        .chars()
        .next()
        .is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    ends && begin.eq_ignore_ascii_case(word)
}

/// Puts a `+` between digits that only blanks separate. As the original in a single pass, in which
/// a digit that ended one pair does not begin the next.
fn with_sums(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (_, after) = rest.split_at_checked(c.len_utf8()).unwrap_or((rest, ""));
        out.push(c);
        rest = after;
        let next = after.trim_start();
        if c.is_ascii_digit() && next.len() < after.len() {
            let digit = next.chars().next().filter(char::is_ascii_digit);
            if let Some(digit) = digit {
                out.push('+');
                out.push(digit);
                rest = next.strip_prefix(digit).unwrap_or(next);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows seen in runs of the original (contract A 1.6).
    #[test]
    fn times_are_the_originals() {
        let whole = |text: &str, expected: i64| {
            assert_eq!(parse_time(text), Ok(Seconds::Whole(expected)), "{text:?}");
        };
        whole("600", 600);
        whole("10m", 600);
        whole(" 5 m", 300);
        whole("1d12h30m", 131_400);
        whole("1h*2", 7_200);
        whole("(1h+1m)*2", 7_320);
        whole("1h30", 3_630);
        whole("10m 5", 605);
        whole("1m1m", 120);
        whole("1W", 604_800);
        whole("-1", -1);
        whole("-10m", -600);
        whole("7//2", 3);
        whole("-7//2", -4);
        whole("-7%3", 2);
        whole("2**3", 8);
        whole("5_000", 5_000);
        whole("-2**2", -4);
        whole("2 hours 3 minutes", 7_380);
        whole("1d # one day", 86_400);
        whole("\n1h#", 3_600);
        whole("(1h # one\n+ 1m)", 3_660);
        let fraction = |text: &str, expected: f64| {
            assert_eq!(
                parse_time(text),
                Ok(Seconds::Fraction(expected)),
                "{text:?}"
            );
        };
        fraction("1y6mo", 47_336_400.0);
        fraction("1y-6mo", 15_778_800.0);
        fraction("1h/2", 1_800.0);
        fraction("1.5h", 5_400.0);
        fraction("2**-1", 0.5);
    }

    #[test]
    fn what_is_no_time_says_why() {
        let check = |text: &str, expected: TimeTextErrorKind| {
            assert_eq!(parse_time(text).unwrap_err().kind, expected, "{text:?}");
        };
        let word = |word: &str| TimeTextErrorKind::UnknownWord(word.to_owned());
        let syntax = |mistake| TimeTextErrorKind::Syntax(mistake);
        let zero = |division| TimeTextErrorKind::DivisionByZero(division);
        check("", syntax(SyntaxMistake::Empty));
        for text in [
            "5 dogs", "1 2 3", "1+", "()", "1..2", "m5", "5_", "1__0", "1\n+1", "1+\n1",
        ] {
            check(text, syntax(SyntaxMistake::Plain));
        }
        check("010", syntax(SyntaxMistake::LeadingZero));
        check("0x10", syntax(SyntaxMistake::HexadecimalLiteral));
        check("1e3", syntax(SyntaxMistake::DecimalLiteral));
        check("1ms", syntax(SyntaxMistake::DecimalLiteral));
        check("(1", syntax(SyntaxMistake::NeverClosed));
        check("1)", syntax(SyntaxMistake::Unmatched));
        check("#", syntax(SyntaxMistake::Plain));
        check("*(1", syntax(SyntaxMistake::Plain));
        check("(1+", syntax(SyntaxMistake::NeverClosed));
        check("(1 a)", syntax(SyntaxMistake::Plain));
        check("1\u{a0}d", syntax(SyntaxMistake::DecimalLiteral));
        // What is wrong with a word goes before its place.
        check("+)1", syntax(SyntaxMistake::Unmatched));
        check("1(2", syntax(SyntaxMistake::NeverClosed));
        check("* 010", syntax(SyntaxMistake::LeadingZero));
        check("abc", word("abc"));
        check("m", word("m"));
        check("1/0", zero(ZeroDivision::Division));
        check("1//0", zero(ZeroDivision::FloorDivision));
        check("1%0", zero(ZeroDivision::Modulo));
        check("0**-1", zero(ZeroDivision::Power));
        check("9223372036854775807+1", TimeTextErrorKind::TooLarge);
        check("9**9**9", TimeTextErrorKind::TooLarge);
        check(&"(".repeat(10_000), TimeTextErrorKind::TooLarge);
        check(&"-".repeat(10_000), TimeTextErrorKind::TooLarge);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged_without_a_panic(text in "[0-9a-z+*/%().^ é-]{0,40}") {
            let _judged = parse_time(&text);
        }
    }
}
