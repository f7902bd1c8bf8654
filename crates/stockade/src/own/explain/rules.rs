//! What the rules of a jail are like, beside where they come from.

use std::sync::Arc;

use f2b_config::{ConfigTree, rules_of_jail};
use f2b_match::{Filter, Judgement, Rule, UseDns, judge};
use f2b_protocol::Value;
use f2b_pyregex::Nature;
use serde_json::json;

/// A rule and what it is like; or why it cannot be used.
pub(super) struct Judged {
    rule: String,
    judgement: Result<Judgement, String>,
}

/// Judges the rules of an option that holds rules; nothing for any other option.
pub(super) fn of(tree: &dyn ConfigTree, jail: &str, option: Option<&str>) -> Vec<Judged> {
    let Some(option @ ("failregex" | "prefregex" | "ignoreregex")) = option else {
        return Vec::new();
    };
    let rules = rules_of_jail(tree, jail, &[], false);
    // Why there are none is what `check` tells.
    let Some(options) = rules.ok().and_then(|rules| rules.options.ok()) else {
        return Vec::new();
    };
    let mut filter = Filter::default();
    let mut judged = Vec::new();
    for (name, value) in &options {
        for text in texts(value) {
            let set = match name.as_str() {
                "usedns" => {
                    filter.set_usedns(UseDns::named(text).unwrap_or_default());
                    continue;
                }
                "maxlines" => {
                    filter.set_maxlines(text.parse().unwrap_or(1));
                    continue;
                }
                "prefregex" => filter.set_prefregex(text),
                "failregex" => filter.add_failregex(text),
                "ignoreregex" => filter.add_ignoreregex(text),
                _ => continue,
            };
            if name != option {
                continue;
            }
            let judgement = match set {
                Ok(()) => last(&filter, option).map(judge),
                Err(error) => {
                    judged.push(Judged {
                        rule: text.to_owned(),
                        judgement: Err(error.to_string()),
                    });
                    continue;
                }
            };
            judged.extend(judgement.map(|judgement| Judged {
                rule: text.to_owned(),
                judgement: Ok(judgement),
            }));
        }
    }
    judged
}

fn last<'f>(filter: &'f Filter, option: &str) -> Option<&'f Rule> {
    match option {
        "prefregex" => filter.prefregex(),
        "failregex" => filter.failregex().last().map(Arc::as_ref),
        _ => filter.ignoreregex().last().map(Arc::as_ref),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::List(list) => list.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

/// The rules as a person reads them, numbered as `fail2ban-regex` numbers them.
pub(super) fn text(judged: &[Judged]) -> String {
    let mut lines = vec![String::new(), "rules:".to_owned()];
    for (number, judged) in (1..).zip(judged) {
        lines.push(format!("{number:>4}) {}", judged.rule));
        match &judged.judgement {
            Ok(judgement) => {
                lines.extend(
                    told(judgement)
                        .into_iter()
                        .map(|line| format!("      {line}")),
                );
            }
            Err(error) => {
                let error = error.lines().map(|line| format!("      {line}"));
                lines.extend(error);
            }
        }
    }
    lines.join("\n")
}

fn told(judgement: &Judgement) -> Vec<String> {
    let constructs: Vec<String> = judgement
        .constructs
        .iter()
        .map(ToString::to_string)
        .collect();
    let mut lines = vec![match judgement.nature {
        Nature::Regular => "regular".to_owned(),
        Nature::Bounded => format!("bounded: {}", constructs.join(", ")),
        Nature::Budgeted => format!("under a budget of steps: {}", constructs.join(", ")),
    }];
    if judgement.is_unanchored {
        lines.push("searched anywhere: it does not begin with `^`".to_owned());
    }
    if let Some(forgery) = &judgement.forgery {
        let (line, banned, host) = (&forgery.line, &forgery.banned, &forgery.host);
        lines.push(format!("`{line}` names {banned}, not {host}"));
    }
    lines
}

/// *Shape*: docs/stockade-explain.md.
pub(super) fn as_json(judged: &[Judged]) -> serde_json::Value {
    let one = |judged: &Judged| {
        let judgement = judged.judgement.as_ref();
        let ok = judgement.ok();
        json!({
            "rule": judged.rule,
            "problem": judgement.err(),
            "nature": ok.map(|judgement| match judgement.nature {
                Nature::Regular => "regular",
                Nature::Bounded => "bounded",
                Nature::Budgeted => "budgeted",
            }),
            "because_of": ok.map(|judgement| {
                judgement.constructs.iter().map(ToString::to_string).collect::<Vec<_>>()
            }),
            "unanchored": ok.map(|judgement| judgement.is_unanchored),
            "forgery": ok.and_then(|judgement| judgement.forgery.as_ref()).map(|forgery| json!({
                "line": forgery.line,
                "written_by_attacker": forgery.text,
                "banned": forgery.banned,
                "host": forgery.host,
            })),
        })
    };
    judged.iter().map(one).collect()
}
