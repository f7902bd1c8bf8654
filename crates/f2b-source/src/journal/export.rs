//! The Journal Export Format: `KEY=value` lines, sized binary fields, an empty line after an entry.

use std::mem;

use crate::journal::Terms;
use crate::journal::entry::{Draft, JournalEntry};

/// The most bytes that are kept of one field's value.
pub const FIELD_CAP: usize = 64 * 1024;

/// The longest name of a field, in bytes; journald itself allows 64.
const NAME_CAP: usize = 256;

/// The largest value that journald stores: a larger size is no size.
const SIZE_CAP: u64 = 768 * 1024 * 1024;

/// More fields of one entry than this are passed over; journald itself allows 1,024.
const FIELDS_CAP: u32 = 2048;

/// Takes an export stream in pieces of any size and gives its entries.
///
/// Its memory is bounded: of a field that counts at most [`FIELD_CAP`] bytes are kept, of
/// others nothing.
#[derive(Debug, Default)]
pub struct ExportParser {
    state: State,
    /// The field's name, or the size's bytes, as far as they came.
    name: Vec<u8>,
    size: Vec<u8>,
    value: Value,
    fields: u32,
    draft: Draft,
    counts: ExportCounts,
    terms: Terms,
}

/// What was left out so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ExportCounts {
    /// Fields that were longer than [`FIELD_CAP`] and were cut to it.
    pub cut_fields: u64,
    /// Fields beyond the most that an entry may have.
    pub dropped_fields: u64,
    /// Entries without a cursor or without a time.
    pub dropped_entries: u64,
}

/// The stream is no journal export.
///
/// The parser gives nothing after that: start `journalctl` anew behind the last cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// A line without `=` is longer than any field's name.
    #[error("read journal export: a field's name is longer than {NAME_CAP} bytes")]
    Name,
    /// The size of a binary field is larger than any journal's.
    #[error("read journal export: a field of {0} bytes")]
    Size(u64),
    /// A binary field does not end with a newline.
    #[error("read journal export: a binary field goes on after its size")]
    Unended,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Name,
    Text,
    Size,
    Binary {
        left: u64,
    },
    End,
    Failed(ExportError),
}

/// The value that is being read.
#[derive(Debug, Default)]
struct Value {
    wanted: bool,
    /// Whether a term is of this field.
    judged: bool,
    cut: bool,
    bytes: Vec<u8>,
}

impl ExportParser {
    /// Returns a parser at the begin of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a parser at the begin of a stream that says of each entry which of the terms it fits.
    #[must_use]
    pub fn with_terms(terms: Terms) -> Self {
        Self {
            terms,
            ..Self::default()
        }
    }

    /// Returns what was left out so far.
    #[must_use]
    pub fn counts(&self) -> ExportCounts {
        self.counts
    }

    /// Takes the next bytes of the stream and hands the entries that they complete to `sink`.
    ///
    /// # Errors
    ///
    /// When the stream is no export; the entries before it were handed over.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(JournalEntry),
    ) -> Result<(), ExportError> {
        while !bytes.is_empty() {
            let used = self.step(bytes, &mut sink)?;
            bytes = bytes.get(used..).unwrap_or_default();
        }
        match self.state {
            State::Failed(error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Takes the front of `bytes`, at least one, and returns how many.
    fn step(
        &mut self,
        bytes: &[u8],
        sink: &mut impl FnMut(JournalEntry),
    ) -> Result<usize, ExportError> {
        match self.state {
            State::Name => self.name(bytes, sink),
            State::Text => {
                let end = memchr::memchr(b'\n', bytes);
                self.value
                    .push(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default());
                if end.is_some() {
                    self.field();
                }
                Ok(end.map_or(bytes.len(), |end| end + 1))
            }
            State::Size => {
                let missing = 8 - self.size.len().min(8);
                let part = bytes.get(..missing).unwrap_or(bytes);
                self.size.extend_from_slice(part);
                if let Ok(size) = <[u8; 8]>::try_from(self.size.as_slice()) {
                    self.size.clear();
                    let left = u64::from_le_bytes(size);
                    if left > SIZE_CAP {
                        return self.fail(ExportError::Size(left));
                    }
                    self.state = State::Binary { left };
                    self.binary(&[]);
                }
                Ok(part.len())
            }
            State::Binary { .. } => Ok(self.binary(bytes)),
            State::End if bytes.first() == Some(&b'\n') => {
                self.field();
                Ok(1)
            }
            State::End => self.fail(ExportError::Unended),
            State::Failed(error) => Err(error),
        }
    }

    /// Reads a field's name up to `=` or the end of its line.
    fn name(
        &mut self,
        bytes: &[u8],
        sink: &mut impl FnMut(JournalEntry),
    ) -> Result<usize, ExportError> {
        let end = memchr::memchr2(b'=', b'\n', bytes);
        let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if self.name.len() + part.len() > NAME_CAP {
            return self.fail(ExportError::Name);
        }
        self.name.extend_from_slice(part);
        let Some(end) = end else {
            return Ok(part.len());
        };
        let text = bytes.get(end) == Some(&b'=');
        if !text && self.name.is_empty() {
            self.entry(sink);
            return Ok(end + 1);
        }
        self.fields = self.fields.saturating_add(1);
        let room = self.fields <= FIELDS_CAP;
        self.counts.dropped_fields += u64::from(!room);
        self.value.wanted = room && Draft::wants(&self.name);
        self.value.judged = room && self.terms.wants(&self.name);
        self.state = if text { State::Text } else { State::Size };
        Ok(end + 1)
    }

    /// Reads on in a binary value and returns how many bytes it took.
    fn binary(&mut self, bytes: &[u8]) -> usize {
        let State::Binary { left } = self.state else {
            return 0;
        };
        let length = usize::try_from(left).unwrap_or(usize::MAX);
        let part = bytes.get(..length).unwrap_or(bytes);
        self.value.push(part);
        let left = left.saturating_sub(part.len() as u64);
        self.state = match left {
            0 => State::End,
            left => State::Binary { left },
        };
        part.len()
    }

    /// Ends a field.
    fn field(&mut self) {
        self.state = State::Name;
        let value = mem::take(&mut self.value);
        self.counts.cut_fields += u64::from(value.cut);
        if value.judged && !value.cut {
            self.terms.hit(&self.name, &value.bytes, self.draft.hits());
        }
        if value.wanted {
            if value.cut {
                self.draft.note_cut();
            }
            self.draft.take(&self.name, value.bytes);
        }
        self.name.clear();
    }

    /// Ends an entry; two empty lines in a row are one.
    fn entry(&mut self, sink: &mut impl FnMut(JournalEntry)) {
        if mem::take(&mut self.fields) == 0 {
            return;
        }
        match mem::take(&mut self.draft).finish() {
            Some(entry) => sink(entry),
            None => self.counts.dropped_entries += 1,
        }
    }

    fn fail<T>(&mut self, error: ExportError) -> Result<T, ExportError> {
        // Nothing of the stream is needed any more.
        *self = Self {
            state: State::Failed(error),
            counts: self.counts,
            ..Self::default()
        };
        Err(error)
    }
}

impl Value {
    /// Keeps what there is room for.
    fn push(&mut self, bytes: &[u8]) {
        if self.wanted || self.judged {
            let room = FIELD_CAP - self.bytes.len().min(FIELD_CAP);
            let kept = bytes.get(..room).unwrap_or(bytes);
            self.cut |= kept.len() < bytes.len();
            self.bytes.extend_from_slice(kept);
        }
    }
}
