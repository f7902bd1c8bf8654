//! `get …`.

use super::set::after_jail;
use super::{Refusal, Request, word};
use crate::{Exception, Value};

/// What `get OPTION` asks the server for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerOption {
    /// `loglevel`.
    LogLevel,
    /// `logtarget`.
    LogTarget,
    /// `syslogsocket`.
    SyslogSocket,
    /// `thread`: a dictionary.
    Thread,
    /// `dbfile`; nothing without a database, as the two that follow.
    DbFile,
    /// `dbmaxmatches`.
    DbMaxMatches,
    /// `dbpurgeage`.
    DbPurgeAge,
}

/// What `get J OPTION` asks a jail for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JailOption {
    /// `logpath`: a list.
    LogPath,
    /// `logencoding`.
    LogEncoding,
    /// `journalmatch`: a list of lists.
    JournalMatch,
    /// `ignoreself`.
    IgnoreSelf,
    /// `ignoreip`: a list.
    IgnoreIp,
    /// `ignorecommand`.
    IgnoreCommand,
    /// `ignorecache`.
    IgnoreCache,
    /// `prefregex`.
    PrefRegex,
    /// `failregex`: a list.
    FailRegex,
    /// `ignoreregex`: a list.
    IgnoreRegex,
    /// `usedns`.
    UseDns,
    /// `findtime`.
    FindTime,
    /// `datepattern`: a pair, or nothing for a journal.
    DatePattern,
    /// `logtimezone`.
    LogTimeZone,
    /// `maxmatches`.
    MaxMatches,
    /// `maxretry`.
    MaxRetry,
    /// `maxlines`.
    MaxLines,
    /// `bantime`.
    BanTime,
    /// `bantime.NAME`; any name is one.
    BanTimeOption(String),
    /// `actions`: a list.
    Actions,
    /// `action A PROPERTY`.
    ActionProperty {
        /// Which action.
        action: String,
        /// Which property.
        property: String,
    },
    /// `actionproperties A`: a list.
    ActionProperties(String),
    /// `actionmethods A`: a list.
    ActionMethods(String),
}

/// Parses what follows `get`.
pub(super) fn parse(words: &[Value]) -> Result<Request, Refusal> {
    let name = word::first(words)?;
    if let Some(option) = name.as_str().and_then(server_option) {
        return Ok(Request::GetServer(option));
    }
    let option = word::method_text(word::at(words, 1)?, "startswith")?;
    let rest = words.get(2..).unwrap_or(&[]);
    match option.as_str() {
        "banip" => {
            let with_time = rest.first().and_then(Value::as_str) == Some("--with-time");
            Ok(Request::BanList {
                jail: word::jail(name)?,
                with_time,
            })
        }
        "banned" => Ok(Request::Banned {
            jail: word::jail(name)?,
            ids: ids(rest)?,
        }),
        _ => Ok(Request::GetJail {
            option: jail_option(name, &option, rest)?,
            jail: word::jail(name)?,
        }),
    }
}

fn server_option(name: &str) -> Option<ServerOption> {
    Some(match name {
        "loglevel" => ServerOption::LogLevel,
        "logtarget" => ServerOption::LogTarget,
        "syslogsocket" => ServerOption::SyslogSocket,
        "thread" => ServerOption::Thread,
        "dbfile" => ServerOption::DbFile,
        "dbmaxmatches" => ServerOption::DbMaxMatches,
        "dbpurgeage" => ServerOption::DbPurgeAge,
        _ => return None,
    })
}

fn jail_option(jail: &Value, option: &str, rest: &[Value]) -> Result<JailOption, Refusal> {
    let action = || word::first(rest).map(Value::str);
    Ok(match option {
        "logpath" => JailOption::LogPath,
        "logencoding" => JailOption::LogEncoding,
        "journalmatch" => JailOption::JournalMatch,
        "ignoreself" => JailOption::IgnoreSelf,
        "ignoreip" => JailOption::IgnoreIp,
        "ignorecommand" => JailOption::IgnoreCommand,
        "ignorecache" => JailOption::IgnoreCache,
        "prefregex" => JailOption::PrefRegex,
        "failregex" => JailOption::FailRegex,
        "ignoreregex" => JailOption::IgnoreRegex,
        "usedns" => JailOption::UseDns,
        "findtime" => JailOption::FindTime,
        "datepattern" => JailOption::DatePattern,
        "logtimezone" => JailOption::LogTimeZone,
        "maxmatches" => JailOption::MaxMatches,
        "maxretry" => JailOption::MaxRetry,
        "maxlines" => JailOption::MaxLines,
        "bantime" => JailOption::BanTime,
        "actions" => JailOption::Actions,
        // `ctag` and `cinfo` are old names.
        "action" | "ctag" | "cinfo" => JailOption::ActionProperty {
            action: action()?,
            property: after_jail(jail, word::at(rest, 1))?.str(),
        },
        "actionproperties" => JailOption::ActionProperties(action()?),
        "actionmethods" => JailOption::ActionMethods(action()?),
        _ => match option.strip_prefix("bantime.") {
            Some(name) => JailOption::BanTimeOption(name.to_owned()),
            None => {
                let text = "Invalid command (no get action or not yet implemented)";
                return Err(Exception::general(text).into());
            }
        },
    })
}

/// Returns what to look for: nothing is banned that is no address or id.
fn ids(words: &[Value]) -> Result<Vec<String>, Refusal> {
    words.iter().map(word::text).collect()
}
