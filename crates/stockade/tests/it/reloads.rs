//! Reloads, good and bad ones, while lines keep coming and logs rotate: no line is lost or counted twice,
//! no ban is lifted, and what is wrong changes nothing.
#![expect(clippy::print_stdout, reason = "figures are worth a look")]

#[path = "reloads/configuration.rs"]
mod configuration;
#[cfg(test)]
#[path = "reloads/handover.rs"]
mod handover;

use std::collections::{BTreeMap, BTreeSet};

use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use crate::attack::{Attack, Numbers, numbers};
use crate::monitor::Monitor;
use crate::server::{Server, Setup};
use configuration::{Configuration, STEPS, Step};

/// Whom no reload may let go for a moment.
const BANNED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 200);

/// Who is ignored at the end, and who is found by the rule that comes later.
const IGNORED: &str = "192.0.2.77";
const LATER: &str = "192.0.2.78";

/// How many lines are written at once, and how many of them are failed logins.
const PIECE: usize = 20;
const FAILURES: usize = 2;

/// What a run was like.
#[derive(Debug)]
struct Figures {
    reloads: usize,
    lines: usize,
    lines_per_second: u64,
    slowest_reload: Duration,
    bans: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} reloads, {} lines, {} a second: none lost or counted twice; {} bans, none let go; slowest \
             reload {:?}",
            self.reloads, self.lines, self.lines_per_second, self.bans, self.slowest_reload
        )
    }
}

/// The three logs: that of `steady` and `moved`, that of `extra`, and the one that `steady` reads later.
struct Logs {
    auth: Mutex<Attack>,
    extra: Mutex<Attack>,
    more: Mutex<Attack>,
}

impl Logs {
    fn new(server: &Server, seed: u64) -> Self {
        let log = |name: &str, first: [u8; 4]| {
            Mutex::new(Attack::new(&server.path(name), first.into(), seed))
        };
        Self {
            auth: log("auth.log", [198, 18, 0, 1]),
            extra: log("extra.log", [198, 19, 0, 1]),
            more: log("more.log", [100, 64, 0, 1]),
        }
    }

    /// Writes until it shall end: about so many lines a second, `auth.log` rotated now and then.
    fn write(&self, rate: usize, end: &AtomicBool) {
        let pause = Duration::from_micros(1_000_000 * PIECE as u64 / rate as u64);
        let mut next = Instant::now();
        let mut pieces = 0_u32;
        while !end.load(Ordering::Relaxed) {
            let mut auth = self.auth.lock().unwrap();
            auth.write(PIECE, FAILURES);
            pieces += 1;
            // Not so often that two rotations come between two looks at the path.
            if pieces.is_multiple_of(250) {
                auth.rotate();
            }
            drop(auth);
            if pieces.is_multiple_of(3) {
                self.extra.lock().unwrap().write(3, 2);
                self.more.lock().unwrap().write(3, 2);
            }
            next += pause;
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }
}

impl Server {
    /// What can be asked of the configuration of a jail.
    fn asked(&self) -> Vec<String> {
        let options = [
            "bantime",
            "maxretry",
            "failregex",
            "ignoreip",
            "logpath",
            "actions",
        ];
        let jails = ["steady", "moved"].into_iter();
        jails
            .flat_map(|jail| options.map(|option| self.ask(&["get", jail, option])))
            .chain([self.ask(&["status"])])
            .collect()
    }

    /// Every line that counts in a jail, by address: in its bans and in its tallies.
    fn counted(&self, jail: &str) -> Numbers {
        let mut counted = Numbers::new();
        for query in [
            format!("SELECT ip, data FROM bans WHERE jail = '{jail}'"),
            format!("SELECT id, CAST(data AS TEXT) FROM stockade_tally WHERE jail = '{jail}'"),
        ] {
            for row in self.sql(&query).lines() {
                let (id, data) = row.split_once('|').unwrap();
                let data = serde_json::from_str(data).unwrap();
                counted
                    .entry(id.to_owned())
                    .or_default()
                    .extend(numbers(&data));
            }
        }
        counted.remove(&BANNED.to_string());
        counted
    }

    /// Carries out one step. `good` is what is in force.
    fn take_step(&self, step: Step, good: &mut Configuration) {
        let mut next = good.clone();
        let reloads = || self.log().matches("Reload finished.").count();
        // The log is written behind the answers.
        let reloads_until_now = || {
            self.ask(&["flushlogs"]);
            reloads()
        };
        let before = reloads_until_now();
        match step {
            Step::Unchanged => self.reload(&["reload"]),
            Step::Restart(jail) => self.reload(&["reload", "--restart", jail]),
            Step::Changed(change) => {
                change(&mut next);
                next.write(self);
                self.reload(&["reload"]);
                *good = next;
            }
            Step::Hangup(change) => {
                change(&mut next);
                next.write(self);
                self.signal("HUP");
                self.wait_until("the signal is followed", || reloads() > before);
                *good = next;
            }
            Step::Skipped(change, reason) => {
                change(&mut next);
                next.write(self);
                let told = self.configured_client(&["reload"]);
                assert_eq!(told.code, Some(0), "{told:?}\n{}", self.story());
                assert!(told.stderr.contains(reason), "{told:?}");
            }
            Step::Broken(change, reason) => {
                let asked = self.asked();
                change(&mut next);
                next.write(self);
                let told = self.configured_client(&["reload"]);
                assert_eq!(told.code, Some(255), "{told:?}\n{}", self.story());
                assert!(told.stderr.contains(reason), "{reason}\n{told:?}");
                assert_eq!(self.asked(), asked);
                assert_eq!(reloads_until_now(), before);
            }
            Step::BrokenHangup(change, reason) => {
                let asked = self.asked();
                change(&mut next);
                next.write(self);
                self.signal("HUP");
                self.wait_until("the signal is answered", || {
                    self.log()
                        .lines()
                        .any(|line| line.contains("Reload: ") && line.contains(reason))
                });
                assert_eq!(self.asked(), asked);
                assert_eq!(reloads_until_now(), before);
            }
        }
        good.write(self);
    }

    fn reload(&self, words: &[&str]) {
        let told = self.configured_client(words);
        assert_eq!(told.code, Some(0), "{told:?}\n{}", self.story());
    }
}

/// Lets a server reload `rounds` times all the steps while so many lines a second are written.
pub(crate) fn run(rounds: usize, rate: usize, pause: Duration) {
    let mut server = Setup::new("").prepare();
    let mut good = Configuration::new();
    good.write(&server);
    let logs = Logs::new(&server, 1);
    server.start();
    server.ask(&["set", "steady", "banip", &BANNED.to_string()]);
    let monitor = Monitor::start(server.kit().server()).while_jails_end();
    let end = AtomicBool::new(false);
    let mut slowest = Duration::ZERO;
    let begin = Instant::now();
    thread::scope(|scope| {
        // A step that fails must not leave the writer running.
        let end = EndOnDrop(&end);
        scope.spawn(|| logs.write(rate, end.0));
        for step in (0..rounds).flat_map(|_| STEPS) {
            let begin = Instant::now();
            server.take_step(step, &mut good);
            slowest = slowest.max(begin.elapsed());
            thread::sleep(pause);
        }
    });
    let written_for = begin.elapsed();
    logs.auth.lock().unwrap().write_one("at", LATER);
    logs.auth.lock().unwrap().write_one("from", IGNORED);
    let (auth, extra, more) = (
        logs.auth.into_inner().unwrap(),
        logs.extra.into_inner().unwrap(),
        logs.more.into_inner().unwrap(),
    );
    let lines = auth.lines + extra.lines + more.lines;
    let failures = auth.failures() + more.failures();
    let mut steady = auth.written.clone();
    steady.extend(more.written);
    steady.remove(IGNORED);
    let moved = auth.written;
    server.wait_until("all of it is read", || {
        let jails = &server.status_json()["jails"];
        jails["steady"]["matched"] == failures
            && ["steady", "moved", "extra"].into_iter().all(|jail| {
                let sources = jails[jail]["sources"].as_array().unwrap();
                let is_read = |source: &serde_json::Value| {
                    source["lag_bytes"] == 0 && source["caught_up"] == true
                };
                sources.iter().all(is_read)
            })
    });
    let status = server.status_json();
    let of_steady = &status["jails"]["steady"];
    assert_eq!(of_steady["lines"], auth.lines + more.lines, "{of_steady}");
    assert_eq!(of_steady["total_failed"], failures - 1, "{of_steady}");
    assert_eq!(of_steady["ignored"], 1, "{of_steady}");
    // The answer follows all that was decided before it.
    server.ask(&["set", "steady", "unbanip", "192.0.2.1"]);
    let mut bans = 0;
    for (jail, written) in [
        ("steady", &steady),
        ("moved", &moved),
        ("extra", &extra.written),
    ] {
        assert_eq!(server.counted(jail), *written, "[{jail}]");
        // Its commands are carried out in order: this is the last one.
        server.ask(&["set", jail, "action", "first", "consistencyCheck"]);
        let banned = server.banned_in(jail);
        server.wait_until("all of them are in the kernel", || {
            let state = &server.status_json()["jails"][jail];
            state["enforcement"]["in_kernel"] == banned.len()
        });
        check_record(&server, jail, &banned);
        bans += banned.len();
    }
    let ruleset = server.kit().server().ruleset().unwrap();
    assert_eq!(ruleset.matches("expires").count(), bans);
    monitor.never_without(server.kit().server(), &[BANNED.into()]);
    server.stop();
    let seconds = written_for.as_millis().max(1);
    let figures = Figures {
        reloads: rounds * STEPS.len(),
        lines,
        lines_per_second: u64::try_from(lines as u128 * 1_000 / seconds).unwrap(),
        slowest_reload: slowest,
        bans,
    };
    assert!(bans > 0);
    println!("{figures}");
}

/// Whoever is banned was banned by the commands of an action, and since then there was always one that
/// had. A jail that began anew lifts its bans and makes them again, as the original.
fn check_record(server: &Server, jail: &str, banned: &[String]) {
    let record = fs::read_to_string(server.path(&format!("{jail}.record"))).unwrap_or_default();
    let mut holders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in record.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [label, what, ip] = words.as_slice() else {
            panic!("{line:?}");
        };
        let holders = holders.entry(ip).or_default();
        if *what == "ban" {
            assert!(
                holders.insert(label),
                "[{jail}] banned twice: {line}\n{record}"
            );
        } else {
            assert!(
                holders.remove(label),
                "[{jail}] was not banned: {line}\n{record}"
            );
            let may_be_free = jail != "steady";
            assert!(
                may_be_free || !holders.is_empty(),
                "[{jail}] let go: {line}\n{record}"
            );
        }
    }
    let held = holders
        .into_iter()
        .filter(|(_, holders)| holders.len() == 1);
    let held: BTreeSet<&str> = held.map(|(ip, _)| ip).collect();
    let banned: BTreeSet<&str> = banned.iter().map(String::as_str).collect();
    assert_eq!(held, banned, "[{jail}]");
}

struct EndOnDrop<'flag>(&'flag AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn twenty_reloads_under_load_lose_no_line_and_no_ban() {
    run(1, 2_000, Duration::from_millis(50));
}
