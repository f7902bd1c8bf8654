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
//! use f2b_core::{Bantime, FailId, Failure, Input, Effect, Jail, Settings, Span, UnixTime};
//!
//! let mut jail = Jail::new(Settings { maxretry: 2, ..Settings::default() });
//! let at = UnixTime::from_seconds(1_000);
//! let failure = |seconds| Input::Failure(Failure {
//!     id: FailId::parse("192.0.2.1"),
//!     time: UnixTime::from_seconds(seconds),
//!     lines: vec!["bad login".into()],
//!     fields: Vec::new(),
//! });
//! jail.on(failure(999), at);
//! let effects = jail.on(failure(1_000), at);
//! assert!(effects.iter().any(|effect| matches!(effect, Effect::Ban(_))));
//! ```
#![deny(clippy::disallowed_methods)]

mod ban;
mod ban_list;
mod id;
mod ignore;
mod jail;
mod tally;
mod time;
mod time_text;

pub use ban::{Ban, Failure, StoredBan};
pub use ban_list::BanList;
pub use id::FailId;
pub use ignore::IgnoreList;
pub use jail::{Counters, Effect, Input, Jail, Settings, UnbanCause};
pub use tally::{Tallies, Tally};
pub use time::{Bantime, Span, UnixTime};
pub use time_text::{
    Seconds, SyntaxMistake, TimeTextError, TimeTextErrorKind, ZeroDivision, parse_time,
};
