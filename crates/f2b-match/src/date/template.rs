//! One form of dates: a regular expression, and how what it finds is read.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use f2b_pyregex::{Regex, Rule, Scratch};

use super::DateError;
use super::capture::{self, Kind, Stamp};
use super::directive::YEARS;
use super::pattern::{self, Bound, Boundary, LINE_BEGIN};
use super::quick::{Outcome, Quick};
use super::years::Years;

/// One form of dates.
///
/// *Cost*: its expression is compiled when it is first used, once for all detectors.
#[derive(Debug)]
pub(super) struct Template {
    /// The name it is shown by.
    pub(super) name: String,
    /// The pattern it is shown with; none for seconds since the epoch.
    pub(super) pattern: String,
    /// Whether it matches at the begin of a line only.
    pub(super) line_begin: bool,
    /// Whether it matches at the end of a line only.
    pub(super) line_end: bool,
    regex: String,
    kind: Kind,
    quick: Option<Quick>,
    compiled: Mutex<Vec<(Years, Compilation)>>,
}

type Compilation = Result<Arc<Compiled>, Arc<str>>;

/// A template that can be searched for.
#[derive(Debug)]
pub(super) struct Compiled {
    regex: Regex,
    fields: capture::Fields,
    quick: Option<Quick>,
    years: Years,
}

/// A date in a line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Match {
    /// Where the whole expression matches, in bytes.
    pub(super) span: Range<usize>,
    /// What is cut out.
    pub(super) cut: Range<usize>,
    /// What it says.
    pub(super) stamp: Stamp,
}

/// A number of seconds since the epoch, perhaps with a fraction.
const SECONDS: &str = r"\d{10,11}\b(?:\.\d{3,6})?";

/// The same, or a number of milliseconds, perhaps with a fraction, or of microseconds.
const LONG_SECONDS: &str = r"\d{10,11}(?:\d{3}(?:\.\d{1,6}|\d{3})?)?";

impl Template {
    /// Reads one pattern.
    ///
    /// # Errors
    /// [`DateError::Pattern`]
    pub(super) fn of(text: &str) -> Result<Self, DateError> {
        let key = if text.contains('%') {
            text.to_owned()
        } else {
            text.to_uppercase()
        };
        let (anchored, special) = match key.strip_prefix(LINE_BEGIN) {
            Some(rest) => (true, rest),
            None => match key.strip_prefix('^') {
                Some(rest) => (true, rest),
                None => (false, key.as_str()),
            },
        };
        match special {
            "EPOCH" => return Ok(Self::epoch(anchored, false)),
            "LEPOCH" => return Ok(Self::epoch(anchored, true)),
            "TAI64N" => return Ok(Self::tai64n(anchored)),
            _ => {}
        }
        let long = key.contains("{LEPOCH}");
        if long || key.contains("{EPOCH}") {
            return Ok(Self::with_epoch(text, long));
        }
        let text = if key == "{NONE}" { "{UNB}^" } else { text };
        let bound = pattern::read(text)
            .map_err(|(reason, pattern)| DateError::Pattern { pattern, reason })?;
        let quick = Quick::of_pattern(text);
        Ok(Self::new(bound, text, Kind::Civil, quick))
    }

    fn new(bound: Bound, pattern: &str, kind: Kind, quick: Option<Quick>) -> Self {
        Self {
            name: bound.name,
            pattern: pattern.to_owned(),
            line_begin: bound.line_begin,
            line_end: bound.line_end,
            regex: bound.regex,
            kind,
            quick,
            compiled: Mutex::default(),
        }
    }

    fn epoch(anchored: bool, long: bool) -> Self {
        let seconds = if long { LONG_SECONDS } else { SECONDS };
        let name = if long { "LongEpoch" } else { "Epoch" };
        let (boundary, regex) = if anchored {
            let regex = format!(r"((?P<square>(?<=^\[))?{seconds})(?(square)(?=\]))");
            (Boundary::Line, regex)
        } else {
            let regex = format!(
                r"((?:^|(?P<square>(?<=^\[))|(?P<selinux>(?<=\baudit\())){seconds})(?:(?(selinux)(?=:\d+\)))|(?(square)(?=\])))"
            );
            (Boundary::Word, regex)
        };
        let mut bound = pattern::bind(name.to_owned(), &regex, boundary);
        // Its `^` is one way of three.
        bound.line_begin = anchored;
        let quick = (anchored && !long).then_some(Quick::EPOCH);
        Self::new(bound, "", Kind::Epoch { group: 1, long }, quick)
    }

    fn tai64n(anchored: bool) -> Self {
        let boundary = if anchored {
            Boundary::Line
        } else {
            Boundary::WordEnd
        };
        let name = "TAI64N".to_owned();
        let bound = pattern::bind(name, "(@[0-9a-f]{24})", boundary);
        Self::new(bound, "", Kind::Tai64n, None)
    }

    /// A text that holds `{EPOCH}` or `{LEPOCH}`. As the original: percent signs are as written, and
    /// it is the second group that is read, whatever it holds.
    fn with_epoch(text: &str, long: bool) -> Self {
        let number = format!("({})", if long { LONG_SECONDS } else { SECONDS });
        let grouped = pattern::has_group(text);
        let inner = replaced(&replaced(text, "{LEPOCH}", &number), "{EPOCH}", &number);
        let regex = if grouped { inner } else { format!("({inner})") };
        let bound = pattern::bind(text.to_owned(), &regex, Boundary::Word);
        Self::new(bound, "", Kind::Epoch { group: 2, long }, None)
    }

    /// Returns the regular expression with `years` put in.
    pub(super) fn regex(&self, years: Years) -> String {
        self.regex.replace(YEARS, &years.regex())
    }

    /// Returns what can be searched for.
    ///
    /// # Errors
    /// Python's words about the expression.
    pub(super) fn compiled(&self, years: Years) -> Compilation {
        let mut known = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, compiled)) = known.iter().find(|(of, _)| *of == years) {
            return compiled.clone();
        }
        let compiled = Regex::new(&self.regex(years))
            .map(|regex| {
                Arc::new(Compiled {
                    fields: capture::Fields::of(&regex, self.kind),
                    regex,
                    quick: self.quick,
                    years,
                })
            })
            .map_err(|error| error.to_string().into());
        known.push((years, compiled.clone()));
        compiled
    }
}

/// Replaces every occurrence of a special form, however its letters are written.
pub(super) fn replaced(text: &str, form: &str, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let here = rest.get(..form.len());
        let length = if here.is_some_and(|here| here.eq_ignore_ascii_case(form)) {
            out.push_str(by);
            form.len()
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

impl Compiled {
    /// Finds the first date in `range` of `line`.
    pub(super) fn search(
        &self,
        line: &str,
        range: Range<usize>,
        scratch: &mut Scratch,
    ) -> Option<Match> {
        if let Some(quick) = self.quick {
            match quick.search(line.as_bytes(), range.clone(), self.years) {
                Outcome::Found(found) => return Some(found),
                Outcome::Nothing => return None,
                Outcome::Unsure => {}
            }
        }
        self.search_regex(line, range, scratch)
    }

    /// Finds what [`Self::search`] finds, by the expression alone.
    pub(super) fn search_regex(
        &self,
        line: &str,
        range: Range<usize>,
        scratch: &mut Scratch,
    ) -> Option<Match> {
        // A search that is given up finds nothing.
        let groups = self.regex.search_in(line, range, scratch).ok().flatten()?;
        Some(Match {
            span: groups.span(),
            // As the original: a group that takes no part is empty.
            cut: groups.get(1).unwrap_or(0..0),
            stamp: self.fields.read(line, &groups),
        })
    }

    /// Returns the expression as one of many that a scan looks for.
    pub(super) const fn rule(&self) -> Rule<'_> {
        Rule {
            regex: &self.regex,
            within: None,
        }
    }

    /// Returns the quick reader and the years it believes, if there is one.
    pub(super) fn quick(&self) -> Option<(Quick, Years)> {
        Some((self.quick?, self.years))
    }
}
