//! Ours and the originals' `fail2ban-regex` on the same logs.

use std::sync::Once;

use conformance::{
    differences::{Comparison, KnownDifferences},
    regex::{self, Job, Program, logs},
};

fn judged(suite: &str, jobs: &[Job]) {
    let comparisons = regex::compare(jobs, &Program::ours().unwrap()).unwrap();
    told(suite, &comparisons);
    let list = KnownDifferences::load().unwrap();
    list.judge(suite, &comparisons).unwrap();
}

fn told(suite: &str, comparisons: &[Comparison]) {
    static HEAD: Once = Once::new();
    HEAD.call_once(|| println!("fail2ban-regex, ours and the originals'"));
    let equal = comparisons
        .iter()
        .filter(|one| one.original == one.ours)
        .count();
    println!("{suite}: {equal} of {} equal", comparisons.len());
}

#[test]
fn every_option_argument_and_error_is_the_originals() {
    judged("regex", &regex::own());
}

#[test]
fn the_sample_logs_give_the_same_lines_in_every_form() {
    judged("regex-samples", &regex::samples().unwrap());
}

#[test]
fn the_logs_of_six_services_give_the_same_report() {
    judged("regex-logs", &logs::logs(None));
}
