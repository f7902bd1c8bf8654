//! How fast each reads a log that is there when it starts, for ten jails.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use super::{
    super::{
        Losses, Sizes, figure,
        gauge::{Usage, places},
        say,
        stage::{Stage, Wanted},
        traffic::{JAILS, TURNS},
    },
    Writer, jails, judge, ours, settle,
};
use crate::{Oracle, Version};

/// Between two looks at how far the original has read.
const LOOK: Duration = Duration::from_millis(100);

/// Prints lines a second and processor time of both, on one log of ten seconds' lines.
///
/// # Errors
/// A server does not run.
pub(super) fn backlog(sizes: &Sizes, losses: &mut Losses) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let mut writer = Writer::new(&log, sizes.rate, sizes.addresses)?;
    let turns = 10 * TURNS;
    for turn in 0..turns {
        writer.write(turn)?;
    }
    let lines = u64::try_from(turns * writer.lines)?;
    let bytes = fs::metadata(&log)?.len();
    say(format!(
        "\nbacklog: {lines} lines ({bytes} bytes) before the start, ten jails"
    ))?;
    say(format!(
        "{:34} {:>9} {:>8} {:>10} {:>8} {:>8} {:>10}",
        "", "lines", "seconds", "lines/s", "CPU", "µs/line", "RSS"
    ))?;
    let stage = ours(folder.path(), &log)?;
    // Both are measured from when they say that they are ready; they read already.
    let (begin, first, before) = (Instant::now(), stage.state()?.lines(), stage.usage()?);
    let state = settle(&stage, lines)?;
    let taken = begin.elapsed();
    let usage = stage.usage()?.since(&before);
    row("ours", state.lines() - first, taken, &usage)?;
    stage.stop()?;
    let lost = judge(&state, lines, writer.traffic.counts())?;
    losses.extend(lost.into_iter().map(|lost| format!("backlog: {lost}")));
    original(folder.path(), &log, lines, bytes, sizes)
}

/// Watches how far the original's descriptors of the log have come; each jail has one of its own.
fn original(folder: &Path, log: &Path, lines: u64, bytes: u64, sizes: &Sizes) -> Result<()> {
    let oracle = Oracle::new(Version::V1_1_1)?;
    // Its bans would be commands, which cost far more than reading: it has none to carry out.
    let stage = Stage::start(
        &folder.join("original"),
        &Wanted {
            program: Some(&oracle),
            configuration: &oracle.configuration(),
            jails: &jails(log, "quiet"),
            files: &[],
            descriptors: None,
        },
    )?;
    let (begin, before) = (Instant::now(), stage.usage()?);
    let mut furthest = HashMap::new();
    let mut at_begin = None;
    let watched = Duration::from_secs(sizes.watched);
    while begin.elapsed() < watched {
        for (descriptor, place) in places(stage.id(), log)? {
            let most: &mut u64 = furthest.entry(descriptor).or_default();
            *most = place.max(*most);
        }
        let sum = furthest.values().sum::<u64>();
        at_begin.get_or_insert(sum);
        let jails = u64::try_from(JAILS.len())?;
        if sum >= jails * bytes {
            break;
        }
        thread::sleep(LOOK);
    }
    let taken = begin.elapsed();
    let read = furthest.values().sum::<u64>() - at_begin.context("it was not looked at")?;
    // All jails together; what one jail has read is what counts.
    let jails = u64::try_from(JAILS.len())?;
    let each = u128::from(read) * u128::from(lines) / u128::from(bytes * jails);
    let usage = stage.usage()?.since(&before);
    row("original 1.1.1", u64::try_from(each)?, taken, &usage)
}

fn row(name: &str, lines: u64, taken: Duration, usage: &Usage) -> Result<()> {
    let seconds = taken.as_secs_f64();
    say(format!(
        "{name:34} {lines:9} {seconds:8.2} {:10.0} {:6.2} s {:8.2} {:6.1} MiB",
        figure(lines) / seconds,
        usage.cpu,
        usage.cpu * 1e6 / figure(lines.max(1)),
        usage.peak
    ))
}
