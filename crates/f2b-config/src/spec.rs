//! `name[key="value", …]`: a filter or an action with its arguments (contract A 1.7).

/// A name and what is passed to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// Keys and values, as written.
    pub(crate) arguments: Vec<(String, String)>,
}

/// A text that is no spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be read at `{at}` (hint: write `name[key=\"value\", key=\"value\"]`)")]
pub(crate) struct SpecError {
    at: String,
}

/// Reads one spec.
pub(crate) fn parse(text: &str) -> Result<Spec, SpecError> {
    let text = text.trim();
    let (name, mut rest) = match text.find('[') {
        Some(position) => text.split_at(position),
        None => (text, ""),
    };
    let mut arguments: Vec<(String, String)> = Vec::new();
    while let Some(inside) = rest.strip_prefix('[') {
        rest = read_group(inside, &mut arguments)?.trim_start();
    }
    if !rest.is_empty() || name.is_empty() {
        return Err(wrong(text));
    }
    Ok(Spec {
        name: name.to_owned(),
        arguments,
    })
}

/// Splits a value into specs at blanks and newlines outside brackets.
pub(crate) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    for (position, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') if depth > 0 => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') => depth = depth.saturating_sub(1),
            (None, _) if c.is_whitespace() && depth == 0 => {
                parts.push(text.get(start..position).unwrap_or_default());
                start = position;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect()
}

/// Reads arguments up to the closing bracket; returns what follows it.
fn read_group<'a>(
    text: &'a str,
    arguments: &mut Vec<(String, String)>,
) -> Result<&'a str, SpecError> {
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix(']') {
            return Ok(after);
        }
        let (key, after) = rest.split_once('=').ok_or_else(|| wrong(rest))?;
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if key.is_empty() || !key.chars().all(plain) {
            return Err(wrong(rest));
        }
        let (value, after) = read_value(after)?;
        arguments.retain(|(known, _)| known != key);
        arguments.push((key.to_owned(), value.trim().to_owned()));
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
        if rest.is_empty() {
            return Err(wrong(after));
        }
    }
}

fn read_value(text: &str) -> Result<(&str, &str), SpecError> {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            let (value, after) = inside.split_once(quote).ok_or_else(|| wrong(text))?;
            return if after.starts_with([',', ']']) {
                Ok((value, after))
            } else {
                Err(wrong(after))
            };
        }
    }
    let end = text.find([',', ']']).ok_or_else(|| wrong(text))?;
    Ok(text.split_at(end))
}

fn wrong(at: &str) -> SpecError {
    SpecError {
        at: at.chars().take(25).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> String {
        match parse(text) {
            Err(error) => format!("{:?}", error.at),
            Ok(spec) => {
                let pairs = spec
                    .arguments
                    .iter()
                    .map(|(key, value)| format!(" {key}={value}"));
                spec.name + &pairs.collect::<String>()
            }
        }
    }

    #[test]
    fn specs_are_read_as_the_originals_reader_does() {
        let check = |text: &str, expected: &str| assert_eq!(seen(text), expected, "{text:?}");
        check("sshd", "sshd");
        check("a[x=1]", "a x=1");
        check("a[x=1, y=\"2, 3]\", z='4']", "a x=1 y=2, 3] z=4");
        check("a[x=1][y=2]", "a x=1 y=2");
        check("a[x=1 y=2]", "a x=1 y=2");
        check("a[x=1, x=2,]", "a x=2");
        check("a[x =1]", "\"x =1]\"");
        check("a[x=1", "\"1\"");
        check("a[x=\"1\" ]", "\" ]\"");
        check("", "\"\"");
        check("[x=1]", "\"[x=1]\"");
    }

    #[test]
    fn a_list_is_split_at_blanks_outside_brackets() {
        let check = |text: &str, expected: &[&str]| assert_eq!(split(text), expected, "{text:?}");
        check(
            "a[x=1, y=\"2 ]\"]\n b c[z='x y']",
            &["a[x=1, y=\"2 ]\"]", "b", "c[z='x y']"],
        );
        check("  ", &[]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[\\[\\]=,\"' a\u{e9}x-]{0,40}") {
            seen(&text);
            split(&text);
        }
    }
}
