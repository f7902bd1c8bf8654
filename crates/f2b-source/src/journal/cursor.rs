//! The place of one entry, and which of two places comes first.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The place of an entry in a journal.
///
/// *Shape* of its text, as the journal has it: `s=…;i=…;b=…;m=…;t=…;x=…`, all numbers in base sixteen.
///
/// There is no order among all places, only between two of them ([`Cursor::order`]): machines, boots and
/// journals that were begun anew share no counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sequence of numbers that the entry is of, and its number there.
    pub number: Option<(u128, u64)>,
    /// The boot that the entry is of, and the microseconds since then.
    pub since_boot: Option<(u128, u64)>,
    /// When the journal took the entry, by its clock; microseconds since the epoch.
    pub realtime_us: u64,
    /// A checksum of the entry's content.
    pub content: Option<u64>,
}

/// The text is no place in a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read the journal's cursor: {0:?} is none")]
pub struct CursorTextError(String);

impl Cursor {
    /// Tells which of two entries comes first, as the journal itself does: by their numbers if they are of one
    /// sequence, else by the time since boot if they are of one boot, else by the clock.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let in_common = |one: Option<(u128, u64)>, other: Option<(u128, u64)>| {
            let ((one, at), (other, other_at)) = (one?, other?);
            (one == other).then(|| at.cmp(&other_at))
        };
        in_common(self.number, other.number)
            .or_else(|| in_common(self.since_boot, other.since_boot))
            .unwrap_or_else(|| self.realtime_us.cmp(&other.realtime_us))
    }
}

impl FromStr for Cursor {
    type Err = CursorTextError;

    fn from_str(text: &str) -> Result<Self, CursorTextError> {
        let part = |key: &str| {
            let mut parts = text.split(';').filter_map(|part| part.split_once('='));
            parts.find(|(name, _)| *name == key).map(|(_, value)| value)
        };
        let number = |key: &str| u64::from_str_radix(part(key)?, 16).ok();
        let id = |key: &str| u128::from_str_radix(part(key)?, 16).ok();
        Ok(Self {
            number: id("s").zip(number("i")),
            since_boot: id("b").zip(number("m")),
            realtime_us: number("t").ok_or_else(|| CursorTextError(text.to_owned()))?,
            content: number("x"),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((id, number)) = self.number {
            write!(formatter, "s={id:032x};i={number:x};")?;
        }
        if let Some((id, micros)) = self.since_boot {
            write!(formatter, "b={id:032x};m={micros:x};")?;
        }
        write!(formatter, "t={:x}", self.realtime_us)?;
        match self.content {
            Some(content) => write!(formatter, ";x={content:x}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "s=0a12c9eea1a4562915582eba5df14220;i=9;b=0123456789abcdef0123456789abcdef;\
                         m=895449;t=660ce02d050c0;x=b2d0f0e635d9313a";

    #[test]
    fn a_place_is_written_as_it_was_read() {
        for text in [
            WHOLE,
            "t=1",
            "s=00000000000000000000000000000001;i=2;t=3",
            "b=00000000000000000000000000000001;m=2;t=3;x=4",
        ] {
            assert_eq!(text.parse::<Cursor>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_has_no_time_is_no_place() {
        for text in ["", "x", "s=1", "s=1;i=2;b=3;m=4;x=5", "t=", "t=g", "t=-1"] {
            let error = text.parse::<Cursor>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("read the journal's cursor: {text:?} is none")
            );
        }
    }

    #[test]
    fn numbers_decide_before_the_time_since_boot_and_that_before_the_clock() {
        let check = |one: &str, other: &str, expected: Ordering| {
            let [one, other]: [Cursor; 2] = [one, other].map(|text| text.parse().unwrap());
            assert_eq!(one.order(&other), expected, "{one} {other}");
            assert_eq!(other.order(&one), expected.reverse());
        };
        // The clock was set back in between.
        check("s=1;i=7;b=1;m=7;t=9", "s=1;i=8;b=1;m=8;t=3", Ordering::Less);
        // A journal that was begun anew after it was wiped.
        check("s=1;i=7;b=1;m=7;t=9", "s=2;i=1;b=1;m=8;t=3", Ordering::Less);
        // Written into another file, as when the journal moves to the disk.
        check(
            "s=1;i=7;b=1;m=7;t=9",
            "s=2;i=1;b=1;m=7;t=9",
            Ordering::Equal,
        );
        // Another machine, or another boot.
        check("s=1;i=7;b=1;m=7;t=9", "s=2;i=1;b=2;m=1;t=a", Ordering::Less);
        check("t=9", "s=2;i=1;b=2;m=1;t=a", Ordering::Less);
        check(WHOLE, WHOLE, Ordering::Equal);
    }
}
