//! The patterns of a `datepattern`, one a line.

use std::sync::Arc;

use super::super::defaults::{self, Weighted};
use super::super::pattern::LINE_BEGIN;
use super::super::template::{self, Template};
use crate::date::DateError;

/// Reads them; no pattern at all gives no template.
///
/// # Errors
/// [`DateError`] in the words of the original.
pub(super) fn read(patterns: &str) -> Result<Vec<Weighted>, DateError> {
    let mut templates: Vec<Weighted> = Vec::new();
    let lines = patterns.split('\n').map(str::trim);
    for line in lines.filter(|line| !line.is_empty()) {
        let key = if line.contains('%') {
            line.to_owned()
        } else {
            line.to_uppercase()
        };
        match key.as_str() {
            // As the original: it adds nothing.
            "{DEFAULT}" => {}
            LINE_BEGIN => {
                let all = defaults::all().iter();
                for one in all.filter(|(template, _)| template.line_begin) {
                    add_new(&mut templates, one.clone());
                }
            }
            key if key.contains(DATE) => {
                for pattern in defaults::unbound() {
                    let text = template::replaced(line, DATE, pattern);
                    add_new(&mut templates, (Arc::new(Template::of(&text)?), 1.0));
                }
            }
            _ => {
                let template = Template::of(line)?;
                if has(&templates, &template.name) {
                    return Err(DateError::Repeated {
                        name: template.name,
                    });
                }
                templates.push((Arc::new(template), 1.0));
            }
        }
    }
    Ok(templates)
}

/// Stands for any of the default dates.
const DATE: &str = "{DATE}";

fn has(templates: &[Weighted], name: &str) -> bool {
    templates.iter().any(|(known, _)| known.name == name)
}

fn add_new(templates: &mut Vec<Weighted>, one: Weighted) {
    if !has(templates, &one.0.name) {
        templates.push(one);
    }
}
