//! A failure on its way in, a ban on its way out.

use crate::{Bantime, FailId, UnixTime};

/// What a filter judged to be a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Who failed; taken from the rule's capture alone.
    pub id: FailId,
    /// When, by the line's own stamp.
    pub time: UnixTime,
    /// The lines as they stood in the log, without their line ends: one, or those of a session.
    pub lines: Vec<Box<str>>,
    /// What else the rule captured, by group name: `("user", "root")`.
    pub fields: Vec<(Box<str>, Box<str>)>,
}

/// A ban: who, since when, how long, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who is banned.
    pub id: FailId,
    /// When the ban begins: the time of the last failure, or the moment of `banip`.
    pub time: UnixTime,
    /// How long it lasts from then on.
    pub bantime: Bantime,
    /// Whether that length is its own; otherwise it follows the jail's `bantime`.
    pub has_own_bantime: bool,
    /// How often this identity has been banned by this jail, this time included.
    pub count: u32,
    /// The failures that led here; 0 for a ban made by hand.
    pub failures: u64,
    /// The last lines that led here, at most `maxmatches`.
    pub matches: Vec<Box<str>>,
    /// What the first failure's rule captured.
    pub fields: Vec<(Box<str>, Box<str>)>,
    /// Whether it was taken up from the database.
    pub restored: bool,
}

impl Ban {
    /// Returns the moment the ban ends; `None` for a permanent one.
    #[must_use]
    pub fn end(&self) -> Option<UnixTime> {
        self.bantime.end_from(self.time)
    }

    /// Tells whether the ban is over at `now`.
    #[must_use]
    pub fn is_over(&self, now: UnixTime) -> bool {
        self.end().is_some_and(|end| end < now)
    }
}

/// A ban as the database holds it (`bips`), before a jail has judged whether it still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBan {
    /// Who was banned.
    pub id: FailId,
    /// When the ban began.
    pub time: UnixTime,
    /// Its length; `None` where an old schema did not record one: the jail's own applies.
    pub bantime: Option<Bantime>,
    /// How often it had been banned, that time included.
    pub count: u32,
    /// The failures that led there.
    pub failures: u64,
    /// The lines that led there.
    pub matches: Vec<Box<str>>,
    /// What the rule captured.
    pub fields: Vec<(Box<str>, Box<str>)>,
}
