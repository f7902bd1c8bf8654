//! `stockade`: the program with what the original cannot say.

mod check;
mod explain;
mod status;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::client;
use crate::exit_codes;
use crate::options::Options;
use crate::output::print_error;
use crate::tree::{NoSuchFolder, Tree};

/// Stockade bans hosts that misbehave. This program shows what it does; `fail2ban-client` controls it.
#[derive(Debug, Parser)]
#[command(name = "stockade", version)]
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
    /// Reads the whole configuration and shows every mistake in it, each with its place and what can
    /// be done.
    ///
    /// Ends with 0 if there is no error, else with 1; with `--strict` a warning counts as an error.
    Check {
        /// Counts warnings as errors.
        #[arg(long)]
        strict: bool,
        /// As JSON, for programs (docs/stockade-check.md).
        #[arg(long)]
        json: bool,
    },
    /// Shows where the options of a jail come from: file and line, what was overridden, and every
    /// `%(name)s` on the way.
    ///
    /// Ends with 0, or with 1 if there is no such jail or option, or a value cannot be resolved.
    Explain {
        /// The jail, be it enabled or not.
        jail: String,
        /// Only this option, with all that it refers to.
        option: Option<String>,
        /// As JSON, for programs (docs/stockade-explain.md).
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
    let options = Options {
        conf: arguments.conf,
        socket: arguments.socket,
        ..Options::default()
    };
    let no_folder = |NoSuchFolder(path): NoSuchFolder| {
        print_error(&format!("error: the folder {path} does not exist"));
    };
    match arguments.subcommand {
        Subcommands::Status { jail, json } => match client::socket_of(&options) {
            Ok(socket) => status::show(&socket, jail, json),
            Err(missing) => {
                no_folder(missing);
                exit_codes::unreachable()
            }
        },
        Subcommands::Check { strict, json } => match Tree::choose(options.conf.as_deref()) {
            Ok(tree) => check::show(tree.as_dyn(), strict, json),
            Err(missing) => {
                no_folder(missing);
                exit_codes::wanting()
            }
        },
        Subcommands::Explain { jail, option, json } => {
            match Tree::choose(options.conf.as_deref()) {
                Ok(tree) => explain::show(tree.as_dyn(), &jail, option.as_deref(), json),
                Err(missing) => {
                    no_folder(missing);
                    exit_codes::wanting()
                }
            }
        }
    }
}
