//! Files that cannot be read, and lines that they should not have.

use super::Checker;
use crate::Diagnostic;
use crate::files::{Include, Problem};
use crate::ini::{BYTE_ORDER_MARK, Mistake, MistakeKind};
use crate::tree::TreeError;

impl Checker<'_> {
    pub(super) fn problem(&mut self, problem: &Problem) {
        match problem {
            Problem::Syntax(parsed) => {
                let mistakes = parsed.mistakes.iter();
                for mistake in mistakes.filter(|mistake| !mistake.is_echo) {
                    let place = self.texts.line(&parsed.source, mistake.line);
                    self.found(told(mistake).at(Some(place)));
                }
            }
            Problem::Unreadable { source, error } => {
                let line = match error {
                    TreeError::NotUtf8 { line, .. } => Some(*line),
                    _ => None,
                };
                // As the original: what only is included may be missing.
                let mistake = if source.included_by.is_empty() {
                    Diagnostic::error("unreadable", error.to_string())
                } else {
                    Diagnostic::warning("unreadable", error.to_string())
                };
                let mistake = match line {
                    Some(_) => mistake.with_hint("save the file as UTF-8"),
                    None => mistake,
                };
                let place = line.map(|line| self.texts.line(source, line));
                self.found(mistake.at(place));
            }
            Problem::MissingInclude { include, path } => {
                // What may be there to override need not be.
                if path.ends_with(".local") {
                    return;
                }
                let message = format!("the included file {path} is not there");
                let mistake = Diagnostic::warning("include-missing", message);
                self.found_at_include(mistake, include);
            }
            Problem::Circle { include, files } => {
                // Each of them is a file of its own as well: the circle is told once.
                let circle = (String::new(), files.iter().cloned().collect());
                let message = match files.as_slice() {
                    [only] => format!("{only} includes itself"),
                    _ => format!("these files include each other: {}", files.join(", ")),
                };
                let place = include
                    .origin
                    .as_ref()
                    .map(|origin| self.texts.value(origin));
                let mistake = Diagnostic::warning("include-circle", message)
                    .with_hint("each is read once; in which order depends on who begins")
                    .at(place);
                let mistake = self.circles.entry(circle).or_insert(mistake).clone();
                self.found(mistake);
            }
            Problem::Includes {
                file,
                origin,
                reason,
            } => {
                let place = match origin {
                    Some(origin) => self.texts.value(origin),
                    None => self.texts.line(file, 1),
                };
                let mistake = Diagnostic::error("includes", reason.clone());
                self.found(mistake.at(Some(place)));
            }
        }
    }

    fn found_at_include(&mut self, mistake: Diagnostic, include: &Include) {
        let place = include.origin.as_ref().map(|origin| {
            let line = self.texts.word(origin, &include.line);
            line.unwrap_or_else(|| self.texts.value(origin))
        });
        self.found(mistake.at(place));
    }
}

fn told(mistake: &Mistake) -> Diagnostic {
    if mistake.text.starts_with(BYTE_ORDER_MARK) {
        return Diagnostic::error("syntax", "the file begins with a byte-order mark")
            .with_hint("save it as UTF-8 without one");
    }
    let is_header = mistake.text.trim_start().starts_with('[');
    match &mistake.kind {
        MistakeKind::NotAnOption | MistakeKind::NoSection if is_header => {
            Diagnostic::error("syntax", "the name of a section is not closed")
                .with_hint("write `[name]`")
        }
        MistakeKind::NoSection => Diagnostic::error("syntax", "an option before any section")
            .with_hint("begin the file with a section such as `[DEFAULT]`"),
        MistakeKind::NotAnOption => Diagnostic::error("syntax", "neither a section nor an option")
            .with_hint("write `key = value`; indent a line that continues the value above"),
        MistakeKind::NoName => {
            Diagnostic::error("syntax", "an option without a name").with_hint("write `key = value`")
        }
        MistakeKind::SectionTwice { name, first } => {
            let message = format!("the section `[{name}]` stands twice in this file");
            Diagnostic::error("duplicate-section", message)
                .with_hint(format!("it begins in line {first}: merge the two"))
        }
        MistakeKind::OptionTwice {
            section,
            option,
            first,
        } => {
            let message = format!("the option `{option}` stands twice in `[{section}]`");
            Diagnostic::error("duplicate-option", message).with_hint(format!(
                "it stands in line {first} already: remove one of the two"
            ))
        }
    }
}
