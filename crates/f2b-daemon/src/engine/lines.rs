//! Lines that came in: judged, counted, and their place remembered.

mod entries;
mod judge;

use f2b_core::{FailId, Failure, UnixTime};
use f2b_match::{Identity, Judged, Kind, Match, Moment, Note, Value as Captured};
use f2b_protocol::Value;
use f2b_source::{Chunk, Newline, SourceEvent, SourceId};

use super::ignoring::Waiting;
use super::jail::{FileState, JailRuntime};
use super::names::OfName;
use super::{Engine, file_state};
use crate::batch::Batch;
use crate::clock;
use crate::log::{Level, Line};
use judge::{Judge, Panicked, with_end};

impl Engine {
    /// Takes news of a log file.
    pub(super) fn on_file(&mut self, news: SourceEvent) {
        let id = match &news {
            SourceEvent::Chunk(chunk) => chunk.source,
            SourceEvent::Rotated { source, .. }
            | SourceEvent::Missing { source }
            | SourceEvent::Appeared { source }
            | SourceEvent::Vanished { source }
            | SourceEvent::Polled { source, .. }
            | SourceEvent::Problem { source, .. } => *source,
            // No pattern is watched.
            SourceEvent::Found { .. } | SourceEvent::PatternProblem { .. } => return,
        };
        let Some(jail) = self.readers.get(&id).cloned() else {
            // It is read under another number, or no longer.
            return;
        };
        let Some(runtime) = self.jails.get_mut(&jail) else {
            return;
        };
        let mut batch = Batch::default();
        match news {
            SourceEvent::Chunk(chunk) => {
                let judged = runtime.judge_chunk(&chunk, &mut batch);
                self.take(&jail, judged, &mut batch);
                if let Some(runtime) = self.jails.get_mut(&jail) {
                    runtime.reach(&chunk, &mut batch);
                }
            }
            news => runtime.on_file_news(id, news, &mut batch),
        }
        self.reconcile(&jail, &mut batch);
        self.send(batch);
    }

    /// Takes what was judged to be a failure, unless it is of somebody who is ignored.
    fn take(&mut self, jail: &str, judged: Vec<Judged>, batch: &mut Batch) {
        let now = clock::now();
        for judged in judged {
            let Some(runtime) = self.jails.get_mut(jail) else {
                return;
            };
            runtime.note(&judged, batch);
            for found in judged.found {
                let Some((identity, failure)) = failure(found, now) else {
                    continue;
                };
                if let Some(runtime) = self.jails.get_mut(jail) {
                    runtime.read.matched += 1;
                }
                match identity {
                    Who::Known => self.admit(jail, Waiting::Failure(failure), batch),
                    Who::Name(name) => {
                        let jail = jail.to_owned();
                        self.admit_name(&name, OfName { jail, failure }, batch);
                    }
                }
            }
        }
    }
}

impl JailRuntime {
    fn judge_chunk(&mut self, chunk: &Chunk, batch: &mut Batch) -> Vec<Judged> {
        let findtime = self.jail.settings().findtime;
        let mut judged = Vec::new();
        let Some(file) = self.sources.file_mut(chunk.source) else {
            return judged;
        };
        file.state = FileState::Reading;
        let moment = Moment {
            now: clock::now(),
            findtime,
            in_operation: file.in_operation,
        };
        let mut judge = Judge::new(
            &self.filter,
            &mut self.matcher,
            &mut self.pass,
            self.encoding,
        );
        let newline = Newline::from(self.encoding);
        for range in &chunk.ranges {
            self.read.lines += 1;
            let line = with_end(&chunk.buffer, range, newline);
            match judge.line(line, None, moment) {
                Ok(found) => judged.extend(found),
                Err(Panicked) => {
                    self.read.panicked += 1;
                    batch.lines.push(panicked(&self.name, line));
                }
            }
        }
        let undecoded = judge.undecoded;
        file.in_operation |= chunk.at_end;
        if undecoded > 0 && self.read.undecoded == 0 {
            let text = format!(
                "[{}] Lines of {} are not in the encoding {}: what cannot be read counts as U+FFFD \
                 (hint: set `logencoding`)",
                self.name,
                file.path.display(),
                self.told.logencoding
            );
            batch.lines.push(Line::new(Level::Warning, "filter", text));
        }
        self.read.undecoded += undecoded;
        self.read.oversize += chunk.oversize;
        judged
    }

    /// Notes how far a log was read.
    fn reach(&mut self, chunk: &Chunk, batch: &mut Batch) {
        self.save_tallies(batch);
        let is_parking = self.is_parking;
        let Some(file) = self.sources.file_mut(chunk.source) else {
            return;
        };
        file.reached = Some(chunk.end);
        // What was decided up to here and the place itself reach the disk together. The first place
        // does at once: without one the next run would not know that it was ever read.
        if is_parking || (batch.transaction.is_empty() && file.is_recorded) {
            file.unsaved = Some(chunk.end);
        } else {
            file.unsaved = None;
            file.is_recorded = true;
            batch
                .transaction
                .record_position(&self.name, file_state(&file.path, chunk.end));
        }
    }

    /// Logs what is worth a word about a line.
    fn note(&mut self, judged: &Judged, batch: &mut Batch) {
        let jail = &self.name;
        let lines = &mut batch.lines;
        lines.extend(judged.note.map(|note| noted(jail, note)));
        if let Some(date) = &judged.unreadable_date {
            let text = format!("[{jail}] findFailure failed to parse timeText: {date}");
            lines.push(Line::new(Level::Error, "filter", text));
        }
        if let Some(reason) = &judged.failed {
            let text = format!("[{jail}] Failed to process line, caught exception: {reason}");
            lines.push(Line::new(Level::Error, "filter", text));
        }
        if !judged.given_up.is_empty() {
            self.read.given_up += 1;
            if self.read.given_up == 1 {
                let text = format!(
                    "[{jail}] A rule was not matched against a line to the end, as that would have taken too long \
                     (hint: `stockade status` counts such lines)"
                );
                lines.push(Line::new(Level::Warning, "filter", text));
            }
        }
    }

    fn on_file_news(&mut self, id: SourceId, news: SourceEvent, batch: &mut Batch) {
        let jail = self.name.clone();
        let Some(file) = self.sources.file_mut(id) else {
            return;
        };
        let path = file.path.display();
        let line = match news {
            SourceEvent::Chunk(_)
            | SourceEvent::Vanished { .. }
            | SourceEvent::Found { .. }
            | SourceEvent::PatternProblem { .. } => return,
            SourceEvent::Rotated { why, .. } => {
                let text = format!("[{jail}] Log rotation detected for {path}: {why}");
                Line::new(Level::Info, "filter", text)
            }
            SourceEvent::Missing { .. } => {
                let text = format!("[{jail}] Waiting for the log file {path}: there is none");
                file.state = FileState::Missing;
                Line::new(Level::Info, "filter", text)
            }
            SourceEvent::Appeared { .. } => {
                file.state = FileState::Reading;
                Line::new(
                    Level::Info,
                    "filter",
                    format!("[{jail}] Log presence detected for file {path}"),
                )
            }
            SourceEvent::Polled { filesystem, .. } => {
                let text = format!(
                    "[{jail}] The log file {path} is looked at every 0.2 s: it lies on {filesystem}, \
                     where not all changes are told"
                );
                Line::new(Level::Info, "filter", text)
            }
            SourceEvent::Problem { error, .. } => {
                let mut text = error.to_string();
                if let Some(cause) = std::error::Error::source(&error) {
                    text.push_str(&format!(": {cause}"));
                }
                if let Some(hint) = error.hint() {
                    text.push_str(&format!(" (hint: {hint})"));
                }
                file.state = FileState::Problem(text.clone());
                Line::new(Level::Error, "filter", format!("[{jail}] {text}"))
            }
        };
        batch.lines.push(line);
    }
}

/// Whose failure a match is.
enum Who {
    /// The one that the failure names.
    Known,
    /// Whoever has this name.
    Name(Box<str>),
}

/// What a match is to the jail; `None` if it does not count.
fn failure(found: Match, now: UnixTime) -> Option<(Who, Failure)> {
    if found.kind != Kind::Failure {
        return None;
    }
    let (who, id) = match found.id {
        Identity::Known(id) => (Who::Known, id),
        Identity::Tuple(parts) => {
            let parts = parts.iter().map(|part| match part {
                Captured::Text(text) => Value::text(&**text),
                _ => Value::None,
            });
            let text = Value::Tuple(parts.collect()).repr();
            (Who::Known, FailId::Text(text.into()))
        }
        Identity::Name(name) => (Who::Name(name.clone()), FailId::Text(name)),
        Identity::Nobody => return None,
    };
    let failure = Failure {
        id,
        time: found.time.map_or(now, |stamp| stamp.time),
        lines: found.lines.iter().map(|line| line.line().into()).collect(),
        fields: found.data.texts(),
    };
    Some((who, failure))
}

fn panicked(jail: &str, line: &[u8]) -> Line {
    let shown = String::from_utf8_lossy(line);
    let shown = super::cut(shown.trim_end());
    let text = format!("[{jail}] Failed to process line: {shown:?}; it was stepped over");
    Line::new(Level::Error, "filter", text)
}

fn noted(jail: &str, note: Note) -> Line {
    let text = match note {
        Note::TimeDiffers(difference) => format!(
            "[{jail}] The log's times differ from the clock by {} s: its lines count as written now \
             (hint: check the time zone of the service that writes it)",
            difference.whole_seconds()
        ),
        Note::NoDate => format!(
            "[{jail}] A matching line has no date that can be read: it counts as written now \
             (hint: see the service's log format)"
        ),
    };
    Line::new(Level::Warning, "filter", text)
}
