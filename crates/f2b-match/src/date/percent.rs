//! A pattern's `%` directives put in, as Python's `%` operator does it.
//!
//! The original first writes `%(Y)s` for `%Y` and so on, and then lets Python format the text from a
//! table. What is left of percent signs after the first step meets Python's own rules; their
//! complaints are what a person reads who forgot to double one.

use super::directive::{self, Directive};

/// A pattern with its directives put in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filled {
    /// As it is shown.
    pub(super) name: String,
    /// As a regular expression.
    pub(super) regex: String,
    /// Whether a directive makes it ignore case.
    pub(super) ignores_case: bool,
}

/// Puts the directives of `pattern` in.
///
/// # Errors
/// Python's complaint.
pub(super) fn fill(pattern: &str) -> Result<Filled, String> {
    let (format, ignores_case) = keyed(pattern);
    let mut formatter = Formatter {
        format: format.chars().collect(),
        at: 0,
        argument: Argument::Table,
        name: String::new(),
        regex: String::new(),
    };
    formatter.run()?;
    Ok(Filled {
        name: formatter.name,
        regex: formatter.regex,
        ignores_case,
    })
}

/// Writes `%(Y)s` for `%Y`, and tells whether one of the directives ignores case.
fn keyed(pattern: &str) -> (String, bool) {
    let mut format = String::with_capacity(pattern.len() * 2);
    let mut ignores_case = false;
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('%') {
        format.push_str(before);
        let Some(found) = at_front(behind) else {
            format.push('%');
            rest = behind;
            continue;
        };
        ignores_case |= directive::IGNORING_CASE.contains(&found.spelling);
        format.push_str("%(");
        format.push_str(found.spelling);
        format.push_str(")s");
        rest = behind.get(found.spelling.len()..).unwrap_or_default();
    }
    format.push_str(rest);
    (format, ignores_case)
}

fn at_front(text: &str) -> Option<&'static Directive> {
    let long = text.get(..3).and_then(directive::find);
    let short = || text.get(..1).and_then(directive::find);
    long.or_else(short)
}

/// What the next conversion would take.
#[derive(Clone, Copy)]
enum Argument {
    /// The table itself, as long as nothing has been looked up in it.
    Table,
    /// What was looked up.
    Entry(&'static Directive),
    /// Nothing.
    Spent,
}

struct Formatter {
    format: Vec<char>,
    at: usize,
    argument: Argument,
    name: String,
    regex: String,
}

impl Formatter {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.next() {
            if c == '%' {
                self.conversion()?;
            } else {
                self.push(c);
            }
        }
        Ok(())
    }

    fn conversion(&mut self) -> Result<(), String> {
        if self.peek().is_none() {
            return Err(INCOMPLETE.into());
        }
        if self.peek() == Some('(') {
            let key = self.key()?;
            let Some(found) = directive::find(&key) else {
                return Err(quoted(&key));
            };
            self.argument = Argument::Entry(found);
        }
        while self.peek().is_some_and(|c| "-+ #0".contains(c)) {
            self.at += 1;
        }
        self.width("* wants int")?;
        if self.peek() == Some('.') {
            self.at += 1;
            self.width("* wants int")?;
        }
        if self.peek().is_some_and(|c| "hlL".contains(c)) {
            self.at += 1;
        }
        let Some(kind) = self.next() else {
            return Err(INCOMPLETE.into());
        };
        if kind == '%' {
            self.push('%');
            return Ok(());
        }
        let argument = self.take_argument()?;
        let type_name = match argument {
            Some(_) => "str",
            None => "dict",
        };
        match (kind, argument) {
            ('s', Some(entry)) => {
                self.name.push_str(entry.name);
                self.regex.push_str(entry.regex);
                Ok(())
            }
            ('d' | 'i' | 'u', _) => Err(format!(
                "%{kind} format: a real number is required, not {type_name}"
            )),
            ('o' | 'x' | 'X', _) => Err(format!(
                "%{kind} format: an integer is required, not {type_name}"
            )),
            ('e' | 'E' | 'f' | 'F' | 'g' | 'G', _) => {
                Err(format!("must be real number, not {type_name}"))
            }
            ('c', _) => Err("%c requires int or char".into()),
            // Differs: for `%s`, `%r` and `%a` the original puts its whole table in, and then fails
            // at each line; it is refused here at once.
            _ => {
                let shown = if matches!(kind, ' '..='~') { kind } else { '?' };
                Err(format!(
                    "unsupported format character '{shown}' (0x{:x}) at index {}",
                    u32::from(kind),
                    self.at.saturating_sub(1)
                ))
            }
        }
    }

    /// The text in parentheses; they may be nested.
    fn key(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut depth = 1;
        let mut key = String::new();
        while let Some(c) = self.next() {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(key);
            }
            key.push(c);
        }
        Err("incomplete format key".into())
    }

    fn width(&mut self, complaint: &str) -> Result<(), String> {
        if self.peek() == Some('*') {
            self.at += 1;
            self.take_argument()?;
            return Err(complaint.into());
        }
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    /// `None` is the table itself.
    fn take_argument(&mut self) -> Result<Option<&'static Directive>, String> {
        match std::mem::replace(&mut self.argument, Argument::Spent) {
            Argument::Table => Ok(None),
            Argument::Entry(entry) => Ok(Some(entry)),
            Argument::Spent => Err("not enough arguments for format string".into()),
        }
    }

    fn peek(&self) -> Option<char> {
        self.format.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn push(&mut self, c: char) {
        self.name.push(c);
        self.regex.push(c);
    }
}

const INCOMPLETE: &str = "incomplete format";

/// A text in Python's quotes; those of a date pattern hold nothing that needs more.
pub(super) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote || c == '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: Result<(&str, &str), &str>) {
        let filled = fill(pattern).map(|filled| (filled.name, filled.regex));
        let expected = expected
            .map(|(name, regex)| (name.to_owned(), regex.to_owned()))
            .map_err(str::to_owned);
        assert_eq!(filled, expected, "{pattern:?}");
    }

    #[test]
    fn directives_are_put_in_the_longer_ones_first() {
        check("x%%-", Ok(("x%-", "x%-")));
        check("%y", Ok(("Year2", r"(?P<y>\d\d)")));
        check(
            "%Exy-%f",
            Ok(("ExYear2-Microseconds", r"(?P<y>\d{2})-(?P<f>[0-9]{1,6})")),
        );
        check("%(y)s", Ok(("Year2", r"(?P<y>\d\d)")));
        check("%ly", Ok(("%ly", r" ?(?P<I>1?\d)y")));
    }

    #[test]
    fn what_python_complains_of_is_complained_of_in_its_words() {
        check("%", Err("incomplete format"));
        check("a%5", Err("incomplete format"));
        check(
            "é%q",
            Err("unsupported format character 'q' (0x71) at index 2"),
        );
        check(
            "%é",
            Err("unsupported format character '?' (0xe9) at index 1"),
        );
        check(
            "%.3q",
            Err("unsupported format character 'q' (0x71) at index 3"),
        );
        check("%Y%q", Err("not enough arguments for format string"));
        check("%%%q", Err("not enough arguments for format string"));
        check("%Exj", Err("must be real number, not dict"));
        check("%-d", Err("%d format: a real number is required, not dict"));
        check("%o", Err("%o format: an integer is required, not dict"));
        check(
            "%(Y)d",
            Err("%d format: a real number is required, not str"),
        );
        check("%(Y)c", Err("%c requires int or char"));
        check("%(foo)s", Err("'foo'"));
        check("%(Y", Err("incomplete format key"));
        check("%*d", Err("* wants int"));
    }

    #[test]
    fn names_of_months_and_days_ignore_case() {
        let check = |pattern: &str, expected: bool| {
            assert_eq!(fill(pattern).unwrap().ignores_case, expected, "{pattern}");
        };
        check("%b %d", true);
        check("%p", true);
        check("%%b", false);
        check("%(b)s", false);
        check("%x %X", false);
    }
}
