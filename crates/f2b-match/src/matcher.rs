//! One line for one jail, from text to failures: the simple model of the pass.

mod cost;
mod search;
mod seen;
mod unwrapped;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use f2b_pyregex::Scratch;

use crate::buffer::LineBuffer;
use crate::line_clock::{LineClock, Stamp, agree};
use crate::session::Sessions;
use crate::{
    Data, DateDetector, Filter, Identity, Line, Moment, NoTime, Note, Parts, StampTime, Zone,
};
use seen::Dated;

use cost::Costs;
pub use cost::{NanoClock, RuleCost};
pub(crate) use search::Block;
pub(crate) use seen::{Cut, Seen};

/// How lines are judged, apart from the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judging {
    /// Whether every `failregex` is tried, and what is no failure is told too (`fail2ban-regex`,
    /// the sample logs); else the first that matches decides (the server).
    pub check_all: bool,
    /// Whether times are held against the clock and `findtime` (the server).
    pub check_findtime: bool,
    /// Whether a captured name is the identity, as it is written (`--raw`).
    pub raw: bool,
    /// Whether [`Judged::prefregex`] is told.
    pub tell_prefregex: bool,
}

/// Whether a match counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is a failure. As the original that is so for a match with `<F-NOFAIL>` outside of sessions
    /// too; `fail2ban-regex` looks at [`Data::has`]`("nofail")`.
    Failure,
    /// It belongs to a session but is none (`<F-NOFAIL>`). Told only with `check_all`.
    NoFail,
    /// It will be a failure as soon as its session says who; until then nobody counts it.
    Pending,
}

/// One `failregex` that matched.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Which: its index among the filter's `failregex`.
    pub rule: usize,
    /// Who.
    pub id: Identity,
    /// Whether it counts.
    pub kind: Kind,
    /// When; `None` if the line has no date and there was none lately.
    pub time: Option<StampTime>,
    /// What was captured, in the order of the original's dictionary.
    pub data: Arc<Data>,
    /// The lines that led here, the last one last (`matches`).
    pub lines: Vec<Parts>,
    /// The session that `data` belongs to, if it is one that later lines may add to.
    pub session: Option<u64>,
}

/// What came of one line.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Judged {
    /// What matched, in the order of the rules.
    pub found: Vec<Match>,
    /// Each `ignoreregex` that kept something from counting, by index.
    pub ignored: Vec<usize>,
    /// What the `prefregex` captured, `content` included, if it matched and was asked for.
    pub prefregex: Option<Data>,
    /// The date that was cut out of the line, in bytes of its text.
    pub date: Option<Range<usize>>,
    /// The time of the line, if it has one.
    pub time: Option<StampTime>,
    /// Whether the line is older than `findtime` and was not looked at.
    pub too_old: bool,
    /// Whether a `failregex` matched that is not ignored, even if nothing came of it.
    pub matched: bool,
    /// A word for the log.
    pub note: Option<Note>,
    /// A date that was found and is no moment, as it is written.
    pub unreadable_date: Option<Box<str>>,
    /// What the original fails at, in its words: it does not look at the line any further.
    pub failed: Option<String>,
    /// Each rule whose matching was given up.
    pub given_up: Vec<GivenUp>,
}

/// A rule whose matching was given up, as it would have taken too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The `prefregex`.
    Prefregex,
    /// The `failregex` of this index.
    Failregex(usize),
}

/// What judging the lines of one jail has to remember: dates, sessions, the last lines.
#[derive(Debug)]
pub struct Matcher {
    dates: DateDetector,
    zone: Zone,
    judging: Judging,
    clock: LineClock,
    sessions: Sessions,
    buffer: LineBuffer,
    scratch: Scratch,
    /// Room for texts that do not stand in one piece anywhere.
    text: String,
    prefregex_hits: u64,
    counts_prefregex: bool,
    costs: Costs,
    /// What is remembered of the lines of container logs as they are in the file.
    records: Option<Box<Self>>,
}

impl Judged {
    /// Tells whether there is anything in it beside the line's time: a match, or a word for somebody.
    #[must_use]
    pub fn is_something(&self) -> bool {
        !self.found.is_empty()
            || !self.ignored.is_empty()
            || !self.given_up.is_empty()
            || self.note.is_some()
            || self.unreadable_date.is_some()
            || self.failed.is_some()
            || self.prefregex.is_some()
    }
}

impl Judging {
    /// Returns how the server judges.
    #[must_use]
    pub const fn server() -> Self {
        Self {
            check_all: false,
            check_findtime: true,
            raw: false,
            tell_prefregex: false,
        }
    }
}

impl Matcher {
    /// Returns a matcher that has seen no line yet.
    #[must_use]
    pub fn new(dates: DateDetector, zone: Zone, judging: Judging) -> Self {
        Self {
            dates,
            zone,
            judging,
            clock: LineClock::default(),
            sessions: Sessions::default(),
            buffer: LineBuffer::default(),
            prefregex_hits: 0,
            counts_prefregex: false,
            costs: Costs::default(),
            scratch: Scratch::default(),
            text: String::new(),
            records: None,
        }
    }

    /// Looks for dates with another detector from now on (`datepattern`).
    pub fn set_dates(&mut self, dates: DateDetector) {
        self.dates = dates;
        self.records = None;
    }

    /// Reads dates without a zone of their own in another zone from now on (`logtimezone`).
    pub fn set_zone(&mut self, zone: Zone) {
        self.zone = zone;
        self.records = None;
    }

    /// Counts the lines that the `prefregex` matches also where no rule could: for a report.
    pub fn count_prefregex(&mut self) {
        self.counts_prefregex = true;
    }

    /// Returns how many lines the `prefregex` has matched; in a pass only with [`Self::count_prefregex`]
    /// all of them.
    #[must_use]
    pub fn prefregex_hits(&self) -> u64 {
        self.prefregex_hits
    }

    /// Measures from now on how long rules take.
    pub fn time_rules(&mut self, clock: NanoClock) {
        self.costs.set_clock(clock);
    }

    /// Returns what each `failregex` has cost so far, by its place; one that was never tried may be
    /// missing at the end.
    #[must_use]
    pub fn costs(&self) -> &[RuleCost] {
        self.costs.of()
    }

    /// Forgets what rules have cost: others stand in their places now.
    pub fn forget_costs(&mut self) {
        self.costs.forget();
    }

    /// Returns the detector of dates, whose templates count their hits.
    #[must_use]
    pub fn dates(&self) -> &DateDetector {
        &self.dates
    }

    /// Judges one line.
    pub fn judge(&mut self, filter: &Filter, line: Line<'_>, moment: Moment) -> Judged {
        let mut judged = Judged::default();
        let Some(seen) = self.date(line, moment, &mut judged) else {
            return judged;
        };
        if filter.maxlines() > 1 {
            let lines = self.buffer.push(seen.parts(&self.clock), filter.maxlines());
            let text = self.buffer.text();
            let block = Block {
                seen: &seen,
                several: Some(&lines),
            };
            self.search(filter, &text, &block, None, moment, &mut judged);
        } else {
            let text = seen.text(std::mem::take(&mut self.text));
            let block = Block::one(&seen);
            self.search(filter, &text, &block, None, moment, &mut judged);
            if let Cow::Owned(room) = text {
                self.text = room;
            }
        }
        judged
    }

    /// Dates a line; `None` if it is not to be looked at.
    pub(crate) fn date<'line>(
        &mut self,
        line: Line<'line>,
        moment: Moment,
        judged: &mut Judged,
    ) -> Option<Seen<'line>> {
        let bare = line.text.trim_end_matches(['\r', '\n']);
        let dated = match self.dated(bare, line, moment, judged) {
            Ok(dated) => dated,
            Err(reason) => {
                judged.failed = Some(reason);
                return None;
            }
        };
        judged.time = dated.timed.time;
        judged.note = dated.timed.note;
        judged.too_old = dated.timed.is_too_old;
        (!judged.too_old).then_some(Seen { bare, line, dated })
    }

    /// Decides the time of a line, and what is cut out of it.
    fn dated(
        &mut self,
        bare: &str,
        line: Line<'_>,
        moment: Moment,
        judged: &mut Judged,
    ) -> Result<Dated, String> {
        let mut cut = Cut::Nothing;
        let given = line.given.map(|given| {
            let time = given.time;
            let is_integer = false;
            (StampTime { time, is_integer }, given.text)
        });
        let mut stamp = Stamp::Missing;
        if line.has_date {
            match self.dates.try_find(bare, moment.now) {
                Err(NoTime::Failed(reason)) => return Err(reason),
                Ok(Some(found)) => {
                    cut = Cut::Date(found.cut.clone());
                    judged.date = Some(found.cut.clone());
                    stamp = match bare.get(found.cut.clone()).unwrap_or_default() {
                        "" => Stamp::None,
                        text => match self.dates.read(&found, &self.zone, moment.now) {
                            Ok(stamp) => Stamp::Read(stamp, text),
                            Err(NoTime::Unreadable) => {
                                judged.unreadable_date = Some(text.into());
                                Stamp::Missing
                            }
                            Err(NoTime::Failed(reason)) => return Err(reason),
                        },
                    };
                }
                Ok(None) | Err(NoTime::Unreadable) => {}
            }
        }
        if let Some((given, text)) = given {
            stamp = match stamp {
                Stamp::Read(own, own_text) if agree(own.time, given.time) => {
                    Stamp::Read(own, own_text)
                }
                // A program that knows another zone than we do, or one that tells of the past.
                Stamp::Read(_, own_text) => Stamp::Read(given, own_text),
                Stamp::None | Stamp::Missing => {
                    if !matches!(cut, Cut::Date(_)) {
                        cut = Cut::Given;
                    }
                    Stamp::Read(given, text)
                }
            };
        }
        let timed = self
            .clock
            .time_of(stamp, moment, self.judging.check_findtime);
        let is_missing = matches!(stamp, Stamp::Missing);
        if timed.is_of_earlier {
            cut = Cut::Earlier;
            judged.date = None;
        }
        Ok(Dated {
            timed,
            cut,
            is_missing,
        })
    }
}

#[cfg(test)]
mod tests;
