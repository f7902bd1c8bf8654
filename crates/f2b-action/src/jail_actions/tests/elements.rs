//! Commands whose work is done without running them.

use super::stage::Stage;

const SETS: &[(&str, &str)] = &[
    ("actionstart", "x start <set>"),
    ("actionban", r"nft add element inet t <set> \{ <ip> \}"),
    ("actionunban", r"nft delete element inet t <set> \{ <ip> \}"),
    ("actioncheck", "x check <set>"),
    ("set", "four"),
    ("set?family=inet6", "six"),
];

fn stage(more: &[(&str, &str)]) -> Stage {
    let properties: Vec<_> = SETS.iter().chain(more).copied().collect();
    Stage::new(&[("a", &properties)])
}

#[test]
fn elements_are_changed_in_the_place_of_commands() {
    let mut stage = stage(&[]);
    stage.shell.changes_elements = true;
    let mut check = |event: &str, expected: &[&str]| assert_eq!(stage.act(event), expected);
    check("start", &[]);
    check(
        "ban 192.0.2.1",
        &["x start four", "[add inet t four 192.0.2.1]"],
    );
    check(
        "ban 198.51.100.0/24",
        &["[add inet t four 198.51.100.0/24]"],
    );
    check(
        "ban 2001:db8::1",
        &["x start six", "[add inet t six 2001:db8::1]"],
    );
    check("unban 192.0.2.1", &["[delete inet t four 192.0.2.1]"]);
    let sets = stage
        .actions
        .get_mut("a")
        .unwrap()
        .element_sets(&stage.host);
    let sets: Vec<_> = sets.iter().map(ToString::to_string).collect();
    assert_eq!(sets, ["inet t four", "inet t six"]);
}

#[test]
fn what_cannot_be_done_so_is_run() {
    let ran = &[
        "x start four",
        r"nft add element inet t four \{ 192.0.2.1 \}",
    ];
    let check = |more: &[(&str, &str)], changes_elements: bool, expected: &[&str]| {
        let mut stage = stage(more);
        stage.shell.changes_elements = changes_elements;
        assert_eq!(stage.act("ban 192.0.2.1"), expected, "{more:?}");
    };
    check(&[], false, ran);
    check(&[("native", "no")], true, ran);
    check(&[("native", "False")], true, ran);
    // Both have to be of the one form, and of one set.
    check(&[("actionunban", "x unban")], true, ran);
    check(
        &[("actionunban", r"nft delete element inet t other \{ <ip> \}")],
        true,
        ran,
    );
}
