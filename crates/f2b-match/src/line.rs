//! A line on its way in.

use std::ops::Range;
use std::sync::Arc;

use f2b_core::UnixTime;

/// One line of a log, or one record of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'text> {
    /// The text. Line ends behind it do not count; a text that ends in exactly one `\n` is judged
    /// without being copied.
    pub text: &'text str,
    /// The time, if the source knows it.
    pub given: Option<Given<'text>>,
    /// Whether the text is searched for a date. Where there is one beside a given time, it counts as
    /// long as both agree within a minute; else, and where there is none, the given time does.
    pub has_date: bool,
}

/// The time that a source knows of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'text> {
    /// When.
    pub time: UnixTime,
    /// How it is written where the whole line is shown: put before the text, a blank included.
    pub text: &'text str,
}

/// A line as the date divides it: what stands before, the date, what stands behind.
///
/// Rules see what stands before and behind. *Cost*: a clone shares the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parts {
    text: Arc<str>,
    date: Range<usize>,
}

impl<'text> Line<'text> {
    /// Returns a line whose date, if any, stands in it.
    #[must_use]
    pub const fn new(text: &'text str) -> Self {
        Self {
            text,
            given: None,
            has_date: true,
        }
    }

    /// Returns a record of a source that knows its time.
    #[must_use]
    pub const fn with_time(text: &'text str, given: Given<'text>) -> Self {
        Self {
            text,
            given: Some(given),
            has_date: false,
        }
    }

    /// Returns a line that may have a date, of a source that knows when it was written.
    #[must_use]
    pub const fn written_at(text: &'text str, given: Given<'text>) -> Self {
        Self {
            text,
            given: Some(given),
            has_date: true,
        }
    }
}

impl Parts {
    /// Returns a line whose date stands at `date`, in bytes of `text`.
    pub(crate) fn new(text: impl Into<Arc<str>>, date: Range<usize>) -> Self {
        Self {
            text: text.into(),
            date,
        }
    }

    /// Returns what stands before the date.
    #[must_use]
    pub fn before(&self) -> &str {
        self.text.get(..self.date.start).unwrap_or_default()
    }

    /// Returns the date, as it is written.
    #[must_use]
    pub fn date(&self) -> &str {
        self.text.get(self.date.clone()).unwrap_or_default()
    }

    /// Returns what stands behind the date.
    #[must_use]
    pub fn after(&self) -> &str {
        self.text.get(self.date.end..).unwrap_or_default()
    }

    /// Returns the whole line.
    #[must_use]
    pub fn line(&self) -> String {
        self.as_str().to_owned()
    }

    /// Returns the whole line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
