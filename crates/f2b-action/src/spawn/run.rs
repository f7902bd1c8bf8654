//! One script from start to end, bounded in time and in what it says.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};

use crate::Script;

/// How much of each output is kept, in bytes.
const KEPT: usize = 64 << 10;

/// How long a script that was asked to end may take to do so; as the original.
pub(super) const GRACE: Duration = Duration::from_millis(200);

/// The pause between two looks at a process where the kernel cannot wake us for its end.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Begins every script.
///
/// A server makes its files for itself alone (umask 077); what a script makes is as if a person had
/// run it. It stands on the first line of the script, so that line numbers in a shell's complaints
/// stay those of the script.
const PREFIX: &str = "umask 022; ";

/// How a script came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// It never began; why.
    NotStarted(String),
}

/// What a script wrote to one of its outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The beginning of it, at most 64 KiB.
    pub kept: Vec<u8>,
    /// How many bytes came after that.
    pub dropped: u64,
}

/// What became of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// Whether its time was over, so that it was made to end.
    pub timed_out: bool,
    /// Standard output.
    pub stdout: Output,
    /// Standard error.
    pub stderr: Output,
}

impl Outcome {
    /// Returns the outcome of a script that ended with a code and said nothing.
    pub fn code(code: i32) -> Self {
        Self {
            ending: Ending::Code(code),
            timed_out: false,
            stdout: Output::default(),
            stderr: Output::default(),
        }
    }

    /// Tells whether it did what it should.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.ending == Ending::Code(0)
    }
}

/// Runs a script with `/bin/sh` and waits for its end.
///
/// It has no input and a process group of its own. What it writes is read while it runs, however much
/// it is. Once its time is over its whole group is asked to end and, 0.2 s later, made to. What a
/// script leaves running in the background is not waited for, though it may hold the outputs open.
///
/// *Cost*: one process; the caller waits for as long as the script runs.
pub fn run(script: &Script, timeout: Duration) -> Outcome {
    match started(script).and_then(|child| Running::new(child).wait_for_end(timeout)) {
        Ok(outcome) => outcome,
        Err(error) => {
            let mut outcome = Outcome::code(0);
            outcome.ending = Ending::NotStarted(error.to_string());
            outcome
        }
    }
}

fn started(script: &Script) -> std::io::Result<Child> {
    Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("{PREFIX}{}", script.text))
        .args(&script.values)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// A process that is waited for.
struct Running {
    child: Child,
    stdout: Stream,
    stderr: Stream,
    /// Readable once the process has ended; an old kernel has none.
    end: Option<OwnedFd>,
}

impl Running {
    fn new(mut child: Child) -> Self {
        let stdout = Stream::new(child.stdout.take().map(OwnedFd::from));
        let stderr = Stream::new(child.stderr.take().map(OwnedFd::from));
        let end = end_of(&child);
        Self {
            child,
            stdout,
            stderr,
            end,
        }
    }

    fn wait_for_end(mut self, timeout: Duration) -> std::io::Result<Outcome> {
        let begin = Instant::now();
        let timed_out = !self.wait(begin, timeout);
        if timed_out {
            self.signal(Signal::TERM);
            self.wait(Instant::now(), GRACE);
            // Before the process is waited for its number cannot be another's.
            self.signal(Signal::KILL);
        }
        let status = self.child.wait()?;
        self.stdout.read();
        self.stderr.read();
        Ok(Outcome {
            ending: ending(status),
            timed_out,
            stdout: self.stdout.output,
            stderr: self.stderr.output,
        })
    }

    /// Reads the outputs until the process has ended; `false` if it has not in time.
    fn wait(&mut self, begin: Instant, timeout: Duration) -> bool {
        while !self.has_ended() {
            let left = timeout.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return false;
            }
            let outputs = [&self.stdout, &self.stderr].map(Stream::fd);
            let watched = outputs
                .into_iter()
                .chain([self.end.as_ref().map(AsFd::as_fd)]);
            let mut watched: Vec<PollFd<'_>> = watched
                .flatten()
                .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
                .collect();
            let left = if self.end.is_some() {
                left
            } else {
                left.min(PAUSE)
            };
            let left = Timespec::try_from(left).ok();
            // An interruption means only that we look again.
            poll(&mut watched, left.as_ref()).ok();
            self.stdout.read();
            self.stderr.read();
        }
        true
    }

    fn has_ended(&self) -> bool {
        has_ended(&self.child)
    }

    fn signal(&self, signal: Signal) {
        signal_group(&self.child, signal);
    }
}

/// Tells whether a process has ended, and leaves its number taken.
pub(super) fn has_ended(child: &Child) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let asked = pid(child).map(|pid| waitid(WaitId::Pid(pid), options));
    !matches!(asked, Some(Ok(None) | Err(Errno::INTR)))
}

/// Sends a signal to a process, which was not waited for yet, and all of its group.
pub(super) fn signal_group(child: &Child, signal: Signal) {
    if let Some(pid) = pid(child) {
        // An error means that nobody of the group is left.
        kill_process_group(pid, signal).ok();
    }
}

/// Returns what becomes readable when a process ends; an old kernel has none.
pub(super) fn end_of(child: &Child) -> Option<OwnedFd> {
    pidfd_open(pid(child)?, PidfdFlags::empty()).ok()
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()).ok()?)
}

pub(super) fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Code(code),
        (None, Some(signal)) => Ending::Signal(signal),
        (None, None) => Ending::Code(-1),
    }
}

/// Has reading and writing a pipe wait for nothing; tells whether it does.
pub(super) fn without_waiting(pipe: &OwnedFd) -> bool {
    fcntl_getfl(pipe)
        .and_then(|flags| fcntl_setfl(pipe, flags | OFlags::NONBLOCK))
        .is_ok()
}

/// One output on its way in.
#[derive(Debug)]
pub(super) struct Stream {
    pipe: Option<std::fs::File>,
    pub(super) output: Output,
}

impl Stream {
    pub(super) fn new(pipe: Option<OwnedFd>) -> Self {
        // One that could not be read without waiting would hold us up: it is not read at all.
        let pipe = pipe.filter(without_waiting);
        Self {
            pipe: pipe.map(Into::into),
            output: Output::default(),
        }
    }

    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads what is there.
    pub(super) fn read(&mut self) {
        let Some(pipe) = &mut self.pipe else {
            return;
        };
        let mut buffer = [0; 16 << 10];
        // A script that writes without end must not keep us from looking at the time.
        for _ in 0..64 {
            match pipe.read(&mut buffer) {
                Ok(0) => {
                    self.pipe = None;
                    return;
                }
                Ok(length) => {
                    let read = buffer.get(..length).unwrap_or_default();
                    let room = KEPT.saturating_sub(self.output.kept.len());
                    let (kept, dropped) = read.split_at(length.min(room));
                    self.output.kept.extend_from_slice(kept);
                    let dropped = u64::try_from(dropped.len()).unwrap_or(u64::MAX);
                    self.output.dropped = self.output.dropped.saturating_add(dropped);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.pipe = None;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn text(output: &Output) -> String {
        String::from_utf8_lossy(&output.kept).into_owned()
    }

    #[test]
    fn a_script_says_how_it_ended() {
        let check = |script: &str, ending: Ending, stdout: &str, stderr: &str| {
            let outcome = run(&Script::plain(script), LONG);
            assert_eq!(outcome.ending, ending, "{script}");
            assert_eq!(text(&outcome.stdout), stdout, "{script}");
            assert_eq!(text(&outcome.stderr), stderr, "{script}");
            assert!(!outcome.timed_out);
        };
        check("", Ending::Code(0), "", "");
        check("echo a; echo b >&2; exit 3", Ending::Code(3), "a\n", "b\n");
        check("kill -9 $$", Ending::Signal(9), "", "");
        check(
            "if",
            Ending::Code(2),
            "",
            "/bin/sh: 1: Syntax error: end of file unexpected (expecting \"then\")\n",
        );
        // The umask and the standard input are a script's own.
        check("umask; cat", Ending::Code(0), "0022\n", "");
        check(
            "echo a\n\nnosuch",
            Ending::Code(127),
            "a\n",
            "/bin/sh: 3: nosuch: not found\n",
        );
    }

    #[test]
    fn values_come_as_arguments() {
        let script = Script {
            text: "a=$0 b=${10} \nprintf '%s|' \"$a\" \"$b\" $#".to_owned(),
            values: (0..11).map(|n| format!("$(id) {n}\n")).collect(),
        };
        let outcome = run(&script, LONG);
        assert_eq!(text(&outcome.stdout), "$(id) 0\n|$(id) 10\n|10|");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_value_of_a_ban_arrives_as_it_is(value in "[^\\x00]{0,80}", other in any::<String>()) {
            let other = other.replace('\0', "");
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let mut tags = vec![pair("matches", &value), pair("F-USER", &other)];
            let script = Script::fill("printf '%s\\0%s' \"<matches>\" \"<F-USER>\"", &mut tags);
            let outcome = run(&script, LONG);
            prop_assert_eq!(outcome.ending, Ending::Code(0));
            prop_assert_eq!(outcome.stdout.kept, format!("{value}\0{other}").into_bytes());
            prop_assert!(outcome.stderr.kept.is_empty());
        }
    }

    #[test]
    fn much_output_is_read_and_cut() {
        let outcome = run(&Script::plain("head -c 1000000 /dev/zero; exit 4"), LONG);
        assert_eq!(outcome.ending, Ending::Code(4));
        assert_eq!(outcome.stdout.kept.len(), KEPT);
        assert_eq!(outcome.stdout.dropped, 1_000_000 - 65_536);
    }

    #[test]
    fn what_stays_in_the_background_is_not_waited_for() {
        // A named pipe ends the process in the background once the test is over.
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let script = format!(
            "mkfifo {0}; {{ read x < {0}; }} & echo done",
            pipe.display()
        );
        let outcome = run(&Script::plain(&script), LONG);
        assert_eq!(outcome.ending, Ending::Code(0));
        assert_eq!(text(&outcome.stdout), "done\n");
        std::fs::write(&pipe, "\n").unwrap();
    }

    #[test]
    fn a_script_whose_time_is_over_is_ended_with_its_children() {
        let check = |script: &str, ending: Ending| {
            let folder = tempfile::tempdir().unwrap();
            let pids = folder.path().join("pids");
            let script = format!(
                "sleep 600 & echo $! > {}; echo begun; {script}",
                pids.display()
            );
            // Long enough for a shell to begin on a busy machine.
            let outcome = run(&Script::plain(&script), Duration::from_secs(4));
            assert!(outcome.timed_out, "{script}");
            assert_eq!(outcome.ending, ending, "{script}");
            assert_eq!(text(&outcome.stdout), "begun\n");
            let child = std::fs::read_to_string(&pids).unwrap();
            let stat = format!("/proc/{}/stat", child.trim());
            // It ends a moment after it was killed, and is a zombie until somebody has waited for it.
            while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z")) {
                std::thread::yield_now();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| check("sleep 600", Ending::Signal(15)));
            scope.spawn(|| check("trap '' TERM; sleep 600; sleep 600", Ending::Signal(9)));
            scope.spawn(|| check("trap 'exit 5' TERM; wait", Ending::Code(5)));
        });
    }

    #[test]
    fn a_script_that_cannot_begin_says_why() {
        let script = Script::plain(&"x".repeat(1 << 20));
        let outcome = run(&script, LONG);
        assert!(
            matches!(outcome.ending, Ending::NotStarted(_)),
            "{outcome:?}"
        );
        assert!(!outcome.is_success());
    }
}
