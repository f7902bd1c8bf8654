//! Dates: the original's `fail2ban-regex` beside our detector.

mod lines;

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::dates::{self, Circumstances, Row, Shown};
use conformance::{Oracle, Version};
use f2b_core::{Span, UnixTime};
use f2b_match::{DateDetector, NoTime, StampTime, Zone};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const ZONES: [&str; 4] = ["UTC", "CET", "America/New_York", "Asia/Kathmandu"];

const NOW: &str = "2026-03-04 05:06:10";

fn now_of(circumstances: Circumstances<'_>) -> UnixTime {
    let wall: DateTime = circumstances.now.parse().unwrap();
    let zone = TimeZone::get(circumstances.zone).unwrap();
    UnixTime::from_seconds(wall.to_zoned(zone).unwrap().timestamp().as_second())
}

fn zone_of(circumstances: Circumstances<'_>) -> Zone {
    let zone = Zone::named(circumstances.zone).unwrap();
    if circumstances.logtimezone.is_empty() {
        zone
    } else {
        zone.with_logtimezone(circumstances.logtimezone).unwrap()
    }
}

/// What ours makes of the lines, told as the original tells it: a line without
/// a date has the last one's if that is not older than a minute.
fn our_rows(circumstances: Circumstances<'_>, lines: &[String]) -> Vec<Row> {
    let now = now_of(circumstances);
    let zone = zone_of(circumstances);
    let mut detector = DateDetector::with_patterns(circumstances.datepattern).unwrap();
    let mut last: Option<StampTime> = None;
    let mut rows = Vec::new();
    for line in lines {
        let found = detector.find(line, now);
        let cut = found.as_ref().map_or(0..0, |found| found.cut.clone());
        let time = found.and_then(|found| detector.read(&found, &zone, now).ok());
        let recent = last.filter(|last| last.time > now.minus(Span::from_seconds(60)));
        last = time.or(last);
        let rest = match (time, recent) {
            // Nothing is cut where another line's time counts.
            (None, Some(_)) => line.clone(),
            _ => without(line, cut),
        };
        // The rule of the comparison does not match where the mark is cut in two.
        let Some((rest, number)) = rest.rsplit_once('#') else {
            continue;
        };
        let Ok(number) = number.parse() else {
            continue;
        };
        rows.push(Row {
            number,
            time: time.or(recent).map_or("None".to_owned(), shown_time),
            rest: rest.to_owned(),
        });
    }
    rows
}

fn without(line: &str, cut: Range<usize>) -> String {
    let (rest, behind) = line.split_at(cut.end);
    let (before, _) = rest.split_at(cut.start);
    format!("{before}{behind}")
}

fn shown_time(time: StampTime) -> String {
    let micros = time.time.as_micros();
    if time.is_integer {
        return (micros / 1_000_000).to_string();
    }
    #[expect(clippy::cast_precision_loss, reason = "Python's is a float, too")]
    let seconds = micros as f64 / 1e6;
    format!("{seconds:?}")
}

/// The lines without those at which the original fails, and stops.
fn harmless(circumstances: Circumstances<'_>, lines: &[String]) -> Vec<String> {
    let now = now_of(circumstances);
    let zone = zone_of(circumstances);
    let mut lines = lines.to_vec();
    loop {
        let mut detector = DateDetector::with_patterns(circumstances.datepattern).unwrap();
        let harmful = lines.iter().position(|line| {
            let found = detector.find(line, now);
            let read = found.map(|found| detector.read(&found, &zone, now));
            matches!(read, Some(Err(NoTime::Failed(_))))
        });
        let Some(harmful) = harmful else {
            return lines;
        };
        lines.remove(harmful);
    }
}

fn check_rows(circumstances: Circumstances<'_>, lines: &[String]) -> usize {
    let lines = &harmless(circumstances, lines);
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let theirs = dates::rows(&oracle, circumstances, lines).unwrap();
    let ours = our_rows(circumstances, lines);
    let mut wrong = Vec::new();
    for (their, our) in theirs.iter().zip(&ours) {
        if their != our {
            let end = format!("#{}", their.number);
            let line = lines.iter().find(|line| line.ends_with(&end));
            wrong.push(format!("{line:?}\n theirs {their:?}\n ours   {our:?}"));
        }
    }
    assert!(
        wrong.is_empty() && theirs.len() == ours.len(),
        "{circumstances:?}: {} of {} differ ({} rows of theirs, {} of ours)\n{}",
        wrong.len(),
        lines.len(),
        theirs.len(),
        ours.len(),
        wrong
            .iter()
            .take(12)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
    theirs.len()
}

/// `step` is the time that passes from line to line.
fn our_templates(circumstances: Circumstances<'_>, lines: &[String], step: Span) -> Vec<Shown> {
    let mut now = now_of(circumstances);
    let mut detector = DateDetector::with_patterns(circumstances.datepattern).unwrap();
    for line in lines {
        detector.find(line, now);
        now = now.plus(step);
    }
    detector
        .templates(now)
        .map(|view| Shown {
            name: one_spelling(&view.name),
            hits: view.hits,
            weight: format!("{:.3} ({:.3})", view.weight, view.base_weight),
            pattern: view.pattern,
            regex: view.regex,
        })
        .collect()
}

/// The original shows these two in one of two ways, as chance will have it.
fn one_spelling(name: &str) -> String {
    name.replace("%Exk", "Ex%k").replace("%Exl", "Ex%l")
}

fn check_templates(circumstances: Circumstances<'_>, lines: &[String]) {
    let lines = &harmless(circumstances, lines);
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let mut theirs = dates::templates(&oracle, circumstances, lines).unwrap();
    for their in &mut theirs {
        their.name = one_spelling(&their.name);
    }
    let ours = our_templates(circumstances, lines, Span::ZERO);
    compare_templates(circumstances, &theirs, &ours, lines);
}

fn compare_templates(
    circumstances: Circumstances<'_>,
    theirs: &[Shown],
    ours: &[Shown],
    lines: &[String],
) {
    let summary = |shown: &[Shown]| {
        let rows = shown.iter().filter(|one| one.hits > 0);
        let rows: Vec<_> = rows
            .map(|one| format!("{} {} {}", one.hits, one.weight, one.name))
            .collect();
        rows.join("\n")
    };
    assert_eq!(
        summary(ours),
        summary(theirs),
        "{circumstances:?}\n{}",
        lines.join("\n")
    );
    for (their, our) in theirs.iter().zip(ours) {
        assert_eq!(our, their, "{circumstances:?}");
    }
    assert_eq!(ours.len(), theirs.len(), "{circumstances:?}");
}

const PLAIN: Circumstances<'_> = Circumstances {
    zone: "UTC",
    now: NOW,
    datepattern: "",
    logtimezone: "",
};

/// Runs a check for each item, on both cores.
fn in_parallel<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let (one, other) = items.split_at(items.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| one.iter().for_each(&check));
        other.iter().for_each(&check);
    });
}

#[test]
fn a_table_of_dates_is_read_as_the_original_does() {
    let rows = AtomicUsize::new(0);
    in_parallel(&ZONES, |zone| {
        for (datepattern, lines) in lines::all() {
            let circumstances = Circumstances {
                zone,
                datepattern,
                ..PLAIN
            };
            rows.fetch_add(check_rows(circumstances, &lines), Ordering::Relaxed);
        }
    });
    let rows = rows.into_inner();
    assert!(rows > 8_000, "{rows}");
}

#[test]
fn dates_without_year_or_day_are_completed_as_the_original_does() {
    let nows = [
        "2024-02-28 23:59:59",
        "2025-12-31 22:30:00",
        "2027-01-01 00:30:00",
        "2026-11-01 12:00:00",
    ];
    in_parallel(&nows, |now| {
        for zone in ["America/New_York", "Asia/Tokyo"] {
            for (datepattern, lines) in lines::incomplete() {
                let circumstances = Circumstances {
                    zone,
                    now,
                    datepattern,
                    ..PLAIN
                };
                check_rows(circumstances, &lines);
            }
        }
    });
}

#[test]
fn a_logtimezone_is_used_as_the_original_does() {
    let zones = ["UTC", "CET", "EST-0130", "+1245", "A"];
    in_parallel(&zones, |logtimezone| {
        let (_, lines) = lines::all().remove(0);
        let circumstances = Circumstances {
            zone: "America/New_York",
            logtimezone,
            ..PLAIN
        };
        check_rows(circumstances, &lines);
    });
}

#[test]
fn patterns_become_the_same_templates() {
    in_parallel(lines::PATTERNS, |datepattern| {
        let circumstances = Circumstances {
            datepattern,
            ..PLAIN
        };
        check_templates(circumstances, &["x".to_owned()]);
    });
    let nows = [
        "1999-03-04 01:02:03",
        "2005-08-14 12:00:00",
        "2027-03-04 01:02:03",
    ];
    in_parallel(&nows, |now| {
        let datepattern = "%ExY-%m-%d";
        check_templates(
            Circumstances {
                now,
                datepattern,
                ..PLAIN
            },
            &["x".to_owned()],
        );
    });
}

#[test]
fn templates_rank_as_in_the_original() {
    let seeds: Vec<u64> = (0..6).collect();
    in_parallel(&seeds, |seed| {
        let lines = lines::mixed_log(*seed);
        check_rows(PLAIN, &lines);
        check_templates(PLAIN, &lines);
    });
}

/// The clock of the original goes on by an hour whenever it is looked at.
#[test]
fn a_template_that_was_not_used_for_long_gives_its_place_away() {
    let seeds: Vec<u64> = (20..26).collect();
    in_parallel(&seeds, |seed| {
        let lines = harmless(PLAIN, &lines::mixed_log(*seed));
        let oracle = Oracle::new(Version::V1_1_1).unwrap();
        let later = Circumstances {
            now: "@2026-03-04 05:06:10 i3600.0",
            ..PLAIN
        };
        let theirs = dates::templates(&oracle, later, &lines).unwrap();
        let ours = our_templates(PLAIN, &lines, Span::from_seconds(3_600));
        compare_templates(later, &theirs, &ours, &lines);
    });
}

#[test]
fn patterns_that_stand_anywhere_find_the_date_that_the_original_finds() {
    let patterns = [
        "%y%m%d%H%M%S**\n%H:%M\n{UNB}%d.%m\n%H-%M-%S\n%b %d\n\\[%H-%M\\]\nx",
        "{UNB}%H\n%H:%M$\n^%d.%m\n%y%m%d",
        "%H:%M\n{DATE}\n^x\n%d-%m**",
        "x\n[a-]+%H:%M\n^(?:\\S+ )?(%y%m%d%H%M%S)",
    ];
    in_parallel(&patterns, |datepattern| {
        for seed in 0..2 {
            let lines = lines::crowded(seed);
            let circumstances = Circumstances {
                datepattern,
                ..PLAIN
            };
            check_rows(circumstances, &lines);
            check_templates(circumstances, &lines);
        }
    });
}

/// What the original says when it fails ends with ours.
fn check_failure(datepattern: &str, logtimezone: &str, line: &str) {
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let circumstances = Circumstances {
        datepattern,
        logtimezone,
        ..PLAIN
    };
    let theirs = dates::failure(&oracle, circumstances, line).unwrap();
    let ours = our_failure(circumstances, line);
    assert!(
        theirs.ends_with(&format!(": {ours}")),
        "{datepattern:?} {logtimezone:?} {line:?}\n{theirs}\n{ours}"
    );
}

fn our_failure(circumstances: Circumstances<'_>, line: &str) -> String {
    let zone = Zone::named(circumstances.zone).unwrap();
    let zone = match zone.with_logtimezone(circumstances.logtimezone) {
        Ok(zone) => zone,
        Err(error) => return error.to_string(),
    };
    let mut detector = match DateDetector::with_patterns(circumstances.datepattern) {
        Ok(detector) => detector,
        Err(error) => return error.to_string(),
    };
    let now = now_of(circumstances);
    let read = detector.try_find(line, now).and_then(|found| {
        found.map_or(Err(NoTime::Unreadable), |found| {
            detector.read(&found, &zone, now)
        })
    });
    match read {
        Err(NoTime::Failed(words)) => words,
        other => format!("{other:?}"),
    }
}

#[test]
fn what_the_original_fails_at_fails_in_its_words() {
    let patterns = [
        "%",
        "a%",
        "%5",
        "%q",
        "%Y%q",
        "%%%q",
        "it's %q",
        "%é",
        "%.3q",
        "%#q",
        "%Exj",
        "%-d",
        "%o",
        "%hd",
        "%(Y)d",
        "%(Y)c",
        "%(foo)s",
        "%(Y",
        "%*d",
        "{DATE}%q",
        "{^LN-BEG}%q",
        "%Y\n%Y",
        "Year\n%Y",
        "{NONE}\n{NONE}",
        "^EPOCH\n{^LN-BEG}EPOCH",
        "{DATE}\nTAI64N",
        "(^%Y",
        "%b (?x)",
        "%H %k",
        "\\%Y",
        "^**%Y",
        "x**%Y",
        "%Y**$",
    ];
    in_parallel(&patterns, |pattern| check_failure(pattern, "", "x"));
    let lines = [
        ("%m", "3 x"),
        ("%Y d%d", "2026 d3 x"),
        ("%Y-%m-%d %Z", "2026-03-04 FOO x"),
        ("%Y-%m-%d %ExZ", "2026-03-04 J x"),
        ("", "LOG Mar  4 05:06:07 x"),
        ("%Y-%m-%d %I(?: %p)?", "2026-03-04 12 x"),
    ];
    in_parallel(&lines, |(pattern, line)| check_failure(pattern, "", line));
    let zones = [
        "utc",
        "CET+1",
        "Europe/Berlin",
        " UTC",
        "FOO",
        "J+01",
        "it's",
        "AB",
        "ChST",
    ];
    in_parallel(&zones, |zone| check_failure("%Y", zone, "x"));
}
