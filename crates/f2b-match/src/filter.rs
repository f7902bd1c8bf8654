//! The rules of one jail.

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;

use crate::tags::{self, TagError};

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no text in it.
    #[error("the regular expression is empty")]
    Empty,
    /// Nothing in it says who failed. As the original: `No failure-id group in '…'`.
    #[error("No failure-id group in '{0}'")]
    NoFailureId(String),
    /// It holds a tag that cannot be used.
    #[error("unable to use the regular expression `{rule}`: {reason}")]
    Tag {
        /// The rule as it was written.
        rule: String,
        /// Which tag.
        reason: TagError,
    },
    /// It does not compile. As the original: `Unable to compile regular expression '…'`.
    #[error("Unable to compile regular expression '{expanded}':\n{reason}")]
    Compile {
        /// The rule with its tags expanded.
        expanded: String,
        /// What is wrong, and where.
        reason: String,
    },
}

/// The rules that judge the lines of one jail.
#[derive(Debug, Default)]
pub struct Filter {
    prefregex: Option<Rule>,
    failregex: Vec<Rule>,
    ignoreregex: Vec<Rule>,
}

/// What a matching rule captured, by group name, in the order of the groups.
pub type Captured = Vec<(Box<str>, Box<str>)>;

/// The groups that can say who failed.
const ID_GROUPS: [&str; 3] = ["fid", "ip4", "ip6"];

/// The memory that one compiled rule may take, in bytes.
const RULE_SIZE_LIMIT: usize = 4 << 20;

#[derive(Debug)]
struct Rule {
    regex: Regex,
    names: Vec<Option<Box<str>>>,
}

impl Filter {
    /// Sets the rule that every line has to match first; its group `content` is what the other
    /// rules then see.
    ///
    /// # Errors
    /// [`RuleError`] if the rule cannot be compiled.
    pub fn set_prefregex(&mut self, rule: &str) -> Result<(), RuleError> {
        self.prefregex = if rule.is_empty() {
            None
        } else {
            Some(Rule::compile(rule)?)
        };
        Ok(())
    }

    /// Adds a rule that a failed attempt matches. It, or the `prefregex` set before it, must
    /// capture who failed.
    ///
    /// # Errors
    /// [`RuleError`] if the rule cannot be compiled or names nobody.
    pub fn add_failregex(&mut self, rule: &str) -> Result<(), RuleError> {
        let compiled = Rule::compile(rule)?;
        let names_somebody =
            compiled.names_somebody() || self.prefregex.as_ref().is_some_and(Rule::names_somebody);
        if !names_somebody {
            return Err(RuleError::NoFailureId(rule.to_owned()));
        }
        self.failregex.push(compiled);
        Ok(())
    }

    /// Adds a rule whose lines are never failures.
    ///
    /// # Errors
    /// [`RuleError`] if the rule cannot be compiled.
    pub fn add_ignoreregex(&mut self, rule: &str) -> Result<(), RuleError> {
        self.ignoreregex.push(Rule::compile(rule)?);
        Ok(())
    }

    /// Judges a line whose date has been cut out; returns what the first matching rule captured.
    #[must_use]
    pub fn captures(&self, text: &str) -> Option<Captured> {
        let mut captured = Captured::new();
        let mut content = text;
        if let Some(prefregex) = &self.prefregex {
            let groups = prefregex.captures(text)?;
            captured = prefregex.named(text, &groups);
            let inner = captured
                .iter()
                .position(|(name, _)| name.as_ref() == "content");
            if let Some(position) = inner {
                captured.remove(position);
                content = groups
                    .get_group_by_name("content")
                    .and_then(|span| text.get(span.range()))
                    .filter(|content| !content.is_empty())
                    .unwrap_or(text);
            }
        }
        for rule in &self.failregex {
            let Some(groups) = rule.captures(content) else {
                continue;
            };
            if self
                .ignoreregex
                .iter()
                .any(|ignore| ignore.regex.is_match(content))
            {
                return None;
            }
            for (name, value) in rule.named(content, &groups) {
                captured.retain(|(known, _)| *known != name);
                captured.push((name, value));
            }
            return Some(captured);
        }
        None
    }
}

impl Rule {
    fn compile(rule: &str) -> Result<Self, RuleError> {
        if rule.trim().is_empty() {
            return Err(RuleError::Empty);
        }
        let expanded = tags::expand(rule).map_err(|reason| RuleError::Tag {
            rule: rule.to_owned(),
            reason,
        })?;
        let built = Regex::builder()
            .configure(
                Regex::config()
                    .nfa_size_limit(Some(RULE_SIZE_LIMIT))
                    .hybrid_cache_capacity(RULE_SIZE_LIMIT),
            )
            .syntax(syntax::Config::new().nest_limit(100))
            .build(&expanded);
        match built {
            Ok(regex) => {
                let names = regex
                    .group_info()
                    .pattern_names(regex_automata::PatternID::ZERO)
                    .map(|name| name.map(Box::from))
                    .collect();
                Ok(Self { regex, names })
            }
            Err(error) => Err(RuleError::Compile {
                reason: reason_of(&error),
                expanded,
            }),
        }
    }

    fn names_somebody(&self) -> bool {
        self.names
            .iter()
            .flatten()
            .any(|name| ID_GROUPS.contains(&name.as_ref()))
    }

    fn captures(&self, text: &str) -> Option<Captures> {
        let mut groups = self.regex.create_captures();
        self.regex.captures(text, &mut groups);
        groups.is_match().then_some(groups)
    }

    fn named(&self, text: &str, groups: &Captures) -> Captured {
        let named = self.names.iter().zip(groups.iter());
        named
            .filter_map(|(name, span)| {
                let value = text.get(span?.range())?;
                Some((name.clone()?, value.into()))
            })
            .collect()
    }
}

/// What is wrong with a rule: the parser's words with the place, or which limit it exceeds.
fn reason_of(error: &regex_automata::meta::BuildError) -> String {
    if let Some(syntax) = error.syntax_error() {
        return syntax.to_string();
    }
    match error.size_limit() {
        Some(limit) => format!(
            "it takes more than {limit} bytes when compiled (hint: lower its repeat counts)"
        ),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(prefregex: &str, failregex: &[&str], ignoreregex: &[&str]) -> Filter {
        let mut filter = Filter::default();
        filter.set_prefregex(prefregex).unwrap();
        for rule in failregex {
            filter.add_failregex(rule).unwrap();
        }
        for rule in ignoreregex {
            filter.add_ignoreregex(rule).unwrap();
        }
        filter
    }

    fn words(captured: Option<Captured>) -> String {
        let pair = |(name, value): (Box<str>, Box<str>)| format!("{name}={value}");
        captured.map_or("no".into(), |all| {
            all.into_iter().map(pair).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn the_first_rule_that_matches_says_who() {
        let rules = filter(
            "",
            &[
                "^bad pin of <F-USER>\\S+</F-USER> from <ADDR>$",
                "^bad .* from <ADDR>$",
            ],
            &["robot"],
        );
        let check = |line: &str, expected: &str| assert_eq!(words(rules.captures(line)), expected);
        check("bad pin of bob from 192.0.2.1", "user=bob ip4=192.0.2.1");
        check("bad day from 2001:db8::1", "ip6=2001:db8::1");
        check("bad day from ::ffff:192.0.2.7", "ip4=192.0.2.7");
        check("bad robot from 192.0.2.1", "no");
        check("good day from 192.0.2.1", "no");
    }

    #[test]
    fn rules_see_the_content_of_the_prefregex_and_keep_its_groups() {
        let rules = filter(
            "^(?P<pid>\\d+): <F-CONTENT>.+</F-CONTENT>$",
            &["^bad from <ADDR>$"],
            &[],
        );
        assert_eq!(
            words(rules.captures("7: bad from 192.0.2.1")),
            "pid=7 ip4=192.0.2.1"
        );
        assert_eq!(words(rules.captures("bad from 192.0.2.1")), "no");
    }

    #[test]
    fn a_rule_that_cannot_be_used_says_why() {
        let mut filter = Filter::default();
        let mut check = |rule: &str, part: &str| {
            let error = filter.add_failregex(rule).unwrap_err().to_string();
            assert!(error.contains(part), "{rule}: {error}");
        };
        check("  ", "empty");
        check("^bad$", "No failure-id group in '^bad$'");
        check("^(bad <ADDR>", "unclosed group");
        check("^(?!x)<ADDR>", "look-around");
        check(
            "<F-NOFAIL>x</F-NOFAIL> <ADDR>",
            "sessions over several lines",
        );
        check("<ADDR> <ADDR>", "duplicate");
        check("^(?:a{1000}){1000}<ADDR>", "more than");
    }
}
