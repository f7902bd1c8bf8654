//! The moment a log line carries.

mod fields;
mod iso;
mod syslog;

use std::ops::Range;

use f2b_core::UnixTime;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The zone that stamps without one of their own are read in.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// Returns the zone of the machine, daylight saving included.
    #[must_use]
    pub fn system() -> Self {
        Self(TimeZone::system())
    }

    /// Returns the zone without an offset.
    #[must_use]
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Returns the zone named `name` in the zone database, as `Europe/Berlin`; `None` if there is
    /// no such zone.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// A time that a clock change skipped is read an hour later, one that it repeated is the first.
    fn moment(&self, civil: DateTime) -> Option<UnixTime> {
        let zoned = self.0.to_ambiguous_timestamp(civil).compatible().ok()?;
        Some(UnixTime::from_seconds(zoned.as_second()))
    }

    fn civil(&self, moment: UnixTime) -> Option<DateTime> {
        let timestamp = jiff::Timestamp::from_second(moment.whole_seconds()).ok()?;
        Some(self.0.to_datetime(timestamp))
    }
}

/// A stamp found in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Where it stands, in bytes; this part is cut out before rules see the line.
    pub(crate) range: Range<usize>,
    /// The moment, a fraction of a second cut off.
    pub(crate) time: UnixTime,
}

/// Finds the stamp that `line` begins with, after at most two characters that are no part of a word.
///
/// `now` decides the year of stamps that have none.
pub(crate) fn find(line: &str, zone: &Zone, now: UnixTime) -> Option<Stamp> {
    let beginnings = line
        .char_indices()
        .scan(true, |leading, (position, c)| {
            let here = *leading;
            *leading = !(c.is_alphanumeric() || c == '_');
            here.then_some(position)
        })
        .take(3);
    for start in beginnings {
        let rest = line.get(start..)?;
        let found = syslog::read(rest, zone, now).or_else(|| iso::read(rest, zone));
        if let Some((length, time)) = found {
            let range = start..start + length;
            return Some(Stamp { range, time });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-04 05:06:10 UTC.
    const NOW: i64 = 1_772_600_770;

    fn seen(line: &str) -> Option<(String, i64)> {
        let stamp = find(line, &Zone::utc(), UnixTime::from_seconds(NOW))?;
        Some((
            line.get(stamp.range.clone())?.to_owned(),
            stamp.time.whole_seconds() - NOW,
        ))
    }

    fn check(line: &str, expected: Option<(&str, i64)>) {
        let expected = expected.map(|(text, offset)| (text.to_owned(), offset));
        assert_eq!(seen(line), expected, "{line:?}");
    }

    #[test]
    fn syslog_stamps_are_read() {
        check("Mar  4 05:06:07 host x", Some(("Mar  4 05:06:07", -3)));
        check("Mar 04 05:06:07 host x", Some(("Mar 04 05:06:07", -3)));
        check(
            "Wed Mar 4 05:06:07.123 2026 x",
            Some(("Wed Mar 4 05:06:07.123 2026", -3)),
        );
        check("[Mar  4 05:06:07] x", Some(("Mar  4 05:06:07", -3)));
        check("mar  4 05:06:07 x", Some(("mar  4 05:06:07", -3)));
        check("Mar  4 05:06:60 x", None);
        check("Foo  4 05:06:07 x", None);
        check("Mar 4 5:6 x", None);
        check("x Mar  4 05:06:07 x", None);
        check("", None);
    }

    #[test]
    fn a_stamp_without_a_year_is_never_more_than_a_day_ahead() {
        check("Mar  5 05:06:09 x", Some(("Mar  5 05:06:09", 86_399)));
        check(
            "Mar  6 05:06:10 x",
            Some(("Mar  6 05:06:10", 2 * 86_400 - 365 * 86_400)),
        );
        check(
            "Dec 31 23:59:59 x",
            Some(("Dec 31 23:59:59", -(62 * 86_400 + 5 * 3_600 + 6 * 60 + 11))),
        );
        check("Feb 29 00:00:00 x", None);
    }

    #[test]
    fn iso_stamps_are_read_with_their_zone() {
        check("2026-03-04T05:06:07 x", Some(("2026-03-04T05:06:07", -3)));
        check(
            "2026-03-04 05:06:07,123 x",
            Some(("2026-03-04 05:06:07,123", -3)),
        );
        check(
            "2026-03-04T06:06:07.123456+01:00 h",
            Some(("2026-03-04T06:06:07.123456+01:00", -3)),
        );
        check("2026-03-04T05:06:07Z h", Some(("2026-03-04T05:06:07Z", -3)));
        check(
            "2026/03/04 05:06:07 -0000 h",
            Some(("2026/03/04 05:06:07 -0000", -3)),
        );
        check("2026-03/04 05:06:07 h", None);
        check("2026-13-04 05:06:07 h", None);
        check("2026-02-30 05:06:07 h", None);
    }

    #[test]
    fn local_stamps_follow_daylight_saving() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let now = UnixTime::from_seconds(1_790_000_000);
        let check = |line: &str, expected: i64| {
            let stamp = find(line, &berlin, now).unwrap();
            assert_eq!(stamp.time.whole_seconds(), expected, "{line}");
        };
        check("2026-01-01 01:00:00", 1_767_225_600);
        check("2026-07-01 02:00:00", 1_782_864_000);
        check("Jul  1 02:00:00", 1_782_864_000);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(line in "\\PC{0,40}", digits in "[ :0-9TZ.+-]{0,40}") {
            let now = UnixTime::from_seconds(NOW);
            for text in [line, format!("Mar {digits}"), digits.clone(), format!("2026{digits}")] {
                if let Some(stamp) = find(&text, &Zone::utc(), now) {
                    proptest::prop_assert!(text.get(stamp.range).is_some());
                }
            }
        }
    }
}
