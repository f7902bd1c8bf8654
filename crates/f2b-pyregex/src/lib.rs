//! Python's regular expressions, matched in bounded time.
//!
//! *Knows* the dialect of CPython 3.11's `re` for text patterns: its syntax and refusals, its Unicode,
//! which match it finds and what the groups hold.
//!
//! *Must not know* logs, filters, jails, or that an address exists.
//!
//! *Oracle*: CPython's `re`, on patterns and texts made up by the thousand (`conformance`).
//!
//! A pattern is parsed into an [`ast`], and judged ([`Nature`]). A matcher of our own finds the match and
//! its groups; in a long search it remembers every failure, so that its work grows with the length of the
//! text and no faster. Of a pattern that is provably regular `regex-automata` tells before whether a long
//! line has a match at all. True back-references run under a budget of steps.
//!
//! ```
//! use f2b_pyregex::{Regex, Scratch};
//!
//! let regex = Regex::new(r"^(?P<quote>['\x22])?login(?(quote)(?P=quote)|) of (?P<user>\w+)$")?;
//! let mut scratch = Scratch::default();
//! let groups = regex.search("'login' of bob\n", &mut scratch)?.expect("it matches");
//! let user = regex.group("user").expect("it is there");
//! assert_eq!(groups.get(user), Some(11..14));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(clippy::disallowed_methods)]

pub mod ast;
mod case;
pub mod class;
mod error;
mod hir;
mod matcher;
mod parse;
mod prefilter;
mod presence;
mod program;
mod regex;
pub mod unicode;

pub use ast::Flags;
pub use error::{Error, OverBudget};
pub use prefilter::{Candidates, Prefilter, Rule};
pub use regex::{Groups, Nature, Regex, Scratch};
