use f2b_core::{FailId, Span, UnixTime};

use super::*;
use crate::{Given, UseDns, Value};

/// 2026-03-04 05:06:10 UTC.
const NOW: i64 = 1_772_600_770;

fn moment(in_operation: bool) -> Moment {
    Moment {
        now: UnixTime::from_seconds(NOW),
        findtime: Span::from_seconds(600),
        in_operation,
    }
}

fn matcher(judging: Judging) -> Matcher {
    Matcher::new(DateDetector::new(), Zone::utc(), judging)
}

fn filter(prefregex: &str, failregex: &[&str], ignoreregex: &[&str]) -> Filter {
    let mut filter = Filter::default();
    filter.set_prefregex(prefregex).unwrap();
    for rule in failregex {
        filter.add_failregex(rule).unwrap();
    }
    for rule in ignoreregex {
        filter.add_ignoreregex(rule).unwrap();
    }
    filter
}

/// Matches in words: who, how many lines, what kind; `?` before a name that is a question.
fn words(judged: &Judged) -> String {
    let word = |found: &Match| {
        let who = match &found.id {
            Identity::Known(id) => id.to_string(),
            Identity::Name(name) => format!("?{name}"),
            Identity::Tuple(parts) => format!("{parts:?}"),
            Identity::Nobody => "nobody".to_owned(),
        };
        format!("{who} {} {:?}", found.lines.len(), found.kind)
    };
    let all: Vec<String> = judged.found.iter().map(word).collect();
    all.join(", ")
}

#[test]
fn a_session_is_told_when_it_is_known_who_it_is() {
    let filter = filter(
        r"^ d(?P<mlfid>\[\d+\]): <F-CONTENT>.+</F-CONTENT>$",
        &[
            "^<F-NOFAIL>connect</F-NOFAIL> from <ADDR>$",
            r"^bad pw for <F-USER>\S+</F-USER>$",
            "^<F-NOFAIL><F-MLFFORGET>closed</F-MLFFORGET></F-NOFAIL> <ADDR>$",
        ],
        &[],
    );
    let mut server = matcher(Judging::server());
    let mut all = matcher(Judging {
        check_all: true,
        ..Judging::server()
    });
    let mut check = |line: &str, by_server: &str, by_all: &str| {
        let line = format!("Mar  4 05:06:07 {line}\n");
        let judged = server.judge(&filter, Line::new(&line), moment(true));
        assert_eq!(words(&judged), by_server, "{line}");
        let judged = all.judge(&filter, Line::new(&line), moment(true));
        assert_eq!(words(&judged), by_all, "{line}");
    };
    check("d[1]: connect from 192.0.2.1", "", "192.0.2.1 0 NoFail");
    check(
        "d[1]: bad pw for bob",
        "192.0.2.1 2 Failure",
        "192.0.2.1 2 Failure",
    );
    check(
        "d[1]: bad pw for bob",
        "192.0.2.1 1 Failure",
        "192.0.2.1 1 Failure",
    );
    check(
        "d[2]: bad pw for al",
        "nobody 1 Pending",
        "nobody 1 Pending",
    );
    check(
        "d[2]: closed 192.0.2.2",
        "192.0.2.2 2 Failure",
        "192.0.2.2 2 Failure",
    );
    check("d[2]: closed 192.0.2.2", "", "192.0.2.2 0 NoFail");
}

#[test]
fn a_name_is_a_question_where_names_are_looked_up() {
    let check = |usedns: UseDns, raw: bool, expected: &str| {
        let mut filter = Filter::default();
        filter.set_usedns(usedns);
        filter.add_failregex("^bad <DNS>$").unwrap();
        let judging = Judging {
            raw,
            ..Judging::server()
        };
        let judged = matcher(judging).judge(&filter, Line::new("bad h.example"), moment(true));
        assert_eq!(words(&judged), expected, "{usedns:?}");
    };
    check(UseDns::Yes, false, "?h.example 1 Failure");
    check(UseDns::Warn, false, "?h.example 1 Failure");
    check(UseDns::No, false, "");
    check(UseDns::Raw, false, "h.example 1 Failure");
    check(UseDns::No, true, "h.example 1 Failure");
}

#[test]
fn a_line_counts_at_its_date_and_old_ones_are_not_looked_at() {
    let filter = filter("", &["bad <ADDR>$"], &[]);
    let check = |line: Line<'_>, in_operation: bool, expected: Option<i64>, too_old: bool| {
        let judged = matcher(Judging::server()).judge(&filter, line, moment(in_operation));
        let time = judged.found.first().and_then(|found| found.time);
        let seen = time.map(|stamp| stamp.time.whole_seconds() - NOW);
        assert_eq!((seen, judged.too_old), (expected, too_old), "{line:?}");
    };
    check(
        Line::new("Mar  4 05:06:07 bad ::1\n"),
        false,
        Some(-3),
        false,
    );
    check(Line::new("Mar  4 04:06:07 bad ::1\n"), false, None, true);
    check(Line::new("Mar  4 04:06:07 bad ::1\n"), true, Some(0), false);
    check(Line::new("bad ::1\n"), true, Some(0), false);
    check(Line::new("bad ::1\n"), false, None, false);
    let given = |offset| Given {
        time: UnixTime::from_seconds(NOW + offset),
        text: "then ",
    };
    let record = "Mar  4 05:06:07 bad ::1";
    check(Line::with_time(record, given(-9)), false, Some(-9), false);
    check(Line::with_time(record, given(-900)), false, None, true);
}

#[test]
fn a_matching_line_without_a_date_is_worth_a_word_a_day() {
    let filter = filter("", &["bad <ADDR>$"], &[]);
    let mut matcher = matcher(Judging::server());
    let mut note = |line: &str| matcher.judge(&filter, Line::new(line), moment(true)).note;
    assert_eq!(note("good ::1"), None);
    assert_eq!(note("bad ::1"), Some(Note::NoDate));
    assert_eq!(note("bad ::1"), None);
}

#[test]
fn a_date_that_is_no_moment_is_told_and_still_cut_out() {
    let filter = filter("", &["^ bad <ADDR>$"], &[]);
    let mut matcher = matcher(Judging::server());
    let line = Line::new("2026-02-30 05:06:07 bad ::1");
    let judged = matcher.judge(&filter, line, moment(true));
    assert_eq!(
        judged.unreadable_date.as_deref(),
        Some("2026-02-30 05:06:07")
    );
    assert_eq!(words(&judged), "::1 1 Failure");
}

#[test]
fn the_lines_of_a_failure_are_whole() {
    let filter = filter("", &["bad <ADDR>$"], &[]);
    let check = |line: Line<'_>, expected: [&str; 3]| {
        let judged = matcher(Judging::server()).judge(&filter, line, moment(true));
        let parts = judged.found.first().unwrap().lines.first().unwrap();
        assert_eq!([parts.before(), parts.date(), parts.after()], expected);
        assert_eq!(parts.line(), expected.concat());
    };
    check(
        Line::new("[2026-03-04 05:06:07] bad ::1\r\n"),
        ["[", "2026-03-04 05:06:07", "] bad ::1"],
    );
    check(Line::new("bad ::1"), ["", "", "bad ::1"]);
    let given = Given {
        time: UnixTime::from_seconds(NOW),
        text: "then ",
    };
    check(Line::with_time("bad ::1", given), ["", "then ", "bad ::1"]);
}

#[test]
fn what_is_ignored_tells_by_which_rule() {
    let rules = ["bad <ADDR>$", "worse <ADDR>$"];
    let filter = filter("", &rules, &["nothing", "::2"]);
    let mut matcher = matcher(Judging::server());
    let mut check = |line: &str, found: &str, ignored: &[usize]| {
        let judged = matcher.judge(&filter, Line::new(line), moment(true));
        assert_eq!(
            (words(&judged).as_str(), judged.ignored.as_slice()),
            (found, ignored)
        );
    };
    check("bad ::1", "::1 1 Failure", &[]);
    check("bad ::2", "", &[1]);
    // As the original: a line that is no failure is not asked about.
    check("good ::2", "", &[]);
}

#[test]
fn values_keep_the_order_of_the_groups() {
    let filter = filter(
        "",
        &[r"^(?P<b>x)?(?P<a>y)? <F-ALT_USER>\w+</F-ALT_USER> <F-ID/>$"],
        &[],
    );
    let line = Line::new("y bob it");
    let judged = matcher(Judging::server()).judge(&filter, line, moment(true));
    let data = &judged.found.first().unwrap().data;
    let text = |text: &str| Value::Text(text.into());
    let seen: Vec<(&str, Value)> = data
        .iter()
        .map(|(name, value)| (name, value.clone()))
        .collect();
    let expected = [
        ("b", Value::Null),
        ("a", text("y")),
        ("alt_user", text("bob")),
        ("fid", text("it")),
        ("user", text("bob")),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        judged.found.first().unwrap().id,
        Identity::Known(FailId::parse("it"))
    );
}
