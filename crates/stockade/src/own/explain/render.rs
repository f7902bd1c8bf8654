//! An explanation as a person reads it.

use f2b_config::{Basis, Explained, Stated};

/// One option with all that it refers to.
pub(super) fn tree(explained: &Explained) -> String {
    let mut lines = Vec::new();
    node(explained, "", "", &mut lines);
    lines.join("\n")
}

/// Many options, each with its place only.
pub(super) fn list(explained: &[Explained]) -> String {
    let mut lines = Vec::new();
    for explained in explained {
        block(&head(explained), "", "    ", &mut lines);
        for detail in details(explained) {
            block(&detail, "    ", "        ", &mut lines);
        }
    }
    lines.join("\n")
}

/// `first` stands before the first line of the node, `rest` before all others.
fn node(explained: &Explained, first: &str, rest: &str, lines: &mut Vec<String>) {
    let bar = if explained.refers_to.is_empty() {
        "    "
    } else {
        "│   "
    };
    let inner = format!("{rest}{bar}");
    block(&head(explained), first, &format!("{inner}  "), lines);
    for detail in details(explained) {
        block(&detail, &inner, &format!("{inner}  "), lines);
    }
    if let Some((last, others)) = explained.refers_to.split_last() {
        for other in others {
            node(other, &format!("{rest}├── "), &format!("{rest}│   "), lines);
        }
        node(last, &format!("{rest}└── "), &format!("{rest}    "), lines);
    }
}

fn head(explained: &Explained) -> String {
    match (&explained.value, &explained.basis) {
        (_, Basis::Nowhere) => format!("{}: NOT SET", explained.name),
        (Ok(value), Basis::Above) => format!("{} = {value} (see above)", explained.name),
        (Err(_), Basis::Above) => format!("{}: see above", explained.name),
        (Ok(value), _) => format!("{} = {value}", explained.name),
        (Err(_), _) => format!("{}: CANNOT BE RESOLVED", explained.name),
    }
}

fn details(explained: &Explained) -> Vec<String> {
    let mut details = Vec::new();
    match &explained.basis {
        Basis::Above => return details,
        Basis::Set {
            section,
            stated,
            overrides,
        } => {
            details.push(place(section, stated));
            if explained.value.as_ref() != Ok(&stated.text) {
                details.push(format!("written as: {}", stated.text));
            }
            for overridden in overrides {
                let place = place(&overridden.section, &overridden.stated);
                details.push(format!("overrides {} ({place})", overridden.stated.text));
            }
        }
        Basis::Filter => details.push("from the jail's filter".to_owned()),
        Basis::Argument { of, stated } => {
            details.push(match &stated.origin {
                Some(origin) => {
                    let (file, line) = (&origin.source.file, origin.line);
                    format!("argument of the {of}: {file}:{line}:{}", origin.column)
                }
                None => format!("argument of the {of}"),
            });
        }
        Basis::SectionName => details.push("the name of the section".to_owned()),
        Basis::Nowhere => {}
    }
    if let Err(problem) = &explained.value {
        details.push(format!("problem: {problem}"));
    }
    details
}

fn place(section: &str, stated: &Stated) -> String {
    let Some(origin) = &stated.origin else {
        return "built in".to_owned();
    };
    let mut place = format!(
        "{}:{}:{} in [{section}]",
        origin.source.file, origin.line, origin.column
    );
    for file in origin.source.included_by.iter().rev() {
        place.push_str(&format!(", included by {file}"));
    }
    place
}

/// Adds text that may have several lines; what would steer a terminal is shown instead.
fn block(text: &str, first: &str, rest: &str, lines: &mut Vec<String>) {
    for (index, line) in text.split('\n').enumerate() {
        let before = if index == 0 { first } else { rest };
        let mut shown = before.to_owned();
        for c in line.chars() {
            if c.is_control() && c != '\t' {
                shown.extend(c.escape_default());
            } else {
                shown.push(c);
            }
        }
        lines.push(shown.trim_end().to_owned());
    }
}
