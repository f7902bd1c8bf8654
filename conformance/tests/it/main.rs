//! Both originals, alone and beside ours.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod client;
mod dump;
mod dump_original;
mod original;
mod replay;
