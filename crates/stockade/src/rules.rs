//! What is wrong with the rules of a configuration: those of the jails that are on.

use std::collections::HashSet;

use f2b_config::{ConfigTree, Diagnostic, Origin, Reading, Sent, Severity, place_of};
use f2b_match::{DateDetector, Filter, Rule, RuleError, UseDns, judge};
use f2b_protocol::Value;
use f2b_pyregex::Nature;

use crate::tree::SystemFolders;

/// The longest part of a rule that a message shows, in characters.
const SHOWN: usize = 80;

/// Finds every mistake in rules and `datepattern`.
pub(crate) fn check(tree: &dyn ConfigTree) -> Vec<Diagnostic> {
    let reading = Reading::default();
    let read = f2b_config::read(tree, &SystemFolders, &reading);
    let Some(stream) = read.ok().and_then(|read| read.stream) else {
        return Vec::new();
    };
    let mut checker = Checker {
        tree,
        filter: Filter::default(),
        jail: String::new(),
        judged: HashSet::new(),
        found: Vec::new(),
    };
    for sent in &stream {
        checker.command(sent);
    }
    checker.found
}

struct Checker<'a> {
    tree: &'a dyn ConfigTree,
    /// The filter of the jail whose commands are looked at.
    filter: Filter,
    jail: String,
    /// Rules that were judged: several jails may share a filter.
    judged: HashSet<String>,
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn command(&mut self, sent: &Sent) {
        let words = sent.command.as_value();
        let Some([set, jail, option, rest @ ..]) = words.as_sequence() else {
            return;
        };
        let (Some("set" | "multi-set"), Some(jail), Some(option)) =
            (set.as_str(), jail.as_str(), option.as_str())
        else {
            return;
        };
        if self.jail != jail {
            jail.clone_into(&mut self.jail);
            self.filter = Filter::default();
        }
        for text in rest.iter().flat_map(texts) {
            self.option(option, text, sent.origin.as_ref());
        }
    }

    fn option(&mut self, option: &str, text: &str, origin: Option<&Origin>) {
        match option {
            "usedns" => self
                .filter
                .set_usedns(UseDns::named(text).unwrap_or_default()),
            "maxlines" => self.filter.set_maxlines(text.parse().unwrap_or(1)),
            "prefregex" => {
                let set = self.filter.set_prefregex(text);
                self.refused(set, text, origin);
            }
            "addfailregex" => {
                let added = self.filter.add_failregex(text);
                if self.refused(added, text, origin) {
                    return;
                }
                let rule = self.filter.failregex().last().map(std::sync::Arc::clone);
                if let Some(rule) = rule {
                    self.judge(&rule, origin);
                }
            }
            "addignoreregex" => {
                let added = self.filter.add_ignoreregex(text);
                self.refused(added, text, origin);
            }
            "datepattern" => {
                if let Err(error) = DateDetector::with_patterns(text) {
                    let message = format!("jail `{}`: {error}", self.jail);
                    let hint = "a percent sign that is no directive is written twice in a file";
                    self.tell(
                        "bad-datepattern",
                        Severity::Error,
                        message,
                        hint,
                        text,
                        origin,
                    );
                }
            }
            _ => {}
        }
    }

    /// Tells of a rule that cannot be used; returns whether that is so.
    fn refused(
        &mut self,
        added: Result<(), RuleError>,
        text: &str,
        origin: Option<&Origin>,
    ) -> bool {
        let Err(error) = added else {
            return false;
        };
        if !self.judged.insert(text.to_owned()) {
            return true;
        }
        let (code, message, hint) = match &error {
            RuleError::Empty => (
                "bad-rule",
                "a rule is empty".to_owned(),
                "leave it out".to_owned(),
            ),
            RuleError::NoFailureId(_) => (
                "rule-names-nobody",
                format!("nothing in the rule says who failed: `{}`", shown(text)),
                "put `<HOST>` or `<ADDR>` where the address stands".to_owned(),
            ),
            RuleError::Compile {
                reason,
                offset,
                expanded,
            } => (
                "bad-rule",
                format!("the rule does not compile: {reason}"),
                format!("it is at `{}`", around(expanded, *offset)),
            ),
        };
        self.tell(code, Severity::Error, message, &hint, text, origin);
        true
    }

    fn judge(&mut self, rule: &Rule, origin: Option<&Origin>) {
        if !self.judged.insert(rule.text().to_owned()) {
            return;
        }
        let judgement = judge(rule);
        // What only tells of a session bans nobody by itself.
        let bans = rule.regex().group("nofail").is_none();
        if let Some(forgery) = judgement.forgery.filter(|_| bans) {
            let message = format!(
                "free text can name another host: `{}` would ban {}, not {}",
                forgery.line, forgery.banned, forgery.host
            );
            let hint = "end the rule with `$` behind the host, or keep blanks out of the free text";
            let text = rule.text();
            self.tell(
                "rule-can-be-forged",
                Severity::Warning,
                message,
                hint,
                text,
                origin,
            );
        }
        if judgement.is_unanchored && self.filter.prefregex().is_none() {
            let message =
                "the rule is searched anywhere in the line, also in what an attacker wrote";
            let hint = "begin it with `^`";
            let (message, text) = (message.to_owned(), rule.text());
            self.tell(
                "rule-unanchored",
                Severity::Warning,
                message,
                hint,
                text,
                origin,
            );
        }
        if judgement.nature == Nature::Budgeted {
            let constructs: Vec<String> = judgement
                .constructs
                .iter()
                .map(ToString::to_string)
                .collect();
            let message = format!(
                "the work of the rule has no bound but a number of steps ({})",
                constructs.join(", ")
            );
            let hint =
                "a line that takes more is given up, told and counted; write the rule without them";
            self.tell(
                "rule-over-budget",
                Severity::Warning,
                message,
                hint,
                rule.text(),
                origin,
            );
        }
    }

    fn tell(
        &mut self,
        code: &'static str,
        severity: Severity,
        message: String,
        hint: &str,
        text: &str,
        origin: Option<&Origin>,
    ) {
        self.found.push(Diagnostic {
            code,
            severity,
            message,
            place: origin.map(|origin| place_of(self.tree, origin, text)),
            hint: Some(hint.to_owned()),
        });
    }
}

/// The texts of a value: its own, or those in its list.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::List(list) => list.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The part of a pattern from a mistake on.
fn around(pattern: &str, offset: usize) -> String {
    match pattern.get(offset..).filter(|rest| !rest.is_empty()) {
        Some(rest) => rest.chars().take(SHOWN / 2).collect(),
        None => "the end".to_owned(),
    }
}
