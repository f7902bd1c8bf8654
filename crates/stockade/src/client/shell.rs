//! A line as a shell splits it into words.

/// Splits a line at blanks; quotation marks and backslashes hold words together, as in Python's
/// `shlex.split`.
///
/// # Errors
/// What is opened and never closed, in Python's words.
pub(super) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => {
                let next = rest.next().ok_or("No escaped character")?;
                word.get_or_insert_default().push(next);
            }
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next().ok_or("No closing quotation")? {
                        end if end == c => break,
                        // Between double ones only they and itself are escaped.
                        '\\' if c == '"' => {
                            let next = rest.next().ok_or("No escaped character")?;
                            if next != '"' && next != '\\' {
                                word.push('\\');
                            }
                            word.push(next);
                        }
                        inside => word.push(inside),
                    }
                }
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell() {
        let check = |line: &str, expected: &[&str]| {
            assert_eq!(split(line).unwrap(), expected, "{line}");
        };
        check("", &[]);
        check("  ping \t 1 \n", &["ping", "1"]);
        check(r#"a "b c" 'd e' ''"#, &["a", "b c", "d e", ""]);
        check(r#"a\ b "c\"d\\e\f" 'g\h'"#, &["a b", r#"c"d\e\f"#, r"g\h"]);
        check("a'b'\"c\" #d", &["abc", "#d"]);
    }

    #[test]
    fn what_stays_open_is_said_in_pythons_words() {
        assert_eq!(split("echo \"abc\n"), Err("No closing quotation"));
        assert_eq!(split("echo 'abc"), Err("No closing quotation"));
        assert_eq!(split("echo \\"), Err("No escaped character"));
    }
}
