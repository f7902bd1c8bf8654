//! `stockade`: the program with what the original cannot say.

mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use f2b_protocol::{Command, Value, text};

use crate::options::Options;
use crate::output::{print, print_error};
use crate::tree::NoSuchFolder;
use crate::{client, exit_codes};

/// Stockade bans hosts that misbehave. This program shows what it does; `fail2ban-client` controls it.
#[derive(Debug, Parser)]
#[command(name = "stockade", version, about)]
struct Arguments {
    /// Folder of the configuration, which says where the socket is.
    #[arg(short, long, global = true, value_name = "FOLDER")]
    conf: Option<String>,
    /// Path of the control socket.
    #[arg(short, long, global = true, value_name = "PATH")]
    socket: Option<String>,
    #[command(subcommand)]
    subcommand: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Shows how the server and its jails are: enforced, watching only, waiting, behind.
    ///
    /// Ends with 0 if all is well, 1 if the server runs but something is not as it should be, 3 if
    /// there is no server to ask.
    Status {
        /// Only this jail.
        jail: Option<String>,
        /// As JSON, for programs (docs/stockade-status.md).
        #[arg(long)]
        json: bool,
    },
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            error.print().ok();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let Subcommands::Status { jail, json } = arguments.subcommand;
    let options = Options {
        conf: arguments.conf,
        socket: arguments.socket,
        ..Options::default()
    };
    let socket = match client::socket_of(&options) {
        Ok(socket) => socket,
        Err(NoSuchFolder(path)) => {
            print_error(&format!("error: the folder {path} does not exist"));
            return exit_codes::unreachable();
        }
    };
    status(&socket, jail, json)
}

fn status(socket: &str, jail: Option<String>, json: bool) -> ExitCode {
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
                exit_codes::degraded()
            }
        }
    }
}

fn as_json(tree: &Value) -> String {
    serde_json::to_string_pretty(&tree.to_json())
        .unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
}
