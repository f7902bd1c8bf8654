//! The judge of dumps, with the original itself before it.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use conformance::{
    Oracle, Version,
    dump::{self, Cache, Program, WORDINGS},
};

#[test]
fn every_own_tree_shows_on_the_original_what_it_claims() {
    let cache = Cache::open().unwrap();
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let cases = dump::cases().unwrap();
    assert!(cases.len() >= 80, "{} own trees", cases.len());
    let mut unproven = Vec::new();
    for case in &cases {
        let answers: Vec<_> = case
            .questions
            .iter()
            .map(|question| dump::kept_dump(&cache, &oracle, question).unwrap())
            .collect();
        let claims = case.unproven(&answers);
        unproven.extend(claims.iter().map(|claim| format!("{}: {claim}", case.name)));
    }
    assert!(unproven.is_empty(), "{}", unproven.join("\n"));
}

/// What 1.0.2 makes of its own tree otherwise than 1.1.1 does, besides words.
const OLDER: [&str; 6] = [
    "tree of 1.0.2 by 1.0.2: all -d",
    "tree of 1.0.2 by 1.0.2: all -d, no logs",
    "tree of 1.0.2 by 1.0.2: pass2allow-ftp -d",
    "tree of 1.0.2 by 1.0.2: all --dp",
    "tree of 1.0.2 by 1.0.2: all --dp, no logs",
    "tree of 1.0.2 by 1.0.2: pass2allow-ftp --dp",
];

/// What 1.1.1 makes of everything is what we should make of it; so with it in
/// our place only what 1.0.2 does otherwise may differ. Some runs are made
/// anew: an answer must not depend on the moment.
#[test]
fn the_newer_original_in_our_place_differs_only_where_the_older_does() {
    const ANEW: usize = 25;
    let cache = Cache::open().unwrap();
    let newer = Oracle::new(Version::V1_1_1).unwrap();
    let program = Program::Original(newer.clone());
    let count = AtomicUsize::new(0);
    let mut jobs = dump::stock().unwrap();
    jobs.extend(dump::own(&dump::cases().unwrap()).unwrap());
    let answer = |question: &_| {
        if count.fetch_add(1, Ordering::Relaxed).is_multiple_of(ANEW) {
            dump::dump(&program, question)
        } else {
            dump::kept_dump(&cache, &newer, question)
        }
    };
    let outcome = dump::run(&jobs, answer, &cache).unwrap();
    println!("{outcome}");
    let names: BTreeSet<_> = outcome.comparisons.iter().map(|one| &one.case).collect();
    assert_eq!(names.len(), outcome.comparisons.len(), "a name comes twice");
    let different: Vec<_> = outcome.different().map(|one| one.case.as_str()).collect();
    let words = WORDINGS.iter().map(|wording| wording.case);
    let expected: Vec<_> = OLDER.into_iter().chain(words).collect();
    assert_eq!(different, expected);
}
