//! Any `datepattern` and any lines: no panic, dates are within their lines, and what a detector has
//! learnt changes how it finds a date, not whether the rest holds together; and what is read by hand is
//! what the regular expression finds.
//!
//! The input is texts separated by the byte 1: the pattern (none are the default ones), a zone, and
//! lines. `EACH` before the first line gives every line to the detector thrice. `TWIN` and a number in
//! the place of a pattern is one that is read by hand; lines are then made of stamps in which each
//! character may have changed one piece.
#![no_main]

use f2b_core::{Span, UnixTime};
use f2b_match::{DateDetector, Zone};
use libfuzzer_sys::fuzz_target;

/// The clock at the first line.
const NOW: i64 = 1_772_600_770;

/// The lines that are looked at.
const LINES_MOST: usize = 24;

/// Lines that every pattern meets.
const LINES: [&str; 10] = [
    "Mar  4 05:06:07 host sshd[7]: bad key from 192.0.2.1",
    "2026-03-04T05:06:07.123+0100 host x",
    "2026-03-04 05:06:07,123 host x",
    "[Wed Mar 04 05:06:07.123456 2026] [error] x",
    "192.0.2.1 - - [04/Mar/2026:05:06:07 +0100] \"GET / HTTP/1.1\"",
    "1772600767 x",
    "type=AVC msg=audit(1772600767.123:45): x",
    "@4000000051bbb0c52a8fd8f4 x",
    "no date at all",
    "Mar  4 05:06:08 host Mar  4 05:06:07 2026-03-04 05:06:07",
];

/// The patterns that are read by hand.
const BY_HAND: [&str; 6] = [
    r"{^LN-BEG}%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\s*%z)?",
    r"%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\s*%z)?",
    r"{^LN-BEG}(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?",
    r"(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?",
    r"{^LN-BEG}%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?",
    r"%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?",
];

/// The pieces of stamps, the usual one of each first.
const STAMPS: [&[&[&str]]; 3] = [
    &[
        &["", "", "[", "(x", " ", "é", "a", "--"],
        &["2026", "2027", "1999", "02026", "2O26", "2150"],
        &["-", "/", ".", ":", ""],
        &["03", "3", "12", "13", "00", "3 "],
        &["-", "/", ".", "", "é"],
        &["04", "4", "31", "32", "00", "29", " 4"],
        &[" ", "T", "  ", "   ", "", "t"],
        &["05", "5", "23", "24", "00", " 5", "\u{660}5"],
        &[":", ".", ""],
        &["06", "59", "60", "6", "00"],
        &[":", "::", ""],
        &["07", "59", "60", "61", "62", "7", "99"],
        &["", ",123", ".123456", ".1234567", ".", ",\u{661}", ".5"],
        &[
            "", " +0100", "Z", " CET", "+01", " -05:30", "  GMT+1", "z", " é", "\u{a0}Z", " X",
        ],
        &[" x", "", ":", "]", "0", "a", "é", "_", "\n"],
    ],
    &[
        &["", "", "[", "(x", " ", "é", "a", "--"],
        &[
            "",
            "Wed ",
            "wed ",
            "Xed ",
            "Wed",
            "Wed  ",
            "\u{17f}un ",
            "Sat ",
        ],
        &["Mar", "MAR", "may", "Ma", "Sept", "Dec", "\u{17f}ep", "Feb"],
        &[" ", "  ", "", "-"],
        &["04", " 4", "4", "31", "32", "30", "00", " 0", "\u{664}"],
        &[" ", "  ", "T"],
        &["05", " 5", "5", "23", "24", "00", "29"],
        &[":", ".", ""],
        &["06", "59", "60", "6", "00"],
        &[":", "::", ""],
        &["07", "59", "60", "61", "62", "7", "99"],
        &["", ".123", ".123456", ".1234567", ".", ".\u{661}"],
        &["", " 2026", " 1999", "2026", " 20266", "  2026", " 2027x"],
        &[" x", "", ":", "]", "0", "a", "é", "_", "\n"],
    ],
    &[
        &["", "", "[", "(x", " ", "é", "a", "--"],
        &["04", "4", "31", "32", "00", " 4", "29"],
        &["/", "-", ".", ""],
        &["Mar", "MAR", "may", "03", "Sept", "\u{17f}ep", "Feb"],
        &["/", "-", ".", ""],
        &["2026", "2027", "1999", "26", "20266"],
        &[":", " ", "", "T", "::"],
        &["05", "5", "23", "24", "00", " 5"],
        &[":", ".", ""],
        &["06", "59", "60", "6", "00"],
        &[":", "::", ""],
        &["07", "59", "60", "61", "62", "7", "99"],
        &["", ".123", ".123456", ".1234567", ".", ",5"],
        &[
            "", " +0100", " Z", " CET", "+0100", " -05:30", " GMT+1", " +01", " X", " é",
        ],
        &[" x", "", ":", "]", "0", "a", "é", "_", "\n"],
    ],
];

/// Makes lines: the characters of `choices` change one piece each, two are one line.
fn stamps(pieces: &[&[&str]], choices: &str) -> Vec<String> {
    let bytes: Vec<usize> = choices.bytes().map(usize::from).collect();
    let line = |changes: &[usize]| {
        let piece = |(index, ways): (usize, &&[&str])| {
            let change = changes
                .iter()
                .find(|change| **change % pieces.len() == index);
            let way = change.map_or(0, |change| change / pieces.len());
            ways[way % ways.len()].to_owned()
        };
        pieces.iter().enumerate().map(piece).collect()
    };
    bytes.chunks(2).map(line).collect()
}

/// Reads lines by hand, and by an expression that means the same and has no reader.
fn compare<'t>(number: usize, parts: impl Iterator<Item = &'t str>, zone: &Zone) {
    let pattern = BY_HAND[number];
    let mut made = Vec::new();
    let mut given = Vec::new();
    for part in parts.take(LINES_MOST) {
        made.extend(stamps(STAMPS[number / 2], part));
        given.push(part);
    }
    made.truncate(4 * LINES_MOST);
    let now = UnixTime::from_seconds(NOW);
    let detector = |pattern: &str| {
        let mut detector = DateDetector::with_patterns(pattern).expect("it is a date pattern");
        detector.begin(now);
        detector
    };
    let (mut by_hand, mut by_regex) = (detector(pattern), detector(&format!("{pattern}(?:)")));
    let made = made.iter().map(String::as_str);
    for line in made.chain(given).chain(LINES) {
        let [by_hand, by_regex] = [&mut by_hand, &mut by_regex].map(|detector| {
            let found = detector.find(line, now)?;
            let time = detector.read(&found, zone, now);
            Some((found.cut, time))
        });
        assert_eq!(by_hand, by_regex, "{pattern} on {line:?}");
    }
}

struct Watched {
    detector: DateDetector,
    zone: Zone,
    /// The dates that were found.
    hits: u64,
}

impl Watched {
    /// Looks for the date of a line.
    fn line(&mut self, line: &str, now: UnixTime) {
        // A template that does not compile ends the search.
        let Ok(found) = self.detector.try_find(line, now) else {
            return;
        };
        assert_eq!(self.detector.last_found(), found.as_ref(), "{line:?}");
        let Some(found) = found else {
            return;
        };
        self.hits += 1;
        let is_within = line.get(found.cut.clone()).is_some();
        assert!(is_within, "{line:?}: {:?}", found.cut);
        let read = self.detector.read(&found, &self.zone, now).ok();
        let time = self.detector.read(&found, &self.zone, now).ok();
        assert_eq!(read, time, "{line:?}");
        // The quick reader, asked by itself, finds what the whole search found.
        if self.detector.settled() && self.detector.quick(line.as_bytes(), now) {
            self.hits += 1;
            assert_eq!(self.detector.last_found(), Some(&found), "{line:?}");
        }
    }

    /// Looks at the templates, of which there were `count`.
    fn templates(&self, count: usize, now: UnixTime) {
        let (mut hits, mut seen) = (0, 0);
        for view in self.detector.templates(now) {
            assert!(view.weight.is_finite() && view.weight >= 0.0);
            assert!(!view.regex.is_empty());
            hits += view.hits;
            seen += 1;
        }
        assert_eq!((hits, seen), (self.hits, count));
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split('\u{1}');
    let pattern = parts.next().unwrap_or_default();
    let zone = parts.next().unwrap_or_default();
    let zone = match Zone::utc().with_logtimezone(zone) {
        Ok(zone) => zone,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Zone::utc()
        }
    };
    if let Some(number) = pattern.strip_prefix("TWIN") {
        let number = number.bytes().next().map_or(0, usize::from);
        compare(number % BY_HAND.len(), parts, &zone);
        return;
    }
    let Ok(mut detector) = DateDetector::with_patterns(pattern) else {
        return;
    };
    let mut now = UnixTime::from_seconds(NOW);
    let mut lines = parts.peekable();
    let times = match lines.peek() {
        Some(&"EACH") => {
            lines.next();
            detector.begin(now);
            3
        }
        _ => 1,
    };
    let count = detector.templates(now).count();
    let mut watched = Watched {
        detector,
        zone,
        hits: 0,
    };
    for line in lines.take(LINES_MOST).chain(LINES) {
        for _ in 0..times {
            watched.line(line, now);
        }
        // Now and then a template falls out of use.
        let step = if line.len() % 16 == 15 { 400 } else { 1 };
        now = now.plus(Span::from_seconds(step));
    }
    watched.templates(count, now);
});
