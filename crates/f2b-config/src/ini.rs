//! One file, with the rules and the words of Python's strict `ConfigParser` (contract A 1.3).
//!
//! Python stops at the first mistake. Here the rest of the file is read all the same, for those who
//! want to know every mistake; [`Parsed::abort`] says what Python says.

use std::borrow::Cow;
use std::sync::Arc;

use f2b_protocol::Value;
use memchr::memchr;
use rustc_hash::FxHashSet;

use super::Abort;
use super::entry::{Entry, Names, Options, Origin, Source};

/// The section whose options all others share.
pub(super) const DEFAULT: &str = "DEFAULT";

/// What some editors put in front of a file; it is no part of any name.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// What a file says.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) source: Arc<Source>,
    pub(super) sections: Names<Section>,
    /// How long the file is, in bytes.
    pub(super) length: usize,
    /// What is wrong, in the order of the lines.
    pub(super) mistakes: Vec<Mistake>,
}

/// A section of one file.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// Where it begins; the last time, if it is `[DEFAULT]`, which may stand in a file more than once.
    pub(super) header: Origin,
    pub(super) options: Options,
}

/// A line that the file should not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The line, from 1.
    pub(super) line: usize,
    /// The line as it is written.
    pub(super) text: String,
    pub(super) kind: MistakeKind,
    /// Whether it comes of a mistake above it: Python sees both.
    pub(super) is_echo: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MistakeKind {
    /// An option before any section.
    NoSection,
    /// Neither a section nor an option.
    NotAnOption,
    /// An option without a name.
    NoName,
    /// A section that stands above already, at the line `first`.
    SectionTwice { name: String, first: usize },
    /// An option that stands above already, at the line `first`.
    OptionTwice {
        section: String,
        option: String,
        first: usize,
    },
}

/// Reads the text of one file.
pub(super) fn parse(source: Source, text: &str) -> Parsed {
    let mut parser = Parser {
        source: Arc::new(source),
        sections: Names::default(),
        mistakes: Vec::new(),
        section: None,
        option: None,
        indentation: 0,
        is_lost: false,
        lost: FxHashSet::default(),
    };
    // Python reads all three kinds of line ends as one.
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let (mut rest, mut number) = (&*text, 0);
    while !rest.is_empty() {
        let end = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        number += 1;
        parser.line(number, line);
        rest = after;
    }
    parser.finish(text.len())
}

impl Parsed {
    /// Returns the same, read for another reason.
    pub(super) fn of(mut self, source: Source) -> Self {
        self.source = Arc::new(source);
        for section in self.sections.values_mut() {
            section.header.source = Arc::clone(&self.source);
            let options = section.options.values_mut();
            for origin in options.filter_map(|entry| entry.now.origin.as_mut()) {
                origin.source = Arc::clone(&self.source);
            }
        }
        self
    }

    /// Why Python does not take the file.
    pub(super) fn abort(&self) -> Option<Abort> {
        let file = repr(&self.source.file);
        let at_once = |mistake: &Mistake| {
            let line = mistake.line;
            match &mistake.kind {
                MistakeKind::NoSection => Some(format!(
                    "File contains no section headers.\nfile: {file}, line: {line}\n{}",
                    repr(&mistake.text)
                )),
                MistakeKind::SectionTwice { name, .. } => Some(format!(
                    "While reading from {file} [line {line:2}]: section {} already exists",
                    repr(name)
                )),
                MistakeKind::OptionTwice {
                    section, option, ..
                } => Some(format!(
                    "While reading from {file} [line {line:2}]: option {} in section {} already exists",
                    repr(option),
                    repr(section)
                )),
                MistakeKind::NotAnOption | MistakeKind::NoName => None,
            }
        };
        if let Some(message) = self.mistakes.iter().find_map(at_once) {
            return Some(Abort(message));
        }
        if self.mistakes.is_empty() {
            return None;
        }
        let mut message = format!("Source contains parsing errors: {file}");
        for Mistake { line, text, .. } in &self.mistakes {
            message.push_str(&format!("\n\t[line {line:2}]: {}", repr(text)));
        }
        Some(Abort(message))
    }
}

struct Parser {
    source: Arc<Source>,
    sections: Names<Section>,
    mistakes: Vec<Mistake>,
    /// Where the section is in `sections`.
    section: Option<usize>,
    /// Where the option that the next line may continue is in its section.
    option: Option<usize>,
    indentation: usize,
    /// Whether the name of the section cannot be told.
    is_lost: bool,
    /// The options of such sections.
    lost: FxHashSet<(usize, String)>,
}

impl Parser {
    fn line(&mut self, number: usize, line: &str) {
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
            return;
        }
        let indentation = line.chars().take_while(|c| c.is_whitespace()).count();
        if self.option.is_some() && indentation > self.indentation {
            self.continue_value(value);
            return;
        }
        self.indentation = indentation;
        let header = value
            .strip_prefix('[')
            .and_then(|rest| rest.rsplit_once(']'));
        match header.map(|(name, _)| name).filter(|name| !name.is_empty()) {
            Some(name) => self.open(number, line, name),
            None => self.set(number, line, value),
        }
    }

    fn continue_value(&mut self, more: &str) {
        let section = self
            .section
            .and_then(|index| self.sections.get_index_mut(index));
        let option = self.option.zip(section);
        let entry = option.and_then(|(index, (_, section))| section.options.get_index_mut(index));
        if let Some((_, entry)) = entry {
            entry.now.text.push('\n');
            entry.now.text.push_str(more);
        }
    }

    fn open(&mut self, number: usize, line: &str, name: &str) {
        (self.is_lost, self.option) = (false, None);
        let header = self.origin(number, blanks(line) + 1);
        if let Some(section) = self.sections.get_mut(name) {
            let first = section.header.line;
            if name == DEFAULT {
                section.header = header;
            } else {
                let name = name.to_owned();
                self.mistake(number, line, MistakeKind::SectionTwice { name, first });
            }
            self.section = self.sections.get_index_of(name);
            return;
        }
        let section = Section {
            header,
            options: Options::default(),
        };
        let (index, _) = self.sections.insert_full(name.to_owned(), section);
        self.section = Some(index);
    }

    fn set(&mut self, number: usize, line: &str, text: &str) {
        let option = text.split_once(['=', ':']);
        // What follows a name that is not closed must not go to the section above.
        let is_header =
            option.is_none() && text.starts_with('[') || text.starts_with(BYTE_ORDER_MARK);
        let Some(index) = self.section else {
            self.mistake(number, line, MistakeKind::NoSection);
            self.is_lost |= is_header;
            return;
        };
        let Some((key, value)) = option else {
            self.mistake(number, line, MistakeKind::NotAnOption);
            if is_header {
                (self.is_lost, self.option) = (true, None);
            }
            return;
        };
        let key = lowered(key.trim_end()).into_owned();
        if key.is_empty() {
            self.mistake(number, line, MistakeKind::NoName);
        }
        let before = line.len() - line.trim_start().len() + text.len() - value.trim_start().len();
        let column = line.get(..before).unwrap_or(line).chars().count() + 1;
        let origin = self.origin(number, column);
        let Some((name, section)) = self.sections.get_index_mut(index) else {
            return;
        };
        if let Some(entry) = section.options.get(&key) {
            let kind = MistakeKind::OptionTwice {
                section: name.clone(),
                option: key,
                first: entry.now.origin.as_ref().map_or(0, |origin| origin.line),
            };
            self.option = None;
            self.mistake(number, line, kind);
            return;
        }
        if self.is_lost {
            self.lost.insert((index, key.clone()));
        }
        // As Python: nothing continues an option without a name.
        let continues = !key.is_empty();
        let entry = Entry::new(value.trim().to_owned(), Some(origin));
        let (option, _) = section.options.insert_full(key, entry);
        self.option = continues.then_some(option);
    }

    fn origin(&self, line: usize, column: usize) -> Origin {
        Origin {
            source: Arc::clone(&self.source),
            line,
            column,
        }
    }

    fn mistake(&mut self, line: usize, text: &str, kind: MistakeKind) {
        self.mistakes.push(Mistake {
            line,
            text: text.to_owned(),
            kind,
            is_echo: self.is_lost,
        });
    }

    fn finish(mut self, length: usize) -> Parsed {
        if !self.lost.is_empty() {
            for (index, section) in self.sections.values_mut().enumerate() {
                let options = &mut section.options;
                options.retain(|option, _| !self.lost.contains(&(index, option.clone())));
            }
        }
        let options = self.sections.values_mut();
        for entry in options.flat_map(|section| section.options.values_mut()) {
            let length = entry.now.text.trim_end().len();
            entry.now.text.truncate(length);
        }
        Parsed {
            source: self.source,
            sections: self.sections,
            length,
            mistakes: self.mistakes,
        }
    }
}

/// How many characters of white space a line begins with.
pub(super) fn blanks(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

/// Where the comment of a line begins.
fn comment_of(line: &str) -> Option<usize> {
    if line.trim_start().starts_with(['#', ';']) {
        return Some(0);
    }
    let is_comment = |(position, _): &(usize, &str)| {
        line.get(..*position)
            .is_some_and(|before| before.ends_with(char::is_whitespace))
    };
    memchr(b';', line.as_bytes())?;
    let semicolon = line.match_indices(';').find(is_comment);
    semicolon.map(|(position, _)| position)
}

/// Text in lower case, as Python's `str.lower`.
pub(super) fn lowered(text: &str) -> Cow<'_, str> {
    let is_low = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(is_low) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// Text as Python shows it.
pub(super) fn repr(text: &str) -> String {
    Value::from(text).repr()
}
