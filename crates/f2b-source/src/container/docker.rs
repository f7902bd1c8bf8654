//! Records of Docker's driver `json-file`.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Record, Stream, stamp};

/// The object as Docker writes it. Any other key, a missing one or one that comes twice makes it
/// something else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'line> {
    #[serde(borrow)]
    log: Cow<'line, str>,
    stream: Name,
    #[serde(borrow)]
    time: Cow<'line, str>,
    /// Labels and variables of the container (`--log-opt labels=…`).
    #[expect(dead_code, reason = "it may be there, and nobody asks for it")]
    attrs: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Stdout,
    Stderr,
}

/// Reads a record, or finds that the line is none.
///
/// *Shape*: `{"log":"text\n","stream":"stdout","time":"2026-11-26T03:20:34.123456789Z"}`. Without a
/// newline at its end the text goes on in the next record of its stream.
pub(super) fn record(line: &[u8]) -> Option<Record<'_>> {
    // Most lines of other logs are told by this.
    if !line.starts_with(b"{") || !line.ends_with(b"}") {
        return None;
    }
    let object: Object<'_> = serde_json::from_slice(line).ok()?;
    let time_us = stamp::read(object.time.as_bytes())?;
    let ends = object.log.ends_with('\n');
    let text = match object.log {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => {
            let mut text = text.into_bytes();
            if ends {
                text.pop();
            }
            Cow::Owned(text)
        }
    };
    Some(Record {
        stream: match object.stream {
            Name::Stdout => Stream::Stdout,
            Name::Stderr => Stream::Stderr,
        },
        time_us,
        text,
        ends,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: &str = r#""time":"2026-11-26T03:20:34.123456789Z""#;

    fn check(line: &str, stream: Stream, text: &str, ends: bool) {
        let expected = Record {
            stream,
            time_us: 1_795_663_234_123_456,
            text: Cow::Borrowed(text.as_bytes()),
            ends,
        };
        assert_eq!(record(line.as_bytes()), Some(expected), "{line}");
    }

    #[test]
    fn a_record_is_an_object_with_three_keys_or_four() {
        let out = Stream::Stdout;
        check(
            &format!(r#"{{"log":"a b\n","stream":"stdout",{STAMP}}}"#),
            out,
            "a b",
            true,
        );
        check(
            &format!(r#"{{"log":"a b","stream":"stdout",{STAMP}}}"#),
            out,
            "a b",
            false,
        );
        check(
            &format!(r#"{{{STAMP},"stream":"stderr","log":"a\n"}}"#),
            Stream::Stderr,
            "a",
            true,
        );
        check(
            &format!(r#"{{"log":"\n","stream":"stdout",{STAMP}}}"#),
            out,
            "",
            true,
        );
        check(
            &format!(r#"{{"log":"","stream":"stdout",{STAMP}}}"#),
            out,
            "",
            false,
        );
        let attrs = r#""attrs":{"tag":"web","env":"x"}"#;
        check(
            &format!(r#"{{"log":"a\n","stream":"stdout",{attrs},{STAMP}}}"#),
            out,
            "a",
            true,
        );
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        check(
            &format!(r#"{{"log":"a\n","stream":"stdout","attrs":{deep},{STAMP}}}"#),
            out,
            "a",
            true,
        );
    }

    #[test]
    fn escapes_are_read_as_json_has_them() {
        let line = |log: &str| format!(r#"{{"log":"{log}","stream":"stdout",{STAMP}}}"#);
        let out = Stream::Stdout;
        check(
            &line(r#"\"a\" \\ \/ \t\b\f\r\n"#),
            out,
            "\"a\" \\ / \t\u{8}\u{c}\r",
            true,
        );
        check(
            &line(r"\u003ca\u0026\u00e9\ud83d\ude00\u0000\n"),
            out,
            "<a&\u{e9}\u{1f600}\0",
            true,
        );
        check(&line("caf\u{e9}\\n\\n"), out, "caf\u{e9}\n", true);
        for broken in [
            r"\x",
            r"\u12",
            r"\ud83d",
            r"\ude00\ud83d",
            "\u{1}",
            "\"",
            "\\",
        ] {
            assert_eq!(record(line(broken).as_bytes()), None, "{broken}");
        }
        let mut latin = line("cafX\\n").into_bytes();
        latin[11] = 0xe9;
        assert_eq!(record(&latin), None);
    }

    #[test]
    fn other_objects_are_none() {
        for line in [
            String::new(),
            "{}".into(),
            r#"{"log":"a\n","stream":"stdout"}"#.into(),
            format!(r#"{{"log":"a\n",{STAMP}}}"#),
            format!(r#"{{"stream":"stdout",{STAMP}}}"#),
            format!(r#"{{"log":1,"stream":"stdout",{STAMP}}}"#),
            format!(r#"{{"log":"a\n","stream":"stdin",{STAMP}}}"#),
            format!(r#"{{"log":"a\n","stream":"stdout","level":"x",{STAMP}}}"#),
            format!(r#"{{"log":"a\n","log":"b\n","stream":"stdout",{STAMP}}}"#),
            format!(r#"{{"log":"a\n","stream":"stdout",{STAMP}}} x"#),
            format!(r#" {{"log":"a\n","stream":"stdout",{STAMP}}}"#),
            format!(r#"[{{"log":"a\n","stream":"stdout",{STAMP}}}]"#),
            format!(
                r#"{{"log":"a\n","stream":"stdout",{STAMP}}}{{"log":"a\n","stream":"stdout",{STAMP}}}"#
            ),
            r#"{"log":"a\n","stream":"stdout","time":"2026-11-26 03:20:34"}"#.into(),
            r#"{"log":"a\n","stream":"stdout","time":1795663234}"#.into(),
        ] {
            assert_eq!(record(line.as_bytes()), None, "{line}");
        }
    }
}
