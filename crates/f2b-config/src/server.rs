//! `fail2ban.conf`: what the programs and the server itself need.

use f2b_protocol::{Command, Value};

use crate::diagnostic::Diagnostic;
use crate::file_set::FileSet;

/// The settings of `[Definition]` in `fail2ban.conf` (contract A 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// How much is logged.
    pub loglevel: String,
    /// Where it is logged.
    pub logtarget: String,
    /// The control socket's path.
    pub socket: String,
    /// The pid file's path.
    pub pidfile: String,
    /// The database's path, or `None`.
    pub dbfile: String,
    /// How many lines are kept with each ban.
    pub dbmaxmatches: String,
    /// How long past bans are kept.
    pub dbpurgeage: String,
}

const SECTION: &str = "Definition";

/// What may stand in `[Definition]`, with the value that counts when it does not.
const OPTIONS: [(&str, &str); 7] = [
    ("loglevel", "INFO"),
    ("logtarget", "/var/log/fail2ban.log"),
    ("socket", "/var/run/fail2ban/fail2ban.sock"),
    ("pidfile", "/var/run/fail2ban/fail2ban.pid"),
    ("dbfile", "/var/lib/fail2ban/fail2ban.sqlite3"),
    ("dbmaxmatches", "10"),
    ("dbpurgeage", "1d"),
];

/// Options of the original of which this version knows the automatic form only.
const AUTOMATIC: [&str; 2] = ["syslogsocket", "allowipv6"];

impl ServerSettings {
    pub(crate) fn of(set: &FileSet, diagnostics: &mut Vec<Diagnostic>) -> Self {
        if set.files == 0 {
            diagnostics.push(
                Diagnostic::error("there is no `fail2ban.conf`", None)
                    .with_hint("point `-c` to the folder that holds fail2ban.conf and jail.conf"),
            );
        }
        for (key, setting) in set.sections.get(SECTION).into_iter().flatten() {
            if AUTOMATIC.contains(&key.as_str()) {
                if setting.value != "auto" {
                    let message = format!("`{key}` can only be `auto` in this version");
                    diagnostics.push(Diagnostic::error(message, Some(&setting.place)));
                }
                continue;
            }
            let known = OPTIONS.iter().any(|(name, _)| name == key);
            if !known {
                let names: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
                let message = format!("the option `{key}` is not one of the server's");
                let mistake = Diagnostic::error(message, Some(&setting.place));
                diagnostics.push(mistake.with_hint(format!("known are {}", names.join(", "))));
            }
        }
        let mut value = |option: &str| {
            let default = OPTIONS.iter().find(|(name, _)| *name == option);
            set.value(SECTION, option, diagnostics).map_or_else(
                || default.map_or_else(String::new, |(_, value)| (*value).to_owned()),
                |setting| setting.value,
            )
        };
        Self {
            loglevel: value("loglevel"),
            logtarget: value("logtarget"),
            socket: value("socket"),
            pidfile: value("pidfile"),
            dbfile: value("dbfile"),
            dbmaxmatches: value("dbmaxmatches"),
            dbpurgeage: value("dbpurgeage"),
        }
    }

    /// Returns the commands that tell a server these settings, in the original's order.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        let set = |name: &str, value: Value| Command::new(vec!["set".into(), name.into(), value]);
        let text = |name: &str, value: &str| set(name, Value::from(value));
        // What is no number is sent as it stands: the server says so.
        let matches = self
            .dbmaxmatches
            .parse()
            .map_or_else(|_| Value::from(self.dbmaxmatches.as_str()), Value::Int);
        vec![
            text("loglevel", &self.loglevel),
            text("logtarget", &self.logtarget),
            text("dbfile", &self.dbfile),
            set("dbmaxmatches", matches),
            text("dbpurgeage", &self.dbpurgeage),
        ]
    }
}
