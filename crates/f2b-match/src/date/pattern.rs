//! From a date pattern to a regular expression: boundaries, and the group that is cut out.

use super::percent;

/// A date pattern as a regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// The name it is shown by.
    pub(super) name: String,
    /// The regular expression, the years not yet put in.
    pub(super) regex: String,
    /// Whether it matches at the begin of a line only.
    pub(super) line_begin: bool,
    /// Whether it matches at the end of a line only.
    pub(super) line_end: bool,
}

/// Which boundaries are put round an expression that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    /// No word may go on before and behind it.
    Word,
    /// It stands at the begin of the line, behind at most two characters that are no part of a
    /// word, and no word may go on behind it.
    Line,
    /// No word may go on behind it.
    WordEnd,
    /// None.
    Nothing,
}

/// Begins a pattern that stands at the begin of lines.
pub(super) const LINE_BEGIN: &str = "{^LN-BEG}";

/// Begins a pattern without boundaries.
const UNBOUND: &str = "{UNB}";

/// Reads a pattern of directives.
///
/// # Errors
/// Python's complaint, and the pattern as it is named there.
pub(super) fn read(pattern: &str) -> Result<Bound, (String, String)> {
    let (boundary, rest) = if let Some(rest) = pattern.strip_prefix(UNBOUND) {
        (Boundary::Nothing, rest)
    } else if let Some(rest) = pattern.strip_prefix(LINE_BEGIN) {
        (Boundary::Line, rest)
    } else {
        (Boundary::Word, pattern)
    };
    let filled = percent::fill(rest).map_err(|reason| (reason, rest.to_owned()))?;
    let regex = if filled.ignores_case {
        format!("(?iu){}", filled.regex)
    } else {
        filled.regex
    };
    Ok(bind(filled.name, &regex, boundary))
}

/// Puts boundaries and a group round an expression.
pub(super) fn bind(name: String, regex: &str, boundary: Boundary) -> Bound {
    let (flags, rest) = without_flags(regex.trim());
    let begin = Begin::of(&rest);
    let end = End::of(&rest);
    let mut text = if has_group(&rest) {
        rest
    } else {
        wrapped(&rest)
    };
    let mut name = name;
    let mut line_begin = begin == Begin::Line;
    match boundary {
        _ if begin != Begin::Open => {}
        Boundary::Word => text.insert_str(0, r"(?=^|\b|\W)"),
        Boundary::Line => {
            text.insert_str(0, r"^(?:\W{0,2})?");
            name.insert_str(0, LINE_BEGIN);
            line_begin = true;
        }
        Boundary::WordEnd | Boundary::Nothing => {}
    }
    if boundary != Boundary::Nothing && end == End::Open {
        text.push_str(r"(?=\b|\W|$)");
    }
    Bound {
        name,
        regex: flags + &without_stars(&text),
        line_begin,
        line_end: end == End::Line,
    }
}

/// How an expression begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    /// With `^`, perhaps in a group.
    Line,
    /// With `**`, perhaps in a group.
    Stars,
    Open,
}

impl Begin {
    fn of(regex: &str) -> Self {
        let inner = regex.trim_start_matches('(');
        let uncaptured = match inner.strip_prefix("?:") {
            Some(rest) if inner.len() < regex.len() => rest,
            _ => inner,
        };
        if uncaptured.starts_with('^') {
            Self::Line
        } else if inner.starts_with("**") {
            Self::Stars
        } else {
            Self::Open
        }
    }
}

/// How an expression ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With `$`, perhaps in a group.
    Line,
    /// With a boundary of its own, or `**`.
    Other,
    Open,
}

impl End {
    fn of(regex: &str) -> Self {
        let inner = regex.trim_end_matches(')');
        let ends = |text: &str, end: &str| {
            text.strip_suffix(end)
                .is_some_and(|before| !before.ends_with('\\'))
        };
        if ends(inner, "$") {
            Self::Line
        } else if ends(inner, "**") || ends(regex, r"\b") || ends(regex, r"\s") {
            Self::Other
        } else {
            Self::Open
        }
    }
}

/// Takes the first group of flags, `(?i)`, out of an expression.
fn without_flags(regex: &str) -> (String, String) {
    for (start, _) in regex.match_indices("(?") {
        let Some(inner) = regex.get(start + 2..) else {
            continue;
        };
        let length = inner
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(inner.len());
        let behind = inner.get(length..).and_then(|rest| rest.strip_prefix(')'));
        if let (1.., Some(behind)) = (length, behind) {
            let before = regex.get(..start).unwrap_or_default();
            let flags = regex.get(start..start + length + 3).unwrap_or_default();
            return (flags.to_owned(), format!("{before}{behind}"));
        }
    }
    (String::new(), regex.to_owned())
}

/// Tells whether an expression seems to have a group without a name. As the original: what stands
/// in brackets counts too.
pub(super) fn has_group(regex: &str) -> bool {
    regex.match_indices('(').any(|(start, _)| {
        let before = regex.get(..start).unwrap_or_default();
        let behind = regex.get(start + 1..).unwrap_or_default();
        !before.ends_with('\\') && !behind.starts_with('?')
    })
}

fn wrapped(regex: &str) -> String {
    let (head, rest) = regex
        .strip_prefix('^')
        .map_or(("", regex), |rest| ("^", rest));
    let (body, tail) = rest
        .strip_suffix('$')
        .map_or((rest, ""), |body| (body, "$"));
    format!("{head}({body}){tail}")
}

/// Takes the `**` at begin and end off.
fn without_stars(regex: &str) -> String {
    let inner = regex.trim_start_matches('(');
    let opened = regex.get(..regex.len() - inner.len()).unwrap_or_default();
    let regex = match inner.strip_prefix("**") {
        Some(rest) => format!("{opened}{rest}"),
        None => regex.to_owned(),
    };
    let inner = regex.trim_end_matches(')');
    let closed = regex.get(inner.len()..).unwrap_or_default();
    match inner.strip_suffix("**") {
        Some(before) if !before.ends_with('\\') => format!("{before}{closed}"),
        _ => regex,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: &str = r"(?P<Y>\d{4})";

    /// `=` stands for the year's expression; the name is checked where it is given.
    fn check(pattern: &str, regex: &str) {
        let bound = read(pattern).unwrap();
        assert_eq!(bound.regex.replace(YEAR, "="), regex, "{pattern:?}");
    }

    #[test]
    fn boundaries_are_put_where_none_are() {
        check("%Y", r"(?=^|\b|\W)(=)(?=\b|\W|$)");
        check("{UNB}%Y", "(=)");
        check("{unb}%Y", r"(?=^|\b|\W)({unb}=)(?=\b|\W|$)");
        check("{^LN-BEG}%Y", r"^(?:\W{0,2})?(=)(?=\b|\W|$)");
        check("{^LN-BEG}^%Y", r"^(=)(?=\b|\W|$)");
        check("^%Y$", "^(=)$");
        check("%Y(?:\\s|$)", r"(?=^|\b|\W)(=(?:\s|$))");
        check("^%Y\\b", r"^(=\b)");
        check("^%Y\\s", r"^(=\s)");
        check("%Y\\\\b", r"(?=^|\b|\W)(=\\b)(?=\b|\W|$)");
        check("(%Y\\b)", r"(?=^|\b|\W)(=\b)(?=\b|\W|$)");
        check("(%Y$)", r"(?=^|\b|\W)(=$)");
        check("(?:^|x)%Y", r"((?:^|x)=)(?=\b|\W|$)");
        check("((?:^)%Y)", r"((?:^)=)(?=\b|\W|$)");
        check("((^%Y))", r"((^=))(?=\b|\W|$)");
        check("(?:x|^)%Y", r"(?=^|\b|\W)((?:x|^)=)(?=\b|\W|$)");
        check("(?:(^%Y))", r"(?=^|\b|\W)(?:(^=))(?=\b|\W|$)");
        check("^|%Y", r"^(|=)(?=\b|\W|$)");
        check("%Y$$", r"(?=^|\b|\W)(=$)$");
        check("^", r"^()(?=\b|\W|$)");
    }

    #[test]
    fn two_stars_are_no_boundary() {
        check("**%Y", r"(=)(?=\b|\W|$)");
        check("%Y**", r"(?=^|\b|\W)(=)");
        check("**%Y**", "(=)");
        check("{UNB}**%Y", "(=)");
        check("{^LN-BEG}**%Y", r"(=)(?=\b|\W|$)");
        check("{^LN-BEG}%Y**", r"^(?:\W{0,2})?(=)");
        check("(**%Y)", r"(=)(?=\b|\W|$)");
        check("(%Y**)", r"(?=^|\b|\W)(=)");
        check("(%Y)**", r"(?=^|\b|\W)(=)");
        check("()**", r"(?=^|\b|\W)()");
        check("%Y$**", r"(?=^|\b|\W)(=$)");
        check("%Y\\b**", r"(?=^|\b|\W)(=\b)");
        check("%Y\\**", r"(?=^|\b|\W)(=\**)(?=\b|\W|$)");
        check("^**%Y", r"^(**=)(?=\b|\W|$)");
        check("(?:**%Y)", r"(?=^|\b|\W)((?:**=))(?=\b|\W|$)");
    }

    #[test]
    fn the_first_group_without_a_name_is_cut_out() {
        check("^(%Y)x", r"^(=)x(?=\b|\W|$)");
        check("[(]%Y", r"(?=^|\b|\W)[(]=(?=\b|\W|$)");
        check("%Y\\(x\\)", r"(?=^|\b|\W)(=\(x\))(?=\b|\W|$)");
        check("%Y(?P<foo>x)", r"(?=^|\b|\W)(=(?P<foo>x))(?=\b|\W|$)");
    }

    #[test]
    fn flags_come_first() {
        check("x(?i)%Y", r"(?i)(?=^|\b|\W)(x=)(?=\b|\W|$)");
        check("^(?i)%Y", r"(?i)^(=)(?=\b|\W|$)");
        check("{^LN-BEG}(?i)%Y", r"(?i)^(?:\W{0,2})?(=)(?=\b|\W|$)");
        check("(?i:x)%Y", r"(?=^|\b|\W)((?i:x)=)(?=\b|\W|$)");
        check("%p", r"(?iu)(?=^|\b|\W)((?P<p>am|pm))(?=\b|\W|$)");
        // As the original: blanks at the begin go, unless flags stand before them.
        check("{UNB} %Y", "(=)");
        check("{UNB} %p", "(?iu)( (?P<p>am|pm))");
    }

    #[test]
    fn names_tell_what_is_put_at_the_begin() {
        let check = |pattern: &str, expected: &str| {
            assert_eq!(read(pattern).unwrap().name, expected, "{pattern:?}");
        };
        check("{^LN-BEG}%Y", "{^LN-BEG}Year");
        check("{^LN-BEG}^%Y", "^Year");
        check("{^LN-BEG}**%Y", "**Year");
        check("{UNB}{^LN-BEG}%Y", "{^LN-BEG}Year");
        check("{^LN-BEG} ^%p", "{^LN-BEG} ^AMPM");
        check("{^LN-BEG} ^%Y", " ^Year");
        check("{UNB}^", "^");
    }
}
