//! Terms of the systemd journal, as a `journalmatch` has them.

/// Tells whether a word is a term that a journal takes: `_SYSTEMD_UNIT=sshd.service`.
///
/// Names that begin with two underscores are of no field; a zero byte cannot be handed over.
#[must_use]
pub fn is_term(word: &str) -> bool {
    let is_field = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let Some((field, value)) = word.split_once('=') else {
        return false;
    };
    !field.is_empty()
        && !field.starts_with("__")
        && field.chars().all(is_field)
        && !value.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_journal_would_not_take_is_no_term() {
        for (word, expected) in [
            ("A=1", true),
            ("_A_2=", true),
            ("A=b=c", true),
            ("A", false),
            ("=1", false),
            ("a=1", false),
            ("/usr/bin/x", false),
            ("__CURSOR=1", false),
            ("A=\0", false),
            ("+", false),
        ] {
            assert_eq!(is_term(word), expected, "{word:?}");
        }
    }
}
