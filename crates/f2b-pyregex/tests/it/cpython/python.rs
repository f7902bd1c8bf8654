//! CPython's `re`, asked in batches.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Answers each line `PATTERN SUBJECT…` (in hexadecimal digits) with one line: `! WHY` if the pattern
/// is refused, else for each subject `-`, `?` (took too long) or the spans of all groups.
const SCRIPT: &str = r#"
import re, signal, sys, warnings
warnings.simplefilter("ignore")
class Late(Exception): pass
def late(*_): raise Late()
signal.signal(signal.SIGALRM, late)
def text(word): return bytes.fromhex(word[1:]).decode()
def answer(regex, subject):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        found = regex.search(subject)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except Late:
        return "?"
    if found is None: return "-"
    return ";".join("%d,%d" % found.span(i) for i in range(regex.groups + 1))
for line in sys.stdin:
    words = line.split()
    try:
        regex = re.compile(text(words[0]))
    except (re.error, OverflowError, RecursionError) as error:
        print("!", str(error).replace("\n", " "), flush=True)
        continue
    print(*[answer(regex, text(word)) for word in words[1:]], flush=True)
"#;

pub(crate) struct Python {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What CPython says of one subject: the spans of all groups in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    NoMatch,
    TooLong,
    Match(Vec<Option<(usize, usize)>>),
}

impl Python {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Returns what CPython finds, or its words if it refuses the pattern.
    pub(crate) fn search(
        &mut self,
        pattern: &str,
        subjects: &[String],
    ) -> Result<Vec<Said>, String> {
        let mut line = hex(pattern);
        for subject in subjects {
            line.push(' ');
            line.push_str(&hex(subject));
        }
        line.push('\n');
        self.input.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        if let Some(why) = answer.strip_prefix('!') {
            return Err(why.trim().to_owned());
        }
        let said: Vec<Said> = answer.split_whitespace().map(said).collect();
        assert_eq!(said.len(), subjects.len(), "{pattern:?}: {answer:?}");
        Ok(said)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// A letter goes before the digits, so that an empty text is a word too.
fn hex(text: &str) -> String {
    let mut word = String::from("x");
    for byte in text.bytes() {
        write!(word, "{byte:02x}").unwrap();
    }
    word
}

fn said(word: &str) -> Said {
    match word {
        "-" => return Said::NoMatch,
        "?" => return Said::TooLong,
        _ => {}
    }
    let span = |text: &str| {
        let (start, end) = text.split_once(',').unwrap();
        Some((start.parse().ok()?, end.parse().ok()?))
    };
    Said::Match(word.split(';').map(span).collect())
}
