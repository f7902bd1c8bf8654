//! Finds the date of a line and the failure in it.
//!
//! *Knows* the forms of log stamps, the tags of rules (`<HOST>`, `<F-USER>`, …), how `prefregex`,
//! `failregex` and `ignoreregex` together judge a line, how lines of one session belong together,
//! and how many rules of many jails judge one log in one pass.
//!
//! *Must not know* files, clocks, resolvers, jails' counts: a [`Line`] and the [`Moment`] are
//! arguments, a [`Judged`] comes back. A name that has to be looked up comes back as a question,
//! [`Identity::Name`].
//!
//! *Oracle*: the original's `fail2ban-regex` and its server, replaying one log (`conformance`).
//!
//! ```
//! use f2b_core::{FailId, Span, UnixTime};
//! use f2b_match::{DateDetector, Filter, Identity, Judging, Line, Matcher, Moment, Zone};
//!
//! let mut filter = Filter::default();
//! filter.add_failregex("^ \\S+ sshd\\[\\d+\\]: bad key from <ADDR>$")?;
//! let mut matcher = Matcher::new(DateDetector::new(), Zone::utc(), Judging::server());
//! let moment = Moment {
//!     now: UnixTime::from_seconds(1_772_600_770),
//!     findtime: Span::from_seconds(600),
//!     in_operation: true,
//! };
//! let line = Line::new("Mar  4 05:06:07 host sshd[7]: bad key from 192.0.2.1\n");
//! let judged = matcher.judge(&filter, line, moment);
//! let failure = judged.found.first().expect("it is a failure");
//! assert_eq!(failure.id, Identity::Known(FailId::parse("192.0.2.1")));
//! # Ok::<(), f2b_match::RuleError>(())
//! ```
#![deny(clippy::disallowed_methods)]

mod buffer;
mod data;
mod date;
mod filter;
mod identity;
mod judgement;
mod line;
mod line_clock;
mod matcher;
mod name;
mod pass;
mod rule;
mod session;
mod tags;

pub use data::{Data, Value};
pub use date::{DateDetector, DateError, DateFound, NoTime, StampTime, TemplateView, Zone};
pub use filter::{Filter, RuleError, UseDns};
pub use identity::Identity;
pub use judgement::{Construct, Forgery, Judgement, judge};
pub use line::{Given, Line, Parts};
pub use line_clock::{Moment, Note};
pub use matcher::{GivenUp, Judged, Judging, Kind, Match, Matcher, NanoClock, RuleCost};
pub use pass::{Pass, Reader, Told};
pub use rule::Rule;
