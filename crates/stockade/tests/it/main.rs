//! The programs as they are built, end to end: real log files, a real kernel in namespaces of the
//! test's own, a real socket.
//!
//! `cargo test -p stockade`, as root, with the Debian packages `iproute2`, `nftables`, `python3`,
//! `sqlite3` and `util-linux`. What is missing fails with the package's name; nothing is skipped.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod abuse;
mod adoption;
mod attack;
mod bad_input;
mod bans;
mod check;
mod commands;
mod containers;
mod crash;
mod explain;
mod filters;
mod journal;
mod json;
mod life;
mod load;
mod monitor;
mod programs;
mod python_actions;
mod recipes;
mod regex;
mod reloads;
mod repairs;
mod server;
mod sources;
mod watch_only;
