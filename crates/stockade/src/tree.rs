//! Which configuration is read.

use std::path::Path;

use f2b_config::{ConfigTree, Configuration, Directory, Embedded, Rule, Surroundings};
use f2b_match::{Filter, RuleError};

/// Where fail2ban's configuration has its place.
const SYSTEM: &str = "/etc/fail2ban";

/// A configuration tree and what to call it.
pub(crate) struct Tree {
    tree: Box<dyn ConfigTree>,
    /// Whether it is the copy that is built in.
    pub(crate) is_embedded: bool,
}

/// The folder given with `-c` does not exist.
#[derive(Debug)]
pub(crate) struct NoSuchFolder(pub(crate) String);

impl Tree {
    /// Returns the folder given with `-c`, else the system's, else the copy that is built in.
    pub(crate) fn choose(given: Option<&str>) -> Result<Self, NoSuchFolder> {
        let folder = |path: &str| Self {
            tree: Box::new(Directory::new(path.into())),
            is_embedded: false,
        };
        match given {
            Some(path) if Path::new(path).is_dir() => Ok(folder(path)),
            Some(path) => Err(NoSuchFolder(path.to_owned())),
            None if Path::new(SYSTEM).is_dir() => Ok(folder(SYSTEM)),
            None => Ok(Self {
                tree: Box::new(Embedded),
                is_embedded: true,
            }),
        }
    }

    /// Returns the tree itself.
    pub(crate) fn as_dyn(&self) -> &dyn ConfigTree {
        self.tree.as_ref()
    }

    /// Reads it whole.
    pub(crate) fn read(&self) -> Configuration {
        let file_exists = |path: &str| Path::new(path).exists();
        f2b_config::read(
            self.tree.as_ref(),
            &Surroundings {
                file_exists: &file_exists,
                judge_rule: &judge_rule,
            },
        )
    }
}

/// Tells whether the server could use a rule.
fn judge_rule(rule: &Rule<'_>) -> Result<(), String> {
    let mut filter = Filter::default();
    let judged = match rule.option {
        "prefregex" => filter.set_prefregex(rule.text),
        "ignoreregex" => filter.add_ignoreregex(rule.text),
        _ => filter
            .set_prefregex(rule.prefregex.unwrap_or_default())
            .and_then(|()| filter.add_failregex(rule.text)),
    };
    judged.map_err(|error| told(&error))
}

/// What is wrong with a rule, in one line and with what can be done.
fn told(error: &RuleError) -> String {
    match error {
        RuleError::Empty => "the regular expression is empty".to_owned(),
        RuleError::NoFailureId(_) => {
            "the regular expression does not say who failed (hint: put `<ADDR>` where the address stands)"
                .to_owned()
        }
        RuleError::Tag { reason, .. } => reason.to_string(),
        RuleError::Compile { reason, .. } => {
            // The last line says what; those before show the rule with its tags expanded.
            let last = reason.lines().last().unwrap_or_default();
            let what = last.strip_prefix("error: ").unwrap_or(last);
            format!("the regular expression cannot be compiled: {what}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_rule_is_told_in_one_line() {
        let check = |option, text, prefregex, expected: &str| {
            let rule = Rule {
                option,
                text,
                prefregex,
            };
            let told = judge_rule(&rule).err().unwrap_or_default();
            assert!(told.contains(expected) && !told.contains('\n'), "{told}");
            assert_eq!(told.is_empty(), expected.is_empty(), "{told}");
        };
        check(
            "failregex",
            "^a (b <ADDR>$",
            None,
            "compiled: unclosed group",
        );
        check("failregex", "^a$", None, "does not say who failed");
        check("failregex", "^a$", Some("^<ADDR>"), "");
        check("failregex", "<ADDR>(?=x)", None, "look-around");
        check(
            "failregex",
            "<SKIPLINES><ADDR>",
            None,
            "`<SKIPLINES>` is not available",
        );
        check(
            "ignoreregex",
            "[z-a]",
            None,
            "invalid character class range",
        );
        check("prefregex", "(?P<content", None, "compiled: ");
    }
}
