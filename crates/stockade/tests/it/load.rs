//! Killed again and again at random moments, while lines keep coming.
//!
//! `STOCKADE_KILLS` sets how often, `STOCKADE_SEED` repeats a run whose seed was printed. The example
//! `faults` kills 200 times.
#![expect(clippy::print_stdout, reason = "a run that failed can be repeated")]

#[path = "load/plan.rs"]
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;
use std::thread;

use crate::attack::{Dice, numbers};
use crate::server::{DEADLINE, Server, Setup, comes_about};
use plan::{MAXRETRY, Made, Outcome, address, name, was_banned};

pub(crate) use plan::Plan;

/// Addresses per kill: enough that lines keep coming for as long as there are kills.
pub(crate) const ADDRESSES: u32 = 40;

/// What the server is busy with when it is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Counting, and bans in the kernel.
    Plain,
    /// The same; now and then the log gets another name, and a new file takes its place.
    Rotates,
    /// Who was banned before is banned sooner and for longer.
    Increments,
    /// Bans are made by commands.
    Commands,
    /// Of each failure a slow command is asked whether it counts.
    Asks,
    /// A quarter of the lines has a name in place of the address.
    Names,
}

impl Kind {
    fn options(self) -> &'static str {
        match self {
            Self::Plain | Self::Rotates => "",
            Self::Increments => "bantime.increment = true",
            Self::Commands => "action = stockade\n record",
            Self::Asks => "ignorecommand = case <ip> in *7) exit 0;; esac; sleep 0.02; exit 1",
            Self::Names => {
                "usedns = yes\nfailregex = ^Invalid user \\S+ from <HOST> port \\d+\\s*$"
            }
        }
    }
}

impl Server {
    /// Returns what the database and the server know, which must agree.
    fn outcome(&self) -> Outcome {
        let rows = |query: &str| -> Vec<(Vec<String>, serde_json::Value)> {
            let row = |row: &str| {
                let (begin, data) = row.split_once("|{").unwrap();
                let columns = begin.split('|').map(str::to_owned).collect();
                (columns, serde_json::from_str(&format!("{{{data}")).unwrap())
            };
            self.sql(query).lines().map(row).collect()
        };
        let made = |(columns, data): (Vec<String>, serde_json::Value)| Made {
            id: columns[0].clone(),
            lines: numbers(&data),
            count: columns[1].parse().unwrap(),
            bantime: columns[2].parse().unwrap(),
        };
        let history = "FROM bans WHERE json_array_length(data, '$.matches') > 0 ORDER BY ip";
        let bans = rows(&format!("SELECT ip, bancount, bantime, data {history}"));
        let tallies = rows("SELECT id, CAST(data AS TEXT) FROM stockade_tally");
        let tally = |(columns, data): (Vec<String>, serde_json::Value)| {
            (columns[0].clone(), numbers(&data))
        };
        Outcome {
            bans: bans.into_iter().map(made).collect(),
            tallies: tallies.into_iter().map(tally).collect(),
        }
    }

    /// Tells whether the server has a place in the file that stands at the log's path on disk, so
    /// that one more rotation leaves no file between two that it knows.
    fn knows_the_new_log(&self) -> bool {
        let inode = fs::metadata(self.log_path()).unwrap().ino();
        self.sql("SELECT inode FROM stockade_source") == format!("{inode}\n")
    }

    fn open_log(&self) -> File {
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.log_path());
        opened.unwrap()
    }
}

/// Starts a server for a kind of load from so many addresses.
fn start(kind: Kind, addresses: u32) -> Server {
    let jail = |bantime: u32| {
        let options = kind.options();
        format!("maxretry = {MAXRETRY}\nbantime = {bantime}\nfindtime = 1h\n{options}")
    };
    let first = if kind == Kind::Increments { 1 } else { 3600 };
    let mut setup = Setup::sshd(&jail(first));
    if kind == Kind::Names {
        setup = setup.prelude("mount --bind {folder}/hosts /etc/hosts");
    }
    let mut server = setup.prepare();
    let folder = server.path("").display().to_string();
    let folder = folder.trim_end_matches('/');
    let named = (0..addresses).filter_map(|number| Some((address(number), name(number)?)));
    let hosts: String = named.map(|(id, name)| format!("{id} {name}\n")).collect();
    fs::write(
        server.path("hosts"),
        format!("127.0.0.1 localhost\n{hosts}"),
    )
    .unwrap();
    let record = format!(
        "[Definition]\nactionban = echo ban '<ip>' >> {folder}/record\n\
         actionunban = echo unban '<ip>' >> {folder}/record\n"
    );
    fs::write(server.path("config/action.d/record.conf"), record).unwrap();
    server.start();
    if kind == Kind::Increments {
        // Half of them have been here before.
        let earlier: Vec<String> = (0..addresses)
            .filter(|number| was_banned(kind, *number))
            .map(address)
            .collect();
        let words = ["set", "sshd", "banip"].map(str::to_owned);
        let words: Vec<&str> = words.iter().chain(&earlier).map(String::as_str).collect();
        server.ask(&words);
        // Also as the database has it, in whole seconds: a restart must not take them up again.
        let over = "SELECT max(timeofban + bantime) < strftime('%s', 'now') + 0 FROM bips";
        server.wait_until("their bans are over", || {
            server.banned().is_empty() && server.sql(over) == "1\n"
        });
        server.stop();
        let local = server.path("config/jail.local");
        let text = fs::read_to_string(&local).unwrap();
        fs::write(&local, text.replace("bantime = 1\n", "bantime = 3600\n")).unwrap();
        server.start();
    }
    server
}

/// Lets a server read what is planned while it is killed so many times.
pub(crate) fn run(plan: &Plan, addresses: u32, kills: u32, kind: Kind, dice: &mut Dice) -> Outcome {
    let mut server = start(kind, addresses);
    let log = Mutex::new(server.open_log());
    let mut rotations = 0;
    thread::scope(|scope| {
        let mut own = dice.clone();
        let log = &log;
        scope.spawn(move || plan.write(log, &mut own));
        for _ in 0..kills {
            // From the middle of a start to the middle of the work.
            dice.pause(120);
            let rotate = kind == Kind::Rotates && dice.below(2) == 0 && {
                server.wait_ready();
                server.knows_the_new_log()
            };
            let rotate_before = rotate && dice.below(2) == 0;
            let mut turn = |server: &Server| {
                let mut file = log.lock().unwrap();
                rotations += 1;
                let old = server.path(&format!("auth.log.{rotations}"));
                fs::rename(server.log_path(), old).unwrap();
                *file = server.open_log();
            };
            if rotate_before {
                turn(&server);
                dice.pause(20);
            }
            server.kill_nine();
            if rotate && !rotate_before {
                turn(&server);
            }
            dice.pause(30);
            server.spawn();
        }
    });
    server.wait_ready();
    let lines = plan.lines();
    println!("{kind:?}: {kills} kills, {rotations} rotations, {lines} lines");
    server.wait_until("everything is read", || {
        let jail = &server.status_json()["jails"]["sshd"];
        jail["sources"][0]["lag_bytes"] == 0 && jail["sources"][0]["caught_up"] == true
    });
    let expected = plan.expected(kind);
    // Questions take their time, and a machine may be busy. What waits too long is shown by the comparison
    // that follows.
    comes_about(10 * DEADLINE, || {
        let outcome = server.outcome();
        outcome.bans.len() >= expected.bans.len() && outcome.tallies.len() == expected.tallies.len()
    });
    check_standing(&server, kind);
    server.stop();
    server.outcome()
}

/// Whoever was banned is banned, in the kernel and by commands.
fn check_standing(server: &Server, kind: Kind) {
    let outcome = server.outcome();
    let made: BTreeSet<String> = outcome.bans.into_iter().map(|ban| ban.id).collect();
    let banned: BTreeSet<String> = server.banned().into_iter().collect();
    assert_eq!(banned, made, "{}", server.story());
    let in_kernel = server.kit().server().ruleset().unwrap();
    assert_eq!(in_kernel.matches("expires").count(), made.len());
    for id in &made {
        assert!(
            in_kernel.contains(&format!("{id} timeout ")),
            "{id} {in_kernel}"
        );
    }
    if kind == Kind::Commands {
        server.wait_until("the commands are done", || {
            let record = fs::read_to_string(server.path("record")).unwrap_or_default();
            let last: BTreeMap<&str, &str> = record
                .lines()
                .filter_map(|line| line.split_once(' '))
                .map(|(what, id)| (id, what))
                .collect();
            made.iter().all(|id| last.get(id.as_str()) == Some(&"ban"))
        });
    }
}

/// Kills so many times and compares with what should have come of it.
pub(crate) fn check(kind: Kind, kills: u32) {
    let given = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seed = given("STOCKADE_SEED").unwrap_or_else(|| RandomState::new().hash_one(()));
    let kills = given("STOCKADE_KILLS").map_or(kills, |kills| u32::try_from(kills).unwrap());
    println!("STOCKADE_SEED={seed} STOCKADE_KILLS={kills}");
    let mut dice = Dice(seed);
    let addresses = ADDRESSES * kills;
    let plan = Plan::new(kind, &mut dice, addresses);
    let killed = run(&plan, addresses, kills, kind, &mut dice);
    assert_eq!(killed, plan.expected(kind));
    if kind == Kind::Plain {
        assert_eq!(run(&plan, addresses, 0, kind, &mut dice), killed);
    }
}

#[test]
fn a_server_killed_at_random_moments_counts_every_line_once() {
    check(Kind::Plain, 5);
}

#[test]
fn a_server_killed_while_logs_rotate_counts_every_line_once() {
    check(Kind::Rotates, 5);
}

#[test]
fn a_server_killed_while_bans_grow_makes_the_same_bans() {
    check(Kind::Increments, 4);
}

#[test]
fn a_server_killed_while_commands_ban_bans_all_of_them_again() {
    check(Kind::Commands, 4);
}

#[test]
fn a_server_killed_while_failures_wait_for_a_command_counts_every_line_once() {
    check(Kind::Asks, 3);
}

#[test]
fn a_server_killed_while_failures_wait_for_names_counts_every_line_once() {
    check(Kind::Names, 4);
}
