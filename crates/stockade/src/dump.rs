//! `-d`, `--dp`, `-t` and `--str2sec`: the configuration as commands, and whether it is good
//! (contract A 3.2; the words are the original's).

use std::process::ExitCode;

use f2b_config::dialect::{self, LogFolders, Reading, Told, ToldLevel, Unreadable};
use f2b_core::{
    Seconds, SyntaxMistake, TimeTextError, TimeTextErrorKind, ZeroDivision, parse_time,
};
use f2b_protocol::Value;

use crate::exit_codes;
use crate::options::Options;
use crate::output::{log, log_error, print, print_error};
use crate::tree::{NoSuchFolder, Tree};

/// How wide `--dp` is, in characters.
const WIDTH: usize = 1_000;

/// Tells whether the options ask for any of it.
pub(crate) fn is_asked(options: &Options) -> bool {
    options.str2sec.is_some() || options.dump || options.dump_pretty || options.test
}

/// Does what the options ask for; `None` if they ask for none of it.
pub(crate) fn asked(options: &Options) -> Option<ExitCode> {
    if let Some(text) = &options.str2sec {
        return Some(seconds(text));
    }
    let dumps = options.dump || options.dump_pretty;
    (dumps || options.test).then(|| dump(options))
}

fn dump(options: &Options) -> ExitCode {
    let dumps = options.dump || options.dump_pretty;
    let failed = || {
        if !options.test || dumps {
            log_error("Init of command line failed");
        }
        exit_codes::failure()
    };
    let tree = match Tree::choose(options.conf.as_deref()) {
        Ok(tree) => tree,
        Err(NoSuchFolder(path)) => {
            let path = path.trim_end_matches('/');
            print(&format!(
                "ERROR: Base configuration directory {path} does not exist "
            ));
            return failed();
        }
    };
    let reading = Reading {
        is_test: options.test,
        is_dump: dumps,
        loglevel: options.loglevel.clone(),
        logtarget: options.logtarget.clone(),
        syslogsocket: options.syslogsocket.clone(),
        socket: options.socket.clone(),
        pidfile: options.pidfile.clone(),
    };
    let read = match dialect::read(tree.as_dyn(), &SystemFolders, &reading) {
        Ok(read) => read,
        Err(Unreadable { reason, told }) => {
            say(&told, options);
            print(&format!("ERROR: {reason}"));
            return failed();
        }
    };
    say(&read.told, options);
    if dumps {
        let Some(stream) = &read.stream else {
            print("ERROR: The configuration stream failed because of the invalid syntax.");
            return failed();
        };
        let lines = stream.iter().map(|command| {
            if options.dump_pretty {
                command.as_value().pretty(WIDTH)
            } else {
                command.to_string()
            }
        });
        let lines: Vec<String> = lines.collect();
        if !lines.is_empty() {
            print(&lines.join("\n"));
        }
        if !read.is_good && !options.test {
            return failed();
        }
        if !options.test {
            return exit_codes::SUCCESS;
        }
    }
    if read.is_good {
        print("OK: configuration test is successful");
        exit_codes::SUCCESS
    } else {
        print("ERROR: test configuration failed");
        exit_codes::failure()
    }
}

fn say(told: &[Told], options: &Options) {
    let least = match options.verbosity {
        ..=0 => ToldLevel::Error,
        1 => ToldLevel::Warning,
        _ => ToldLevel::Info,
    };
    for told in told.iter().filter(|told| told.level >= least) {
        let level = match told.level {
            ToldLevel::Info => "INFO",
            ToldLevel::Notice => "NOTICE",
            ToldLevel::Warning => "WARNING",
            ToldLevel::Error => "ERROR",
        };
        log(told.logger, level, &told.text);
    }
}

fn seconds(text: &str) -> ExitCode {
    let error = match parse_time(text) {
        Ok(Seconds::Whole(seconds)) => {
            print(&seconds.to_string());
            return exit_codes::SUCCESS;
        }
        Ok(Seconds::Fraction(seconds)) => {
            print(&Value::Float(seconds).repr());
            return exit_codes::SUCCESS;
        }
        Err(error) => error,
    };
    print(&format!("ERROR: {}", python_words(&error)));
    print_error("Init of command line failed");
    exit_codes::failure()
}

/// What Python says of an expression that is no time.
fn python_words(error: &TimeTextError) -> String {
    let syntax = |text: &str| format!("{text} (<string>, line 1)");
    match &error.kind {
        TimeTextErrorKind::UnknownWord(word) => format!("name '{word}' is not defined"),
        TimeTextErrorKind::DivisionByZero(division) => match division {
            ZeroDivision::Division => "division by zero",
            ZeroDivision::FloorDivision => "integer division or modulo by zero",
            ZeroDivision::Modulo => "integer modulo by zero",
            ZeroDivision::Power => "0.0 cannot be raised to a negative power",
        }
        .to_owned(),
        TimeTextErrorKind::Syntax(mistake) => match mistake {
            SyntaxMistake::Empty => "invalid syntax (<string>, line 0)".to_owned(),
            SyntaxMistake::Plain => syntax("invalid syntax"),
            SyntaxMistake::LeadingZero => syntax(
                "leading zeros in decimal integer literals are not permitted; use an 0o prefix for \
                 octal integers",
            ),
            SyntaxMistake::DecimalLiteral => syntax("invalid decimal literal"),
            SyntaxMistake::HexadecimalLiteral => syntax("invalid hexadecimal literal"),
            SyntaxMistake::BinaryLiteral => syntax("invalid binary literal"),
            SyntaxMistake::OctalLiteral => syntax("invalid octal literal"),
            SyntaxMistake::NeverClosed => syntax("'(' was never closed"),
            SyntaxMistake::Unmatched => syntax("unmatched ')'"),
        },
        TimeTextErrorKind::TooLarge => error.to_string(),
    }
}

/// The folders of the machine.
struct SystemFolders;

impl LogFolders for SystemFolders {
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect()
    }

    fn is_there(&self, path: &str) -> bool {
        std::fs::symlink_metadata(path).is_ok()
    }

    fn leads_somewhere(&self, path: &str) -> bool {
        std::path::Path::new(path).exists()
    }
}
