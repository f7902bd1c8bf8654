//! Where tags stand in a text: `<name>`.

use std::ops::Range;

/// Returns the next tag at or after a place, with its brackets.
///
/// As the original: a name holds neither blanks nor brackets, so of nested tags the inner one is
/// found.
pub(crate) fn next(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut open = None;
    for (place, byte) in bytes.iter().enumerate().skip(from) {
        match (byte, open) {
            (b'<', _) => open = Some(place),
            (b'>', Some(begin)) if place > begin + 1 => return Some(begin..place + 1),
            (b' ' | b'>', _) => open = None,
            _ => {}
        }
    }
    None
}

/// Returns the name within the brackets.
pub(crate) fn name<'t>(text: &'t str, tag: &Range<usize>) -> &'t str {
    text.get(tag.start + 1..tag.end.saturating_sub(1))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_a_name_without_blanks() {
        let check = |text: &str, expected: &[&str]| {
            let mut found = Vec::new();
            let mut from = 0;
            while let Some(tag) = next(text, from) {
                found.push(name(text, &tag));
                from = tag.end;
            }
            assert_eq!(found, expected, "{text}");
        };
        check("echo <ip> <a/b>", &["ip", "a/b"]);
        check("a<b<c>d>", &["c"]);
        check("cat <file >out <>", &[]);
        check("<l", &[]);
        check("<<l>>", &["l"]);
        check("<ä>", &["ä"]);
    }
}
