//! Waiting and merging change nothing of what reaches the disk.

use f2b_core::FailId;
use f2b_store::{Store, Transaction};
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::tempdir;

use crate::samples::{NOW, ban, file_state, journal_state, open, query, tally};

#[derive(Clone, Debug)]
enum Step {
    Ban(usize, usize, i64),
    Moved(usize, usize, i64),
    Unban(Option<usize>, usize),
    Tally(usize, usize, u32),
    Forgotten(usize, usize),
    File(usize, u64),
    Vanished(usize),
    Journal(usize, i64),
}

const JAILS: [&str; 2] = ["sshd", "mail"];
const IDS: [&str; 3] = ["192.0.2.1", "2001:db8::/64", "a b"];

fn step() -> impl Strategy<Value = Step> {
    let jail = || 0..JAILS.len();
    let id = || 0..IDS.len();
    prop_oneof![
        (jail(), id(), 0..4i64).prop_map(|(jail, id, time)| Step::Ban(jail, id, time)),
        (jail(), id(), 0..4i64).prop_map(|(jail, id, time)| Step::Moved(jail, id, time)),
        (proptest::option::of(jail()), id()).prop_map(|(jail, id)| Step::Unban(jail, id)),
        (jail(), id(), 1..4u32).prop_map(|(jail, id, retry)| Step::Tally(jail, id, retry)),
        (jail(), id()).prop_map(|(jail, id)| Step::Forgotten(jail, id)),
        (jail(), 0..9u64).prop_map(|(jail, offset)| Step::File(jail, offset)),
        jail().prop_map(Step::Vanished),
        (jail(), 0..9i64).prop_map(|(jail, time)| Step::Journal(jail, time)),
    ]
}

fn record(transaction: &mut Transaction, step: &Step) {
    match *step {
        Step::Ban(jail, id, time) => {
            transaction.record_ban(JAILS[jail], ban(IDS[id], NOW + time, 600 + time));
        }
        Step::Moved(jail, id, time) => {
            transaction.record_moved_end(JAILS[jail], ban(IDS[id], NOW + time, 900));
        }
        Step::Unban(jail, id) => {
            transaction.record_unban(jail.map(|jail| JAILS[jail]), &FailId::parse(IDS[id]));
        }
        Step::Tally(jail, id, retry) => {
            transaction.record_tally(JAILS[jail], FailId::parse(IDS[id]), tally(NOW, retry));
        }
        Step::Forgotten(jail, id) => {
            transaction.record_forgotten(JAILS[jail], FailId::parse(IDS[id]));
        }
        Step::File(jail, offset) => {
            transaction.record_position(JAILS[jail], file_state("/var/log/auth.log", offset));
        }
        Step::Vanished(jail) => {
            transaction.record_vanished(JAILS[jail], "/var/log/auth.log");
        }
        Step::Journal(jail, time) => {
            transaction.record_position(JAILS[jail], journal_state("s=1", time));
        }
    }
}

fn recorded(steps: &[Step]) -> Transaction {
    let mut transaction = Transaction::default();
    for step in steps {
        record(&mut transaction, step);
    }
    transaction
}

/// Everything in the file, in an order that does not depend on how it got there.
fn contents(commits: &[Transaction]) -> Vec<Vec<String>> {
    let directory = tempdir().unwrap();
    let path = directory.path().join("f.sqlite3");
    let mut store: Store = open(&path);
    for jail in JAILS {
        store.add_jail(jail).unwrap();
    }
    for transaction in commits {
        store.commit(transaction).unwrap();
    }
    ["bans", "bips", "logs", "stockade_source", "stockade_tally"]
        .iter()
        .map(|table| {
            let mut rows = query(&path, &format!("SELECT * FROM {table}"));
            rows.sort();
            rows
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    /// One commit of two merged transactions, two commits, and a commit per step.
    #[test]
    fn merged_transactions_leave_what_single_ones_leave(
        before in vec(step(), 0..8),
        first in vec(step(), 0..12),
        second in vec(step(), 0..12),
    ) {
        let before = recorded(&before);
        let mut merged = recorded(&first);
        merged.merge(recorded(&second));
        let two = [before.clone(), recorded(&first), recorded(&second)];
        let singly: Vec<Transaction> = std::iter::once(before.clone())
            .chain(first.iter().chain(&second).map(|step| recorded(std::slice::from_ref(step))))
            .collect();
        let expected = contents(&singly);
        prop_assert_eq!(&contents(&two), &expected);
        prop_assert_eq!(&contents(&[before, merged]), &expected);
    }

    /// What replaces something costs no more than what it replaced.
    #[test]
    fn waiting_costs_memory_for_new_bans_only(steps in vec(step(), 1..20)) {
        let lasting: Vec<Step> = steps
            .into_iter()
            .filter(|step| !matches!(step, Step::Ban(..)))
            .collect();
        let mut transaction = recorded(&lasting);
        let cost = transaction.cost();
        // A second time around every position, tally and end replaces an equal one.
        for _ in 0..3 {
            transaction.merge(recorded(&lasting));
        }
        // An unban of all jails may have taken entries out that come back in another form.
        prop_assert!(transaction.cost() <= cost + IDS.len() * JAILS.len() * 1_024);
    }
}

#[test]
fn an_empty_transaction_costs_nothing_and_writes_nothing() {
    let mut transaction = Transaction::default();
    transaction.merge(Transaction::default());
    assert!(transaction.is_empty());
    assert_eq!(transaction.cost(), 0);
    transaction.record_position("sshd", file_state("/a", 1));
    assert!(!transaction.is_empty());
    assert!(transaction.cost() > 0);
}
