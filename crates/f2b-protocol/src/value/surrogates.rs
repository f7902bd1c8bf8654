//! Text that Rust's `String` cannot hold.

use std::fmt;

/// Holds text with at least one lone surrogate, as Python carries bytes that
/// were no UTF-8.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SurrogateText {
    /// Code points, surrogates included, each below 0x11_0000.
    points: Vec<u32>,
}

impl SurrogateText {
    /// Returns the text for generalised UTF-8, in which a surrogate is three
    /// bytes, as pickle carries it; `None` when the bytes are not that.
    #[must_use]
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut points = Vec::with_capacity(bytes.len());
        loop {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => {
                    points.extend(text.chars().map(u32::from));
                    return Some(Self { points });
                }
                Err(error) => error,
            };
            let (valid, rest) = bytes.split_at_checked(error.valid_up_to())?;
            points.extend(std::str::from_utf8(valid).ok()?.chars().map(u32::from));
            let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, after @ ..] = rest else {
                return None;
            };
            points.push(0xd000 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f));
            bytes = after;
        }
    }

    /// Returns the text for code points; `None` when one is not below 0x11_0000.
    #[must_use]
    pub fn from_points(points: Vec<u32>) -> Option<Self> {
        points
            .iter()
            .all(|point| *point < 0x11_0000)
            .then_some(Self { points })
    }

    /// Returns the code points, surrogates included.
    #[must_use]
    pub fn points(&self) -> &[u32] {
        &self.points
    }

    /// Returns the text as generalised UTF-8.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.points.len());
        for point in &self.points {
            match char::from_u32(*point) {
                Some(character) => {
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                None => out.extend(surrogate_bytes(*point)),
            }
        }
        out
    }

    /// Returns the bytes that Python's file-system decoding made this text of.
    ///
    /// *Errors*: `None` when a surrogate is outside U+DC80..=U+DCFF, because it
    /// stands for no byte then.
    #[must_use]
    pub fn to_os_bytes(&self) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(self.points.len());
        for point in &self.points {
            match char::from_u32(*point) {
                Some(character) => {
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                None if (0xdc80..=0xdcff).contains(point) => {
                    out.push(u8::try_from(point & 0xff).ok()?);
                }
                None => return None,
            }
        }
        Some(out)
    }

    /// Returns the text for bytes of the operating system, as Python decodes
    /// them: UTF-8, and each byte that is none as a surrogate.
    #[must_use]
    pub fn from_os_bytes(bytes: &[u8]) -> Self {
        let mut points = Vec::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            points.extend(chunk.valid().chars().map(u32::from));
            points.extend(chunk.invalid().iter().map(|byte| 0xdc00 | u32::from(*byte)));
        }
        Self { points }
    }

    /// Returns the characters, a lone surrogate as its code point.
    pub(super) fn units(&self) -> impl Iterator<Item = Result<char, u32>> + Clone {
        let points = self.points.iter();
        points.map(|point| char::from_u32(*point).ok_or(*point))
    }

    /// Returns the text with each surrogate as its escape.
    pub(super) fn escaped(&self) -> String {
        let mut out = String::with_capacity(self.points.len());
        for point in &self.points {
            match char::from_u32(*point) {
                Some(character) => out.push(character),
                None => out.push_str(&format!("\\u{point:04x}")),
            }
        }
        out
    }
}

impl fmt::Debug for SurrogateText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.escaped())
    }
}

fn surrogate_bytes(point: u32) -> impl Iterator<Item = u8> {
    // A surrogate is U+D800..=U+DFFF, so the masks leave one byte each.
    [0xed, 0x80 | (point >> 6 & 0x3f), 0x80 | (point & 0x3f)]
        .into_iter()
        .filter_map(|byte| u8::try_from(byte).ok())
}
