//! The table of commands, from which help is printed.
//!
//! *Shape*: one command a line, four blanks before it and its help behind it or
//! below, which is what the shell completion reads.

use Group::{Basic, Database, JailConfiguration, JailControl, JailInformation, Logging};

/// Describes one command for help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Under which heading it stands.
    pub group: Group,
    /// The command with its arguments, as typed.
    pub usage: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
}

/// Headings of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The server as a whole.
    Basic,
    /// Where and how much it logs.
    Logging,
    /// Where bans are kept.
    Database,
    /// Jails as a whole.
    JailControl,
    /// Changing a jail.
    JailConfiguration,
    /// Asking a jail.
    JailInformation,
}

impl Group {
    /// All groups in the order of the help.
    pub const ALL: [Self; 6] = [
        Self::Basic,
        Self::Logging,
        Self::Database,
        Self::JailControl,
        Self::JailConfiguration,
        Self::JailInformation,
    ];

    /// Returns the heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Basic => "BASIC",
            Self::Logging => "LOGGING",
            Self::Database => "DATABASE",
            Self::JailControl => "JAIL CONTROL",
            Self::JailConfiguration => "JAIL CONFIGURATION",
            Self::JailInformation => "JAIL INFORMATION",
        }
    }
}

/// Width of the column of commands, the four blanks excluded.
const USAGE_WIDTH: usize = 40;
/// Width of the column of help.
const HELP_WIDTH: usize = 35;

/// Returns the help's list of commands, each line ended by a newline.
#[must_use]
pub fn usage() -> String {
    let mut out = String::new();
    for (index, group) in Group::ALL.into_iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        write_line(&mut out, "", group.heading());
        for entry in ENTRIES.iter().filter(|entry| entry.group == group) {
            write_entry(&mut out, entry);
        }
    }
    out
}

fn write_entry(out: &mut String, entry: &Entry) {
    let mut help = wrapped(entry.help).into_iter();
    if entry.usage.len() < USAGE_WIDTH {
        write_line(out, entry.usage, &help.next().unwrap_or_default());
    } else {
        write_line(out, entry.usage, "");
    }
    for line in help {
        write_line(out, "", &line);
    }
}

fn write_line(out: &mut String, usage: &str, help: &str) {
    let line = format!("    {usage:USAGE_WIDTH$} {help}");
    out.push_str(line.trim_end());
    out.push('\n');
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= HELP_WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

const fn entry(group: Group, usage: &'static str, help: &'static str) -> Entry {
    Entry { group, usage, help }
}

/// The commands of this version that a person may type.
#[rustfmt::skip]
pub const ENTRIES: &[Entry] = &[
    entry(Basic, "start", "start the server with its jails"),
    entry(Basic, "restart", "end the server and start it anew"),
    entry(Basic, "restart [--unban] [--if-exists] <JAIL>", "let a jail begin anew; its bans go on unless --unban is said"),
    entry(Basic, "reload [--restart] [--unban] [--all]", "take up the configuration as it is now; what has not changed goes on untouched"),
    entry(Basic, "reload [--restart] [--unban] [--if-exists] <JAIL>", "the same for one jail"),
    entry(Basic, "stop", "end all jails and the server"),
    entry(Basic, "status", "show which jails there are"),
    entry(Basic, "unban --all", "end every ban of every jail"),
    entry(Basic, "unban <IP> ... <IP>", "end the bans of these addresses in every jail"),
    entry(Basic, "banned", "list what is banned, by jail"),
    entry(Basic, "banned <IP> ... <IP>", "list for each address the jails that have banned it"),
    entry(Basic, "status --all [FLAVOR]", "show counters and bans of every jail"),
    entry(Basic, "server-status", "show whether the server is ready"),
    entry(Basic, "sleep <SECONDS>", "have the answer come later"),
    entry(Basic, "stats", "show the counters of every jail as a table"),
    entry(Basic, "ping", "ask whether the server is there"),
    entry(Basic, "echo <WORD> ... <WORD>", "have the server repeat the words"),
    entry(Basic, "version", "show which version the server is"),
    entry(Logging, "set loglevel <LEVEL>", "log from LEVEL on: CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG or a number"),
    entry(Logging, "get loglevel", "show from which level on is logged"),
    entry(Logging, "set logtarget <TARGET>", "log to a file, STDOUT, STDERR, SYSLOG, SYSTEMD-JOURNAL or SYSOUT"),
    entry(Logging, "get logtarget", "show where the log goes"),
    entry(Logging, "flushlogs", "open the log file anew, after it was rotated away"),
    entry(Logging, "set syslogsocket auto|<SOCKET>", "log through this socket when the target is SYSLOG"),
    entry(Logging, "get syslogsocket", "show that socket"),
    entry(Logging, "set allowipv6 yes|no|auto", "say whether names are asked for IPv6 addresses"),
    entry(Database, "get dbfile", "show where bans are kept"),
    entry(Database, "get dbmaxmatches", "show how many lines of log are kept with each ban"),
    entry(Database, "get dbpurgeage", "show when bans are forgotten"),
    entry(Database, "set dbfile <FILE>", "keep bans in FILE, or nowhere if it is None"),
    entry(Database, "set dbmaxmatches <INT>", "keep at most this many lines of log with each ban"),
    entry(Database, "set dbpurgeage <SECONDS>", "forget bans that are older"),
    entry(JailControl, "add <JAIL> <BACKEND>", "create a jail that reads through BACKEND"),
    entry(JailControl, "start <JAIL>", "let a jail begin to work"),
    entry(JailControl, "stop <JAIL>", "end a jail; its bans are lifted and kept in the database"),
    entry(JailControl, "stop --all", "end all jails; the server goes on"),
    entry(JailControl, "status <JAIL> [FLAVOR]", "show counters and bans of a jail; FLAVOR is basic, short, stats or cymru"),
    entry(JailConfiguration, "set <JAIL> ignoreself true|false", "say whether the host's own addresses are spared"),
    entry(JailConfiguration, "set <JAIL> idle on|off", "let a jail rest: nothing is read meanwhile, and nothing lost"),
    entry(JailConfiguration, "set <JAIL> delignoreip <IP>", "spare it no longer"),
    entry(JailConfiguration, "set <JAIL> delfailregex <INDEX>", "take that expression out"),
    entry(JailConfiguration, "set <JAIL> delignoreregex <INDEX>", "take that expression out"),
    entry(JailConfiguration, "set <JAIL> addignoreip <IP>", "spare an address, a network or a name"),
    entry(JailConfiguration, "set <JAIL> ignorecommand <VALUE>", "ask this command whether to spare an address"),
    entry(JailConfiguration, "set <JAIL> ignorecache <VALUE>", "keep its answers: key=\"<ip>\" and max-count, max-time"),
    entry(JailConfiguration, "set <JAIL> addlogpath <FILE> ['tail']", "read FILE, from its head or its tail on"),
    entry(JailConfiguration, "set <JAIL> dellogpath <FILE>", "read FILE no longer"),
    entry(JailConfiguration, "set <JAIL> logencoding <ENCODING>", "read the logs in this encoding"),
    entry(JailConfiguration, "set <JAIL> logtimezone <TZ>", "read dates without a zone in this zone"),
    entry(JailConfiguration, "set <JAIL> datepattern <PATTERN>", "find dates by this pattern"),
    entry(JailConfiguration, "set <JAIL> addjournalmatch <MATCH>", "read what matches in the journal"),
    entry(JailConfiguration, "set <JAIL> deljournalmatch <MATCH>", "read it no longer"),
    entry(JailConfiguration, "set <JAIL> prefregex <REGEX>", "look at lines that match, and only at their content"),
    entry(JailConfiguration, "set <JAIL> addfailregex <REGEX>", "count lines that match as failures"),
    entry(JailConfiguration, "set <JAIL> addignoreregex <REGEX>", "do not count lines that match"),
    entry(JailConfiguration, "set <JAIL> maxlines <LINES>", "match over this many lines"),
    entry(JailConfiguration, "set <JAIL> usedns <VALUE>", "resolve names: yes, warn, no or raw"),
    entry(JailConfiguration, "set <JAIL> findtime <TIME>", "count failures within this time"),
    entry(JailConfiguration, "set <JAIL> maxretry <RETRY>", "ban after this many failures"),
    entry(JailConfiguration, "set <JAIL> maxmatches <INT>", "keep at most this many lines in memory for each address"),
    entry(JailConfiguration, "set <JAIL> bantime <TIME>", "ban for this time; a negative one is for ever"),
    entry(JailConfiguration, "set <JAIL> bantime.<OPTION> <VALUE>", "ban longer who comes back: increment, factor, formula, multipliers, maxtime, rndtime, overalljails"),
    entry(JailConfiguration, "set <JAIL> attempt <IP> [<failure1> ... <failureN>]", "count a failure of an address, or one for each line given"),
    entry(JailConfiguration, "set <JAIL> banip <IP> ... <IP>", "ban these addresses"),
    entry(JailConfiguration, "set <JAIL> unbanip [--report-absent] <IP> ... <IP>", "end the bans of these addresses; with the option, fail if one is not banned"),
    entry(JailConfiguration, "set <JAIL> addaction <ACT>", "add an action"),
    entry(JailConfiguration, "set <JAIL> delaction <ACT>", "take an action away, without stopping it"),
    entry(JailConfiguration, "set <JAIL> action <ACT> <PROPERTY> <VALUE>", "set a property of an action"),
    entry(JailConfiguration, "set <JAIL> action <ACT> <METHOD> [<JSONKWARGS>]", "have an action do something: start, stop, flush, ban, unban and others of actionmethods"),
    entry(JailInformation, "get <JAIL> ignoreself", "show whether the host's own addresses are spared"),
    entry(JailInformation, "get <JAIL> ignoreip", "list who is spared"),
    entry(JailInformation, "get <JAIL> ignorecommand", "show the command that is asked whom to spare"),
    entry(JailInformation, "get <JAIL> ignorecache", "show how its answers are kept"),
    entry(JailInformation, "get <JAIL> logpath", "list the files that are read"),
    entry(JailInformation, "get <JAIL> logencoding", "show the encoding of the logs"),
    entry(JailInformation, "get <JAIL> logtimezone", "show the zone of dates without one"),
    entry(JailInformation, "get <JAIL> datepattern", "show the pattern of dates"),
    entry(JailInformation, "get <JAIL> journalmatch", "show what is read of the journal"),
    entry(JailInformation, "get <JAIL> prefregex", "show the expression for all lines"),
    entry(JailInformation, "get <JAIL> failregex", "list the expressions for failures"),
    entry(JailInformation, "get <JAIL> ignoreregex", "list the expressions for what does not count"),
    entry(JailInformation, "get <JAIL> maxlines", "show over how many lines is matched"),
    entry(JailInformation, "get <JAIL> usedns", "show whether names are resolved"),
    entry(JailInformation, "get <JAIL> findtime", "show within which time failures count"),
    entry(JailInformation, "get <JAIL> maxretry", "show after how many failures is banned"),
    entry(JailInformation, "get <JAIL> maxmatches", "show how many lines are kept in memory"),
    entry(JailInformation, "get <JAIL> bantime", "show for how long is banned"),
    entry(JailInformation, "get <JAIL> bantime.<OPTION>", "show an option of longer bans"),
    entry(JailInformation, "get <JAIL> actions", "list the actions"),
    entry(JailInformation, "get <JAIL> action <ACT> <PROPERTY>", "show a property of an action"),
    entry(JailInformation, "get <JAIL> actionproperties <ACT>", "list the properties of an action"),
    entry(JailInformation, "get <JAIL> actionmethods <ACT>", "list what an action can be told to do"),
    entry(JailInformation, "get <JAIL> banned", "list what is banned"),
    entry(JailInformation, "get <JAIL> banned <IP> ... <IP>", "tell 1 or 0 for each: banned or not"),
    entry(JailInformation, "get <JAIL> banip [<SEP>|--with-time]", "list what is banned by end of ban, with SEP between or with times"),
];

#[cfg(test)]
mod tests {
    use super::{ENTRIES, usage};

    #[test]
    fn every_command_begins_its_own_line_after_four_blanks() {
        let usage = usage();
        for entry in ENTRIES {
            let line = format!("    {}", entry.usage);
            let found = usage.lines().any(|candidate| {
                candidate
                    .strip_prefix(&line)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            });
            assert!(found, "no line for {line:?}");
        }
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        for line in usage().lines() {
            assert!(line.len() <= 80, "{line}");
        }
    }

    #[test]
    fn help_never_looks_like_a_command() {
        for line in usage().lines().filter(|line| line.starts_with("     ")) {
            assert!(line.starts_with(&" ".repeat(45)), "{line}");
        }
    }
}
