use super::*;

fn host() -> Host {
    Host {
        fq_name: "mx.example.org".to_owned(),
        short_name: "mx".to_owned(),
        allows_ipv6: true,
    }
}

fn action(properties: &[(&str, &str)]) -> Definition {
    let mut action = Definition::new("a");
    for (name, value) in properties {
        action.set(name, (*value).into()).unwrap();
    }
    action
}

#[test]
fn tags_are_replaced_until_none_is_known() {
    let check = |properties: &[(&str, &str)], expected: &str| {
        let mut action = action(properties);
        let text = action.text(Command::Ban, Family::Inet4, &host()).unwrap();
        assert_eq!(&*text, expected, "{properties:?}");
    };
    check(&[("actionban", "")], "");
    check(
        &[("actionban", "<k> <ip>"), ("k", "<l>"), ("l", "z")],
        "z <ip>",
    );
    check(
        &[
            ("actionban", "<a<l>c>"),
            ("l", "<m>"),
            ("m", "b"),
            ("abc", "nested"),
        ],
        "nested",
    );
    check(
        &[(
            "actionban",
            "a<br>b<sp>c <fq-hostname> <sh-hostname> <family>",
        )],
        "a\nb c mx.example.org mx inet4",
    );
    check(
        &[
            ("actionban", "<ip> <family>"),
            ("ip", "own"),
            ("family", "f"),
        ],
        "own f",
    );
    check(&[("actionban", "<timeout> <br>"), ("br", "own")], "60 own");
    check(
        &[
            ("actionban", "<k> <n>"),
            ("k", "all"),
            ("k?family=inet4", "<q>"),
            ("k?family=inet6", "six"),
            ("q?family=inet4", "four"),
        ],
        "four <n>",
    );
    check(
        &[("actionban", &"<k>".repeat(30)), ("k", "z")],
        &"z".repeat(30),
    );
    check(
        &[("actionban", "cat <file >out"), ("file", "x")],
        "cat <file >out",
    );
}

#[test]
fn families_have_texts_of_their_own() {
    let mut action = action(&[
        ("actionban", "<k>:<family>"),
        ("k", "all"),
        ("k?family=inet6", "six"),
    ]);
    let check = |action: &mut Definition, family, expected: &str| {
        let text = action.text(Command::Ban, family, &host()).unwrap();
        assert_eq!(&*text, expected, "{family:?}");
    };
    check(&mut action, Family::Inet4, "all:inet4");
    check(&mut action, Family::Inet6, "six:inet6");
    check(&mut action, Family::Neither, "all:<family>");
    check(&mut action, Family::Any, "all:<family>");
    // What was worked out before does not stay.
    action.set("k", "none".into()).unwrap();
    check(&mut action, Family::Inet4, "none:inet4");
}

/// How the original begins to complain.
const BEGIN: &str = "properties contain self referencing definitions and cannot be resolved, \
                     fail tag: actionban";

#[test]
fn circles_are_told_as_the_original_tells_them() {
    let check = |properties: &[(&str, &str)], expected: &str| {
        let mut action = action(properties);
        let error = action.text(Command::Ban, Family::Any, &host()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{properties:?}");
    };
    check(
        &[("actionban", "echo <k>"), ("k", "<l>"), ("l", "<k>")],
        &format!("{BEGIN}, found: k in {{'k': 26, 'l': 26}}, value: echo <k>"),
    );
    check(
        &[("actionban", "echo <k>"), ("k", "<actionban>")],
        &format!("{BEGIN}, found: actionban in {{'k': 1}}, value: echo <actionban>"),
    );
    check(
        &[
            ("actionban", "<k>"),
            ("k", &"<l>".repeat(5000)),
            ("l", &"<m>".repeat(5000)),
            ("m", "m"),
        ],
        "the tags of actionban make it longer than 4 MiB",
    );
}

#[test]
fn properties_are_listed_and_read_back_as_in_the_original() {
    let mut action = action(&[
        ("par", "y"),
        ("name", "j"),
        ("actname", "a"),
        ("_hidden", "x"),
    ]);
    assert_eq!(
        action.properties(),
        [
            "ESCAPE_CRE",
            "ESCAPE_VN_CRE",
            "actionban",
            "actioncheck",
            "actionflush",
            "actionreban",
            "actionreload",
            "actionrepair",
            "actionstart",
            "actionstop",
            "actionunban",
            "actname",
            "banEpoch",
            "name",
            "par",
            "timeout"
        ]
    );
    let check = |action: &mut Definition, name: &str, value: Property, read: Option<Property>| {
        action.set(name, value).unwrap();
        assert_eq!(action.get(name), read, "{name}");
    };
    check(
        &mut action,
        "timeout",
        "1h 5s".into(),
        Some(Property::Whole(3605)),
    );
    check(
        &mut action,
        "timeout",
        "1mo".into(),
        Some(Property::Fraction(2_629_800.0)),
    );
    check(&mut action, "bantime", "5".into(), None);
    check(
        &mut action,
        "banEpoch",
        Property::Whole(7),
        Some(Property::Whole(0)),
    );
    check(
        &mut action,
        "par",
        Property::Flag(true),
        Some(Property::Flag(true)),
    );
    assert!(action.set("timeout", "x".into()).is_err());
    assert_eq!(action.get("actionprolong"), None);
    action.set("actionban", "true".into()).unwrap();
    action.clear();
    assert_eq!(action.get("actionban"), Some("".into()));
    assert_eq!(action.get("timeout"), Some(Property::Whole(60)));
    assert_eq!(action.get("par"), Some(Property::Flag(true)));
}
