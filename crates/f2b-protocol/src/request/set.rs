//! `set …`.

use super::{Refusal, Request, ServerSetting, TimeText, word};
use crate::{Exception, Value};

/// What `set J OPTION VALUE…` changes in a jail.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// `usedns`, as written; what is no mode acts as `no`.
    UseDns(String),
    /// `prefregex`; empty for none.
    PrefRegex(String),
    /// `addfailregex`.
    AddFailRegex(String),
    /// `addignoreregex`.
    AddIgnoreRegex(String),
    /// `delfailregex N`; answers what is left. A negative number counts from the end.
    DelFailRegex(i64),
    /// `delignoreregex N`, likewise.
    DelIgnoreRegex(i64),
    /// `maxlines`, at least 1.
    MaxLines(i64),
    /// `datepattern`; empty for the default detectors.
    DatePattern(String),
    /// `addjournalmatch`, the words of one match.
    AddJournalMatch(Vec<String>),
    /// `maxretry`.
    MaxRetry(i64),
    /// `maxmatches`.
    MaxMatches(i64),
    /// `findtime`.
    FindTime(TimeText),
    /// `bantime`.
    BanTime(TimeText),
    /// `ignorecommand`; empty for none.
    IgnoreCommand(String),
    /// `ignoreself`.
    IgnoreSelf(bool),
    /// `addignoreip`, as written.
    AddIgnoreIp(Vec<String>),
    /// `delignoreip`; answers what is left.
    DelIgnoreIp(String),
    /// `logtimezone`.
    LogTimeZone(String),
    /// `logencoding`.
    LogEncoding(String),
    /// `addlogpath F [head|tail]`.
    AddLogPath {
        /// The file.
        path: String,
        /// Where to begin when the file was never read.
        position: LogPosition,
    },
    /// `addaction A`; answers the name.
    AddAction(String),
    /// `action A PROPERTY VALUE`; answers the value.
    ActionProperty {
        /// Which action.
        action: String,
        /// Which property or parameter.
        property: String,
        /// Its value: text, mostly; a flag or a number from the configuration.
        value: Value,
    },
}

/// Where reading of a new log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPosition {
    /// At its first line.
    Head,
    /// Behind its last line.
    Tail,
}

/// Parses what follows `set`.
pub(super) fn parse(words: &[Value]) -> Result<Request, Refusal> {
    let name = word::first(words)?;
    if let Some(setting) = server_setting(name, words)? {
        return Ok(Request::SetServer(setting));
    }
    let option = word::method_text(word::at(words, 1)?, "startswith")?;
    let rest = words.get(2..).unwrap_or(&[]);
    match option.as_str() {
        "banip" => Ok(Request::BanIp {
            jail: word::jail(name)?,
            ids: word::ids(rest)?,
        }),
        "unbanip" => {
            let report_absent = word::first(rest)?.as_str() == Some("--report-absent");
            let ids = rest.get(usize::from(report_absent)..).unwrap_or(&[]);
            Ok(Request::UnbanIp {
                jail: word::jail(name)?,
                ids: word::ids(ids)?,
                report_absent,
            })
        }
        _ => {
            let setting = jail_setting(name, &option, rest)?;
            Ok(Request::SetJail {
                jail: word::jail(name)?,
                setting,
            })
        }
    }
}

fn server_setting(name: &Value, words: &[Value]) -> Result<Option<ServerSetting>, Refusal> {
    let value = || word::at(words, 1);
    let setting = match name.as_str() {
        Some("loglevel") => {
            ServerSetting::LogLevel(word::method_text(value()?, "upper")?.to_uppercase())
        }
        Some("logtarget") => ServerSetting::LogTarget(word::searched_text(value()?)?),
        Some("syslogsocket") => ServerSetting::SyslogSocket(word::text(value()?)?),
        Some("allowipv6") => ServerSetting::AllowIpv6(value()?.clone()),
        Some("dbfile") => match value()? {
            Value::None => ServerSetting::DbFile(None),
            other => {
                let file = word::method_text(other, "lower")?;
                ServerSetting::DbFile(Some(file).filter(|file| !file.eq_ignore_ascii_case("none")))
            }
        },
        Some("dbmaxmatches") => ServerSetting::DbMaxMatches(word::int(value()?)?),
        Some("dbpurgeage") => ServerSetting::DbPurgeAge(word::time(value()?)?),
        Some("thread") => thread(value()?)?,
        _ => return Ok(None),
    };
    Ok(Some(setting))
}

fn thread(value: &Value) -> Result<ServerSetting, Refusal> {
    let Value::Dict(options) = value else {
        return Err(Exception::no_attribute(value, "items").into());
    };
    let mut stack_size_kib = None;
    for (option, value) in options {
        if option.as_str() != Some("stacksize") {
            return Err(Exception::key(format!("unknown option {}", option.repr())).into());
        }
        stack_size_kib = Some(word::int(value)?);
    }
    Ok(ServerSetting::Thread { stack_size_kib })
}

/// Parses what follows the option's name in `set J OPTION …`.
pub(super) fn jail_setting(jail: &Value, option: &str, rest: &[Value]) -> Result<Setting, Refusal> {
    let value = || word::first(rest);
    match option {
        "usedns" => Ok(Setting::UseDns(word::method_text(value()?, "lower")?)),
        "prefregex" => Ok(Setting::PrefRegex(word::searched_text(value()?)?)),
        "addfailregex" => Ok(Setting::AddFailRegex(word::searched_text(value()?)?)),
        "addignoreregex" => Ok(Setting::AddIgnoreRegex(word::searched_text(value()?)?)),
        "maxlines" => match after_jail(jail, word::int(value()?))? {
            lines @ 1.. => Ok(Setting::MaxLines(lines)),
            _ => after_jail(jail, Err(Exception::max_lines().into())),
        },
        "datepattern" => Ok(Setting::DatePattern(word::searched_text(value()?)?)),
        "addjournalmatch" => Ok(Setting::AddJournalMatch(all_text(rest)?)),
        "maxretry" => Ok(Setting::MaxRetry(word::int(value()?)?)),
        "maxmatches" => Ok(Setting::MaxMatches(word::int(value()?)?)),
        "findtime" => Ok(Setting::FindTime(word::time(value()?)?)),
        "bantime" => Ok(Setting::BanTime(word::time(value()?)?)),
        "ignorecommand" => Ok(Setting::IgnoreCommand(word::text(value()?)?)),
        "ignoreself" => Ok(Setting::IgnoreSelf(word::truth(value()?))),
        "addignoreip" => {
            let ips: Result<_, _> = rest.iter().map(word::searched_text).collect();
            Ok(Setting::AddIgnoreIp(ips?))
        }
        "logtimezone" => Ok(Setting::LogTimeZone(word::searched_text(value()?)?)),
        "logencoding" => Ok(Setting::LogEncoding(word::method_text(value()?, "lower")?)),
        "addlogpath" => add_log_path(rest),
        "addaction" => add_action(rest),
        "action" => {
            let action = value()?.str();
            let property = after_jail(jail, word::at(rest, 1))?;
            after_jail(jail, action_property(&action, property, rest.get(2)))
        }
        "idle" => match value()?.as_str() {
            Some("on" | "off") => Err(not_available(option)),
            _ => Err(Exception::general("Invalid idle option, must be 'on' or 'off'").into()),
        },
        "delfailregex" => Ok(Setting::DelFailRegex(word::int(value()?)?)),
        "delignoreregex" => Ok(Setting::DelIgnoreRegex(word::int(value()?)?)),
        "delignoreip" => Ok(Setting::DelIgnoreIp(word::text(value()?)?)),
        "ignorecache" | "dellogpath" | "deljournalmatch" | "attempt" | "delaction" => {
            Err(not_available(option))
        }
        _ if option.starts_with("bantime.") => Err(not_available(option)),
        // As the original: the quotes are put around, nothing is escaped.
        _ => Err(Exception::general(format!(
            "Invalid command '{option}' (no set action or not yet implemented)"
        ))
        .into()),
    }
}

fn add_log_path(rest: &[Value]) -> Result<Setting, Refusal> {
    let path = word::first(rest)?;
    if rest.len() > 2 {
        return Err(Exception::value("Only one file can be added at a time").into());
    }
    let position = match rest.get(1) {
        None => LogPosition::Head,
        Some(position) => match word::method_text(position, "lower")?
            .to_lowercase()
            .as_str()
        {
            "head" => LogPosition::Head,
            "tail" => LogPosition::Tail,
            _ => return Err(Exception::value("File option must be 'head' or 'tail'").into()),
        },
    };
    Ok(Setting::AddLogPath {
        path: word::method_text(path, "startswith")?,
        position,
    })
}

fn add_action(rest: &[Value]) -> Result<Setting, Refusal> {
    let action = word::text(word::first(rest)?)?;
    match rest.len() {
        1 => Ok(Setting::AddAction(action)),
        2 => Err(Exception::missing_word().into()),
        _ => Err(not_available("addaction <ACT> <PYTHONFILE>")),
    }
}

/// Methods of an action that the original calls when a property is named so.
const ACTION_METHODS: &[&str] = &[
    "ban",
    "clearAllParams",
    "consistencyCheck",
    "escapeTag",
    "executeCmd",
    "flush",
    "invalidateBanEpoch",
    "prolong",
    "reban",
    "reload",
    "replaceDynamicTags",
    "replaceTag",
    "start",
    "stop",
    "unban",
];

pub(super) fn action_property(
    action: &str,
    property: &Value,
    value: Option<&Value>,
) -> Result<Setting, Refusal> {
    let property = word::text(property)?;
    if ACTION_METHODS.contains(&property.as_str()) {
        return Err(not_available("action <ACT> <METHOD>"));
    }
    let value = value.ok_or_else(Exception::missing_word)?.clone();
    Ok(Setting::ActionProperty {
        action: action.to_owned(),
        property,
        value,
    })
}

/// Makes a refusal wait for the question whether there is such a jail.
pub(super) fn after_jail<T>(jail: &Value, result: Result<T, Refusal>) -> Result<T, Refusal> {
    match (result, jail) {
        (Err(Refusal::Now(exception)), Value::Str(jail)) => Err(Refusal::AfterJail {
            jail: jail.clone(),
            exception,
        }),
        (result, _) => result,
    }
}

fn all_text(words: &[Value]) -> Result<Vec<String>, Refusal> {
    words.iter().map(word::text).collect()
}

fn not_available(option: &str) -> Refusal {
    Refusal::NotAvailable(format!("set <JAIL> {option}"))
}
