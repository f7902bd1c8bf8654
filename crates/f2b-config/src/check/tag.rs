//! `<…>` that leads nowhere.

/// Tags that actions are given when they run (contract B 5.2), beside `F-…`.
pub(super) const OF_ACTIONS: [&str; 28] = [
    "ip",
    "ip-rev",
    "ip-host",
    "fid",
    "family",
    "failures",
    "bancount",
    "bantime",
    "time",
    "timeout",
    "matches",
    "ipmatches",
    "ipfailures",
    "ipjailmatches",
    "ipjailfailures",
    "restored",
    "raw-ticket",
    "name",
    "actname",
    "br",
    "sp",
    "fq-hostname",
    "sh-hostname",
    "jail.name",
    "jail.banned",
    "jail.found",
    "jail.banned_total",
    "jail.found_total",
];

/// Tags of rules (contract A 4.2), beside `F-…`.
pub(super) const OF_RULES: [&str; 8] = [
    "HOST",
    "ADDR",
    "IP4",
    "IP6",
    "DNS",
    "CIDR",
    "SUBNET",
    "SKIPLINES",
];

/// Elements of HTML, as mails and messages hold them.
const HTML: [&str; 62] = [
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "code",
    "col",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "input",
    "ins",
    "label",
    "li",
    "link",
    "main",
    "meta",
    "nav",
    "ol",
    "p",
    "pre",
    "s",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "textarea",
    "th",
    "thead",
    "title",
    "tr",
    "u",
    "ul",
];

/// Tells whether a tag is an element of HTML, or at least no name of an option: those are in lower case.
pub(super) fn is_html(tag: &str) -> bool {
    HTML.contains(&tag) || tag.contains(char::is_uppercase)
}

/// The innermost tags of a text, each with its place in bytes: `<`, characters other than blanks and
/// angle brackets, `>`.
pub(crate) fn tags(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('<').filter_map(|(position, _)| {
        let inside = text.get(position + 1..)?;
        let end = inside.find(|c: char| c.is_whitespace() || c == '<' || c == '>')?;
        let tag = inside.get(..end)?;
        let is_closed = inside.get(end..)?.starts_with('>');
        (is_closed && !tag.is_empty()).then_some((position, tag))
    })
}

/// The tags of a text that look like the name of an option: the groups of an expression, HTML and
/// the like do not.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    let is_group = |position: usize| {
        let before = text.get(..position).unwrap_or_default();
        before.ends_with("(?P") || before.ends_with("(?") || before.ends_with("\\g")
    };
    let is_name = |tag: &str| {
        tag.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && tag
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
            && !tag.ends_with('/')
    };
    tags(text)
        .filter(move |(position, tag)| !is_group(*position) && is_name(tag))
        .map(|(_, tag)| tag)
}
