use f2b_core::{Span, UnixTime};
use proptest::prelude::*;

use super::*;
use crate::{DateDetector, Judging, UseDns, Zone};

/// 2026-03-04 05:06:10 UTC.
const NOW: i64 = 1_772_600_770;

const PREFIXES: [&str; 5] = [
    "",
    r"^(?: \S+)? d<F-MLFID>\[\d+\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$",
    r"^ (?:host|<F-USER>\w+</F-USER>) .*?<F-CONTENT>bad.*</F-CONTENT>$",
    r"^\[?\]?\s*host",
    r"(?:x<F-CONTENT>.*</F-CONTENT>)?: ",
];

const RULES: [&str; 14] = [
    r"^bad pw for <F-USER>\S+</F-USER>(?: from <ADDR>)?$",
    r"<F-NOFAIL>connect</F-NOFAIL> from <ADDR>",
    r"^<F-NOFAIL><F-MLFFORGET>closed</F-MLFFORGET></F-NOFAIL> <ADDR>",
    r"accepted <F-MLFFORGET><F-MLFGAINED>for</F-MLFGAINED></F-MLFFORGET> <F-USER>\S+</F-USER>",
    r"bad (?!pw for a).*<ADDR>$",
    r"^ host .*bad .*<HOST>$",
    r"^\[\] host d\[\d+\]: .*<ADDR>",
    r"(?<=bad pw for )<F-ID>\w+</F-ID>",
    r"pw for (?P<who>\w+) from <ADDR>(?P<end>$)",
    r"^.*<F-ID>\[\d+\]</F-ID>: bad",
    r"\bbad\b.*\bfrom <SUBNET>",
    r"(?P<q>')?bad(?(q)'|) .*<ADDR>",
    r"<F-ID>\w+</F-ID> \w+$",
    r"^ .*<F-TUPLE_ID>\w+</F-TUPLE_ID> from <ADDR>$",
];

const IGNORES: [&str; 4] = ["192.0.2.9", "^bad pw for root", "^ host", "bob$"];

const PATTERNS: [&str; 4] = ["", "^%b %d %H:%M:%S", "{NONE}", "^EPOCH\n%Y-%m-%d %H:%M:%S"];

#[derive(Clone, Debug)]
struct Jail {
    prefix: usize,
    rules: Vec<usize>,
    ignores: Vec<usize>,
    pattern: usize,
    usedns: UseDns,
    maxlines: usize,
    start: usize,
    in_operation: bool,
    findtime: i64,
}

fn jail() -> impl Strategy<Value = Jail> {
    (
        0..PREFIXES.len(),
        prop::collection::vec(0..RULES.len(), 1..6),
        prop::collection::vec(0..IGNORES.len(), 0..2),
        0..PATTERNS.len(),
        prop::sample::select(vec![UseDns::No, UseDns::Raw, UseDns::Warn]),
        prop::sample::select(vec![1, 1, 1, 3]),
        prop::sample::select(vec![0, 0, 150]),
        any::<bool>(),
        prop::sample::select(vec![3, 600]),
    )
        .prop_map(
            |(prefix, rules, ignores, pattern, usedns, maxlines, start, in_operation, findtime)| {
                Jail {
                    prefix,
                    rules,
                    ignores,
                    pattern,
                    usedns,
                    maxlines,
                    start,
                    in_operation,
                    findtime,
                }
            },
        )
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let date = prop::sample::select(vec![
        "Mar  4 05:06:07",
        "Mar  4 05:06:01",
        "[Mar  4 05:06:08]",
        "2026-03-04 05:06:09",
        "1772600769",
        "Feb 30 05:06:07",
        "2026-02-30 05:06:09",
        "",
    ]);
    let host = prop::sample::select(vec![" host", "", " x: host", " bob"]);
    let daemon = prop::sample::select(vec![" d[1]:", " d[2]:", "", " x:"]);
    let words = prop::collection::vec(
        prop::sample::select(vec![
            " bad pw for",
            " 'bad'",
            " bad",
            " root",
            " bob",
            " a",
            " connect",
            " accepted for",
            " closed",
            " from",
            " 192.0.2.1",
            " 192.0.2.9",
            " 2001:db8::1",
            " [192.0.2.7/24]",
            " h.example",
            " é",
        ]),
        0..5,
    );
    let end = prop::sample::select(vec!["\n", "\r\n", "\n", "\u{fffd}\n"]);
    (date, host, daemon, words, end).prop_map(|(date, host, daemon, words, end)| {
        let text = format!("{date}{host}{daemon}{}{end}", words.concat());
        let mut bytes = text.into_bytes();
        // A byte that is no UTF-8.
        if bytes.ends_with("\u{fffd}\n".as_bytes()) {
            bytes.truncate(bytes.len() - 4);
            bytes.extend(b"\xff\n");
        }
        bytes
    })
}

fn filter(jail: &Jail) -> Option<Filter> {
    let mut filter = Filter::default();
    filter.set_usedns(jail.usedns);
    filter.set_maxlines(jail.maxlines);
    filter.set_prefregex(PREFIXES.get(jail.prefix)?).ok()?;
    for rule in &jail.rules {
        filter.add_failregex(RULES.get(*rule)?).ok()?;
    }
    for rule in &jail.ignores {
        filter.add_ignoreregex(IGNORES.get(*rule)?).ok()?;
    }
    Some(filter)
}

fn matcher(jail: &Jail) -> Matcher {
    let patterns = PATTERNS.get(jail.pattern).unwrap();
    let dates = DateDetector::with_patterns(patterns).unwrap();
    Matcher::new(dates, Zone::utc(), Judging::server())
}

fn moment(jail: &Jail) -> Moment {
    Moment {
        now: UnixTime::from_seconds(NOW),
        findtime: Span::from_seconds(jail.findtime),
        in_operation: jail.in_operation,
    }
}

/// The ranges of lines without their ends, as a source gives them.
fn ranges(lines: &[Vec<u8>]) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut buffer = Vec::new();
    let mut ranges = Vec::new();
    for line in lines {
        let start = buffer.len();
        buffer.extend(line);
        let bare = line.iter().rposition(|byte| !b"\r\n".contains(byte));
        ranges.push(start..start + bare.map_or(0, |last| last + 1));
    }
    (buffer, ranges)
}

/// What each jail finds alone, with every rule tried on every line.
fn alone(jails: &[(Jail, Filter)], buffer: &[u8], ranges: &[Range<usize>]) -> Vec<Told> {
    let mut told = Vec::new();
    for (reader, (jail, filter)) in jails.iter().enumerate() {
        let mut matcher = matcher(jail);
        for (line, range) in ranges.iter().enumerate() {
            if range.start < jail.start {
                continue;
            }
            let text = String::from_utf8_lossy(buffer.get(range.clone()).unwrap_or_default());
            let judged = matcher.judge(filter, Line::new(&text), moment(jail));
            if judged.is_something() {
                told.push(Told {
                    reader,
                    line,
                    judged,
                });
            }
        }
    }
    told.sort_by_key(|told| (told.line, told.reader));
    told
}

/// A line with what a container's runtime puts around it, in two records if `cut` is within it.
fn records(line: &str, cut: usize) -> Vec<String> {
    let stamp = "2026-03-04T05:06:09.5Z stdout";
    match line.split_at_checked(cut) {
        Some((first, second)) if !second.is_empty() => {
            vec![format!("{stamp} P {first}"), format!("{stamp} F {second}")]
        }
        _ => vec![format!("{stamp} F {line}")],
    }
}

/// Which `ignoreregex` was first to say that a line is nothing is of no consequence where no rule
/// could match.
fn without_ignored(mut told: Vec<Told>) -> Vec<Told> {
    for one in &mut told {
        one.judged.ignored.clear();
    }
    told.retain(|one| one.judged.is_something());
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn many_jails_in_one_pass_find_what_each_finds_alone(
        jails in prop::collection::vec(jail(), 1..6),
        lines in prop::collection::vec(line(), 1..40),
    ) {
        let jails: Vec<(Jail, Filter)> = jails
            .into_iter()
            .filter_map(|jail| filter(&jail).map(|filter| (jail, filter)))
            .collect();
        let (buffer, ranges) = ranges(&lines);
        let mut matchers: Vec<Matcher> = jails.iter().map(|(jail, _)| matcher(jail)).collect();
        let mut readers: Vec<Reader<'_>> = jails
            .iter()
            .zip(&mut matchers)
            .map(|((jail, filter), matcher)| Reader {
                filter,
                matcher,
                moment: moment(jail),
                start: jail.start,
            })
            .collect();
        let mut pass = Pass::new(jails.iter().map(|(_, filter)| filter));
        let together = pass.chunk(&buffer, &ranges, &mut readers);
        let alone = alone(&jails, &buffer, &ranges);
        prop_assert_eq!(without_ignored(together), without_ignored(alone));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn many_jails_find_in_a_container_log_what_each_finds_alone(
        jails in prop::collection::vec(jail(), 1..6),
        lines in prop::collection::vec((line(), 0..60_usize), 1..40),
    ) {
        let jails: Vec<(Jail, Filter)> = jails
            .into_iter()
            .filter_map(|jail| filter(&jail).map(|filter| (jail, filter)))
            .collect();
        let mut together: Vec<Matcher> = jails.iter().map(|(jail, _)| matcher(jail)).collect();
        let mut alone: Vec<Matcher> = jails.iter().map(|(jail, _)| matcher(jail)).collect();
        let mut pass = Pass::new(jails.iter().map(|(_, filter)| filter));
        for (number, (text, cut)) in lines.iter().enumerate() {
            let text = String::from_utf8_lossy(text);
            let text = text.trim_end_matches(['\r', '\n']);
            let time = UnixTime::from_seconds(NOW - i64::try_from(*cut).unwrap());
            let line = Line::written_at(text, crate::Given { time, text: "then " });
            let records = records(text, *cut);
            let records: Vec<&str> = records.iter().map(String::as_str).collect();
            let readers = jails.iter().zip(&mut together);
            let mut readers: Vec<Reader<'_>> = readers
                .map(|((jail, filter), matcher)| Reader {
                    filter,
                    matcher,
                    moment: moment(jail),
                    start: jail.start,
                })
                .collect();
            let mut told = Vec::new();
            let place = (number, number * 20);
            pass.inside(place, line, &mut readers, 0, &mut told);
            pass.records(place, &records, &mut readers, 0, &mut told);
            // Of one jail the last counts.
            told.reverse();
            told.sort_by_key(|one| one.reader);
            told.dedup_by_key(|one| one.reader);
            let mut expected = Vec::new();
            for (reader, ((jail, filter), matcher)) in jails.iter().zip(&mut alone).enumerate() {
                if number * 20 < jail.start {
                    continue;
                }
                let moment = moment(jail);
                let (judged, _) = matcher.judge_unwrapped(filter, line, &records, moment);
                if judged.is_something() {
                    expected.push(Told { reader, line: number, judged });
                }
            }
            prop_assert_eq!(told, expected);
        }
    }
}

#[test]
fn a_rule_of_two_jails_is_asked_about_once() {
    let filter = |usedns| {
        let mut filter = Filter::default();
        filter.set_usedns(usedns);
        filter.add_failregex("^ bad <ADDR>$").unwrap();
        filter.add_failregex("^ bad <HOST>$").unwrap();
        filter
    };
    let filters = [
        filter(UseDns::Raw),
        filter(UseDns::Warn),
        filter(UseDns::No),
    ];
    let pass = Pass::new(&filters);
    let numbers: Vec<_> = pass
        .members
        .iter()
        .map(|member| member.numbers.clone().unwrap())
        .collect();
    assert_eq!(
        numbers,
        [[(0, 0), (1, 1)], [(0, 0), (1, 1)], [(0, 0), (0, 1)]]
    );
}
