//! Finds the date of a line and the failure in it.
//!
//! *Knows* the forms of log stamps, the tags of rules (`<HOST>`, `<F-USER>`, …), and how
//! `prefregex`, `failregex` and `ignoreregex` together judge one line.
//!
//! *Must not know* files, clocks, jails' counts: a line and the moment are arguments, a [`Verdict`]
//! comes back. In this state of the crate rules are those that `regex-automata` can run: no
//! look-around, no back-references, no sessions over several lines; such a rule is refused when it is
//! compiled, with its place and reason.
//!
//! *Oracle*: the original's `fail2ban-regex` and its server, replaying one log (`conformance`).
//!
//! ```
//! use f2b_core::{Span, UnixTime};
//! use f2b_match::{Filter, Matcher, Moment, Verdict, Zone};
//!
//! let mut filter = Filter::default();
//! filter.add_failregex("^ \\S+ sshd\\[\\d+\\]: bad key from <ADDR>$")?;
//! let mut matcher = Matcher::new(Zone::utc());
//! let moment = Moment {
//!     now: UnixTime::from_seconds(1_772_600_770),
//!     findtime: Span::from_seconds(600),
//!     in_operation: true,
//! };
//! let line = b"Mar  4 05:06:07 host sshd[7]: bad key from 192.0.2.1";
//! let Verdict::Failure(failure) = matcher.judge(&filter, line, None, moment).verdict else {
//!     panic!("no failure");
//! };
//! assert_eq!(failure.id.to_string(), "192.0.2.1");
//! assert_eq!(failure.time, UnixTime::from_seconds(1_772_600_767));
//! # Ok::<(), f2b_match::RuleError>(())
//! ```
#![deny(clippy::disallowed_methods)]

mod date;
mod filter;
mod line_clock;
mod matcher;
mod tags;

pub use date::Zone;
pub use filter::{Captured, Filter, RuleError};
pub use line_clock::{Moment, Note};
pub use matcher::{Judged, Matcher, Verdict};
pub use tags::TagError;
