//! `stockade status`: what the server says of itself.

mod tree;

use std::process::ExitCode;

use f2b_protocol::{Command, Value, text};

use crate::output::{print, print_error};
use crate::{client, exit_codes};

/// Asks the server and shows its answer.
pub(super) fn show(socket: &str, jail: Option<String>, json: bool) -> ExitCode {
    let words = ["stockade-status".to_owned()].into_iter().chain(jail);
    match client::request(
        socket,
        &Command::words(words),
        Some(std::time::Duration::from_secs(10)),
    ) {
        Err(error) => {
            print_error(&format!(
                "error: {}",
                client::refusal(&error, socket, false)
            ));
            exit_codes::unreachable()
        }
        Ok(Err(exception)) => {
            print_error(&format!("error: {}", text::beautify_error(&exception)));
            print_error(
                "hint: `stockade status` lists the jails; a server of the original does not know this command",
            );
            exit_codes::unreachable()
        }
        Ok(Ok(tree)) => {
            print(&if json {
                as_json(&tree)
            } else {
                tree::render(&tree)
            });
            if tree::is_well(&tree) {
                exit_codes::SUCCESS
            } else {
                exit_codes::wanting()
            }
        }
    }
}

fn as_json(tree: &Value) -> String {
    serde_json::to_string_pretty(&tree.to_json())
        .unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
}
