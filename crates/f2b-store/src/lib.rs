//! The SQLite file of bans, positions and tallies.
//!
//! *Knows* the original's schema 4, our own `stockade_` tables beside it, what goes to disk
//! together, and how to leave the file so that the original takes it up.
//!
//! *Must not know* clocks, jails' judgement, sources, the kernel. Which stored ban still stands is
//! decided by `f2b-core`; here is only the original's selection of rows. The present is an argument.
//!
//! *Oracle*: the original's server on the same file, in both directions: `tests/it/original.rs`
//! lets versions 1.0.2 and 1.1.1 take up what was written here and the other way round. It needs the
//! originals that `cargo xtask setup` unpacks. `examples/store-figures.rs` prints commits per second.
//!
//! ```
//! use f2b_core::{Bantime, FailId, Tally, UnixTime};
//! use f2b_store::{Store, Transaction};
//!
//! let now = UnixTime::from_seconds(1_795_294_794);
//! let mut store = Store::open(":memory:".as_ref(), now)?.store;
//! store.add_jail("sshd")?;
//!
//! let id = FailId::parse("192.0.2.10");
//! let tally = Tally {
//!     first: now,
//!     last: now,
//!     retry: 4,
//!     failures: 4,
//!     matches: vec!["Failed password for root from 192.0.2.10".into()],
//!     fields: Vec::new(),
//! };
//! let mut transaction = Transaction::default();
//! transaction.record_tally("sshd", id.clone(), tally.clone());
//! store.commit(&transaction)?;
//!
//! assert_eq!(store.tallies("sshd")?.entries, [(id, tally)]);
//! assert!(store.stored_bans("sshd", now, Bantime::Permanent)?.entries.is_empty());
//! # Ok::<(), f2b_store::StoreError>(())
//! ```
#![deny(clippy::disallowed_methods)]

mod ban_data;
mod error;
mod note;
mod schema;
mod source_state;
mod store;
mod transaction;
mod utc;

pub use error::StoreError;
pub use note::{Note, NoteLevel};
pub use source_state::{
    EarlierPosition, FilePosition, JOURNAL, JournalPosition, Position, SourceState,
};
pub use store::{Merged, Opened, Purged, Store, Stored};
pub use transaction::Transaction;
