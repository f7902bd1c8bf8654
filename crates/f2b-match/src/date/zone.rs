//! Zones: that of the machine, and those that a setting or a line names.

mod abbreviation;

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Dst, TimeZone};

use super::civil::{self, DAY};
use super::{DateError, percent};

/// The zone that stamps without one of their own are read in.
///
/// It is that of a machine, daylight saving included, and maybe a fixed one that a `logtimezone`
/// sets. As the original: what lies in the future is judged by the clock of the machine in any case.
#[derive(Clone, Debug)]
pub struct Zone {
    local: TimeZone,
    fixed: Option<i32>,
    /// The same for all copies of one zone, so that what was worked out for it can be kept.
    number: u64,
}

/// Why a text is no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ZoneMistake {
    /// Its form is none of a zone.
    Form,
    /// It is an abbreviation, padded with zeros, that is not known.
    Unknown([u8; 5]),
}

impl Zone {
    /// Returns the zone of the machine, daylight saving included.
    #[must_use]
    pub fn system() -> Self {
        Self::of(TimeZone::system())
    }

    /// Returns the zone without an offset, taken for that of the machine.
    #[must_use]
    pub const fn utc() -> Self {
        Self {
            local: TimeZone::UTC,
            fixed: None,
            number: 0,
        }
    }

    /// Returns the zone named `name` in the zone database, as `Europe/Berlin`, taken for that of
    /// the machine; `None` if there is no such zone.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self::of)
    }

    /// Returns the zone of the machine with the zone that a `logtimezone` names set: `UTC`,
    /// `CET+0100`, `-05:30`.
    ///
    /// # Errors
    /// [`DateError`] if it is none, in the words of the original.
    pub fn parse(logtimezone: &str) -> Result<Self, DateError> {
        Self::system().with_logtimezone(logtimezone)
    }

    /// Returns this machine's zone with the zone that a `logtimezone` names set.
    ///
    /// # Errors
    /// [`DateError`] if it is none, in the words of the original.
    pub fn with_logtimezone(self, logtimezone: &str) -> Result<Self, DateError> {
        // As the original: one line end is let through.
        let text = logtimezone.strip_suffix('\n').unwrap_or(logtimezone);
        let fixed = offset(text).map_err(|mistake| match mistake {
            ZoneMistake::Form => DateError::Zone {
                text: percent::quoted(logtimezone),
            },
            ZoneMistake::Unknown(name) => DateError::Abbreviation {
                name: super::capture::Failure::Zone(name).text(),
            },
        })?;
        Ok(Self {
            fixed: Some(fixed),
            ..Self::of(self.local)
        })
    }

    fn of(local: TimeZone) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            local,
            fixed: None,
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Returns the seconds east of Greenwich that a `logtimezone` sets.
    pub(super) const fn fixed(&self) -> Option<i32> {
        self.fixed
    }

    /// Returns what tells this zone from others.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the offset of the machine's zone at a moment.
    pub(super) fn offset_at(&self, seconds: i64) -> i64 {
        jiff::Timestamp::from_second(seconds)
            .map_or(0, |moment| self.local.to_offset(moment).seconds().into())
    }

    /// Returns the moment of a local time, as the C library finds it.
    ///
    /// `local` counts seconds as if there were no zone; `last` is the offset of the last time that
    /// was looked up. A time that was there twice is that of the last offset. One that was skipped
    /// is read so that it falls into daylight saving.
    pub(super) fn moment(&self, local: i64, last: i64) -> Option<i64> {
        let days = local.div_euclid(DAY);
        let second = local.rem_euclid(DAY);
        let (year, month, day) = civil::date_of(days);
        let small = |number: i64| i8::try_from(number).ok();
        let datetime = DateTime::new(
            i16::try_from(year).ok()?,
            small(month)?,
            small(day)?,
            small(second / 3_600)?,
            small(second / 60 % 60)?,
            small(second % 60)?,
            0,
        )
        .ok()?;
        let guess = || self.offset_at(local - last);
        let offset = match self.local.to_ambiguous_timestamp(datetime).offset() {
            AmbiguousOffset::Unambiguous { offset } => i64::from(offset.seconds()),
            AmbiguousOffset::Fold { before, after } => {
                let after = i64::from(after.seconds());
                if guess() == after {
                    after
                } else {
                    before.seconds().into()
                }
            }
            AmbiguousOffset::Gap { before, after } => {
                let (before, after) = (i64::from(before.seconds()), i64::from(after.seconds()));
                match (self.is_dst(local - before), self.is_dst(local - after)) {
                    (true, false) => before,
                    (false, true) => after,
                    _ if last == after => after,
                    _ => before,
                }
            }
        };
        Some(local - offset)
    }

    fn is_dst(&self, seconds: i64) -> bool {
        jiff::Timestamp::from_second(seconds)
            .is_ok_and(|moment| self.local.to_offset_info(moment).dst() == Dst::Yes)
    }

    /// Returns the one offset that a local day has from its begin to its end; `None` if clocks may
    /// be changed on it.
    pub(super) fn offset_of_day(&self, days: i64) -> Option<i64> {
        // A change of clocks is at most a day wide, and no local time is farther off.
        let from = jiff::Timestamp::from_second((days - 2) * DAY).ok()?;
        let to = (days + 3) * DAY;
        let change = self.local.following(from).next();
        let quiet = change.is_none_or(|change| change.timestamp().as_second() > to);
        quiet.then(|| i64::from(self.local.to_offset(from).seconds()))
    }
}

/// Reads `CET`, `+01:30`, `CET+0100`; nothing is no offset. The two parts are added up.
pub(super) fn offset(text: &str) -> Result<i32, ZoneMistake> {
    let split = text.find(['+', '-']).unwrap_or(text.len());
    let (name, digits) = text.split_at_checked(split).ok_or(ZoneMistake::Form)?;
    let minutes = minutes(digits).ok_or(ZoneMistake::Form)?;
    let named = match name.len() {
        0 => 0,
        1 | 3..=5 if name.bytes().all(|byte| byte.is_ascii_uppercase()) => {
            abbreviation::minutes(name).ok_or_else(|| {
                let mut padded = [0; 5];
                for (to, from) in padded.iter_mut().zip(name.bytes()) {
                    *to = from;
                }
                ZoneMistake::Unknown(padded)
            })?
        }
        _ => return Err(ZoneMistake::Form),
    };
    Ok((named + minutes) * 60)
}

/// Reads `±HH`, `±HHMM`, `±HH:MM`; nothing is 0.
fn minutes(text: &str) -> Option<i32> {
    let Some(digits) = text.strip_prefix(['+', '-']) else {
        return text.is_empty().then_some(0);
    };
    let (hours, rest) = digits.split_at_checked(2)?;
    let rest = rest
        .strip_prefix(':')
        .filter(|_| rest.len() > 1)
        .unwrap_or(rest);
    let number = |text: &str| {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<i32>().ok()).flatten()
    };
    let hours = number(hours).filter(|hours| *hours < 20)?;
    let minutes = if rest.is_empty() { 0 } else { number(rest)? };
    let sum = hours * 60 + minutes;
    Some(if text.starts_with('-') { -sum } else { sum })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<i32, &str>) {
        let found = Zone::utc()
            .with_logtimezone(text)
            .map(|zone| zone.fixed.unwrap_or(-1) / 60)
            .map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{text:?}");
    }

    #[test]
    fn a_zone_is_an_abbreviation_and_an_offset() {
        check("UTC", Ok(0));
        check("CET", Ok(60));
        check("CET+0100", Ok(120));
        check("EST-05:30", Ok(-630));
        check("+01", Ok(60));
        check("-00", Ok(0));
        check("UTC-1999", Ok(-1_239));
        check("UTC+01:99", Ok(159));
        check("A", Ok(60));
        check("UTC\n", Ok(0));
        check("", Ok(0));
    }

    #[test]
    fn what_is_no_zone_is_refused_in_the_words_of_the_original() {
        for text in [
            "utc",
            "CET+1",
            "UTC+25",
            "Europe/Berlin",
            "UTC +1",
            " UTC",
            "AB",
            "ABCDEF",
            "UTC+010",
            "UTC+01:0",
            "UTC+01:",
            "ChST",
            "+",
            "+0é",
        ] {
            let words = format!("Unknown or unsupported time zone: '{text}'");
            check(text, Err(&words));
        }
        check("it's", Err(r#"Unknown or unsupported time zone: "it's""#));
        check("FOO", Err("'FOO'"));
        check("J+01", Err("'J'"));
    }

    #[test]
    fn a_time_that_was_there_twice_has_the_last_offset() {
        let zone = Zone::named("America/New_York").unwrap();
        let local = civil::days_of(2026, 11, 1) * DAY + 5_400;
        let check = |last: i64, expected: i64| {
            assert_eq!(zone.moment(local, last), Some(expected), "{last}");
        };
        check(-5 * 3_600, 1_793_514_600);
        check(-4 * 3_600, 1_793_511_000);
    }

    #[test]
    fn a_time_that_was_skipped_falls_into_daylight_saving() {
        let check = |name: &str, (year, month, day): (i64, i64, i64), hour: i64, expected: i64| {
            let zone = Zone::named(name).unwrap();
            let local = civil::days_of(year, month, day) * DAY + hour * 3_600 + 1_800;
            for last in [0, 3_600, -18_000, -14_400] {
                assert_eq!(zone.moment(local, last), Some(expected), "{name} {last}");
            }
        };
        check("America/New_York", (2026, 3, 8), 2, 1_772_955_000);
        check("Europe/Berlin", (2026, 3, 29), 2, 1_774_747_800);
        check("Europe/Dublin", (2026, 3, 29), 1, 1_774_744_200);
    }
}
