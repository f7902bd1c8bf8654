//! The JSON beside a ban: the lines that led to it and what its rule captured.

use std::io;

use serde_json::Value;

/// Beyond this a stored text is not read: nobody of ours wrote it.
const LONGEST_DATA: usize = 4 << 20;

/// The texts that belong to a ban or a tally.
///
/// *Shape*: `{"matches": ["line", …], "failures": 3, "user": "root"}`, not ASCII-escaped, with a
/// blank behind each comma and colon as the original writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BanData {
    pub(crate) matches: Vec<Box<str>>,
    pub(crate) failures: u64,
    pub(crate) fields: Vec<(Box<str>, Box<str>)>,
}

impl BanData {
    /// Reads what a row holds. What cannot be understood is left out, as by the original: the
    /// ban counts, its texts are an ornament.
    pub(crate) fn parse(json: &[u8]) -> Self {
        if json.len() > LONGEST_DATA {
            return Self::default();
        }
        let text = String::from_utf8_lossy(json);
        let Ok(Value::Object(members)) = serde_json::from_str(&text) else {
            return Self::default();
        };
        let mut data = Self::default();
        for (name, value) in members {
            match (name.as_str(), value) {
                ("matches", Value::Array(lines)) => {
                    data.matches = lines.into_iter().filter_map(line).collect();
                }
                ("failures", value) => data.failures = value.as_u64().unwrap_or(0),
                ("matches", _) | (_, Value::Null) => {}
                (_, Value::String(value)) => data.fields.push((name.into(), value.into())),
                (_, value) => data.fields.push((name.into(), value.to_string().into())),
            }
        }
        data
    }
}

/// A match is a string, or the parts before, of and after its date.
fn line(value: Value) -> Option<Box<str>> {
    match value {
        Value::String(line) => Some(line.into()),
        Value::Array(parts) => {
            let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
            Some(parts.concat().into())
        }
        _ => None,
    }
}

/// Returns the JSON of a ban's texts; of its lines the last `max_matches`.
pub(crate) fn to_json(
    matches: &[Box<str>],
    failures: u64,
    fields: &[(Box<str>, Box<str>)],
    max_matches: usize,
) -> io::Result<Vec<u8>> {
    let kept = matches
        .iter()
        .skip(matches.len().saturating_sub(max_matches));
    let mut json = b"{\"matches\": [".to_vec();
    for (number, line) in kept.enumerate() {
        if number > 0 {
            json.extend_from_slice(b", ");
        }
        serde_json::to_writer(&mut json, line)?;
    }
    json.extend_from_slice(b"], \"failures\": ");
    json.extend_from_slice(failures.to_string().as_bytes());
    // A capture group may bear any name; these two are taken.
    let free = |name: &str| !matches!(name, "matches" | "failures");
    for (name, value) in fields.iter().filter(|(name, _)| free(name)) {
        json.extend_from_slice(b", ");
        serde_json::to_writer(&mut json, name)?;
        json.extend_from_slice(b": ");
        serde_json::to_writer(&mut json, value)?;
    }
    json.push(b'}');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Vec<(Box<str>, Box<str>)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    fn lines(lines: &[&str]) -> Vec<Box<str>> {
        lines.iter().map(|line| (*line).into()).collect()
    }

    #[test]
    fn json_looks_as_the_original_writes_it() {
        let check = |matches: &[&str], failures, named: &[(&str, &str)], most, expected: &str| {
            let json = to_json(&lines(matches), failures, &fields(named), most).unwrap();
            assert_eq!(String::from_utf8(json).unwrap(), expected);
        };
        check(&[], 0, &[], 10, r#"{"matches": [], "failures": 0}"#);
        check(
            &["a \"b\"", "rö\t\u{1}\u{7f}"],
            3,
            &[("user", "roöt"), ("ip4", "192.0.2.10")],
            10,
            "{\"matches\": [\"a \\\"b\\\"\", \"rö\\t\\u0001\u{7f}\"], \"failures\": 3, \"user\": \"roöt\", \"ip4\": \"192.0.2.10\"}",
        );
        check(
            &["1", "2", "3"],
            3,
            &[],
            2,
            r#"{"matches": ["2", "3"], "failures": 3}"#,
        );
        check(
            &["1"],
            1,
            &[("matches", "x")],
            0,
            r#"{"matches": [], "failures": 1}"#,
        );
    }

    #[test]
    fn every_shape_of_data_is_read() {
        let check = |json: &[u8], matches: &[&str], failures, named: &[(&str, &str)]| {
            let expected = BanData {
                matches: lines(matches),
                failures,
                fields: fields(named),
            };
            assert_eq!(
                BanData::parse(json),
                expected,
                "{}",
                String::from_utf8_lossy(json)
            );
        };
        check(
            br#"{"matches": [["", "1795294794", " bad"], "x"], "failures": 3, "user": "root"}"#,
            &["1795294794 bad", "x"],
            3,
            &[("user", "root")],
        );
        check(
            br#"{"users": ["a", "b"], "n": 1, "no": null}"#,
            &[],
            0,
            &[("users", r#"["a","b"]"#), ("n", "1")],
        );
        check(br#"{"matches": 7, "failures": -1}"#, &[], 0, &[]);
        check(br#"{"matches": [7, [1, "x"]]}"#, &["x"], 0, &[]);
        check(b"", &[], 0, &[]);
        check(b"[]", &[], 0, &[]);
        check(b"{\"matches\": [", &[], 0, &[]);
        check(b"{\"matches\": [\"r\xf6\"]}", &["r\u{fffd}"], 0, &[]);
        check(&[b'['; 100_000], &[], 0, &[]);
    }
}
