//! Single values: numbers, times, yes and no.

use std::collections::HashSet;

use f2b_core::{TimeTextErrorKind, parse_time};

use crate::sections::Sections;
use crate::{Diagnostic, convert, reference};

/// Tells whether a text is meant as yes or no.
pub(super) fn is_boolean(text: &str) -> bool {
    convert::boolean(text)
        || ["", "0", "off", "false", "no"].contains(&text.to_lowercase().as_str())
}

pub(super) fn boolean(option: &str, value: &str) -> Option<Diagnostic> {
    (!is_boolean(value)).then(|| {
        let message = format!("`{option} = {value}` counts as `false`");
        Diagnostic::warning("bad-boolean", message).with_hint("write `true` or `false`")
    })
}

pub(super) fn no_number(option: &str, value: &str) -> Diagnostic {
    let message = format!("`{option} = {value}` is not a whole number");
    Diagnostic::error("bad-number", message)
}

pub(super) fn time(option: &str, value: &str) -> Option<Diagnostic> {
    let error = parse_time(value).err()?;
    let message = format!("`{option}`: `{value}` is not a time");
    let (what, hint) = match &error.kind {
        TimeTextErrorKind::UnknownWord(word) => (
            format!("{message}: `{word}` is no unit"),
            "units are s, m, h, d, w, mo, y and their long forms",
        ),
        TimeTextErrorKind::Syntax(_) => (
            message,
            "write seconds, or numbers with units as in `1d 12h 30m`",
        ),
        TimeTextErrorKind::DivisionByZero(_) => (
            format!("{message}: it divides by zero"),
            "write seconds, or numbers with units as in `1d 12h 30m`",
        ),
        TimeTextErrorKind::TooLarge => (format!("{message}: it is too large"), "`-1` is for ever"),
    };
    Some(Diagnostic::error("bad-time", what).with_hint(hint))
}

/// The names that the values of all sections refer to with `%(…)s`, or with `<…>`.
pub(super) fn referred(sections: &Sections) -> HashSet<String> {
    let mut names = HashSet::new();
    for text in texts(sections) {
        for name in reference::names(text) {
            let (_, option) = name.split_once('/').unwrap_or(("", name));
            names.insert(option.to_lowercase());
        }
        for (_, tag) in super::tag::tags(text) {
            let (_, option) = tag.split_once('/').unwrap_or(("", tag));
            names.insert(option.to_lowercase());
        }
    }
    names
}

/// The sections that the values of all sections take others from, as in `%(section/option)s`.
pub(super) fn sections_referred_to(sections: &Sections) -> HashSet<String> {
    let names = texts(sections).flat_map(reference::names);
    let sections = names.filter_map(|name| name.split_once('/'));
    sections.map(|(section, _)| section.to_owned()).collect()
}

/// Everything that is written, be it overridden.
fn texts(sections: &Sections) -> impl Iterator<Item = &str> {
    let own = sections.named.values().flat_map(|section| section.values());
    let all = own.chain(sections.default.values());
    all.flat_map(|entry| {
        let before = entry.before.iter();
        let stated = before.chain([&entry.now]);
        stated.map(|stated| stated.text.as_str())
    })
}
