mod elements;
mod stage;

use super::*;
use crate::{Line, METHODS};
use stage::Stage;

const PLAIN: &[(&str, &str)] = &[
    ("actionstart", "a start <family>"),
    ("actionstop", "a stop <family>"),
    ("actionban", "a ban <family> <ip>"),
    ("actionunban", "a unban <family> <ip>"),
];

fn with<'p>(more: &[(&'p str, &'p str)]) -> Vec<(&'p str, &'p str)> {
    PLAIN.iter().chain(more).copied().collect()
}

/// What each event runs, as the original ran it.
fn check(properties: &[(&str, &str)], events: &[(&str, &[&str])]) {
    let mut stage = Stage::new(&[("a", properties)]);
    for (event, expected) in events {
        assert_eq!(stage.act(event), *expected, "{event} of {properties:?}");
    }
}

const CONDITIONAL: (&str, &str) = ("k?family=inet6", "six");
const CHECK: (&str, &str) = ("actioncheck", "a check <family>");
const FLUSH: (&str, &str) = ("actionflush", "a flush <family>");

#[test]
fn an_action_that_tells_no_families_apart_starts_once() {
    check(
        &with(&[FLUSH]),
        &[
            ("start", &["a start "]),
            ("ban 192.0.2.1", &["a ban inet4 192.0.2.1"]),
            ("ban 2001:db8::1", &["a ban inet6 2001:db8::1"]),
            ("ban text", &["a ban None text"]),
            ("unban 192.0.2.1", &["a unban inet4 192.0.2.1"]),
            ("flush", &["a flush inet4", "a flush inet6", "a flush None"]),
            ("flush", &[]),
            ("unban text", &[]),
            ("stop", &["a stop ", "a stop inet4", "a stop inet6"]),
            ("stop", &[]),
        ],
    );
}

#[test]
fn an_action_that_tells_families_apart_starts_on_demand() {
    check(
        &with(&[
            CONDITIONAL,
            FLUSH,
            ("actionban", "a ban <family> <ip> <k>"),
            ("k", "all"),
        ]),
        &[
            ("start", &[]),
            (
                "ban 192.0.2.1",
                &["a start inet4", "a ban inet4 192.0.2.1 all"],
            ),
            ("ban 192.0.2.2", &["a ban inet4 192.0.2.2 all"]),
            (
                "ban 2001:db8::1",
                &["a start inet6", "a ban inet6 2001:db8::1 six"],
            ),
            (
                "ban text",
                &["a start inet4", "a start inet6", "a ban None text all"],
            ),
            ("ban text2", &["a ban None text2 all"]),
            ("unban text", &["a unban None text"]),
            // Differs: the original forgot the bans of a family that a text started again.
            ("unban 192.0.2.1", &["a unban inet4 192.0.2.1"]),
            ("stop", &["a stop inet4", "a stop inet6", "a stop None"]),
        ],
    );
    check(
        &with(&[CONDITIONAL, ("actionstart_on_demand", "False")]),
        &[
            ("start", &["a start inet4", "a start inet6"]),
            ("ban 192.0.2.1", &["a ban inet4 192.0.2.1"]),
            ("stop", &["a stop inet4", "a stop inet6"]),
        ],
    );
    check(
        &with(&[("actionstart_on_demand", "True")]),
        &[
            ("start", &[]),
            ("ban 192.0.2.1", &["a start inet4", "a ban inet4 192.0.2.1"]),
            ("ban text", &["a start ", "a ban None text"]),
            ("stop", &["a stop inet4", "a stop "]),
        ],
    );
}

#[test]
fn the_same_text_is_run_once_for_all_families() {
    check(
        &with(&[
            CONDITIONAL,
            ("actionstart", "a start"),
            ("actionstop", "a stop"),
        ]),
        &[
            ("ban 192.0.2.1", &["a start", "a ban inet4 192.0.2.1"]),
            ("ban 2001:db8::1", &["a ban inet6 2001:db8::1"]),
            ("ban text", &["a ban None text"]),
            ("reload", &[]),
            ("stop", &["a stop"]),
        ],
    );
    // Of what failed it is not known whether it would fail again.
    check(
        &with(&[
            CONDITIONAL,
            ("actionstart", "a start"),
            ("actionstart_on_demand", "False"),
        ]),
        &[("+start", &[]), ("start", &["a start", "a start"])],
    );
}

#[test]
fn a_failing_ban_is_tried_again_only_after_a_check() {
    check(
        PLAIN,
        &[
            ("start", &["a start "]),
            ("+ban", &[]),
            ("ban 192.0.2.1", &["a ban inet4 192.0.2.1"]),
            ("unban 192.0.2.1", &[]),
            ("stop", &["a stop "]),
        ],
    );
    check(
        &with(&[CHECK]),
        &[
            ("start", &["a start "]),
            ("+ban", &[]),
            (
                "ban 192.0.2.1",
                &[
                    "a ban inet4 192.0.2.1",
                    "a check inet4",
                    "a ban inet4 192.0.2.1",
                ],
            ),
        ],
    );
}

#[test]
fn what_is_gone_is_made_anew() {
    let again: &[&str] = &[
        "a ban inet4 192.0.2.2",
        "a check inet4",
        "a stop inet4",
        "a start inet4",
        "a check inet4",
    ];
    check(
        &with(&[CHECK]),
        &[
            ("start", &["a start "]),
            ("ban 192.0.2.1", &["a ban inet4 192.0.2.1"]),
            ("+ban", &[]),
            ("+check", &[]),
            ("ban 192.0.2.2", again),
            ("unban 192.0.2.1", &[]),
            ("stop", &["a stop ", "a stop inet4"]),
        ],
    );
    check(
        &with(&[CHECK, ("actionrepair", "a repair <family>")]),
        &[
            ("start", &["a start "]),
            ("+ban", &[]),
            ("+check", &[]),
            (
                "ban 192.0.2.2",
                &[
                    "a ban inet4 192.0.2.2",
                    "a check inet4",
                    "a repair inet4",
                    "a check inet4",
                ],
            ),
            ("+repair", &[]),
            (
                "ban 192.0.2.3",
                &["a ban inet4 192.0.2.3", "a check inet4", "a repair inet4"],
            ),
        ],
    );
}

#[test]
fn an_action_without_families_is_started_again_at_the_first_repair() {
    let properties = [
        ("actionstart", "a start"),
        ("actionstop", "a stop"),
        ("actionban", "a ban <ip>"),
        ("actionunban", "a unban <ip>"),
        ("actioncheck", "a check"),
    ];
    let mut stage = Stage::new(&[("a", &properties)]);
    stage.act("start");
    stage.act("ban 192.0.2.1");
    stage.act("ban 2001:db8::1");
    stage.act("+ban");
    stage.act("+check");
    stage.shell.healing = Some("start");
    let ran = stage.act("ban 192.0.2.2");
    let expected = [
        "a ban 192.0.2.2",
        "a check",
        "a stop",
        "a start",
        "a check",
        "a ban 192.0.2.2",
    ];
    assert_eq!(ran, expected);
    assert_eq!(stage.act("unban 2001:db8::1"), ["a unban 2001:db8::1"]);
    assert_eq!(stage.act("stop"), ["a stop"]);
}

#[test]
fn an_unban_repairs_only_if_it_is_told_to() {
    let events: &[(&str, &[&str])] = &[
        ("start", &["a start "]),
        ("ban 192.0.2.1", &["a ban inet4 192.0.2.1"]),
        ("+unban", &[]),
        ("+check", &[]),
    ];
    let mut stage = Stage::new(&[("a", &with(&[CHECK]))]);
    for (event, _) in events {
        stage.act(event);
    }
    assert_eq!(
        stage.act("unban 192.0.2.1"),
        ["a unban inet4 192.0.2.1", "a check inet4"]
    );
    let last = &stage.logged[stage.logged.len() - 2..];
    assert_eq!(
        last,
        [
            "CommandAction Error Invariant check failed. Unban is impossible.",
            "actions Error Failed to execute unban jail 'j' action 'a' info 'ActionInfo({'ip': \
             '192.0.2.1', 'family': 'inet4'})': Error unbanning 192.0.2.1",
        ]
    );
    let mut stage = Stage::new(&[("a", &with(&[CHECK, ("actionrepair_on_unban", "True")]))]);
    for (event, _) in events {
        stage.act(event);
    }
    let ran = stage.act("unban 192.0.2.1");
    assert_eq!(
        ran[1..],
        [
            "a check inet4",
            "a stop inet4",
            "a start inet4",
            "a check inet4"
        ]
    );
}

#[test]
fn a_flush_that_fails_lets_the_action_be_checked() {
    let mut stage = Stage::new(&[("a", &with(&[CHECK, FLUSH]))]);
    for event in ["start", "ban 192.0.2.1", "ban 2001:db8::1", "+flush"] {
        stage.act(event);
    }
    let ran = stage.act("flush");
    assert_eq!(
        ran,
        [
            "a flush inet4",
            "a flush inet6",
            "a check <family>",
            "a check inet4",
            "a check inet6"
        ]
    );
    let said: Vec<&String> = stage
        .logged
        .iter()
        .filter(|line| line.starts_with("actions"))
        .collect();
    assert_eq!(
        said,
        [
            "actions Notice [j] Flush ticket(s) with a",
            "actions Error Failed to flush bans in jail 'j' action 'a': Error flushing action \
             Jail('j')/a: 'Script error'",
            "actions Info No flush occurred, do consistency check",
        ]
    );
    stage.act("+check");
    let ran = stage.act("endflush");
    assert_eq!(
        ran,
        [
            "a flush inet4",
            "a flush inet6",
            "a check <family>",
            "a check inet4",
            "a check inet6"
        ]
    );
    assert_eq!(
        stage.logged.last().unwrap(),
        "actions Error Invariant check failed. Flush is impossible."
    );
    assert_eq!(
        stage.act("stop"),
        ["a stop ", "a stop inet4", "a stop inet6"]
    );
}

#[test]
fn a_start_that_fails_on_demand_fails_the_ban() {
    let mut stage = Stage::new(&[("a", &with(&[CONDITIONAL, CHECK]))]);
    stage.act("+start");
    assert_eq!(stage.act("ban 192.0.2.1"), ["a start inet4"]);
    assert_eq!(
        stage.logged.last().unwrap(),
        "actions Error Failed to execute ban jail 'j' action 'a' info 'ActionInfo({'ip': \
         '192.0.2.1', 'family': 'inet4'})': Error starting action Jail('j')/a: 'Script error'"
    );
    stage.act("-start");
    assert_eq!(
        stage.act("ban 192.0.2.2"),
        ["a start inet4", "a ban inet4 192.0.2.2"]
    );
}

#[test]
fn actions_stop_in_reverse_order_and_one_does_not_keep_the_others() {
    let other: Vec<(&str, &str)> = vec![
        ("actionstart", "b start"),
        ("actionstop", "b stop"),
        ("actionban", "b ban <ip>"),
        ("actionunban", "b unban <ip>"),
        ("norestored", "True"),
    ];
    let mut stage = Stage::new(&[("a", PLAIN), ("b", &other)]);
    stage.act("+ban");
    stage.act("+start");
    stage.act("+stop");
    assert_eq!(stage.act("start"), ["a start ", "b start"]);
    assert_eq!(
        stage.act("ban 192.0.2.1"),
        ["a ban inet4 192.0.2.1", "b ban 192.0.2.1"]
    );
    stage.act("-ban");
    assert_eq!(stage.act("restore 192.0.2.2"), ["a ban inet4 192.0.2.2"]);
    assert_eq!(
        stage.act("ban 192.0.2.3"),
        ["a ban inet4 192.0.2.3", "b ban 192.0.2.3"]
    );
    assert_eq!(
        stage.act("unban 192.0.2.2"),
        ["a unban inet4 192.0.2.2", "b unban 192.0.2.2"]
    );
    assert_eq!(stage.act("stop"), ["b stop", "a stop inet4"]);
    let failed = stage
        .logged
        .iter()
        .filter(|line| line.starts_with("actions Error Failed to st"));
    assert_eq!(failed.count(), 4);
}

#[test]
fn bans_that_a_repair_may_have_lost_are_made_again_when_they_are_met() {
    let a = with(&[CHECK]);
    let b: Vec<(&str, String)> = a
        .iter()
        .map(|(name, value)| (*name, value.replace("a ", "b ")))
        .collect();
    let b: Vec<(&str, &str)> = b
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut stage = Stage::new(&[("a", &a), ("b", &b)]);
    for event in ["start", "ban 192.0.2.1", "ban 192.0.2.2"] {
        stage.act(event);
    }
    // Nothing is checked before the ban can have taken effect, and then not too often.
    assert_eq!(stage.act("again 192.0.2.1"), [""; 0]);
    stage.act("wait 4");
    let checks = [
        "a check <family>",
        "a check inet4",
        "b check <family>",
        "b check inet4",
    ];
    assert_eq!(stage.act("again 192.0.2.1"), checks);
    stage.act("wait 1");
    assert_eq!(stage.act("again 192.0.2.1"), [""; 0]);
    stage.act("wait 2");
    stage.act("+check");
    stage.shell.healing = Some("start");
    // What is found gone is made anew and the ban is made again at once.
    let ran = stage.act("again 192.0.2.1");
    assert_eq!(
        ran,
        [
            "a check <family>",
            "a stop ",
            "a start ",
            "a check <family>",
            "a check inet4",
            "b check <family>",
            "b check inet4",
            "a ban inet4 192.0.2.1",
        ]
    );
    assert_eq!(
        stage.logged.last().unwrap(),
        "actions Notice [j] Reban 192.0.2.1, action 'a'"
    );
    assert_eq!(stage.act("again 192.0.2.1"), [""; 0]);
    assert_eq!(stage.act("again 192.0.2.2"), ["a ban inet4 192.0.2.2"]);
}

#[test]
fn clients_call_methods() {
    let mut stage = Stage::new(&[("a", PLAIN)]);
    let mut log = |_: Line| {};
    let mut no_ban = Vec::new();
    let host = stage.host.clone();
    let mut world = World {
        shell: &mut stage.shell,
        log: &mut log,
        host: &host,
        now: UnixTime::from_seconds(0),
        no_ban: &mut no_ban,
    };
    let mut info = vec![("ip".to_owned(), "1.2.3.4".to_owned())];
    let mut call = |name: &str, method: &str| {
        let method = Method::named(method).unwrap();
        stage.actions.call(&mut world, name, method, &mut info)
    };
    assert_eq!(call("a", "start"), Ok(Answer::Flag(true)));
    assert_eq!(call("a", "ban"), Ok(Answer::Nothing));
    assert_eq!(call("a", "consistencyCheck"), Ok(Answer::Flag(true)));
    let error = call("b", "start").unwrap_err();
    assert_eq!(error.to_string(), "Invalid Action name: b");
    assert_eq!(stage.shell.ran, ["a start ", "a ban <family> 1.2.3.4"]);
    assert!(METHODS.is_sorted());
}

#[test]
fn an_action_that_changes_keeps_its_place_and_what_it_was_started_for() {
    let mut stage = Stage::new(&[("a", PLAIN), ("b", &[])]);
    stage.act("start");
    stage.act("ban 192.0.2.1");
    let mut changed = Definition::new("a");
    changed.set("actionunban", "new unban <ip>".into()).unwrap();
    let old = stage.actions.replace(changed.clone()).unwrap();
    assert_ne!(old, changed);
    assert_eq!(stage.act("unban 192.0.2.1"), ["new unban 192.0.2.1"]);
    stage.actions.add(Definition::new("c")).unwrap();
    stage.actions.arrange(&["c", "b"]);
    assert_eq!(stage.actions.names().collect::<Vec<_>>(), ["c", "b", "a"]);
    let error = stage.actions.replace(Definition::new("d")).unwrap_err();
    assert_eq!(error.to_string(), "Invalid Action name: d");
    let error = stage.actions.add(Definition::new("c")).unwrap_err();
    assert_eq!(error.to_string(), "Action c already exists");
}

#[test]
fn the_actions_of_a_jail_can_be_handed_to_a_worker() {
    fn is_send<T: Send>() {}
    is_send::<JailActions>();
}
