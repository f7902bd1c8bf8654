//! `-d`, `--dp`, `-t` and `--str2sec`: the configuration as commands, and whether it is good
//! (contract A 3.2; the words are the original's).

use std::process::ExitCode;
use std::time::Duration;

use f2b_config::{Reading, Told, ToldLevel, Unreadable};
use f2b_core::{
    Seconds, SyntaxMistake, TimeTextError, TimeTextErrorKind, ZeroDivision, parse_time,
};
use f2b_protocol::Value;

use crate::exit_codes;
use crate::options::Options;
use crate::output::{log_error, log_line, print, print_error, print_lines};
use crate::tree::{self, NoSuchFolder, SystemFolders, Tree};

/// The verdict of `-t`.
const FAILED: &str = "ERROR: test configuration failed";

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
    if options.test && !dumps && !options.command.is_empty() {
        // The command is carried out if the test passes, and nothing is said of it.
        return test(options).err();
    }
    (dumps || options.test).then(|| dump(options))
}

/// Tests the configuration before a command.
fn test(options: &Options) -> Result<(), ExitCode> {
    let tree = Tree::choose(options.conf.as_deref());
    let Ok(tree) = tree else {
        return Err(dump(options));
    };
    let reading = Reading {
        is_test: true,
        needs_logs: true,
        ..reading(options)
    };
    let (is_good, told) = match f2b_config::read(tree.as_dyn(), &SystemFolders, &reading) {
        Ok(read) => (read.is_good && read.stream.is_some(), read.told),
        Err(unreadable) => (false, unreadable.told),
    };
    say(&told, options);
    if is_good {
        return Ok(());
    }
    log_error(FAILED);
    judge(&tree, options);
    Err(exit_codes::failure())
}

fn dump(options: &Options) -> ExitCode {
    let dumps = options.dump || options.dump_pretty;
    let failed = || {
        if !options.test {
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
        needs_logs: options.test && !dumps,
        ..reading(options)
    };
    let read = match f2b_config::read(tree.as_dyn(), &SystemFolders, &reading) {
        // The process ends with it: taking it apart would only cost time.
        Ok(read) => Box::leak(Box::new(read)),
        Err(Unreadable { reason, told }) => {
            say(&told, options);
            print(&format!("ERROR: {reason}"));
            judge(&tree, options);
            return failed();
        }
    };
    say(&read.told, options);
    if dumps {
        let Some(stream) = &read.stream else {
            print("ERROR: The configuration stream failed because of the invalid syntax.");
            if options.test {
                print(FAILED);
            }
            judge(&tree, options);
            return failed();
        };
        print_lines(stream, |sent, line| {
            let value = sent.command.as_value();
            if options.dump_pretty {
                line.push_str(&value.pretty(WIDTH));
            } else {
                value.write_repr(line);
            }
        });
        if !read.is_good && !options.test {
            return failed();
        }
        if !options.test {
            return exit_codes::SUCCESS;
        }
    }
    if read.is_good {
        print("OK: configuration test is successful");
    } else {
        print(FAILED);
    }
    judge(&tree, options);
    if read.is_good {
        exit_codes::SUCCESS
    } else {
        exit_codes::failure()
    }
}

/// With `-t`, what `stockade check` finds follows on standard error; the verdict stays the original's.
fn judge(tree: &Tree, options: &Options) {
    if options.test && options.verbosity > 0 {
        for mistake in tree::check(tree.as_dyn()) {
            print_error(&format!(
                "stockade: {}: {}",
                mistake.severity,
                mistake.one_line()
            ));
        }
    }
}

/// What the command line says of the configuration.
pub(crate) fn reading(options: &Options) -> Reading {
    Reading {
        tells_all: options.verbosity > 1,
        loglevel: options.loglevel.clone(),
        logtarget: options.logtarget.clone(),
        syslogsocket: options.syslogsocket.clone(),
        socket: options.socket.clone(),
        pidfile: options.pidfile.clone(),
        ..Reading::default()
    }
}

/// Says what the original says while it reads, as far as the options ask for it.
pub(crate) fn say(told: &[Told], options: &Options) {
    let least = match options.verbosity {
        ..=0 => ToldLevel::Error,
        1 => ToldLevel::Warning,
        _ => ToldLevel::Info,
    };
    let told = told.iter().filter(|told| told.level >= least);
    let lines = told.map(|told| {
        let level = match told.level {
            ToldLevel::Info => "INFO",
            ToldLevel::Notice => "NOTICE",
            ToldLevel::Warning => "WARNING",
            ToldLevel::Error => "ERROR",
        };
        log_line(told.logger, level, &told.text)
    });
    let lines: Vec<String> = lines.collect();
    if !lines.is_empty() {
        print_error(&lines.join("\n"));
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

/// Reads a length of time as `--timeout` has it; an error is in Python's words. What is negative is none.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = match parse_time(text).map_err(|error| python_words(&error))? {
        Seconds::Whole(seconds) => return Ok(Duration::from_secs(seconds.max(0).unsigned_abs())),
        Seconds::Fraction(seconds) => seconds.max(0.0),
    };
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
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
