//! `fail2ban-regex`: tries the rules of a filter on a log (contract A 7).
//!
//! The way of a run: the command line says what is tried (`rules`) on what (`log`); both are put
//! together (`trial`); every line is judged (`run`), counted (`tally`) and, with `-o` or `--json`, shown
//! at once; at the end comes the report. The words are the original's.

mod debuggex;
mod encoding;
mod found;
mod head;
mod hosts;
mod json;
mod kept;
mod log;
mod log_lines;
mod numbers;
mod options;
mod out;
mod printer;
mod progress;
mod report;
mod rules;
mod run;
mod tally;
mod trial;

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use f2b_config::parse_spec;
use f2b_core::UnixTime;
use jiff::Timestamp;

use self::log::{Journal, Log};
use self::log_lines::Level;
use self::options::{Asked, Options};
use self::printer::Printer;
use self::progress::Progress;
use self::report::Report;
use self::run::Run;
use self::trial::Trial;
use crate::exit_codes;
use crate::output::print_error;
use f2b_source::Encoding;

/// What `-V` answers (design: "Identity").
const VERSION: &str = "1.1.1";

/// Why a run ends early.
#[derive(Debug)]
enum Failed {
    /// The original says this on standard output and ends with 255.
    Said(String),
    /// The original ends with an exception, and 1; the text is said on standard output before.
    Exception(Option<String>, String),
}

/// Runs the program with the words of the command line.
pub(crate) fn main(words: Vec<String>) -> ExitCode {
    let program = std::env::args().next();
    let program = program.unwrap_or_else(|| "fail2ban-regex".to_owned());
    let mut out = Printer::new();
    let options = match options::parse(words) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => return said(&mut out, &options::help(&program)),
        Ok(Asked::Version) => return said(&mut out, &format!("fail2ban-regex {VERSION}")),
        Ok(Asked::Number) => return said(&mut out, VERSION),
        Err(error) => {
            print_error(&options::usage_line(&program));
            print_error(&format!("\nfail2ban-regex: error: {error}"));
            return exit_codes::usage();
        }
    };
    let contradictions = options.contradictions();
    if !contradictions.is_empty() {
        said(&mut out, &options::help(&program));
        print_error("");
        for contradiction in contradictions {
            print_error(&format!("ERROR: {contradiction}"));
        }
        return exit_codes::failure();
    }
    let ended = try_rules(&options, &mut out);
    let code = match ended {
        Ok(()) => exit_codes::SUCCESS,
        Err(Failed::Said(text)) => {
            if options.json {
                print_error(&text);
            } else {
                out.line(&text);
            }
            exit_codes::failure()
        }
        Err(Failed::Exception(text, reason)) => {
            if let Some(text) = text.filter(|_| !options.json) {
                out.line(&text);
            }
            out.flush();
            print_error(&format!("fail2ban-regex: {reason}"));
            exit_codes::wanting()
        }
    };
    out.flush();
    code
}

fn said(out: &mut Printer, text: &str) -> ExitCode {
    out.line(text);
    out.flush();
    exit_codes::SUCCESS
}

fn try_rules(options: &Options, out: &mut Printer) -> Result<(), Failed> {
    let is_quiet = options.out.is_some() || options.json;
    if !is_quiet {
        out.line(head::TITLE);
    }
    let exception = |reason: String| Failed::Exception(None, reason);
    let level = Level::named(&options.log_level).ok_or_else(|| {
        let name = f2b_protocol::Value::text(options.log_level.as_str()).repr();
        exception(format!("ValueError: Invalid log level {name}"))
    })?;
    let [given_log, given_rules, given_ignoreregex @ ..] = options.arguments.as_slice() else {
        // The command line was looked at before.
        return Ok(());
    };
    let is_file = Path::new(given_log).is_file();
    let is_journal = !is_file && given_log.starts_with("systemd-journal");
    let now = UnixTime::from_micros(Timestamp::now().as_microsecond());
    let mut trial = Trial::new(options, out, is_journal, level, now)?;
    rules::take(&mut trial, given_rules)?;
    if let Some(rule) = given_ignoreregex.first() {
        trial.set_ignoreregex(rule)?;
    }
    let log = open(&mut trial, given_log, is_file, is_journal).map_err(exception)?;
    let sets_dates = trial.sets_dates();
    let (filter, matcher) = trial.ready();
    let has_dates = sets_dates || !is_journal;
    if !is_quiet {
        out.line("");
    }
    // A bar would stand between lines that are shown at once.
    let shows_lines = is_quiet && std::io::stdout().is_terminal();
    let progress = match &log {
        Log::File { path, .. } if !shows_lines => Progress::of_file(path),
        _ => Progress::none(),
    };
    let began = Instant::now();
    let mut run = Run::new(options, &filter, matcher, out, level, now);
    let read = run.over(&log, &progress, given_log);
    progress.end();
    let (matcher, tally) = run.end();
    read?;
    let seconds = began.elapsed().as_secs_f64();
    if options.json {
        out.line(&json::summary(&filter, &tally, &matcher, now, seconds).to_string());
    } else if options.out.is_none() {
        let report = Report {
            options,
            filter: &filter,
            tally: &tally,
            matcher: has_dates.then_some(&matcher),
            has_templates: sets_dates || tally.lines > 0,
            now,
            seconds,
        };
        report.print(out);
    }
    if tally.given_up > 0 {
        print_error(&format!(
            "fail2ban-regex: given up, since it would have taken too long: {} of the matches",
            tally.given_up
        ));
    }
    Ok(())
}

/// Finds out what the log is, and says so.
fn open(
    trial: &mut Trial<'_>,
    given: &str,
    is_file: bool,
    is_journal: bool,
) -> Result<Log, String> {
    let options = trial.options();
    let named = || options.encoding.clone().unwrap_or_else(encoding::of_system);
    if is_file {
        let name = named();
        let encoding = Encoding::named(&name)
            .ok_or_else(|| format!("LookupError: unknown encoding: {name}"))?;
        trial.say(&head::used("log file", given));
        trial.say(&head::used("encoding", &name));
        let path = given.into();
        return Ok(Log::File { path, encoding });
    }
    if is_journal {
        trial.say("Use         systemd journal");
        trial.say(&head::used("encoding", &named()));
        let (_, arguments) = parse_spec(given).map_err(|reason| format!("ValueError: {reason}"))?;
        let matches = std::mem::take(&mut trial.journalmatch);
        let journal = Journal::of(&arguments, &matches)?;
        if !matches.is_empty() {
            trial.say(&head::used("journal match", &matches.join(" ")));
        }
        return Ok(Log::Journal(journal));
    }
    if trial.filter.maxlines() <= 1 && !given.contains('\n') {
        trial.say(&head::used_text("single line", given));
        return Ok(Log::Text(vec![given.to_owned()]));
    }
    let lines: Vec<String> = given.split('\n').map(str::to_owned).collect();
    for line in head::multi_line(&lines) {
        trial.say(&line);
    }
    Ok(Log::Text(lines))
}
