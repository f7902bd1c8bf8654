//! The command line of the `fail2ban-*` programs (contract B 1.1).
//!
//! As the original: reading of options stops at the first word that is none, long options accept any
//! unique prefix, short ones cluster.

use std::time::Duration;

use f2b_config::ServerSettings;

use crate::dump;

/// Whose command line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// `fail2ban-server`.
    Server,
    /// `fail2ban-client`.
    Client,
}

impl Program {
    /// Returns the name that a person types.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "fail2ban-server",
            Self::Client => "fail2ban-client",
        }
    }
}

/// What a command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-c`: the folder of the configuration.
    pub conf: Option<String>,
    /// `-s`: the control socket.
    pub socket: Option<String>,
    /// `-p`: the pid file.
    pub pidfile: Option<String>,
    /// `--loglevel`.
    pub loglevel: Option<String>,
    /// `--logtarget`.
    pub logtarget: Option<String>,
    /// `--syslogsocket`.
    pub syslogsocket: Option<String>,
    /// `--str2sec`: a time to convert.
    pub str2sec: Option<String>,
    /// `-d`: show the configuration as commands.
    pub dump: bool,
    /// `--dp`: the same, broken into lines for people.
    pub dump_pretty: bool,
    /// `--json`: replies are printed as JSON.
    pub json: bool,
    /// `-t`: tell whether the configuration is good.
    pub test: bool,
    /// `-v` and `-q`: how much is told; 1 is a little.
    pub verbosity: i32,
    /// `--timeout`: how long a server that was started is waited for.
    pub timeout: Option<Duration>,
    /// `--pname`: what the server's main thread is called.
    pub pname: Option<String>,
    /// `--async`: the server reads no configuration and waits for commands.
    pub waits: bool,
    /// `-b`: the server goes to the background, where it would not anyway.
    pub background: bool,
    /// `-i`: commands are asked for, one after the other.
    pub interactive: bool,
    /// `-f`: the server stays in the foreground.
    pub foreground: bool,
    /// `-x`: a socket that nobody answers on is removed.
    pub force: bool,
    /// `-h`.
    pub help: bool,
    /// `-V`: only the number of the version.
    pub version_number: bool,
    /// `--version`.
    pub version: bool,
    /// The words behind the options.
    pub command: Vec<String>,
}

/// A command line that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionsError {
    /// There is no such option.
    Unknown(String),
    /// A prefix fits several long options.
    Ambiguous(String),
    /// The option needs a value, or one that makes sense.
    Value(String),
    /// The value is no time; holds Python's words.
    NoTime(String),
}

impl std::fmt::Display for OptionsError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(option) => write!(out, "option {option} not recognized"),
            Self::Ambiguous(option) => write!(out, "option {option} not a unique prefix"),
            Self::Value(option) => write!(out, "option {option} requires a value that makes sense"),
            Self::NoTime(reason) => out.write_str(reason),
        }
    }
}

impl std::error::Error for OptionsError {}

/// What can be said, and how it is written.
struct Spec {
    short: Option<char>,
    long: &'static str,
    takes_value: bool,
    help: &'static str,
}

const fn flag(short: Option<char>, long: &'static str, help: &'static str) -> Spec {
    Spec {
        short,
        long,
        takes_value: false,
        help,
    }
}

const fn value(short: Option<char>, long: &'static str, help: &'static str) -> Spec {
    Spec {
        short,
        long,
        takes_value: true,
        help,
    }
}

const SPECS: [Spec; 24] = [
    value(Some('c'), "conf", "folder of the configuration"),
    value(Some('s'), "socket", "path of the control socket"),
    value(Some('p'), "pidfile", "path of the pid file"),
    value(None, "loglevel", "how much the server logs"),
    value(
        None,
        "logtarget",
        "where the server logs: a file, STDOUT, STDERR, SYSOUT, SYSLOG or SYSTEMD-JOURNAL",
    ),
    value(
        None,
        "timeout",
        "how long a server that was started is waited for",
    ),
    value(None, "syslogsocket", "where syslog listens: auto or a path"),
    value(None, "pname", "name of the server's main thread"),
    flag(
        Some('b'),
        "",
        "start the server in the background (default)",
    ),
    flag(Some('f'), "", "start the server in the foreground"),
    flag(
        None,
        "async",
        "the server reads no configuration and waits for commands",
    ),
    flag(Some('x'), "", "remove a socket that no server answers on"),
    flag(Some('d'), "dump", "show the configuration as commands"),
    flag(None, "dp", "the same, broken into lines"),
    flag(None, "dump-pretty", "the same, broken into lines"),
    flag(None, "json", "print replies as JSON"),
    flag(Some('t'), "test", "tell whether the configuration is good"),
    value(None, "str2sec", "show how many seconds a time is"),
    flag(Some('v'), "", "tell more"),
    flag(Some('q'), "", "tell less"),
    flag(Some('h'), "help", "show this text"),
    flag(Some('V'), "", "show the number of the version"),
    flag(None, "version", "show the version"),
    flag(Some('i'), "", "ask for commands, one after the other"),
];

impl Options {
    /// Reads the words of a command line, the program's name left out.
    ///
    /// # Errors
    /// [`OptionsError`], which names the option.
    pub fn parse(program: Program, words: Vec<String>) -> Result<Self, OptionsError> {
        let mut options = Self {
            verbosity: 1,
            ..Self::default()
        };
        let mut rest = words.into_iter().peekable();
        while let Some(word) = rest.next_if(|word| word.starts_with('-') && word != "-") {
            if word == "--" {
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                let (name, given) = match long.split_once('=') {
                    Some((name, given)) => (name, Some(given.to_owned())),
                    None => (long, None),
                };
                let spec = long_option(name)?;
                if given.is_some() && !spec.takes_value {
                    return Err(OptionsError::Value(format!("--{name}")));
                }
                let given = given.or_else(|| if spec.takes_value { rest.next() } else { None });
                options.take(spec, given.as_deref())?;
                continue;
            }
            let mut cluster = word.chars().skip(1);
            while let Some(short) = cluster.next() {
                let spec = SPECS.iter().find(|spec| spec.short == Some(short));
                let spec = spec.ok_or_else(|| OptionsError::Unknown(format!("-{short}")))?;
                if !spec.takes_value {
                    options.take(spec, None)?;
                    continue;
                }
                let attached: String = cluster.collect();
                let given = if attached.is_empty() {
                    rest.next()
                } else {
                    Some(attached)
                };
                options.take(spec, given.as_deref())?;
                break;
            }
        }
        options.command = rest.collect();
        if program == Program::Server && options.command == ["start"] {
            options.command.clear();
        }
        Ok(options)
    }

    /// Returns where the server is and how it logs, if the command line says all of it.
    pub(crate) fn settings(&self) -> Option<ServerSettings> {
        Some(ServerSettings {
            socket: self.socket.clone()?,
            pidfile: self.pidfile.clone()?,
            loglevel: self.loglevel.clone()?,
            logtarget: self.logtarget.clone()?,
            syslogsocket: self.syslogsocket.clone()?,
        })
    }

    fn take(&mut self, spec: &Spec, given: Option<&str>) -> Result<(), OptionsError> {
        let name = spec.name();
        let needed = || match given {
            Some(given) => Ok(given.to_owned()),
            None => Err(OptionsError::Value(name.clone())),
        };
        match (spec.short, spec.long) {
            (_, "conf") => self.conf = Some(needed()?),
            (_, "socket") => self.socket = Some(needed()?),
            (_, "pidfile") => self.pidfile = Some(needed()?),
            (_, "loglevel") => self.loglevel = Some(needed()?),
            (_, "logtarget") => self.logtarget = Some(needed()?),
            (_, "syslogsocket") => self.syslogsocket = Some(needed()?),
            (_, "str2sec") => self.str2sec = Some(needed()?),
            (_, "dump") => self.dump = true,
            (_, "json") => self.json = true,
            (_, "dp" | "dump-pretty") => self.dump_pretty = true,
            (_, "test") => self.test = true,
            (Some('v'), _) => self.verbosity += 1,
            (Some('q'), _) => self.verbosity -= 1,
            (_, "timeout") => {
                self.timeout = Some(dump::duration(&needed()?).map_err(OptionsError::NoTime)?);
            }
            (_, "pname") => self.pname = Some(needed()?),
            (_, "async") => self.waits = true,
            (Some('i'), _) => self.interactive = true,
            (Some('b'), _) => (self.background, self.foreground) = (true, false),
            (_, "help") => self.help = true,
            (_, "version") => self.version = true,
            (Some('f'), _) => (self.background, self.foreground) = (false, true),
            (Some('x'), _) => self.force = true,
            (Some('V'), _) => self.version_number = true,
            _ => {}
        }
        Ok(())
    }
}

impl Spec {
    fn name(&self) -> String {
        match self.short {
            Some(short) => format!("-{short}"),
            None => format!("--{}", self.long),
        }
    }
}

fn long_option(name: &str) -> Result<&'static Spec, OptionsError> {
    let named = || SPECS.iter().filter(|spec| !spec.long.is_empty());
    if let Some(spec) = named().find(|spec| spec.long == name) {
        return Ok(spec);
    }
    let mut fitting = named().filter(|spec| !name.is_empty() && spec.long.starts_with(name));
    match (fitting.next(), fitting.next()) {
        (Some(spec), None) => Ok(spec),
        (Some(_), Some(_)) => Err(OptionsError::Ambiguous(format!("--{name}"))),
        (None, _) => Err(OptionsError::Unknown(format!("--{name}"))),
    }
}

/// Returns the usage text; its command lines have the shape that shell completion reads.
pub(crate) fn usage(program: Program) -> String {
    let mut text = format!(
        "Usage: {} [OPTIONS] <COMMAND>\n\nOptions:\n",
        program.name()
    );
    for spec in &SPECS {
        let short = spec
            .short
            .map_or_else(String::new, |short| format!("-{short}"));
        let long = if spec.long.is_empty() {
            String::new()
        } else {
            format!("--{}", spec.long)
        };
        let both = if short.is_empty() || long.is_empty() {
            ""
        } else {
            ", "
        };
        let argument = if spec.takes_value { " <VALUE>" } else { "" };
        text.push_str(&format!(
            "    {:<24}{}\n",
            format!("{short}{both}{long}{argument}"),
            spec.help
        ));
    }
    text.push_str("\nCommand:\n");
    text.push_str(&f2b_protocol::table::usage());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Options, OptionsError> {
        Options::parse(
            Program::Client,
            words.split_whitespace().map(str::to_owned).collect(),
        )
    }

    #[test]
    fn options_are_read_as_the_originals() {
        let socket = |words: &str| parse(words).unwrap().socket.unwrap();
        assert_eq!(socket("-s a ping"), "a");
        assert_eq!(socket("-sa ping"), "a");
        assert_eq!(socket("--socket a ping"), "a");
        assert_eq!(socket("--so=a ping"), "a");
        let options = parse("-fxc dir status -v").unwrap();
        assert!(options.foreground && options.force);
        assert_eq!(options.conf.as_deref(), Some("dir"));
        assert_eq!(options.command, ["status", "-v"]);
        assert_eq!(parse("-- -x").unwrap().command, ["-x"]);
        assert!(parse("--vers").unwrap().version);
    }

    #[test]
    fn a_wrong_option_is_named() {
        let error = |words: &str| parse(words).unwrap_err().to_string();
        assert_eq!(error("-z"), "option -z not recognized");
        assert_eq!(error("--log INFO"), "option --log not a unique prefix");
        assert_eq!(error("-s"), "option -s requires a value that makes sense");
        assert_eq!(error("--timeout soon"), "name 'soon' is not defined");
        assert_eq!(
            error("--timeout"),
            "option --timeout requires a value that makes sense"
        );
        assert_eq!(
            error("--help=x"),
            "option --help requires a value that makes sense"
        );
    }

    #[test]
    fn a_timeout_may_be_abbreviated() {
        let timeout = |words: &str| parse(words).unwrap().timeout.unwrap();
        assert_eq!(timeout("--timeout 1m"), Duration::from_secs(60));
        assert_eq!(timeout("--timeout 0.5"), Duration::from_millis(500));
        assert_eq!(timeout("--timeout=-1"), Duration::ZERO);
    }

    #[test]
    fn the_last_of_background_and_foreground_counts() {
        let foreground = |words: &str| parse(words).unwrap().foreground;
        assert!(foreground("-bf") && !foreground("-fb") && !foreground(""));
    }

    #[test]
    fn the_server_takes_start_for_nothing() {
        let options = Options::parse(Program::Server, vec!["-f".into(), "start".into()]).unwrap();
        assert!(options.command.is_empty());
    }
}
