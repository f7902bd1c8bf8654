//! The lines of a log, one after the other.

use std::ops::ControlFlow;

use f2b_core::{FailId, Span, UnixTime};
use f2b_match::{
    Filter, Given, Identity, Judged, Kind, Line, Match, Matcher, Moment, Note, Pass, Reader, Told,
    UseDns,
};
use f2b_protocol::Value;
use f2b_source::Form;
use jiff::{Timestamp, tz::TimeZone};

use super::Failed;
use super::found::{self, Found, Who};
use super::hosts::Names;
use super::json;
use super::log::{Log, Piece};
use super::log_lines::{self, Level};
use super::options::Options;
use super::out::{Form as Output, NoJail};
use super::printer::Printer;
use super::progress::Progress;
use super::tally::{Tally, Verdict};
use crate::output::print_error;

/// A run over a log.
pub(crate) struct Run<'a> {
    options: &'a Options,
    filter: &'a Filter,
    matcher: Matcher,
    out: &'a mut Printer,
    form: Option<Output>,
    level: Level,
    moment: Moment,
    zone: TimeZone,
    names: Names,
    tally: Tally,
    /// How the log is called where something is wrong with it.
    log: String,
    told_encoding: bool,
    /// Finds out quickly that a line is nothing to any rule, where that may be done.
    pass: Option<Pass>,
    told: Vec<Told>,
    failed: Option<Failed>,
}

/// Tells whether lines that no `failregex` could match need not be looked at any closer: with more than a
/// few `failregex` lines are held against each `ignoreregex` first, and with `-v` and the like more is
/// told of every line.
fn may_pass(options: &Options, filter: &Filter) -> bool {
    let ignores = filter.ignoreregex().len();
    let shows_others = options.out.is_some() && options.invert;
    let tells_all = options.verbose > 0 || options.json || shows_others;
    let ignores_first = ignores > 0 && ignores + 2 < filter.failregex().len();
    !tells_all && !ignores_first && filter.maxlines() == 1
}

/// A line without its end.
fn bare(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

impl<'a> Run<'a> {
    /// Returns a run that has seen no line yet.
    pub(super) fn new(
        options: &'a Options,
        filter: &'a Filter,
        matcher: Matcher,
        out: &'a mut Printer,
        level: Level,
        now: UnixTime,
    ) -> Self {
        Self {
            options,
            filter,
            matcher,
            out,
            form: options.out.as_deref().map(Output::parse),
            level,
            moment: Moment {
                now,
                findtime: Span::from_seconds(600),
                in_operation: false,
            },
            zone: TimeZone::system(),
            names: Names::default(),
            tally: Tally::new(options, filter),
            log: String::new(),
            told_encoding: false,
            pass: may_pass(options, filter).then(|| Pass::new([filter])),
            told: Vec::new(),
            failed: None,
        }
    }

    /// Judges every line of a log.
    pub(super) fn over(
        &mut self,
        log: &Log,
        progress: &Progress,
        name: &str,
    ) -> Result<(), Failed> {
        name.clone_into(&mut self.log);
        let read = log.read(progress, &mut |piece| self.piece(piece));
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        read.map_err(|error| Failed::Exception(None, error.to_string()))
    }

    /// Returns what was learned.
    pub(super) fn end(mut self) -> (Matcher, Tally) {
        self.tally.prefregex.hits = self.matcher.prefregex_hits();
        (self.matcher, self.tally)
    }

    fn piece(&mut self, piece: Piece<'_>) -> ControlFlow<()> {
        let done = match piece {
            Piece::Line { text, broken } => {
                if let Some(bytes) = broken {
                    self.tell_encoding(bytes);
                }
                self.line(text)
            }
            Piece::Inside {
                text,
                time,
                records,
                broken,
            } => {
                if let Some(bytes) = broken {
                    self.tell_encoding(bytes);
                }
                let date = self.entry_date(time);
                let line = Line::written_at(text, Given { time, text: &date });
                let filter = self.filter;
                let (judged, record) =
                    self.matcher
                        .judge_unwrapped(filter, line, records, self.moment);
                let shown = record.and_then(|record| records.get(record));
                self.judged(bare(shown.copied().unwrap_or(text)), judged)
            }
            Piece::Taken(form) => {
                self.tell_form(form);
                Ok(())
            }
            Piece::Entry { text, time } => {
                let date = self.entry_date(time);
                let given = Given { time, text: &date };
                let line = Line::with_time(text, given);
                let judged = self.matcher.judge(self.filter, line, self.moment);
                self.judged(&format!("{date}{text}"), judged)
            }
        };
        if let Err(failed) = done {
            self.failed = Some(failed);
        }
        if self.failed.is_some() || self.out.is_gone() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn line(&mut self, text: &str) -> Result<(), Failed> {
        let line = Line::new(text);
        let Some(pass) = &mut self.pass else {
            let judged = self.matcher.judge(self.filter, line, self.moment);
            return self.judged(bare(text), judged);
        };
        let reader = Reader {
            filter: self.filter,
            matcher: &mut self.matcher,
            moment: self.moment,
            start: 0,
        };
        pass.line((0, 0), line, &mut [reader], 0, &mut self.told);
        match self.told.pop() {
            Some(told) => self.judged(bare(text), told.judged),
            None => {
                self.tally.missed(text);
                Ok(())
            }
        }
    }

    /// *Shape*: `2026-01-05T10:00:01+00:00 `, with microseconds where there are any.
    fn entry_date(&self, time: UnixTime) -> String {
        let timestamp = Timestamp::from_microsecond(time.as_micros()).unwrap_or_default();
        let zoned = timestamp.to_zoned(self.zone.clone());
        let form = if time.as_micros().rem_euclid(1_000_000) == 0 {
            "%Y-%m-%dT%H:%M:%S%:z "
        } else {
            "%Y-%m-%dT%H:%M:%S.%6f%:z "
        };
        zoned.strftime(form).to_string()
    }

    fn judged(&mut self, line: &str, judged: Judged) -> Result<(), Failed> {
        if let Some(reason) = judged.failed {
            return Err(Failed::Exception(None, reason));
        }
        if let Some(date) = &judged.unreadable_date {
            let text = format!("findFailure failed to parse timeText: {date}");
            self.log("filter", Level::ERROR, &text);
        }
        if let Some(note) = judged.note {
            self.tell(note, line, &judged);
        }
        self.tally.given_up += u64::try_from(judged.given_up.len()).unwrap_or_default();
        let is_plain = judged.found.is_empty() && judged.ignored.is_empty();
        if is_plain && judged.prefregex.is_none() && self.form.is_none() && !self.options.json {
            self.tally.missed(line);
            return Ok(());
        }
        if let Some(captured) = &judged.prefregex {
            self.tally.prefregex(captured);
        }
        for rule in &judged.ignored {
            self.tally.ignored_by(*rule);
        }
        let mut judged = judged;
        let mut matches = std::mem::take(&mut judged.found);
        if self.form.is_some() {
            matches.retain(|one| one.kind == Kind::Failure);
        }
        let found = self.found(matches);
        self.tally.found(&found);
        let verdict = Verdict::of(&found, !judged.ignored.is_empty());
        if let Some(form) = &self.form {
            let now = self.moment.now;
            let out = &mut *self.out;
            let print = &mut |piece: &str| out.line(piece);
            let shown = if !self.options.invert {
                found.iter().try_for_each(|one| form.show(one, now, print))
            } else if verdict == Verdict::Matched {
                Ok(())
            } else {
                let time = judged.time.map_or(Value::None, found::time_value);
                form.show_line(line, time, now, print)
            };
            shown.map_err(|NoJail(tag)| {
                Failed::Exception(None, format!("<{tag}> needs a jail that runs"))
            })?;
        }
        if self.options.json {
            let number = self.tally.lines + 1;
            let object = json::line(number, line, verdict, &judged, &found);
            self.out.line(&object.to_string());
        }
        self.tally.line(line, verdict, &found);
        Ok(())
    }

    /// Looks up the names of matches: there is one failure for each address.
    fn found(&mut self, matches: Vec<Match>) -> Vec<Found> {
        let mut found = Vec::with_capacity(matches.len());
        for one in matches {
            let name = match &one.id {
                Identity::Known(id) => {
                    let who = Who::One(id.clone());
                    found.push(Found::of(one, who));
                    continue;
                }
                Identity::Tuple(parts) => {
                    let parts = parts.iter().map(found::python).collect();
                    found.push(Found::of(one, Who::Tuple(Value::Tuple(parts))));
                    continue;
                }
                Identity::Nobody => {
                    found.push(Found::of(one, Who::Nobody));
                    continue;
                }
                Identity::Name(name) => name,
            };
            if !matches!(self.filter.usedns(), UseDns::Yes | UseDns::Warn) {
                continue;
            }
            let (addresses, reason) = self.names.addresses(name);
            for address in addresses {
                let who = Who::One(FailId::Address(*address));
                found.push(Found::of(one.clone(), who));
            }
            if let Some(reason) = reason {
                let text =
                    format!("Unable to find a corresponding IP address for {name}: {reason}");
                self.log("ipdns", Level::WARNING, &text);
            }
        }
        found
    }

    fn log(&mut self, logger: &str, level: Level, text: &str) {
        if level >= self.level {
            self.out.line(&log_lines::line(logger, level, text));
        }
    }

    fn tell(&mut self, note: Note, line: &str, judged: &Judged) {
        match note {
            Note::NoDate => {
                let date = judged.date.clone().and_then(|date| line.get(date));
                let date = Value::text(date.unwrap_or_default()).repr();
                for text in [
                    format!("Found a match but no valid date/time found for {date}."),
                    format!("Match without a timestamp: {line}"),
                    "Please try setting a custom date pattern (see man page jail.conf(5))."
                        .to_owned(),
                ] {
                    self.log("filter", Level::WARNING, &format!("[~jailless~] {text}"));
                }
            }
            Note::TimeDiffers(_) => {}
        }
    }

    /// Says what the log is taken for, as the server does.
    fn tell_form(&self, form: Option<Form>) {
        let log = &self.log;
        print_error(&match form {
            Some(form) => format!(
                "fail2ban-regex: {log} is a container log in the form of {form}: the lines inside are tried, and \
                 a record itself where no rule matches the line in it"
            ),
            None => format!(
                "fail2ban-regex: {log} has a line that is no record: the rest of it is a plain log"
            ),
        });
    }

    /// Says once that the log is not in its encoding.
    fn tell_encoding(&mut self, bytes: &[u8]) {
        if std::mem::replace(&mut self.told_encoding, true) {
            return;
        }
        let log = Value::text(self.log.as_str()).repr();
        let encoding = match &self.options.encoding {
            Some(encoding) => encoding.clone(),
            None => super::encoding::of_system(),
        };
        let bytes = Value::Bytes(bytes.to_vec()).repr();
        for text in [
            format!("Error decoding line from {log} with '{encoding}'."),
            format!(
                "Consider setting logencoding to appropriate encoding for this jail. \
                 Continuing to process line ignoring invalid characters: {bytes}"
            ),
        ] {
            self.log("filter", Level::WARNING, &text);
        }
    }
}
