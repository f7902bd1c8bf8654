//! Where reading stopped, in a form that outlives the process.

use std::fmt;
use std::str::FromStr;

use sha1::{Digest, Sha1};

use crate::opened::FileId;

/// Where to begin with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the first line.
    Head,
    /// After the last complete line that is there now; a file that appears later is read whole.
    Tail,
    /// Where an earlier run stopped.
    At(Position),
}

impl Start {
    /// Returns whether it is a place in this file.
    pub(crate) fn names(&self, id: FileId) -> bool {
        match self {
            Self::Head | Self::Tail => false,
            Self::At(position) => (position.device, position.inode) == (id.device, id.inode),
        }
    }
}

/// The place after the last line that was delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The device that holds the file.
    pub device: u64,
    /// The file's inode number; 0 when unknown.
    pub inode: u64,
    /// Bytes from the begin of the file; always the begin of a line.
    pub offset: u64,
    /// The fingerprint of the first line; nothing while it is incomplete or longer than 1 MiB.
    pub first_line: Option<FirstLine>,
    /// The file that stood at the path before, whose writer may still append to it.
    ///
    /// A position without it is good: then lines that were appended to the rotated file while
    /// nobody was reading are not found after a restart.
    pub earlier: Option<Earlier>,
}

impl Position {
    /// Returns a position of which only the first line and the offset are known.
    ///
    /// The original's database holds no more. It counts when the file's first line is the same
    /// and the file is long enough; otherwise the file is read from its begin.
    #[must_use]
    pub fn unidentified(offset: u64, first_line: Option<FirstLine>) -> Self {
        Self {
            device: 0,
            inode: 0,
            offset,
            first_line,
            earlier: None,
        }
    }
}

/// Where reading stopped in a file that has been rotated away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// The device that holds the file.
    pub device: u64,
    /// The file's inode number.
    pub inode: u64,
    /// Bytes from the begin of the file.
    pub offset: u64,
    /// The fingerprint of its first line.
    pub first_line: Option<FirstLine>,
}

/// The SHA-1 of a file's first line including its newline.
///
/// *Shape*: as text 40 hexadecimal digits, which is what the original writes into the column
/// `firstlinemd5`. An MD5 of 32 digits, which only very old installations hold, is not one: such
/// a file is read from its begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FirstLine([u8; 20]);

impl FirstLine {
    /// Returns the fingerprint of `line`, which includes its newline.
    #[must_use]
    pub fn of(line: &[u8]) -> Self {
        Self(Sha1::digest(line).into())
    }

    /// Returns the fingerprint that `hash` has gathered.
    pub(crate) fn finish(hash: Sha1) -> Self {
        Self(hash.finalize().into())
    }
}

impl fmt::Display for FirstLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for FirstLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "FirstLine({self})")
    }
}

/// The text is not a SHA-1 in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read a first-line fingerprint: expected 40 hexadecimal digits")]
pub struct FirstLineTextError;

impl FromStr for FirstLine {
    type Err = FirstLineTextError;

    fn from_str(text: &str) -> Result<Self, FirstLineTextError> {
        let digits = text.as_bytes();
        if digits.len() != 40 {
            return Err(FirstLineTextError);
        }
        let mut hash = [0; 20];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).ok_or(FirstLineTextError)?;
                *byte = *byte << 4 | u8::try_from(value).unwrap_or_default();
            }
        }
        Ok(Self(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_sha1_of_the_line_with_its_newline() {
        // `printf 'abc\n' | sha1sum`
        let text = "03cfd743661f07975fa2f1220c5194cbaff48451";
        assert_eq!(FirstLine::of(b"abc\n").to_string(), text);
        assert_eq!(text.parse(), Ok(FirstLine::of(b"abc\n")));
        assert_eq!(text.to_uppercase().parse(), Ok(FirstLine::of(b"abc\n")));
    }

    #[test]
    fn other_text_is_no_fingerprint() {
        for text in [
            "",
            "03cfd743661f07975fa2f1220c5194cb",
            "03cfd743661f07975fa2f1220c5194cbaff4845g",
            "+3cfd743661f07975fa2f1220c5194cbaff48451",
        ] {
            assert_eq!(text.parse::<FirstLine>(), Err(FirstLineTextError), "{text}");
        }
    }
}
