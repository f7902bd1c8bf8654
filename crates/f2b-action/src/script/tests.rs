use proptest::prelude::*;

use super::*;

fn tags(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn check(command: &str, pairs: &[(&str, &str)], text: &str, values: &[&str]) {
    let script = Script::fill(command, &mut tags(pairs));
    assert_eq!(script.text, text, "{command}");
    assert_eq!(script.values, values, "{command}");
}

#[test]
fn values_are_inserted_once_and_never_read_as_script() {
    check("ban <ip>", &[("ip", "192.0.2.1")], "ban 192.0.2.1", &[]);
    check(
        "<ip> <nope> <F-NOPE>|",
        &[("ip", "a b\tc")],
        "a b\tc <nope> |",
        &[],
    );
    check(
        "x \"<matches>\" <F-USER> <matches>",
        &[("matches", "a\n<ip>"), ("F-USER", "o'ne"), ("ip", "1")],
        "f2bV_matches=$0 f2bV_F_user=$1 \nx \"$f2bV_matches\" $f2bV_F_user $f2bV_matches",
        &["a\n<ip>", "o'ne"],
    );
    check(
        "<F-*> <ip-host>",
        &[("F-*", "{}"), ("ip-host", "*")],
        "f2bV_F__=$0 f2bV_ip_host=$1 \n$f2bV_F__ $f2bV_ip_host",
        &["{}", "*"],
    );
    check("", &[], "", &[]);
}

#[test]
fn a_variable_ends_where_its_tag_ended() {
    check(
        "<fid>abc",
        &[("fid", ";")],
        "f2bV_fid=$0 \n${f2bV_fid}abc",
        &[";"],
    );
    check(
        "<fid>_",
        &[("fid", ";")],
        "f2bV_fid=$0 \n${f2bV_fid}_",
        &[";"],
    );
    check(
        "<fid>-",
        &[("fid", ";")],
        "f2bV_fid=$0 \n$f2bV_fid-",
        &[";"],
    );
}

#[test]
fn tags_that_come_to_one_name_keep_their_values() {
    check(
        "<a-b> <a_b> <a-b>",
        &[("a-b", ";"), ("a_b", "&")],
        "f2bV_a_b=$0 f2bV_a_b_=$1 \n$f2bV_a_b $f2bV_a_b_ $f2bV_a_b",
        &[";", "&"],
    );
}

#[test]
fn the_eleventh_value_has_braces() {
    let pairs: Vec<(String, String)> = (0..12)
        .map(|n| (format!("t{n}"), format!(";{n}")))
        .collect();
    let command: String = pairs.iter().map(|(name, _)| format!("<{name}>,")).collect();
    let script = Script::fill(&command, &mut pairs.clone());
    assert!(
        script
            .text
            .contains(" f2bV_t9=$9 f2bV_t10=${10} f2bV_t11=${11} \n"),
        "{}",
        script.text
    );
    assert_eq!(script.values.len(), 12);
}

#[test]
fn nul_bytes_and_long_values_fit_into_arguments() {
    check("a\0b <fid>", &[("fid", "c\0d")], "ab cd", &[]);
    check(
        "<fid>",
        &[("fid", "\0;")],
        "f2bV_fid=$0 \n$f2bV_fid",
        &[";"],
    );
    let long = "ä".repeat(40_000);
    let script = Script::fill("x <fid>", &mut tags(&[("fid", &long)]));
    assert_eq!(script.text, "f2bV_fid=$0 \nx $f2bV_fid");
    assert_eq!(script.values[0].len(), LONGEST);
}

#[test]
fn a_script_with_values_is_shown_as_a_list() {
    let script = Script::fill("x <fid>", &mut tags(&[("fid", "a;'b'")]));
    assert_eq!(script.shown(), "['f2bV_fid=$0 \\nx $f2bV_fid', \"a;'b'\"]");
    assert_eq!(Script::plain("x; y").shown(), "x; y");
}

proptest! {
    #[test]
    fn no_special_character_of_a_value_comes_into_the_text(
        value in any::<String>(),
        other in any::<String>(),
    ) {
        let pairs = tags(&[("fid", &value), ("F-USER", &other)]);
        let script = Script::fill("x <fid> <F-USER>", &mut pairs.clone());
        let line = script.text.rsplit('\n').next().unwrap_or_default();
        let inserted = line.replace("$f2bV_fid", "").replace("$f2bV_F_user", "");
        prop_assert!(!inserted.contains(SPECIAL), "{}", script.text);
        prop_assert!(!script.text.contains('\0'));
        prop_assert!(script.values.iter().all(|value| !value.contains('\0')));
    }
}
