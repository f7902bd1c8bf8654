//! The head of each crate: what it knows, what it must not know, its oracle.

use super::{Finding, graph::Text};

/// What a head must speak of, in any case of letters.
const WORDS: &[&str] = &["oracle", "must not know"];

/// Finds crates whose head leaves one of [`WORDS`] out.
pub(super) fn check(heads: &[Text]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for head in heads {
        let text = documentation(&head.content).to_lowercase();
        for word in WORDS.iter().filter(|word| !text.contains(*word)) {
            findings.push(Finding::new(
                &head.path,
                format!("the crate's head does not say: {word}"),
            ));
        }
    }
    findings
}

/// Returns the `//!` lines at the top as one line of words.
fn documentation(content: &str) -> String {
    let lines = content
        .lines()
        .map_while(|line| line.trim_start().strip_prefix("//!"));
    lines
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_without_its_words_is_found() {
        let check = |content: &str, expected: usize| {
            let head = Text {
                path: "x/src/lib.rs".to_owned(),
                content: content.to_owned(),
            };
            let findings = check(&[head]);
            assert_eq!(findings.len(), expected, "{content}: {findings:?}");
        };
        check("//! X.\n//!\n//! Must\n//! not know: y. Oracle: z.\n", 0);
        check("//! X. Oracle: z.\n", 1);
        check("//! X. It must not know y.\n", 1);
        check("", 2);
        check("//! X.\n\nfn f() {} // oracle, must not know\n", 2);
    }
}
