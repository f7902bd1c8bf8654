use super::*;

const NOW_US: u64 = 2_000_000_000;

/// An entry of one journal: its number, and seconds since the epoch.
fn entry(sequence: u128, number: u64, seconds: u64) -> JournalEntry {
    let realtime_us = seconds * 1_000_000;
    let cursor = Cursor {
        number: Some((sequence, number)),
        since_boot: Some((sequence, realtime_us)),
        realtime_us,
        content: None,
    };
    JournalEntry {
        cursor,
        realtime_us,
        text: Vec::new(),
        is_cut: false,
        hits: Vec::new(),
    }
}

fn taken(gate: &mut Gate, entries: &[JournalEntry]) -> Vec<u64> {
    let taken = entries.iter().filter(|entry| gate.takes(entry));
    taken
        .filter_map(|entry| Some(entry.cursor.number?.1))
        .collect()
}

#[test]
fn after_another_begin_what_was_seen_is_left_out() {
    let entries: Vec<_> = (1..=9).map(|n| entry(1, n, 100 + n)).collect();
    let mut gate = Gate::new(Some(entries[3].cursor), 0);
    assert_eq!(taken(&mut gate, &entries), [5, 6, 7, 8, 9]);
    gate.close(false, NOW_US);
    assert_eq!(gate.start(), RunStart::At(entries[8].cursor));
    assert!(taken(&mut gate, &entries).is_empty());
    assert_eq!(taken(&mut gate, &[entry(1, 10, 110)]), [10]);
}

#[test]
fn a_clock_that_is_set_back_hides_nothing() {
    let mut gate = Gate::new(Some(entry(1, 5, 1_000).cursor), 0);
    let entries = [
        entry(1, 5, 1_000),
        entry(1, 6, 400),
        entry(1, 7, 401),
        entry(1, 8, 1_000),
    ];
    assert_eq!(taken(&mut gate, &entries), [6, 7, 8]);
}

#[test]
fn without_a_place_the_time_decides() {
    let mut gate = Gate::new(None, 105_000_000);
    let entries: Vec<_> = (1..=9).map(|n| entry(1, n, 100 + n)).collect();
    assert_eq!(gate.start(), RunStart::Since(105_000_000));
    // The fifth is the one that somebody has seen last.
    assert_eq!(taken(&mut gate, &entries), [6, 7, 8, 9]);
}

#[test]
fn a_place_that_is_gone_is_gone_round_by_time() {
    // The fourth and all before it were removed.
    let mut gate = Gate::new(Some(entry(1, 4, 104).cursor), 0);
    gate.close(true, NOW_US);
    assert_eq!(gate.start(), RunStart::Since(94_000_000));
    assert_eq!(
        taken(&mut gate, &[entry(1, 5, 104), entry(1, 6, 106)]),
        [5, 6]
    );
}

#[test]
fn a_journal_begun_anew_is_read_once() {
    let mut gate = Gate::new(None, 0);
    let old: Vec<_> = (1..=4).map(|n| entry(1, n, 100 + n)).collect();
    assert_eq!(taken(&mut gate, &old), [1, 2, 3, 4]);
    gate.close(true, NOW_US);
    // Another sequence and another boot: the clock decides.
    let new = [entry(2, 1, 103), entry(2, 2, 105), entry(2, 3, 106)];
    assert_eq!(taken(&mut gate, &new), [2, 3]);
    gate.close(false, NOW_US);
    assert!(taken(&mut gate, &new).is_empty());
}

#[test]
fn a_journal_put_back_to_an_earlier_state_is_read_on() {
    let mut gate = Gate::new(Some(entry(1, 200, 300).cursor), 0);
    gate.close(true, NOW_US);
    let entries = [entry(1, 150, 295), entry(1, 151, 301), entry(1, 152, 302)];
    assert_eq!(taken(&mut gate, &entries), [151, 152]);
}

#[test]
fn what_went_through_is_known_in_whatever_order_it_comes_again() {
    let mut gate = Gate::new(None, 0);
    // Entries of two machines whose clocks differ.
    let entries = [entry(1, 1, 100), entry(2, 1, 105), entry(1, 2, 102)];
    assert_eq!(taken(&mut gate, &entries), [1, 1, 2]);
    gate.close(true, NOW_US);
    assert!(taken(&mut gate, &entries).is_empty());
}

#[test]
fn one_run_begins_at_the_earliest_place() {
    let at = |n: u64| Gate::new(Some(entry(1, n, 100 + n).cursor), 0);
    let place = |n: u64| RunStart::At(entry(1, n, 100 + n).cursor);
    assert_eq!(earliest([&at(7), &at(3), &at(5)]), place(3));
    let by_time = Gate::new(None, 50_000_000);
    assert_eq!(
        earliest([&at(7), &by_time, &at(5)]),
        RunStart::Since(50_000_000)
    );
    let late = Gate::new(None, 107_000_000);
    assert_eq!(earliest([&late, &at(7)]), RunStart::Since(97_000_000));
    assert_eq!(earliest([]), RunStart::Since(0));
}

#[test]
fn a_place_that_is_gone_and_ahead_of_the_clock_hides_nothing() {
    // Of another boot, two hours ahead.
    let mut gate = Gate::new(Some(entry(1, 5, 9_200).cursor), 9_200_000_000);
    gate.close(true, NOW_US);
    assert_eq!(gate.start(), RunStart::Since(1_980_000_000));
    let entries = [entry(2, 1, 1_985), entry(2, 2, 1_995), entry(2, 3, 2_001)];
    assert_eq!(taken(&mut gate, &entries), [2, 3]);
    gate.close(false, NOW_US);
    assert!(taken(&mut gate, &entries).is_empty());
}
