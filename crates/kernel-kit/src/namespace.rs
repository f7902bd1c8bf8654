//! One namespace: commands, listeners and connections in it.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::net::IpAddr;
use std::process::{Child, Command, Output, Stdio};

use crate::connection::{Connection, Listener};
use crate::error::KitError;
use crate::script;

/// How long a connection that should come about may take.
const PATIENCE: &str = "10";
/// How long a connection that should not come about is waited for: a first
/// packet and one more after a second.
const SHORT_PATIENCE: &str = "1.3";
/// Debian's own, whatever else is in the path.
const PYTHON: &str = "/usr/bin/python3";

/// A network namespace of a test; removed with the `Kit` that made it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes an empty namespace with loopback up.
    pub(crate) fn new(name: String) -> Result<Self, KitError> {
        check(Command::new("ip").args(["netns", "add", &name]), "")?;
        let made = Self { name };
        // Addresses are there at once, not after a second of asking around.
        let quick = "for i in all default; do echo 0 > /proc/sys/net/ipv6/conf/$i/accept_dad; done";
        made.run("sh", &["-c", quick])?;
        made.ip("link set lo up\n")?;
        Ok(made)
    }

    /// Returns the name that `ip netns` knows.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Prepares a command that runs inside.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Runs a command inside and returns what it printed.
    ///
    /// *Errors*: a program that is missing, or that ends with another code
    /// than 0.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<String, KitError> {
        present(program)?;
        check(self.command(program).args(arguments), "")
    }

    /// Feeds a ruleset to `nft` inside.
    pub fn nft(&self, ruleset: &str) -> Result<String, KitError> {
        present("nft")?;
        check(self.command("nft").args(["-f", "-"]), ruleset)
    }

    /// Returns what `nft list ruleset` prints inside.
    pub fn ruleset(&self) -> Result<String, KitError> {
        self.run("nft", &["list", "ruleset"])
    }

    /// Returns what `nft --json list ruleset` prints inside.
    pub fn ruleset_json(&self) -> Result<String, KitError> {
        self.run("nft", &["--json", "list", "ruleset"])
    }

    /// Feeds commands, one a line, to `ip` inside.
    pub fn ip(&self, commands: &str) -> Result<String, KitError> {
        let mut ip = Command::new("ip");
        check(ip.args(["-n", &self.name, "-batch", "-"]), commands)
    }

    /// Listens inside on TCP ports, IPv4 and IPv6, and echoes.
    pub fn listen(&self, ports: &[u16]) -> Result<Listener, KitError> {
        let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
        Listener::new(self.python(script::LISTEN, &ports)?)
    }

    /// Opens a connection from inside that stays open.
    pub fn converse(
        &self,
        from: impl Into<IpAddr>,
        to: impl Into<IpAddr>,
        port: u16,
    ) -> Result<Connection, KitError> {
        let arguments = [
            from.into().to_string(),
            to.into().to_string(),
            port.to_string(),
        ];
        Connection::new(self.python(script::CONVERSE, &arguments)?)
    }

    /// Proves that a connection from inside comes about.
    pub fn can_connect(
        &self,
        from: impl Into<IpAddr>,
        to: impl Into<IpAddr>,
        port: u16,
    ) -> Result<(), KitError> {
        self.connect(from.into(), to.into(), port, PATIENCE, "connected")
    }

    /// Proves that a connection from inside gets no answer at all. A refusal
    /// is something else: then nobody listens, which proves nothing.
    pub fn cannot_connect(
        &self,
        from: impl Into<IpAddr>,
        to: impl Into<IpAddr>,
        port: u16,
    ) -> Result<(), KitError> {
        self.connect(from.into(), to.into(), port, SHORT_PATIENCE, "no answer")
    }

    /// Proves that a connection from inside is refused at once. That somebody listens, so that the refusal
    /// is a firewall's, is for the caller to know.
    pub fn is_refused(
        &self,
        from: impl Into<IpAddr>,
        to: impl Into<IpAddr>,
        port: u16,
    ) -> Result<(), KitError> {
        self.connect(from.into(), to.into(), port, PATIENCE, "Connection refused")
    }

    fn connect(
        &self,
        from: IpAddr,
        to: IpAddr,
        port: u16,
        patience: &str,
        expected: &'static str,
    ) -> Result<(), KitError> {
        present(PYTHON)?;
        let mut command = self.command(PYTHON);
        command.args(["-I", "-S", "-c", script::CONNECT]);
        command.args([from.to_string(), to.to_string(), port.to_string()]);
        let found = check(command.arg(patience), "")?;
        let found = found.trim();
        if found == expected {
            return Ok(());
        }
        Err(KitError::Connect {
            from,
            to,
            port,
            found: found.to_owned(),
            expected,
        })
    }

    fn python(&self, script: &str, arguments: &[String]) -> Result<Child, KitError> {
        present(PYTHON)?;
        let mut command = self.command(PYTHON);
        command.args(["-I", "-S", "-c", script]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().map_err(|source| KitError::Io {
            command: text(&command),
            source,
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The test has its verdict already; there is nobody to tell.
        let _ignored = Command::new("ip")
            .args(["netns", "delete", &self.name])
            .stderr(Stdio::null())
            .status();
    }
}

/// Runs a command to its end, feeding it `input`, and returns what it printed.
pub(crate) fn check(command: &mut Command, input: &str) -> Result<String, KitError> {
    let output = output(command, input).map_err(|source| missing_or(source, command))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(KitError::Failed {
        command: text(command),
        status: output.status.to_string(),
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

fn output(command: &mut Command, input: &str) -> io::Result<Output> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input.as_bytes()) {
            // It did not want to read on; its exit code says why.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written?,
        }
    }
    child.wait_with_output()
}

/// Fails when a program is not installed, with the package that has it.
///
/// `ip netns exec` would fail too, but in words that do not help.
pub(crate) fn present(program: &str) -> Result<(), KitError> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&places).map(|place| place.join(program));
    if found.any(|path| path.is_file()) {
        return Ok(());
    }
    Err(KitError::Missing {
        program: program.to_owned(),
        package: package(program),
    })
}

/// Most packages are called as their program.
fn package(program: &str) -> String {
    match program {
        "ip" => "iproute2",
        "nft" => "nftables",
        "setpriv" | "unshare" | "nsenter" => "util-linux",
        PYTHON => "python3",
        other => other,
    }
    .to_owned()
}

fn missing_or(source: io::Error, command: &Command) -> KitError {
    if source.kind() == io::ErrorKind::NotFound {
        let program = command.get_program().to_string_lossy().into_owned();
        let package = package(&program);
        return KitError::Missing { program, package };
    }
    KitError::Io {
        command: text(command),
        source,
    }
}

/// Shows a command in one line, long scripts cut.
fn text(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| {
        let word = word.to_string_lossy();
        if word.len() > 60 { "…".into() } else { word }
    });
    words.collect::<Vec<_>>().join(" ")
}
