use proptest::prelude::*;

use super::*;

/// 2026-03-04 05:06:10 UTC.
const NOW: UnixTime = UnixTime::from_seconds(1_772_600_770);

fn find(detector: &mut DateDetector, line: &str) -> Option<String> {
    let found = detector.find(line, NOW)?;
    line.get(found.cut).map(str::to_owned)
}

fn order(detector: &DateDetector) -> Vec<(String, u64)> {
    let views = detector.templates(NOW).filter(|view| view.hits > 0);
    views.map(|view| (view.name, view.hits)).collect()
}

#[test]
fn a_template_that_finds_dates_moves_up() {
    let mut detector = DateDetector::with_patterns("%Y\n%m-%d\n%H:%M\nEPOCH").unwrap();
    let mut check = |line: &str, cut: Option<&str>, expected: &[(&str, u64)]| {
        assert_eq!(find(&mut detector, line).as_deref(), cut, "{line}");
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, hits)| ((*name).to_owned(), *hits))
            .collect();
        assert_eq!(order(&detector), expected, "{line}");
    };
    check("05:06 x", Some("05:06"), &[("24hour:Minute", 1)]);
    check(
        "03-04 x",
        Some("03-04"),
        &[("24hour:Minute", 1), ("Month-Day", 1)],
    );
    check("nothing", None, &[("24hour:Minute", 1), ("Month-Day", 1)]);
    check(
        "x 07:08 y",
        Some("07:08"),
        &[("24hour:Minute", 2), ("Month-Day", 1)],
    );
}

#[test]
fn a_template_unused_for_five_minutes_gives_its_place_away() {
    let check = |later: i64, first: &str| {
        let mut detector = DateDetector::with_patterns("%m-%d\n%H:%M").unwrap();
        for line in ["03-04 x", "03-05 x", "03-06 x"] {
            detector.find(line, NOW);
        }
        detector.find("05:06 x", NOW.plus(Span::from_seconds(later)));
        let order = order(&detector);
        assert_eq!(order.first().map(|(name, _)| name.as_str()), Some(first));
    };
    check(300, "Month-Day");
    check(301, "24hour:Minute");
}

#[test]
fn the_leftmost_date_is_taken_when_none_is_sure() {
    let check = |line: &str, cut: &str| {
        let mut detector = DateDetector::with_patterns("%H:%M\n%d-%m\n%Y").unwrap();
        assert_eq!(find(&mut detector, line).as_deref(), Some(cut), "{line}");
    };
    check("a 2026 01:02 b", "2026");
    check("a 01:02 03-04 b", "01:02");
    check("a 03-04 01:02 b", "03-04");
}

#[test]
fn a_detector_is_settled_when_its_last_date_stood_at_the_begin_in_a_common_form() {
    let check = |line: &str, expected: bool| {
        let mut detector = DateDetector::new();
        assert!(!detector.settled());
        detector.find(line, NOW);
        assert_eq!(detector.settled(), expected, "{line}");
    };
    check("Mar  4 05:06:07 x", true);
    check("[2026-03-04 05:06:07] x", true);
    check("1772600767 x", true);
    check("04/Mar/2026:05:06:07 x", true);
    check("x Mar  4 05:06:07 x", false);
    check("20260304T050607 x", false);
    check("nothing", false);
}

#[test]
fn what_was_found_quickly_can_be_read_later() {
    let mut detector = DateDetector::new();
    assert!(!detector.quick(b"Mar  4 05:06:07 x", NOW));
    detector.find("Mar  4 05:06:07 x", NOW);
    assert!(detector.quick(b"[Mar  4 05:06:09] x", NOW));
    let found = detector.last_found().unwrap();
    assert_eq!(found.cut, 1..16);
    let time = detector.read(found, &Zone::utc(), NOW).unwrap();
    assert_eq!(time.time, UnixTime::from_seconds(1_772_600_769));
    assert!(!detector.quick(b"nothing", NOW));
    assert_eq!(order(&detector).first().map(|(_, hits)| *hits), Some(2));
}

#[test]
fn patterns_are_refused_in_the_words_of_the_original() {
    let check = |patterns: &str, expected: &str| {
        let error = DateDetector::with_patterns(patterns).unwrap_err();
        assert_eq!(error.to_string(), expected, "{patterns:?}");
    };
    check(
        "%Y\n{^LN-BEG}%q",
        "Failed to set datepattern '%q' (may be an invalid format or unescaped percent char): \
         unsupported format character 'q' (0x71) at index 1",
    );
    check("%Y\n %Y ", "There is already a template with name Year");
    check(
        "EPOCH\n^EPOCH\n{^LN-BEG}epoch",
        "There is already a template with name {^LN-BEG}Epoch",
    );
    check(
        "{DATE}\nEPOCH",
        "There is already a template with name Epoch",
    );
    check("x\nx", "There is already a template with name x");
}

#[test]
fn a_broken_expression_fails_at_the_line_that_needs_it() {
    let mut detector = DateDetector::with_patterns("^%Y\n(%m").unwrap();
    assert!(detector.try_find("2026 x", NOW).unwrap().is_some());
    let error = detector.try_find("x", NOW).unwrap_err();
    let words = "missing ), unterminated subpattern at position 11";
    assert_eq!(error, NoTime::Failed(words.to_owned()));
    assert_eq!(detector.find("x", NOW), None);
}

#[test]
fn lists_of_templates_are_put_together() {
    let check = |patterns: &str, expected: usize, first: &str| {
        let detector = DateDetector::with_patterns(patterns).unwrap();
        let names: Vec<_> = detector.templates(NOW).map(|view| view.name).collect();
        assert_eq!(
            (names.len(), names[0].as_str()),
            (expected, first),
            "{patterns:?}"
        );
    };
    let iso = "ExYear(?P<_sep>[-/.])Month(?P=_sep)Day(?:T|  ?)24hour:Minute:Second(?:[.,]Microseconds)?(?:\\s*Zone offset)?";
    let begin = format!("{{^LN-BEG}}{iso}");
    check("", 31, &begin);
    check("{default}\n\n", 31, &begin);
    check("{^LN-BEG}", 17, &begin);
    check("{DATE}", 17, iso);
    check("{^LN-BEG}\nEPOCH\n{DATE}", 32, &begin);
    check("{DEFAULT}\n%Y", 1, "Year");
    check("{NONE}", 1, "^");
}

#[test]
fn a_pattern_for_no_date_cuts_nothing() {
    let mut detector = DateDetector::with_patterns("{NONE}").unwrap();
    assert_eq!(
        detector
            .find("Mar  4 05:06:07 x", NOW)
            .map(|found| found.cut),
        Some(0..0)
    );
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = (
        proptest::sample::select(vec!["", "", "[", "x ", "é ", "a 12:30:59 b "]),
        proptest::sample::select(vec![
            "Mar  4 05:06:07",
            "Mar  4 05:06:07.1 2026",
            "2026-03-04 05:06:07",
            "20260304T050607",
            "2026-03-04T05:06:07Z",
            "04/Mar/2026:05:06:07 +0000",
            "1772600767",
            "1772600767.123",
            "05:06:07",
            "03/04/2026:05:06:07",
            "nothing",
        ]),
        proptest::sample::select(vec![" x", "] x", "x", "é", ""]),
        1..4_usize,
    );
    let runs = line
        .prop_map(|(before, date, behind, count)| vec![format!("{before}{date}{behind}"); count]);
    proptest::collection::vec(runs, 0..12).prop_map(|runs| runs.concat())
}

/// All that the next line's outcome depends on.
fn state(detector: &DateDetector) -> impl PartialEq + std::fmt::Debug {
    let entries: Vec<_> = detector
        .entries
        .iter()
        .map(|entry| (entry.number, entry.hits, entry.last_used, entry.distance))
        .collect();
    (entries, detector.last, detector.place, detector.settled())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn quick_readers_change_what_expressions_would_change(lines in lines()) {
        let mut quick = DateDetector::new();
        let mut slow = DateDetector::new();
        for line in &lines {
            let found = quick.quick(line.as_bytes(), NOW).then(|| quick.last_found().cloned()).flatten();
            let found = found.or_else(|| quick.find(line, NOW));
            let chosen = slow.choose(line, NOW).unwrap();
            if let Some((index, found)) = &chosen {
                slow.win(*index, Place::of(line, &found.span), NOW);
            }
            let chosen = chosen.map(|(_, found)| DateFound { cut: found.cut, stamp: found.stamp });
            prop_assert_eq!(found, chosen, "{}", line);
            prop_assert_eq!(state(&quick), state(&slow), "{}", line);
        }
    }

    #[test]
    fn one_scan_for_all_leaves_no_date_out(lines in lines()) {
        let mut scanning = DateDetector::new();
        let mut trying = DateDetector::new();
        trying.scan.give_up();
        for line in &lines {
            prop_assert_eq!(scanning.find(line, NOW), trying.find(line, NOW), "{}", line);
            prop_assert_eq!(state(&scanning), state(&trying), "{}", line);
        }
    }
}
