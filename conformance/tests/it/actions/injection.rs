//! What attackers write into logs, and names that are no addresses, through every stock action and a
//! user's own, truly run: none of it is ever a command, and it arrives as data.

mod own;

use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use conformance::{
    Oracle, Server, Version,
    shims::{Call, Shims},
};
use f2b_protocol::{Command, Value, client::Client};

use super::run::{DEADLINE, Jail};

/// Ids and user names. `CANARY` stands for a file that only a command of theirs would make; `TOKEN` tells
/// that the text arrived.
const HOSTILE: &[&str] = &[
    "TOKEN$(touch CANARY)",
    "TOKEN`touch CANARY`",
    "TOKEN'; touch CANARY; '",
    "TOKEN\"; touch CANARY #",
    "TOKEN; touch CANARY",
    "TOKEN & touch CANARY | touch CANARY && touch CANARY || touch CANARY",
    "TOKEN\ntouch CANARY\n",
    "\r\ntouch CANARY\r\nTOKEN",
    "TOKEN\\\"; touch CANARY #\\`touch CANARY\\`\\$(touch CANARY)\\",
    "TOKEN\0$(touch CANARY)\0; touch CANARY",
    "TOKEN <ip> <matches> <F-USER> %(ip)s %s%n $f2bV_matches $0 ${1:-$(touch CANARY)}",
    "TOKEN\"'`\"$(touch CANARY)",
    "-TOKEN --output=CANARY -o CANARY",
    "TOKEN > CANARY < CANARY >> CANARY <(touch CANARY)",
    "TOKEN\nEND\ntouch CANARY",
    "x/d;1e touch CANARY;#TOKEN",
    "TOKEN $((a[$(touch CANARY)])) {a,b} ~ * ? [a]",
];

/// Actions that write who is banned into a file and tell no program.
const INTO_FILES: &[&str] = &[
    "dshield",
    "dummy",
    "hostsdeny",
    "iptables-xt_recent-echo",
    "nginx-block-map",
];

/// What runs a word of theirs by its own doing: a user's `eval`, which shows that this would be seen, and a
/// stock action whose `actionunban` makes a program for `sed` out of an id. An address cannot become one.
const CARELESS: &[&str] = &["careless", "of_hostsdeny_it"];

/// A user's own action, with a value in each place where one may stand.
const OWN: &str = "[Definition]
actionban = mark bare <F-USER>
            mark quoted \"<F-USER>\" \"<matches>\" \"<fid>\"
            mark substituted \"$(printf %%s \"<F-USER>\")\"
            mark words $(printf '%%s ' <fid>)
            mark behind\"<F-USER>\"before
            cat <<END | mark document
            <F-USER>
            <fid>
            END
actionunban = mark lifted \"<fid>\"
";

/// A user's own action that asks for it.
const EVAL: &str = "[Definition]\nactionban = eval \"<fid>\"\n";

/// Puts the file and a word of the case's own into a hostile text.
fn filled(text: &str, canary: &Path, token: &str) -> String {
    text.replace("CANARY", canary.to_str().unwrap())
        .replace("TOKEN", token)
}

/// A server of ours among recording programs, with a folder that commands of others could write to.
struct Stage {
    server: Server,
    shims: Shims,
    canary: PathBuf,
    log: PathBuf,
    waited: usize,
}

impl Stage {
    fn new(folder: &Path, tree: &Oracle, jails: &[Jail]) -> Self {
        let shims = Shims::new(folder).unwrap();
        let [canary, log] = ["canaries", "bad.log"].map(|name| folder.join(name));
        fs::create_dir(&canary).unwrap();
        fs::write(&log, "").unwrap();
        let jail_local = jail_local(&log, jails);
        let files = [
            ("jail.local", jail_local.as_str()),
            ("action.d/mine.conf", OWN),
            ("action.d/careless.conf", EVAL),
            ("filter.d/recording.conf", FILTER),
            ("fail2ban.d/ipv6.local", "[Definition]\nallowipv6 = yes\n"),
        ];
        let server = Server::among(&shims, None, tree, folder, &files).unwrap();
        Self {
            server,
            shims,
            canary,
            log,
            waited: 0,
        }
    }

    fn tell(&self, words: &[String]) -> Value {
        let mut client = Client::new(UnixStream::connect(&self.server.endpoint.socket).unwrap());
        let reply = client.ask(&Command::words(words.iter().cloned()));
        reply.unwrap().unwrap()
    }

    /// Bans ids by hand; returns when all actions have run.
    fn ban(&self, jail: &str, ids: Vec<String>) {
        let count = i64::try_from(ids.len()).unwrap();
        let words = ["set", jail, "banip"].map(str::to_owned);
        let banned = self.tell(&[words.to_vec(), ids].concat());
        assert_eq!(banned, Value::Int(count), "{jail}");
    }

    /// Writes lines into the log, each behind the time; returns them as they stand there.
    fn append(&self, lines: &[String]) -> Vec<String> {
        let now = jiff::Timestamp::now().as_second();
        let mut log = fs::OpenOptions::new().append(true).open(&self.log).unwrap();
        let lines = lines.iter().map(|line| format!("{now} {line}"));
        let lines: Vec<String> = lines.collect();
        log.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
        lines
    }

    /// Waits until a jail has banned so many, and until its actions have run.
    fn wait_for_bans(&mut self, jail: &str, count: usize) {
        let sign = format!("[{jail}] Ban ");
        self.server
            .wait_until(DEADLINE, |server| {
                Ok(server.logged()?.matches(&sign).count() >= count)
            })
            .unwrap();
        // What is asked of a jail comes after what it does already.
        self.waited += 1;
        self.ban(jail, vec![format!("203.0.113.{}", self.waited)]);
    }

    /// Stops the server; returns all calls, and whose files are there that only words of theirs make.
    fn end(self) -> (Vec<Call>, Vec<String>) {
        self.tell(&["stop".to_owned()]);
        self.server.wait_for_end().unwrap();
        let made = fs::read_dir(&self.canary).unwrap().map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let (jail, _) = name.rsplit_once('-').unwrap();
            jail.to_owned()
        });
        let mut made: Vec<String> = made.collect();
        made.sort();
        made.dedup();
        (self.shims.calls(&mut 0).unwrap(), made)
    }
}

const FILTER: &str = "[Definition]
failregex = ^ %(jail)s <F-USER>.*</F-USER> from <ADDR>$
            ^ %(jail)s <F-ID>.*</F-ID> failed$
datepattern = ^EPOCH
";

fn jail_local(log: &Path, jails: &[Jail]) -> String {
    let mut text = format!(
        "[DEFAULT]\nbackend = polling\nusedns = no\nignoreip =\nignoreself = false\n\
         filter = recording[jail=\"%(__name__)s\"]\nlogpath = {}\nmaxretry = {}\n\
         [mine]\nenabled = true\nmaxretry = 1\naction = mine\n\
         [careless]\nenabled = true\naction = careless\n",
        log.display(),
        lines_of("").len()
    );
    for Jail { action, name, .. } in jails {
        text += &format!(
            "[{name}]\nenabled = true\naction = {action}[name=%(__name__)s, port=ssh, protocol=tcp, \
             chain=INPUT, logpath={}, tmpfile=/run/fail2ban/%(__name__)s, native=no{}]\n",
            log.display(),
            super::run::more_parameters(action)
        );
    }
    text
}

/// What can stand in a line of a log.
fn lines_of(jail: &str) -> Vec<String> {
    let texts = HOSTILE.iter().filter(|text| !text.contains('\n'));
    texts
        .map(|text| format!("{jail} {text} from ADDRESS"))
        .collect()
}

/// Where one text of a jail would leave its mark.
fn canary(folder: &Path, jail: &str, number: usize) -> PathBuf {
    folder.join(format!("{jail}-{number}"))
}

/// Gives everything hostile to every action of an original; returns how many calls were made, in which
/// actions the token never arrived at a program, and where a word ran.
fn play(version: Version, is_chosen: impl Fn(&str) -> bool) -> (usize, Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let oracle = Oracle::new(version).unwrap();
    let mut jails = Jail::all(&oracle);
    jails.retain(|jail| is_chosen(&jail.action));
    let mut stage = Stage::new(folder.path(), &oracle, &jails);
    let place = stage.canary.clone();
    let token = |jail: &str| format!("t0ken-{jail}");
    for jail in &jails {
        let lines = lines_of(&jail.name).into_iter().enumerate();
        let lines = lines.map(|(number, line)| {
            let line = line.replace("ADDRESS", &format!("{}9", jail.net4));
            let canary = canary(&place, &jail.name, number + HOSTILE.len());
            filled(&line, &canary, &token(&jail.name))
        });
        stage.append(&lines.collect::<Vec<_>>());
    }
    let ids = |jail: &str| -> Vec<String> {
        let ids = HOSTILE.iter().enumerate();
        let ids = ids.map(|(number, id)| filled(id, &canary(&place, jail, number), &token(jail)));
        ids.collect()
    };
    for jail in &jails {
        stage.wait_for_bans(&jail.name, 1);
    }
    // Jails work side by side.
    thread::scope(|scope| {
        for some in jails.chunks(jails.len().div_ceil(4)) {
            let stage = &stage;
            scope.spawn(move || {
                some.iter()
                    .for_each(|jail| stage.ban(&jail.name, ids(&jail.name)));
            });
        }
    });
    stage.ban("careless", ids("careless"));
    let (calls, made) = stage.end();
    let has_arrived = |jail: &Jail| {
        calls.iter().any(|call| {
            let mut texts = call.words.iter().chain(&call.stdin);
            texts.any(|text| text.contains(&token(&jail.name)))
        })
    };
    let lost = jails.iter().filter(|jail| !has_arrived(jail));
    let lost = lost.map(|jail| jail.action.clone()).collect();
    (calls.len(), lost, made)
}

#[test]
fn no_word_of_an_attacker_runs_in_any_stock_action() {
    let [old, new] = Version::ALL.map(|version| Oracle::new(version).unwrap());
    let text = |oracle: &Oracle, action: &str| {
        let path = oracle.configuration().join("action.d");
        fs::read(path.join(format!("{action}.conf"))).unwrap_or_default()
    };
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| play(Version::V1_1_1, |_| true));
        // Most are the same in both.
        let second = play(Version::V1_0_2, |action| {
            text(&old, action) != text(&new, action)
        });
        (first.join().unwrap(), second)
    });
    println!(
        "{} and {} calls of programs with {} hostile texts",
        first.0,
        second.0,
        HOSTILE.len()
    );
    assert_eq!(first.1, INTO_FILES);
    assert_eq!(first.2, CARELESS);
    assert_eq!(second.1, ["iptables-xt_recent-echo"]);
    assert_eq!(second.2, ["careless"]);
}
