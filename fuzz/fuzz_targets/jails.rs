//! Several jails with sessions, prefixes and several lines at once, and one log for all of them: one pass
//! finds for each what it finds alone, whatever comes in whatever order.
//!
//! The input is bytes: some for each jail say which rules it has, each of the rest is a piece of the log.
#![no_main]

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use f2b_core::{Span, UnixTime};
use f2b_match::{
    DateDetector, Filter, Judged, Judging, Line, Matcher, Moment, Pass, Reader, Told, UseDns, Zone,
};
use libfuzzer_sys::fuzz_target;

const NOW: i64 = 1_772_600_770;

/// The lines of a log that are judged.
const LINES_MOST: usize = 60;

const PREFIXES: [&str; 8] = [
    "",
    "",
    r"^<F-CONTENT>.+</F-CONTENT>$",
    r"^\s*\S+ sshd\[<F-MLFID>\d+</F-MLFID>\]: <F-CONTENT>.+</F-CONTENT>$",
    r"^(?:\s*\w+ )?<F-MLFID>\w+\[\d+\]</F-MLFID>: (?:bad )?<F-CONTENT>.*</F-CONTENT>$",
    r"^.*?(?:: |=)<F-CONTENT>\S*</F-CONTENT>",
    r"^<F-CONTENT>.*</F-CONTENT> from <ADDR>",
    r"<F-MLFID>\[\d*\]</F-MLFID>",
];

const FAILURES: [&str; 24] = [
    r"^Failed \w+ for (?:invalid user )?<F-USER>\S*</F-USER> from <HOST>(?: port \d+)?\s*$",
    r"Failed .* from <ADDR>",
    r"from <HOST>",
    r"^<F-NOFAIL>Connection</F-NOFAIL> from <HOST>",
    r"^<F-MLFFORGET><F-MLFGAINED>Accepted</F-MLFGAINED></F-MLFFORGET> .*from <HOST>",
    r"<F-MLFGAINED>Accepted</F-MLFGAINED> <F-USER>\w*</F-USER>",
    r"^<F-MLFFORGET><F-NOFAIL>Disconnected</F-NOFAIL></F-MLFFORGET>(?: from <HOST>)?",
    r"<F-NOFAIL>user</F-NOFAIL>=<F-USER>\w+</F-USER>",
    r"(?:user=<F-USER>\w*</F-USER> )?rhost=<HOST>(?: user=<F-ALT_USER>\w*</F-ALT_USER>)?",
    r"<F-TUPLE_ID>\w+</F-TUPLE_ID> from <F-TUPLE_ID1>\S+</F-TUPLE_ID1>",
    r"<F-ALT_HOST1>\S+</F-ALT_HOST1> from <SUBNET>",
    r"id <F-ID/>",
    r"^<F-MLFID>\d+</F-MLFID> for <F-USER>\S+</F-USER>",
    r"(['\x22]).*\1 from <HOST>",
    r"^(?:\S+\s+)*from <HOST>\s*$",
    r"^(?P<q>bad )?.*(?(q)from|for) <ADDR>",
    r"(?=.*<ADDR>)(?:(?!port).)*$",
    r"Failed.*\n.*from <HOST>",
    r"for <F-USER>\w+</F-USER><SKIPLINES>.*from <HOST>",
    r"^.*Connection.*<SKIPLINES>.*user=<F-USER>\w+</F-USER><SKIPLINES>.*<ADDR>",
    r"^\s*<F-ID>\S*</F-ID>",
    r"(?m)^<F-NOFAIL>.*port</F-NOFAIL>$",
    r"<IP6>|<IP4>",
    r"<F-MLFID>(?:sshd|app)</F-MLFID>.* <F-NOFAIL>for</F-NOFAIL> <F-USER>\w+</F-USER>",
];

const IGNORED: [&str; 4] = ["", "root", r"from 192\.", r"^.*<HOST>$"];

/// The default ones are compiled once, all others for each matcher anew.
const DATES: [&str; 8] = [
    "",
    "",
    "",
    "",
    "{NONE}",
    "{NONE}",
    r"\[%d/%b/%Y %H:%M:%S\]",
    "^%Y-%m-%d %H:%M:%S\n%H:%M",
];

const PIECES: [&str; 64] = [
    "\n",
    "\n",
    "\n",
    "Mar  4 05:06:07 ",
    "Mar  4 05:06:09 ",
    "Mar  4 04:00:00 ",
    "2026-03-04 05:06:07 ",
    "1772600767 ",
    "[04/Mar/2026 05:06:07] ",
    "host sshd[7]: ",
    "host sshd[8]: ",
    "app[1]: ",
    "host ",
    "sshd[7]: ",
    "bad ",
    "Failed ",
    "Failed password for ",
    "password ",
    "for ",
    "invalid user ",
    "root",
    "bob",
    "alice ",
    " from ",
    "from ",
    " from 192.0.2.1",
    " from 192.0.2.2 port 22",
    "192.0.2.1",
    "192.0.2.300",
    "2001:db8::1",
    "::ffff:192.0.2.1",
    "example.org",
    "198.51.100.0/24",
    " port 22",
    "Connection",
    "Connection from 192.0.2.1",
    "Accepted ",
    "Accepted bob from 192.0.2.1",
    "Disconnected",
    "Disconnected from 192.0.2.2",
    "user=",
    "user=bob ",
    "rhost=",
    "rhost=192.0.2.1 ",
    "id ",
    "7 ",
    "'",
    "\"",
    ": ",
    "=",
    " ",
    "  ",
    "\r",
    "\t",
    "\0",
    "é",
    "\u{2028}",
    "12:34",
    "[1]",
    "-",
    ".",
    "a",
    "1",
    "user=alice rhost=192.0.2.3",
];

struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(*first)
    }

    fn below(&mut self, count: usize) -> usize {
        self.next() % count
    }
}

/// What a filter is made of: `usedns`, `maxlines`, prefix, `ignoreregex`, each by number, and the
/// `failregex`.
type Shape = ([usize; 4], Vec<usize>);

thread_local! {
    /// Filters are used again: to compile them takes longer than all the rest.
    static FILTERS: RefCell<HashMap<Shape, Rc<Filter>>> = RefCell::default();
}

/// The filters that are kept.
const FILTERS_MOST: usize = 2_000;

fn filter(shape: Shape) -> Rc<Filter> {
    FILTERS.with_borrow_mut(|known| {
        if known.len() > FILTERS_MOST {
            known.clear();
        }
        let entry = known.entry(shape);
        let made = |shape: &Shape| Rc::new(make_filter(shape));
        Rc::clone(entry.or_insert_with_key(made))
    })
}

fn make_filter(([usedns, maxlines, prefix, ignored], rules): &Shape) -> Filter {
    let mut filter = Filter::default();
    filter.set_usedns([UseDns::Yes, UseDns::Warn, UseDns::No, UseDns::Raw][*usedns]);
    filter.set_maxlines([1, 1, 1, 1, 1, 2, 3, 8][*maxlines]);
    assert!(filter.set_prefregex(PREFIXES[*prefix]).is_ok());
    for rule in rules {
        // Some name somebody only beside a prefix that does.
        let _ = filter.add_failregex(FAILURES[*rule]);
    }
    let ignored = IGNORED[*ignored];
    if !ignored.is_empty() {
        assert!(filter.add_ignoreregex(ignored).is_ok());
    }
    filter
}

/// One jail, once for the pass and once for itself.
struct Jail {
    filter: Rc<Filter>,
    together: Matcher,
    alone: Matcher,
    moment: Moment,
    /// The line it begins with.
    first: usize,
}

impl Jail {
    fn new(choices: &mut Choices<'_>) -> Self {
        let shape = choices.next();
        let prefix = choices.below(PREFIXES.len());
        let rules = (0..1 + shape / 32 % 8).map(|_| choices.below(FAILURES.len()));
        let rules = rules.collect();
        let ignored = choices.below(IGNORED.len());
        let filter = filter(([shape % 4, shape / 4 % 8, prefix, ignored], rules));
        let judging = Judging {
            check_all: choices.next() % 4 == 3,
            ..Judging::server()
        };
        let dates = DATES[choices.below(DATES.len())];
        let matcher = || {
            let dates = DateDetector::with_patterns(dates).expect("it is a date pattern");
            Matcher::new(dates, Zone::utc(), judging)
        };
        let times = choices.next();
        Self {
            filter,
            together: matcher(),
            alone: matcher(),
            moment: Moment {
                now: UnixTime::from_seconds(NOW),
                findtime: Span::from_seconds([600, 1, 100_000_000, 0][times % 4]),
                in_operation: times / 4 % 2 == 1,
            },
            first: [0, 0, 0, 2][times / 8 % 4],
        }
    }
}

/// The log and where its lines are, without their ends.
fn log(choices: &mut Choices<'_>) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut log = Vec::new();
    let mut ranges = Vec::new();
    let mut start = 0;
    while !choices.0.is_empty() && ranges.len() < LINES_MOST {
        let choice = choices.next();
        if choice >= 250 {
            // No UTF-8.
            log.push(u8::try_from(choice).unwrap_or(0xFF));
        } else {
            log.extend_from_slice(PIECES[choice % PIECES.len()].as_bytes());
        }
        if log.last() == Some(&b'\n') {
            ranges.push(start..log.len() - 1);
            start = log.len();
        }
    }
    if start < log.len() {
        ranges.push(start..log.len());
    }
    (log, ranges)
}

/// What was ignored and given up depends on which rules were tried.
fn comparable(mut judged: Judged) -> Option<Judged> {
    judged.ignored.clear();
    judged.given_up.clear();
    judged.is_something().then_some(judged)
}

/// What holds of every answer; `seen` lines were judged before it.
fn look_at(judged: &Judged, text: &str, seen: usize, jail: &Jail) {
    let rules = jail.filter.failregex().len();
    assert!(
        judged
            .date
            .clone()
            .is_none_or(|date| text.get(date).is_some())
    );
    assert!(!judged.too_old || judged.found.is_empty());
    assert!(judged.found.len() <= rules);
    for found in &judged.found {
        assert!(found.rule < rules);
        assert!(found.lines.len() <= (seen + 1) * rules + jail.filter.maxlines());
    }
}

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices(data);
    let count = 1 + choices.next() % 3;
    let chunk = [1, 2, 5, 100][choices.next() % 4];
    let mut jails: Vec<Jail> = (0..count).map(|_| Jail::new(&mut choices)).collect();
    let (log, ranges) = log(&mut choices);

    let mut expected: Vec<Told> = Vec::new();
    for (line, range) in ranges.iter().enumerate() {
        let text = String::from_utf8_lossy(&log[range.clone()]);
        for (reader, jail) in jails.iter_mut().enumerate() {
            if line < jail.first {
                continue;
            }
            let judged = jail
                .alone
                .judge(&jail.filter, Line::new(&text), jail.moment);
            look_at(&judged, &text, line, jail);
            expected.extend(comparable(judged).map(|judged| Told {
                reader,
                line,
                judged,
            }));
        }
    }

    let mut found: Vec<Told> = Vec::new();
    let mut pass = Pass::new(jails.iter().map(|jail| &*jail.filter));
    let mut before = 0;
    for ranges_now in ranges.chunks(chunk) {
        let mut readers: Vec<Reader<'_>> = jails
            .iter_mut()
            .map(|jail| Reader {
                filter: &jail.filter,
                matcher: &mut jail.together,
                moment: jail.moment,
                start: ranges
                    .get(jail.first)
                    .map_or(log.len(), |range| range.start),
            })
            .collect();
        for told in pass.chunk(&log, ranges_now, &mut readers) {
            found.extend(comparable(told.judged).map(|judged| Told {
                line: told.line + before,
                judged,
                ..told
            }));
        }
        before += ranges_now.len();
    }
    assert_eq!(found, expected);
    for jail in &jails {
        let now = jail.moment.now;
        let [alone, together] = [&jail.alone, &jail.together].map(|matcher| {
            let views = matcher.dates().templates(now);
            views.map(|view| (view.name, view.hits)).collect::<Vec<_>>()
        });
        assert_eq!(alone, together);
    }
});
