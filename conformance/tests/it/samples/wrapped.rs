//! A line as a container's runtime would have written it, and what our reader finds in it again.

use f2b_core::UnixTime;
use f2b_source::{Form, Inner, Unwrapper};
use jiff::Timestamp;

/// The log of a container, as it is written and read.
#[derive(Debug)]
pub(super) struct Container {
    form: Form,
    unwrapper: Unwrapper,
    lines: usize,
}

/// A line that was found inside.
pub(super) struct Inside {
    pub(super) text: String,
    pub(super) time: UnixTime,
    pub(super) records: Vec<String>,
}

impl Container {
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            unwrapper: Unwrapper::new(),
            lines: 0,
        }
    }

    /// Writes a line at this time, some in two parts, and reads it again.
    pub(super) fn through(&mut self, line: &str, time: UnixTime) -> Inside {
        self.lines += 1;
        let middle = line.floor_char_boundary(line.len() / 2);
        let pieces = match line.split_at_checked(middle) {
            Some((begin, rest)) if self.lines.is_multiple_of(3) => vec![begin, rest],
            _ => vec![line],
        };
        let last = pieces.len() - 1;
        let pieces = pieces.into_iter().enumerate();
        let records = pieces.map(|(number, text)| self.record(text, time, number == last));
        let records: Vec<String> = records.collect();
        let mut text = Vec::new();
        for record in &records {
            let inner = self.unwrapper.line(record.as_bytes(), &mut text);
            if let Inner::Whole(whole) = inner {
                let inside = &text[whole.text];
                return Inside {
                    text: String::from_utf8(inside.to_vec()).unwrap(),
                    time: UnixTime::from_micros(whole.time_us),
                    records,
                };
            }
        }
        panic!("no line in {records:?}")
    }

    fn record(&self, text: &str, time: UnixTime, ends: bool) -> String {
        let stream = ["stdout", "stderr"][usize::from(self.lines.is_multiple_of(2))];
        let time = Timestamp::from_microsecond(time.as_micros()).unwrap();
        match self.form {
            Form::Docker => {
                let end = if ends { "\n" } else { "" };
                let log = serde_json::Value::from(format!("{text}{end}"));
                format!(r#"{{"log":{log},"stream":"{stream}","time":"{time}"}}"#)
            }
            Form::Cri => {
                let tag = if ends { "F" } else { "P" };
                format!("{time} {stream} {tag} {text}")
            }
        }
    }
}
