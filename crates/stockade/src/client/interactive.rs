//! `-i`: commands are asked for, one after the other.

use std::io::BufRead;
use std::process::ExitCode;

use super::shell::split;
use super::{Session, VERSION};
use crate::exit_codes;
use crate::options::{self, Program};
use crate::output::{log_error, print, print_part};

/// Asks for commands until the person has enough.
pub(super) fn run(session: &Session<'_>) -> ExitCode {
    print(&format!(
        "Fail2Ban v{VERSION} reads log file that contains password failure report\n\
         and bans the corresponding IP addresses using firewall rules.\n"
    ));
    let mut input = std::io::stdin().lock();
    loop {
        print_part("fail2ban> ");
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(count) if count > 0 => {}
            ended => {
                print("");
                log_error(&match ended {
                    Ok(_) => "EOF when reading a line".to_owned(),
                    Err(error) => error.to_string(),
                });
                return exit_codes::failure();
            }
        }
        let words = match split(&String::from_utf8_lossy(&line)) {
            Ok(words) => words,
            Err(reason) => {
                log_error(reason);
                continue;
            }
        };
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        match texts.as_slice() {
            [] => {}
            ["exit" | "quit"] => return exit_codes::SUCCESS,
            ["help"] => print(&options::usage(Program::Client)),
            _ => {
                // What goes wrong was said, and the next one is asked for.
                session.carry_out(&words);
            }
        }
    }
}
