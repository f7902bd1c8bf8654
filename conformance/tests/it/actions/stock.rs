//! The originals' own action files: what they hand to the shell, by them and by ours.
//!
//! Nothing of it runs. The original's server meets a program in the place of `/bin/sh` that only
//! writes down its arguments, ours has a [`Shell`] that does the same.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::{
    Oracle, Server, Version,
    differences::{Comparison, KnownDifferences},
};
use f2b_action::{Flush, Host, JailActions, Outcome, Script, Shell, World};
use f2b_config::{Directory, NoLogs, Reading};
use f2b_core::{Span, UnixTime};
use f2b_protocol::{Command, client::Client};

use super::ours::{Jail, apply};

/// Everything happens within this time, or the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a failure's line may hold.
const LINE: &str = "bad \"x\" `id` $(id) 'y' ; & | > < * ? ~ # \\ [a] {b}";

/// What is done to each action, between its start and its stop.
const EVENTS: &[&[&str]] = &[
    &["banip", "192.0.2.1"],
    &["banip", "2001:db8::1"],
    &["banip", "198.51.100.0/24"],
    &["attempt", "192.0.2.2", LINE],
    &["unbanip", "192.0.2.1"],
    &["unbanip", "2001:db8::1"],
];

/// The last action of each jail; its commands tell that all the others have had their turn.
const MARK: &str = "[Definition]
actionstart = mark
actionban = mark
actionstop = mark
[Init]
";

/// Ends the words of one script in the record.
const END: &str = "end of script";

/// A program for the place of `/bin/sh`: it writes its arguments down, without the `-c`.
fn recorder(folder: &Path) -> (PathBuf, PathBuf) {
    let [program, record, shell] = ["shell", "shell.record", "dash"].map(|name| folder.join(name));
    fs::copy("/bin/sh", &shell).unwrap();
    let text = format!(
        "#!{}\nshift\nprintf '%s\\0' \"$@\" '{END}' >> {}\n",
        shell.display(),
        record.display()
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&record, "").unwrap();
    (program, record)
}

/// The names of the actions that come with an original.
pub(super) fn actions(oracle: &Oracle) -> Vec<String> {
    let folder = oracle.configuration().join("action.d");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_suffix(".conf")?;
            // What others include is no action.
            (!name.ends_with("-common")).then(|| name.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// The commands that make and start the jail of each action.
fn streams(folder: &Path) -> Vec<Command> {
    let tree = Directory::new(folder.join("original/configuration"));
    let read = f2b_config::read(&tree, &NoLogs, &Reading::default()).unwrap();
    let stream = read.stream.unwrap().into_iter().map(|sent| sent.command);
    stream.collect()
}

fn is_of(jail: &str, command: &Command) -> bool {
    command.word(1) == Some(jail)
}

/// What an original hands to the shell, jail by jail.
struct Original {
    server: Server,
    client: Client<UnixStream>,
    record: PathBuf,
    seen: usize,
}

impl Original {
    fn ask(&mut self, command: &Command) {
        let reply = self.client.ask(command).unwrap();
        assert!(reply.is_ok(), "{command}: {reply:?}");
    }

    fn tell(&mut self, words: &[&str]) {
        self.ask(&Command::words(words.iter().copied()));
    }

    /// What was handed over since the last time.
    fn rest(&mut self) -> Vec<Vec<String>> {
        let text = fs::read_to_string(&self.record).unwrap();
        let mut scripts: Vec<Vec<String>> = vec![Vec::new()];
        for word in text.get(self.seen..).unwrap().split_terminator('\0') {
            if word == END {
                scripts.push(Vec::new());
            } else {
                scripts.last_mut().unwrap().push(word.to_owned());
            }
        }
        scripts.pop();
        self.seen = text.len();
        scripts
    }

    /// Waits until the last action has had its turn.
    fn news(&mut self) -> Vec<Vec<String>> {
        let (record, seen) = (self.record.clone(), self.seen);
        let mark = format!("mark\0{END}\0");
        self.server
            .wait_until(DEADLINE, |_| {
                let text = fs::read_to_string(&record)?;
                Ok(text.get(seen..).unwrap().ends_with(&mark))
            })
            .unwrap();
        self.rest()
    }

    fn play(&mut self, jail: &str, stream: &[Command]) -> String {
        for command in stream.iter().filter(|command| is_of(jail, command)) {
            self.ask(command);
        }
        let mut transcript = shown("start", &self.news());
        for event in EVENTS {
            let words: Vec<&str> = ["set", jail].iter().chain(*event).copied().collect();
            self.tell(&words);
            // An attempt is dealt with later, all else has been done when it is answered.
            let news = match **event {
                ["attempt", ..] => self.news(),
                _ => self.rest(),
            };
            transcript += &shown(&event.join(" "), &news);
        }
        // As a jail does that stops, without waiting for its threads.
        self.tell(&["unban", "--all"]);
        self.tell(&["set", jail, "action", jail, "stop"]);
        transcript += &shown("stop", &self.rest());
        transcript
    }
}

/// Writes down what our actions hand to the shell.
#[derive(Default)]
struct Recorder(Vec<Vec<String>>);

impl Shell for Recorder {
    fn run(&mut self, script: &Script, _timeout: Span) -> Outcome {
        let values = script.values.iter().cloned();
        let all = [script.text.clone()].into_iter().chain(values);
        self.0.push(all.collect());
        Outcome::code(0)
    }
}

/// What our actions hand to the shell, for the same events.
fn ours(jail: &str, stream: &[Command], host: &Host) -> String {
    let mut actions = JailActions::new(jail);
    for command in stream {
        apply(&mut actions, jail, command.as_words());
    }
    let mut jail = Jail::new(jail, actions);
    let mut transcript = String::new();
    let mut run = |name: &str, what: &mut dyn FnMut(&mut Jail, &mut World<'_>)| {
        let mut shell = Recorder::default();
        let mut no_ban = jail.tags_of_no_ban();
        let mut world = World {
            shell: &mut shell,
            log: &mut |_| {},
            host,
            now: UnixTime::from_seconds(0),
            no_ban: &mut no_ban,
        };
        what(&mut jail, &mut world);
        transcript += &shown(name, &shell.0);
    };
    run("start", &mut |jail, world| jail.actions.start(world));
    for event in EVENTS {
        run(&event.join(" "), &mut |jail, world| match **event {
            ["banip", id] => jail.ban_by_hand(world, id),
            ["attempt", id, line] => jail.ban_for(world, id, line),
            ["unbanip", id] => jail.unban(world, id),
            _ => panic!("no such event: {event:?}"),
        });
    }
    run("stop", &mut |jail, world| {
        jail.lift_all(world, Flush::Stop);
        jail.actions.stop(world);
    });
    transcript
}

/// What one event handed to the shell.
///
/// *Shape*: a line `> event`, then one line for each script with its values, as JSON; the time of a
/// ban is `TIME`.
fn shown(event: &str, scripts: &[Vec<String>]) -> String {
    let mut text = format!("> {event}\n");
    for script in scripts {
        if script.first().is_some_and(|text| text != "mark") {
            let script: Vec<String> = script.iter().map(|word| without_times(word)).collect();
            text += &format!("{}\n", serde_json::to_string(&script).unwrap());
        }
    }
    text
}

/// Replaces what looks like seconds since the epoch.
pub(super) fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for character in text.chars().chain(['\0']) {
        if character.is_ascii_digit() || (character == '.' && !digits.is_empty()) {
            digits.push(character);
            continue;
        }
        let is_time = digits
            .split('.')
            .next()
            .is_some_and(|whole| whole.len() == 10);
        out += if is_time { "TIME" } else { &digits };
        digits.clear();
        out.push(character);
    }
    out.pop();
    out
}

fn compare(version: Version) -> Vec<Comparison> {
    let oracle = Oracle::new(version).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (shell, record) = recorder(folder.path());
    let names = actions(&oracle);
    let tree = folder.path().join("original/configuration");
    for (name, text) in [
        ("action.d/mark.conf", MARK),
        (
            "action.d/names.conf",
            "[Definition]\nactionstart = <fq-hostname> <sh-hostname>\n",
        ),
        (
            "filter.d/recording.conf",
            "[Definition]\nfailregex = ^bad <HOST>$\n",
        ),
        ("fail2ban.d/ipv6.local", "[Definition]\nallowipv6 = yes\n"),
    ] {
        let path = tree.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    // No jail is started by itself.
    let mut server = Server::of_original_with_shell(&oracle, folder.path(), "", &shell).unwrap();
    server.wait_until(DEADLINE, |_| Ok(true)).unwrap();
    let mut jails = String::from(
        "[DEFAULT]\nbackend = polling\nusedns = no\nignoreip =\nignoreself = false\nmaxretry = 1\n\
         filter = recording\nlogpath = /dev/null\n",
    );
    for name in names.iter().map(String::as_str).chain(["names"]) {
        jails += &format!(
            "[{name}]\nenabled = true\naction = {name}[name=%(__name__)s, port=\"ssh,22\", \
             protocol=tcp, chain=INPUT, logpath=/nowhere.log]\n         mark\n"
        );
    }
    fs::write(tree.join("jail.local"), jails).unwrap();
    let stream = streams(folder.path());
    let client = Client::new(UnixStream::connect(&server.endpoint.socket).unwrap());
    let mut original = Original {
        server,
        client,
        record,
        seen: 0,
    };
    let host = host(&original.play("names", &stream));
    let comparisons = names
        .iter()
        .map(|name| Comparison {
            case: format!("{version}: {name}"),
            original: original.play(name, &stream),
            ours: ours(name, &stream, &host),
        })
        .collect();
    // It is not stopped but ended: it would wait a second for each jail.
    comparisons
}

/// Reads the machine's names as the original has them.
fn host(transcript: &str) -> Host {
    let names = transcript.lines().nth(1).unwrap();
    let names: Vec<String> = serde_json::from_str(names).unwrap();
    let (fq_name, short_name) = names[0].split_once(' ').unwrap();
    Host {
        fq_name: fq_name.to_owned(),
        short_name: short_name.to_owned(),
        allows_ipv6: true,
    }
}

#[test]
fn both_hand_the_same_commands_to_the_shell_for_every_stock_action() {
    let runs = Version::ALL.map(|version| std::thread::spawn(move || compare(version)));
    let comparisons: Vec<Comparison> = runs
        .into_iter()
        .flat_map(|run| run.join().unwrap())
        .collect();
    let same = comparisons
        .iter()
        .filter(|one| one.original == one.ours)
        .count();
    let scripts: usize = comparisons
        .iter()
        .map(|one| {
            one.original
                .lines()
                .filter(|line| line.starts_with('['))
                .count()
        })
        .sum();
    println!(
        "{} stock actions of two originals with {scripts} scripts: {same} alike",
        comparisons.len()
    );
    KnownDifferences::load()
        .unwrap()
        .judge("actions-stock", &comparisons)
        .unwrap();
}
