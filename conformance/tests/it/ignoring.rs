//! Who is ignored, and which names are looked up: the same cases for the original and for ours, on a host
//! with a resolver of the test's own.

mod alone;
mod cases;
mod run;

use conformance::{
    Oracle, Version,
    differences::{Comparison, KnownDifferences},
};

#[test]
fn the_same_are_ignored_for_the_same_reason() {
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cases = cases::all();
    let theirs = run::run(Some(&oracle), &oracle, folder.path(), &cases, None);
    let ours = run::run(None, &oracle, folder.path(), &cases, Some(&theirs));
    let comparisons: Vec<Comparison> = cases
        .iter()
        .zip(theirs.iter().zip(&ours))
        .map(|(case, (original, ours))| Comparison {
            case: case.name.to_owned(),
            original: original.text(),
            ours: ours.text(),
        })
        .collect();
    println!("{} cases", comparisons.len());
    KnownDifferences::load()
        .unwrap()
        .judge("ignoring", &comparisons)
        .unwrap();
}
