//! The language of action files, and the running of their commands.
//!
//! *Knows* what an action is (a name and properties, as `addaction` and `action … PROPERTY VALUE` give
//! them), how tags become values in two stages, when each command runs (start on demand for each
//! family, check and repair, flush, bans made again after a repair), how a script is started so that
//! no value of a log line becomes its text, and how it is ended when its time is over. Processes start
//! here and nowhere else in the server.
//!
//! *Must not know* sockets, the database, DNS, nftables, configuration files. What a tag stands for is
//! asked of an [`Info`], the shell is a [`Shell`], time is an argument, and what is to be logged is
//! handed out as [`Line`]s.
//!
//! The order of the modules is that of the work: `definition` holds the properties and `resolve`
//! replaces the static tags, `script` the tags of a ban, `spawn` runs what comes out and `report` tells
//! of it; `element` knows the one kind of command that need not be run; `action` is one action as a state
//! machine, `python_action` one whose program is written in Python and runs in a process of its own,
//! [`JailActions`] all those of a jail.
//!
//! *Oracle*: what the commands of small actions write down when the original runs them (`conformance`,
//! `tests/it/actions.rs`): the same events through both, the same lines in the same order.
//!
//! ```
//! use f2b_action::{Definition, Host, JailActions, Line, SystemShell, Ticket, World};
//! use f2b_core::{FailId, UnixTime};
//!
//! let mut mail = Definition::new("mail");
//! mail.set("actionban", "test <ip> = 192.0.2.1 && test \"<F-USER>\" = 'a;b'".into())?;
//! let mut actions = JailActions::new("sshd");
//! actions.add(mail)?;
//!
//! let host = Host {
//!     fq_name: "mx.example.org".to_owned(),
//!     short_name: "mx".to_owned(),
//!     allows_ipv6: true,
//! };
//! let mut lines = Vec::new();
//! let mut world = World {
//!     shell: &mut SystemShell,
//!     log: &mut |line: Line| lines.push(line),
//!     host: &host,
//!     now: UnixTime::from_seconds(1_000),
//!     no_ban: &mut Vec::new(),
//! };
//! actions.start(&mut world);
//! let id = FailId::parse("192.0.2.1");
//! let ticket = Ticket { id: &id, is_restored: false };
//! let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
//! let mut info = vec![tag("ip", "192.0.2.1"), tag("family", "inet4"), tag("F-USER", "a;b")];
//! actions.ban(&mut world, ticket, &mut info);
//! assert!(lines.iter().any(|line| line.text.ends_with("-- returned successfully 0")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(clippy::disallowed_methods)]

mod action;
mod command;
mod definition;
mod element;
mod family;
mod info;
mod jail_actions;
mod line;
mod property;
mod python;
mod python_action;
mod report;
mod resolve;
mod script;
pub mod spawn;
mod tags;
mod text;
mod world;

pub use action::ActionError;
pub use command::Command;
pub use definition::Definition;
pub use element::{ElementChange, ElementSet};
pub use family::Family;
pub use info::{Info, ip_rev};
pub use jail_actions::{
    Answer, CallError, Flush, JailActions, METHODS, Method, NameError, Prepared, Ticket,
};
pub use line::{Level, Line, Logger};
pub use property::Property;
pub use python_action::{PythonQuestion, PythonSource, Raised};
pub use report::report;
pub use resolve::TagError;
pub use script::Script;
pub use spawn::{Ending, Outcome, Output};
pub use world::{Host, Shell, SystemShell, World};
