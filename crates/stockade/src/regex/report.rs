//! The report, in the original's words (contract A 7).

use f2b_core::UnixTime;
use f2b_match::{Filter, Matcher, Rule};
use jiff::{Timestamp, tz::TimeZone};

use super::kept::Kept;
use super::options::Options;
use super::printer::Printer;
use super::tally::{Hit, Tally, sum};

/// All that a report is made of.
pub(crate) struct Report<'a> {
    /// The command line.
    pub(crate) options: &'a Options,
    /// The rules.
    pub(crate) filter: &'a Filter,
    /// What became of the lines.
    pub(crate) tally: &'a Tally,
    /// What found the dates; `None` if nobody looked for any.
    pub(crate) matcher: Option<&'a Matcher>,
    /// Whether there are templates: the usual ones are there as soon as a line was read.
    pub(crate) has_templates: bool,
    /// The time of the machine, when the first line was read.
    pub(crate) now: UnixTime,
    /// How long it took, in seconds.
    pub(crate) seconds: f64,
}

impl Report<'_> {
    /// Prints it.
    pub(crate) fn print(&self, out: &mut Printer) {
        out.line("\nResults\n=======");
        self.prefregex(out);
        self.failregex(out);
        self.ignoreregex(out);
        self.dates(out);
        let tally = self.tally;
        out.line(&format!(
            "\nLines: {} lines, {} ignored, {} matched, {} missed\n[processed in {:.2} sec]\n",
            tally.lines,
            tally.ignored.count(),
            tally.matched.count(),
            tally.missed.count(),
            self.seconds
        ));
        let lists = self.options.lists;
        let rules = self.filter.failregex();
        if lists.all_matched {
            self.list(out, "Matched", "matched", &tally.matched, rules);
        }
        if !lists.no_ignored {
            self.list(
                out,
                "Ignored",
                "ignored",
                &tally.ignored,
                self.filter.ignoreregex(),
            );
        }
        if !lists.no_missed {
            self.list(out, "Missed", "missed", &tally.missed, rules);
        }
    }

    fn is_verbose(&self) -> bool {
        self.options.verbose > 0
    }

    fn prefregex(&self, out: &mut Printer) {
        let Some(rule) = self.filter.prefregex() else {
            return;
        };
        let prefregex = &self.tally.prefregex;
        out.line(&format!("\nPrefregex: {} total", prefregex.hits));
        out.line(&format!("|  {}", rule.expanded()));
        for captured in prefregex.captured.iter().take(self.tally.limit) {
            out.line(&format!("|      {captured}"));
        }
        if prefregex.captured.len() > self.tally.limit {
            out.line("|      ...");
        }
        out.line("`-");
    }

    fn failregex(&self, out: &mut Printer) {
        let tally = &self.tally.failregex;
        let total = sum(tally.iter().map(|rule| rule.hits));
        out.line(&format!("\nFailregex: {total} total"));
        let rules = self.filter.failregex().iter().zip(tally);
        let rules = rules.map(|(rule, tally)| (rule.text(), tally.hits, tally.seen.as_slice()));
        self.rules(out, rules);
    }

    fn ignoreregex(&self, out: &mut Printer) {
        let tally = &self.tally.ignoreregex;
        out.line(&format!(
            "\nIgnoreregex: {} total",
            sum(tally.iter().copied())
        ));
        let rules = self.filter.ignoreregex().iter().zip(tally);
        self.rules(out, rules.map(|(rule, hits)| (rule.text(), *hits, &[][..])));
    }

    /// Lists rules with hits, all of them when more is to be told.
    fn rules<'a>(&self, out: &mut Printer, rules: impl Iterator<Item = (&'a str, u64, &'a [Hit])>) {
        let mut is_open = false;
        for (index, (text, hits, seen)) in rules.enumerate() {
            if hits == 0 && !self.is_verbose() {
                continue;
            }
            if !is_open {
                out.line("|-  #) [# of hits] regular expression");
                is_open = true;
            }
            out.line(&format!("|  {:>2}) [{hits}] {text}", index + 1));
            for hit in seen {
                let time = hit.time.map_or(self.now, |time| time.time);
                let many = if hit.is_one_of_many {
                    " (multiple regex matched)"
                } else {
                    ""
                };
                out.line(&format!("|      {}  {}{many}", hit.id, day_and_time(time)));
            }
        }
        if is_open {
            out.line("`-");
        }
    }

    fn dates(&self, out: &mut Printer) {
        let Some(matcher) = self.matcher else {
            return;
        };
        out.line("\nDate template hits:");
        let mut is_open = false;
        for template in matcher.dates().templates(self.now) {
            if !self.has_templates {
                break;
            }
            if template.hits == 0 && !self.is_verbose() {
                continue;
            }
            if !is_open {
                out.line("|- [# of hits] date format");
                is_open = true;
            }
            out.line(&format!("|  [{}] {}", template.hits, template.name));
            if self.options.verbose_date {
                out.line(&format!(
                    "|      # weight: {:.3} ({:.3}), pattern: {}\n|      # regex:   {}",
                    template.weight, template.base_weight, template.pattern, template.regex
                ));
            }
        }
        if is_open {
            out.line("`-");
        }
    }

    fn list(
        &self,
        out: &mut Printer,
        title: &str,
        kind: &str,
        kept: &Kept,
        rules: &[std::sync::Arc<Rule>],
    ) {
        if kept.count() == 0 {
            return;
        }
        if kept.is_too_long() {
            out.line(&format!(
                "{title} line(s): too many to print.  Use --print-all-{kind} to print all {} lines",
                kept.count()
            ));
            return;
        }
        out.line(&format!("|- {title} line(s):"));
        for line in kept.lines() {
            if !self.options.debuggex {
                out.line(&format!("|  {}", stripped(line)));
                continue;
            }
            for rule in rules {
                let address = self
                    .tally
                    .debuggex(rule.expanded(), line)
                    .unwrap_or_default();
                out.line(&format!("|  {line} | {} |  {address}", rule.text()));
            }
        }
        out.line("`-");
    }
}

/// As Python's `rstrip`.
fn stripped(line: &str) -> &str {
    line.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}'))
}

/// *Shape*: `Mon Jan 05 10:00:01 2026`, in the zone of the machine.
fn day_and_time(time: UnixTime) -> String {
    let Ok(timestamp) = Timestamp::from_second(time.whole_seconds()) else {
        return time.whole_seconds().to_string();
    };
    let zoned = timestamp.to_zoned(TimeZone::system());
    zoned.strftime("%a %b %d %H:%M:%S %Y").to_string()
}
