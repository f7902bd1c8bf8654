//! Every option of `fail2ban-regex`, and the help that is made of them.

/// Which option it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Version,
    Help,
    Config,
    Datepattern,
    Timezone,
    Encoding,
    Raw,
    Usedns,
    Maxlines,
    Journalmatch,
    LogLevel,
    Number,
    Verbose,
    Verbosity,
    VerboseDate,
    Debuggex,
    NoCheckAll,
    Out,
    Invert,
    NoMissed,
    NoIgnored,
    AllMatched,
    AllMissed,
    AllIgnored,
    Traceback,
    Json,
}

/// How an option is written.
pub(super) struct Spec {
    pub(super) name: Name,
    pub(super) short: Option<char>,
    pub(super) long: &'static [&'static str],
    /// How the help calls its value, if it takes one.
    pub(super) value: Option<&'static str>,
    help: &'static str,
}

const fn flag(
    name: Name,
    short: Option<char>,
    long: &'static [&'static str],
    help: &'static str,
) -> Spec {
    Spec {
        name,
        short,
        long,
        value: None,
        help,
    }
}

const fn value(
    name: Name,
    short: Option<char>,
    long: &'static [&'static str],
    value: &'static str,
    help: &'static str,
) -> Spec {
    Spec {
        name,
        short,
        long,
        value: Some(value),
        help,
    }
}

pub(super) const SPECS: &[Spec] = &[
    flag(Name::Help, Some('h'), &["help"], "show this text"),
    flag(Name::Version, None, &["version"], "show the version"),
    flag(
        Name::Number,
        Some('V'),
        &[],
        "show the number of the version",
    ),
    value(
        Name::Config,
        Some('c'),
        &["config"],
        "FOLDER",
        "folder of the configuration",
    ),
    value(
        Name::Datepattern,
        Some('d'),
        &["datepattern"],
        "PATTERN",
        "the form of dates, instead of the filter's",
    ),
    value(
        Name::Timezone,
        None,
        &["timezone", "TZ"],
        "ZONE",
        "the zone of dates that name none, as logtimezone",
    ),
    value(
        Name::Encoding,
        Some('e'),
        &["encoding"],
        "NAME",
        "the encoding of the log, else that of the system",
    ),
    flag(
        Name::Raw,
        Some('r'),
        &["raw"],
        "names of hosts are taken as they are written",
    ),
    value(
        Name::Usedns,
        None,
        &["usedns"],
        "HOW",
        "what becomes of names of hosts: yes, warn, no or raw",
    ),
    value(
        Name::Maxlines,
        Some('L'),
        &["maxlines"],
        "N",
        "how many lines a rule sees at once",
    ),
    value(
        Name::Journalmatch,
        Some('m'),
        &["journalmatch"],
        "MATCH",
        "which entries of the journal, instead of the filter's",
    ),
    value(
        Name::LogLevel,
        Some('l'),
        &["log-level"],
        "LEVEL",
        "how much is logged, on standard output",
    ),
    flag(
        Name::Verbose,
        Some('v'),
        &["verbose"],
        "tell more; can be repeated",
    ),
    value(
        Name::Verbosity,
        None,
        &["verbosity"],
        "N",
        "how much to tell, as a number",
    ),
    flag(
        Name::VerboseDate,
        None,
        &["verbose-date", "VD"],
        "show how dates are found",
    ),
    flag(
        Name::Debuggex,
        Some('D'),
        &["debuggex"],
        "show addresses of www.debuggex.com beside lines",
    ),
    flag(
        Name::NoCheckAll,
        None,
        &["no-check-all"],
        "the first rule that matches is enough",
    ),
    value(
        Name::Out,
        Some('o'),
        &["out"],
        "WHAT",
        "show only what was found: row, id, ip, msg, the name of\na group, or a text with <tags>",
    ),
    flag(
        Name::Invert,
        Some('i'),
        &["invert"],
        "with -o: show the lines in which nothing was found",
    ),
    flag(
        Name::NoMissed,
        None,
        &["print-no-missed"],
        "do not list lines that no rule matches",
    ),
    flag(
        Name::NoIgnored,
        None,
        &["print-no-ignored"],
        "do not list lines that are ignored",
    ),
    flag(
        Name::AllMatched,
        None,
        &["print-all-matched"],
        "list lines that a rule matches",
    ),
    flag(
        Name::AllMissed,
        None,
        &["print-all-missed"],
        "list lines that no rule matches, however many",
    ),
    flag(
        Name::AllIgnored,
        None,
        &["print-all-ignored"],
        "list lines that are ignored, however many",
    ),
    flag(
        Name::Traceback,
        Some('t'),
        &["log-traceback"],
        "accepted, changes nothing",
    ),
    flag(
        Name::Traceback,
        None,
        &["full-traceback"],
        "accepted, changes nothing",
    ),
    flag(
        Name::Json,
        None,
        &["json"],
        "as JSON lines, for programs (docs/fail2ban-regex.md)",
    ),
];

/// Returns the first line of help and of errors.
pub(crate) fn usage_line(program: &str) -> String {
    format!("Usage: {program} [OPTIONS] <LOG> <REGEX> [IGNOREREGEX]")
}

/// Returns the whole help.
pub(crate) fn help(program: &str) -> String {
    let mut text = usage_line(program);
    text.push_str(
        "\n\nTries the rules of a filter, or a rule, on a log.\n\n\
         <LOG>          a file, a line of a log itself, or systemd-journal[OPTIONS]\n\
         <REGEX>        the name of a jail or a filter, also with options: sshd[mode=aggressive];\n\
         \x20              the path of a filter's file; or a failregex itself\n\
         [IGNOREREGEX]  an ignoreregex, instead of the filter's\n\nOptions:\n",
    );
    for spec in SPECS {
        let short = spec.short.map(|short| format!("-{short}"));
        let long = spec.long.iter().map(|long| format!("--{long}"));
        let mut names: Vec<String> = short.into_iter().chain(long).collect();
        if let (Some(value), Some(last)) = (spec.value, names.last_mut()) {
            last.push_str(&format!(" <{value}>"));
        }
        let names = names.join(", ");
        let mut lines = spec.help.split('\n');
        let first = lines.next().unwrap_or_default();
        text.push_str(&format!("  {names:<33} {first}\n"));
        for line in lines {
            text.push_str(&format!("  {:<33} {line}\n", ""));
        }
    }
    text.pop();
    text
}
