//! A process that is asked and answers, line by line, bounded in time and in what it says.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use super::run::{GRACE, PAUSE, Stream, end_of, ending, has_ended, signal_group, without_waiting};
use super::{Ending, Output, SpawnError};

/// The longest line that is taken, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// How long a process whose input was closed may take to end.
const FAREWELL: Duration = Duration::from_secs(1);

/// The moment when a process has to have answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Returns the moment so long from now.
    #[must_use]
    pub fn after(time: Duration) -> Self {
        // What lies beyond all clocks never comes.
        Self(Instant::now().checked_add(time))
    }

    fn left(self) -> Option<Duration> {
        Some(self.0?.saturating_duration_since(Instant::now()))
    }
}

/// What came of waiting for a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line, without its end.
    Line(Vec<u8>),
    /// The process has ended.
    Ended(Ending),
    /// The process lives, but has closed the way it answers.
    Closed,
    /// Its time is over.
    TimedOut,
    /// A line is longer than 1 MiB.
    TooLong,
}

/// A process that is asked and answers; it is ended, with its group, when this is dropped.
#[derive(Debug)]
pub struct Conversation {
    child: Child,
    input: Option<std::fs::File>,
    answers: Option<std::fs::File>,
    /// What was read and is no whole line yet; lines before `begin` were taken out.
    heard: Vec<u8>,
    begin: usize,
    errors: Stream,
    end: Option<OwnedFd>,
    has_ended: bool,
}

impl Conversation {
    /// Starts the first of some programs that is there, without a shell and in a process group of its own.
    ///
    /// # Errors
    /// None of them is there, or the system refuses.
    pub fn start(programs: &[&str], arguments: &[&str]) -> Result<Self, SpawnError> {
        let mut refused = None;
        for program in programs {
            let started = Command::new(program)
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .process_group(0)
                .spawn();
            match started {
                Ok(child) => return Ok(Self::new(child)),
                Err(source) => {
                    let is_absent = source.kind() == ErrorKind::NotFound;
                    let program = (*program).to_owned();
                    refused = Some(SpawnError::Start { program, source });
                    if !is_absent {
                        break;
                    }
                }
            }
        }
        Err(refused.unwrap_or_else(|| SpawnError::Start {
            program: String::new(),
            source: ErrorKind::NotFound.into(),
        }))
    }

    fn new(mut child: Child) -> Self {
        let pipe = |pipe: Option<OwnedFd>| pipe.filter(without_waiting).map(Into::into);
        let input = pipe(child.stdin.take().map(OwnedFd::from));
        let answers = pipe(child.stdout.take().map(OwnedFd::from));
        let errors = Stream::new(child.stderr.take().map(OwnedFd::from));
        let end = end_of(&child);
        Self {
            child,
            input,
            answers,
            heard: Vec::new(),
            begin: 0,
            errors,
            end,
            has_ended: false,
        }
    }

    /// Returns how the process ended, if it has.
    pub fn ended(&mut self) -> Option<Ending> {
        if !self.is_over() {
            return None;
        }
        match self.ended_or_closed() {
            Heard::Ended(ending) => Some(ending),
            _ => None,
        }
    }

    fn is_over(&self) -> bool {
        self.has_ended || has_ended(&self.child)
    }

    /// Returns what the process has written to its error output since the last time.
    pub fn said(&mut self) -> Output {
        self.errors.read();
        std::mem::take(&mut self.errors.output)
    }

    /// Says something to the process.
    ///
    /// # Errors
    /// It ended, closed its input, or did not listen in time.
    pub fn say(&mut self, mut bytes: &[u8], deadline: Deadline) -> Result<(), Heard> {
        while !bytes.is_empty() {
            let Some(input) = &mut self.input else {
                return Err(Heard::Closed);
            };
            match input.write(bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !self.wait(deadline, true) {
                        return Err(Heard::TimedOut);
                    }
                }
                Err(_) => {
                    self.input = None;
                    return Err(self.ended_or_closed());
                }
            }
        }
        Ok(())
    }

    /// Waits for the next line of an answer.
    #[must_use]
    pub fn hear(&mut self, deadline: Deadline) -> Heard {
        loop {
            if let Some(line) = self.line() {
                return Heard::Line(line);
            }
            if self.heard.len() > LONGEST_LINE {
                return Heard::TooLong;
            }
            // Looked at before reading: whatever it said before its end is there then.
            let is_over = self.is_over();
            if self.read() {
                if deadline.left().is_some_and(|left| left.is_zero()) {
                    return Heard::TimedOut;
                }
                continue;
            }
            if is_over || self.answers.is_none() {
                return self.ended_or_closed();
            }
            if !self.wait(deadline, false) {
                return Heard::TimedOut;
            }
        }
    }

    /// Lets the process end by itself, for a second; then it is made to.
    pub fn end(mut self) {
        self.input = None;
        let deadline = Deadline::after(FAREWELL);
        while !self.is_over() && self.wait(deadline, false) {
            self.errors.read();
            self.read();
            self.heard.clear();
        }
        // Only what does not end takes what it has started with it.
        self.has_ended = self.is_over();
        if self.has_ended {
            self.child.wait().ok();
        }
    }

    /// Takes a whole line out of what was read.
    fn line(&mut self) -> Option<Vec<u8>> {
        let rest = self.heard.get(self.begin..)?;
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            self.heard.drain(..self.begin);
            self.begin = 0;
            return None;
        };
        let line = rest.get(..length)?.to_vec();
        self.begin += length + 1;
        Some(line)
    }

    /// Reads what is there; tells whether that was anything.
    fn read(&mut self) -> bool {
        self.errors.read();
        let Some(answers) = &mut self.answers else {
            return false;
        };
        let mut buffer = [0; 16 << 10];
        loop {
            match answers.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    let read = buffer.get(..length).unwrap_or_default();
                    self.heard.extend_from_slice(read);
                    return true;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => break,
            }
        }
        self.answers = None;
        false
    }

    /// Waits until anything is new, or the process can be told more; `false` when the time is over.
    fn wait(&self, deadline: Deadline, to_say: bool) -> bool {
        let left = deadline.left();
        if left.is_some_and(|left| left.is_zero()) {
            return false;
        }
        let read = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let input = self.input.as_ref().filter(|_| to_say);
        let input = input.map(|input| PollFd::from_borrowed_fd(input.as_fd(), PollFlags::OUT));
        let mut watched: Vec<PollFd<'_>> = [
            self.answers.as_ref().filter(|_| !to_say).map(AsFd::as_fd),
            self.errors.fd(),
            self.end.as_ref().map(AsFd::as_fd),
        ]
        .into_iter()
        .flatten()
        .map(read)
        .chain(input)
        .collect();
        let left = match (&self.end, left) {
            (None, left) => Some(left.unwrap_or(PAUSE).min(PAUSE)),
            (Some(_), left) => left,
        };
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        // An interruption means only that we look again.
        poll(&mut watched, left.as_ref()).ok();
        true
    }

    /// What it means that nothing more comes.
    fn ended_or_closed(&mut self) -> Heard {
        let deadline = Deadline::after(GRACE);
        // Its answers end a moment before itself.
        while !self.is_over() && self.wait_for_end(deadline) {}
        if !self.is_over() {
            return Heard::Closed;
        }
        self.errors.read();
        self.has_ended = true;
        // What it had started goes with it: its number is its own until it is waited for.
        signal_group(&self.child, Signal::KILL);
        match self.child.wait() {
            Ok(status) => Heard::Ended(ending(status)),
            Err(error) => Heard::Ended(Ending::NotStarted(error.to_string())),
        }
    }

    fn wait_for_end(&self, deadline: Deadline) -> bool {
        let left = deadline.left().unwrap_or(PAUSE);
        if left.is_zero() {
            return false;
        }
        match &self.end {
            Some(end) => {
                let mut watched = [PollFd::from_borrowed_fd(end.as_fd(), PollFlags::IN)];
                poll(&mut watched, Timespec::try_from(left).ok().as_ref()).ok();
            }
            None => std::thread::sleep(left.min(PAUSE)),
        }
        true
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        if !self.is_over() {
            signal_group(&self.child, Signal::TERM);
            let deadline = Deadline::after(GRACE);
            while !self.is_over() && self.wait_for_end(deadline) {}
        }
        // Before the process is waited for its number cannot be another's.
        signal_group(&self.child, Signal::KILL);
        self.child.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Conversation {
        Conversation::start(&["/no/such/sh", "/bin/sh"], &["-c", script]).unwrap()
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    #[test]
    fn what_is_said_is_answered_and_its_end_is_told() {
        let mut cat = shell("echo ready; echo oops >&2; cat; exit 3");
        assert_eq!(cat.hear(soon()), Heard::Line(b"ready".to_vec()));
        let long = "x".repeat(300 << 10);
        // More than a pipe holds: the other side answers meanwhile.
        cat.say(b"a\n\nb\n", soon()).unwrap();
        for expected in ["a", "", "b"] {
            assert_eq!(cat.hear(soon()), Heard::Line(expected.as_bytes().to_vec()));
        }
        let mut sink = shell("wc -c");
        sink.say(long.as_bytes(), soon()).unwrap();
        sink.input = None;
        assert_eq!(sink.hear(soon()), Heard::Line(b"307200".to_vec()));
        cat.input = None;
        assert_eq!(cat.hear(soon()), Heard::Ended(Ending::Code(3)));
        assert_eq!(cat.said().kept, b"oops\n");
        assert!(cat.say(b"a", soon()).is_err());
    }

    #[test]
    fn what_does_not_answer_has_its_end() {
        let check = |script: &str, expected: Heard| {
            let mut process = shell(script);
            let time = Duration::from_millis(if expected == Heard::TimedOut {
                10
            } else {
                60_000
            });
            assert_eq!(process.hear(Deadline::after(time)), expected, "{script}");
        };
        check("sleep 60", Heard::TimedOut);
        check("trap '' TERM; sleep 60", Heard::TimedOut);
        check("kill -9 $$", Heard::Ended(Ending::Signal(9)));
        check("exec >&-; sleep 60", Heard::Closed);
        check("head -c 3000000 /dev/zero", Heard::TooLong);
        // What was left behind with the pipe in its hand is not waited for.
        check("sleep 60 & exit 4", Heard::Ended(Ending::Code(4)));
    }

    #[test]
    fn one_that_is_dropped_takes_its_group_with_it() {
        let mut process = shell("sleep 60 & echo $!; wait");
        let Heard::Line(child) = process.hear(soon()) else {
            panic!("no number");
        };
        let child = String::from_utf8(child).unwrap();
        drop(process);
        let stat = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let lives = || !stat().is_empty() && !stat().contains(") Z ");
        // It is being killed; if it were not the test would not end.
        while lives() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn one_that_ends_when_its_input_does_leaves_others_alone() {
        let mut process = shell("sleep 60 >/dev/null 2>&1 & echo $!; cat");
        let Heard::Line(child) = process.hear(soon()) else {
            panic!("no number");
        };
        let child = String::from_utf8(child).unwrap();
        process.end();
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap();
        assert!(!stat.contains(") Z "), "{stat}");
        assert!(Command::new("kill").arg(&child).status().unwrap().success());
    }
}
