use f2b_core::UnixTime;

use super::*;
use crate::date::DateDetector;

/// 2026-03-04 05:06:10 UTC.
const NOW: i64 = 1_772_600_770;

/// The seconds that the original gives for a line, and whether it holds them as an integer.
fn read(zone: &Zone, now: i64, pattern: &str, line: &str) -> Result<(i64, bool), NoTime> {
    let now = UnixTime::from_seconds(now);
    let mut detector = DateDetector::with_patterns(pattern).unwrap();
    let found = detector.find(line, now).unwrap();
    let time = detector.read(&found, zone, now)?;
    Ok((time.time.whole_seconds(), time.is_integer))
}

/// `None` is a date that cannot be read.
fn check_in(zone: &Zone, now: i64, pattern: &str, line: &str, expected: Option<i64>) {
    let seconds = match read(zone, now, pattern, line) {
        Ok((seconds, _)) => Some(seconds),
        Err(NoTime::Unreadable) => None,
        Err(NoTime::Failed(words)) => panic!("{pattern} {line}: {words}"),
    };
    assert_eq!(seconds, expected, "{pattern:?} {line:?}");
}

fn check(pattern: &str, line: &str, expected: impl Into<Option<i64>>) {
    check_in(&Zone::utc(), NOW, pattern, line, expected.into());
}

#[test]
fn a_missing_year_is_this_one_or_the_last() {
    check("%m-%d", "03-05 a", 1_772_668_800);
    check("%m-%d", "03-06 a", 1_741_219_200);
    check("%m-%d %H:%M:%S", "03-05 05:06:10 a", 1_772_687_170);
    check("%m-%d %H:%M:%S", "03-05 05:06:11 a", 1_741_151_171);
    check("%m-%d", "12-31 a", 1_767_139_200);
    check("%m-%d", "02-29 a", None);
}

#[test]
fn a_missing_day_is_today_or_yesterday() {
    check("%H:%M:%S", "05:06:10 a", 1_772_600_770);
    check("%H:%M:%S", "05:06:11 a", 1_772_514_371);
    check("%Y %H:%M", "2026 05:07 a", 1_772_514_420);
    check("%Y", "2025 a", 1_741_046_400);
    check("%Y", "2027 a", 1_804_032_000);
    check("x", "x a", 1_772_582_400);
    check("%U", "09 a", 1_772_582_400);
}

#[test]
fn days_and_weeks_of_the_year_are_counted() {
    check("%Y %j", "2026 063 a", 1_772_582_400);
    check("%Y %j", "2025 366 a", 1_767_225_600);
    check("%j", "065 a", 1_741_219_200);
    check("%j", "366 a", 1_767_225_600);
    check("%Y-%m %j", "2026-03 300 a", 1_793_059_200);
    check("%Y-%m-%d %j", "2026-03-04 300 a", 1_772_582_400);
    check("%Y %U %w", "2026 09 3 a", 1_772_582_400);
    check("%Y %U %w", "2026 00 3 a", 1_767_139_200);
    check("%Y %U %w", "2026 53 0 a", 1_798_934_400);
    check("%Y %W %a", "2026 00 Mon a", 1_766_966_400);
    check("%Y %W %a", "2026 52 Sun a", 1_798_934_400);
    check("%U %w", "10 3 a", 1_741_651_200);
}

#[test]
fn what_is_no_date_is_unreadable() {
    check("%Y-%m-%d", "2026-02-30 a", None);
    check("%Y-%m-%d", "0000-03-04 a", None);
    check("%H:%M:%S", "05:06:60 a", None);
    check("%b %d %k:%M", "Mar 4 25:00 a", None);
    check("(?P<Y>\\w+) %m-%d", "foo 03-04 a", None);
    check("(?P<q>x){EPOCH}", "x1772600767 a", None);
    check("%Y-%m-%d", "0001-01-01 a", -62_135_596_800);
    check("%Y-%m-%d", "9999-12-31 a", 253_402_214_400);
}

#[test]
fn years_of_two_digits_are_of_this_century() {
    check("%y-%m-%d", "26-03-04 a", 1_772_582_400);
    check("%y-%m-%d", "00-02-29 a", 951_782_400);
    check("%y-%m-%d", "99-03-04 a", 4_076_265_600);
    check("%Y %y %m-%d", "2026 99 03-04 a", 4_076_265_600);
}

#[test]
fn twelve_hours_are_before_or_after_noon() {
    check("%Y-%m-%d %I:%M", "2026-03-04 12:01 a", 1_772_582_460);
    check("%Y-%m-%d %I:%M %p", "2026-03-04 12:01 PM a", 1_772_625_660);
    check("%Y-%m-%d %I:%M %p", "2026-03-04 01:01 pm a", 1_772_629_260);
    check(
        "%Y-%m-%d %H:%M(?: %p)?",
        "2026-03-04 12:01 a",
        1_772_625_660,
    );
}

#[test]
fn some_dates_make_the_original_fail() {
    let check = |pattern: &str, line: &str, words: &str| {
        let error = read(&Zone::utc(), NOW, pattern, line).unwrap_err();
        assert_eq!(error, NoTime::Failed(words.to_owned()), "{pattern}");
    };
    check(
        "%m",
        "3 a",
        "'NoneType' object cannot be interpreted as an integer",
    );
    check("%Y-%m-%d %Z", "2026-03-04 FOO a", "'FOO'");
    let unsaid = "'NoneType' object has no attribute 'lower'";
    check("%Y-%m-%d %I:%M(?: %p)?", "2026-03-04 12:01 a", unsaid);
}

#[test]
fn a_date_with_a_zone_is_an_integer() {
    let check = |pattern: &str, line: &str, expected: (i64, bool)| {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        assert_eq!(read(&berlin, NOW, pattern, line), Ok(expected), "{pattern}");
    };
    check("%Y-%m-%d", "2026-03-04 a", (1_772_578_800, false));
    check("%Y-%m-%d %z", "2026-03-04 -05:30 a", (1_772_602_200, true));
    check("%Y-%m-%d %Z", "2026-03-04 CEST a", (1_772_575_200, true));
    check("EPOCH", "1772600767.5 a", (1_772_600_767, false));
    check(
        "TAI64N",
        "@4000000069a7bd5f0c0b8a54 a",
        (1_772_600_671, true),
    );
}

#[test]
fn a_zone_moves_what_is_compared_with_the_clock_on_the_wall() {
    let check = |name: &str, now: i64, pattern: &str, line: &str, expected: i64| {
        check_in(
            &Zone::named(name).unwrap(),
            now,
            pattern,
            line,
            Some(expected),
        );
    };
    // 2026-03-04 22:00 in New York, 2026-03-04 03:00 in Tokyo.
    let (new_york, tokyo) = (1_772_679_600, 1_772_560_800);
    check(
        "America/New_York",
        new_york,
        "%H:%M:%S %z",
        "03:00:01 Z a",
        1_772_593_201,
    );
    check(
        "America/New_York",
        new_york,
        "%H:%M:%S %z",
        "22:00:01 Z a",
        1_772_575_201,
    );
    check(
        "America/New_York",
        new_york,
        "%m-%d %H:%M:%S %z",
        "03-06 07:00:01 +0900 a",
        1_741_298_401,
    );
    check(
        "Asia/Tokyo",
        tokyo,
        "%H:%M:%S %z",
        "03:00:01 Z a",
        1_772_506_801,
    );
    check(
        "Asia/Tokyo",
        tokyo,
        "%m-%d %H:%M:%S %z",
        "03-06 03:00:01 +0900 a",
        1_741_284_001,
    );
    // 2025-12-20 12:00 UTC.
    check(
        "UTC",
        1_766_232_000,
        "%m-%d %H:%M:%S %z",
        "12-31 23:00:00 -0500 a",
        1_735_617_600,
    );
}

#[test]
fn a_logtimezone_is_the_zone_of_dates_without_one() {
    let new_york = Zone::named("America/New_York").unwrap();
    let zone = new_york.with_logtimezone("CET+0100").unwrap();
    let now = 1_772_618_770;
    check_in(&zone, now, "", "Mar  5 05:06:11 a", Some(1_772_679_971));
    check_in(&zone, now, "", "Mar  5 10:06:11 b", Some(1_741_161_971));
    check_in(
        &zone,
        now,
        "",
        "2026-03-04 05:06:07 +0500 g",
        Some(1_772_582_767),
    );
    assert_eq!(
        read(&zone, now, "", "Mar 04 05:06:07 2026 f"),
        Ok((1_772_593_567, true))
    );
}

#[test]
fn an_hour_that_was_there_twice_is_that_of_the_line_before() {
    let zone = Zone::named("America/New_York").unwrap();
    let now = UnixTime::from_seconds(1_768_496_400);
    let mut detector = DateDetector::with_patterns("%Y-%m-%d %H:%M:%S").unwrap();
    let mut check = |line: &str, expected: i64| {
        let found = detector.find(line, now).unwrap();
        let time = detector.read(&found, &zone, now).unwrap().time;
        assert_eq!(time.whole_seconds(), expected, "{line}");
    };
    check("2026-11-01 01:30:00", 1_793_514_600);
    check("2026-07-10 12:00:00", 1_783_699_200);
    check("2026-11-01 01:30:00", 1_793_511_000);
    check("2026-03-08 02:30:00", 1_772_955_000);
    check("2026-11-01 01:30:00", 1_793_514_600);
    check("2026-11-01 03:30:00", 1_793_521_800);
}

#[test]
fn moments_kept_from_line_to_line_change_nothing() {
    let zones =
        ["UTC", "America/New_York", "Asia/Kathmandu"].map(|name| Zone::named(name).unwrap());
    let kept = Converter::default();
    for round in 0..4_000_i64 {
        let step = round * 7_919 % 500;
        let pieces = Civil {
            year: (round % 3 == 0).then_some(2026),
            month: Some(if round % 5 == 0 { 12 } else { 3 }),
            day: Some(u8::try_from(step % 9 + 1).unwrap()),
            hour: u8::try_from(step % 24).unwrap(),
            ..Civil::default()
        };
        let zone = &zones[usize::try_from(round / 10 % 3).unwrap()];
        let now = UnixTime::from_seconds(NOW + round * 613);
        let stamp = Stamp::Civil(pieces);
        let fresh = Converter::default();
        assert_eq!(
            kept.time(&stamp, zone, now),
            fresh.time(&stamp, zone, now),
            "{pieces:?} {round}"
        );
    }
}
