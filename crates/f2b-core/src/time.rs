//! Moments and lengths of time.

use std::fmt;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A moment: microseconds since the Unix epoch, UTC.
///
/// Log stamps give whole seconds; bans made by hand carry the clock's microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// Returns the moment `seconds` after the epoch; absurd values saturate.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Returns the moment `micros` microseconds after the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds since the epoch, the fraction cut off.
    #[must_use]
    pub const fn whole_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// Returns the nearest whole second, a half going to the even neighbour: what the database's
    /// `timeofban` holds.
    #[must_use]
    pub const fn rounded_seconds(self) -> i64 {
        let floor = self.whole_seconds();
        let fraction = self.0.rem_euclid(MICROS_PER_SECOND);
        let half = MICROS_PER_SECOND / 2;
        if fraction > half || (fraction == half && floor % 2 != 0) {
            floor + 1
        } else {
            floor
        }
    }

    /// Returns the moment `span` later.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// Returns the moment `span` earlier.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// Returns the time that passed from `earlier` to this moment; negative if it lies after.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// A length of time in microseconds; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Returns a span of whole seconds; absurd values saturate.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// Returns a span of microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the length in microseconds.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds, the fraction cut off.
    #[must_use]
    pub const fn whole_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }
}

/// How long a ban lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bantime {
    /// Until somebody lifts it; `-1` in configuration, replies and the database.
    Permanent,
    /// For this long, counted from the time of the ban.
    Lasting(Span),
}

impl Bantime {
    /// Returns the ban time that `seconds` stands for in configuration and database: anything
    /// below zero is permanent.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        if seconds < 0 {
            Self::Permanent
        } else {
            Self::Lasting(Span::from_seconds(seconds))
        }
    }

    /// Returns the number that stands for this ban time: whole seconds, or −1.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        match self {
            Self::Permanent => -1,
            Self::Lasting(span) => span.whole_seconds(),
        }
    }

    /// Returns the end of a ban that began at `start`; `None` if it never ends.
    #[must_use]
    pub const fn end_from(self, start: UnixTime) -> Option<UnixTime> {
        match self {
            Self::Permanent => None,
            Self::Lasting(span) => Some(start.plus(span)),
        }
    }
}

impl fmt::Display for Bantime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.as_seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_second_rounds_to_the_even_neighbour() {
        let check = |micros, expected| {
            assert_eq!(UnixTime::from_micros(micros).rounded_seconds(), expected);
        };
        check(1_500_000, 2);
        check(2_500_000, 2);
        check(2_500_001, 3);
        check(2_499_999, 2);
        check(-500_000, 0);
    }

    #[test]
    fn absurd_times_saturate() {
        let end = Bantime::from_seconds(i64::MAX).end_from(UnixTime::from_seconds(i64::MAX));
        assert_eq!(end, Some(UnixTime::from_micros(i64::MAX)));
        assert_eq!(Bantime::from_seconds(-7), Bantime::Permanent);
    }
}
