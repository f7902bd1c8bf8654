//! `multi-set …`: several values of one option in one command.

use super::{Refusal, Request, set, word};
use crate::{Exception, Value};

/// Parses what follows `multi-set`.
///
/// Only regular expressions and properties of actions come as lists; everything
/// else is as if `set` stood there.
pub(super) fn parse(words: &[Value]) -> Result<Request, Refusal> {
    let (Some(jail), Some(option)) = (words.first(), words.get(1)) else {
        return set::parse(words);
    };
    let settings: Result<Vec<_>, Refusal> = match option.as_str() {
        Some(name @ ("addfailregex" | "addignoreregex")) => {
            let values = word::elements(word::at(words, 2)?)?;
            values
                .iter()
                .map(|value| set::jail_setting(jail, name, std::slice::from_ref(value)))
                .collect()
        }
        Some("action") => {
            let action = word::at(words, 2)?.str();
            let properties = set::after_jail(jail, word::at(words, 3).and_then(word::elements))?;
            properties
                .iter()
                .map(|pair| set::after_jail(jail, property(&action, pair)))
                .collect()
        }
        _ => return set::parse(words),
    };
    Ok(Request::MultiSetJail {
        jail: word::jail(jail)?,
        settings: settings?,
    })
}

fn property(action: &str, pair: &Value) -> Result<set::Setting, Refusal> {
    let parts = match pair {
        Value::Str(_) => {
            // A text has characters for elements, and its own words for it.
            let short = || Exception::index("string index out of range");
            let parts = word::elements(pair)?;
            if parts.len() < 2 {
                return Err(short().into());
            }
            parts
        }
        other => word::elements(other)?,
    };
    Ok(set::Setting::ActionProperty {
        action: action.to_owned(),
        property: Some(word::text(word::first(&parts)?)?),
        value: parts.get(1).cloned(),
    })
}
