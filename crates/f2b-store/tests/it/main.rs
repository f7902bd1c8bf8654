//! The file as others find it: rows, damage, sudden ends, the original.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod damage;
mod hostile;
mod kill;
mod merge;
mod mount;
mod original;
mod rows;
mod samples;
mod schema;
