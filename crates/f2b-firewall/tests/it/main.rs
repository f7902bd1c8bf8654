//! The engine against a real kernel, each test in namespaces of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adoption;
mod answers;
mod bans;
mod driver;
mod foreign;
mod mistakes;
mod neighbours;
mod overlaps;
mod ruleset;
mod watch;
