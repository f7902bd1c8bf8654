//! Stockade against the original, both running.
//!
//! Knows: where both originals are unpacked ([`Oracle`]), how to run a server
//! of theirs or of ours where it can touch nothing of the machine
//! ([`Server`]), how to play a log to both ([`replay`]), how to let both
//! print the commands that a configuration becomes ([`dump`]), what the original
//! makes of dates ([`dates`]), how to let
//! both try rules on logs ([`regex`]), what reading costs both
//! ([`source_speed`]), how to ask
//! CPython about its own library ([`python`]), and which differences are known
//! ([`differences`]).
//! Must not know: how either of them works inside. Everything here goes through
//! programs, sockets and files, so nothing of ours is linked.
//! Oracle: the Debian packages of 1.0.2 and 1.1.1, unpacked by
//! `cargo xtask setup`. Run `cargo xtask test`, or `cargo build --workspace
//! --bins` and then `cargo test -p conformance`.
//! Needs root: each server has its own network and mount namespace.
//!
//! ```no_run
//! use conformance::{Oracle, Server, Version};
//!
//! let folder = tempfile::tempdir()?;
//! let oracle = Oracle::new(Version::V1_1_1)?;
//! let server = Server::of_original(&oracle, folder.path(), "[sshd]\nenabled = false\n")?;
//! assert_eq!(oracle.client(&server.endpoint, &["ping"])?.code, 0);
//! server.stop(&oracle)?;
//! # Ok::<(), anyhow::Error>(())
//! ```

pub mod attack;
pub mod dates;
pub mod differences;
pub mod dump;
pub mod life;
mod oracle;
pub mod ours;
mod place;
pub mod python;
pub mod regex;
pub mod replay;
pub mod resolver;
mod run;
mod seal;
mod server;
pub mod shims;
pub mod source_speed;
pub mod three_hours;

pub use oracle::{Oracle, Version};
pub use run::Run;
pub use server::{Endpoint, Server};
