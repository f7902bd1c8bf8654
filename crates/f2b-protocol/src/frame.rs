//! Where one message ends and the next begins.
//!
//! A message is a pickle followed by [`TERMINATOR`]. The terminator is searched
//! in the raw bytes: a text inside a message that contains it cuts the message.

/// Ends every message.
pub const TERMINATOR: &[u8; 17] = b"<F2B_END_COMMAND>";
/// Content of the message by which a client says goodbye.
pub const CLOSE: &[u8; 19] = b"<F2B_CLOSE_COMMAND>";

/// What a reader keeps for the next messages, in bytes.
const KEPT: usize = 64 << 10;

/// What a reader of frames can refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A message grew beyond the limit without ending.
    #[error("message exceeds the limit of {limit} bytes")]
    TooLong {
        /// The most bytes one message may have, terminator excluded.
        limit: usize,
    },
}

/// A message to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A pickle, or [`CLOSE`].
    Pickle(Vec<u8>),
    /// A line of JSON.
    Line(Vec<u8>),
}

/// Takes bytes in as they come and gives whole messages out.
///
/// *Cost*: each byte is looked at once, however the bytes are cut.
///
/// ```
/// use f2b_protocol::frame::FrameReader;
///
/// let mut frames = FrameReader::new(1024);
/// frames.push(b"one<F2B_END_");
/// assert_eq!(frames.next_frame()?, None);
/// frames.push(b"COMMAND>two");
/// assert_eq!(frames.next_frame()?, Some(b"one".to_vec()));
/// assert_eq!(frames.next_frame()?, None);
/// # Ok::<(), f2b_protocol::frame::FrameError>(())
/// ```
#[derive(Debug)]
pub struct FrameReader {
    limit: usize,
    buffer: Vec<u8>,
    /// Where the message that is being read begins in `buffer`.
    start: usize,
    /// Up to where `buffer` was searched.
    searched: usize,
    /// How many bytes of the terminator end at `searched`.
    matched: usize,
}

impl FrameReader {
    /// Returns a reader of messages of at most this many bytes, the terminator
    /// excluded.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            matched: 0,
        }
    }

    /// Takes bytes in. What is held stays within the limit plus one push if
    /// [`next_frame`](Self::next_frame) is called until it has no more.
    pub fn push(&mut self, bytes: &[u8]) {
        // Messages that were handed out make room before anything is added;
        // what moves is less than what was handed out, so this stays linear.
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next whole message without its terminator.
    ///
    /// *Errors*: the message is longer than the limit. The connection is of no
    /// use any more then, because nobody knows where the next message begins.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        while let Some(rest) = self.buffer.get(self.searched..) {
            if self.matched == 0 {
                // Only the first byte of the terminator can begin it.
                let skip = rest.iter().position(|byte| *byte == b'<');
                self.searched += skip.unwrap_or(rest.len());
            }
            let Some(byte) = self.buffer.get(self.searched) else {
                break;
            };
            self.searched += 1;
            // `<` occurs in the terminator only at its begin, so a mismatch
            // begins anew at this very byte or not at all.
            self.matched = match TERMINATOR.get(self.matched) {
                Some(expected) if expected == byte => self.matched + 1,
                _ => usize::from(*byte == b'<'),
            };
            if self.matched == TERMINATOR.len() {
                return self.take().map(Some);
            }
            self.check_length(self.searched - self.matched)?;
        }
        self.check_length(self.searched - self.matched)?;
        Ok(None)
    }

    /// Returns the next whole message of either kind; its first byte tells which it is, since no pickle
    /// begins with a bracket. Blanks and ends of lines between messages are passed over.
    ///
    /// *Errors*: as of [`next_frame`](Self::next_frame).
    pub fn next_message(&mut self) -> Result<Option<Message>, FrameError> {
        if self.searched == self.start {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let blanks = rest.iter().take_while(|byte| is_blank(byte)).count();
            self.start += blanks;
            self.searched = self.start;
        }
        if self.is_line() {
            return Ok(self.next_line()?.map(Message::Line));
        }
        Ok(self.next_frame()?.map(Message::Pickle))
    }

    fn next_line(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let rest = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'\n', rest) else {
            self.searched = self.buffer.len();
            self.check_length(self.searched)?;
            return Ok(None);
        };
        let end = self.searched + length;
        self.check_length(end)?;
        let line = self
            .buffer
            .get(self.start..end)
            .unwrap_or_default()
            .to_vec();
        self.start = end + 1;
        self.searched = self.start;
        self.shrink();
        Ok(Some(line))
    }

    /// Tells whether the message that has begun is a line of JSON.
    #[must_use]
    pub fn is_line(&self) -> bool {
        matches!(self.buffer.get(self.start), Some(b'[' | b'{'))
    }

    /// Returns how many bytes are held that no message was made of yet.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Says whether a message has begun but not ended.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.buffer.len() > self.start
    }

    fn take(&mut self) -> Result<Vec<u8>, FrameError> {
        let end = self.searched - TERMINATOR.len();
        self.check_length(end)?;
        let frame = self.buffer.get(self.start..end).unwrap_or(&[]).to_vec();
        self.start = self.searched;
        self.matched = 0;
        self.shrink();
        Ok(frame)
    }

    /// One large message is no reason to stay large.
    fn shrink(&mut self) {
        if self.start == self.buffer.len() && self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
            (self.start, self.searched) = (0, 0);
        }
    }

    fn check_length(&self, end: usize) -> Result<(), FrameError> {
        if end.saturating_sub(self.start) > self.limit {
            return Err(FrameError::TooLong { limit: self.limit });
        }
        Ok(())
    }
}

/// Returns the message with its terminator.
#[must_use]
pub fn terminated(mut message: Vec<u8>) -> Vec<u8> {
    message.extend_from_slice(TERMINATOR);
    message
}

#[cfg(test)]
mod tests {
    use super::{CLOSE, FrameError, FrameReader, Message, terminated};

    fn frames(limit: usize, pushes: &[&[u8]]) -> Result<Vec<Vec<u8>>, FrameError> {
        let mut reader = FrameReader::new(limit);
        let mut out = Vec::new();
        for push in pushes {
            reader.push(push);
            while let Some(frame) = reader.next_frame()? {
                out.push(frame);
            }
        }
        Ok(out)
    }

    #[test]
    fn messages_end_at_the_terminator_however_they_are_cut() {
        type Row = (&'static [&'static [u8]], &'static [&'static [u8]]);
        let rows: &[Row] = &[
            (&[b"a<F2B_END_COMMAND>"], &[b"a"]),
            (&[b"<F2B_END_COMMAND>"], &[b""]),
            (&[b"a<F2B_END_COMMAND>b<F2B_END_COMMAND>c"], &[b"a", b"b"]),
            (&[b"a<", b"F2B_END_COMMAND", b">b"], &[b"a"]),
            (&[b"a<<F2B_END_COMMAND>"], &[b"a<"]),
            (&[b"a<F2B_<F2B_END_COMMAND>"], &[b"a<F2B_"]),
            (&[b"<F2B_CLOSE_COMMAND><F2B_END_COMMAND>"], &[CLOSE]),
        ];
        for (pushes, expected) in rows {
            assert_eq!(frames(100, pushes).unwrap(), *expected);
        }
    }

    #[test]
    fn lines_and_pickles_may_follow_each_other() {
        let mut reader = FrameReader::new(20);
        let mut seen = Vec::new();
        let pushes: [&[u8]; 4] = [
            b"[1]\n\r\n {\"a\"",
            b":2}\n",
            b"x<F2B_END_COMMAND>[",
            b"]\n",
        ];
        for push in pushes {
            reader.push(push);
            while let Some(message) = reader.next_message().unwrap() {
                seen.push(message);
            }
        }
        let line = |text: &str| Message::Line(text.as_bytes().to_vec());
        let expected = [
            line("[1]"),
            line("{\"a\":2}"),
            Message::Pickle(b"x".to_vec()),
            line("[]"),
        ];
        assert_eq!(seen, expected);
        reader.push(&[b'['; 21]);
        assert_eq!(
            reader.next_message(),
            Err(FrameError::TooLong { limit: 20 })
        );
    }

    #[test]
    fn a_message_beyond_the_limit_is_refused() {
        assert_eq!(
            frames(3, &[&terminated(b"abc".to_vec())]).unwrap(),
            [b"abc"]
        );
        let error = FrameError::TooLong { limit: 3 };
        assert_eq!(frames(3, &[&terminated(b"abcd".to_vec())]), Err(error));
        assert_eq!(frames(3, &[b"ab", b"cd"]), Err(error));
        assert_eq!(frames(3, &[b"abc<F2B"]), Ok(vec![]));
    }
}
