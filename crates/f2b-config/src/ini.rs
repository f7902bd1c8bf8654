//! One file: sections, options, values (contract A 1.3).

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Place};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The text, continuation lines joined with newlines.
    pub(crate) value: String,
    /// The line of its key.
    pub(crate) place: Place,
}

/// The options of one section, keys in lower case, in the order they were first set.
pub(crate) type Section = IndexMap<String, Setting>;

/// The sections of a file or of a file set.
pub(crate) type Sections = IndexMap<String, Section>;

/// Reads one file; mistakes go to `diagnostics` and the rest of the file is read all the same.
pub(crate) fn parse(file: &str, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Sections {
    let mut reader = Reader {
        file,
        diagnostics,
        sections: Sections::new(),
        section: None,
        lost: false,
        option: None,
    };
    for (number, line) in text.split('\n').enumerate() {
        reader.line(number + 1, line.strip_suffix('\r').unwrap_or(line));
    }
    for setting in reader.sections.values_mut().flat_map(IndexMap::values_mut) {
        setting.value.truncate(setting.value.trim_end().len());
    }
    reader.sections
}

struct Reader<'a> {
    file: &'a str,
    diagnostics: &'a mut Vec<Diagnostic>,
    sections: Sections,
    section: Option<String>,
    /// Whether what follows is in a section whose name nobody can tell.
    lost: bool,
    /// The option that a deeper line continues, and its indentation.
    option: Option<(String, usize)>,
}

impl Reader<'_> {
    fn line(&mut self, number: usize, line: &str) {
        let trimmed = line.trim();
        if trimmed.starts_with(['#', ';']) {
            return;
        }
        let content = without_comment(line);
        let indentation = content.len() - content.trim_start().len();
        let content = content.trim();
        if content.is_empty() {
            self.continue_value("");
        } else if self
            .option
            .as_ref()
            .is_some_and(|(_, own)| indentation > *own)
        {
            self.continue_value(content);
        } else if let Some(header) = content
            .strip_prefix('[')
            .and_then(|rest| rest.rsplit_once(']'))
        {
            self.open_section(header.0, number, line);
        } else if content.starts_with('[') {
            // Its options must not go to the section above.
            (self.option, self.section, self.lost) = (None, None, true);
            self.mistake(
                number,
                line,
                "the name of a section is not closed".to_owned(),
                "write `[name]`; nothing up to the next section is read",
            );
        } else {
            self.set_option(content, indentation, number, line);
        }
    }

    fn continue_value(&mut self, more: &str) {
        let Some((option, _)) = &self.option else {
            return;
        };
        let section = self
            .section
            .as_ref()
            .and_then(|name| self.sections.get_mut(name));
        if let Some(setting) = section.and_then(|section| section.get_mut(option)) {
            setting.value.push('\n');
            setting.value.push_str(more);
        }
    }

    fn open_section(&mut self, name: &str, number: usize, line: &str) {
        (self.option, self.lost) = (None, false);
        if name != "DEFAULT" && self.sections.contains_key(name) {
            let message = format!("the section `[{name}]` stands twice in this file");
            self.mistake(
                number,
                line,
                message,
                "merge the two: which one counts cannot be told",
            );
        }
        self.sections.entry(name.to_owned()).or_default();
        self.section = Some(name.to_owned());
    }

    fn set_option(&mut self, content: &str, indentation: usize, number: usize, line: &str) {
        self.option = None;
        let Some(section) = self.section.clone() else {
            if self.lost {
                return;
            }
            self.mistake(
                number,
                line,
                "an option before any section".to_owned(),
                "begin the file with a section such as `[DEFAULT]`",
            );
            return;
        };
        let Some((key, value)) = content.split_once(['=', ':']) else {
            self.mistake(
                number,
                line,
                "neither a section nor an option".to_owned(),
                "write `key = value`; indent a line that continues the value above",
            );
            return;
        };
        let key = key.trim_end().to_lowercase();
        if key.is_empty() {
            self.mistake(
                number,
                line,
                "an option without a name".to_owned(),
                "write `key = value`",
            );
            return;
        }
        let place = self.place(number);
        let setting = Setting {
            value: value.trim().to_owned(),
            place,
        };
        let options = self.sections.entry(section.clone()).or_default();
        if options.contains_key(&key) {
            let message = format!("the option `{key}` stands twice in `[{section}]`");
            self.mistake(number, line, message, "remove one of the two");
            return;
        }
        options.insert(key.clone(), setting);
        self.option = Some((key, indentation));
    }

    fn place(&self, line: usize) -> Place {
        Place {
            file: self.file.to_owned(),
            line,
        }
    }

    fn mistake(&mut self, number: usize, line: &str, message: String, hint: &str) {
        let place = self.place(number);
        let mistake = Diagnostic::error(message, Some(&place));
        self.diagnostics
            .push(mistake.with_excerpt(line).with_hint(hint));
    }
}

/// Cuts a comment that a `;` at the line's begin or behind a blank opens. `#` opens none.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (position, c) in line.char_indices() {
        if c == ';' && before.is_whitespace() {
            return line.get(..position).unwrap_or(line);
        }
        before = c;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> (String, Vec<String>) {
        let mut diagnostics = Vec::new();
        let sections = parse("f", text, &mut diagnostics);
        let mut lines = Vec::new();
        for (name, section) in &sections {
            for (key, setting) in section {
                lines.push(format!(
                    "{name}.{key}@{}={:?}",
                    setting.place.line, setting.value
                ));
            }
        }
        let mistakes = diagnostics.iter().map(|mistake| {
            mistake
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        (lines.join(" "), mistakes.collect())
    }

    #[test]
    fn values_are_read_as_the_originals_reader_does() {
        let check = |text: &str, expected: &str| {
            assert_eq!(seen(text), (expected.to_owned(), Vec::new()), "{text:?}");
        };
        check("[a]\nX = 1\n", "a.x@2=\"1\"");
        check("[a]\nx: 1 = 2\n", "a.x@2=\"1 = 2\"");
        check(
            "[a]\nx =\n  b\n  c = d\n\n  e\n\n",
            "a.x@2=\"\\nb\\nc = d\\n\\ne\"",
        );
        check("[a]\n# c\nx = 1 # 2 ; 3\n", "a.x@3=\"1 # 2\"");
        check("[a]\nx = 1;2\n", "a.x@2=\"1;2\"");
        check("[a]\nx = 1\n  # inside\n  2\n", "a.x@2=\"1\\n2\"");
        check("[a] junk\r\nx = 1\r\n", "a.x@2=\"1\"");
        check(
            "[DEFAULT]\na=1\n[DEFAULT]\nb=2\n",
            "DEFAULT.a@2=\"1\" DEFAULT.b@4=\"2\"",
        );
        check("[a]\n  x = 1\n  y = 2\n", "a.x@2=\"1\" a.y@3=\"2\"");
    }

    #[test]
    fn every_mistake_of_a_file_is_found() {
        let text = "x = 0\n[a]\nfoo\nx = 1\nX = 2\n= 3\n[a]\ny = 4\n[b\nz = 5\nfoo\n[c]\nz = 6\n";
        let (values, mistakes) = seen(text);
        assert_eq!(values, "a.x@4=\"1\" a.y@8=\"4\" c.z@13=\"6\"");
        assert_eq!(
            mistakes,
            [
                "f:1: error: an option before any section",
                "f:3: error: neither a section nor an option",
                "f:5: error: the option `x` stands twice in `[a]`",
                "f:6: error: an option without a name",
                "f:7: error: the section `[a]` stands twice in this file",
                "f:9: error: the name of a section is not closed",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[\\[\\]=:;# a\\n\\r\\tx\u{e9}]{0,80}") {
            seen(&text);
        }
    }
}
