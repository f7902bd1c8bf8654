//! Words and judgement of Stockade: what a failure is, when it becomes a ban, when the ban ends.
//!
//! *Knows* time, addresses, failures, tickets, the counting of failures within `findtime`, the ban
//! list, and one jail as a state machine: [`Jail::on`] takes an [`Input`] and returns the
//! [`Effect`]s that somebody else has to carry out.
//!
//! *Must not know* clocks, files, sockets, the kernel, configuration syntax. Time is an argument, so
//! that a recorded day replays to the same effects.
//!
//! *Oracle*: traces recorded from the original's server. `conformance` replays the same log through
//! both servers and compares who was banned; `src/tally.rs` holds the rows of its estimation.
//!
//! ```
//! use f2b_core::{Dice, Effect, FailId, Failure, History, Input, Jail, Settings, UnixTime};
//!
//! let settings = Settings { maxretry: 2, ..Settings::default() };
//! let mut jail = Jail::new("sshd", settings, Dice::seeded(1));
//! let history = History::default();
//! let at = UnixTime::from_seconds(1_000);
//! let failure = |seconds| Input::Failure(Failure {
//!     id: FailId::parse("192.0.2.1"),
//!     time: UnixTime::from_seconds(seconds),
//!     lines: vec!["bad login".into()],
//!     fields: Vec::new(),
//! });
//! jail.on(failure(999), at, &history);
//! let effects = jail.on(failure(1_000), at, &history);
//! assert!(effects.iter().any(|effect| matches!(effect, Effect::Ban(_))));
//! ```
#![deny(clippy::disallowed_methods)]

mod ban;
mod ban_list;
mod dice;
mod formula;
pub mod glob;
mod history;
mod id;
mod ignore;
mod increment;
mod jail;
pub mod journal;
mod span_text;
mod tally;
mod time;
mod time_text;

pub use ban::{Ban, Failure, StoredBan};
pub use ban_list::BanList;
pub use dice::Dice;
pub use formula::{Formula, FormulaError, Given};
pub use history::{Before, History, Past};
pub use id::FailId;
pub use ignore::{
    AddressFile, IgnoreCache, IgnoreEntry, IgnoreError, IgnoreList, IgnoredBy, Known, Verdict,
};
pub use increment::Increment;
pub use jail::{Counters, Effect, Input, Jail, Settings, UnbanCause};
pub use span_text::span_in_words;
pub use tally::{Added, Tallies, Tally};
pub use time::{Bantime, Span, UnixTime};
pub use time_text::{
    Seconds, SyntaxMistake, TimeTextError, TimeTextErrorKind, ZeroDivision, parse_time,
};
