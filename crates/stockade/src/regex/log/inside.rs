//! The lines inside a container log.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

use f2b_core::UnixTime;
use f2b_source::{Encoding, Form, Inner, Unwrapper};

use super::{Piece, Reader, counts};

/// What is inside the lines of a file, as long as they are records.
#[derive(Default)]
pub(super) struct Inside {
    unwrapper: Unwrapper,
    text: Vec<u8>,
}

impl Inside {
    /// Hands over the lines inside `bytes`, whole lines, and returns how many of the bytes that were: what
    /// is behind them is a plain log.
    pub(super) fn hand_over(
        &mut self,
        bytes: &[u8],
        encoding: Encoding,
        reader: &mut Reader<'_>,
    ) -> ControlFlow<(), usize> {
        let mut done = 0;
        while !self.is_over(encoding)
            && let Some(rest) = bytes.get(done..)
            && let Some(end) = memchr::memchr(b'\n', rest)
        {
            let (line, _) = rest.split_at(end + 1);
            let returns = |byte: &&u8| matches!(byte, b'\r' | b'\n');
            let ends = line.iter().rev().take_while(returns).count();
            let bare = line.get(..line.len() - ends).unwrap_or_default();
            let before = self.unwrapper.form();
            self.text.clear();
            let inner = self.unwrapper.line(bare, &mut self.text);
            let form = self.unwrapper.form();
            if before != form {
                reader(Piece::Taken(form))?;
            }
            if form.is_none() {
                break;
            }
            done += line.len();
            match inner {
                Inner::Whole(whole) => {
                    let time = UnixTime::from_micros(whole.time_us);
                    let encoding = match form {
                        Some(Form::Docker) => Encoding::Utf8,
                        Some(Form::Cri) | None => encoding,
                    };
                    let with_end = whole.text.start..whole.text.end + 1;
                    let bytes = self.text.get(with_end).unwrap_or_default();
                    let (text, is_whole) = encoding.decode(bytes);
                    let earlier = whole.earlier.iter();
                    let mut records: Vec<Cow<'_, str>> =
                        earlier.map(|range| self.record(range, encoding)).collect();
                    records.push(encoding.decode(line).0);
                    let records: Vec<&str> = records.iter().map(AsRef::as_ref).collect();
                    reader(Piece::Inside {
                        text: &text,
                        time,
                        records: &records,
                        broken: (!is_whole).then_some(bytes),
                    })?;
                }
                Inner::Plain => {
                    let (text, is_whole) = encoding.decode(line);
                    if counts(&text) {
                        reader(Piece::Line {
                            text: &text,
                            broken: (!is_whole).then_some(line),
                        })?;
                    }
                }
                Inner::Part | Inner::LeftOut => {}
            }
        }
        ControlFlow::Continue(done)
    }

    /// Returns whether the rest of the file is a plain log. Records are written in no encoding of wide units.
    pub(super) fn is_over(&self, encoding: Encoding) -> bool {
        let (width, _) = encoding.newline();
        width > 1 || self.unwrapper.is_plain()
    }

    fn record(&self, range: &Range<usize>, encoding: Encoding) -> Cow<'_, str> {
        let bytes = self.text.get(range.clone()).unwrap_or_default();
        encoding.decode(bytes).0
    }
}
