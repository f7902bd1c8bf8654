//! `stockade check`: every mistake of the configuration in one run.

use std::process::ExitCode;

use f2b_config::{ConfigTree, Diagnostic, Severity};
use serde_json::{Value, json};

use crate::diagnostics::{self, Style};
use crate::exit_codes;
use crate::output::print;
use crate::tree;

/// Shows what is wrong; `is_strict` makes warnings count as errors do.
pub(super) fn show(tree: &dyn ConfigTree, is_strict: bool, is_json: bool) -> ExitCode {
    let mistakes = tree::check(tree);
    if is_json {
        print(&format!(
            "{:#}",
            Value::from_iter(mistakes.iter().map(as_json))
        ));
    } else {
        let style = Style::of_stdout();
        for mistake in &mistakes {
            print(&format!("{}\n", diagnostics::text(mistake, style)));
        }
        print(&summary(&mistakes));
    }
    let counts = |mistake: &Diagnostic| is_strict || mistake.severity == Severity::Error;
    if mistakes.iter().any(counts) {
        exit_codes::wanting()
    } else {
        exit_codes::SUCCESS
    }
}

fn summary(mistakes: &[Diagnostic]) -> String {
    let is_error = |mistake: &&Diagnostic| mistake.severity == Severity::Error;
    let errors = mistakes.iter().filter(is_error).count();
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    match (errors, mistakes.len() - errors) {
        (0, 0) => "the configuration is well".to_owned(),
        (errors, warnings) => {
            format!(
                "{}, {}",
                counted(errors, "error"),
                counted(warnings, "warning")
            )
        }
    }
}

/// *Shape*: docs/stockade-check.md.
fn as_json(mistake: &Diagnostic) -> Value {
    let place = mistake.place.as_ref();
    json!({
        "code": mistake.code,
        "severity": mistake.severity.to_string(),
        "message": mistake.message,
        "file": place.map(|place| &place.source.file),
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "length": place.map(|place| place.length),
        "excerpt": place.map(|place| &*place.excerpt),
        "included_by": place.map_or(&[][..], |place| &place.source.included_by),
        "hint": mistake.hint,
    })
}
