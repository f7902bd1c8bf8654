//! The arithmetic that times may hold: `+ - * / // % **`, brackets, whole numbers and decimals, with
//! Python's meaning; `#` begins a comment. Nothing else is ever evaluated.

use super::{Seconds, SyntaxMistake, TimeTextErrorKind as Kind, ZeroDivision};

/// How deep brackets and signs may be nested.
const DEEPEST: usize = 100;

/// Returns the value of an expression.
pub(super) fn evaluate(text: &str) -> Result<Seconds, Kind> {
    if text.trim().is_empty() {
        return Err(Kind::Syntax(SyntaxMistake::Empty));
    }
    let text = without_blanks(text, true);
    let mut reader = Reader {
        rest: text,
        depth: 0,
        brackets: 0,
        unknown: None,
    };
    let value = reader.sum();
    let is_whole = without_blanks(reader.rest, true).is_empty();
    match (value, reader.unknown) {
        // What cannot be read goes before what is unknown, and a word's own mistake before its place.
        (Err(Kind::Syntax(mistake)), _) => Err(Kind::Syntax(told(text, mistake))),
        (Ok(_), _) if !is_whole => Err(Kind::Syntax(told(text, SyntaxMistake::NeverClosed))),
        (_, Some(word)) => Err(Kind::UnknownWord(word)),
        (value, None) => value,
    }
}

/// A text from its first word on: behind blanks and comments, and behind ends of lines if those count
/// as blanks.
fn without_blanks(mut text: &str, ends_too: bool) -> &str {
    loop {
        text = text.trim_start_matches([' ', '\t', '\u{c}']);
        if text.starts_with('#') {
            let end = text.find(['\n', '\r']).unwrap_or(text.len());
            text = text.get(end..).unwrap_or_default();
        }
        match text.strip_prefix(['\n', '\r']) {
            Some(after) if ends_too => text = after,
            _ => return text,
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.' || !c.is_ascii()
}

/// What is told of a text that cannot be read because of `mistake`. As Python: the first number that none
/// can be, or the first bracket that was not opened, wherever it stands; that a bracket is not closed only
/// if one is not.
fn told(text: &str, mistake: SyntaxMistake) -> SyntaxMistake {
    let mut open = 0_usize;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = match c {
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match word {
            "(" => open += 1,
            ")" if open == 0 => return SyntaxMistake::Unmatched,
            ")" => open -= 1,
            _ if c.is_ascii_digit() => match number(word) {
                Err(Kind::Syntax(SyntaxMistake::Plain)) => {}
                Err(Kind::Syntax(mistake)) => return mistake,
                _ => {}
            },
            _ => {}
        }
        rest = without_blanks(after, true);
    }
    match mistake {
        SyntaxMistake::NeverClosed if open == 0 => SyntaxMistake::Plain,
        mistake => mistake,
    }
}

fn plain() -> Kind {
    Kind::Syntax(SyntaxMistake::Plain)
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
    /// How many brackets are open: inside, the end of a line is a blank.
    brackets: usize,
    /// The first word that is none of arithmetic's.
    unknown: Option<String>,
}

impl Reader<'_> {
    fn sum(&mut self) -> Result<Seconds, Kind> {
        let mut value = self.product()?;
        loop {
            if self.take("+") {
                value = apply(value, self.product()?, i64::checked_add, |a, b| a + b)?;
            } else if self.take("-") {
                value = apply(value, self.product()?, i64::checked_sub, |a, b| a - b)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<Seconds, Kind> {
        let mut value = self.signed()?;
        loop {
            if self.rest.starts_with("**") {
                return Ok(value);
            } else if self.take("//") {
                let divisor = self.signed()?;
                non_zero(value, divisor, ZeroDivision::FloorDivision)?;
                value = apply(value, divisor, floor_divided, |a, b| (a / b).floor())?;
            } else if self.take("/") {
                let divisor = self.signed()?;
                non_zero(Seconds::Fraction(0.0), divisor, ZeroDivision::Division)?;
                value = finite(float(value) / float(divisor))?;
            } else if self.take("%") {
                let divisor = self.signed()?;
                non_zero(value, divisor, ZeroDivision::Modulo)?;
                value = apply(value, divisor, modulo, |a, b| a - b * (a / b).floor())?;
            } else if self.take("*") {
                value = apply(value, self.signed()?, i64::checked_mul, |a, b| a * b)?;
            } else {
                return Ok(value);
            }
        }
    }

    /// Signs bind less than `**` on their right side: `-2**2` is −4.
    fn signed(&mut self) -> Result<Seconds, Kind> {
        self.deeper(|reader| {
            if reader.take("+") {
                reader.signed()
            } else if reader.take("-") {
                match reader.signed()? {
                    Seconds::Whole(value) => {
                        let negated = value.checked_neg();
                        negated.map(Seconds::Whole).ok_or(Kind::TooLarge)
                    }
                    Seconds::Fraction(value) => Ok(Seconds::Fraction(-value)),
                }
            } else {
                reader.power()
            }
        })
    }

    fn power(&mut self) -> Result<Seconds, Kind> {
        let base = self.atom()?;
        if !self.take("**") {
            return Ok(base);
        }
        match (base, self.signed()?) {
            (Seconds::Whole(base), Seconds::Whole(exponent)) if exponent >= 0 => {
                let exponent = u32::try_from(exponent).ok();
                let power = exponent.and_then(|exponent| base.checked_pow(exponent));
                power.map(Seconds::Whole).ok_or(Kind::TooLarge)
            }
            (base, exponent) if float(base) == 0.0 && float(exponent) < 0.0 => {
                Err(Kind::DivisionByZero(ZeroDivision::Power))
            }
            (base, exponent) => finite(float(base).powf(float(exponent))),
        }
    }

    fn atom(&mut self) -> Result<Seconds, Kind> {
        if self.rest.starts_with('(') {
            self.brackets += 1;
            self.take("(");
            let value = self.deeper(Self::sum)?;
            self.brackets -= 1;
            return if self.take(")") {
                Ok(value)
            } else {
                Err(Kind::Syntax(SyntaxMistake::NeverClosed))
            };
        }
        if self.rest.is_empty() {
            return Err(Kind::Syntax(SyntaxMistake::NeverClosed));
        }
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at_checked(end).ok_or_else(plain)?;
        self.rest = self.next_word(after);
        let begins_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if begins_name && !word.contains('.') {
            self.unknown.get_or_insert_with(|| word.to_owned());
            return Ok(Seconds::Whole(1));
        }
        number(word)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Kind>) -> Result<T, Kind> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Kind::TooLarge);
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn next_word<'t>(&self, text: &'t str) -> &'t str {
        without_blanks(text, self.brackets > 0)
    }

    fn take(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(after) => {
                self.rest = self.next_word(after);
                true
            }
            None => false,
        }
    }
}

fn number(word: &str) -> Result<Seconds, Kind> {
    if let Some(mistake) = literal_mistake(word) {
        return Err(Kind::Syntax(mistake));
    }
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // Python allows single `_` between digits.
    let parts: Vec<&str> = word.split('_').collect();
    let joined = parts.concat();
    match joined.split_once('.') {
        None if parts.iter().all(|part| !part.is_empty() && is_digits(part)) => {
            // As Python: only zero itself begins with a zero.
            if joined.starts_with('0') && joined.bytes().any(|byte| byte != b'0') {
                return Err(Kind::Syntax(SyntaxMistake::LeadingZero));
            }
            let number = joined.parse().map(Seconds::Whole);
            number.map_err(|_overflow| Kind::TooLarge)
        }
        Some((whole, fraction))
            if joined.len() > 1 && parts.len() == 1 && is_digits(whole) && is_digits(fraction) =>
        {
            finite(joined.parse().map_err(|_unreadable| plain())?)
        }
        _ => Err(plain()),
    }
}

/// What is wrong with a number that goes on with letters.
fn literal_mistake(word: &str) -> Option<SyntaxMistake> {
    let begins = word.bytes().next()?.is_ascii_digit();
    let letter = word.chars().find(|c| c.is_alphabetic() || !c.is_ascii())?;
    if !begins {
        return None;
    }
    let is_prefix = word.starts_with('0') && word.chars().nth(1) == Some(letter);
    Some(match letter {
        'x' | 'X' if is_prefix => SyntaxMistake::HexadecimalLiteral,
        'b' | 'B' if is_prefix => SyntaxMistake::BinaryLiteral,
        'o' | 'O' if is_prefix => SyntaxMistake::OctalLiteral,
        _ => SyntaxMistake::DecimalLiteral,
    })
}

fn apply(
    a: Seconds,
    b: Seconds,
    whole: impl Fn(i64, i64) -> Option<i64>,
    fraction: impl Fn(f64, f64) -> f64,
) -> Result<Seconds, Kind> {
    match (a, b) {
        (Seconds::Whole(a), Seconds::Whole(b)) => {
            whole(a, b).map(Seconds::Whole).ok_or(Kind::TooLarge)
        }
        (a, b) => finite(fraction(float(a), float(b))),
    }
}

/// As Python: only whole numbers have words of their own for it.
fn non_zero(value: Seconds, divisor: Seconds, whole: ZeroDivision) -> Result<(), Kind> {
    if float(divisor) != 0.0 {
        return Ok(());
    }
    let is_whole = matches!((value, divisor), (Seconds::Whole(_), Seconds::Whole(_)));
    Err(Kind::DivisionByZero(if is_whole {
        whole
    } else {
        ZeroDivision::Division
    }))
}

fn floor_divided(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let is_exact = a.checked_rem(b)? == 0;
    if is_exact || (a < 0) == (b < 0) {
        Some(quotient)
    } else {
        quotient.checked_sub(1)
    }
}

fn modulo(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b)?;
    if rest == 0 || (rest < 0) == (b < 0) {
        Some(rest)
    } else {
        rest.checked_add(b)
    }
}

fn finite(value: f64) -> Result<Seconds, Kind> {
    if value.is_finite() {
        Ok(Seconds::Fraction(value))
    } else {
        Err(Kind::TooLarge)
    }
}

#[expect(clippy::cast_precision_loss, reason = "as Python: a float has 53 bits")]
fn float(value: Seconds) -> f64 {
    match value {
        Seconds::Whole(value) => value as f64,
        Seconds::Fraction(value) => value,
    }
}
