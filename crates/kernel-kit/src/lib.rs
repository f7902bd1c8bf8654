//! Network namespaces for tests, and a journal in the place of the machine's.
//!
//! **Knows**: how to lay a wire between two namespaces of its own, give both
//! ends addresses, listen on one end, connect from the other, and tell
//! "connected" from "no answer" and "refused".
//!
//! **Must not know**: anything of Stockade. It never touches the tables,
//! addresses or namespaces of the host.
//!
//! **Oracle**: the kernel itself; `cargo test -p kernel-kit`, as root, with the
//! Debian packages `iproute2`, `nftables` and `python3`. What is missing fails
//! with the package's name; nothing is skipped.
//!
//! ```no_run
//! use kernel_kit::{ATTACKERS4, Kit, SERVER4};
//!
//! let kit = Kit::new()?;
//! let _listener = kit.server().listen(&[22])?;
//! kit.attacker().can_connect(ATTACKERS4[0], SERVER4, 22)?;
//! kit.server().run("nft", &["add", "table", "inet", "mine"])?;
//! # Ok::<(), kernel_kit::KitError>(())
//! ```
//!
//! The wire, with all addresses:
//!
//! ```text
//! attacker ── eth0 ───────────────── eth0 ── server ── eth1 ──────────── eth0 ── container
//! 192.0.2.11 … .14                192.0.2.1       203.0.113.1        203.0.113.2
//! 198.51.100.11, .12                                (with a container only)
//! 2001:db8::11 … ::14           2001:db8::1     2001:db8:1::1      2001:db8:1::2
//! ```
//!
//! A namespace is called `stockade-test-PID-NUMBER-ROLE` and goes away with its
//! [`Kit`]. A test that is killed leaves it behind, without any process in it:
//! `ip netns list` shows it, `ip netns delete` removes it.

mod connection;
mod error;
mod journald;
mod kit;
mod namespace;
mod script;

pub use connection::{Connection, Listener};
pub use error::KitError;
pub use journald::Journald;
pub use kit::{ATTACKERS4, ATTACKERS6, CONTAINER4, CONTAINER6, Kit, SERVER4, SERVER6};
pub use namespace::Namespace;
