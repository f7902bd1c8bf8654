//! Actions written in Python: the same files and the same events for the original's servers and for ours.

mod cases;
mod play;

use std::thread;

use conformance::{
    Oracle, Version,
    differences::{Comparison, KnownDifferences},
};

#[test]
fn both_call_the_same_methods_with_the_same_bans() {
    let runs = Version::ALL.map(|version| {
        let original = thread::spawn(move || {
            let oracle = Oracle::new(version).unwrap();
            play::play(Some(&oracle), version)
        });
        (
            version,
            original,
            thread::spawn(move || play::play(None, version)),
        )
    });
    let mut comparisons = Vec::new();
    for (version, original, ours) in runs {
        let both = original
            .join()
            .unwrap()
            .into_iter()
            .zip(ours.join().unwrap());
        comparisons.extend(both.map(|((case, original), (_, ours))| Comparison {
            case: format!("{version}: {case}"),
            original,
            ours,
        }));
    }
    let lines = comparisons.iter().map(|one| one.ours.lines().count());
    let lines: usize = lines.sum();
    println!("{} cases, {lines} lines of ours", comparisons.len());
    KnownDifferences::load()
        .unwrap()
        .judge("python-actions", &comparisons)
        .unwrap();
}
