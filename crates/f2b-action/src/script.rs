//! The second of two stages: the tags of a ban, whose values never become text of the script.

use std::fmt::Write as _;

use crate::{Info, python, tags};

/// A value with one of these is handed over beside the script, never within it.
const SPECIAL: &[char] = &[
    '\\', '#', '&', ';', '`', '|', '*', '?', '~', '<', '>', '^', '(', ')', '[', ']', '{', '}', '$',
    '\'', '"', '\n', '\r',
];

/// A value longer than this, in bytes, is handed over beside the script as well: ours, since the
/// system takes no argument of more than 128 KiB and a script is one.
const LONG: usize = 4 << 10;

/// A value is cut here, in bytes: ours, for the same reason. Who makes long lines in a log must not
/// get away without a ban.
const LONGEST: usize = 64 << 10;

/// A text for `/bin/sh -c` and the values that go with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// What the shell reads.
    pub text: String,
    /// What it finds as `$0`, `$1` and so on.
    pub values: Vec<String>,
}

impl Script {
    /// Returns a script that is run as it stands.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self {
            text: without_nul(text),
            values: Vec::new(),
        }
    }

    /// Puts the values of a ban into a command: each tag once, and none that a value brings.
    ///
    /// A value that the shell could take for its own is not inserted: `$f2bV_<tag>` is, and the
    /// script begins by setting that variable from an argument.
    ///
    /// ```
    /// use f2b_action::Script;
    /// let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    /// let mut tags = vec![tag("ip", "192.0.2.1"), tag("F-USER", "a;b")];
    /// let script = Script::fill("ban <ip> \"<F-USER>\" <zone>", &mut tags);
    /// assert_eq!(script.text, "f2bV_F_user=$0 \nban 192.0.2.1 \"$f2bV_F_user\" <zone>");
    /// assert_eq!(script.values, ["a;b"]);
    /// ```
    #[must_use]
    pub fn fill(command: &str, info: &mut dyn Info) -> Self {
        let mut variables: Vec<(String, String)> = Vec::new();
        let mut text = String::with_capacity(command.len());
        let mut rest = 0;
        let mut from = 0;
        while let Some(place) = tags::next(command, from) {
            from = place.end;
            let tag = tags::name(command, &place);
            let value = match info.tag(tag) {
                Some(value) => without_nul(&value),
                None if tag.starts_with("F-") => String::new(),
                None => continue,
            };
            text.push_str(command.get(rest..place.start).unwrap_or_default());
            rest = place.end;
            if !value.contains(SPECIAL) && value.len() <= LONG {
                text.push_str(&value);
                continue;
            }
            let name = variable(tag, cut(value), &mut variables);
            // Without braces, as the original, unless the text goes on with a letter.
            let goes_on = command.get(rest..).unwrap_or_default().chars().next();
            if goes_on.is_some_and(|next| next == '_' || next.is_alphanumeric()) {
                push(&mut text, format_args!("${{{name}}}"));
            } else {
                push(&mut text, format_args!("${name}"));
            }
        }
        text.push_str(command.get(rest..).unwrap_or_default());
        let text = without_nul(&text);
        if variables.is_empty() {
            let values = Vec::new();
            return Self { text, values };
        }
        let mut script = String::with_capacity(text.len() + 64);
        for (place, (name, _)) in variables.iter().enumerate() {
            if place < 10 {
                push(&mut script, format_args!("{name}=${place} "));
            } else {
                // Differs: the original writes `$10`, which a shell reads as `${1}0`.
                push(&mut script, format_args!("{name}=${{{place}}} "));
            }
        }
        script.push('\n');
        script.push_str(&text);
        Self {
            text: script,
            values: variables.into_iter().map(|(_, value)| value).collect(),
        }
    }

    /// Returns the script as the log shows it.
    ///
    /// *Shape*: the bare text, or a Python list of text and values.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.values.is_empty() {
            return self.text.clone();
        }
        let values = self.values.iter().map(String::as_str);
        python::repr_list(std::iter::once(self.text.as_str()).chain(values))
    }
}

/// Returns the variable that holds a tag's value.
fn variable(tag: &str, value: String, variables: &mut Vec<(String, String)>) -> String {
    let tag = match tag.strip_prefix("F-") {
        Some(group) => format!("F-{}", group.to_lowercase()),
        None => tag.to_owned(),
    };
    let word = |character: char| {
        if character.is_ascii_alphanumeric() {
            character
        } else {
            '_'
        }
    };
    let mut name: String = "f2bV_".chars().chain(tag.chars().map(word)).collect();
    // Two tags can come to one name, `a-b` and `a_b`; the original mixes them up.
    while let Some((_, other)) = variables.iter().find(|(other, _)| *other == name) {
        if *other == value {
            return name;
        }
        name.push('_');
    }
    variables.push((name.clone(), value));
    name
}

/// An argument of a process ends at its first NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

fn cut(mut value: String) -> String {
    if value.len() > LONGEST {
        let mut end = LONGEST;
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        value.truncate(end);
    }
    value
}

fn push(text: &mut String, piece: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    text.write_fmt(piece).ok();
}

#[cfg(test)]
mod tests;
