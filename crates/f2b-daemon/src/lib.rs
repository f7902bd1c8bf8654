//! The running server: events in, effects out.
//!
//! *Knows* the threads and what passes between them, and ties the rooms together: lines from
//! `f2b-source` are judged by `f2b-match`, counted by `f2b-core`, and what a jail decides is carried
//! out in a fixed order — kernel, database, then log and reply.
//!
//! *Must not know* configuration files: it is told everything as commands. It does not depend on
//! `f2b-config`.
//!
//! *Oracle*: the original's server beside it on the same log (`conformance`): who was banned, what
//! clients are answered.
//!
//! One thread, the engine, owns all jails; `event::Event` lists everything that can make
//! it act. What it decides leaves as a `batch::Batch` through the kernel's thread and the
//! database's thread, which keep its order.
//!
//! ```no_run
//! use f2b_daemon::{LogLevel, LogTarget, Options, Reread};
//! use f2b_protocol::Command;
//!
//! f2b_daemon::run(Options {
//!     socket: "/run/fail2ban/fail2ban.sock".into(),
//!     pidfile: "/run/fail2ban/fail2ban.pid".into(),
//!     force: false,
//!     log_target: LogTarget::named("STDOUT")?,
//!     log_level: LogLevel::default(),
//!     syslog_socket: None,
//!     stream: Some(vec![Command::words(["add", "sshd", "auto"])]),
//!     background: false,
//!     name: None,
//!     ready: || {},
//!     reread: Reread(Box::new(|| None)),
//! })?;
//! # Ok::<(), f2b_daemon::RunError>(())
//! ```

mod asking;
mod batch;
mod clock;
mod enforcement;
mod engine;
mod event;
mod guard;
mod journal;
mod kernel;
mod log;
mod pending;
mod process;
mod reader;
mod repairs;
mod run;
mod seek;
mod shell;
mod socket;
mod storage;
mod supervisor;
mod text;
mod watch;

pub use asking::addresses_of;
pub use log::{Level, LogLevel, LogTarget, LogTargetError};
pub use process::detach;
pub use run::{Options, Reread, RunError, run};
pub use socket::{SocketError, socket_is_passed};
