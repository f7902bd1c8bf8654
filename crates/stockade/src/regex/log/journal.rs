//! Entries of the journal, from `journalctl`.

use std::io::Read as _;
use std::ops::ControlFlow;

use f2b_action::spawn;
use f2b_core::UnixTime;
use f2b_core::journal::is_term;
use f2b_source::journal::{DEFAULT_FLAGS, ExportParser, FIELDS, JournalEntry, Which};

use super::{LogError, Piece, Reader};

/// Which journal, and which entries of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Journal {
    which: Which,
    /// The terms that entries have to match; `+` stands between alternatives.
    matches: Vec<String>,
}

impl Journal {
    /// Returns the journal that `systemd-journal[…]` means: what a jail with `backend = systemd[…]` reads.
    ///
    /// # Errors
    /// An argument that there is none of, or that makes no sense, with a hint.
    pub(crate) fn of(arguments: &[(String, String)], matches: &[String]) -> Result<Self, String> {
        let flags = std::env::var(DEFAULT_FLAGS).ok();
        let which = Which::of(arguments, flags.as_deref()).map_err(|error| error.to_string())?;
        // A server waits for it.
        if let Some(path) = which.path()
            && !std::path::Path::new(path).is_dir()
        {
            return Err(format!(
                "FileNotFoundError: [Errno 2] No such file or directory: {path}"
            ));
        }
        if let Some(term) = matches.iter().find(|term| *term != "+" && !is_term(term)) {
            return Err(format!("ValueError: Invalid match ({term})"));
        }
        // As a server: a `+` stands between alternatives, and is nothing elsewhere.
        let groups = matches.split(|term| term == "+");
        let groups: Vec<&[String]> = groups.filter(|group| !group.is_empty()).collect();
        let matches = groups.join(&"+".to_owned());
        Ok(Self { which, matches })
    }

    pub(super) fn read(&self, reader: &mut Reader<'_>) -> Result<(), LogError> {
        let failed = |reason: String| LogError::Journal(reason);
        let mut words = ["--output=export", "--lines=all", "--no-pager", "--quiet"]
            .map(str::to_owned)
            .to_vec();
        words.push(format!("--output-fields={}", FIELDS.join(",")));
        words.extend(self.which.options());
        // No match is taken for an option.
        words.push("--".to_owned());
        words.extend(self.matches.iter().cloned());
        let shown = words.join(" ");
        let mut journalctl = spawn::follow("journalctl", &words)
            .map_err(|error| failed(error.in_full("systemd")))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[(&str, &str)], matches: &[&str]) -> Result<Journal, String> {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let matches: Vec<String> = matches.iter().map(|term| (*term).to_owned()).collect();
        Journal::of(&arguments, &matches)
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let check = |arguments: &[(&str, &str)], matches: &[&str], part: &str| {
            let error = of(arguments, matches).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check(&[("journalpath", "/no/such")], &[], "No such file");
        check(&[("bogus", "1")], &[], "has no argument `bogus`");
        check(
            &[("journalflags", "x")],
            &[],
            "`journalflags=x` says nothing",
        );
        check(&[], &["A=B", "+", "bogus"], "Invalid match");
        check(&[], &["a=b"], "Invalid match");
    }

    #[test]
    fn alternatives_are_those_of_a_server() {
        let check = |matches: &[&str], expected: &[&str]| {
            assert_eq!(of(&[], matches).unwrap().matches, expected);
        };
        check(&["A=1", "B=2", "+", "A=3"], &["A=1", "B=2", "+", "A=3"]);
        check(&["+", "A=1", "+", "+", "B=2", "+"], &["A=1", "+", "B=2"]);
        check(&["+"], &[]);
    }
}
