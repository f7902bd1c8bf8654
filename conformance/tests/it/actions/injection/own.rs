//! A user's own action: a value in each place where one may stand.

use conformance::{Oracle, Version, shims::Call};

use super::{HOSTILE, Stage, canary, filled};

/// What was called for one ban.
struct Banned<'calls> {
    calls: &'calls [Call],
    user: String,
    id: String,
    lines: String,
}

impl Banned<'_> {
    fn check(&self) {
        let (user, id) = (self.user.as_str(), self.id.as_str());
        self.was_told("quoted", &[user, &self.lines, id], None);
        self.was_told("substituted", &[user], None);
        self.was_told(&format!("behind{user}before"), &[], None);
        self.was_told("document", &[], Some(&format!("{user}\n{id}\n")));
        self.was_told("lifted", &[id], None);
        // A shell takes a bare value apart, and looks for files, as it does with anybody's.
        if !format!("{user}{id}").contains(['*', '?', '[']) {
            self.was_told("bare", &taken_apart(user), None);
            self.was_told("words", &taken_apart(id), None);
        }
    }

    fn was_told(&self, name: &str, words: &[&str], stdin: Option<&str>) {
        let words = [&["mark", name], words].concat();
        let is_it = |call: &&Call| call.words == words && call.stdin.as_deref() == stdin;
        let of_name = |call: &&Call| call.words.get(1).is_some_and(|word| word == name);
        let calls = || self.calls.iter();
        assert!(
            calls().any(|call| is_it(&call)),
            "{words:?} < {stdin:?} is none of {:#?}",
            calls().filter(of_name).collect::<Vec<_>>()
        );
    }
}

fn taken_apart(text: &str) -> Vec<&str> {
    let words = text.split([' ', '\t', '\n']);
    words.filter(|word| !word.is_empty()).collect()
}

#[test]
fn in_a_users_own_action_a_value_is_a_value_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let mut stage = Stage::new(folder.path(), &oracle, &[]);
    let texts = HOSTILE.iter().enumerate().map(|(number, text)| {
        let canary = canary(&stage.canary, "mine", number);
        filled(text, &canary, "t0ken")
    });
    let texts: Vec<String> = texts.collect();
    let (with_newlines, in_lines): (Vec<&String>, Vec<&String>) =
        texts.iter().partition(|text| text.contains('\n'));
    // As a name in a line, as an id in a line, as an id by hand, and as a line that somebody tells of.
    let by_name = in_lines.iter().enumerate();
    let by_name = by_name.map(|(number, text)| format!("mine {text} from 198.18.0.{number}"));
    let by_id = in_lines.iter().map(|text| format!("mine {text} failed"));
    let lines = stage.append(&by_name.chain(by_id).collect::<Vec<_>>());
    stage.wait_for_bans("mine", lines.len());
    stage.ban("mine", with_newlines.iter().copied().cloned().collect());
    for (number, text) in texts.iter().enumerate() {
        let address = format!("198.18.1.{number}");
        let words = ["set", "mine", "attempt", &address, text];
        stage.tell(&words.map(str::to_owned));
    }
    stage.wait_for_bans("mine", lines.len() + with_newlines.len() + 1 + texts.len());
    let (calls, made) = stage.end();
    assert_eq!(made, [""; 0], "words of theirs ran");

    let check = |user: &str, id: &str, lines: &str| {
        // No argument of a process can hold it.
        let [user, id, lines] = [user, id, lines].map(|text| text.replace('\0', ""));
        let calls = &calls;
        Banned {
            calls,
            user,
            id,
            lines,
        }
        .check();
    };
    for (number, text) in in_lines.iter().enumerate() {
        check(text, &format!("198.18.0.{number}"), &lines[number]);
        check("", text, &lines[in_lines.len() + number]);
    }
    for text in with_newlines {
        check("", text, "");
    }
    for (number, text) in texts.iter().enumerate() {
        check("", &format!("198.18.1.{number}"), text);
    }
}
