//! Which template finds the date of a line.

mod patterns;
mod place;
mod scan;

use std::ops::Range;
use std::sync::Arc;

use f2b_core::{Span, UnixTime};
use f2b_pyregex::Scratch;

use super::capture::Stamp;
use super::convert::{Converter, NoTime, StampTime};
use super::defaults;
use super::quick::Quick;
use super::template::{Compiled, Match, Template};
use super::years::Years;
use super::{DateError, Zone};
use place::Place;
use scan::Scan;

/// Finds the date in the lines of one log for one jail, and learns which template fits it.
#[derive(Debug)]
pub struct DateDetector {
    entries: Vec<Entry>,
    /// The entry that found the last date.
    last: Option<usize>,
    /// Its reader, if that reads at the begin of lines.
    reader: Option<(Quick, Years)>,
    place: Place,
    /// What was found last, if it was.
    found: DateFound,
    is_found: bool,
    /// The years that are believed, as when the first line came.
    years: Option<Years>,
    converter: Converter,
    scan: Scan,
    scratch: Scratch,
}

/// A date that was found in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct DateFound {
    /// What is cut out of the line before rules see it, in bytes. It may be empty: then the pattern
    /// says that lines hold no date.
    pub cut: Range<usize>,
    stamp: Stamp,
}

/// A template as `fail2ban-regex -v --VD` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateView {
    /// The name.
    pub name: String,
    /// How often it was the template of a line.
    pub hits: u64,
    /// The weight that it has now.
    pub weight: f64,
    /// The weight that it began with.
    pub base_weight: f64,
    /// The pattern; empty if it has none.
    pub pattern: String,
    /// The regular expression.
    pub regex: String,
}

/// A template and what is known of its use.
#[derive(Debug)]
struct Entry {
    template: Arc<Template>,
    /// Its place in the list as it was at first.
    number: usize,
    compiled: Option<Arc<Compiled>>,
    base_weight: f64,
    hits: u64,
    last_used: Option<UnixTime>,
    /// Where its last date began, in characters.
    distance: usize,
}

/// A template that was not used for so long gives its place away.
const UNUSED: Span = Span::from_seconds(300);

impl Default for DateDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl DateDetector {
    /// Returns a detector with the default templates.
    #[must_use]
    pub fn new() -> Self {
        Self::of(defaults::all().to_vec())
    }

    /// Returns a detector of the patterns of a `datepattern`, one a line. None are the default ones.
    ///
    /// A regular expression in them is compiled only when the first line comes, as in the original.
    ///
    /// # Errors
    /// [`DateError`] in the words of the original.
    pub fn with_patterns(patterns: &str) -> Result<Self, DateError> {
        let templates = patterns::read(patterns)?;
        if templates.is_empty() {
            return Ok(Self::new());
        }
        Ok(Self::of(templates))
    }

    /// Returns a detector with the same templates that has learned nothing yet.
    #[must_use]
    pub fn anew(&self) -> Self {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_unstable_by_key(|entry| entry.number);
        let template = |entry: &Entry| (Arc::clone(&entry.template), entry.base_weight);
        let mut detector = Self::of(entries.into_iter().map(template).collect());
        detector.years = self.years;
        detector
    }

    fn of(templates: Vec<defaults::Weighted>) -> Self {
        let entry = |(number, (template, base_weight))| Entry {
            template,
            number,
            compiled: None,
            base_weight,
            hits: 0,
            last_used: None,
            distance: usize::MAX,
        };
        Self {
            entries: templates.into_iter().enumerate().map(entry).collect(),
            last: None,
            reader: None,
            place: Place::default(),
            found: DateFound {
                cut: 0..0,
                stamp: Stamp::Unreadable,
            },
            is_found: false,
            years: None,
            converter: Converter::default(),
            scan: Scan::default(),
            scratch: Scratch::default(),
        }
    }

    /// Says when the program was started: `%ExY` believes years up to three years later. Without
    /// this word the first line's time counts.
    pub fn begin(&mut self, now: UnixTime) {
        self.years = Some(Years::at(now));
    }

    /// Finds the date of `line`; the template that finds it counts a hit and may move up.
    ///
    /// *Cost*: tens of nanoseconds for a date at the begin of the line in one of the common forms
    /// once such a line was there.
    pub fn find(&mut self, line: &str, now: UnixTime) -> Option<DateFound> {
        self.try_find(line, now).ok().flatten()
    }

    /// Finds the date of `line`, or says why the original fails at it.
    ///
    /// # Errors
    /// [`NoTime::Failed`] if a template that had to be tried does not compile.
    pub fn try_find(&mut self, line: &str, now: UnixTime) -> Result<Option<DateFound>, NoTime> {
        if self.quick(line.as_bytes(), now) {
            return Ok(Some(self.found.clone()));
        }
        self.is_found = false;
        let Some((index, Match { span, cut, stamp })) = self.choose(line, now)? else {
            return Ok(None);
        };
        self.win(index, Place::of(line, &span), now);
        self.found = DateFound { cut, stamp };
        self.is_found = true;
        Ok(Some(self.found.clone()))
    }

    /// Returns the moment that a date stands for, or why it is none. What it needs of the line was
    /// read when the date was found.
    ///
    /// # Errors
    /// [`NoTime`]
    pub fn read(&self, found: &DateFound, zone: &Zone, now: UnixTime) -> Result<StampTime, NoTime> {
        self.converter.begin(zone, now);
        self.converter.time(&found.stamp, zone, now)
    }

    /// Tells whether the last used template stands at the begin of lines and has a quick reader.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.reader.is_some()
    }

    /// Counts a hit of the last used template if its quick reader fits at the begin of `line`; what
    /// changes is what [`Self::find`] would change. What was found is [`Self::last_found`].
    pub fn quick(&mut self, line: &[u8], now: UnixTime) -> bool {
        let (Some(index), Some((quick, years))) = (self.last, self.reader) else {
            return false;
        };
        let Ok(cut) = quick.at_begin(line, years, &mut self.found.stamp) else {
            return false;
        };
        self.win(index, Place::of_ascii(line, &(0..cut.end)), now);
        self.found.cut = cut;
        self.is_found = true;
        true
    }

    /// Returns what the last [`Self::quick`] or [`Self::find`] found, for [`Self::read`]. It needs
    /// no line.
    #[must_use]
    pub fn last_found(&self) -> Option<&DateFound> {
        self.is_found.then_some(&self.found)
    }

    /// Returns the templates in their order of now, as `fail2ban-regex` shows them.
    pub fn templates(&self, now: UnixTime) -> impl Iterator<Item = TemplateView> {
        let years = self.years.unwrap_or_else(|| Years::at(now));
        self.entries.iter().map(move |entry| TemplateView {
            name: entry.template.name.clone(),
            hits: entry.hits,
            weight: entry.weight(),
            base_weight: entry.base_weight,
            pattern: entry.template.pattern.clone(),
            regex: entry.template.regex(years),
        })
    }

    /// Decides which template's date counts.
    fn choose(&mut self, line: &str, now: UnixTime) -> Result<Option<(usize, Match)>, NoTime> {
        let single = self.entries.len() == 1;
        let mut candidate = None;
        let mut tried = None;
        if let Some(index) = self.last {
            let whole = 0..line.len();
            let anchored = self.anchored(index);
            let window = if anchored {
                None
            } else {
                self.place.window(line)
            };
            if window.is_none() {
                tried = Some(index);
            }
            let found = self.search(index, line, window.unwrap_or(whole), now)?;
            if let Some(found) = found {
                if single || anchored || self.place.is_at(line, &found.span) {
                    return Ok(Some((index, found)));
                }
                candidate = Some((index, found));
            }
        }
        let last_start = self.place.start();
        let count = self.entries.len();
        let mut best = usize::MAX;
        if let Some((_, found)) = &candidate {
            best = place::characters(line, found.span.start);
        }
        self.prepare_scan(now);
        if !self.scan.look(line) {
            return Ok(candidate);
        }
        for index in (0..count).filter(|index| Some(*index) != tried) {
            let number = self.entries.get(index).map_or(0, |entry| entry.number);
            if !self.scan.could_match(number) {
                continue;
            }
            let Some(found) = self.search(index, line, 0..line.len(), now)? else {
                continue;
            };
            let start = place::characters(line, found.span.start);
            let distance = self.entries.get(index).map_or(0, |entry| entry.distance);
            let doubtful = start > distance || start > last_start;
            if index + 1 == count || self.anchored(index) || !doubtful {
                return Ok(Some((index, found)));
            }
            if start < best {
                best = start;
                candidate = Some((index, found));
            }
        }
        Ok(candidate)
    }

    /// Compiles all templates, so that one scan can tell which of them could match. If one does not
    /// compile they are tried one by one, as far as the original would come.
    fn prepare_scan(&mut self, now: UnixTime) {
        if self.scan.is_ready() || self.entries.len() < scan::FEWEST {
            return;
        }
        let years = *self.years.get_or_insert_with(|| Years::at(now));
        let mut all: Vec<&mut Entry> = self.entries.iter_mut().collect();
        all.sort_unstable_by_key(|entry| entry.number);
        let mut compiled = Vec::with_capacity(all.len());
        for entry in all {
            let Ok(one) = entry.template.compiled(years) else {
                self.scan.give_up();
                return;
            };
            entry.compiled.get_or_insert_with(|| Arc::clone(&one));
            compiled.push(one);
        }
        self.scan.prepare(&compiled, years);
    }

    fn anchored(&self, index: usize) -> bool {
        self.entries
            .get(index)
            .is_some_and(|entry| entry.template.line_begin || entry.template.line_end)
    }

    fn search(
        &mut self,
        index: usize,
        line: &str,
        range: Range<usize>,
        now: UnixTime,
    ) -> Result<Option<Match>, NoTime> {
        let Some(entry) = self.entries.get_mut(index) else {
            return Ok(None);
        };
        let compiled = if let Some(compiled) = &entry.compiled {
            compiled
        } else {
            let years = *self.years.get_or_insert_with(|| Years::at(now));
            let compiled = entry.template.compiled(years);
            let compiled = compiled.map_err(|words| NoTime::Failed(words.to_string()))?;
            entry.compiled.insert(compiled)
        };
        Ok(compiled.search(line, range, &mut self.scratch))
    }

    /// Notes that a template found the date of a line.
    #[inline]
    fn win(&mut self, index: usize, place: Place, now: UnixTime) {
        self.place = place;
        let Some(entry) = self.entries.get_mut(index) else {
            return;
        };
        entry.hits += 1;
        entry.last_used = Some(now);
        entry.distance = place.start();
        if self.last == Some(index) {
            return;
        }
        let reader = entry
            .compiled
            .as_ref()
            .and_then(|compiled| compiled.quick());
        self.reader = reader.filter(|(quick, _)| quick.line_begin());
        self.last = Some(if index == 0 {
            index
        } else {
            self.move_up(index, now)
        });
    }

    /// Moves an entry up if it deserves it; returns where it is then.
    fn move_up(&mut self, index: usize, now: UnixTime) -> usize {
        let unused = self.entries.iter().position(|entry| entry.hits == 0);
        let half = match unused {
            Some(unused) if unused < index => unused,
            _ => index / 2,
        };
        let above = index.saturating_sub(1);
        for target in [half, above] {
            if target < index && self.outweighs(index, target, now) {
                let entry = self.entries.remove(index);
                self.entries.insert(target, entry);
                return target;
            }
        }
        index
    }

    fn outweighs(&self, index: usize, target: usize, now: UnixTime) -> bool {
        let (Some(entry), Some(target)) = (self.entries.get(index), self.entries.get(target))
        else {
            return false;
        };
        let idle = target.last_used.is_none_or(|used| now.since(used) > UNUSED);
        idle || entry.weight() > target.weight()
    }
}

impl Entry {
    fn weight(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "the original's are floats too")]
        let (hits, distance) = (self.hits as f64, self.distance.max(1) as f64);
        hits * self.base_weight / distance
    }
}

#[cfg(test)]
mod tests;
