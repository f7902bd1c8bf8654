//! `name[key=value,…]`, as a jail's `backend` has it.

/// The text of a backend cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A bracket without its other one, or no name.
    // As the original.
    #[error("unexpected option syntax")]
    Bracket,
    /// Something that is no `key=value`.
    #[error(
        "`{0}` is no argument (hint: arguments are written `key=value` with a comma between two)"
    )]
    Argument(String),
}

/// A name and its arguments, each a key and a value.
pub type Spec = (String, Vec<(String, String)>);

/// Takes `name[key=value,…]` apart; a value with a comma or a bracket stands between quotation marks. Of a key that is
/// there twice the last value counts.
///
/// # Errors
/// [`SpecError`].
pub fn split(text: &str) -> Result<Spec, SpecError> {
    let (name, inside) = match text.split_once('[') {
        None => (text, ""),
        Some((name, rest)) => {
            let inside = rest.trim_end().strip_suffix(']');
            (name, inside.ok_or(SpecError::Bracket)?)
        }
    };
    if name.is_empty() {
        return Err(SpecError::Bracket);
    }
    let mut arguments: Vec<(String, String)> = Vec::new();
    let mut rest = inside.trim();
    while !rest.is_empty() {
        let wrong = || SpecError::Argument(rest.to_owned());
        let (key, after) = rest.split_once('=').ok_or_else(wrong)?;
        let is_key = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        if key.is_empty() || !key.chars().all(is_key) {
            return Err(wrong());
        }
        let (value, after) = value(after);
        let after = match after.strip_prefix(',') {
            Some(after) => after,
            // One pair of brackets may follow another.
            None => match after.strip_prefix(']') {
                Some(more) => more.trim_start().strip_prefix('[').ok_or_else(wrong)?,
                None if after.trim().is_empty() => "",
                None => return Err(wrong()),
            },
        };
        let value = value.trim().to_owned();
        match arguments.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => *known = value,
            None => arguments.push((key.to_owned(), value)),
        }
        rest = after.trim();
    }
    Ok((name.to_owned(), arguments))
}

/// A value and what follows it.
fn value(text: &str) -> (&str, &str) {
    let quoted = |quote: char| text.strip_prefix(quote)?.split_once(quote);
    if let Some(parts) = quoted('"').or_else(|| quoted('\'')) {
        return parts;
    }
    let end = text.find([',', ']']).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_taken_apart_as_the_original_does() {
        let check = |text: &str, name: &str, arguments: &[(&str, &str)]| {
            let arguments: Vec<_> = arguments
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(split(text), Ok((name.to_owned(), arguments)), "{text}");
        };
        check("systemd", "systemd", &[]);
        check("systemd[]", "systemd", &[]);
        check(
            "systemd[journalpath='/tmp', namespace=\"a,b\"][rotated=on]",
            "systemd",
            &[
                ("journalpath", "/tmp"),
                ("namespace", "a,b"),
                ("rotated", "on"),
            ],
        );
        check(
            "systemd[namespace=x y,rotated=1 ] ",
            "systemd",
            &[("namespace", "x y"), ("rotated", "1")],
        );
        check("systemd[namespace=x=y]", "systemd", &[("namespace", "x=y")]);
        check("systemd[namespace=\"a]", "systemd", &[("namespace", "\"a")]);
        check("systemd[a=1,a=2]", "systemd", &[("a", "2")]);
        check(" systemd [a=]", " systemd ", &[("a", "")]);
    }

    #[test]
    fn what_the_original_refuses_is_refused() {
        for text in ["", "[a=1]", "systemd[a=1", "systemd[a=1]x"] {
            assert_eq!(split(text), Err(SpecError::Bracket), "{text}");
        }
        for text in [
            "systemd[namespace]",
            "systemd[namespace=]]",
            "systemd[, a=1]",
            "systemd[a=1,,b=2]",
            "systemd[a='1' b=2]",
            "systemd[a b=2]",
        ] {
            let error = split(text).unwrap_err();
            assert!(matches!(error, SpecError::Argument(_)), "{text}: {error}");
        }
    }
}
