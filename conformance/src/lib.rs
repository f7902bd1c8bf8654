//! Stockade against the original.
