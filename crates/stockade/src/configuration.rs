//! What a server is told, read from files.

use f2b_config::{Diagnostic, Read, Reading, ServerSettings, Severity, Told, Unreadable};
use f2b_daemon::LogLevel;
use f2b_protocol::{Command, Value};

use crate::diagnostics::{self, Style};
use crate::dump;
use crate::options::Options;
use crate::output::{log_error, print, print_error};
use crate::tree::{self, NoSuchFolder, SystemFolders, Tree};

/// The programs cannot begin; it was said why.
#[derive(Debug)]
pub(crate) struct Refused;

/// Reads where the server is and how it logs, from the files unless the command line says all.
///
/// # Errors
/// The folder or `fail2ban.conf` cannot be read; it was said why, as the original says it.
pub(crate) fn settings(options: &Options) -> Result<ServerSettings, Refused> {
    if let Some(settings) = options.settings() {
        if LogLevel::named(&settings.loglevel.to_uppercase()).is_some() {
            return Ok(settings);
        }
        let level = Value::text(settings.loglevel).repr();
        print(&format!("ERROR: Invalid log level {level}"));
        return Err(Refused);
    }
    let tree = chosen(options)?;
    match f2b_config::read_server(tree.as_dyn(), &dump::reading(options)) {
        Ok((settings, told)) => {
            dump::say(&told, options);
            Ok(settings)
        }
        Err(Unreadable { reason, told }) => {
            dump::say(&told, options);
            print(&format!("ERROR: {reason}"));
            let command = options.command.first().map(String::as_str);
            if matches!(command, None | Some("start" | "restart" | "reload")) {
                show(&tree::check(tree.as_dyn()), options);
            }
            Err(Refused)
        }
    }
}

fn chosen(options: &Options) -> Result<Tree, Refused> {
    Tree::choose(options.conf.as_deref()).map_err(|NoSuchFolder(path)| {
        let path = path.trim_end_matches('/');
        print(&format!(
            "ERROR: Base configuration directory {path} does not exist "
        ));
        Refused
    })
}

/// Shows mistakes with their places: all of them on the terminal that a server runs on, otherwise errors
/// only, a line each; `stockade check` tells the rest.
fn show(mistakes: &[Diagnostic], options: &Options) {
    for mistake in mistakes.iter().filter(|_| options.verbosity > 0) {
        if options.foreground {
            print_error(&diagnostics::text(mistake, Style::of_stderr()));
        } else if mistake.severity == Severity::Error {
            print_error(&format!("stockade: error: {}", mistake.one_line()));
        }
    }
}

/// A configuration that was read, good or not.
pub(crate) struct Configuration {
    read: Result<Read, Unreadable>,
    /// What is wrong with it, each with its place.
    mistakes: Vec<Diagnostic>,
    /// Whether it is the copy that is built in.
    is_embedded: bool,
}

/// What is sent to a server.
pub(crate) struct Prepared {
    /// Where the server is and how it logs.
    pub(crate) settings: ServerSettings,
    /// What only our own server understands; it goes ahead of the stream.
    pub(crate) supplement: Command,
    /// The commands.
    pub(crate) stream: Vec<Command>,
}

impl Prepared {
    /// Returns the stream as one value, with the supplement at its begin if the server is ours.
    pub(crate) fn stream(&self, is_ours: bool) -> Value {
        let supplement = Some(&self.supplement).filter(|_| is_ours);
        let commands = supplement.into_iter().chain(&self.stream);
        Value::List(commands.map(|command| command.as_value().clone()).collect())
    }
}

/// Adds to a supplement which options come from the command line.
fn with_overrides(supplement: &Command, options: &Options) -> Command {
    let given = [
        ("loglevel", options.loglevel.is_some()),
        ("logtarget", options.logtarget.is_some()),
        ("syslogsocket", options.syslogsocket.is_some()),
    ];
    let given = given.into_iter().filter(|(_, is_given)| *is_given);
    let overrides = Value::texts(given.map(|(name, _)| name));
    let words = supplement
        .as_words()
        .iter()
        .cloned()
        .map(|word| match word {
            Value::Dict(mut pairs) => {
                pairs.push((Value::text("overrides"), overrides.clone()));
                Value::Dict(pairs)
            }
            other => other,
        });
    Command::new(words.collect())
}

impl Configuration {
    /// Reads the configuration, or only what it says of one jail.
    ///
    /// # Errors
    /// There is no such folder; it was said.
    pub(crate) fn read(options: &Options, jail: Option<&str>) -> Result<Self, Refused> {
        let tree = chosen(options)?;
        let mut reading = Reading {
            only: jail.map(str::to_owned),
            ..dump::reading(options)
        };
        if tree.is_embedded && options.foreground {
            // It belongs to no installation: unless told otherwise it talks to the terminal.
            reading.logtarget.get_or_insert_with(|| "STDOUT".to_owned());
        }
        Ok(Self {
            read: f2b_config::read(tree.as_dyn(), &SystemFolders, &reading),
            mistakes: tree::check(tree.as_dyn()),
            is_embedded: tree.is_embedded,
        })
    }

    /// Tells whether a server can be given it.
    pub(crate) fn is_good(&self) -> bool {
        let read = self.read.as_ref();
        read.is_ok_and(|read| read.is_good && read.stream.is_some())
    }

    /// Says what is to say of it, the original's words first, then every mistake with its place; returns
    /// what is sent.
    ///
    /// # Errors
    /// It is no good.
    pub(crate) fn told(self, options: &Options) -> Result<Prepared, Refused> {
        if self.is_embedded && options.foreground {
            print_error(
                "/etc/fail2ban does not exist: the built-in configuration is used, and the log goes to the terminal",
            );
        }
        let told: &[Told] = match &self.read {
            Ok(read) => &read.told,
            Err(unreadable) => &unreadable.told,
        };
        dump::say(told, options);
        show(&self.mistakes, options);
        let read = match self.read {
            Ok(read) => read,
            Err(Unreadable { reason, .. }) => {
                log_error(&reason);
                return Err(Refused);
            }
        };
        match &read.stream {
            Some(commands) if read.is_good => Ok(Prepared {
                supplement: with_overrides(&read.supplement(&self.mistakes), options),
                stream: commands.iter().map(|sent| sent.command.clone()).collect(),
                settings: read.server,
            }),
            _ => Err(Refused),
        }
    }
}
