//! Global flags inside a group, as old rules have them.

/// Returns `pattern` with each `((?flags)` and `(?:(?flags)` made `(?flags:`, as the original does
/// before it compiles: Python refuses flags in the middle of a pattern.
pub(super) fn scoped(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(start) = rest.find('(') {
        let (before, at) = rest.split_at(start);
        text.push_str(before);
        let escaped = text.ends_with('\\');
        rest = match flags_at(at).filter(|_| !escaped) {
            Some((flags, after)) => {
                text.push_str("(?");
                text.push_str(flags);
                text.push(':');
                after
            }
            None => {
                text.push('(');
                at.get(1..).unwrap_or_default()
            }
        };
    }
    text.push_str(rest);
    text
}

/// The flags of the group that `text` begins with, and what follows them.
fn flags_at(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('(')?;
    let inner = inner.strip_prefix("?:").unwrap_or(inner);
    let (flags, after) = inner.strip_prefix("(?")?.split_once(')')?;
    let are_flags = !flags.is_empty() && flags.bytes().all(|byte| byte.is_ascii_lowercase());
    are_flags.then_some((flags, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_at_the_begin_of_a_group_are_its_own() {
        let check = |pattern: &str, expected: &str| assert_eq!(scoped(pattern), expected);
        check("((?i)a)", "(?i:a)");
        check("(?:(?i)a", "(?i:a");
        check("(((?i)a)((?m)b))", "((?i:a)(?m:b))");
        check("((?i)(?m)a)", "(?i:(?m)a)");
        check("(?:((?:(?i)a", "(?:((?i:a");
        check("((?z)a)", "(?z:a)");
    }

    #[test]
    fn what_looks_alike_stays() {
        let check = |pattern: &str| assert_eq!(scoped(pattern), pattern);
        check("(?i)a");
        check("x(?i)a");
        check("(?P<x>(?i)a)");
        check("((?i-s)a)");
        check("((?i:a)b)");
        check("((?L)a)");
        check("((?)a)");
        check(r"\((?i)a");
        // As the original: the character before decides, escaped or not.
        check(r"\\((?i)a)");
    }
}
