//! Lines of container logs: the line inside first, and the record that holds it where that is nothing.
//!
//! Somebody may have written rules for the records as they are in the file, and those have to go on
//! working. Whether a rule is meant for records cannot be told by its text: `^.* <HOST> -` is one where the
//! line inside begins with the address. So the record is judged too, by the same rules, with a memory of
//! its own (dates, sessions, last lines) that the lines inside do not touch; and only when no rule matched the
//! line inside, so that one line is never two failures. What rules for plain logs can find in a record they
//! found there before anybody looked inside.
//!
//! An `ignoreregex` for records counts as well, where the rules find the failure in the record too.

use super::{Judged, Matcher};
use crate::{Filter, Line, Moment};

impl Judged {
    /// Tells whether a line is dealt with, so that the record that holds it is not judged.
    pub(crate) fn is_settled(&self) -> bool {
        self.matched || !self.ignored.is_empty() || self.too_old || self.failed.is_some()
    }

    /// Tells whether what a record gave takes the place of what the line inside gave.
    pub(crate) fn is_told_of_record(&self) -> bool {
        !self.found.is_empty() || !self.ignored.is_empty()
    }
}

impl Matcher {
    /// Judges a line of a container log. `records` are the lines of the file that hold it, in their order.
    ///
    /// Returns also which of them it was, by index, if the line inside is nothing and a record is something.
    pub fn judge_unwrapped(
        &mut self,
        filter: &Filter,
        line: Line<'_>,
        records: &[&str],
        moment: Moment,
    ) -> (Judged, Option<usize>) {
        let judged = self.judge(filter, line, moment);
        if judged.is_settled() {
            self.settle_records();
            if !judged.found.is_empty()
                && let Some((index, ignored)) = self.ignored_record(filter, records, moment)
            {
                return (ignored, Some(index));
            }
            return (judged, None);
        }
        let memory = self.of_records();
        for (index, record) in records.iter().enumerate() {
            let found = memory.judge(filter, Line::new(record), moment);
            if found.is_told_of_record() {
                return (found, Some(index));
            }
            if found.is_settled() {
                break;
            }
        }
        (judged, None)
    }

    /// Returns the first of the records of a line that has failed which is ignored, and what it is then.
    pub(crate) fn ignored_record(
        &mut self,
        filter: &Filter,
        records: &[&str],
        moment: Moment,
    ) -> Option<(usize, Judged)> {
        if filter.ignoreregex().is_empty() {
            return None;
        }
        let memory = self.of_records();
        let judged = records.iter().enumerate().find_map(|(index, record)| {
            let judged = memory.judge(filter, Line::new(record), moment);
            (!judged.ignored.is_empty()).then_some((index, judged))
        });
        self.settle_records();
        judged
    }

    /// Returns what is remembered of records.
    pub(crate) fn of_records(&mut self) -> &mut Self {
        self.records.get_or_insert_with(|| {
            let dates = self.dates.anew();
            Box::new(Self::new(dates, self.zone.clone(), self.judging))
        })
    }

    /// Takes notice that a line inside was something: with the records of the lines before it nothing is
    /// to be found any more.
    pub(crate) fn settle_records(&mut self) {
        if let Some(memory) = &mut self.records {
            memory.buffer.replace(Vec::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use f2b_core::{Span, UnixTime};

    use crate::{DateDetector, Filter, Given, Judging, Line, Matcher, Moment, Note, Zone};

    /// 2026-03-04 05:06:10 UTC.
    const NOW: i64 = 1_772_600_770;

    fn moment(in_operation: bool) -> Moment {
        Moment {
            now: UnixTime::from_seconds(NOW),
            findtime: Span::from_seconds(600),
            in_operation,
        }
    }

    fn matcher(datepattern: &str) -> Matcher {
        let dates = DateDetector::with_patterns(datepattern).unwrap();
        Matcher::new(dates, Zone::utc(), Judging::server())
    }

    fn filter(failregex: &[&str], ignoreregex: &[&str]) -> Filter {
        let mut filter = Filter::default();
        for rule in failregex {
            filter.add_failregex(rule).unwrap();
        }
        for rule in ignoreregex {
            filter.add_ignoreregex(rule).unwrap();
        }
        filter
    }

    fn written(text: &str, offset: i64) -> Line<'_> {
        let time = UnixTime::from_seconds(NOW + offset);
        Line::written_at(
            text,
            Given {
                time,
                text: "then ",
            },
        )
    }

    #[test]
    fn the_record_tells_the_time_unless_the_line_does_within_a_minute() {
        let check = |pattern: &str, text: &str, in_operation, offset, expected, line: &str| {
            let filter = filter(&["bad <ADDR>$"], &[]);
            let judged =
                matcher(pattern).judge(&filter, written(text, offset), moment(in_operation));
            let found = judged.found.first().unwrap();
            let seen = found.time.map(|stamp| stamp.time.whole_seconds() - NOW);
            assert_eq!(seen, Some(expected), "{text} {offset}");
            assert_eq!(found.lines.first().unwrap().as_str(), line);
            assert_eq!(judged.note, None);
        };
        let dated = "Mar  4 05:06:07 bad ::1";
        check("", dated, false, 0, -3, dated);
        check("", dated, true, 57, -3, dated);
        // Another zone, or lines of long ago that are told only now.
        check(
            "",
            "Mar  4 07:06:07 bad ::1",
            false,
            -5,
            -5,
            "Mar  4 07:06:07 bad ::1",
        );
        check(
            "",
            "Mar  4 04:06:07 bad ::1",
            false,
            -5,
            -5,
            "Mar  4 04:06:07 bad ::1",
        );
        // None, or one that cannot be read.
        check("", "bad ::1", false, -500, -500, "then bad ::1");
        check("", "bad ::1", true, -5, -5, "then bad ::1");
        check("{NONE}", dated, false, -500, -500, dated);
        check("^EPOCH", dated, false, -500, -500, &format!("then {dated}"));
        let no_moment = "2026-02-30 05:06:07 bad ::1";
        check("", no_moment, false, -500, -500, no_moment);
    }

    #[test]
    fn a_record_is_held_against_the_clock_and_findtime() {
        let filter = filter(&["bad <ADDR>$"], &[]);
        let judged = matcher("").judge(&filter, written("bad ::1", -601), moment(false));
        assert!(judged.too_old && judged.found.is_empty());
        let own = "Mar  4 05:06:07 bad ::1";
        let judged = matcher("").judge(&filter, written(own, -700), moment(false));
        assert!(judged.too_old);
        let judged = matcher("").judge(&filter, written("bad ::1", -61), moment(true));
        assert_eq!(
            judged.note,
            Some(Note::TimeDiffers(Span::from_seconds(-61)))
        );
    }

    /// Judges lines, each with its records; returns which gave a failure: `i` the line inside, the number of
    /// the record, `-` nothing.
    fn run(filter: &Filter, lines: &[(&str, &[&str])]) -> String {
        let mut matcher = matcher("");
        let told = lines.iter().map(|(line, records)| {
            let line = written(line, 0);
            let (judged, record) = matcher.judge_unwrapped(filter, line, records, moment(true));
            match (judged.found.is_empty(), record) {
                (true, _) => "-".to_owned(),
                (false, None) => "i".to_owned(),
                (false, Some(record)) => record.to_string(),
            }
        });
        told.collect()
    }

    const BAD: (&str, &[&str]) = ("bad ::1", &["{\"log\":\"bad ::1\\n\"}"]);
    const GOOD: (&str, &[&str]) = ("good ::1", &["{\"log\":\"good ::1\\n\"}"]);

    #[test]
    fn a_record_is_judged_where_the_line_inside_is_nothing() {
        assert_eq!(run(&filter(&["^bad <ADDR>$"], &[]), &[BAD, GOOD]), "i-");
        assert_eq!(
            run(&filter(&[r#""log":"bad <ADDR>\\n""#], &[]), &[BAD, GOOD]),
            "0-"
        );
        // Both: it is one failure.
        assert_eq!(
            run(
                &filter(&["bad <ADDR>", "^.*:\"bad <ADDR>"], &[]),
                &[BAD, BAD]
            ),
            "ii"
        );
        let parts: (&str, &[&str]) = ("bad ::1", &["P bad", "F  ::1"]);
        assert_eq!(
            run(&filter(&["^bad <ADDR>$", "^F  <ADDR>$"], &[]), &[parts]),
            "i"
        );
        assert_eq!(run(&filter(&["^F  <ADDR>$"], &[]), &[parts]), "1");
    }

    #[test]
    fn what_is_ignored_or_quiet_inside_is_not_looked_for_in_the_record() {
        let ignoring = filter(&["^bad <ADDR>$", ":\"bad <ADDR>"], &["^bad"]);
        assert_eq!(run(&ignoring, &[BAD]), "-");
        // Of a record as fail2ban ignores it: where it is a failure at all.
        let of_record = |failregex: &str| run(&filter(&[failregex], &[r#"^\{"log""#]), &[BAD, BAD]);
        assert_eq!(of_record("bad <ADDR>"), "--");
        assert_eq!(of_record("^bad <ADDR>$"), "ii");
        let quiet = [
            "^<F-NOFAIL><F-MLFID>good</F-MLFID></F-NOFAIL> <ADDR>$",
            "<F-MLFID>good</F-MLFID> <ADDR>",
        ];
        assert_eq!(run(&filter(&quiet, &[]), &[GOOD, GOOD]), "--");
    }

    #[test]
    fn several_lines_are_looked_for_in_records_of_lines_that_are_nothing() {
        let mut several = filter(&["a <ADDR>\\D*b"], &[]);
        several.set_maxlines(3);
        let a: (&str, &[&str]) = ("a ::1", &["r a ::1"]);
        let b: (&str, &[&str]) = ("b", &["r b"]);
        assert_eq!(run(&several, &[a, b, b]), "-i-");
        let mut of_records = filter(&["r a <ADDR>\nr b"], &[]);
        of_records.set_maxlines(3);
        assert_eq!(run(&of_records, &[a, b, b]), "-0-");
    }
}
