//! A filter of a configuration, as `f2b-match` takes it.
#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use f2b_config::{Directory, FilterFiles, rules_of_filter};
use f2b_match::{DateDetector, Filter, RuleError, UseDns};
use f2b_protocol::Value;

/// Reads the filter `name` of a tree, with these arguments. `usedns` is that of a command line: what
/// the filter says of it does not count.
///
/// # Errors
/// The first rule that cannot be used.
pub(crate) fn filter(
    tree: &Path,
    name: &str,
    arguments: &[(String, String)],
    usedns: UseDns,
) -> Result<(Filter, DateDetector), RuleError> {
    let tree = Directory::new(tree.to_owned());
    let rules = rules_of_filter(&tree, FilterFiles::Named(name), arguments, false);
    let rules = rules.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let mut filter = Filter::default();
    filter.set_usedns(usedns);
    let mut dates = DateDetector::new();
    for (option, value) in &rules.options.unwrap() {
        for text in texts(value) {
            match option.as_str() {
                "prefregex" => filter.set_prefregex(&text)?,
                "failregex" => filter.add_failregex(&text)?,
                "ignoreregex" => filter.add_ignoreregex(&text)?,
                "maxlines" => filter.set_maxlines(text.parse().unwrap()),
                "datepattern" => dates = DateDetector::with_patterns(&text).unwrap(),
                _ => {}
            }
        }
    }
    Ok((filter, dates))
}

fn texts(value: &Value) -> Vec<String> {
    match value.as_sequence() {
        Some(values) => values.iter().map(Value::str).collect(),
        None => vec![value.str()],
    }
}
