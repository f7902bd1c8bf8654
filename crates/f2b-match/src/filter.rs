//! The rules of one jail.

use std::sync::Arc;

use f2b_pyregex::Scratch;

use crate::Rule;

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no text in it.
    #[error("Cannot add empty regex")]
    Empty,
    /// Nothing in it says who failed; holds the rule with its tags expanded.
    #[error("No failure-id group in '{0}'")]
    NoFailureId(String),
    /// It does not compile.
    #[error("Unable to compile regular expression '{expanded}':\n{reason}")]
    Compile {
        /// The rule with its tags expanded.
        expanded: String,
        /// What is wrong, and where.
        reason: String,
        /// Where, in bytes of `expanded`.
        offset: usize,
    },
}

/// What becomes of names of hosts (`usedns`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UseDns {
    /// They are looked up.
    Yes,
    /// They are looked up, and that is logged.
    #[default]
    Warn,
    /// They are left alone; `<HOST>` takes addresses only.
    No,
    /// They are the identity, as they are written.
    Raw,
}

/// The rules that judge the lines of one jail.
///
/// As in the original the order in which things are set counts: `usedns` and `maxlines` change how
/// rules that are added later are compiled, and the `prefregex` may say who failed for the
/// `failregex` that are added later.
#[derive(Debug)]
pub struct Filter {
    usedns: UseDns,
    maxlines: usize,
    prefregex: Option<Arc<Rule>>,
    failregex: Vec<Arc<Rule>>,
    ignoreregex: Vec<Arc<Rule>>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            usedns: UseDns::default(),
            maxlines: 1,
            prefregex: None,
            failregex: Vec::new(),
            ignoreregex: Vec::new(),
        }
    }
}

impl UseDns {
    /// Returns what a configured value stands for; `None` if it is none of `yes`, `warn`, `no`, `raw`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "yes" => Self::Yes,
            "warn" => Self::Warn,
            "no" => Self::No,
            "raw" => Self::Raw,
            _ => return None,
        })
    }

    /// Returns the configured value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Warn => "warn",
            Self::No => "no",
            Self::Raw => "raw",
        }
    }
}

impl Filter {
    /// Tells whether this filter judges every line as another does.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let texts = |rules: &[Arc<Rule>]| -> Vec<String> {
            rules.iter().map(|rule| rule.text().to_owned()).collect()
        };
        self.usedns == other.usedns
            && self.maxlines() == other.maxlines()
            && self.prefregex().map(Rule::text) == other.prefregex().map(Rule::text)
            && texts(self.failregex()) == texts(other.failregex())
            && texts(self.ignoreregex()) == texts(other.ignoreregex())
    }

    /// Sets what becomes of names.
    pub fn set_usedns(&mut self, usedns: UseDns) {
        self.usedns = usedns;
    }

    /// Returns what becomes of names.
    #[must_use]
    pub fn usedns(&self) -> UseDns {
        self.usedns
    }

    /// Sets how many lines rules see at once; 0 is read as 1.
    pub fn set_maxlines(&mut self, maxlines: usize) {
        self.maxlines = maxlines.max(1);
    }

    /// Returns how many lines rules see at once.
    #[must_use]
    pub fn maxlines(&self) -> usize {
        self.maxlines
    }

    /// Sets the rule that every line has to match first; its group `content` is what the other
    /// rules then see. An empty text takes it away.
    ///
    /// # Errors
    /// [`RuleError`] if the rule cannot be compiled.
    pub fn set_prefregex(&mut self, rule: &str) -> Result<(), RuleError> {
        self.prefregex = if rule.is_empty() {
            None
        } else {
            Some(Arc::new(Rule::compile(rule, self.usedns, false)?))
        };
        Ok(())
    }

    /// Adds a rule that a failed attempt matches. It, or the `prefregex` set before it, must
    /// capture who failed.
    ///
    /// # Errors
    /// [`RuleError`] if the rule cannot be compiled or names nobody.
    pub fn add_failregex(&mut self, rule: &str) -> Result<(), RuleError> {
        let compiled = Rule::compile(rule, self.usedns, self.maxlines > 1)?;
        let names_somebody = compiled.names_somebody()
            || self
                .prefregex
                .as_ref()
                .is_some_and(|prefregex| prefregex.names_somebody());
        if !names_somebody {
            return Err(RuleError::NoFailureId(compiled.expanded().to_owned()));
        }
        self.failregex.push(Arc::new(compiled));
        Ok(())
    }

    /// Adds a rule whose lines are never failures.
    ///
    /// # Errors
    /// [`RuleError`] if the rule cannot be compiled.
    pub fn add_ignoreregex(&mut self, rule: &str) -> Result<(), RuleError> {
        let compiled = Rule::compile(rule, self.usedns, false)?;
        self.ignoreregex.push(Arc::new(compiled));
        Ok(())
    }

    /// Takes out the `failregex` at `index`; false if there is none.
    pub fn remove_failregex(&mut self, index: usize) -> bool {
        remove(&mut self.failregex, index)
    }

    /// Takes out the `ignoreregex` at `index`; false if there is none.
    pub fn remove_ignoreregex(&mut self, index: usize) -> bool {
        remove(&mut self.ignoreregex, index)
    }

    /// Returns the `prefregex`.
    #[must_use]
    pub fn prefregex(&self) -> Option<&Rule> {
        self.prefregex.as_deref()
    }

    /// Returns each `failregex`, in order.
    #[must_use]
    pub fn failregex(&self) -> &[Arc<Rule>] {
        &self.failregex
    }

    /// Returns each `ignoreregex`, in order.
    #[must_use]
    pub fn ignoreregex(&self) -> &[Arc<Rule>] {
        &self.ignoreregex
    }

    /// Tells whether the whole line is held against every `ignoreregex` before anything else is done. As
    /// the original: so it is with few of them.
    pub(crate) fn ignores_first(&self) -> bool {
        let ignores = self.ignoreregex.len();
        ignores > 0 && ignores + 2 < self.failregex.len()
    }

    /// Returns the first `ignoreregex` that matches `text`, by index, or each that does. One that is
    /// given up is taken not to match: a line must not be able to hide itself by being hard to read.
    pub(crate) fn ignored_by(&self, text: &str, all: bool, scratch: &mut Scratch) -> Vec<usize> {
        let rules = self.ignoreregex.iter().enumerate();
        let matching = rules.filter(|(_, rule)| {
            let matches = rule.regex().is_match(text, scratch);
            matches!(matches, Ok(true))
        });
        let most = if all { usize::MAX } else { 1 };
        matching.map(|(index, _)| index).take(most).collect()
    }
}

fn remove(rules: &mut Vec<Arc<Rule>>, index: usize) -> bool {
    let is_there = index < rules.len();
    if is_there {
        rules.remove(index);
    }
    is_there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_cannot_be_used_says_why_in_the_words_of_the_original() {
        let check = |rule: &str, expected: &str| {
            let error = Filter::default().add_failregex(rule).unwrap_err();
            assert_eq!(error.to_string(), expected, "{rule}");
        };
        check("  ", "Cannot add empty regex");
        check("^bad$", "No failure-id group in '^bad$'");
        check("<F-HOST>x</F-HOST>", "No failure-id group in '(?P<host>x)'");
        check("x<CIDR>", r"No failure-id group in 'x(?P<cidr>\d+)'");
        check(
            "<F-ID>x(</F-ID>",
            "Unable to compile regular expression '(?P<fid>x()':\n\
             missing ), unterminated subpattern at position 0",
        );
        check(
            "<F-ID/><F-ID/>",
            "Unable to compile regular expression '(?P<fid>\\S+)(?P<fid>\\S+)':\n\
             redefinition of group name 'fid' as group 2; was group 1 at position 16",
        );
    }

    #[test]
    fn the_prefregex_set_before_may_say_who_failed() {
        let mut filter = Filter::default();
        assert!(filter.add_failregex("^bad$").is_err());
        filter
            .set_prefregex("^<ADDR>: <F-CONTENT>.+</F-CONTENT>$")
            .unwrap();
        filter.add_failregex("^bad$").unwrap();
        filter.set_prefregex("").unwrap();
        assert!(filter.prefregex().is_none());
        assert!(filter.add_failregex("^bad$").is_err());
        assert!(filter.remove_failregex(0) && !filter.remove_failregex(0));
    }

    #[test]
    fn what_is_set_first_decides_how_rules_are_compiled() {
        let mut filter = Filter::default();
        filter.add_failregex("^a<HOST>$").unwrap();
        filter.set_usedns(UseDns::No);
        filter.set_maxlines(2);
        filter.add_failregex("^a<HOST>$").unwrap();
        let rules: Vec<(bool, bool)> = filter
            .failregex()
            .iter()
            .map(|rule| {
                let text = "x\na1.2.3.4\n";
                let found = rule.search(text, &mut Scratch::default()).unwrap();
                (rule.expanded().contains("dns"), found.is_some())
            })
            .collect();
        assert_eq!(rules, [(true, false), (false, true)]);
    }
}
