//! Time as people write it: `600`, `10m`, `1d12h`.

/// A text that is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a time (hint: write seconds, or numbers with units as in `1d 12h 30m`)")]
pub struct TimeTextError {
    /// The text as it was written.
    pub text: String,
}

/// Returns the seconds that a time text stands for: a plain number (may be negative), or a sum of
/// numbers with units (contract A 1.6, without its arithmetic).
///
/// # Errors
/// [`TimeTextError`] when the text is empty, holds an unknown unit, or overflows.
///
/// ```
/// assert_eq!(f2b_core::parse_seconds("1d12h30m"), Ok(131_400));
/// assert_eq!(f2b_core::parse_seconds("-1"), Ok(-1));
/// assert!(f2b_core::parse_seconds("5 dogs").is_err());
/// ```
pub fn parse_seconds(text: &str) -> Result<i64, TimeTextError> {
    let error = || TimeTextError {
        text: text.to_owned(),
    };
    let trimmed = text.trim();
    if let Some(number) = plain_number(trimmed) {
        return Ok(number);
    }
    let mut rest = trimmed;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (digits, after) = split_while(rest, |c| c.is_ascii_digit());
        let (unit, after) = split_while(after.trim_start(), |c| c.is_ascii_alphabetic());
        let number = plain_number(digits).ok_or_else(error)?;
        let factor = if unit.is_empty() {
            1
        } else {
            unit_seconds(unit).ok_or_else(error)?
        };
        total = number
            .checked_mul(factor)
            .and_then(|term| total.checked_add(term))
            .ok_or_else(error)?;
        rest = after.trim_start();
    }
    if trimmed.is_empty() {
        return Err(error());
    }
    Ok(total)
}

/// A number with an optional sign. As the original: no leading zero (`010` is an error).
fn plain_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    text.strip_prefix('+')
        .is_none()
        .then(|| text.parse().ok())?
}

fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !keep(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// Seconds of one unit word; months and years are the original's averages.
fn unit_seconds(unit: &str) -> Option<i64> {
    let lower = unit.to_ascii_lowercase();
    Some(match lower.as_str() {
        "s" | "ss" | "se" | "sec" | "second" | "seconds" => 1,
        "m" | "mm" | "mi" | "min" | "minute" | "minutes" => 60,
        "h" | "hh" | "ho" | "hou" | "hour" | "hours" => 3_600,
        "d" | "dd" | "da" | "day" | "days" => 86_400,
        "w" | "ww" | "we" | "wee" | "week" | "weeks" => 604_800,
        "mo" | "mon" | "month" | "months" => 2_629_800,
        "y" | "yy" | "ye" | "yea" | "year" | "years" => 31_557_600,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_originals() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(parse_seconds(text).ok(), expected, "{text:?}");
        };
        check("600", Some(600));
        check("10m", Some(600));
        check(" 5 m", Some(300));
        check("1d12h30m", Some(131_400));
        check("1h30", Some(3_630));
        check("10m 5", Some(605));
        check("1m1m", Some(120));
        check("1y6mo", Some(47_336_400));
        check("1W", Some(604_800));
        check("-1", Some(-1));
        for wrong in [
            "",
            "abc",
            "010",
            "0x10",
            "1e3",
            "1ms",
            "-",
            "+5",
            "m",
            "9999999999999999999d",
        ] {
            check(wrong, None);
        }
    }
}
