//! A moment as calendar text in UTC, without a clock or a time zone database.

use f2b_core::UnixTime;

const SECONDS_PER_DAY: i64 = 86_400;

/// Returns the suffix of a file set aside at `now`: `20261121-205952`.
pub(crate) fn file_suffix(now: UnixTime) -> String {
    let civil = Civil::from_time(now);
    format!(
        "{:04}{:02}{:02}-{:02}{:02}{:02}",
        civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second
    )
}

/// Returns the ISO 8601 form with microseconds: `2026-11-21T20:59:52.000123+00:00`.
pub(crate) fn iso(time: UnixTime) -> String {
    let civil = Civil::from_time(time);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00",
        civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second, civil.micros
    )
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
}

impl Civil {
    fn from_time(time: UnixTime) -> Self {
        let seconds = time.whole_seconds();
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let (year, month, day) = date(seconds.div_euclid(SECONDS_PER_DAY));
        Self {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            micros: time.as_micros().rem_euclid(1_000_000),
        }
    }
}

/// The Gregorian date `days` after the epoch. Years are taken to begin in March, so that the leap
/// day is a year's last one and months have a regular pattern of lengths.
fn date(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097; // 400 years
    let days = days + 719_468; // from the epoch back to 1 March of year 0
    let era = days.div_euclid(DAYS_PER_ERA);
    let of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from `date -u -d @SECONDS`.
    #[test]
    fn a_moment_has_the_date_that_the_calendar_gives_it() {
        let check = |seconds, expected: &str| {
            assert_eq!(file_suffix(UnixTime::from_seconds(seconds)), expected);
        };
        check(0, "19700101-000000");
        check(-1, "19691231-235959");
        check(951_782_400, "20000229-000000");
        check(1_709_251_199, "20240229-235959");
        check(1_709_251_200, "20240301-000000");
        check(1_795_294_792, "20261121-205952");
        check(4_107_542_400, "21000301-000000");
    }

    #[test]
    fn iso_text_carries_microseconds() {
        let time = UnixTime::from_micros(1_795_294_792_000_123);
        assert_eq!(iso(time), "2026-11-21T20:59:52.000123+00:00");
    }
}
