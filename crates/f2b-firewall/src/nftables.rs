//! The vocabulary of nftables, as `linux/netfilter/nf_tables.h` has it.
//!
//! One file per kind of thing; each writes the attributes of its requests and
//! reads those of its answers, and sends nothing.

pub(crate) mod chain;
pub(crate) mod element;
pub(crate) mod expression;
pub(crate) mod news;
pub(crate) mod rule;
pub(crate) mod set;
pub(crate) mod table;
