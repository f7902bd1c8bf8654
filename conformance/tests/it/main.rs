//! Both originals, alone and beside ours.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
// Enabled with the dump of f2b-config.
// mod dump;
mod dump_original;
mod original;
mod replay;
