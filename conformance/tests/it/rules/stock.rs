//! The rules of the filters that the originals come with, in every mode.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use conformance::{Oracle, Version};
use f2b_config::{Directory, FilterFiles, rules_of_filter};
use f2b_match::{Filter, UseDns};
use f2b_protocol::Value;

/// One rule, with its tags expanded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StockRule {
    pub(super) filter: String,
    pub(super) kind: &'static str,
    pub(super) pattern: String,
    pub(super) multiline: bool,
}

/// The modes that filters have beside those named in their options.
const MODES: &[&str] = &["normal", "ddos", "extra", "aggressive", "more", "auth"];

/// Returns every rule of both originals once.
pub(super) fn rules() -> Vec<StockRule> {
    let mut found = BTreeMap::new();
    for version in [Version::V1_0_2, Version::V1_1_1] {
        for rule in rules_of(version) {
            let key = (rule.pattern.clone(), rule.multiline);
            found.entry(key).or_insert(rule);
        }
    }
    let mut rules: Vec<_> = found.into_values().collect();
    rules.sort();
    rules
}

fn rules_of(version: Version) -> BTreeSet<StockRule> {
    let folder = Oracle::new(version).unwrap().configuration();
    let tree = Directory::new(folder.clone());
    let mut rules = BTreeSet::new();
    for entry in fs::read_dir(folder.join("filter.d")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|ending| ending != "conf") || name.ends_with("common") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for mode in modes(&text) {
            for logtype in ["file", "journal", "short", "rfc5424"] {
                let argument = |key: &str, value: &str| (key.to_owned(), value.to_owned());
                let mut arguments = vec![argument("logtype", logtype)];
                arguments.extend(mode.map(|mode| argument("mode", mode)));
                let read = rules_of_filter(&tree, FilterFiles::Named(&name), &arguments, false);
                // Not every filter has every mode.
                let Some(options) = read.ok().and_then(|read| read.options.ok()) else {
                    continue;
                };
                for usedns in [UseDns::Warn, UseDns::No] {
                    rules.extend(expanded(&name, &options, usedns));
                }
            }
        }
    }
    assert!(rules.len() > 250, "{version:?}: {} rules", rules.len());
    rules
}

/// The modes of a filter; `None` is the one it has by itself.
fn modes(text: &str) -> Vec<Option<&str>> {
    let own = text.lines().filter_map(|line| {
        let (key, _) = line.split_once('=')?;
        key.trim().strip_prefix("mdre-")
    });
    let modes: BTreeSet<_> = own.chain(MODES.iter().copied()).collect();
    let uses = text.contains("mode");
    let modes = modes.into_iter().filter(|_| uses).map(Some);
    std::iter::once(None).chain(modes).collect()
}

fn expanded(name: &str, options: &[(String, Value)], usedns: UseDns) -> Vec<StockRule> {
    let texts = |value: &Value| match value {
        Value::List(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        value => value
            .as_str()
            .map(str::to_owned)
            .into_iter()
            .collect::<Vec<_>>(),
    };
    let mut filter = Filter::default();
    filter.set_usedns(usedns);
    let maxlines = options.iter().find(|(option, _)| option == "maxlines");
    let multiline = maxlines.is_some_and(|(_, value)| value.repr() != "1");
    if multiline {
        filter.set_maxlines(2);
    }
    for (option, value) in options {
        for text in texts(value) {
            // A rule of a mode that a filter does not have names nobody.
            let _refused = match option.as_str() {
                "prefregex" => filter.set_prefregex(&text),
                "failregex" => filter.add_failregex(&text),
                "ignoreregex" => filter.add_ignoreregex(&text),
                _ => Ok(()),
            };
        }
    }
    let rule = |kind, multiline| {
        move |rule: &f2b_match::Rule| StockRule {
            filter: name.to_owned(),
            kind,
            pattern: rule.expanded().to_owned(),
            multiline,
        }
    };
    let prefregex = filter.prefregex().map(rule("prefregex", false));
    let failregex = filter
        .failregex()
        .iter()
        .map(|one| rule("failregex", multiline)(one));
    let ignoreregex = filter
        .ignoreregex()
        .iter()
        .map(|one| rule("ignoreregex", false)(one));
    prefregex
        .into_iter()
        .chain(failregex)
        .chain(ignoreregex)
        .collect()
}
