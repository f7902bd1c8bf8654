//! A filter and a log: one pass over the lines finds what the simple model finds, and nothing stops.
//!
//! The input is texts separated by the byte 1: `prefregex`, two `failregex`, `ignoreregex`,
//! `datepattern`, and the log.
#![no_main]

use f2b_core::{Span, UnixTime};
use f2b_match::{
    DateDetector, Filter, Judging, Line, Matcher, Moment, Pass, Reader, Told, UseDns, Zone,
};
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_772_600_770;

fn filter(texts: &[&str], maxlines: usize) -> Option<Filter> {
    let [prefregex, one, other, ignoreregex] = texts else {
        return None;
    };
    let mut filter = Filter::default();
    filter.set_usedns(UseDns::Warn);
    filter.set_maxlines(maxlines);
    filter.set_prefregex(prefregex).ok()?;
    // What names nobody may stand beside what does.
    let added = [one, other].map(|rule| filter.add_failregex(rule).is_ok());
    if !ignoreregex.is_empty() {
        filter.add_ignoreregex(ignoreregex).ok()?;
    }
    added.contains(&true).then_some(filter)
}

fn matcher(pattern: &str) -> Option<Matcher> {
    let dates = DateDetector::with_patterns(pattern).ok()?;
    Some(Matcher::new(dates, Zone::utc(), Judging::server()))
}

/// What was given up depends on which rules were tried.
fn comparable(mut told: Vec<Told>) -> Vec<Told> {
    for one in &mut told {
        one.judged.ignored.clear();
        one.judged.given_up.clear();
    }
    told.retain(|one| one.judged.is_something());
    told
}

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(6, |byte| *byte == 1);
    let mut text = || parts.next().and_then(|part| std::str::from_utf8(part).ok());
    let (Some(prefregex), Some(one), Some(other), Some(ignoreregex), Some(pattern)) =
        (text(), text(), text(), text(), text())
    else {
        return;
    };
    let log = parts.next().unwrap_or_default();
    let maxlines = 1 + usize::from(log.first() == Some(&b'\n')) * 2;
    let Some(filter) = filter(&[prefregex, one, other, ignoreregex], maxlines) else {
        return;
    };
    let (Some(mut alone), Some(mut together)) = (matcher(pattern), matcher(pattern)) else {
        return;
    };
    let moment = Moment {
        now: UnixTime::from_seconds(NOW),
        findtime: Span::from_seconds(600),
        in_operation: log.len() % 2 == 0,
    };
    let mut start = 0;
    let mut ranges = Vec::new();
    let mut expected = Vec::new();
    for (line, text) in log.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let bare = text.strip_suffix(b"\n").unwrap_or(text);
        ranges.push(start..start + bare.len());
        start += text.len();
        let judged = alone.judge(&filter, Line::new(&String::from_utf8_lossy(bare)), moment);
        expected.push(Told {
            reader: 0,
            line,
            judged,
        });
    }
    let mut readers = [Reader {
        filter: &filter,
        matcher: &mut together,
        moment,
        start: 0,
    }];
    let told = Pass::new([&filter]).chunk(log, &ranges, &mut readers);
    assert_eq!(comparable(told), comparable(expected));
});
