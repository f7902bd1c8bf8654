//! `stockade explain`: where the options of a jail come from.

mod render;

use std::process::ExitCode;

use f2b_config::ConfigTree;
use f2b_config::dialect::{Basis, ExplainError, Explained, Stated, explain};
use serde_json::{Value, json};

use crate::exit_codes;
use crate::output::{print, print_error};

/// Explains an option of a jail, or all of them.
pub(super) fn show(
    tree: &dyn ConfigTree,
    jail: &str,
    option: Option<&str>,
    is_json: bool,
) -> ExitCode {
    let explained = match explain(tree, jail, option) {
        Ok(explained) => explained,
        Err(error) => {
            print_error(&format!("error: {error}"));
            if let Some(hint) = hint(&error) {
                print_error(&format!("hint: {hint}"));
            }
            return exit_codes::wanting();
        }
    };
    let one = explained.first().filter(|_| option.is_some());
    match (is_json, one) {
        (true, Some(one)) => print(&format!("{:#}", as_json(one))),
        (true, None) => print(&format!(
            "{:#}",
            Value::from_iter(explained.iter().map(as_json))
        )),
        (false, Some(one)) => print(&render::tree(one)),
        (false, None) => print(&render::list(&explained)),
    }
    if explained.iter().all(|explained| explained.value.is_ok()) {
        exit_codes::SUCCESS
    } else {
        exit_codes::wanting()
    }
}

fn hint(error: &ExplainError) -> Option<String> {
    let (name, names) = match error {
        ExplainError::NoSuchJail { name, jails } => (name, jails),
        ExplainError::NotSet {
            option, options, ..
        } => (option, options),
        ExplainError::Unreadable(_) | ExplainError::TooMuch { .. } => return None,
    };
    let (slips, nearest) = names
        .iter()
        .map(|other| (strsim::osa_distance(name, other), other))
        .min()?;
    // As compilers do: one slip of the keys for every three letters.
    let is_alike = slips <= (name.chars().count() / 3).max(1);
    is_alike.then(|| format!("there is `{nearest}`"))
}

/// *Shape*: docs/stockade-explain.md.
fn as_json(explained: &Explained) -> Value {
    let (basis, set) = match &explained.basis {
        Basis::Set {
            section,
            stated,
            overrides,
        } => ("set", Some((section, stated, overrides))),
        Basis::Filter => ("filter", None),
        Basis::SectionName => ("section-name", None),
        Basis::Nowhere => ("nowhere", None),
        Basis::Above => ("above", None),
    };
    let refers_to = explained.refers_to.iter().map(as_json);
    json!({
        "name": explained.name,
        "value": explained.value.as_ref().ok(),
        "problem": explained.value.as_ref().err(),
        "basis": basis,
        "stated": set.map(|(section, stated, _)| stated_as_json(section, stated)),
        "overrides": set.map_or_else(Vec::new, |(.., overrides)| {
            overrides.iter().map(|overridden| stated_as_json(&overridden.section, &overridden.stated)).collect()
        }),
        "refers_to": Value::from_iter(refers_to),
    })
}

fn stated_as_json(section: &str, stated: &Stated) -> Value {
    let origin = stated.origin.as_ref();
    json!({
        "text": stated.text,
        "section": section,
        "file": origin.map(|origin| &origin.source.file),
        "line": origin.map(|origin| origin.line),
        "column": origin.map(|origin| origin.column),
        "included_by": origin.map_or(&[][..], |origin| &origin.source.included_by),
    })
}
