//! Why a test cannot go on.

use std::io;
use std::net::IpAddr;

use thiserror::Error;

/// What went wrong between the namespaces, or before there were any.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KitError {
    /// A program that every kernel test needs is not installed.
    #[error("`{program}` is missing: install the Debian package `{package}`")]
    Missing {
        /// The program.
        program: String,
        /// Where Debian has it.
        package: String,
    },
    /// A program cannot be started or spoken to.
    #[error("run `{command}`")]
    Io {
        /// The program with its arguments.
        command: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A program says that it failed.
    #[error("`{command}` failed, {status}: {stderr}")]
    Failed {
        /// The program with its arguments.
        command: String,
        /// How it ended.
        status: String,
        /// What it said.
        stderr: String,
    },
    /// A helper did not say what it should.
    #[error("`{command}` answered {answer:?}")]
    Answer {
        /// The program with its arguments.
        command: String,
        /// What it said.
        answer: String,
    },
    /// A connection should have come about, or should not have.
    #[error("{from} to {to} port {port}: {found}, expected {expected}")]
    Connect {
        /// The source address.
        from: IpAddr,
        /// The destination address.
        to: IpAddr,
        /// The destination port.
        port: u16,
        /// What happened.
        found: String,
        /// What should have happened.
        expected: &'static str,
    },
}
