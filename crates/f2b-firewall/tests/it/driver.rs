//! An engine inside a namespace, spoken to by lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use kernel_kit::Namespace;

pub(crate) struct Driver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Driver {
    /// Starts an engine and opens the table `stockade`.
    pub(crate) fn open(namespace: &Namespace) -> Self {
        let mut driver = Self::start(&mut namespace.command(env!("CARGO_BIN_EXE_netns-engine")));
        driver.does("open stockade");
        driver
    }

    /// Starts an engine with jail `sshd` on TCP port 22.
    pub(crate) fn sshd(namespace: &Namespace) -> Self {
        let mut driver = Self::open(namespace);
        driver.does("start sshd ssh tcp");
        driver
    }

    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    /// Gives a command and returns the lines of the answer.
    pub(crate) fn ask(&mut self, command: &str) -> Vec<String> {
        writeln!(self.input, "{command}").unwrap();
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it ended");
            match line.trim_end() {
                "." => return lines,
                line => lines.push(line.to_owned()),
            }
        }
    }

    /// Gives a command that has nothing to say.
    pub(crate) fn does(&mut self, command: &str) {
        assert_eq!(self.ask(command), Vec::<String>::new(), "{command}");
    }

    /// Applies changes, one a line, and returns the outcomes.
    pub(crate) fn apply(&mut self, changes: &[impl AsRef<str>]) -> Vec<String> {
        for change in changes {
            self.does(change.as_ref());
        }
        self.ask("apply")
    }

    /// Lists networks without their times.
    pub(crate) fn nets(&mut self, jail: &str) -> Vec<String> {
        let elements = self.ask(&format!("elements {jail}"));
        let net = |element: &String| element.split(' ').next().unwrap_or_default().to_owned();
        elements.iter().map(net).collect()
    }

    /// Ends the engine as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
