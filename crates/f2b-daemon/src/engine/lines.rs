//! Lines that came in: judged, counted, and their place remembered.

mod entries;
mod inside;
mod judge;
mod words;

use std::path::Path;

use f2b_core::{FailId, Failure, UnixTime};
use f2b_match::{Identity, Judged, Kind, Match, Moment, Reader, Value as Captured};
use f2b_protocol::Value;
use f2b_source::{Chunk, Encoding, Newline, SourceEvent};

use super::ignoring::Waiting;
use super::jail::{FileSource, FileState, JailRuntime, ReadCounters};
use super::names::OfName;
use super::passes::Stamp;
use super::reading::shown;
use super::{Engine, file_state};
use crate::batch::Batch;
use crate::clock;
use crate::log::{Level, Line};
use judge::{Judge, with_end};
pub(super) use words::problem_text;
use words::{noted, panicked, told};

impl Engine {
    /// Takes news of a log file.
    pub(super) fn on_file(&mut self, news: &SourceEvent) {
        let id = match news {
            SourceEvent::Chunk(chunk) => return self.on_chunk(chunk),
            SourceEvent::Found {
                pattern,
                path,
                read_to,
            } => return self.on_found(*pattern, path, *read_to),
            SourceEvent::PatternProblem { pattern, error } => {
                return self.on_pattern_problem(*pattern, error);
            }
            SourceEvent::Vanished { source } => return self.on_vanished(*source),
            SourceEvent::Divided { source, followers } => {
                return self.divide(*source, followers);
            }
            SourceEvent::Rotated { source, .. }
            | SourceEvent::Missing { source }
            | SourceEvent::Appeared { source }
            | SourceEvent::Elsewhere { source }
            | SourceEvent::Polled { source, .. }
            | SourceEvent::Problem { source, .. } => *source,
        };
        let Some(feed) = self.feeds.get(id) else {
            // It is read under another number, or no longer.
            return;
        };
        let path = feed.way.path.clone();
        if let SourceEvent::Rotated { .. } = news {
            self.feeds.begin_anew(id);
        }
        let mut batch = Batch::default();
        let mut jails = Vec::new();
        for runtime in self.jails.values_mut() {
            if let Some(file) = runtime.sources.file_mut(&path, id) {
                batch.lines.extend(told(&runtime.name, file, news));
                self.feeds.note(id, &file.state);
                jails.push(runtime.name.clone());
            }
        }
        for jail in jails {
            self.reconcile(&jail, &mut batch);
        }
        self.send(batch);
    }

    /// Takes lines of a log file, for all jails that read it.
    fn on_chunk(&mut self, chunk: &Chunk) {
        let Some(feed) = self.feeds.get(chunk.source) else {
            return;
        };
        let path = feed.way.path.clone();
        self.feeds.take(chunk);
        let mut batch = Batch::default();
        for (jail, judged) in self.judge_chunk(chunk, &path, &mut batch) {
            self.take(&jail, judged, &mut batch);
            if let Some(runtime) = self.jails.get_mut(&jail) {
                runtime.reach(chunk, &path, &mut batch);
            }
            self.reconcile(&jail, &mut batch);
            self.send(batch.take_part());
        }
        self.merge_feeds(chunk.source);
    }

    /// Asks the rules of all jails that read the file, about each line at once.
    fn judge_chunk(
        &mut self,
        chunk: &Chunk,
        path: &Path,
        batch: &mut Batch,
    ) -> Vec<(String, Vec<Judged>)> {
        let members = self.jails.values_mut();
        let members = members.filter_map(|runtime| Member::of(runtime, chunk, path));
        // Those with another encoding see other text.
        let mut groups: Vec<(Encoding, Vec<Member<'_>>)> = Vec::new();
        for (encoding, member) in members {
            match groups.iter_mut().find(|(known, _)| *known == encoding) {
                Some((_, group)) => group.push(member),
                None => groups.push((encoding, vec![member])),
            }
        }
        let mut judged = Vec::new();
        for (encoding, group) in groups {
            let filters = group
                .iter()
                .map(|member| (member.stamp, member.reader.filter));
            let pass = self.passes.of(&filters.collect::<Vec<_>>());
            let (readers, members): (Vec<_>, Vec<_>) = group
                .into_iter()
                .map(|member| (member.reader, member.rest))
                .unzip();
            let mut judge = Judge::new(pass, readers, encoding);
            inside::judge_lines(&mut judge, chunk, encoding);
            for (reader, number) in &judge.panicked {
                if let (Some(member), Some(range)) =
                    (members.get(*reader), chunk.ranges.get(*number))
                {
                    let line = with_end(&chunk.buffer, range, Newline::from(encoding));
                    batch.lines.push(panicked(member.name, line));
                }
            }
            let undecoded = judge.undecoded;
            let panics = judge.panicked.clone();
            for (reader, (mut member, found)) in members.into_iter().zip(judge.finish()).enumerate()
            {
                let panicked = panics.iter().filter(|(at, _)| *at == reader).count();
                member.count(chunk, undecoded, panicked as u64, batch);
                judged.push((member.name.to_owned(), found));
            }
        }
        judged
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

/// A jail that reads a chunk.
struct Member<'jail> {
    stamp: Stamp,
    reader: Reader<'jail>,
    rest: Counted<'jail>,
}

/// What of a jail is not asked about lines, but told of them.
struct Counted<'jail> {
    name: &'jail str,
    logencoding: &'jail str,
    start: usize,
    read: &'jail mut ReadCounters,
    file: &'jail mut FileSource,
}

impl<'jail> Member<'jail> {
    /// Returns the jail and its encoding, if the chunk is for it.
    fn of(runtime: &'jail mut JailRuntime, chunk: &Chunk, path: &Path) -> Option<(Encoding, Self)> {
        let file = runtime.sources.file_mut(path, chunk.source)?;
        let start = file.begin_in(chunk);
        let moment = Moment {
            now: clock::now(),
            findtime: runtime.jail.settings().findtime,
            in_operation: file.in_operation,
        };
        let reader = Reader {
            filter: &runtime.filter,
            matcher: &mut runtime.matcher,
            moment,
            start,
        };
        let rest = Counted {
            name: &runtime.name,
            logencoding: &runtime.told.logencoding,
            start,
            read: &mut runtime.read,
            file,
        };
        let stamp = runtime.stamp;
        Some((
            runtime.encoding,
            Self {
                stamp,
                reader,
                rest,
            },
        ))
    }
}

impl Counted<'_> {
    /// Counts what has come.
    fn count(&mut self, chunk: &Chunk, undecoded: u64, panicked: u64, batch: &mut Batch) {
        self.file.state = FileState::Reading;
        self.file.in_operation |= chunk.at_end;
        let lines = match self.start {
            0 => chunk.ranges.len(),
            start => {
                let ranges = chunk.ranges.iter();
                ranges.filter(|range| range.start >= start).count()
            }
        };
        self.read.lines += lines as u64;
        self.read.panicked += panicked;
        self.read.oversize += chunk.oversize;
        if undecoded > 0 && self.read.undecoded == 0 {
            let text = format!(
                "[{}] Lines of {} are not in the encoding {}: what cannot be read counts as U+FFFD \
                 (hint: set `logencoding`)",
                self.name,
                shown(&self.file.path),
                self.logencoding
            );
            batch.lines.push(Line::new(Level::Warning, "filter", text));
        }
        self.read.undecoded += undecoded;
        let unwrapped = chunk.unwrapped.as_ref();
        let news =
            unwrapped.and_then(|unwrapped| inside::told(self.name, &self.file.path, unwrapped));
        batch.lines.extend(news);
    }
}

impl JailRuntime {
    /// Notes how far a log was read.
    fn reach(&mut self, chunk: &Chunk, path: &Path, batch: &mut Batch) {
        self.save_tallies(batch);
        let is_parking = self.is_parking;
        let Some(file) = self.sources.file_mut(path, chunk.source) else {
            return;
        };
        let Some(place) = file.reach(chunk) else {
            return;
        };
        // What was decided up to here and the place itself reach the disk together. The first place
        // does at once: without one the next run would not know that it was ever read.
        if is_parking || (batch.transaction.is_empty() && file.is_recorded) {
            file.unsaved = Some(place);
        } else {
            file.unsaved = None;
            file.is_recorded = true;
            batch
                .transaction
                .record_position(&self.name, file_state(&file.path, place));
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
