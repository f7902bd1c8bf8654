//! How a line of the log looks: columns as in the original, or a format of the person's own.

use f2b_core::UnixTime;

use super::Line;
use crate::clock;

/// A line's form: texts and fields in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    parts: Vec<Part>,
}

/// One part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field { field: Field, shape: Shape },
}

/// What a line can show of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Moment,
    Milliseconds,
    Created,
    Logger,
    LevelName,
    LevelNumber,
    Process,
    ThreadName,
    ProcessName,
    Message,
}

/// How a field is written: `%(name)-24s`, `%(msecs)03d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    is_left: bool,
    has_zeros: bool,
    width: usize,
    precision: Option<usize>,
    kind: char,
}

/// The widest column that is written; more would only fill the disk.
const WIDEST: usize = 1_000;

impl Format {
    /// Returns the original's own form.
    pub(super) fn columns(datetime: bool, padding: bool) -> Self {
        let moment = if datetime { "%(asctime)s " } else { "" };
        let rest = if padding {
            "%(name)-24s[%(process)d]: %(levelname)-7s %(message)s"
        } else {
            "%(name)s[%(process)d]: %(levelname)s %(message)s"
        };
        Self::parse(&format!("{moment}{rest}")).unwrap_or_else(Self::message)
    }

    /// Returns the form that is nothing but the message.
    pub(super) fn message() -> Self {
        let shape = Shape {
            kind: 's',
            ..Shape::default()
        };
        let field = Field::Message;
        Self {
            parts: vec![Part::Field { field, shape }],
        }
    }

    /// Reads a format in Python's `%` style; `None` if it is none, or asks for what no line has.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('%') {
            parts.push(Part::Text(before.to_owned()));
            rest = match after.strip_prefix('%') {
                Some(after) => {
                    parts.push(Part::Text("%".to_owned()));
                    after
                }
                None => {
                    let (name, after) = after.strip_prefix('(')?.split_once(')')?;
                    let (shape, after) = Shape::parse(after)?;
                    let field = Field::named(name, shape.kind)?;
                    parts.push(Part::Field { field, shape });
                    after
                }
            };
        }
        parts.push(Part::Text(rest.to_owned()));
        let has_field = parts.iter().any(|part| matches!(part, Part::Field { .. }));
        has_field.then_some(Self { parts })
    }

    /// Returns a line in this form, without an end.
    pub(super) fn line(&self, line: &Line, moment: UnixTime, process: u32) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Field { field, shape } => {
                    text.push_str(&shape.filled(&field.value(line, moment, process, *shape)));
                }
            }
        }
        text
    }
}

impl Field {
    /// The field of a name, if it can be written as asked.
    fn named(name: &str, kind: char) -> Option<Self> {
        let field = match name {
            "asctime" => Self::Moment,
            "msecs" => Self::Milliseconds,
            "created" => Self::Created,
            "name" => Self::Logger,
            "levelname" => Self::LevelName,
            "levelno" => Self::LevelNumber,
            "process" => Self::Process,
            "threadName" => Self::ThreadName,
            "processName" => Self::ProcessName,
            "message" => Self::Message,
            _ => return None,
        };
        let is_number = matches!(
            field,
            Self::Milliseconds | Self::Created | Self::LevelNumber | Self::Process
        );
        (kind == 's' || is_number).then_some(field)
    }

    fn value(self, line: &Line, moment: UnixTime, process: u32, shape: Shape) -> String {
        match self {
            Self::Moment => {
                let (second, thousandths) = (clock::local(moment), clock::milliseconds(moment));
                format!("{second},{thousandths:03}")
            }
            Self::Milliseconds => clock::milliseconds(moment).to_string(),
            Self::Created if shape.kind == 'd' => moment.whole_seconds().to_string(),
            Self::Created => {
                let micros = moment.as_micros().rem_euclid(1_000_000);
                format!("{}.{micros:06}", moment.whole_seconds())
            }
            Self::Logger => format!("fail2ban.{}", line.logger),
            Self::LevelName => line.level.name().to_owned(),
            Self::LevelNumber => line.level.number().to_string(),
            Self::Process => process.to_string(),
            Self::ThreadName => "MainThread".to_owned(),
            Self::ProcessName => "MainProcess".to_owned(),
            Self::Message => line.text.clone(),
        }
    }
}

impl Shape {
    /// Reads what stands behind the name of a field; returns what follows, too.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let mut shape = Self::default();
        let mut rest = text;
        while let Some(flag) = rest.chars().next().filter(|c| "#0+ -".contains(*c)) {
            shape.is_left |= flag == '-';
            shape.has_zeros |= flag == '0';
            rest = rest.strip_prefix(flag)?;
        }
        let (width, after) = number(rest)?;
        shape.width = width.unwrap_or(0);
        rest = after;
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = number(after)?;
            shape.precision = Some(precision.unwrap_or(0));
            rest = after;
        }
        shape.kind = rest.chars().next().filter(|c| "sdif".contains(*c))?;
        Some((shape, rest.strip_prefix(shape.kind)?))
    }

    fn filled(self, value: &str) -> String {
        let cut: String = match self.precision {
            Some(count) if self.kind == 's' => value.chars().take(count).collect(),
            _ => value.to_owned(),
        };
        let width = self.width;
        match (self.is_left, self.has_zeros && self.kind != 's') {
            (true, _) => format!("{cut:<width$}"),
            (false, true) => format!("{cut:0>width$}"),
            (false, false) => format!("{cut:>width$}"),
        }
    }
}

/// The number at the begin of a text, if there is one, and what follows; `None` if it is too large.
fn number(text: &str) -> Option<(Option<usize>, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() {
        return Some((None, rest));
    }
    let number = digits.parse().ok().filter(|number| *number <= WIDEST)?;
    Some((Some(number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Level;

    fn shown(format: &Format) -> String {
        let line = Line::new(Level::Notice, "actions", "[sshd] Ban 192.0.2.1");
        format.line(&line, UnixTime::from_micros(1_795_639_864_823_449), 7)
    }

    #[test]
    fn columns_are_the_originals() {
        let check = |datetime, padding, expected: &str| {
            let line = shown(&Format::columns(datetime, padding));
            let line = if datetime {
                line.get(19..).unwrap()
            } else {
                &line
            };
            assert_eq!(line, expected);
        };
        let padded = "fail2ban.actions        [7]: NOTICE  [sshd] Ban 192.0.2.1";
        check(true, true, &format!(",823 {padded}"));
        check(false, true, padded);
        let close = "fail2ban.actions[7]: NOTICE [sshd] Ban 192.0.2.1";
        check(true, false, &format!(",823 {close}"));
        check(false, false, close);
    }

    #[test]
    fn a_format_shows_what_it_names() {
        let check = |format: &str, expected: &str| {
            assert_eq!(shown(&Format::parse(format).unwrap()), expected, "{format}");
        };
        check("100%% %(message)s", "100% [sshd] Ban 192.0.2.1");
        check("%(message).6s|", "[sshd]|");
        check("%(levelname)8s|%(levelname)-8s|", "  NOTICE|NOTICE  |");
        check("%(levelno)s %(levelno)04d", "25 0025");
        check(
            "%(msecs)03d %(created)f %(created)d",
            "823 1795639864.823449 1795639864",
        );
        check(
            "%(process)d %(name)s %(threadName)s",
            "7 fail2ban.actions MainThread",
        );
    }

    #[test]
    fn what_is_no_format_is_refused() {
        for text in [
            "",
            "x",
            "100%%",
            "%(bogus)s",
            "%(message)d",
            "%(message)s 100%",
            "%(message",
            "%(message)99999s",
        ] {
            assert_eq!(Format::parse(text), None, "{text}");
        }
    }
}
