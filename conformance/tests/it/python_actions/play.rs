//! A server with actions written in Python, and what happens to it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use conformance::{Oracle, Server, Version};
use f2b_protocol::{Command, client::Client};

use super::cases::{MORE, OWN, QUESTIONS};

/// Everything happens within this time, or the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// What came of each case: its name, and lines to compare.
pub(super) type Played = Vec<(&'static str, String)>;

/// Takes mails on port 2525 of the place that the server runs in, and writes them down.
const SINK: &str = r#"
import re, socketserver, sys
class Mails(socketserver.StreamRequestHandler):
    def handle(self):
        say = lambda text: self.wfile.write(text.encode() + b"\r\n")
        say("220 sink")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"DATA":
                say("354 go on")
                mail = b"".join(iter(self.rfile.readline, b".\r\n")).decode().replace("\r\n", "\n")
                mail = re.sub(r"(?m)^Date: .*", "Date: DATE", mail)
                with open(sys.argv[1], "a") as file:
                    file.write(mail + "=====\n")
            elif word != b"QUIT":
                with open(sys.argv[1], "a") as file:
                    file.write(re.sub(r"(?i)^(ehlo|helo) .*", r"\1", line.decode().strip()) + "\n")
            say("250 ok")
            if word == b"QUIT":
                return
socketserver.TCPServer.allow_reuse_address = True
with socketserver.TCPServer(("127.0.0.1", 2525), Mails) as server:
    open(sys.argv[1] + ".ready", "w").close()
    server.serve_forever()
"#;

const JAILS: &str = "
[DEFAULT]
backend = polling
usedns = no
ignoreip =
ignoreself = false
maxretry = 1
findtime = 600
bantime = 600
filter = bad
[own]
enabled = true
logpath = {folder}/own.log
action = own.py[actname=one, option=\"a b\", fails=\"\"]
         own.py[actname=failing, fails=\"start ban unban stop\"]
         own.py[actname=last]
[more]
enabled = true
logpath = {folder}/more.log
action = more.py[actname=it, other=1]
[mail]
enabled = true
logpath = {folder}/mail.log
action = smtp.py[host=\"127.0.0.1:2525\", dest=\"a@example.org, b@example.org\", sendername=Name, sender=from@example.org, matches=matches]
";

const MAIN: &str = "[Definition]\nloglevel = INFO\nlogtarget = STDOUT\nsyslogsocket = auto\n\
    socket = {folder}/none\npidfile = {folder}/none\ndbfile = {folder}/database.sqlite3\n\
    dbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = yes\n[Thread]\n";

const FILTER: &str = "[Definition]\nfailregex = ^\\s*bad <HOST>(?: user=<F-USER>.*</F-USER>)?$\n";

/// A server that is watched.
struct Watched<'a> {
    oracle: Option<&'a Oracle>,
    folder: &'a Path,
    tree: Vec<(String, String)>,
    server: Server,
    client: Client<UnixStream>,
    seen: usize,
}

/// Plays everything to a server of an original, or of ours.
///
/// The action that mails is that of the version.
pub(super) fn play(oracle: Option<&Oracle>, version: Version) -> Played {
    let folder = tempfile::tempdir().unwrap();
    let own = folder
        .path()
        .join(if oracle.is_some() { "original" } else { "ours" });
    fs::create_dir_all(&own).unwrap();
    for jail in ["own", "more", "mail"] {
        fs::write(own.join(format!("{jail}.log")), "").unwrap();
    }
    fs::write(own.join("sink.py"), SINK).unwrap();
    let of_version = Oracle::new(version).unwrap();
    let mailing = of_version.configuration().join("action.d/smtp.py");
    let tree = [
        ("fail2ban.conf", MAIN.to_owned()),
        ("jail.conf", JAILS.to_owned()),
        ("filter.d/bad.conf", FILTER.to_owned()),
        ("action.d/own.py", OWN.to_owned()),
        ("action.d/more.py", format!("{OWN}{MORE}")),
        ("action.d/wrong.py", "import nosuch\n".to_owned()),
        ("action.d/none.py", "x = 1\n".to_owned()),
        ("action.d/smtp.py", fs::read_to_string(mailing).unwrap()),
    ];
    let tree = tree.map(|(name, text)| (name.to_owned(), text)).to_vec();
    let (server, client) = start(oracle, folder.path(), &tree);
    let mut watched = Watched {
        oracle,
        folder: folder.path(),
        tree,
        server,
        client,
        seen: 0,
    };
    watched.play(&own)
}

fn start(
    oracle: Option<&Oracle>,
    folder: &Path,
    tree: &[(String, String)],
) -> (Server, Client<UnixStream>) {
    let own = folder.join(if oracle.is_some() { "original" } else { "ours" });
    let texts: Vec<(&str, &str)> = tree
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let own = own.display();
    let script = format!(
        "rm -f {own}/mails.ready; /usr/bin/python3 {own}/sink.py {own}/mails & \
         while [ ! -e {own}/mails.ready ]; do sleep 0.05; done; "
    );
    let server = Server::on_tree_inside(oracle, folder, &texts, &script).unwrap();
    let client = Client::new(UnixStream::connect(&server.endpoint.socket).unwrap());
    (server, client)
}

impl Watched<'_> {
    fn play(&mut self, own: &Path) -> Played {
        self.wait_for("last: start");
        self.wait_for("it: start");
        let questions = self.questions();
        let mut answers = String::new();
        for (jail, line) in [
            ("own", "bad 192.0.2.1 user=a;b 'c' \"d\" ä"),
            ("more", "bad 192.0.2.2 user=eve"),
            ("mail", "bad 192.0.2.3 user=eve"),
        ] {
            let stamp = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
            let path = own.join(format!("{jail}.log"));
            let mut log = fs::File::options().append(true).open(path).unwrap();
            writeln!(log, "{stamp} {line}").unwrap();
        }
        self.wait_for("last: ban 192.0.2.1");
        self.wait_for("it: ban 192.0.2.2");
        self.wait_for_mails(own, "banned 192.0.2.3");
        for words in [
            &["set", "own", "banip", "2001:db8::1", "text"][..],
            &["set", "mail", "banip", "2001:db8::1"],
            &["set", "own", "banip", "2001:db8::1"],
            &["set", "own", "unbanip", "192.0.2.1"],
            &["set", "mail", "unbanip", "192.0.2.3"],
            &["unban", "text"],
        ] {
            writeln!(answers, "> {}\n{}", words.join(" "), self.ask(words)).unwrap();
        }
        self.ask(&["stop"]);
        self.wait_for("one: stop");
        self.seen = self.server.logged().unwrap().len();
        (self.server, self.client) = start(self.oracle, self.folder, &self.tree);
        self.wait_for("last: ban 2001:db8::1");
        self.wait_for_mails(own, "started on");
        // What was banned before is not told to an action that does not want it.
        self.ask(&["set", "more", "banip", "192.0.2.4"]);
        self.ask(&["unban", "--all"]);
        self.ask(&["stop"]);
        self.wait_for("one: stop");
        self.wait_for("it: stop");
        let bans = answers + &self.all("own");
        let more = self.all("more");
        let mails = fs::read_to_string(own.join("mails")).unwrap();
        vec![
            ("questions", questions),
            ("bans", bans),
            ("flushed, not restored", more),
            ("mails", dated(&mails)),
        ]
    }

    /// What is answered, and what is logged of it.
    fn questions(&mut self) -> String {
        let mut transcript = String::new();
        let begin = self.server.logged().unwrap().len();
        let configuration = self.server.endpoint.configuration.join("action.d");
        for words in QUESTIONS {
            let words: Vec<String> = words
                .iter()
                .map(|word| {
                    match word
                        .strip_prefix('{')
                        .and_then(|word| word.strip_suffix('}'))
                    {
                        Some(name @ ("own" | "wrong" | "none")) => configuration
                            .join(format!("{name}.py"))
                            .display()
                            .to_string(),
                        _ => (*word).to_owned(),
                    }
                })
                .collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let answer = self.ask(&words);
            writeln!(transcript, "> {}\n{answer}", words.join(" ")).unwrap();
        }
        self.wait_for("'end'");
        let logged = self.server.logged().unwrap();
        transcript += &self.lines("", logged.get(begin..).unwrap());
        self.plain(&transcript)
    }

    fn ask(&mut self, words: &[&str]) -> String {
        let command = Command::words(words.iter().copied());
        match self.client.ask(&command).unwrap() {
            Ok(value) => format!("= {}\n", value.repr()),
            // A kind of `ValueError`, which says the same once a client has made it.
            Err(error) if error.is("JSONDecodeError") => {
                "! ValueError('Expecting value: line 1 column 1 (char 0)') Expecting value: line 1 column 1 (char 0)\n".to_owned()
            }
            Err(error) => format!("! {} {error}\n", error.repr()),
        }
    }

    fn wait_for(&mut self, sign: &str) {
        let seen = self.seen;
        let done = |server: &mut Server| {
            let logged = server.logged()?;
            let logged = dated(logged.get(seen..).unwrap_or_default());
            Ok(logged.contains(sign))
        };
        self.server.wait_until(DEADLINE, done).unwrap();
    }

    fn wait_for_mails(&mut self, own: &Path, sign: &str) {
        let path = own.join("mails");
        let done = |_: &mut Server| {
            let mails = fs::read_to_string(&path).unwrap_or_default();
            Ok(mails.contains(sign) && mails.ends_with("=====\n"))
        };
        self.server.wait_until(DEADLINE, done).unwrap();
    }

    /// All that was logged of one jail.
    fn all(&mut self, jail: &str) -> String {
        let all = self.server.logged().unwrap();
        self.lines(jail, &all)
    }

    fn lines(&self, jail: &str, logged: &str) -> String {
        let mut lines = String::new();
        for line in logged.lines() {
            let Some((_, line)) = line.split_once(" fail2ban.") else {
                continue;
            };
            let (logger, line) = line.split_once('[').unwrap();
            let (_, text) = line.split_once("]: ").unwrap();
            let is_told = matches!(logger.trim_end(), "Action" | "elsewhere" | "transmitter")
                || text.contains("Failed to ");
            // The actions of the jails are told apart by their names.
            let is_by = |name: &str| {
                text.starts_with(&format!("{name}: ")) || text.contains(&format!("action '{name}'"))
            };
            let is_of = match jail {
                "own" => ["one", "failing", "last"].iter().any(|name| is_by(name)),
                "more" => is_by("it"),
                _ => {
                    logger.trim_end() == "transmitter"
                        || is_by("it")
                        || is_by("third")
                        || is_by("second")
                }
            };
            if is_told && is_of {
                writeln!(lines, ": {} {text}", logger.trim_end()).unwrap();
            }
        }
        self.plain(&lines)
    }

    /// Without what differs from one run to another.
    fn plain(&self, text: &str) -> String {
        let own = self.server.endpoint.configuration.parent().unwrap();
        let text = dated(&text.replace(&own.display().to_string(), "FOLDER"));
        let mut plain = String::new();
        for line in text.lines() {
            let line = match line.split_once("info 'ActionInfo({") {
                Some((before, rest)) => {
                    let (_, after) = rest.rsplit_once("})': ").unwrap();
                    format!("{before}info 'ActionInfo({{…}})': {after}")
                }
                None => line.to_owned(),
            };
            writeln!(plain, "{line}").unwrap();
        }
        plain
    }
}

/// A text with every moment in it as the same word.
fn dated(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(place) = rest.find("20") {
        let (before, after) = rest.split_at(place);
        words.push(before.to_owned());
        let stamp = after.get(..19).unwrap_or_default();
        let is_stamp = stamp.len() == 19
            && stamp.char_indices().all(|(place, letter)| match place {
                4 | 7 => letter == '-',
                10 => letter == ' ',
                13 | 16 => letter == ':',
                _ => letter.is_ascii_digit(),
            });
        let length = if is_stamp { 19 } else { 2 };
        words.push(if is_stamp { "DATE" } else { "20" }.to_owned());
        rest = after.get(length..).unwrap_or_default();
    }
    words.push(rest.to_owned());
    words.concat()
}
