//! Rules that are being put together to be tried.

use f2b_config::{Rules, Told, shell_words};
use f2b_core::UnixTime;
use f2b_match::{DateDetector, Filter, Judging, Matcher, RuleError, UseDns, Zone};
use f2b_protocol::Value;

use super::Failed;
use super::head;
use super::log_lines::{self, Level};
use super::options::Options;
use super::printer::Printer;

/// Rules to be tried, and how.
pub(crate) struct Trial<'a> {
    options: &'a Options,
    out: &'a mut Printer,
    is_journal: bool,
    level: Level,
    now: UnixTime,
    zone: Zone,
    /// The rules.
    pub(crate) filter: Filter,
    dates: Option<DateDetector>,
    maxlines_is_set: bool,
    /// Which entries of the journal are looked at.
    pub(crate) journalmatch: Vec<String>,
}

const MAXLINES: &str = "maxlines must be integer greater than zero";

impl<'a> Trial<'a> {
    /// Takes up what the command line says of rules.
    pub(super) fn new(
        options: &'a Options,
        out: &'a mut Printer,
        is_journal: bool,
        level: Level,
        now: UnixTime,
    ) -> Result<Self, Failed> {
        let mut filter = Filter::default();
        if let Some(usedns) = &options.usedns {
            let usedns = UseDns::named(&usedns.to_lowercase()).unwrap_or(UseDns::No);
            filter.set_usedns(usedns);
        }
        let mut trial = Self {
            options,
            out,
            is_journal,
            level,
            now,
            zone: Zone::system(),
            filter,
            dates: None,
            maxlines_is_set: false,
            journalmatch: Vec::new(),
        };
        if let Some(maxlines) = options.maxlines.filter(|maxlines| *maxlines != 0) {
            if maxlines < 0 {
                return Err(error(MAXLINES));
            }
            trial.set_maxlines(maxlines);
        }
        if let Some(journalmatch) = &options.journalmatch {
            trial.journalmatch = shell_words(journalmatch).map_err(|reason| error(&reason))?;
        }
        if let Some(zone) = options.timezone.as_deref().filter(|zone| !zone.is_empty()) {
            trial.zone = Zone::parse(zone).map_err(|reason| error(&reason.to_string()))?;
        }
        if let Some(pattern) = options
            .datepattern
            .as_deref()
            .filter(|text| !text.is_empty())
        {
            trial
                .set_datepattern(pattern)
                .map_err(|reason| error(&reason))?;
        }
        Ok(trial)
    }

    /// Returns the command line.
    pub(super) fn options(&self) -> &'a Options {
        self.options
    }

    pub(super) fn is_verbose(&self) -> bool {
        self.options.verbose > 0
    }

    pub(super) fn is_journal(&self) -> bool {
        self.is_journal
    }

    /// Says what is used, unless only what was found is to be shown.
    pub(super) fn say(&mut self, text: &str) {
        if self.options.out.is_none() && !self.options.json {
            self.out.line(text);
        }
    }

    /// Says which options there are, if there are any.
    pub(super) fn say_options(&mut self, first: &str, name: &str, options: &[(String, Value)]) {
        if !options.is_empty() {
            self.say(&head::options(first, name, options));
        }
    }

    /// Logs what was told while the configuration was read.
    pub(super) fn log_told(&mut self, told: &[Told]) {
        for line in log_lines::told(told, self.level) {
            self.out.line(&line);
        }
    }

    fn set_maxlines(&mut self, maxlines: i64) {
        self.filter
            .set_maxlines(usize::try_from(maxlines).unwrap_or(usize::MAX));
        self.maxlines_is_set = true;
        self.say(&head::used("maxlines", &maxlines.to_string()));
    }

    fn set_datepattern(&mut self, pattern: &str) -> Result<(), String> {
        let dates = DateDetector::with_patterns(pattern).map_err(|reason| reason.to_string())?;
        let said = head::datepattern(pattern, &dates, self.now);
        self.dates = Some(dates);
        self.say(&said);
        Ok(())
    }

    /// Adds a rule that was given as it is.
    pub(super) fn add_failregex(&mut self, rule: &str) -> Result<(), Failed> {
        self.filter.add_failregex(rule).map_err(refused)
    }

    /// Puts a rule that was given as it is in the place of every `ignoreregex`.
    pub(super) fn set_ignoreregex(&mut self, rule: &str) -> Result<(), Failed> {
        self.say(&head::used_text("ignoreregex line", rule));
        while self.filter.remove_ignoreregex(0) {}
        self.filter.add_ignoreregex(rule).map_err(refused)
    }

    /// Takes up the rules of a jail or a filter; returns false if there are none. What the command line
    /// says goes before, and of `maxlines` and `datepattern` the first counts, of the others that are
    /// set the last.
    pub(super) fn take_rules(&mut self, rules: &Rules, argument: &str) -> Result<bool, Failed> {
        self.log_told(&rules.told);
        if self.options.verbose > 1 {
            self.say_options("Real", "filter options", &rules.effective);
        }
        let options = rules.options.as_ref();
        let options = options.map_err(|reason| Failed::Exception(None, reason.clone()))?;
        let mut later: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut journalmatch: Vec<String> = Vec::new();
        for (option, value) in options {
            let text = value.as_str().unwrap_or_default();
            match option.as_str() {
                "prefregex" => self.filter.set_prefregex(text).map_err(refused)?,
                "maxlines" if !self.maxlines_is_set => match value.as_int() {
                    Some(maxlines) if maxlines > 0 => self.set_maxlines(maxlines),
                    other => {
                        let value = other.map_or_else(|| value.str(), |number| number.to_string());
                        return Err(error(&format!(
                            "Invalid value for maxlines ({value}) read from {argument}: {MAXLINES}"
                        )));
                    }
                },
                "datepattern" if self.dates.is_none() => {
                    let set = self.set_datepattern(text);
                    set.map_err(|reason| Failed::Exception(None, reason))?;
                }
                "journalmatch" if self.options.journalmatch.is_none() => {
                    let terms = value.as_sequence().unwrap_or_default();
                    // Each line of it is an alternative.
                    if !journalmatch.is_empty() {
                        journalmatch.push("+".to_owned());
                    }
                    journalmatch.extend(terms.iter().map(Value::str));
                }
                "failregex" | "ignoreregex" => {
                    let several = value.as_sequence().unwrap_or_default();
                    let texts = several.iter().filter_map(Value::as_str);
                    let texts = value.as_str().into_iter().chain(texts);
                    match later.iter_mut().find(|(known, _)| known == option) {
                        Some((_, known)) => known.extend(texts),
                        None => later.push((option, texts.collect())),
                    }
                }
                _ => {}
            }
        }
        if !journalmatch.is_empty() {
            self.journalmatch = journalmatch;
        }
        for (option, rules) in later {
            for rule in rules {
                let added = match option {
                    "failregex" => self.filter.add_failregex(rule),
                    _ => self.filter.add_ignoreregex(rule),
                };
                added.map_err(refused)?;
            }
        }
        Ok(!options.is_empty())
    }

    /// Tells whether there is a `datepattern`.
    pub(super) fn sets_dates(&self) -> bool {
        self.dates.is_some()
    }

    /// Returns the rules and what judges lines by them.
    pub(super) fn ready(self) -> (Filter, Matcher) {
        let judging = Judging {
            check_all: self.options.check_all && self.options.out.is_none(),
            check_findtime: false,
            raw: self.options.raw,
            tell_prefregex: self.options.verbose > 0 || self.options.json,
        };
        let dates = self.dates.unwrap_or_default();
        let mut matcher = Matcher::new(dates, self.zone, judging);
        matcher.count_prefregex();
        (self.filter, matcher)
    }
}

fn refused(reason: impl Into<RuleError>) -> Failed {
    error(&reason.into().to_string())
}

fn error(reason: &str) -> Failed {
    Failed::Said(format!("ERROR: {reason}"))
}
