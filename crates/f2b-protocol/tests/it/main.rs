//! The control socket's language against its oracles: CPython, and exchanges
//! recorded from the original's server and client.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod client;
mod exchanges;
mod limits;
mod oracle;
mod pretty;
mod properties;
mod refusals;
mod requests;
mod texts;
mod values;
