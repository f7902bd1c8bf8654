//! Actions written in Python: the same files and the same events for the original's servers and for ours.

mod cases;
mod play;

use std::thread;

use conformance::{
    Oracle, Version,
    differences::{Comparison, KnownDifferences},
};

use play::Played;

#[test]
fn both_call_the_same_methods_with_the_same_bans() {
    let started = |version: Option<Version>| {
        thread::spawn(move || {
            let oracle = version.map(|version| Oracle::new(version).unwrap());
            play::play(oracle.as_ref())
        })
    };
    let originals = Version::ALL.map(|version| (version, started(Some(version))));
    // The mails of ours are those of an action of an original: each of them is sent by both.
    let ours: Played = started(None).join().unwrap();
    let mut comparisons = Vec::new();
    for (version, original) in originals {
        for ((case, original), ours) in original.join().unwrap().into_iter().zip(&ours) {
            comparisons.push(Comparison {
                case: format!("{version}: {case}"),
                original,
                ours: ours.1.clone(),
            });
        }
    }
    let lines: usize = ours.iter().map(|(_, text)| text.lines().count()).sum();
    println!("{} cases, {lines} lines of ours", ours.len());
    KnownDifferences::load()
        .unwrap()
        .judge("python-actions", &comparisons)
        .unwrap();
}
