//! Reads `.conf` and `.local` files into the command stream.
//!
//! *Knows* which files belong to a name and in which order, sections, options, `%(…)s`, the
//! `name[key=value]` form of filters and actions, and which commands a jail becomes. It reads on
//! after a mistake: every [`Diagnostic`] of a configuration comes in one go, each with its place.
//!
//! *Must not know* the server: what comes out are [`Command`]s, the ones that `fail2ban-client -d`
//! would print. In this state of the crate [`read`] reads Stockade's own tree and changes to it for a
//! server; what other trees use beyond that (includes, references into other sections, conditional
//! sections) is refused with its place. [`dialect::read`] reads all of it, for `-d` and `-t`, and
//! [`dialect::explain`] tells where a jail's options come from.
//!
//! *Oracle*: `fail2ban-client -d` of the original on the same tree (`conformance`).
//!
//! ```
//! use f2b_config::{Embedded, Surroundings, read};
//!
//! let surroundings = Surroundings {
//!     file_exists: &|path| path == "/var/log/auth.log",
//!     judge_rule: &|_rule| Ok(()),
//! };
//! let configuration = read(&Embedded, &surroundings);
//! assert!(configuration.diagnostics.is_empty());
//! let stream: Vec<String> = configuration.stream.iter().map(ToString::to_string).collect();
//! assert!(stream.contains(&"['set', 'sshd', 'addlogpath', '/var/log/auth.log', 'head']".to_owned()));
//! ```
//!
//! [`Command`]: f2b_protocol::Command
#![deny(clippy::disallowed_methods)]

mod diagnostic;
pub mod dialect;
mod file_set;
mod ini;
mod interpolation;
mod jail;
mod server;
mod spec;
mod tree;

use f2b_protocol::{Command, Value};

pub use diagnostic::{Diagnostic, Place, Severity};
pub use server::ServerSettings;
pub use tree::{ConfigTree, Directory, Embedded, TreeError};

/// What has to be known of the machine to turn a configuration into commands.
pub struct Surroundings<'a> {
    /// Tells whether a log file is there.
    pub file_exists: &'a dyn Fn(&str) -> bool,
    /// Tells whether a rule can be used; an error says in one line what is wrong with it.
    pub judge_rule: &'a dyn Fn(&Rule<'_>) -> Result<(), String>,
}

/// A regular expression of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// Which option it stands in: `prefregex`, `failregex` or `ignoreregex`.
    pub option: &'a str,
    /// The expression.
    pub text: &'a str,
    /// The filter's `prefregex`, which may capture in place of the others.
    pub prefregex: Option<&'a str>,
}

/// A configuration, read whole.
#[derive(Debug)]
pub struct Configuration {
    /// What the programs need before there is a server.
    pub server: ServerSettings,
    /// The commands that configure and start a server, in the order they have to be sent.
    pub stream: Vec<Command>,
    /// What Stockade's server is told beyond them (log paths that are waited for, mistakes with
    /// their places).
    pub supplement: Command,
    /// What is wrong, in the order of discovery.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the configuration of a tree.
///
/// A jail with a mistake contributes nothing but its diagnostics and a `config-error` command; the
/// others are not held up by it.
#[must_use]
pub fn read(tree: &dyn ConfigTree, surroundings: &Surroundings<'_>) -> Configuration {
    let mut diagnostics = Vec::new();
    let server_options = file_set::read(tree, "fail2ban", &mut diagnostics);
    let server = ServerSettings::of(&server_options, &mut diagnostics);
    let mut stream = server.commands();
    let jails = jail::read_all(tree, surroundings, &mut diagnostics);
    stream.extend(jails.commands);
    Configuration {
        server,
        stream,
        supplement: supplement(jails.waiting, &diagnostics),
        diagnostics,
    }
}

/// *Shape*: `['stockade-supplement', {'waiting': {JAIL: [PATH, …]}, 'mistakes': [[SEVERITY, TEXT],
/// …]}]`.
fn supplement(waiting: Vec<(Value, Value)>, diagnostics: &[Diagnostic]) -> Command {
    let mistakes = diagnostics
        .iter()
        .map(|mistake| Value::texts([mistake.severity.to_string(), mistake.one_line()]));
    let mut pairs = vec![(Value::from("waiting"), Value::Dict(waiting))];
    if !diagnostics.is_empty() {
        pairs.push((Value::from("mistakes"), Value::List(mistakes.collect())));
    }
    Command::new(vec![Value::from("stockade-supplement"), Value::Dict(pairs)])
}

#[cfg(test)]
mod tests;
