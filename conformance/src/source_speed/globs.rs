//! Two jails on a pattern that matches a thousand files, while files are created and rotated.
//!
//! Each rule of the filter takes the lines of one kind, so that what is missing can be told. In the last case
//! every line is an identity of its own in the jail `each`: as many matches as lines *and* as many identities
//! as lines mean that each was seen exactly once. They take memory, so the other cases do without.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};

use super::{
    Losses, Sizes,
    logs::{Kind, Logs, Written},
    say,
    stage::{Stage, Wanted},
    state::State,
};
use crate::place;

/// How long nothing new may be read before what is missing counts as lost.
const QUIET: Duration = Duration::from_secs(15);

/// How long after the last line a line may come a second time.
const SECOND_TIME: Duration = Duration::from_secs(3);

/// Between two looks at the server when nothing is written.
const PAUSE: Duration = Duration::from_millis(200);

/// How many rows of figures a run has.
const ROWS: u64 = 6;

const JAILS: [&str; 2] = ["each", "also"];

/// What is tried.
struct Case {
    /// What the names must look like: the rotated ones are outside or within.
    pattern: &'static str,
    /// The limits of descriptors, as `prlimit` has them. A service manager sets a soft one, which may be
    /// raised; with a hard one that is too low files are left unread, and the status says so.
    descriptors: Option<&'static str>,
    /// Every line is an identity of its own.
    is_exact: bool,
}

const CASES: [Case; 3] = [
    Case {
        pattern: "*.log",
        descriptors: None,
        is_exact: false,
    },
    Case {
        pattern: "*.log*",
        descriptors: None,
        is_exact: false,
    },
    Case {
        pattern: "*.log*",
        descriptors: Some("1024:"),
        is_exact: true,
    },
];

impl Case {
    fn name(&self) -> String {
        let mut name = format!("logpath = {}", self.pattern);
        if let Some(most) = self.descriptors {
            name += &format!(", under prlimit --nofile={most}");
        }
        if self.is_exact {
            name += ", each line an identity";
        }
        name
    }
}

/// Runs all cases.
///
/// # Errors
/// No folder can be made. What went wrong in a case is no error here.
pub fn globs(sizes: &Sizes, losses: &mut Losses) -> Result<()> {
    for case in CASES {
        let name = case.name();
        let Sizes { files, churn, .. } = sizes;
        say(format!(
            "\n{name}: {files} files at the start, {churn} created and {churn} rotated a second"
        ))?;
        let folder = tempfile::tempdir()?;
        // A server that has failed in one case has to show what it does in the others.
        let lost =
            run(folder.path(), &case, sizes).unwrap_or_else(|error| vec![format!("{error:#}")]);
        losses.extend(lost.into_iter().map(|lost| format!("{name}: {lost}")));
    }
    Ok(())
}

fn run(folder: &Path, case: &Case, sizes: &Sizes) -> Result<Losses> {
    let written = Written::default();
    let logs_folder = folder.join("logs");
    let mut logs = Logs::new(&logs_folder, sizes.files, &written)?;
    let (jails, filters) = configuration(&logs_folder.join(case.pattern), case.is_exact);
    let [each, also] = &filters;
    let stage = Stage::start(
        &folder.join("server"),
        &Wanted {
            program: None,
            configuration: &place::our_configuration()?,
            jails: &jails,
            files: &[("filter.d/each.conf", each), ("filter.d/also.conf", also)],
            descriptors: case.descriptors,
        },
    )?;
    // What stands in the files at the start is within findtime.
    settle(&stage, &written)?;
    say(format!(
        "{:>6} {:>9} {:>9} {:>9} {:>7} {:>8} {:>9} {:>8}",
        "second", "written", "read", "lag", "fds", "watches", "RSS", "CPU"
    ))?;
    row(0, &stage, &written)?;
    let late = thread::scope(|scope| -> Result<Duration> {
        let writer = scope.spawn(|| logs.run(sizes));
        let begin = Instant::now();
        for number in 1..=ROWS {
            let due = Duration::from_millis(sizes.seconds * 1_000 * number / ROWS);
            thread::sleep(due.saturating_sub(begin.elapsed()));
            row(due.as_secs(), &stage, &written)?;
        }
        let done = writer.join();
        done.map_err(|_panic| anyhow!("the writer panicked"))?
    })?;
    if late > Duration::from_millis(100) {
        say(format!("the writer was {late:.2?} late at the end"))?;
    }
    let begin = Instant::now();
    let state = settle(&stage, &written)?;
    let taken = begin.elapsed();
    if state.lines() >= written.all() {
        say(format!("all read {taken:.2?} after the last line"))?;
    }
    // What is read twice may come late.
    thread::sleep(SECOND_TIME);
    row(sizes.seconds, &stage, &written)?;
    let losses = judge(&stage.state()?, &written, case.is_exact)?;
    stage.stop()?;
    Ok(losses)
}

/// Waits until both jails have as many lines as were written, or until nothing moves.
fn settle(stage: &Stage, written: &Written) -> Result<State> {
    let mut moved = Instant::now();
    let mut last = 0;
    loop {
        let state = stage.state()?;
        let lines = state.lines();
        if lines >= written.all() || moved.elapsed() > QUIET {
            return Ok(state);
        }
        if lines != last {
            (moved, last) = (Instant::now(), lines);
        }
        thread::sleep(PAUSE);
    }
}

fn row(second: u64, stage: &Stage, written: &Written) -> Result<()> {
    let state = stage.state()?;
    let usage = stage.usage()?;
    // Asked last, so that no more is read than written.
    let all = written.all();
    say(format!(
        "{second:6} {all:9} {:9} {:9} {:7} {:8} {:5.1} MiB {:6.2} s",
        state.lines(),
        state.lag(),
        usage.descriptors,
        usage.watches,
        usage.memory,
        usage.cpu
    ))
}

/// Compares what each jail has seen with what was written.
fn judge(state: &State, written: &Written, is_exact: bool) -> Result<Losses> {
    let jails = JAILS.map(|name| state.jails.get(name));
    let [Some(each), Some(also)] = jails else {
        return Err(anyhow!("a jail is missing: {state:?}"));
    };
    let mut losses = Losses::new();
    say(format!(
        "{:>8} {:>9} {:>9} {:>9}",
        "lines", "written", "each", "also"
    ))?;
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        let (word, count) = (kind.word(), written.count(kind));
        let (first, second) = (each.matched_by(number), also.matched_by(number));
        say(format!("{word:>8} {count:9} {first:9} {second:9}"))?;
        let jails: &[(&str, u64)] = if first == second {
            &[("both jails", first)]
        } else {
            &[("each", first), ("also", second)]
        };
        for (jail, seen) in jails {
            if let Some(loss) = difference(*seen, count) {
                losses.push(format!("{jail}, lines `{word}`: {loss}"));
            }
        }
    }
    let all = written.all();
    let identities = is_exact.then_some(("identities in each", each.failed));
    let lines = [
        ("`lines` of each", each.lines),
        ("`lines` of also", also.lines),
    ];
    for (what, number) in lines.into_iter().chain(identities) {
        if let Some(loss) = difference(number, all) {
            losses.push(format!("{what}: {loss}"));
        }
    }
    let unjudged = each.unjudged() + also.unjudged();
    if unjudged > 0 {
        losses.push(format!("{unjudged} lines were read and not judged"));
    }
    Ok(losses)
}

/// Says how many of the lines are missing or too many.
fn difference(seen: u64, written: u64) -> Option<String> {
    match seen.checked_sub(written) {
        Some(0) => None,
        Some(more) => Some(format!("{more} of {written} too many")),
        None => Some(format!("{} of {written} lost", written - seen)),
    }
}

/// Returns `jail.local` and both filters.
fn configuration(pattern: &Path, is_exact: bool) -> (String, [String; 2]) {
    let mut jails =
        "[DEFAULT]\nbackend = auto\nfindtime = 1d\nmaxretry = 1000000000\nmaxmatches = 0\n\
                     action =\nignoreip =\nusedns = no\n[sshd]\nenabled = false\n"
            .to_owned();
    for name in JAILS {
        jails += &format!(
            "[{name}]\nenabled = true\nfilter = {name}\nlogpath = {}\n",
            pattern.display()
        );
    }
    let filter = |rule: fn(&str) -> String| {
        let rules: Vec<String> = Kind::ALL.iter().map(|kind| rule(kind.word())).collect();
        format!(
            "[Definition]\ndatepattern = ^EPOCH\nfailregex = {}\n",
            rules.join("\n    ")
        )
    };
    let kinds = filter(|word| format!("^ <F-ID>{word}</F-ID>-\\d+$"));
    let lines = filter(|word| format!("^ <F-ID>{word}-\\d+</F-ID>$"));
    let filters = [if is_exact { lines } else { kinds.clone() }, kinds];
    (jails, filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_with_its_direction() {
        assert_eq!(difference(5, 5), None);
        assert_eq!(difference(3, 5).unwrap(), "2 of 5 lost");
        assert_eq!(difference(6, 5).unwrap(), "1 of 5 too many");
    }
}
