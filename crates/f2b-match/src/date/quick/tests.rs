use f2b_core::UnixTime;
use f2b_pyregex::Scratch;
use proptest::prelude::*;

use super::*;
use crate::date::template::Template;

/// 2026-03-04 05:06:10 UTC.
const NOW: UnixTime = UnixTime::from_seconds(1_772_600_770);

/// Compares a reader with the regular expression of its template, in a part of a line.
fn same(pattern: &str, line: &str, range: Range<usize>) -> Result<Outcome, TestCaseError> {
    let years = Years::at(NOW);
    let compiled = Template::of(pattern).unwrap().compiled(years).unwrap();
    let (quick, years) = compiled.quick().unwrap();
    let expected = compiled.search_regex(line, range.clone(), &mut Scratch::default());
    let outcome = quick.search(line.as_bytes(), range, years);
    match &outcome {
        Outcome::Found(found) => prop_assert_eq!(Some(found), expected.as_ref(), "{}", line),
        Outcome::Nothing => prop_assert_eq!(None, expected, "{}", line),
        Outcome::Unsure => prop_assert!(!line.is_ascii(), "{}", line),
    }
    Ok(outcome)
}

/// Both templates of a form.
fn patterns(form: usize) -> [String; 2] {
    let pattern = match PATTERNS.get(form) {
        Some((pattern, _)) => (*pattern).to_owned(),
        None => return ["^EPOCH".to_owned(), "{^LN-BEG}EPOCH".to_owned()],
    };
    [
        format!("{}{pattern}", crate::date::pattern::LINE_BEGIN),
        pattern,
    ]
}

fn check(form: usize, line: &str, begin: Option<&str>, anywhere: Option<&str>) {
    for (pattern, expected) in patterns(form).iter().zip([begin, anywhere]) {
        let outcome = same(pattern, line, 0..line.len()).unwrap();
        let cut = match outcome {
            Outcome::Found(found) => Some(line.get(found.cut).unwrap().to_owned()),
            Outcome::Nothing => None,
            Outcome::Unsure => Some("unsure".to_owned()),
        };
        assert_eq!(cut.as_deref(), expected, "{line:?} {pattern}");
    }
}

#[test]
fn iso_dates_are_read() {
    let check = |line: &str, begin, anywhere| check(0, line, begin, anywhere);
    let both = |line: &str, cut| check(line, Some(cut), Some(cut));
    both("2026-03-04 05:06:07 x", "2026-03-04 05:06:07");
    both("[2026/3/4 5:6:7] x", "2026/3/4 5:6:7");
    both(
        "2026-03-04T05:06:07.123456Z x",
        "2026-03-04T05:06:07.123456Z",
    );
    both(
        "2026-03-04  05:06:07,1 +01:30 x",
        "2026-03-04  05:06:07,1 +01:30",
    );
    both("2026-03-04 05:06:07.1234567 x", "2026-03-04 05:06:07");
    both("2026-03-04 05:06:07 +01001 x", "2026-03-04 05:06:07");
    both("2026-03-04 05:06:07+01:0x", "2026-03-04 05:06:07+01");
    both("2026-03-04 05:06:07 utc", "2026-03-04 05:06:07");
    check("x 2026-03-04 05:06:07", None, Some("2026-03-04 05:06:07"));
    check("x2026-03-04 05:06:07", None, None);
    check("2026-03/04 05:06:07", None, None);
    check("2036-03-04 05:06:07", None, None);
    check("2026-03-04 05:06:62", None, None);
    check("2026-03-04 05:06:07x", None, None);
    check("é 2026-03-04 05:06:07", Some("unsure"), Some("unsure"));
}

#[test]
fn syslog_dates_are_read() {
    let check = |line: &str, begin, anywhere| check(1, line, begin, anywhere);
    let both = |line: &str, cut| check(line, Some(cut), Some(cut));
    both("Mar  4 05:06:07 host", "Mar  4 05:06:07");
    both("mAR 14 05:06:07: x", "mAR 14 05:06:07");
    both("<<Wed Mar 4  5:6:7.5 2026 x", "Wed Mar 4  5:6:7.5 2026");
    both("Mar  4 05:06:07 2036 x", "Mar  4 05:06:07");
    both("Mar  4 05:06:07 2026", "Mar  4 05:06:07 2026");
    both("Mar  4 25:06:61", "Mar  4 25:06:61");
    check("Mar 34 05:06:07", None, None);
    check("Mar 00 05:06:07", None, None);
    check("Mars 4 05:06:07", None, None);
    check("Mar  4 35:06:07", None, None);
}

#[test]
fn dates_of_web_servers_are_read() {
    let check = |line: &str, begin, anywhere| check(2, line, begin, anywhere);
    let both = |line: &str, cut| check(line, Some(cut), Some(cut));
    both(
        "[04/Mar/2026:05:06:07 +0000] x",
        "04/Mar/2026:05:06:07 +0000",
    );
    both("4-mar-2026 05:06:07.1 gmt x", "4-mar-2026 05:06:07.1 gmt");
    both("04/Mar/202605:06:07", "04/Mar/202605:06:07");
    check(
        "192.0.2.1 - - [ 4/Mar/2026:05:06:07 +0000] x",
        None,
        Some(" 4/Mar/2026:05:06:07 +0000"),
    );
    check("04/Mar-2026:05:06:07", None, None);
}

#[test]
fn seconds_since_the_epoch_are_read() {
    let check = |line: &str, cut| check(3, line, cut, cut);
    check("1772600767 x", Some("1772600767"));
    check("[1772600767.123] x", Some("1772600767.123"));
    check("[1772600767 x", Some("1772600767"));
    check("1772600767.12 x", Some("1772600767"));
    check("1772600767.1234567 x", Some("1772600767"));
    check("17726007671.123456", Some("17726007671.123456"));
    check("177260076711", None);
    check("177260076", None);
    check("1772600767x", None);
}

/// Dates of all forms, whole and broken.
fn date() -> impl Strategy<Value = String> {
    let number = |most: u32| {
        (0..most, any::<bool>()).prop_map(|(n, wide)| {
            if wide {
                format!("{n:02}")
            } else {
                format!("{n:2}")
            }
        })
    };
    let month = proptest::sample::select(vec!["Jan", "feb", "MAR", "Apr", "Xxx", "ſep", "Dec"]);
    let year = proptest::sample::select(vec!["2026", "2019", "2036", "1999", "202"]);
    let separator = proptest::sample::select(vec!["-", "/", ".", " ", ":"]);
    let behind = proptest::sample::select(vec![
        "", ".1", ".123456", ",123", ".1234567", " 2026", " 2036", " +0100", "Z", " Z", " utc",
        " GMT", "+01:30", " +01001", "+01:0", "-1959", "\u{a0}Z", "x", "é",
    ]);
    let clock = (number(28), number(62), number(64)).prop_map(|(h, m, s)| format!("{h}:{m}:{s}"));
    let pieces = (number(34), number(14), month, year, separator, clock);
    (pieces, behind, 0..5_u8, 1_000_000_000_u64..100_000_000_000).prop_map(
        |((day, number, month, year, separator, clock), behind, form, seconds)| match form {
            0 => format!("{year}{separator}{number}{separator}{day} {clock}{behind}"),
            1 => format!("{year}{separator}{number}{separator}{day}T{clock}{behind}"),
            2 => format!("{month} {day} {clock}{behind}"),
            3 => format!("{day}{separator}{month}{separator}{year}:{clock}{behind}"),
            _ => format!("{seconds}{behind}"),
        },
    )
}

fn line() -> impl Strategy<Value = String> {
    let before = proptest::sample::select(vec![
        "",
        "",
        "[",
        "<<",
        " ",
        "[[[",
        "x ",
        "x",
        "é",
        "Wed ",
        "192.0.2.1 - - [",
        "2026-03-04 ",
    ]);
    let change = prop_oneof![
        3 => Just(None),
        1 => (any::<proptest::sample::Index>(), "[ -~é\u{660}]").prop_map(Some),
    ];
    (before, date(), change, "[ \\]:x5.]{0,3}").prop_map(|(before, date, change, behind)| {
        let mut date: Vec<char> = date.chars().collect();
        if let Some((place, text)) = change
            && let Some(c) = text.chars().next()
        {
            let place = place.index(date.len());
            if let Some(old) = date.get_mut(place) {
                *old = c;
            }
        }
        let date: String = date.into_iter().collect();
        format!("{before}{date}{behind}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn a_reader_finds_what_its_expression_finds(line in line(), form in 0..4_usize) {
        for pattern in patterns(form) {
            same(&pattern, &line, 0..line.len())?;
        }
    }

    #[test]
    fn a_reader_finds_what_its_expression_finds_in_a_part_of_a_line(
        line in line(),
        form in 0..3_usize,
        from in 0..6_usize,
        less in 0..4_usize,
    ) {
        let to = line.len().saturating_sub(less);
        if from <= to && line.is_char_boundary(from) && line.is_char_boundary(to) {
            let [_, pattern] = patterns(form);
            same(&pattern, &line, from..to)?;
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(line in proptest::collection::vec(any::<u8>(), 0..60)) {
        for form in [Form::Iso, Form::Syslog, Form::Apache, Form::Epoch] {
            for line_begin in [true, false] {
                let quick = Quick { form, line_begin };
                if let Outcome::Found(found) =
                    quick.search(&line, 0..line.len(), Years::at(NOW))
                {
                    prop_assert!(line.get(found.span).is_some() && line.get(found.cut).is_some());
                }
            }
        }
    }
}
