//! `fail2ban.conf` (contract A 2.3).

use f2b_protocol::{Command, Value};

use super::files;
use super::ini::repr;
use super::reference::{self, Lookup};
use super::sections::Sections;
use super::told::{Tale, Told};
use super::{Abort, Reading, Sent, convert};
use crate::ConfigTree;

/// What the programs need before there is a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// The control socket's path.
    pub socket: String,
    /// The pid file's path.
    pub pidfile: String,
    /// How much is logged.
    pub loglevel: String,
    /// Where it is logged.
    pub logtarget: String,
    /// Where syslog listens: `auto` or a path.
    pub syslogsocket: String,
}

pub(super) const SECTION: &str = "Definition";
pub(super) const THREAD: &str = "Thread";

/// Options, what counts when the files say nothing, and whether they are sent.
pub(super) const OPTIONS: [(&str, Option<&str>); 7] = [
    ("syslogsocket", Some("auto")),
    ("loglevel", Some("INFO")),
    ("logtarget", Some("/var/log/fail2ban.log")),
    ("allowipv6", Some("auto")),
    ("dbfile", Some("/var/lib/fail2ban/fail2ban.sqlite3")),
    ("dbmaxmatches", None),
    ("dbpurgeage", Some("1d")),
];

/// Names of log levels.
pub(super) const LEVELS: [&str; 13] = [
    "CRITICAL",
    "FATAL",
    "ERROR",
    "WARNING",
    "WARN",
    "NOTICE",
    "INFO",
    "MSG",
    "DEBUG",
    "TRACEDEBUG",
    "HEAVYDEBUG",
    "NOTSET",
    "TRACE",
];

/// Reads the server's settings as commands.
pub(super) fn read(
    tree: &dyn ConfigTree,
    reading: &Reading,
    told: &mut Tale,
) -> Result<(ServerSettings, Vec<Sent>), Abort> {
    let Some(sections) = files::read(tree, "fail2ban", &[], told)? else {
        return Err(Abort("Read fail2ban configuration failed.".to_owned()));
    };
    let mut commands = Vec::new();
    let set = |name: &str, value: Value| Sent {
        command: Command::new(vec!["set".into(), name.into(), value]),
        origin: sections
            .entry(SECTION, name)
            .and_then(|entry| entry.now.origin.clone()),
    };
    let lookup = Lookup::plain(&sections, SECTION);
    let is_there = sections.named.contains_key(SECTION);
    for (option, default) in OPTIONS {
        let overruled = match option {
            "loglevel" => reading.loglevel.clone(),
            "logtarget" => reading.logtarget.clone(),
            "syslogsocket" => reading.syslogsocket.clone(),
            _ => None,
        };
        let own = if is_there {
            reference::fetch(&lookup, option)?
        } else {
            None
        };
        let value = overruled.or(own).or_else(|| default.map(str::to_owned));
        match (option, value) {
            ("loglevel", Some(level)) => {
                let upper = level.to_uppercase();
                let is_number =
                    !level.is_empty() && level.bytes().all(|byte| byte.is_ascii_digit());
                if !LEVELS.contains(&upper.as_str()) && !is_number {
                    return Err(Abort(format!("Invalid log level {}", repr(&level))));
                }
                commands.push(set(option, Value::text(level)));
            }
            ("dbmaxmatches", Some(text)) => {
                let number = convert::integer(&text);
                if number.is_none() {
                    told.push(wrong_int(option, SECTION));
                }
                commands.push(set(option, number.map_or(Value::None, Value::Int)));
            }
            ("dbmaxmatches", None) if !is_there => commands.push(set(option, Value::None)),
            (_, Some(value)) => commands.push(set(option, Value::text(value))),
            (_, None) => {}
        }
    }
    if !is_there {
        let missing = Told::error("configreader", format!("No section: '{SECTION}'"));
        told.said.extend(std::iter::repeat_n(missing, READ_IN_ALL));
    }
    let of = |given: &Option<String>, option, default: &str| -> Result<String, Abort> {
        let own = if is_there {
            reference::fetch(&lookup, option)?
        } else {
            None
        };
        Ok(given.clone().or(own).unwrap_or_else(|| default.to_owned()))
    };
    let socket = of(&reading.socket, "socket", "/var/run/fail2ban/fail2ban.sock")?;
    let pidfile = of(
        &reading.pidfile,
        "pidfile",
        "/var/run/fail2ban/fail2ban.pid",
    )?;
    let loglevel = of(&reading.loglevel, "loglevel", "INFO")?;
    let logtarget = of(&reading.logtarget, "logtarget", "/var/log/fail2ban.log")?;
    let syslogsocket = of(&reading.syslogsocket, "syslogsocket", "auto")?;
    told.info("", || format!("Using socket file {socket}"));
    told.info("", || {
        format!("Using pid file {pidfile}, [{loglevel}] logging to {logtarget}")
    });
    if let Some(size) = stack_size(&sections, told)? {
        let size = Value::Dict(vec![("stacksize".into(), size)]);
        let command = Command::new(vec!["set".into(), "thread".into(), size]);
        let entry = sections.entry(THREAD, "stacksize");
        let origin = entry.and_then(|entry| entry.now.origin.clone());
        commands.insert(0, Sent { command, origin });
    }
    let settings = ServerSettings {
        socket,
        pidfile,
        loglevel,
        logtarget,
        syslogsocket,
    };
    Ok((settings, commands))
}

/// How often the original looks for an option of the section.
const READ_IN_ALL: usize = 12;

fn stack_size(sections: &Sections, told: &mut Tale) -> Result<Option<Value>, Abort> {
    if !sections.named.contains_key(THREAD) {
        return Ok(None);
    }
    let value = reference::fetch(&Lookup::plain(sections, THREAD), "stacksize")?;
    let Some(value) = value else {
        return Ok(None);
    };
    let size = convert::integer(&value);
    if size.is_none() {
        told.push(wrong_int("stacksize", THREAD));
    }
    Ok(Some(size.map_or(Value::None, Value::Int)))
}

/// A number that is none.
pub(super) fn wrong_int(option: &str, section: &str) -> Told {
    let text = format!(
        "Wrong value for '{option}' in {}. Using default one: 'None'",
        repr(section)
    );
    Told::warning("configreader", text)
}
