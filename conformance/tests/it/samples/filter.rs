//! A filter with one set of options, and all that it remembers of the lines before.

use std::collections::BTreeSet;
use std::path::Path;

use f2b_core::{Span, UnixTime};
use f2b_match::{Filter, Given, Identity, Judging, Kind, Line, Matcher, Moment, UseDns, Zone};
use f2b_source::Form;
use serde_json::{Map, Value as Json};

use super::expected::Expected;
use super::wrapped::Container;
use crate::matching;

/// The zone in which the sample logs were written.
pub(super) const ZONE: &str = "Europe/Berlin";

/// 2005-08-14 12:00 in that zone.
const NOW: i64 = 1_124_013_600;

/// When the original was started, which decides what years it believes: 2026.
const BEGIN: i64 = 1_767_225_600;

/// What a record of a journal shows as its time.
const JOURNAL_DATE: &str = "2005-08-14T10:00:00";

/// One set of options.
#[derive(Clone, Debug)]
pub(super) struct Options {
    filter: String,
    options: Map<String, Json>,
}

impl Options {
    pub(super) fn new(filter: &str, base: &Map<String, Json>, options: &Map<String, Json>) -> Self {
        let mut all = base.clone();
        all.extend(options.clone());
        Self {
            filter: filter.to_owned(),
            options: all,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.options.get(name).and_then(Json::as_str)
    }

    /// Tells a filter with these options from all others.
    pub(super) fn key(&self) -> String {
        match self.text("test.filter-name") {
            Some(name) => name.to_owned(),
            None => Json::Object(self.options.clone()).to_string(),
        }
    }

    pub(super) fn condition(&self) -> bool {
        self.text("test.condition")
            .is_none_or(|condition| self.holds(condition))
    }

    /// Whether a Python expression holds. The sample logs use two forms.
    pub(super) fn holds(&self, expression: &str) -> bool {
        let (is_equal, sides) = match expression.split_once("==") {
            Some(sides) => (true, Some(sides)),
            None => (false, expression.split_once("!=")),
        };
        let (left, right) = sides.unwrap_or_else(|| panic!("{expression} is no comparison"));
        let left = match left.trim() {
            "name" => Some(self.filter.as_str()),
            "opts.get('mode')" => self.text("mode"),
            other => panic!("{other} in {expression} is not known"),
        };
        let right = right.trim().trim_matches('\'');
        (left == Some(right)) == is_equal
    }

    fn is_journal(&self) -> bool {
        self.text("logtype") == Some("journal")
    }

    fn arguments(&self) -> Vec<(String, String)> {
        let own = self
            .options
            .iter()
            .filter(|(key, _)| !key.starts_with("test."));
        own.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
            .collect()
    }
}

/// A filter at work.
pub(super) struct Set {
    filter: Filter,
    matcher: Matcher,
    /// The log is that of a container; and what finds the times at which its lines are written.
    container: Option<(Container, Matcher)>,
    covered: BTreeSet<usize>,
}

impl Set {
    pub(super) fn read(tree: &Path, name: &str, options: &Options, form: Option<Form>) -> Self {
        let read = matching::filter(tree, name, &options.arguments(), UseDns::Raw);
        let (filter, mut dates) = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        dates.begin(UnixTime::from_seconds(BEGIN));
        let judging = Judging {
            check_all: true,
            check_findtime: false,
            raw: true,
            tell_prefregex: false,
        };
        let zone = Zone::named(ZONE).unwrap();
        let plain = || Matcher::new(dates.anew(), zone.clone(), judging);
        let container = form.map(|form| (Container::new(form), plain()));
        Self {
            filter,
            matcher: plain(),
            container,
            covered: BTreeSet::new(),
        }
    }

    /// What is wrong with what a line gives.
    pub(super) fn check(
        &mut self,
        options: &Options,
        line: &str,
        expected: &Expected,
    ) -> Option<String> {
        let now = UnixTime::from_seconds(NOW);
        let prefix = options.text("test.prefix-line").unwrap_or_default();
        let text = if options.is_journal() {
            format!("{prefix}{line}")
        } else {
            line.to_owned()
        };
        let given = Given {
            time: now,
            text: JOURNAL_DATE,
        };
        let line = if options.is_journal() {
            Line::with_time(&text, given)
        } else {
            Line::new(&text)
        };
        let moment = Moment {
            now,
            findtime: Span::from_seconds(600),
            in_operation: false,
        };
        let judged = match &mut self.container {
            Some((container, times)) if !options.is_journal() => {
                // What has no date is written when the line before was.
                let time = times.judge(&self.filter, line, moment).time;
                let time = time.map_or(now, |stamp| stamp.time);
                let inside = container.through(&text, time);
                let records: Vec<&str> = inside.records.iter().map(String::as_str).collect();
                let given = Given {
                    time: inside.time,
                    text: "",
                };
                let line = Line::written_at(&inside.text, given);
                let (judged, record) =
                    self.matcher
                        .judge_unwrapped(&self.filter, line, &records, moment);
                if let Some(record) = record.and_then(|record| records.get(record)) {
                    return Some(format!("the record itself was something: {record}"));
                }
                judged
            }
            _ => self.matcher.judge(&self.filter, line, moment),
        };
        if let Some(reason) = judged.failed {
            return Some(format!("failed with {reason}"));
        }
        self.covered
            .extend(judged.found.iter().map(|found| found.rule));
        let failures: Vec<_> = judged
            .found
            .iter()
            .filter(|found| {
                found.kind == Kind::Failure
                    && found.id != Identity::Nobody
                    && !found.data.has("nofail")
            })
            .collect();
        match (expected.is_match(), failures.as_slice()) {
            (false, []) => None,
            (false, [found, ..]) => Some(format!("rule {} matched: {text}", found.rule)),
            (true, [found]) => expected
                .problem(found)
                .map(|problem| format!("{problem} (rule {}): {text}", found.rule)),
            (true, found) => Some(format!("{} failures: {text}", found.len())),
        }
    }

    /// The expanded texts of the rules that matched something.
    pub(super) fn covered(&self) -> impl Iterator<Item = String> {
        let rules = self
            .covered
            .iter()
            .filter_map(|index| self.filter.failregex().get(*index));
        rules.map(|rule| rule.expanded().to_owned())
    }

    /// The rules that nothing matched, here or in another set.
    pub(super) fn uncovered(&self, elsewhere: &BTreeSet<String>) -> impl Iterator<Item = String> {
        let rules = self.filter.failregex().iter().enumerate();
        rules
            .filter(|(index, rule)| {
                !self.covered.contains(index) && !elsewhere.contains(rule.expanded())
            })
            .map(|(index, rule)| format!("{index}: {}", rule.text()))
    }
}
