//! Frozen text: how the log tells of a script that ran (contract B 3.4; the original's part `utils`).

use crate::line::{Level, Line, Logger};
use crate::{Ending, Outcome, Output, Script, python};

/// Says what became of a script.
///
/// `id` tells the lines of one script from those of another, `timeout` is the time that it had, in
/// the configuration's words.
pub fn report(
    id: &str,
    script: &Script,
    timeout: &str,
    outcome: &Outcome,
    log: &mut dyn FnMut(Line),
) {
    let shown = script.shown();
    let is_good = outcome.is_success() && !outcome.timed_out;
    let (level, begun) = match (outcome.is_success(), is_good) {
        (_, true) => (Level::Debug, Level::Detail),
        (true, false) => (Level::Debug, Level::Error),
        (false, false) => (Level::Error, Level::Error),
    };
    let mut say = |level, text: String| log(Line::new(level, Logger::Utils, text));
    say(begun, format!("{id} -- exec: {shown}"));
    if outcome.timed_out {
        let text = format!("{id} -- timed out after {timeout} seconds.");
        say(Level::Error, text);
    }
    for (name, output) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        for line in lines(output) {
            say(level, format!("{id} -- {name}: {}", python::repr(&line)));
        }
        if output.dropped > 0 {
            // Ours: the original keeps all of it.
            let text = format!("{id} -- {name}: {} bytes more", output.dropped);
            say(level, text);
        }
    }
    match &outcome.ending {
        Ending::Code(0) => say(level, format!("{id} -- returned successfully 0")),
        Ending::Signal(number) => {
            let text = format!("killed with {} (return code: -{number})", signal(*number));
            say(level, format!("{id} -- {text}"));
        }
        Ending::Code(code) if *code > 128 => {
            let text = format!("killed with {} (return code: {code})", signal(code - 128));
            say(level, format!("{id} -- {text}"));
        }
        Ending::Code(code) => say(level, format!("{id} -- returned {code}")),
        Ending::NotStarted(reason) => {
            say(level, format!("{shown} -- failed with {reason}"));
        }
    }
    if outcome.ending == Ending::Code(127) {
        let shown = if script.values.is_empty() {
            python::repr(&shown)
        } else {
            shown
        };
        say(Level::Info, hint_on_127(&shown));
    }
}

fn hint_on_127(shown: &str) -> String {
    format!(
        "HINT on 127: \"Command not found\".  Make sure that all commands in {shown} are in the \
         PATH of fail2ban-server process (grep -a PATH= /proc/`pidof -x fail2ban-server`/environ). \
         You may want to start \"fail2ban-server -f\" separately, initiate it with \
         \"fail2ban-client reload\" in another shell session and observe if additional informative \
         error messages appear in the terminals."
    )
}

/// The lines of an output, each as text.
fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.kept);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// The name of a signal.
pub(crate) fn signal(number: i32) -> String {
    // As the original, which takes one constant of Python's for a signal: 1 is `SIG_IGN`.
    const NAMES: [&str; 31] = [
        "SIG_IGN",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGPOLL",
        "SIGPWR",
        "SIGSYS",
    ];
    match number {
        34 => "SIGRTMIN".to_owned(),
        64 => "SIGRTMAX".to_owned(),
        _ => usize::try_from(number)
            .ok()
            .and_then(|number| NAMES.get(number.checked_sub(1)?))
            .map_or_else(|| format!("signal {number}"), |name| (*name).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(script: &Script, outcome: &Outcome) -> Vec<String> {
        let mut said = Vec::new();
        report("7f", script, "1.5", outcome, &mut |line| {
            assert_eq!(line.logger, Logger::Utils);
            said.push(format!("{:?} {}", line.level, line.text));
        });
        said
    }

    #[test]
    fn a_script_is_told_as_the_original_tells_it() {
        let outcome = |ending, timed_out, stdout: &str, stderr: &str| {
            let output = |text: &str| Output {
                kept: text.as_bytes().to_vec(),
                dropped: 0,
            };
            Outcome {
                ending,
                timed_out,
                stdout: output(stdout),
                stderr: output(stderr),
            }
        };
        let check = |outcome: Outcome, expected: &[&str]| {
            assert_eq!(said(&Script::plain("x y"), &outcome), expected);
        };
        check(
            outcome(Ending::Code(0), false, "out1\n", "out2"),
            &[
                "Detail 7f -- exec: x y",
                "Debug 7f -- stdout: 'out1'",
                "Debug 7f -- stderr: 'out2'",
                "Debug 7f -- returned successfully 0",
            ],
        );
        check(
            outcome(Ending::Code(3), false, "a\r\n\nb\n", ""),
            &[
                "Error 7f -- exec: x y",
                "Error 7f -- stdout: 'a'",
                "Error 7f -- stdout: ''",
                "Error 7f -- stdout: 'b'",
                "Error 7f -- returned 3",
            ],
        );
        check(
            outcome(Ending::Code(0), true, "", ""),
            &[
                "Error 7f -- exec: x y",
                "Error 7f -- timed out after 1.5 seconds.",
                "Debug 7f -- returned successfully 0",
            ],
        );
        check(
            outcome(Ending::Signal(15), true, "before\n", ""),
            &[
                "Error 7f -- exec: x y",
                "Error 7f -- timed out after 1.5 seconds.",
                "Error 7f -- stdout: 'before'",
                "Error 7f -- killed with SIGTERM (return code: -15)",
            ],
        );
        check(
            outcome(Ending::Code(139), false, "", ""),
            &[
                "Error 7f -- exec: x y",
                "Error 7f -- killed with SIGSEGV (return code: 139)",
            ],
        );
        check(
            outcome(Ending::NotStarted("no room".to_owned()), false, "", ""),
            &["Error 7f -- exec: x y", "Error x y -- failed with no room"],
        );
    }

    #[test]
    fn a_missing_command_has_a_hint() {
        let check = |script: Script, expected: &str| {
            let said = said(&script, &Outcome::code(127));
            let hint = said.last().unwrap();
            let begin = format!(
                "Info HINT on 127: \"Command not found\".  Make sure that all commands in \
                 {expected} are in the PATH of fail2ban-server process (grep -a PATH= "
            );
            assert!(hint.starts_with(&begin), "{hint}");
        };
        check(Script::plain("it's"), "\"it's\"");
        let values = vec!["b".to_owned()];
        let text = "a".to_owned();
        check(Script { text, values }, "['a', 'b']");
    }

    #[test]
    fn signals_have_the_names_that_the_original_gives_them() {
        let check = |number: i32, name: &str| assert_eq!(signal(number), name);
        check(1, "SIG_IGN");
        check(6, "SIGABRT");
        check(17, "SIGCHLD");
        check(29, "SIGPOLL");
        check(31, "SIGSYS");
        check(32, "signal 32");
        check(34, "SIGRTMIN");
        check(64, "SIGRTMAX");
        check(72, "signal 72");
        check(0, "signal 0");
    }
}
