//! What a pattern needs of a line to match at all, where nobody asks what matches.

use crate::ast::{Assert, Kind, Mode, Node};
use crate::hir;

/// All of ASCII but the newline, as a class's bits are.
const ALL_BUT_NEWLINE: u128 = !(1 << b'\n');

/// The tree of a pattern that matches in the same lines, and is through sooner: at the end `.+$` asks for
/// one more character, and `.*$` for nothing, since nothing else is left in a line that holds no newline
/// but the last character, in ASCII. `None` if there is nothing to leave out.
pub(crate) fn shortened(root: &Node) -> Option<Node> {
    let Kind::Concat(parts) = &root.kind else {
        return None;
    };
    let [before @ .., rest, end] = parts.as_slice() else {
        return None;
    };
    let ends_line = matches!(
        end.kind,
        Kind::Assert(Assert::TextEndOrFinalNewline | Assert::LineEnd)
    );
    let rest = if ends_line { least(rest)? } else { return None };
    let mut parts = before.to_vec();
    parts.push(rest);
    Some(Node {
        kind: Kind::Concat(parts),
        span: root.span.clone(),
    })
}

/// The shortest that `node` can be, if it can go on to the end of the line from anywhere.
fn least(node: &Node) -> Option<Node> {
    let kind = match &node.kind {
        Kind::Group { index, body } => Kind::Group {
            index: *index,
            body: Box::new(least(body)?),
        },
        Kind::Repeat {
            body,
            min,
            max: None,
            mode: Mode::Greedy | Mode::Lazy,
        } if is_any(body) => Kind::Repeat {
            body: body.clone(),
            min: *min,
            max: Some(*min),
            mode: Mode::Greedy,
        },
        _ => return None,
    };
    Some(Node {
        kind,
        span: node.span.clone(),
    })
}

/// Whether it is every character that a line can hold.
fn is_any(node: &Node) -> bool {
    match &node.kind {
        Kind::Class(class) => hir::ascii_of(class) & ALL_BUT_NEWLINE == ALL_BUT_NEWLINE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Regex, Scratch};

    const LINES: [&str; 8] = ["", "\n", "a", "a\n", "ab\n", "b", "xa\n", "aa a\n"];

    #[test]
    fn there_is_a_match_where_one_is_found() {
        let patterns = [
            "^a.+$",
            "^a.*$",
            "^(a)(.+)$",
            "^a?(?P<x>.+?)$",
            ".*$",
            "a.{2,}$",
            "^(?:a|b).+$",
            r"a.+\Z",
            "a[^b]+$",
            "a.+$|b",
            "^a.++$",
            "(?:a.+$)",
            "a(?:.+)$",
            "(?s)a.+$",
        ];
        let mut scratch = Scratch::default();
        for pattern in patterns {
            let regex = Regex::new(pattern).unwrap();
            for line in LINES {
                let found = regex.search(line, &mut scratch).unwrap().is_some();
                let is = regex.is_match(line, &mut scratch).unwrap();
                assert_eq!(is, found, "{pattern} {line:?}");
            }
        }
    }
}
