//! The programs `fail2ban-server`, `fail2ban-client`, `fail2ban-regex` and `stockade`.
//!
//! *Knows* command lines, what a person or script is shown, exit codes, and which configuration is
//! read.
//!
//! *Must not know* how a jail judges or how bans reach the kernel: it reads configuration, talks to a
//! server over its socket, or becomes one.
//!
//! *Oracle*: the original's programs, run with the same words (`conformance`).
//!
//! ```
//! use stockade::{Options, Program};
//!
//! let words = ["-s", "/tmp/f2b.sock", "set", "sshd", "banip", "192.0.2.1"];
//! let options = Options::parse(Program::Client, words.map(str::to_owned).into())?;
//! assert_eq!(options.socket.as_deref(), Some("/tmp/f2b.sock"));
//! assert_eq!(options.command, ["set", "sshd", "banip", "192.0.2.1"]);
//! # Ok::<(), stockade::OptionsError>(())
//! ```

mod client;
mod configuration;
mod diagnostics;
mod dump;
mod exit_codes;
mod options;
mod output;
mod own;
mod regex;
mod rules;
mod server;
mod start;
mod tree;

use std::process::ExitCode;

pub use options::{Options, OptionsError, Program};

/// Runs `fail2ban-server` with the words of the command line.
#[must_use]
pub fn fail2ban_server() -> ExitCode {
    server::main(std::env::args().skip(1).collect())
}

/// Runs `fail2ban-client` with the words of the command line.
#[must_use]
pub fn fail2ban_client() -> ExitCode {
    client::main(std::env::args().skip(1).collect())
}

/// Runs `fail2ban-regex` with the words of the command line.
#[must_use]
pub fn fail2ban_regex() -> ExitCode {
    // As Python: what is no text is carried along.
    let words = std::env::args_os().skip(1);
    regex::main(
        words
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
    )
}

/// Runs `stockade` with the words of the command line.
#[must_use]
pub fn stockade() -> ExitCode {
    own::main()
}
