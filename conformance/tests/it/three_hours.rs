//! Three hours of attacks through the original and through ours, by a faster clock.

use conformance::{
    Oracle, Version,
    differences::KnownDifferences,
    three_hours::{attack, judge, play},
};

#[test]
fn three_hours_bring_the_same_bans() {
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lines = attack(20_260_101);
    println!("{} lines", lines.len());
    let runs = play(&oracle, folder.path(), &lines).unwrap();
    for (name, run) in ["original", "original again", "ours"].iter().zip(&runs) {
        let (middle, worst) = run.lag();
        println!("{name}: behind by {middle:.1} s, at most {worst:.1} s");
    }
    let (comparisons, figures) = judge(&runs);
    println!("{figures}");
    let asked = figures.compared();
    assert!(
        asked * 2 > figures.hosts,
        "the original is too unsteady to compare with"
    );
    KnownDifferences::load()
        .unwrap()
        .judge("three-hours", &comparisons)
        .unwrap();
}
