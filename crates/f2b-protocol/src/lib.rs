//! The control socket's language: what programs say to a fail2ban server and
//! what it answers.
//!
//! **Knows** pickle as data ([`pickle`]), where a message ends ([`frame`]), the
//! commands ([`Command`], [`Request`], [`table`]), the shapes of replies
//! ([`Reply`], [`status`]) and the frozen text a client prints for them
//! ([`text`]).
//!
//! **Must not know** sockets, files, clocks, jails or configuration. Bytes come
//! and go through slices or through generic `Read` and `Write` ([`client`]);
//! nothing that is decoded can call code.
//!
//! **Oracle**: CPython's `pickle`, `repr` and `pprint`, asked by `tests/it/oracle.rs`
//! (`cargo test -p f2b-protocol` needs `/usr/bin/python3`, 3.11 as in Debian
//! 12); the original's client and server, asked by the `conformance` crate.
//!
//! ```
//! use f2b_protocol::{Command, Request, Value, pickle};
//!
//! let command = Command::words(["set", "sshd", "banip", "192.0.2.7"]);
//! let bytes = pickle::encode(command.as_value());
//! let value = pickle::decode(&bytes, &pickle::Limits::REQUEST)?;
//! let command = Command::from_value(value)?;
//! assert_eq!(command.to_string(), "['set', 'sshd', 'banip', '192.0.2.7']");
//! assert_eq!(
//!     Request::parse(&command)?,
//!     Request::BanIp { jail: "sshd".to_owned(), ids: vec!["192.0.2.7".to_owned()] }
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(clippy::disallowed_methods)]

pub mod client;
mod command;
mod exception;
pub mod frame;
pub mod json;
pub mod pickle;
mod reply;
pub mod request;
pub mod status;
pub mod table;
pub mod text;
mod value;

pub use command::Command;
pub use exception::Exception;
pub use reply::{Answer, AnswerError, Reply};
pub use request::{Refusal, Request};
pub use value::{SurrogateText, Value};
