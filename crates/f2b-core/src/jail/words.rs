//! What a jail is told, and what it answers.

use crate::{
    Ban, Bantime, Before, FailId, Failure, IgnoredBy, Increment, Span, StoredBan, Tally, UnixTime,
};

/// What an administrator decides about a jail.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Failures until the ban.
    pub maxretry: u32,
    /// How long a failure counts.
    pub findtime: Span,
    /// How long a ban lasts.
    pub bantime: Bantime,
    /// Lines kept per ticket.
    pub maxmatches: usize,
    /// How much longer who comes back is banned.
    pub increment: Increment,
}

impl Default for Settings {
    /// Returns what holds when the configuration says nothing (contract A 2.1, column "Code").
    fn default() -> Self {
        Self {
            maxretry: 3,
            findtime: Span::from_seconds(600),
            bantime: Bantime::from_seconds(600),
            maxmatches: 5,
            increment: Increment::default(),
        }
    }
}

/// Everything that can make a jail act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line was a failed attempt.
    Failure(Failure),
    /// Somebody tells of a failed attempt, now; each of the lines counts, and none counts as one.
    Attempt(FailId, Vec<Box<str>>),
    /// What would have counted is of somebody who is never banned.
    Ignore(FailId, IgnoredBy),
    /// Somebody asks for a ban, now.
    Ban(FailId),
    /// Somebody asks for a ban's end.
    Unban(FailId),
    /// A ban stands in the database.
    Restore(StoredBan),
    /// A tally was saved before a restart.
    Recall(FailId, Tally),
    /// The settings were changed.
    Settled,
    /// Time has passed.
    Clock,
}

/// What has to be carried out, in this order, for what a jail has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A failure was counted; its tally changed.
    Found {
        /// Who failed.
        id: FailId,
        /// When.
        time: UnixTime,
    },
    /// An attempt that was told of was counted.
    Attempted {
        /// Who failed.
        id: FailId,
        /// When.
        time: UnixTime,
    },
    /// The failure just found is of somebody who was banned before: it counts more.
    FoundBad {
        /// Who failed.
        id: FailId,
        /// When.
        time: UnixTime,
        /// How often this jail has banned it.
        count: u32,
        /// For how many failures this one counts.
        weight: u32,
        /// Whether that alone is enough for a ban.
        is_enough: bool,
        /// Whether it would be more than is needed for a ban.
        is_cut: bool,
    },
    /// A failure of somebody who is never banned was passed over.
    Ignored(FailId, IgnoredBy),
    /// The tally of this identity is no longer kept.
    Forgotten(FailId),
    /// A new ban, made or restored.
    Ban(Ban),
    /// The ban just made lasts longer than the jail's own `bantime`, because of earlier ones.
    Increased {
        /// The ban as it stands.
        ban: Ban,
        /// The earlier ones.
        before: Before,
        /// What a first ban lasts.
        from: Span,
    },
    /// A ban that was over before it could begin.
    AlreadyOver(FailId),
    /// A failure of somebody who is banned, this long after the ban began.
    AlreadyBanned {
        /// Who is banned.
        id: FailId,
        /// From the ban's begin to the failure.
        age: Span,
        /// When the ban ends.
        end: Option<UnixTime>,
    },
    /// A standing ban now ends at another time.
    EndMoved(Ban),
    /// A ban has ended.
    Unban(Ban, UnbanCause),
}

/// Why a ban ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnbanCause {
    /// Its time was over.
    Expired,
    /// Somebody asked for it.
    Asked,
}

/// What `status` counts since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Failures counted.
    pub failed: u64,
    /// Bans made or restored.
    pub banned: u64,
    /// Failures of ignored identities.
    pub ignored: u64,
}
