//! Records of the container runtime interface.

use std::borrow::Cow;

use super::{Record, Stream, stamp};

/// Reads a record, or finds that the line is none.
///
/// *Shape*: `2026-11-26T03:20:34.123456789+01:00 stdout F text`. The third word are tags with `:` between
/// them, the first of which is `P` where the line goes on in the next record, and else `F`.
pub(super) fn record(line: &[u8]) -> Option<Record<'_>> {
    let (time, rest) = word(line)?;
    let (stream, rest) = word(rest)?;
    let stream = match stream {
        b"stdout" => Stream::Stdout,
        b"stderr" => Stream::Stderr,
        _ => return None,
    };
    // Somebody may have taken the blank off the end of an empty line.
    let (tags, text) = word(rest).unwrap_or((rest, b""));
    let ends = match tags {
        b"F" | [b'F', b':', ..] => true,
        b"P" | [b'P', b':', ..] => false,
        _ => return None,
    };
    Some(Record {
        stream,
        time_us: stamp::read(time)?,
        text: Cow::Borrowed(text),
        ends,
    })
}

/// Divides `text` at its first blank.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr::memchr(b' ', text)?;
    Some((text.get(..blank)?, text.get(blank + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_time_stream_tags_and_text() {
        let check = |line: &str, stream, text: &str, ends| {
            let expected = Record {
                stream,
                time_us: 1_795_663_234_123_456,
                text: Cow::Borrowed(text.as_bytes()),
                ends,
            };
            assert_eq!(record(line.as_bytes()), Some(expected), "{line}");
        };
        let stamp = "2026-11-26T03:20:34.123456789Z";
        check(
            &format!("{stamp} stdout F a b"),
            Stream::Stdout,
            "a b",
            true,
        );
        check(
            &format!("{stamp} stderr P  a "),
            Stream::Stderr,
            " a ",
            false,
        );
        check(
            &format!("{stamp} stdout F:x:y a"),
            Stream::Stdout,
            "a",
            true,
        );
        check(&format!("{stamp} stdout P: a"), Stream::Stdout, "a", false);
        check(&format!("{stamp} stdout F "), Stream::Stdout, "", true);
        check(&format!("{stamp} stdout F"), Stream::Stdout, "", true);
        check(
            "2026-11-26T04:20:34.123456+01:00 stdout F a\0\u{e9}",
            Stream::Stdout,
            "a\0\u{e9}",
            true,
        );
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "",
            "2026-11-26T03:20:34Z",
            "2026-11-26T03:20:34Z stdout",
            "2026-11-26T03:20:34Z stdout ",
            "2026-11-26T03:20:34Z stdout X a",
            "2026-11-26T03:20:34Z stdout FP a",
            "2026-11-26T03:20:34Z Stdout F a",
            "2026-11-26T03:20:34Z  stdout F a",
            " 2026-11-26T03:20:34Z stdout F a",
            "2026-11-26T03:20:34Z host sshd[1]: a",
            "Nov 26 03:20:34 stdout F a",
        ] {
            assert_eq!(record(line.as_bytes()), None, "{line}");
        }
    }
}
