//! The options behind a log target: `SYSLOG[facility=auth, datetime=on]`.

/// A target's name and its options, the last of a name counting.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spec<'text> {
    pub(super) name: &'text str,
    options: Vec<(&'text str, &'text str)>,
}

impl<'text> Spec<'text> {
    /// Reads a target with its options; an error is in the original's words.
    pub(super) fn parse(text: &'text str) -> Result<Self, String> {
        let wrong = || "unexpected option syntax".to_owned();
        let (name, inside) = match text.find('[').and_then(|at| text.split_at_checked(at)) {
            None => (text, ""),
            Some((name, rest)) => {
                let inside = rest.trim_end().strip_prefix('[');
                let inside = inside.and_then(|inside| inside.strip_suffix(']'));
                (name, inside.ok_or_else(wrong)?)
            }
        };
        if name.is_empty() {
            return Err(wrong());
        }
        let mut options = Vec::new();
        let mut rest = inside;
        while !rest.trim_start_matches([',', ' ']).is_empty() {
            let Some((option, after)) = option(rest) else {
                let at = inside.len() - rest.len();
                let shown: String = rest.chars().take(25).collect();
                return Err(format!("expected option, wrong syntax at {at}: {shown}"));
            };
            options.push(option);
            // A comma, or the border of two groups.
            let after = after.trim_start();
            rest = after
                .strip_prefix("][")
                .or_else(|| after.strip_prefix(','))
                .unwrap_or(after);
        }
        Ok(Self { name, options })
    }

    /// Returns the value of an option.
    pub(super) fn option(&self, name: &str) -> Option<&'text str> {
        let mut options = self.options.iter().rev();
        options.find_map(|(key, value)| (*key == name).then_some(*value))
    }

    /// Returns whether an option that is `on` or `off` is on, if it is there.
    pub(super) fn switch(&self, name: &str) -> Option<bool> {
        let is_on = |value: &str| {
            let mut words = ["on", "yes", "true", "1"].iter();
            words.any(|word| value.eq_ignore_ascii_case(word))
        };
        self.option(name).map(is_on)
    }
}

/// One `key=value`, and what follows.
fn option(text: &str) -> Option<((&str, &str), &str)> {
    let (key, after) = text.split_once('=')?;
    let key = key.trim();
    if key.is_empty()
        || !key
            .chars()
            .all(|c| c.is_alphanumeric() || "_-.".contains(c))
    {
        return None;
    }
    let quoted = after.chars().next().filter(|c| "\"'".contains(*c));
    let quoted = quoted.and_then(|quote| after.strip_prefix(quote)?.split_once(quote));
    let (value, rest) = quoted.unwrap_or_else(|| {
        let end = after.find([',', ']']).unwrap_or(after.len());
        after.split_at_checked(end).unwrap_or((after, ""))
    });
    Some(((key, value.trim()), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_the_original_reads_them() {
        let check = |text: &str, name: &str, key: &str, expected: Option<&str>| {
            let spec = Spec::parse(text).unwrap();
            assert_eq!((spec.name, spec.option(key)), (name, expected), "{text}");
        };
        check("/a/b.log", "/a/b.log", "x", None);
        check("T[]", "T", "x", None);
        check("T[x=1, y='a, ]b']", "T", "y", Some("a, ]b"));
        check("T[x=1][x=\"2\"]", "T", "x", Some("2"));
        check("T [x=off]", "T ", "x", Some("off"));
        check("T[f=%(message)s-bare]", "T", "f", Some("%(message)s-bare"));
    }

    #[test]
    fn what_is_no_option_is_refused_in_the_originals_words() {
        let error = |text: &str| Spec::parse(text).unwrap_err();
        for text in ["", "[x=1]", "T[x", "/a[0].log", "T[x=1]y"] {
            assert_eq!(error(text), "unexpected option syntax", "{text}");
        }
        assert_eq!(error("T[x]"), "expected option, wrong syntax at 0: x");
    }
}
