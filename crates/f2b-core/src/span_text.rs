//! A length of time in few words, as the log of the original has it: `59m 50s`, `2d 7h 15m`.

/// Returns the words for a number of seconds. What is too small to matter is rounded away.
///
/// The roundings were found by a few thousand bans of the original (contract B 3.4, `incr`).
///
/// ```
/// use f2b_core::span_in_words;
/// assert_eq!(span_in_words(90), "1m 30s");
/// assert_eq!(span_in_words(7_199), "2h");
/// assert_eq!(span_in_words(100_000_000), "3y 8w 6d");
/// ```
#[must_use]
pub fn span_in_words(seconds: i64) -> String {
    const YEAR: i64 = 31_536_000;
    match seconds.max(0) {
        seconds @ ..3_595 => words([(seconds / 60, 'm'), (seconds % 60, 's'), (0, ' ')]),
        seconds @ ..86_400 => {
            let minutes = (seconds + 5) / 60;
            words([(minutes / 60, 'h'), (minutes % 60, 'm'), (0, ' ')])
        }
        seconds @ ..604_800 => {
            let minutes = rounded(seconds, 60);
            words([
                (minutes / 1_440, 'd'),
                (minutes / 60 % 24, 'h'),
                (minutes % 60, 'm'),
            ])
        }
        seconds @ ..YEAR => {
            let hours = rounded(seconds, 3_600);
            words([(hours / 168, 'w'), (hours / 24 % 7, 'd'), (hours % 24, 'h')])
        }
        seconds => {
            let days = rounded(seconds % YEAR, 86_400);
            let years = seconds / YEAR + days / 365;
            let days = days % 365;
            words([(years, 'y'), (days / 7, 'w'), (days % 7, 'd')])
        }
    }
}

/// Whole units, a half rounded to the even neighbour.
fn rounded(seconds: i64, unit: i64) -> i64 {
    let (whole, rest) = (seconds / unit, seconds % unit);
    let is_more = rest * 2 > unit || (rest * 2 == unit && whole % 2 == 1);
    whole + i64::from(is_more)
}

fn words(parts: [(i64, char); 3]) -> String {
    let parts = parts.into_iter().filter(|(number, _)| *number != 0);
    let words: Vec<String> = parts
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if words.is_empty() {
        "0s".to_owned()
    } else {
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::span_in_words;

    /// As a run of the original has them.
    #[test]
    fn spans_are_worded_as_the_originals() {
        let check = |seconds, expected: &str| assert_eq!(span_in_words(seconds), expected);
        check(2, "2s");
        check(119, "1m 59s");
        check(3_594, "59m 54s");
        check(3_595, "1h");
        check(3_654, "1h");
        check(3_655, "1h 1m");
        check(7_180, "1h 59m");
        check(86_399, "24h");
        check(90_061, "1d 1h 1m");
        check(200_000, "2d 7h 33m");
        check(400_000, "4d 15h 7m");
        check(604_799, "7d");
        check(608_400, "1w 1h");
        check(2_629_800, "4w 2d 10h");
        check(31_557_600, "1y");
        check(63_037_164, "2y");
        check(63_115_202, "2y 1d");
        check(1_000_000_000, "31y 37w");
    }
}
