//! Replies by what they mean: names instead of places (docs/json.md).

use serde_json::{Map, Value as Json, json};

use crate::{Command, Value};

/// Returns the payload of a reply with names for its parts. What has no shape of its own stays as it is:
/// tuples as arrays, `None` as null.
#[must_use]
pub fn typed(command: &Command, payload: &Value) -> Json {
    let word = |index| command.word(index).unwrap_or_default();
    let known = match (word(0), word(1), word(2)) {
        ("status", "", _) => server(payload),
        ("status", "--all", "stats") | ("stats" | "statistics" | "statistic", _, _) => {
            statistics(payload)
        }
        ("status", "--all", _) => all(payload),
        ("status", _, "stats") => counts(payload),
        ("status", jail, _) => status(jail, payload),
        ("banned", "", _) => banned(payload),
        ("banned", _, _) => banning(command, payload),
        ("get", _, "banned") if command.as_words().len() > 3 => answers(command, payload),
        ("get", _, "banip") if word(3) == "--with-time" => with_times(payload),
        ("get" | "set", _, "datepattern") => date_pattern(payload),
        _ => None,
    };
    known.unwrap_or_else(|| payload.to_json())
}

/// `{"jails": ["alpha", "beta"]}`
fn server(payload: &Value) -> Option<Json> {
    let list = named(payload, "Jail list")?.as_str()?;
    let jails: Vec<&str> = list.split(", ").filter(|jail| !jail.is_empty()).collect();
    Some(json!({ "jails": jails }))
}

/// `{"jails": {"alpha": …}}`
fn all(payload: &Value) -> Option<Json> {
    let Value::Dict(jails) = payload.as_sequence()?.last()? else {
        return None;
    };
    let jails = jails.iter().map(|(jail, payload)| {
        let jail = jail.str();
        Some((jail.clone(), status(&jail, payload)?))
    });
    let jails: Map<String, Json> = jails.collect::<Option<_>>()?;
    Some(json!({ "jails": jails }))
}

/// `{"jail": "sshd", "failed": {"current": 1, "total": 7}, "files": […], "banned": {"current": 2, "total": 2,
/// "ids": […]}}`
fn status(jail: &str, payload: &Value) -> Option<Json> {
    let (filter, actions) = (named(payload, "Filter")?, named(payload, "Actions")?);
    let number = |part, name| Some(named(part, name)?.to_json());
    let mut banned = json!({
        "current": number(actions, "Currently banned")?,
        "total": number(actions, "Total banned")?,
    });
    let lists = [
        ("Banned IP list", "ids"),
        ("Banned ASN list", "asn"),
        ("Banned Country list", "countries"),
        ("Banned RIR list", "registries"),
    ];
    for (name, member) in lists {
        if let (Some(list), Some(banned)) = (named(actions, name), banned.as_object_mut()) {
            banned.insert(member.to_owned(), list.to_json());
        }
    }
    let mut status = json!({
        "jail": jail,
        "failed": {
            "current": number(filter, "Currently failed")?,
            "total": number(filter, "Total failed")?,
        },
        "banned": banned,
    });
    let sources = [
        ("File list", "files"),
        ("Journal matches", "journal_matches"),
    ];
    for (name, member) in sources {
        if let (Some(list), Some(status)) = (named(filter, name), status.as_object_mut()) {
            status.insert(member.to_owned(), list.to_json());
        }
    }
    Some(status)
}

/// `{"sshd": {"backend": "polling", "failed": …, "banned": …}}`
fn statistics(payload: &Value) -> Option<Json> {
    let Value::Dict(jails) = payload else {
        return None;
    };
    let jails = jails.iter();
    let jails = jails.map(|(jail, payload)| Some((jail.str(), counts(payload)?)));
    Some(Json::Object(jails.collect::<Option<_>>()?))
}

fn counts(payload: &Value) -> Option<Json> {
    let [backend, failed, banned] = payload.as_sequence()? else {
        return None;
    };
    let pair = |pair: &Value| match pair.as_sequence()? {
        [current, total] => Some(json!({"current": current.to_json(), "total": total.to_json()})),
        _ => None,
    };
    Some(json!({
        "backend": backend.to_json(),
        "failed": pair(failed)?,
        "banned": pair(banned)?,
    }))
}

/// `{"sshd": ["192.0.2.1"]}`
fn banned(payload: &Value) -> Option<Json> {
    let mut jails = Map::new();
    for jail in payload.as_sequence()? {
        let Value::Dict(jail) = jail else {
            return None;
        };
        jails.extend(jail.iter().map(|(jail, ids)| (jail.str(), ids.to_json())));
    }
    Some(Json::Object(jails))
}

/// `{"192.0.2.1": ["sshd"]}`
fn banning(command: &Command, payload: &Value) -> Option<Json> {
    let asked = command.as_words().get(1..)?.iter();
    let pairs = asked.zip(payload.as_sequence()?);
    let pairs = pairs.map(|(id, jails)| (id.str(), jails.to_json()));
    Some(Json::Object(pairs.collect()))
}

/// `{"192.0.2.1": true}`
fn answers(command: &Command, payload: &Value) -> Option<Json> {
    let asked = command.as_words().get(3..)?.iter();
    let one = std::slice::from_ref(payload);
    let given = payload.as_sequence().unwrap_or(one).iter();
    let pairs = asked.zip(given).map(|(id, answer)| {
        let is_banned = matches!(answer, Value::Int(1) | Value::Bool(true));
        (id.str(), Json::Bool(is_banned))
    });
    Some(Json::Object(pairs.collect()))
}

/// `[{"id": "192.0.2.1", "begin": "2026-11-21 19:49:18", "seconds": 600, "end": "2026-11-21 19:59:18"}]`; local
/// times, and an end of null for ever.
fn with_times(payload: &Value) -> Option<Json> {
    let bans = payload.as_sequence()?.iter().map(|ban| {
        let (id, times) = ban.as_str()?.split_once(" \t")?;
        let (begin, rest) = times.split_once(" + ")?;
        let (seconds, end) = rest.split_once(" = ")?;
        let seconds: i64 = seconds.parse().ok()?;
        let end = Some(end).filter(|_| seconds >= 0);
        Some(json!({"id": id, "begin": begin, "seconds": seconds, "end": end}))
    });
    Some(Json::Array(bans.collect::<Option<_>>()?))
}

/// `{"pattern": "%Y", "name": "Year"}`
fn date_pattern(payload: &Value) -> Option<Json> {
    let [pattern, name] = payload.as_sequence()? else {
        return None;
    };
    Some(json!({"pattern": pattern.to_json(), "name": name.to_json()}))
}

/// The value beside a name in a list of pairs.
fn named<'value>(payload: &'value Value, name: &str) -> Option<&'value Value> {
    payload.as_sequence()?.iter().find_map(|pair| {
        let [key, value] = pair.as_sequence()? else {
            return None;
        };
        (key.as_str() == Some(name)).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::StatusFlavor;
    use crate::status::{JailStatus, ServerStatus, StatusSource};

    fn check(words: &[&str], payload: &Value, expected: &str) {
        let seen = typed(&Command::words(words.iter().copied()), payload);
        let expected: Json = serde_json::from_str(expected).unwrap();
        assert_eq!(seen, expected, "{words:?}");
    }

    fn jail_status(flavor: &StatusFlavor) -> Value {
        let status = JailStatus {
            backend: "polling".to_owned(),
            currently_failed: 1,
            total_failed: 7,
            source: StatusSource::Files(vec!["/var/log/a".to_owned()]),
            currently_banned: 1,
            total_banned: 2,
            banned: vec!["192.0.2.1".to_owned()],
        };
        status.to_value(flavor)
    }

    #[test]
    fn replies_have_names_for_their_parts() {
        let jails = vec!["b".to_owned(), "a".to_owned()];
        check(
            &["status"],
            &ServerStatus { jails }.to_value(),
            r#"{"jails":["a","b"]}"#,
        );
        let none = ServerStatus { jails: Vec::new() }.to_value();
        check(&["status"], &none, r#"{"jails":[]}"#);
        check(
            &["status", "a"],
            &jail_status(&StatusFlavor::Basic),
            r#"{"banned":{"current":1,"ids":["192.0.2.1"],"total":2},"failed":{"current":1,"total":7},"files":["/var/log/a"],"jail":"a"}"#,
        );
        check(
            &["status", "a", "stats"],
            &jail_status(&StatusFlavor::Statistics),
            r#"{"backend":"polling","banned":{"current":1,"total":2},"failed":{"current":1,"total":7}}"#,
        );
        let bans = Value::texts([
            "192.0.2.1 \t2026-11-21 19:49:18 + 600 = 2026-11-21 19:59:18",
            "192.0.2.2 \t2026-11-21 19:49:18 + -1 = 9999-12-31 23:59:59",
        ]);
        check(
            &["get", "a", "banip", "--with-time"],
            &bans,
            r#"[{"begin":"2026-11-21 19:49:18","end":"2026-11-21 19:59:18","id":"192.0.2.1","seconds":600},{"begin":"2026-11-21 19:49:18","end":null,"id":"192.0.2.2","seconds":-1}]"#,
        );
        let one = Value::List(vec![Value::Dict(vec![("a".into(), Value::texts(["x"]))])]);
        check(&["banned"], &one, r#"{"a":["x"]}"#);
        let jails = Value::List(vec![
            Value::texts(["a"]),
            Value::texts(Vec::<String>::new()),
        ]);
        check(&["banned", "x", "y"], &jails, r#"{"x":["a"],"y":[]}"#);
        check(
            &["get", "a", "banned", "x"],
            &Value::Int(1),
            r#"{"x":true}"#,
        );
    }

    #[test]
    fn what_has_no_shape_of_its_own_stays() {
        check(&["get", "a", "bantime"], &Value::Int(600), "600");
        check(&["status", "a"], &Value::Int(600), "600");
        check(&["get", "a", "ignorecache"], &Value::None, "null");
    }
}
