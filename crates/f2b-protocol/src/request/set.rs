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
    /// `dellogpath F`; one that is not read is passed over.
    DelLogPath(String),
    /// `deljournalmatch`, the words of one match; without any, all of them.
    DelJournalMatch(Vec<String>),
    /// `idle on|off`.
    Idle(bool),
    /// `ignorecache`, as written; empty for none.
    IgnoreCache(String),
    /// `bantime.NAME VALUE`, as it came; any name is one.
    BanTimeOption {
        /// What is behind the point.
        name: String,
        /// Text, mostly.
        value: Value,
    },
    /// `addaction A`; answers the name.
    AddAction(String),
    /// `addaction A PYTHONFILE JSON`; answers the name.
    AddPythonAction {
        /// Its name.
        action: String,
        /// The file that it is written in.
        file: String,
        /// What it is made with: a JSON object.
        arguments: String,
    },
    /// `delaction A`; answers nothing.
    DelAction(String),
    /// `action A PROPERTY VALUE`; answers the value. If the property is a method of the action it is
    /// called instead, with the value as its arguments in JSON, and what it returns is the answer.
    ActionProperty {
        /// Which action.
        action: String,
        /// Which property, parameter or method.
        property: Option<String>,
        /// Its value: text, mostly; a flag or a number from the configuration.
        value: Option<Value>,
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
        "attempt" => {
            let missing = "Filter.addAttempt() missing 1 required positional argument: 'ip'";
            let Some(ip) = rest.first() else {
                return after_jail(name, Err(Exception::type_error(missing).into()));
            };
            if !matches!(ip, Value::Str(_) | Value::Surrogates(_)) {
                let text = format!("object of type '{}' has no len()", ip.type_name());
                return after_jail(name, Err(Exception::type_error(text).into()));
            }
            Ok(Request::Attempt {
                jail: word::jail(name)?,
                id: word::text(ip)?,
                lines: all_text(rest.get(1..).unwrap_or(&[]))?,
            })
        }
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
        // `setctag` and `setcinfo` are old names, as manuals of long ago have them.
        "action" | "setctag" | "setcinfo" => action_property(rest),
        "idle" => match value()?.as_str() {
            Some("on") => Ok(Setting::Idle(true)),
            Some("off") => Ok(Setting::Idle(false)),
            _ => Err(Exception::general("Invalid idle option, must be 'on' or 'off'").into()),
        },
        "delfailregex" => Ok(Setting::DelFailRegex(word::int(value()?)?)),
        "delignoreregex" => Ok(Setting::DelIgnoreRegex(word::int(value()?)?)),
        "delignoreip" => Ok(Setting::DelIgnoreIp(word::text(value()?)?)),
        "ignorecache" => Ok(Setting::IgnoreCache(word::searched_text(value()?)?)),
        "dellogpath" => Ok(Setting::DelLogPath(word::method_text(
            value()?,
            "startswith",
        )?)),
        "deljournalmatch" => Ok(Setting::DelJournalMatch(all_text(rest)?)),
        "delaction" => Ok(Setting::DelAction(value()?.str())),
        _ if OLD_COMMANDS.contains(&option) => Ok(Setting::ActionProperty {
            action: value()?.str(),
            property: Some(option.to_owned()),
            value: rest.get(1).cloned(),
        }),
        _ => match option.strip_prefix("bantime.") {
            Some(name) => Ok(Setting::BanTimeOption {
                name: name.to_owned(),
                value: value()?.clone(),
            }),
            // As the original: the quotes are put around, nothing is escaped.
            None => Err(Exception::general(format!(
                "Invalid command '{option}' (no set action or not yet implemented)"
            ))
            .into()),
        },
    }
}

/// `set J actionban ACT CMD` is how `set J action ACT actionban CMD` was written once.
const OLD_COMMANDS: &[&str] = &[
    "actionstart",
    "actionstop",
    "actioncheck",
    "actionban",
    "actionunban",
];

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
        _ => Ok(Setting::AddPythonAction {
            action,
            file: word::text(word::at(rest, 1)?)?,
            arguments: word::at(rest, 2)?.str(),
        }),
    }
}

/// Reads `action A PROPERTY [VALUE]`.
///
/// What the property is, a value or a method, and whether one is missing, only the action can say.
fn action_property(rest: &[Value]) -> Result<Setting, Refusal> {
    Ok(Setting::ActionProperty {
        action: word::first(rest)?.str(),
        property: rest.get(1).map(word::text).transpose()?,
        value: rest.get(2).cloned(),
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
