//! What ours makes of every tree, against what the originals make of it.

use conformance::{
    differences::KnownDifferences,
    dump::{self, Cache, Program},
};

/// `cargo run -p conformance --bin dump -- --tree TREE` shows one of them whole.
#[test]
fn ours_dumps_every_tree_as_the_originals_do() {
    let cache = Cache::open().unwrap();
    let ours = Program::ours().unwrap();
    let mut jobs = dump::stock().unwrap();
    jobs.extend(dump::own(&dump::cases().unwrap()).unwrap());
    let outcome = dump::run(&jobs, |question| dump::dump(&ours, question), &cache).unwrap();
    println!("{outcome}");
    let list = KnownDifferences::load().unwrap();
    outcome.judge(&list).unwrap();
}
