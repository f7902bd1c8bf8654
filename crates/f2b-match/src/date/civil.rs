//! Days counted from 1970 and back to dates: the proleptic Gregorian calendar.

/// The seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Returns the number of days from 1970-01-01 to a date; `month` is 1 to 12. A day beyond the
/// month's end goes on in the next one.
pub(super) const fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // March begins the year here, so that the leap day is its last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Returns year, month and day of a number of days from 1970-01-01.
pub(super) const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

/// Tells whether Python's `datetime` knows the date.
pub(super) const fn is_date(year: i64, month: i64, day: i64) -> bool {
    if !matches!(year, 1..=9_999) || !matches!(month, 1..=12) {
        return false;
    }
    let last = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    1 <= day && day <= last
}

/// Returns the weekday of a number of days from 1970-01-01; Monday is 0.
pub(super) const fn weekday_of(days: i64) -> i64 {
    (days + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_counted_as_jiff_counts_them() {
        let epoch = jiff::civil::date(1970, 1, 1);
        for days in (-719_162..2_932_896).step_by(97).chain(-800..800) {
            let (year, month, day) = date_of(days);
            let date = jiff::civil::date(
                i16::try_from(year).unwrap(),
                i8::try_from(month).unwrap(),
                i8::try_from(day).unwrap(),
            );
            assert_eq!(i64::from((date - epoch).get_days()), days, "{date}");
            assert_eq!(days_of(year, month, day), days, "{date}");
            let weekday = i64::from(date.weekday().to_monday_zero_offset());
            assert_eq!(weekday_of(days), weekday, "{date}");
            assert!(is_date(year, month, day), "{date}");
        }
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        for (year, month, day) in [
            (0, 1, 1),
            (10_000, 1, 1),
            (2026, 0, 1),
            (2026, 13, 1),
            (2026, 4, 0),
            (2026, 4, 31),
            (2026, 2, 29),
            (1900, 2, 29),
        ] {
            assert!(!is_date(year, month, day), "{year}-{month}-{day}");
        }
    }
}
