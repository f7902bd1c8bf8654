//! Lines of a container log: what stands inside, and the records that hold it, as text.

use std::borrow::Cow;
use std::path::Path;

use f2b_core::UnixTime;
use f2b_source::{Chunk, Encoding, Form, Inner, LINE_CAP, Newline, News, Unwrapped, Whole};

use super::judge::{Judge, with_end};
use super::shown;
use crate::log::{Level, Line};

/// A line inside a container log, as jails of one encoding see it.
pub(super) struct Inside<'chunk> {
    /// The line.
    pub(super) text: Cow<'chunk, str>,
    /// When it was written.
    pub(super) time: UnixTime,
    /// The lines of the file that hold it, in their order, as far as rules may see them.
    pub(super) records: Vec<Cow<'chunk, str>>,
    /// Whether all of it is in the encoding.
    pub(super) is_whole: bool,
}

impl<'chunk> Inside<'chunk> {
    /// Reads `whole`, whose last record is `record`.
    pub(super) fn of(
        unwrapped: &'chunk Unwrapped,
        whole: &Whole,
        record: &'chunk [u8],
        encoding: Encoding,
    ) -> Self {
        let encoding = match unwrapped.form {
            // JSON has its own.
            Form::Docker => Encoding::Utf8,
            Form::Cri => encoding,
        };
        let (text, is_whole) =
            encoding.decode(with_end(&unwrapped.text, &whole.text, Newline::BYTE));
        let earlier = whole.earlier.iter();
        let earlier = earlier.map(|range| with_end(&unwrapped.text, range, Newline::BYTE));
        let records = earlier.chain([record]);
        // No line that is longer reaches a rule.
        let records = records.filter(|record| record.len() <= LINE_CAP);
        Self {
            text,
            time: UnixTime::from_micros(whole.time_us),
            records: records.map(|record| encoding.decode(record).0).collect(),
            is_whole,
        }
    }
}

/// Has every line of a chunk judged; of a container log the lines inside, which their last record ends.
pub(super) fn judge_lines(judge: &mut Judge<'_, '_>, chunk: &Chunk, encoding: Encoding) {
    let newline = Newline::from(encoding);
    for (number, range) in chunk.ranges.iter().enumerate() {
        let line = with_end(&chunk.buffer, range, newline);
        let unwrapped = chunk.unwrapped.as_ref();
        let inner = unwrapped.and_then(|unwrapped| Some((unwrapped, unwrapped.lines.get(number)?)));
        match inner {
            None | Some((_, Inner::Plain)) => judge.line(number, range.start, line, None),
            Some((unwrapped, Inner::Whole(whole))) => {
                let inside = Inside::of(unwrapped, whole, line, encoding);
                judge.inside(number, range.start, &inside);
            }
            Some((_, Inner::Part | Inner::LeftOut)) => {}
        }
    }
}

/// Says what a log is taken for, when that changes.
pub(super) fn told(jail: &str, path: &Path, unwrapped: &Unwrapped) -> Option<Line> {
    let (path, form) = (shown(path), unwrapped.form);
    let (level, text) = match unwrapped.news? {
        News::Recognised => (
            Level::Info,
            format!("{path} is a container log in the form of {form}: the lines inside are judged"),
        ),
        News::NoLonger => (
            Level::Warning,
            format!(
                "A line of {path} is no record of a container log: from there on it is read as a plain log \
                 (hint: is there another program that writes into it?)"
            ),
        ),
    };
    Some(Line::new(level, "filter", format!("[{jail}] {text}")))
}
