//! Bans in nftables, over netlink.
//!
//! **Knows**: the netlink protocol, the vocabulary of nftables, how a jail
//! looks in the kernel, how to get many changes there in one transaction and
//! read them back, how to write to sets that others have made, and what other
//! programs do.
//!
//! **Must not know**: why an address is banned, what a jail's rules are, the
//! database, configuration files, the time of day. It is the only crate that
//! opens a netlink socket.
//!
//! **Oracle**: `nft list ruleset`, and packets in a network namespace:
//! `cargo test -p f2b-firewall`, as root, with the Debian packages `nftables`,
//! `iproute2` and `python3`.
//!
//! In the kernel there is one table `inet stockade` with a chain
//! `prerouting` at raw priority. So a ban holds for this host and for what
//! stands behind it, and for connections that are established already. Each
//! jail has four sets: `addr-set-JAIL` and `addr6-set-JAIL` hold single
//! addresses (hash sets), `net-set-JAIL` and `net6-set-JAIL` hold networks
//! (interval sets). Every element carries its own timeout, so that the kernel
//! ends a ban even when nobody is left to do so. Jails that answer those they
//! ban have their rules in a second chain, `prerouting-reject`, behind
//! connection tracking, so that the answer belongs to the connection.
//!
//! ```no_run
//! use f2b_firewall::{Blocktype, Change, Engine, JailRules, Outcome, PortRange, Protocol};
//! use std::time::Duration;
//!
//! let mut engine = Engine::open("stockade")?;
//! engine.start_jail(JailRules {
//!     jail: "sshd".to_owned(),
//!     ports: vec![PortRange::single(22)],
//!     protocols: vec![Protocol::Tcp],
//!     blocktype: Blocktype::Drop,
//! })?;
//! let ban = Change::Ban {
//!     jail: "sshd".to_owned(),
//!     net: "192.0.2.7/32".parse()?,
//!     timeout: Some(Duration::from_secs(600)),
//! };
//! for outcome in engine.apply(&[ban]) {
//!     assert!(matches!(outcome, Outcome::InKernel));
//! }
//! engine.close()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocktype;
mod change;
mod engine;
mod error;
mod family;
mod foreign;
mod jail;
mod names;
mod netlink;
mod nftables;
pub mod ports;
mod watch;

pub use blocktype::{Blocktype, BlocktypeError, Refusal};
pub use change::{Change, Element, LONGEST_TIMEOUT, Outcome};
pub use engine::Engine;
pub use error::FirewallError;
pub use family::Family;
pub use foreign::{ForeignSets, SetName};
pub use jail::{Adopted, JailRules, PortRange, Protocol};
pub use watch::{Lost, News, Watch, Watcher};
