//! Files that are written, rotated and taken up again; a journal that systemd's own tools made.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod containers;
mod descriptors;
mod encodings;
mod files;
mod files_model;
mod journal;
mod kit;
mod patterns;
mod patterns_model;
mod polling;
mod seek;
mod waiting;
