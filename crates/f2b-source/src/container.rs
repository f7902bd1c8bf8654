//! Logs that a container's runtime writes: each line is a record that holds a line of the program inside.
//!
//! Two forms are known: Docker's `json-file` and that of the CRI (Kubernetes, Podman's `k8s-file`). A file
//! is told by its content alone: it is a container log as long as every line of it, from its begin on,
//! was a record of one form. One line that is none makes it a plain log for good, and a file whose first line
//! was none makes those plain as well that come after it at the same path. So whoever can write a part of a
//! plain log's lines cannot have them taken for records, not even by being the first to write after a rotation.

mod begin;
mod cri;
mod docker;
mod join;
mod stamp;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

pub(crate) use self::begin::{form_of, resume};
use self::join::Joining;
use crate::split::LINE_CAP;

/// The longest record that is read, in bytes: what Docker splits lines at, 16 KiB, each byte written as
/// six (`\u003c`), and room for its attributes.
pub const RECORD_CAP: usize = 128 * 1024;

/// How a container's runtime writes a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Docker's driver `json-file`: an object with `log`, `stream`, `time` and perhaps `attrs`. Its text
    /// is UTF-8, whatever the encoding of the log.
    Docker,
    /// The form of the container runtime interface: time, stream, tags and text, a blank between them.
    Cri,
}

impl fmt::Display for Form {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Docker => "Docker's json-file",
            Self::Cri => "the CRI",
        })
    }
}

/// What the lines of a chunk hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwrapped {
    /// The form of the records.
    pub form: Form,
    /// What the ranges of `lines` divide.
    pub text: Vec<u8>,
    /// What each line of the chunk holds, in their order.
    pub lines: Vec<Inner>,
    /// What is worth a word.
    pub news: Option<News>,
}

/// What one line of a container log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inner {
    /// A line that ends here.
    Whole(Whole),
    /// The begin or the middle of a line that a later record ends.
    Part,
    /// The end of a line that is left out: it is longer than [`LINE_CAP`], or its begin
    /// was never read.
    LeftOut,
    /// It is no record.
    Plain,
}

/// A line of the program in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Where it stands, without its line end; a newline stands right behind it. Newlines inside it are
    /// written as the two characters `\n`.
    pub text: Range<usize>,
    /// When it was written, as the record says, in microseconds since 1970.
    pub time_us: i64,
    /// Where the earlier records of it stand, as they are in the file, a newline behind each; mostly
    /// there are none.
    pub earlier: Vec<Range<usize>>,
}

/// A change in what a file is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It was recognised as a container log. Told once.
    Recognised,
    /// A line that is no record: from it on the file is a plain log. Told once.
    NoLonger,
}

/// One of the two outputs of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout = 0,
    Stderr = 1,
}

/// A line of a container log, read.
#[derive(Debug, PartialEq, Eq)]
struct Record<'line> {
    stream: Stream,
    time_us: i64,
    text: Cow<'line, [u8]>,
    /// Whether the line inside ends here.
    ends: bool,
}

/// What the lines of one file, given in their order from its begin, hold.
///
/// Of each stream at most one unfinished line is kept, bounded by [`LINE_CAP`].
#[derive(Debug, Default)]
pub struct Unwrapper {
    file: Taken,
    streams: [Joining; 2],
    /// That the file was recognised has been told.
    told: bool,
}

/// What a file is taken for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// No line was seen yet.
    #[default]
    Unknown,
    /// Every line so far was a record of this form.
    Container(Form),
    /// Some line was none; of a log that is plain by nature the first.
    Plain { by_nature: bool },
}

impl Form {
    fn read<'line>(self, line: &'line [u8]) -> Option<Record<'line>> {
        match self {
            Self::Docker => docker::record(line),
            Self::Cri => cri::record(line),
        }
    }

    /// Returns when a line of such a log was written, in microseconds since 1970.
    pub(crate) fn time_us(self, line: &[u8]) -> Option<i64> {
        self.read(line).map(|record| record.time_us)
    }

    /// Returns whether a line of such a log may be what a crash has left of a record: a piece of a file
    /// that never reached the disk reads as NULs, and what was cut off runs into the next record.
    fn is_torn(self, line: &[u8]) -> bool {
        line.starts_with(b"\0") || (self == Self::Docker && line.starts_with(b"{\"log\":\""))
    }
}

impl Unwrapper {
    /// Returns the reader of a file of which no line was seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the form of the file, if it is a container log by all that was seen of it.
    #[must_use]
    pub fn form(&self) -> Option<Form> {
        match self.file {
            Taken::Container(form) => Some(form),
            Taken::Unknown | Taken::Plain { .. } => None,
        }
    }

    /// Returns whether the file is a plain log, which it is from its first such line on.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self.file, Taken::Plain { .. })
    }

    /// Returns the reader of the file that comes next at the same path.
    pub(crate) fn next_file(&self) -> Self {
        let file = match self.file {
            Taken::Plain { by_nature: true } => self.file,
            _ => Taken::Unknown,
        };
        Self {
            file,
            streams: Default::default(),
            // Not with each rotation.
            told: self.told && !self.is_plain(),
        }
    }

    /// Returns the reader of the file that comes next at the same path, where lines go on that are unfinished
    /// here: their ends must not be taken for lines, which whoever writes long ones could forge. What may
    /// come of them here after all is left out.
    pub(crate) fn pass_on(&mut self) -> Self {
        Self {
            streams: self.streams.each_mut().map(Joining::pass_on),
            ..self.next_file()
        }
    }

    /// Takes the next line of the file, without its line end. What it holds is put into `text`.
    pub fn line(&mut self, line: &[u8], text: &mut Vec<u8>) -> Inner {
        let read = match self.file {
            Taken::Plain { .. } => return Inner::Plain,
            Taken::Container(form) => form.read(line).map(|record| (form, record)),
            Taken::Unknown => [Form::Docker, Form::Cri]
                .into_iter()
                .find_map(|form| Some((form, form.read(line)?))),
        };
        let Some((form, record)) = read else {
            // Which form it was does not matter before the first record.
            let form = self.form().unwrap_or(Form::Cri);
            if form.is_torn(line) {
                self.gap();
            } else {
                let by_nature = self.form().is_none();
                self.file = Taken::Plain { by_nature };
                self.streams = Default::default();
            }
            return Inner::Plain;
        };
        self.file = Taken::Container(form);
        let [stdout, stderr] = &mut self.streams;
        let stream = match record.stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
        };
        stream.take(line, &record, text)
    }

    /// Takes notice of a line that was left out, so that nobody knows what it held: of lines that are
    /// unfinished the rest is left out as well, as it must not be taken for a line.
    pub fn gap(&mut self) {
        if !self.is_plain() {
            self.streams.iter_mut().for_each(Joining::lose);
        }
    }

    /// Returns how long a line of the file may be to be given to [`chunk`](Self::chunk), where the next lines
    /// are those of `buffer`.
    pub(crate) fn cap(&self, buffer: &[u8]) -> usize {
        match self.file {
            Taken::Container(_) => RECORD_CAP,
            Taken::Unknown if Form::Docker.is_torn(buffer) => RECORD_CAP,
            Taken::Unknown | Taken::Plain { .. } => LINE_CAP,
        }
    }

    /// Takes the lines at `ranges` of `buffer`, where the first of them is to begin at `begin`: `None` if
    /// a line was left out before it. Returns what they hold, if this is a container log.
    pub(crate) fn chunk(
        &mut self,
        buffer: &[u8],
        ranges: &[Range<usize>],
        begin: Option<usize>,
    ) -> Option<Unwrapped> {
        let mut unwrapped = None;
        let mut next = begin;
        for (index, range) in ranges.iter().enumerate() {
            if self.is_plain() && unwrapped.is_none() {
                return None;
            }
            if next != Some(range.start) {
                self.gap();
            }
            next = Some(line_end(buffer, range.end));
            let line = buffer.get(range.clone()).unwrap_or_default();
            let before = self.form();
            let mut text = Vec::new();
            let known = unwrapped.as_mut();
            let into = known.map_or(&mut text, |known: &mut Unwrapped| &mut known.text);
            let mut inner = self.line(line, into);
            if inner == Inner::Plain && line.len() > LINE_CAP {
                inner = Inner::LeftOut;
            }
            if unwrapped.is_none()
                && let Some(form) = before.or(self.form())
            {
                text.reserve(buffer.len());
                let mut lines = Vec::with_capacity(ranges.len());
                // What a crash has torn may stand before the first record.
                lines.resize(index, Inner::Plain);
                unwrapped = Some(Unwrapped {
                    form,
                    text,
                    lines,
                    news: (!std::mem::replace(&mut self.told, true)).then_some(News::Recognised),
                });
            }
            if let Some(unwrapped) = &mut unwrapped {
                unwrapped.lines.push(inner);
                if before.is_some() && self.form().is_none() {
                    unwrapped.news = Some(News::NoLonger);
                }
            }
        }
        if next != Some(buffer.len()) {
            self.gap();
        }
        unwrapped
    }
}

/// Where the line ends whose text ends at `end`.
fn line_end(buffer: &[u8], end: usize) -> usize {
    let behind = buffer.get(end..).unwrap_or_default();
    let returns = behind.iter().take_while(|byte| **byte == b'\r').count();
    end + returns + 1
}

#[cfg(test)]
mod tests;
