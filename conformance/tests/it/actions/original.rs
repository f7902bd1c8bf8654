//! The original's side: a server with all the jails, spoken to over its socket.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use conformance::{Oracle, Server};
use f2b_protocol::{Command, Value, client::Client};

use super::Transcript;
use super::cases::Case;
use super::events::{self, Stage};

/// Everything happens within this time, or the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server whose log is read piece by piece.
struct Watched<'a> {
    oracle: &'a Oracle,
    folder: &'a Path,
    jails: &'a str,
    cases: &'a [Case],
    server: Server,
    client: Client<UnixStream>,
    seen: usize,
}

/// Plays cases to an original.
pub(super) fn play(oracle: &Oracle, folder: &Path, cases: &[Case]) -> Vec<Transcript> {
    let (jails, files) = events::configuration(folder, cases);
    for (name, text) in files {
        let path = folder.join("original/configuration").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for case in cases {
        Stage::new(folder, case.jail).begin(case);
    }
    let (server, client) = start(oracle, folder, &jails, cases);
    let mut watched = Watched {
        oracle,
        folder,
        jails: &jails,
        cases,
        server,
        client,
        seen: 0,
    };
    let transcripts = cases.iter().map(|case| watched.play(case)).collect();
    watched.server.stop(oracle).unwrap();
    transcripts
}

/// Starts a server and waits until all actions have been started.
fn start(
    oracle: &Oracle,
    folder: &Path,
    jails: &str,
    cases: &[Case],
) -> (Server, Client<UnixStream>) {
    let mut server = Server::of_original(oracle, folder, jails).unwrap();
    let has_started = |case: &Case| Stage::new(folder, case.jail).mark().exists();
    server
        .wait_until(DEADLINE, |_| Ok(cases.iter().all(has_started)))
        .unwrap();
    let client = Client::new(UnixStream::connect(&server.endpoint.socket).unwrap());
    (server, client)
}

impl Watched<'_> {
    fn play(&mut self, case: &Case) -> Transcript {
        let mut stage = Stage::new(self.folder, case.jail);
        let mut transcript = format!("> start\n{}", stage.news());
        self.news(case.jail);
        for event in case.events.iter().chain([&"stop"]) {
            writeln!(transcript, "> {event}").unwrap();
            if stage.switch(event) {
                continue;
            }
            let answer = self.tell(case.jail, event, &stage);
            transcript += &stage.news();
            transcript += &self.news(case.jail);
            transcript += &answer;
        }
        stage.clear();
        transcript
    }

    /// Does one thing and returns what was answered, where our actions answer as well.
    fn tell(&mut self, jail: &str, event: &str, stage: &Stage<'_>) -> String {
        let words: Vec<&str> = event.split(' ').collect();
        let answer = match words[..] {
            ["ban" | "again", id] => self.ask(&["set", jail, "banip", id]),
            ["unban", "--all"] => self.ask(&["unban", "--all"]),
            ["unban", id] => self.ask(&["set", jail, "unbanip", id]),
            ["stop"] => self.ask(&["stop", jail]),
            ["wait", seconds] => {
                std::thread::sleep(Duration::from_secs(seconds.parse().unwrap()));
                return String::new();
            }
            ["attempt", id, ..] => {
                let line = event.splitn(3, ' ').last().unwrap();
                let begun = stage.recorded().len();
                let answer = self.ask(&["set", jail, "attempt", id, line]);
                self.wait_for(stage, begun, "end\n");
                answer
            }
            ["log", id, ..] => {
                let user = event.splitn(3, ' ').last().unwrap();
                let begun = stage.recorded().len();
                let stamp = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string();
                let mut log = fs::File::options().append(true).open(stage.log()).unwrap();
                writeln!(log, "{stamp} bad {id} user={user}").unwrap();
                self.wait_for(stage, begun, "end\n");
                return String::new();
            }
            ["restart", ..] => {
                let begun = stage.recorded().len();
                // It is answered once the socket is gone and the database closed.
                self.ask(&["stop"]);
                fs::remove_file(stage.mark()).unwrap();
                (self.server, self.client) =
                    start(self.oracle, self.folder, self.jails, self.cases);
                let (_, sign) = event.split_once(' ').unwrap();
                self.wait_for(stage, begun, sign);
                return String::new();
            }
            ["call", action, method] => return self.ask(&["set", jail, "action", action, method]),
            ["call", action, method, json] => {
                return self.ask(&["set", jail, "action", action, method, json]);
            }
            ["set", action, property, ..] => {
                let value = event.splitn(4, ' ').last().unwrap();
                return self.ask(&["set", jail, "action", action, property, value]);
            }
            ["get", action, property] => {
                return self.ask(&["get", jail, "action", action, property]);
            }
            ["properties", action] => return self.ask(&["get", jail, "actionproperties", action]),
            ["methods", action] => return self.ask(&["get", jail, "actionmethods", action]),
            _ => panic!("no such event: {event}"),
        };
        assert!(!answer.starts_with("! "), "{event}: {answer}");
        String::new()
    }

    /// Waits until something is written down.
    fn wait_for(&mut self, stage: &Stage<'_>, begun: usize, sign: &str) {
        let done = |_: &mut Server| Ok(stage.recorded().get(begun..).unwrap().contains(sign));
        self.server.wait_until(DEADLINE, done).unwrap();
    }

    fn ask(&mut self, words: &[&str]) -> String {
        match self
            .client
            .ask(&Command::words(words.iter().copied()))
            .unwrap()
        {
            Ok(value) => format!("= {}\n", shown(&value)),
            Err(error) => format!("! {error}\n"),
        }
    }

    /// What was logged since the last time, as lines of a transcript.
    fn news(&mut self, jail: &str) -> String {
        let all = self.server.logged().unwrap();
        let mut news = String::new();
        let mut last: Option<(String, String, String)> = None;
        let mut tell = |last: Option<(String, String, String)>| {
            if let Some((logger, level, text)) = last
                && is_of(jail, &text)
                && let Some(line) = events::logged(&logger, &level, &text)
            {
                news += &line;
            }
        };
        for line in all.get(self.seen..).unwrap().lines() {
            match parsed(line) {
                Some(entry) => tell(last.replace(entry)),
                None => {
                    if let Some((_, _, text)) = &mut last {
                        text.push('\n');
                        text.push_str(line);
                    }
                }
            }
        }
        tell(last);
        self.seen = all.len();
        news
    }
}

/// Other jails have nothing to flush, but say that they do.
fn is_of(jail: &str, text: &str) -> bool {
    match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((named, _)) => named == jail,
        None => true,
    }
}

fn shown(value: &Value) -> String {
    value.repr()
}

/// *Shape*: `2026-11-25 20:50:08,756 fail2ban.server         [25986]: INFO    text`.
fn parsed(line: &str) -> Option<(String, String, String)> {
    let (_, rest) = line.split_once(" fail2ban.")?;
    let (logger, rest) = rest.split_once('[')?;
    let (_, rest) = rest.split_once("]: ")?;
    let (level, _) = rest.split_once(' ')?;
    let text = rest.get(8.max(level.len() + 1)..)?.to_owned();
    Some((logger.trim_end().to_owned(), level.to_owned(), text))
}
