//! Lines that a runtime has written in several records, put together again.

use super::{Inner, Record, Whole};
use crate::split::LINE_CAP;

/// The most bytes of records that one line may be made of: one of [`LINE_CAP`] whose every byte is
/// written as six, and room beside.
pub(super) const RECORDS_CAP: usize = 6 * LINE_CAP + 128 * 1024;

/// The unfinished line of one stream.
#[derive(Debug, Default)]
pub(super) struct Joining {
    text: Vec<u8>,
    /// The records that it is made of, a newline behind each.
    records: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    begun: Begun,
}

/// What is known of where a stream's line began.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// All of it was read, if there is any.
    #[default]
    Read,
    /// Nothing of the stream was read yet, and there may be something before.
    Unseen,
    /// A part of it was not read, or it is too long: it is left out, to its end.
    Lost,
}

impl Joining {
    /// Takes the next record of the stream, which is `line`.
    pub(super) fn take(&mut self, line: &[u8], record: &Record<'_>, out: &mut Vec<u8>) -> Inner {
        if self.text.len().saturating_add(record.text.len()) > LINE_CAP {
            self.lose();
        }
        if self.begun != Begun::Read {
            self.begun = if record.ends {
                Begun::Read
            } else {
                Begun::Lost
            };
            return if record.ends {
                Inner::LeftOut
            } else {
                Inner::Part
            };
        }
        if !record.ends {
            if self.records.len().saturating_add(line.len()) > RECORDS_CAP {
                self.lose();
                return Inner::Part;
            }
            self.text.extend_from_slice(&record.text);
            self.records.extend_from_slice(line);
            self.records.push(b'\n');
            self.ends.push(self.records.len());
            return Inner::Part;
        }
        let begin = out.len();
        if self.ends.is_empty() {
            put(&record.text, begin, out);
        } else {
            self.text.extend_from_slice(&record.text);
            put(&self.text, begin, out);
        }
        let text = begin..out.len() - 1;
        if text.len() > LINE_CAP {
            // Its newlines make it too long.
            out.truncate(begin);
            *self = Self::default();
            return Inner::LeftOut;
        }
        let first = out.len();
        out.extend_from_slice(&self.records);
        let mut from = first;
        let earlier = self.ends.iter().map(|end| {
            let begin = std::mem::replace(&mut from, first + end);
            begin..from - 1
        });
        let earlier = earlier.collect();
        // A stream that has had a long line must not hold its memory for ever.
        *self = Self::default();
        Inner::Whole(Whole {
            text,
            time_us: record.time_us,
            earlier,
        })
    }

    /// Leaves the line out, to its end.
    pub(super) fn lose(&mut self) {
        *self = Self {
            begun: Begun::Lost,
            ..Self::default()
        };
    }

    /// Returns the line as another file goes on with it; here it is lost, if there is one.
    pub(super) fn pass_on(&mut self) -> Self {
        if self.begun == Begun::Read && self.ends.is_empty() {
            return Self::default();
        }
        let line = std::mem::take(self);
        self.begun = Begun::Lost;
        line
    }

    /// Begins somewhere in a file.
    pub(super) fn begin_unseen(&mut self) {
        self.begun = Begun::Unseen;
    }

    /// Returns whether it is known what is unfinished.
    pub(super) fn is_certain(&self) -> bool {
        self.begun == Begun::Read
    }

    /// Takes it that nothing is unfinished of a stream that nothing was seen of.
    pub(super) fn end_unseen(&mut self) {
        if self.begun == Begun::Unseen {
            self.begun = Begun::Read;
        }
    }
}

/// Puts a line with its newline behind `begin` of `out`. A newline inside it must not end it.
fn put(text: &[u8], begin: usize, out: &mut Vec<u8>) {
    let mut pieces = text.split(|byte| *byte == b'\n');
    out.extend_from_slice(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.extend_from_slice(b"\\n");
        out.extend_from_slice(piece);
    }
    while out.len() > begin && out.ends_with(b"\r") {
        out.pop();
    }
    out.push(b'\n');
}
