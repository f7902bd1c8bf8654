//! As much of a pattern as tells it from others.
//!
//! Behind the words that a rule begins with comes what an attacker writes, then an address and a port.
//! To look for that as well would take most of the memory of a scan, and go to the end of each line that
//! is an attack.

use crate::ast::{Kind, Node};

/// The literal characters that tell a pattern from others: fewer, and harmless lines have them too.
const TELLING: usize = 12;

/// A repetition of no more characters is not free text.
const FREE: u32 = 8;

/// The pattern up to its first free text; `None` if too few words stand before that.
pub(super) fn before_free_text(root: &Node) -> Option<Node> {
    let Kind::Concat(parts) = &root.kind else {
        return None;
    };
    let free = parts.iter().position(is_free)?;
    let kept = parts.get(..free)?;
    let literals = kept.iter().map(literals).sum::<usize>();
    (literals >= TELLING).then(|| Node {
        kind: Kind::Concat(kept.to_vec()),
        span: root.span.clone(),
    })
}

/// Whether anything in it can take words, blanks included.
fn is_free(node: &Node) -> bool {
    match &node.kind {
        Kind::Repeat { body, max, .. } if max.is_none_or(|max| max > FREE) => {
            can_be_blank(body) || is_free(body)
        }
        Kind::Look { .. } => false,
        _ => node.children().any(is_free),
    }
}

fn can_be_blank(node: &Node) -> bool {
    match &node.kind {
        Kind::Class(class) => class.contains(' '),
        Kind::Group { body, .. } | Kind::Atomic(body) => can_be_blank(body),
        // Also a guarded character, `(?:(?! from ).)*`.
        Kind::Concat(parts) | Kind::Alternate(parts) => parts.iter().any(can_be_blank),
        _ => false,
    }
}

/// The fewest literal characters that it matches.
fn literals(node: &Node) -> usize {
    match &node.kind {
        Kind::Literal(_) => 1,
        Kind::Concat(parts) => parts.iter().map(literals).sum(),
        Kind::Alternate(parts) => parts.iter().map(literals).min().unwrap_or(0),
        Kind::Group { body, .. } | Kind::Atomic(body) => literals(body),
        Kind::Repeat { body, min, .. } if *min > 0 => literals(body),
        Kind::Conditional { yes, no, .. } => literals(yes).min(literals(no)),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Regex;

    #[test]
    fn what_an_attacker_writes_and_all_behind_it_is_left_out() {
        let check = |pattern: &str, expected: Option<&str>| {
            let regex = Regex::new(pattern).unwrap();
            let kept = before_free_text(&regex.ast().root).map(|kept| match kept.kind {
                Kind::Concat(parts) => parts.last().map_or(0, |part| part.span.end),
                _ => 0,
            });
            let kept = kept.map(|end| pattern.chars().take(end).collect::<String>());
            assert_eq!(kept.as_deref(), expected, "{pattern}");
        };
        let words = r"^Failed \S+ for ";
        check(
            r"^Failed \S+ for (?P<user>\S+|[^:]+) from \d+$",
            Some(words),
        );
        check(r"^Failed \S+ for (?P<user>\S+|\w+) from \d+$", None);
        check(r"^Failed \S+ for .* from \d+$", Some(words));
        check(r"^Failed \S+ for (?:(?! from ).)* from", Some(words));
        check(r"^Failed by .* from \d+$", None);
        check(r"^Failed (?:password|x) .* from \d+$", None);
        check(r"^Failed (?:one|two)+ .*", None);
        check(r"^Failed (?:passwo)+ .*", Some("^Failed (?:passwo)+ "));
        check(r"^Failed (?:password)? .*", None);
        check(r"^.* Failed password", None);
        check("Failed password", None);
    }
}
