//! Both originals, alone and beside ours.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and prints its figures"
)]

mod actions;
mod check;
mod client;
mod databases;
mod dates;
mod dump;
mod dump_original;
mod encodings;
mod filters;
mod firewall;
mod ignoring;
mod journal;
mod life;
mod matching;
mod original;
mod pyregex_characters;
mod pyregex_refusals;
mod python_actions;
mod readers;
mod recidive;
mod regex;
mod replay;
mod rules;
mod samples;
mod three_hours;
mod transcripts;
mod wire;
