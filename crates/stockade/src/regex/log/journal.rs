//! Entries of the journal, from `journalctl`.

use std::io::Read as _;
use std::ops::ControlFlow;

use f2b_action::spawn;
use f2b_core::UnixTime;
use f2b_source::journal::{ExportParser, FIELDS, JournalEntry};

use super::{LogError, Piece, Reader};

/// Which journal, and which entries of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Journal {
    /// What tells `journalctl` where the journal is.
    place: Vec<String>,
    /// The terms that entries have to match; `+` stands between alternatives.
    matches: Vec<String>,
}

impl Journal {
    /// Returns the journal that `systemd-journal[…]` means.
    ///
    /// # Errors
    /// An argument that there is none of, or that makes no sense; in Python's words.
    pub(crate) fn of(arguments: &[(String, String)], matches: Vec<String>) -> Result<Self, String> {
        let mut place = Vec::new();
        let mut is_placed = false;
        for (name, value) in arguments {
            match name.as_str() {
                "journalpath" => {
                    if !std::path::Path::new(value).is_dir() {
                        return Err(format!(
                            "FileNotFoundError: [Errno 2] No such file or directory: {value}"
                        ));
                    }
                    is_placed = true;
                    place.push(format!("--directory={value}"));
                }
                "journalfiles" => {
                    is_placed = true;
                    let files = value.split(|c: char| c.is_whitespace() || c == ',');
                    let files = files.filter(|file| !file.is_empty());
                    place.extend(files.map(|file| format!("--file={file}")));
                }
                "namespace" => {
                    is_placed = true;
                    place.push(format!("--namespace={value}"));
                }
                "journalflags" => {
                    is_placed = true;
                    place.extend(flags(value)?);
                }
                "rotated" => {}
                _ => {
                    return Err(format!(
                        "TypeError: Filter.__init__() got an unexpected keyword argument '{name}'"
                    ));
                }
            }
        }
        if !is_placed {
            place.push("--system".to_owned());
        }
        if let Some(term) = matches
            .iter()
            .find(|term| *term != "+" && !term.contains('='))
        {
            return Err(format!("ValueError: Invalid match ({term})"));
        }
        Ok(Self { place, matches })
    }

    pub(super) fn read(&self, reader: &mut Reader<'_>) -> Result<(), LogError> {
        let failed = |reason: String| LogError::Journal(reason);
        let mut words = ["--output=export", "--lines=all", "--no-pager", "--quiet"]
            .map(str::to_owned)
            .to_vec();
        words.push(format!("--output-fields={}", FIELDS.join(",")));
        words.extend(self.place.iter().cloned());
        // No match is taken for an option.
        words.push("--".to_owned());
        words.extend(self.matches.iter().cloned());
        let shown = words.join(" ");
        let mut journalctl =
            spawn::follow("journalctl", &words).map_err(|error| failed(error.to_string()))?;
        let mut output = journalctl
            .output()
            .map_err(|error| failed(error.to_string()))?;
        let mut parser = ExportParser::new();
        let mut piece = vec![0; 1 << 16];
        let mut entries: Vec<JournalEntry> = Vec::new();
        loop {
            let count = output
                .read(&mut piece)
                .map_err(|error| failed(error.to_string()))?;
            if count == 0 {
                break;
            }
            let bytes = piece.get(..count).unwrap_or_default();
            let parsed = parser.push(bytes, |entry| entries.push(entry));
            parsed.map_err(|error| failed(error.to_string()))?;
            for entry in entries.drain(..) {
                let text = String::from_utf8_lossy(&entry.text);
                let micros = i64::try_from(entry.realtime_us).unwrap_or(i64::MAX);
                let time = UnixTime::from_micros(micros);
                if let ControlFlow::Break(()) = reader(Piece::Entry { text: &text, time }) {
                    return Ok(());
                }
            }
        }
        match journalctl.code() {
            Some(0) => Ok(()),
            _ => Err(failed(format!(
                "`journalctl` failed (hint: see what `journalctl {shown}` says)"
            ))),
        }
    }
}

/// The bits of systemd's own `SD_JOURNAL_…` that `journalctl` has options for.
fn flags(text: &str) -> Result<Vec<String>, String> {
    let number: u32 = text.trim().parse().map_err(|_no_number| {
        let text = f2b_protocol::Value::text(text).repr();
        format!("ValueError: invalid literal for int() with base 10: {text}")
    })?;
    let known = [(4, "--system"), (8, "--user")];
    let known = known.iter().filter(|(bit, _)| number & bit != 0);
    Ok(known.map(|(_, word)| (*word).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[(&str, &str)], matches: &[&str]) -> Result<Journal, String> {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Journal::of(
            &arguments,
            matches.iter().map(|term| (*term).to_owned()).collect(),
        )
    }

    #[test]
    fn arguments_say_where_the_journal_is() {
        let check = |arguments: &[(&str, &str)], expected: &[&str]| {
            assert_eq!(of(arguments, &[]).unwrap().place, expected);
        };
        check(&[], &["--system"]);
        check(&[("journalpath", "/")], &["--directory=/"]);
        check(&[("journalfiles", "a, b")], &["--file=a", "--file=b"]);
        check(&[("journalflags", "12")], &["--system", "--user"]);
        check(&[("journalflags", "1")], &[]);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |arguments: &[(&str, &str)], matches: &[&str], part: &str| {
            let error = of(arguments, matches).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check(&[("journalpath", "/no/such")], &[], "No such file");
        check(
            &[("bogus", "1")],
            &[],
            "unexpected keyword argument 'bogus'",
        );
        check(
            &[("journalflags", "x")],
            &[],
            "invalid literal for int() with base 10: 'x'",
        );
        check(&[], &["A=B", "+", "bogus"], "Invalid match");
    }
}
