//! Tests of the whole crate.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod cpython;
mod found;
mod model;
mod prefilter;
mod steps;
