//! The arithmetic that times may hold: `+ - * / // % **`, brackets, whole numbers and decimals, with
//! Python's meaning. Nothing else is ever evaluated.

use super::{Seconds, TimeTextErrorKind as Kind};

/// How deep brackets and signs may be nested.
const DEEPEST: usize = 100;

/// Returns the value of an expression.
pub(super) fn evaluate(text: &str) -> Result<Seconds, Kind> {
    let mut reader = Reader {
        rest: text.trim(),
        depth: 0,
    };
    let value = reader.sum()?;
    if reader.rest.is_empty() {
        Ok(value)
    } else {
        Err(Kind::Syntax)
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
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
                let divisor = divisor(self.signed()?)?;
                value = apply(value, divisor, floor_divided, |a, b| (a / b).floor())?;
            } else if self.take("/") {
                let divisor = divisor(self.signed()?)?;
                value = finite(float(value) / float(divisor))?;
            } else if self.take("%") {
                let divisor = divisor(self.signed()?)?;
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
                apply(
                    Seconds::Whole(0),
                    reader.signed()?,
                    i64::checked_sub,
                    |a, b| a - b,
                )
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
                Err(Kind::DivisionByZero)
            }
            (base, exponent) => finite(float(base).powf(float(exponent))),
        }
    }

    fn atom(&mut self) -> Result<Seconds, Kind> {
        if self.take("(") {
            let value = self.deeper(Self::sum)?;
            return if self.take(")") {
                Ok(value)
            } else {
                Err(Kind::Syntax)
            };
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at_checked(end).ok_or(Kind::Syntax)?;
        self.rest = after.trim_start();
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

    fn take(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(after) => {
                self.rest = after.trim_start();
                true
            }
            None => false,
        }
    }
}

fn number(word: &str) -> Result<Seconds, Kind> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if word.starts_with(|c: char| c.is_alphabetic() || c == '_') && !word.contains('.') {
        return Err(Kind::UnknownWord(word.to_owned()));
    }
    match word.split_once('.') {
        None if !word.is_empty() && is_digits(word) => {
            // As Python: only zero itself begins with a zero.
            if word.starts_with('0') && word.bytes().any(|byte| byte != b'0') {
                return Err(Kind::Syntax);
            }
            word.parse()
                .map(Seconds::Whole)
                .map_err(|_overflow| Kind::TooLarge)
        }
        Some((whole, fraction)) if word.len() > 1 && is_digits(whole) && is_digits(fraction) => {
            finite(word.parse().map_err(|_unreadable| Kind::Syntax)?)
        }
        _ => Err(Kind::Syntax),
    }
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

fn divisor(value: Seconds) -> Result<Seconds, Kind> {
    if float(value) == 0.0 {
        Err(Kind::DivisionByZero)
    } else {
        Ok(value)
    }
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
