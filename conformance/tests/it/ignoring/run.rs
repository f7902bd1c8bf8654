//! All cases at once in one server: one jail each, round by round.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use conformance::{Endpoint, Oracle, Server, ours};

use super::cases::{Case, Step};

/// How long a server may take for one round of all jails.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long ours may take for what it does beside its reading, once the original's lines are known.
const MORE_PATIENCE: Duration = Duration::from_secs(15);

/// Seconds that the system waits for an answer about a name.
const RESOLVER_SECONDS: u32 = 2;

const FILTER: &str = "[Definition]\n\
    failregex = ^\\s*bad login from <HOST>$\n\
    \x20           ^\\s*bad id <F-ID>.+</F-ID>$\n\
    \x20           ^\\s*bad user <F-USER>.*?</F-USER> from <ADDR>$\n\
    \x20           ^\\s*bad both <F-ID>\\S+</F-ID> from <ADDR>$\n\
    datepattern = {^LN-BEG}Epoch\n";

const QUIET: &str = "[Definition]\nactionban =\nactionunban =\n";

const SETTINGS: &str = "[Definition]\nloglevel = INFO\nlogtarget = {folder}/f2b.log\nsyslogsocket = auto\n\
    socket = {folder}/socket\npidfile = {folder}/pid\ndbfile = {folder}/f2b.sqlite3\n\
    dbpurgeage = 1d\ndbmaxmatches = 10\nallowipv6 = yes\n";

const DEFAULT: &str = "[DEFAULT]\nbackend = polling\nusedns = no\nmaxretry = 1\nfindtime = 6000\nbantime = 6000\n\
    ignoreself = false\nfilter = demo\naction = quiet\nenabled = true\n";

/// What a case came to.
pub(super) struct Seen {
    /// What commands printed and files hold.
    told: String,
    /// The lines of the log that are about the case, after each round.
    lines: Vec<Vec<String>>,
}

impl Seen {
    /// Everything as one text; what is done beside the reading has an order of its own.
    pub(super) fn text(&self) -> String {
        let mut text = self.told.clone();
        for (number, lines) in (1..).zip(&self.lines) {
            text.push_str(&format!("round {number}\n"));
            let mut lines = lines.clone();
            lines.sort();
            text.extend(lines.iter().map(|line| format!("{line}\n")));
        }
        text
    }
}

/// The name of a case's jail; the names and files of the case hold it, so that its lines are known.
fn jail(number: usize) -> String {
    format!("case{number:02}")
}

/// Fails at the end of each round; when it has been judged, so has all before it.
fn mark(round: usize) -> String {
    format!("198.51.100.{}", 200 + round)
}

/// Runs all cases on one server, through two lives of it.
pub(super) fn run(
    program: Option<&Oracle>,
    oracle: &Oracle,
    folder: &Path,
    cases: &[Case],
    expected: Option<&[Seen]>,
) -> Vec<Seen> {
    let mut run = Run {
        program,
        oracle,
        folder: folder.to_owned(),
        own: folder.join(match program {
            Some(_) => "original",
            None => "ours",
        }),
        cases,
        seen: cases
            .iter()
            .map(|_| Seen {
                told: String::new(),
                lines: Vec::new(),
            })
            .collect(),
        expected,
        skipped: 0,
    };
    let server = run.start(|case| Some(case.options));
    let rounds = cases.iter().map(|case| case.rounds.len()).max().unwrap();
    let mut server = server;
    for round in 0..rounds {
        run.round(&mut server, round);
    }
    run.end(server);
    let server = run.start(|case| case.again);
    run.after_restore(server);
    run.seen
}

struct Run<'a> {
    program: Option<&'a Oracle>,
    oracle: &'a Oracle,
    folder: PathBuf,
    own: PathBuf,
    cases: &'a [Case],
    seen: Vec<Seen>,
    expected: Option<&'a [Seen]>,
    /// Bytes of the log that belong to rounds before.
    skipped: usize,
}

impl Run<'_> {
    /// Starts the server with the jails that have options.
    fn start(&mut self, options: impl Fn(&Case) -> Option<&'static str>) -> Server {
        let mut jails = DEFAULT.to_owned();
        let mut files: Vec<(String, String)> = Vec::new();
        for (number, case) in self.cases.iter().enumerate() {
            let jail = jail(number);
            let Some(options) = options(case) else {
                continue;
            };
            jails.push_str(&self.filled(
                number,
                &format!("[{jail}]\nlogpath = {{folder}}/{jail}.log\n{options}\n"),
            ));
            if !self.own.join(format!("{jail}.log")).exists() {
                files.push((format!("../{jail}.log"), String::new()));
            }
            for (name, text) in case.files {
                files.push((
                    format!("../{}", self.filled(number, name)),
                    self.filled(number, text),
                ));
            }
        }
        let mut tree = vec![
            ("fail2ban.conf", SETTINGS),
            ("jail.conf", &jails),
            ("filter.d/demo.conf", FILTER),
            ("action.d/quiet.conf", QUIET),
        ];
        tree.extend(
            files
                .iter()
                .map(|(name, text)| (name.as_str(), text.as_str())),
        );
        Server::on_host(self.program, &self.folder, &tree, RESOLVER_SECONDS).unwrap()
    }

    fn filled(&self, number: usize, text: &str) -> String {
        let folder = self.own.display().to_string();
        text.replace("{jail}", &jail(number))
            .replace("{folder}", &folder)
    }

    /// Does one round of all cases and waits until each is through.
    fn round(&mut self, server: &mut Server, round: usize) {
        let pause = self
            .cases
            .iter()
            .filter_map(|case| case.rounds.get(round))
            .flat_map(|steps| steps.iter())
            .any(|step| matches!(step, Step::Pause));
        if pause {
            // What is kept for a second has to become old by the clock of the machine.
            thread::sleep(Duration::from_millis(1_600));
        }
        for number in 0..self.cases.len() {
            let case = self.cases[number];
            if case.takes_part_in(round) {
                for step in case.rounds.get(round).copied().unwrap_or_default() {
                    self.step(number, &server.endpoint, step);
                }
                if round == 0 {
                    self.step(number, &server.endpoint, &Step::Lines(case.lines));
                }
                let mark = format!("bad user mark from {}", mark(round));
                self.write(number, &[&mark]);
            }
        }
        let cases = self.cases;
        let is_through = |lines: &[Vec<String>]| {
            (0..cases.len()).all(|number| {
                let mark = mark(round);
                let is_judged = |line: &String| {
                    line.contains(&format!("Ban {mark}"))
                        || line.contains(&format!("Ignore {mark} "))
                };
                !cases[number].takes_part_in(round) || lines[number].iter().any(is_judged)
            })
        };
        self.settle(server, round, is_through);
    }

    /// Waits until the log holds what it should, and keeps it.
    fn settle(
        &mut self,
        server: &mut Server,
        round: usize,
        is_through: impl Fn(&[Vec<String>]) -> bool,
    ) {
        let this = &*self;
        let waited = server.wait_until(PATIENCE, |server| {
            Ok(is_through(&this.lines(&server.logged()?)))
        });
        let begin = Instant::now();
        while begin.elapsed() < MORE_PATIENCE && !self.is_all(server, round) {
            thread::sleep(Duration::from_millis(50));
        }
        let log = server.logged().unwrap();
        let lines = self.lines(&log);
        self.skipped = log.len();
        for (seen, lines) in self.seen.iter_mut().zip(lines) {
            seen.lines.push(lines);
        }
        if let Err(error) = waited {
            panic!("round {round}: {error:#}");
        }
    }

    /// Tells whether as many lines are there as the original wrote.
    fn is_all(&self, server: &Server, round: usize) -> bool {
        let Some(expected) = self.expected else {
            return true;
        };
        let lines = self.lines(&server.logged().unwrap());
        let mut counts = expected.iter().zip(lines);
        // Each identity is judged once, whatever the verdict; a ban follows at once.
        let judged = |lines: &[String]| {
            let is_other = |line: &str| {
                line.starts_with("fail2ban.transmitter") || line.starts_with("fail2ban.actions")
            };
            lines.iter().filter(|line| !is_other(line)).count()
        };
        counts.all(|(expected, lines)| judged(&expected.lines[round]) <= judged(&lines))
    }

    fn step(&mut self, number: usize, endpoint: &Endpoint, step: &Step) {
        match step {
            Step::Lines(lines) => {
                let lines: Vec<String> =
                    lines.iter().map(|line| self.filled(number, line)).collect();
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                self.write(number, &lines);
            }
            Step::Client(words) => {
                let words: Vec<String> =
                    words.iter().map(|word| self.filled(number, word)).collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let run = match self.program {
                    Some(oracle) => oracle.client(endpoint, &words),
                    None => ours::client(endpoint, &words),
                };
                let run = run.unwrap();
                let own = self.own.display().to_string();
                let told = format!("> {}\n{}", words.join(" "), run.transcript());
                self.seen[number].told += &told.replace(&own, "FOLDER");
            }
            Step::Write(name, text) => {
                let (name, text) = (self.filled(number, name), self.filled(number, text));
                fs::write(self.own.join(name), text).unwrap();
            }
            Step::Show(name) | Step::Sorted(name) => {
                let name = self.filled(number, name);
                let text = fs::read_to_string(self.own.join(&name)).unwrap_or_default();
                let mut lines: Vec<&str> = text.lines().collect();
                if matches!(step, Step::Sorted(_)) {
                    lines.sort_unstable();
                }
                self.seen[number].told += &format!("{name}:\n{}\n", lines.join("\n"));
            }
            Step::Pause => {}
        }
    }

    fn write(&self, number: usize, lines: &[&str]) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = now.as_secs();
        let path = self.own.join(format!("{}.log", jail(number)));
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        let text: String = lines.iter().map(|line| format!("{now} {line}\n")).collect();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Returns what a log says about each case since the last round.
    fn lines(&self, log: &str) -> Vec<Vec<String>> {
        let own = self.own.display().to_string();
        let mut all = vec![Vec::new(); self.cases.len()];
        let mut commands: Vec<(String, usize)> = Vec::new();
        for line in log.get(self.skipped..).unwrap_or_default().lines() {
            let Some(line) = comparable(line) else {
                continue;
            };
            let line = line.replace(&own, "FOLDER");
            let number = (0..self.cases.len()).find(|number| line.contains(&jail(*number)));
            // What a command said has no word of its own, but the number of its run.
            let run = line
                .split_once(" -- ")
                .and_then(|(before, _)| before.rsplit(' ').next())
                .unwrap_or_default()
                .to_owned();
            let number = match number {
                Some(number) => {
                    if !run.is_empty() {
                        commands.push((run.clone(), number));
                    }
                    Some(number)
                }
                None => commands
                    .iter()
                    .rev()
                    .find(|(known, _)| *known == run && !run.is_empty())
                    .map(|(_, number)| *number),
            };
            if let Some(number) = number {
                let line = match run.is_empty() {
                    true => line,
                    false => line.replace(&run, "RUN"),
                };
                all[number].push(line);
            }
        }
        all
    }

    /// Waits for the end of the second life's begin: the last of all bans is there again.
    fn after_restore(&mut self, mut server: Server) {
        let cases = self.cases;
        let is_through = |lines: &[Vec<String>]| {
            (0..cases.len()).all(|number| {
                let is_last = |line: &String| line.contains("Restore Ban 2001:db8:ffff::1");
                cases[number].again.is_none() || lines[number].iter().any(is_last)
            })
        };
        let round = self.seen[0].lines.len();
        self.settle(&mut server, round, is_through);
    }

    /// Ends the first life: only the jails that come again are stopped by the rules, all of them would take
    /// the original more than a minute.
    fn end(&mut self, server: Server) {
        for number in 0..self.cases.len() {
            if self.cases[number].again.is_some() {
                let stop = self
                    .oracle
                    .client(&server.endpoint, &["stop", &jail(number)]);
                stop.unwrap().success().unwrap();
            }
        }
        let (log, socket) = (server.log.clone(), server.endpoint.socket.clone());
        drop(server);
        fs::remove_file(socket).unwrap();
        // What is unbanned at the end is no part of a case.
        self.skipped = fs::read_to_string(log).unwrap().len();
    }
}

/// Returns a line's logger, level and text without moments; nothing for those about the start of a jail.
fn comparable(line: &str) -> Option<String> {
    let rest = line.get(24..)?;
    let (logger, rest) = rest.split_once('[')?;
    let (_, text) = rest.split_once("]: ")?;
    let logger = logger.trim();
    let is_start =
        logger == "fail2ban.jail" || text.contains("Added logfile") || text.contains("Jail '");
    // Whether that is said depends on how long ago the ban was.
    if is_start || text.ends_with(" already banned") {
        return None;
    }
    let text = match text.split_once(" - 20") {
        Some((found, _)) if text.contains("Found") || text.contains("Attempt") => found,
        _ => text,
    };
    Some(format!("{logger} {text}"))
}
