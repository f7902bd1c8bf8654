//! `get …`.

use super::{Refusal, Request, word};
use crate::{Exception, Value};

/// Parses what follows `get`.
pub(super) fn parse(words: &[Value]) -> Result<Request, Refusal> {
    let name = word::first(words)?;
    if let Some(
        option @ ("loglevel" | "logtarget" | "syslogsocket" | "thread" | "dbfile" | "dbmaxmatches"
        | "dbpurgeage"),
    ) = name.as_str()
    {
        return Err(Refusal::NotAvailable(format!("get {option}")));
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
        "logpath" | "logencoding" | "journalmatch" | "ignoreself" | "ignoreip"
        | "ignorecommand" | "ignorecache" | "prefregex" | "failregex" | "ignoreregex"
        | "usedns" | "findtime" | "datepattern" | "logtimezone" | "maxmatches" | "maxretry"
        | "maxlines" | "bantime" | "actions" | "action" | "actionproperties" | "actionmethods" => {
            Err(not_available(&option))
        }
        _ if option.starts_with("bantime.") => Err(not_available(&option)),
        _ => {
            Err(Exception::general("Invalid command (no get action or not yet implemented)").into())
        }
    }
}

/// Returns what to look for: nothing is banned that is no address or id.
fn ids(words: &[Value]) -> Result<Vec<String>, Refusal> {
    words.iter().map(word::text).collect()
}

fn not_available(option: &str) -> Refusal {
    Refusal::NotAvailable(format!("get <JAIL> {option}"))
}
