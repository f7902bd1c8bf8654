//! The time of a record, as RFC 3339 has it.

/// Returns the moment that `text` names, in microseconds since 1970.
///
/// *Shape*: `2026-11-26T03:20:34.123456789Z`, with up to nine digits behind the point or none, and
/// `Z` or an offset like `+01:00`.
pub(super) fn read(text: &[u8]) -> Option<i64> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = number(after(&mut rest, b'-')?, 2)?;
    let day = number(after(&mut rest, b'-')?, 2)?;
    let hour = number(after(&mut rest, b'T')?, 2)?;
    let minute = number(after(&mut rest, b':')?, 2)?;
    let second = number(after(&mut rest, b':')?, 2)?;
    let mut micros = 0;
    if after(&mut rest, b'.').is_some() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        let (fraction, behind) = rest.split_at_checked(digits)?;
        let six = fraction.iter().chain([b'0'; 6].iter()).take(6);
        micros = six.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        rest = behind;
    }
    let offset_minutes = match rest {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), ..] => {
            rest = rest.get(1..)?;
            let hours = number(&mut rest, 2).filter(|hours| *hours < 24)?;
            let minutes = number(after(&mut rest, b':')?, 2).filter(|minutes| *minutes < 60)?;
            let offset = hours * 60 + minutes;
            if !rest.is_empty() {
                return None;
            }
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    // A leap second is the next one.
    let is_moment = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !is_moment {
        return None;
    }
    let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    Some((minutes * 60 + second) * 1_000_000 + micros)
}

/// Takes `byte` off the begin of `rest`.
fn after<'rest, 'text>(rest: &'rest mut &'text [u8], byte: u8) -> Option<&'rest mut &'text [u8]> {
    let (first, behind) = rest.split_first()?;
    (*first == byte).then(|| {
        *rest = behind;
        rest
    })
}

/// Takes a number of `digits` digits off the begin of `rest`.
fn number(rest: &mut &[u8], digits: usize) -> Option<i64> {
    let (text, behind) = rest.split_at_checked(digits)?;
    *rest = behind;
    text.iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + i64::from(digit - b'0'))
    })
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts the days of the Gregorian calendar; years begin with March, so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_a_moment() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        };
        // `date -ud … +%s`
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-11-26T03:20:34Z", Some(1_795_663_234_000_000));
        check(
            "2026-11-26T03:20:34.123456789Z",
            Some(1_795_663_234_123_456),
        );
        check("2026-11-26T03:20:34.5Z", Some(1_795_663_234_500_000));
        check("2026-11-26T04:20:34+01:00", Some(1_795_663_234_000_000));
        check("2026-11-25T21:50:34-05:30", Some(1_795_663_234_000_000));
        check("2024-02-29T00:00:00Z", Some(1_709_164_800_000_000));
        check("2016-12-31T23:59:60Z", Some(1_483_228_800_000_000));
        check("0001-01-01T00:00:00Z", Some(-62_135_596_800_000_000));
        check("9999-12-31T23:59:59Z", Some(253_402_300_799_000_000));
    }

    #[test]
    fn what_is_no_moment_is_no_stamp() {
        for text in [
            "",
            "2026-11-26",
            "2026-11-26T03:20:34",
            "2026-11-26 03:20:34Z",
            "2026-11-26T03:20:34.Z",
            "2026-11-26T03:20:34.1234567890Z",
            "2026-11-26T03:20:34,5Z",
            "2026-11-26T03:20:34Z ",
            "2026-11-26T03:20:34z",
            "2026-11-26T03:20:34+0100",
            "2026-11-26T03:20:34+24:00",
            "2026-11-26T03:20:34+01:00x",
            "2026-13-26T03:20:34Z",
            "2026-00-26T03:20:34Z",
            "2026-02-29T03:20:34Z",
            "2026-11-31T03:20:34Z",
            "2026-11-26T24:20:34Z",
            "2026-11-26T03:60:34Z",
            "2026-11-26T03:20:61Z",
            "12026-11-26T03:20:34Z",
            "2026-11-26T3:20:34Z",
            "+026-11-26T03:20:34Z",
            "2026-11-26T03:20:34\u{e9}",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
