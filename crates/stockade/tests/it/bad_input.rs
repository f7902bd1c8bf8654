//! What goes wrong on a real machine, and what attackers send: each has a message with place and
//! hint, and everything else goes on.

mod clients;
mod configuration;
mod database;
mod database_returns;
mod lines;
mod logs;
mod places;

use std::process::Command;

use crate::server::{Server, Setup, Told};

/// Two jails on logs of their own; what the test breaks must not harm the other.
fn two_jails(options: &str) -> Setup {
    Setup::sshd(&format!(
        "{options}\n[other]\nenabled = true\nfilter = sshd\nlogpath = {{folder}}/other.log"
    ))
}

/// Runs the server's program without starting a server.
fn program(words: &[&str]) -> Told {
    let output = Command::new(env!("CARGO_BIN_EXE_fail2ban-server"))
        .args(words)
        .output()
        .unwrap();
    Told {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// Returns the state of a jail as `stockade status` has it; none if there is no such jail.
fn state(server: &Server, jail: &str) -> String {
    let status = server.status_json();
    let state = &status["jails"][jail]["state"];
    state.as_str().unwrap_or_default().to_owned()
}
