//! One entry: the line that a filter sees, and when it happened.

use super::{Cursor, Hits};

/// The most bytes of message that an entry's text gets, however many `MESSAGE` fields it has.
const MESSAGE_CAP: usize = 64 * 1024;

/// One record of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The place of the entry, for `journalctl --cursor`.
    pub cursor: Cursor,
    /// When it happened by its sender's clock, else when it arrived; microseconds since the epoch.
    pub realtime_us: u64,
    /// The line that filters see, one line also when the message has several.
    ///
    /// *Shape*: `host sshd[7]: the message`, newlines as the two characters `\n`; for the kernel
    /// `host kernel: [   12.345678] the message`. Parts that the entry lacks are left out.
    pub text: Vec<u8>,
    /// Whether a part of it was too long and was cut: then no rule may be held against it.
    pub is_cut: bool,
    /// Which of the parser's terms it fits.
    pub hits: Hits,
}

/// The fields of an entry that were read so far, each empty while it has not come.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    cursor: Vec<u8>,
    hostname: Vec<u8>,
    identifier: Vec<u8>,
    command: Vec<u8>,
    syslog_pid: Vec<u8>,
    pid: Vec<u8>,
    source_realtime: Vec<u8>,
    realtime: Vec<u8>,
    source_monotonic: Vec<u8>,
    monotonic: Vec<u8>,
    message: Vec<u8>,
    is_cut: bool,
    hits: Hits,
}

impl Draft {
    /// Returns whether the field is of use.
    pub(crate) fn wants(name: &[u8]) -> bool {
        name == b"MESSAGE" || Self::default().place(name).is_some()
    }

    /// Takes up a field; of a repeated one the first counts, but messages are joined by a blank.
    pub(crate) fn take(&mut self, name: &[u8], value: Vec<u8>) {
        if name == b"MESSAGE" {
            if self.message.is_empty() {
                self.message = value;
            } else {
                self.message.push(b' ');
                self.message.extend(value);
            }
            self.is_cut |= self.message.len() > MESSAGE_CAP;
            self.message.truncate(MESSAGE_CAP);
        } else if let Some(place) = self.place(name).filter(|place| place.is_empty()) {
            *place = value;
        }
    }

    fn place(&mut self, name: &[u8]) -> Option<&mut Vec<u8>> {
        Some(match name {
            b"__CURSOR" => &mut self.cursor,
            b"_HOSTNAME" => &mut self.hostname,
            b"SYSLOG_IDENTIFIER" => &mut self.identifier,
            b"_COMM" => &mut self.command,
            b"SYSLOG_PID" => &mut self.syslog_pid,
            b"_PID" => &mut self.pid,
            b"_SOURCE_REALTIME_TIMESTAMP" => &mut self.source_realtime,
            b"__REALTIME_TIMESTAMP" => &mut self.realtime,
            b"_SOURCE_MONOTONIC_TIMESTAMP" => &mut self.source_monotonic,
            b"__MONOTONIC_TIMESTAMP" => &mut self.monotonic,
            _ => return None,
        })
    }

    /// Takes up which terms the entry fits.
    pub(crate) fn hits(&mut self) -> &mut Hits {
        &mut self.hits
    }

    /// Notes that a field's value was cut.
    pub(crate) fn note_cut(&mut self) {
        self.is_cut = true;
    }

    /// Returns the entry, or nothing when it has no place or no time.
    pub(crate) fn finish(self) -> Option<JournalEntry> {
        let text = self.text();
        let cursor = str::from_utf8(&self.cursor).ok();
        let cursor = cursor.filter(|cursor| !cursor.is_empty())?.parse();
        // A place in words that no journal has today is one by its time still.
        let by_time = || {
            let realtime_us = number(&self.realtime)?;
            Some(Cursor {
                number: None,
                since_boot: None,
                realtime_us,
                content: None,
            })
        };
        Some(JournalEntry {
            realtime_us: number(&self.source_realtime).or_else(|| number(&self.realtime))?,
            cursor: cursor.ok().or_else(by_time)?,
            text,
            is_cut: self.is_cut,
            hits: self.hits,
        })
    }

    fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.message.len().saturating_add(64));
        push(&mut text, &self.hostname);
        let identifier = first(&self.identifier, &self.command);
        let pid = first(&self.syslog_pid, &self.pid);
        if !identifier.is_empty() {
            push(&mut text, identifier);
            if !pid.is_empty() {
                text.push(b'[');
                text.extend_from_slice(pid);
                text.push(b']');
            }
            text.push(b':');
            if identifier == b"kernel" && pid.is_empty() {
                push(&mut text, self.since_boot().as_bytes());
            }
        }
        push(&mut text, &self.message);
        escape_newlines(text)
    }

    /// Returns the time since boot as the kernel's messages have it.
    fn since_boot(&self) -> String {
        let time_us = number(&self.source_monotonic).or_else(|| number(&self.monotonic));
        let time_us = time_us.unwrap_or_default();
        format!("[{:>5}.{:06}]", time_us / 1_000_000, time_us % 1_000_000)
    }
}

/// Returns `one`, or `other` when it is empty.
fn first<'a>(one: &'a [u8], other: &'a [u8]) -> &'a [u8] {
    if one.is_empty() { other } else { one }
}

/// Adds a word behind a blank; an empty one adds nothing.
fn push(text: &mut Vec<u8>, word: &[u8]) {
    if !text.is_empty() && !word.is_empty() {
        text.push(b' ');
    }
    text.extend_from_slice(word);
}

/// Returns the text as one line.
fn escape_newlines(text: Vec<u8>) -> Vec<u8> {
    if memchr::memchr(b'\n', &text).is_none() {
        return text;
    }
    let mut line = Vec::with_capacity(text.len().saturating_mul(2));
    for byte in text {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            byte => line.push(byte),
        }
    }
    line
}

/// Returns a field's decimal number.
fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
