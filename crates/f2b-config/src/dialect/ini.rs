//! One file, with the rules and the words of Python's strict `ConfigParser` (contract A 1.3).

use std::sync::Arc;

use f2b_protocol::Value;
use indexmap::{IndexMap, IndexSet};

use super::Abort;
use super::entry::{Entry, Options, Origin, Source};

/// The section whose options all others share.
pub(super) const DEFAULT: &str = "DEFAULT";

/// Reads the text of one file.
pub(super) fn parse(source: &Arc<Source>, text: &str) -> Result<IndexMap<String, Options>, Abort> {
    let mut parser = Parser {
        source,
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
    source: &'a Arc<Source>,
    sections: IndexMap<String, IndexMap<String, Lines>>,
    seen_sections: IndexSet<String>,
    seen_options: IndexSet<(String, String)>,
    section: Option<String>,
    option: Option<String>,
    indentation: usize,
    bad_lines: Vec<(usize, String)>,
}

/// A value while it may still go on.
struct Lines {
    /// The line of the key, and the column of the value there.
    at: (usize, usize),
    lines: Vec<String>,
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
        let value = self
            .sections
            .get_mut(section)
            .and_then(|section| section.get_mut(option));
        if let Some(value) = value {
            value.lines.push(more.to_owned());
        }
    }

    fn open(&mut self, number: usize, name: &str) -> Result<(), Abort> {
        if name != DEFAULT && !self.seen_sections.insert(name.to_owned()) {
            return Err(Abort(format!(
                "While reading from {} [line {number:2}]: section {} already exists",
                repr(&self.source.file),
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
                repr(&self.source.file),
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
                repr(&self.source.file),
                repr(&key),
                repr(&section)
            )));
        }
        let options = self.sections.entry(section).or_default();
        let before = line.len() - line.trim_start().len() + text.len() - value.trim_start().len();
        let column = line.get(..before).unwrap_or(line).chars().count() + 1;
        let value = Lines {
            at: (number, column),
            lines: vec![value.trim().to_owned()],
        };
        options.insert(key.clone(), value);
        // As Python: nothing continues an option without a name.
        self.option = Some(key).filter(|key| !key.is_empty());
        Ok(())
    }

    fn finish(self) -> Result<IndexMap<String, Options>, Abort> {
        if !self.bad_lines.is_empty() {
            let mut message = format!(
                "Source contains parsing errors: {}",
                repr(&self.source.file)
            );
            for (number, line) in self.bad_lines {
                message.push_str(&format!("\n\t[line {number:2}]: {line}"));
            }
            return Err(Abort(message));
        }
        let joined = |(key, value): (String, Lines)| {
            let (line, column) = value.at;
            let origin = Origin {
                source: Arc::clone(self.source),
                line,
                column,
            };
            let text = value.lines.join("\n").trim_end().to_owned();
            (key, Entry::new(text, Some(origin)))
        };
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
