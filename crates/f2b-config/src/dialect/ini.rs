//! One file, with the rules and the words of Python's strict `ConfigParser` (contract A 1.3).

use f2b_protocol::Value;
use indexmap::{IndexMap, IndexSet};

use super::Abort;

/// The options of a section, keys in lower case, in the order in which they were first set.
pub(super) type Options = IndexMap<String, String>;

/// The section whose options all others share.
pub(super) const DEFAULT: &str = "DEFAULT";

/// Reads one file; `name` is how messages call it.
pub(super) fn parse(name: &str, text: &str) -> Result<IndexMap<String, Options>, Abort> {
    let mut parser = Parser {
        name,
        sections: IndexMap::new(),
        seen_sections: IndexSet::new(),
        seen_options: IndexSet::new(),
        section: None,
        option: None,
        indentation: 0,
        bad_lines: Vec::new(),
    };
    // Python reads all three kinds of line ends as one.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    for (index, line) in text.split_inclusive('\n').enumerate() {
        parser.line(index + 1, line)?;
    }
    parser.finish()
}

struct Parser<'a> {
    name: &'a str,
    sections: IndexMap<String, IndexMap<String, Vec<String>>>,
    seen_sections: IndexSet<String>,
    seen_options: IndexSet<(String, String)>,
    section: Option<String>,
    option: Option<String>,
    indentation: usize,
    bad_lines: Vec<(usize, String)>,
}

impl Parser<'_> {
    fn line(&mut self, number: usize, line: &str) -> Result<(), Abort> {
        let comment = comment_of(line);
        let value = line
            .get(..comment.unwrap_or(line.len()))
            .unwrap_or(line)
            .trim();
        if value.is_empty() {
            // A blank line is part of the value above it, a line of comment is not.
            if comment.is_none() {
                self.continue_value("");
            }
            return Ok(());
        }
        let indentation = line.chars().take_while(|c| c.is_whitespace()).count();
        if self.section.is_some() && self.option.is_some() && indentation > self.indentation {
            self.continue_value(value);
            return Ok(());
        }
        self.indentation = indentation;
        let header = value
            .strip_prefix('[')
            .and_then(|rest| rest.rsplit_once(']'));
        match header.map(|(name, _)| name).filter(|name| !name.is_empty()) {
            Some(name) => self.open(number, name),
            None => self.set(number, line, value),
        }
    }

    fn continue_value(&mut self, more: &str) {
        let (Some(section), Some(option)) = (&self.section, &self.option) else {
            return;
        };
        let lines = self
            .sections
            .get_mut(section)
            .and_then(|section| section.get_mut(option));
        if let Some(lines) = lines {
            lines.push(more.to_owned());
        }
    }

    fn open(&mut self, number: usize, name: &str) -> Result<(), Abort> {
        if name != DEFAULT && !self.seen_sections.insert(name.to_owned()) {
            return Err(Abort(format!(
                "While reading from {} [line {number:2}]: section {} already exists",
                repr(self.name),
                repr(name)
            )));
        }
        self.sections.entry(name.to_owned()).or_default();
        self.section = Some(name.to_owned());
        self.option = None;
        Ok(())
    }

    fn set(&mut self, number: usize, line: &str, text: &str) -> Result<(), Abort> {
        let Some(section) = self.section.clone() else {
            return Err(Abort(format!(
                "File contains no section headers.\nfile: {}, line: {number}\n{}",
                repr(self.name),
                repr(line)
            )));
        };
        let Some((key, value)) = text.split_once(['=', ':']) else {
            self.bad_lines.push((number, repr(line)));
            return Ok(());
        };
        let key = lowered(key.trim_end());
        if key.is_empty() {
            self.bad_lines.push((number, repr(line)));
        }
        if !self.seen_options.insert((section.clone(), key.clone())) {
            return Err(Abort(format!(
                "While reading from {} [line {number:2}]: option {} in section {} already exists",
                repr(self.name),
                repr(&key),
                repr(&section)
            )));
        }
        let options = self.sections.entry(section).or_default();
        options.insert(key.clone(), vec![value.trim().to_owned()]);
        // As Python: nothing continues an option without a name.
        self.option = Some(key).filter(|key| !key.is_empty());
        Ok(())
    }

    fn finish(self) -> Result<IndexMap<String, Options>, Abort> {
        if !self.bad_lines.is_empty() {
            let mut message = format!("Source contains parsing errors: {}", repr(self.name));
            for (number, line) in self.bad_lines {
                message.push_str(&format!("\n\t[line {number:2}]: {line}"));
            }
            return Err(Abort(message));
        }
        let joined =
            |(key, lines): (String, Vec<String>)| (key, lines.join("\n").trim_end().to_owned());
        let sections = self.sections.into_iter();
        Ok(sections
            .map(|(name, options)| (name, options.into_iter().map(joined).collect()))
            .collect())
    }
}

/// Where the comment of a line begins.
fn comment_of(line: &str) -> Option<usize> {
    if line.trim().starts_with(['#', ';']) {
        return Some(0);
    }
    let mut before = ' ';
    for (position, c) in line.char_indices() {
        if c == ';' && before.is_whitespace() {
            return Some(position);
        }
        before = c;
    }
    None
}

/// Text in lower case, as Python's `str.lower`.
pub(super) fn lowered(text: &str) -> String {
    text.to_lowercase()
}

/// Text as Python shows it.
pub(super) fn repr(text: &str) -> String {
    Value::from(text).repr()
}
