//! Small actions that write down when they run: the same events to the original's server and to our
//! actions, which both read the same files.

mod cases;
mod events;
mod injection;
mod original;
mod ours;
mod reporting;
mod run;
mod stock;

use std::thread;

use conformance::{
    Oracle, Version,
    differences::{Comparison, KnownDifferences},
};

use cases::{CASES, Case, RESTARTED};

/// What a jail's actions did, event by event.
///
/// *Shape*: a line `> event`; what the commands wrote down, each line behind `| `; what was logged at
/// INFO and above, behind `: `; what was answered, behind `= `.
type Transcript = String;

fn compare(version: Version, cases: &[Case]) -> Vec<Comparison> {
    let oracle = Oracle::new(version).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let original = original::play(&oracle, folder.path(), cases);
    let ours = ours::play(folder.path(), cases);
    let both = original.into_iter().zip(ours).zip(cases);
    both.map(|((original, ours), case)| Comparison {
        case: format!("{version}: {}", case.jail),
        original,
        ours,
    })
    .collect()
}

#[test]
fn both_run_the_same_commands_in_the_same_order() {
    let runs = Version::ALL.map(|version| {
        [CASES, RESTARTED].map(|cases| thread::spawn(move || compare(version, cases)))
    });
    let comparisons: Vec<Comparison> = runs
        .into_iter()
        .flatten()
        .flat_map(|run| run.join().unwrap())
        .collect();
    let cases = CASES.iter().chain(RESTARTED);
    let events: usize = cases.map(|case| case.events.len() + 2).sum();
    let same = comparisons.iter().filter(|one| one.original == one.ours);
    println!(
        "{} jails with {events} events, by two originals: {} of {} alike",
        comparisons.len() / Version::ALL.len(),
        same.count(),
        comparisons.len()
    );
    KnownDifferences::load()
        .unwrap()
        .judge("actions", &comparisons)
        .unwrap();
}
