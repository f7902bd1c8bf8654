//! Every rule of the originals' filters: on mutated sample lines against CPython, and on hostile lines
//! against its own length.
//!
//! `STOCKADE_LINES` says how many lines are made for each rule; the tables are printed.

mod attacks;
mod bounds;
mod cpython;
mod hostile;
mod judgement;
mod random;
mod samples;
mod stock;

/// The number in an environment variable.
fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}
