//! `stockade explain`: where the options of a jail come from.

mod render;
mod rules;

use std::process::ExitCode;

use f2b_config::{Basis, ConfigTree, ExplainError, Explained, Stated, explain, nearest};
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
    let is_asked = option.is_some();
    let rules = rules::of(tree, jail, option);
    match (is_json, explained.as_slice()) {
        (true, [one]) if is_asked => {
            let mut one = as_json(one);
            if let Some(fields) = one.as_object_mut().filter(|_| !rules.is_empty()) {
                fields.insert("rules".to_owned(), rules::as_json(&rules));
            }
            print(&format!("{one:#}"));
        }
        (true, all) => print(&format!("{:#}", Value::from_iter(all.iter().map(as_json)))),
        (false, all) if is_asked => {
            all.iter().for_each(|one| print(&render::tree(one)));
            if !rules.is_empty() {
                print(&rules::text(&rules));
            }
        }
        (false, all) => print(&render::list(all)),
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
    let nearest = nearest(name, names.iter().map(String::as_str))?;
    Some(format!("there is `{nearest}`"))
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
        Basis::Argument { .. } => ("argument", None),
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
        "stated": match &explained.basis {
            Basis::Argument { of, stated } => Some(stated_as_json(of, stated)),
            _ => set.map(|(section, stated, _)| stated_as_json(section, stated)),
        },
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
