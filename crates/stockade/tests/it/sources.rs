//! What jails read from log files: each file once for all of them, from where lines still count.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use crate::server::{Server, Setup, failed_login, lines};

/// Three jails on one log; `late` comes when the others have read it.
const JAILS: &str = "[DEFAULT]\nmaxretry = 100000\nfilter = sshd\nlogpath = {folder}/auth.log\n\
    [sshd]\nlogpath = {folder}/auth.log\n[second]\nenabled = true\nfindtime = 1h\n[late]\nenabled = false\n";

impl Server {
    /// Returns how many descriptors of the server are open at a file.
    fn open_at(&self, name: &str) -> usize {
        let path = self.path(name);
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.process())).unwrap();
        let open = descriptors.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        open.filter(|target| *target == path).count()
    }

    fn count(&self, jail: &str, what: &str) -> u64 {
        self.status_json()["jails"][jail][what].as_u64().unwrap()
    }

    fn wait_for_count(&self, jail: &str, what: &str, count: u64) {
        self.wait_until(&format!("{jail} has {count} {what}"), || {
            self.count(jail, what) == count
        });
    }
}

#[test]
fn a_log_is_read_once_however_many_jails_want_it() {
    let server = Setup::new(JAILS).start();
    let attack = |count: usize| vec![failed_login("192.0.2.7"); count];
    server.append(&attack(30));
    for jail in ["sshd", "second"] {
        server.wait_for_count(jail, "matched", 30);
    }
    assert_eq!(server.open_at("auth.log"), 1);

    // A jail that comes later has read what there is, and then goes on with the others.
    let local = fs::read_to_string(server.path("config/jail.local")).unwrap();
    let local = local.replace("enabled = false", "enabled = true");
    fs::write(server.path("config/jail.local"), local).unwrap();
    let told = server.configured_client(&["reload"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    server.wait_for_count("late", "matched", 30);
    server.append(&attack(5));
    for jail in ["sshd", "second", "late"] {
        server.wait_for_count(jail, "matched", 35);
    }
    server.wait_until("one reader is left", || server.open_at("auth.log") == 1);

    // One that rests misses nothing.
    server.ask(&["set", "second", "idle", "on"]);
    server.append(&attack(7));
    server.wait_for_count("late", "matched", 42);
    assert_eq!(server.count("second", "matched"), 35);
    server.ask(&["set", "second", "idle", "off"]);
    server.wait_for_count("second", "matched", 42);
    server.append(&attack(1));
    server.wait_until("one reader is left again", || {
        server.open_at("auth.log") == 1
    });
    for jail in ["sshd", "second", "late"] {
        server.wait_for_count(jail, "matched", 43);
        assert_eq!(server.count(jail, "lines"), 43, "{jail}");
    }
}

#[test]
fn of_a_long_log_that_was_never_read_the_old_lines_are_passed_over() {
    const LINES: i64 = 40_000;
    let mut server = Setup::sshd("maxretry = 100000\nfindtime = 10m").prepare();
    let mut log = std::io::BufWriter::new(File::create(server.log_path()).unwrap());
    let now = Timestamp::now();
    // One line every second: 600 of them count still.
    for age in (1..=LINES).rev() {
        let stamp = now - SignedDuration::from_secs(age);
        let stamp = stamp.strftime("%Y-%m-%dT%H:%M:%S+00:00");
        let message = failed_login("192.0.2.7");
        writeln!(log, "{stamp} host sshd[1]: {message}").unwrap();
    }
    log.into_inner().unwrap();
    server.start();
    server.wait_caught_up();
    let (read, matched) = (
        server.count("sshd", "lines"),
        server.count("sshd", "matched"),
    );
    // Some seconds may have gone by.
    assert!((560..=600).contains(&matched), "{matched} matched");
    assert!(
        (600..5_000).contains(&read),
        "{read} of {LINES} lines were read"
    );
}

#[test]
fn a_jail_that_finds_nothing_while_its_log_grows_is_pointed_out() {
    let server = Setup::sshd("").start();
    server.append(&vec!["Server listening on 0.0.0.0 port 22."; 1_200]);
    server.wait_for_count("sshd", "lines", 1_200);
    let told = server.stockade(&["status"]).stdout;
    assert!(told.contains("none of 1200 lines is a failure"), "{told}");
    server.append(&[failed_login("192.0.2.7")]);
    server.wait_for_count("sshd", "matched", 1);
    let told = server.stockade(&["status"]).stdout;
    assert!(!told.contains("is a failure"), "{told}");
}

#[test]
fn what_is_read_and_why_is_said() {
    let backends = ["auto", "polling", "gamin"];
    let jails = backends.map(|backend| {
        format!("[{backend}]\nenabled = true\nbackend = {backend}\nfilter = sshd\nlogpath = {{folder}}/auth.log\n")
    });
    let jails = format!("[sshd]\nenabled = false\n{}", jails.concat());
    let server = Setup::new(&jails).start();
    for text in [
        "Jail 'auto' uses pyinotify {}",
        "Jail 'auto' reads log files, not the journal: ",
        "Jail 'polling' uses poller {}",
        "Jail 'gamin' uses pyinotify {}",
        "there is no gamin any more, its files are watched by inotify",
    ] {
        server.wait_for_log(text);
    }
    server.append(&[failed_login("192.0.2.7")]);
    for jail in backends {
        server.wait_for_count(jail, "matched", 1);
    }
}

/// A jail on a pattern that `access.log` and its rotated forms fit.
const PATTERN: &str = "[sshd]\nenabled = false\n[web]\nenabled = true\nmaxretry = 100000\nfilter = sshd\n\
    logpath = {folder}/logs/*.log*\n";

/// A server that is not started yet, and the folder of its logs.
fn with_folder(setup: Setup) -> (Server, PathBuf) {
    let server = setup.prepare();
    let logs = server.path("logs");
    fs::create_dir(&logs).unwrap();
    (server, logs)
}

fn write(path: &Path, address: &str) {
    let mut log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    log.write_all(lines(&[failed_login(address)]).as_bytes())
        .unwrap();
}

#[test]
fn files_that_come_to_fit_a_pattern_are_read_and_renamed_ones_not_again() {
    let mut server = Setup::new(PATTERN).prepare();
    let logs = server.path("logs");
    server.start();
    let told = server.status_json();
    assert_eq!(told["jails"]["web"]["state"], "waiting", "{told}");
    assert_eq!(
        told["jails"]["web"]["problem"],
        serde_json::Value::Null,
        "{told}"
    );
    // The folder comes later as well.
    fs::create_dir(&logs).unwrap();
    write(&logs.join("access.log"), "192.0.2.1");
    write(&logs.join("other.log"), "192.0.2.2");
    write(&logs.join(".hidden.log"), "192.0.2.3");
    server.wait_for_count("web", "matched", 2);

    // Rotated: the new file is read, the rest of the old one too, and nothing twice.
    fs::rename(logs.join("access.log"), logs.join("access.log.1")).unwrap();
    write(&logs.join("access.log"), "192.0.2.4");
    write(&logs.join("access.log.1"), "192.0.2.5");
    server.wait_for_count("web", "matched", 4);
    let paths = server.ask(&["get", "web", "logpath"]);
    assert!(paths.contains("/access.log"), "{paths}");
    assert!(!paths.contains(".hidden"), "{paths}");

    // After a restart each goes on where it was left, under the name that it has now.
    server.stop();
    fs::rename(logs.join("other.log"), logs.join("other.log.1")).unwrap();
    write(&logs.join("other.log.1"), "192.0.2.6");
    write(&logs.join("third.log"), "192.0.2.7");
    server.start();
    server.wait_for_count("web", "matched", 2);
    write(&logs.join("access.log.1"), "192.0.2.8");
    write(&logs.join("fourth.log"), "192.0.2.9");
    server.wait_for_count("web", "matched", 4);

    // A name of somebody's choice is none of our lines.
    write(
        &logs.join("x\nNOTICE [sshd] Ban 192.0.2.99 .log"),
        "192.0.2.9",
    );
    server.wait_for_count("web", "matched", 5);
    server.wait_for_log(r"x\nNOTICE [sshd] Ban 192.0.2.99 .log'");
    assert!(!server.log().contains("\nNOTICE"));

    // A reload keeps what was found, and what was just renamed is not taken for new.
    fs::rename(logs.join("access.log.1"), logs.join("access.log.2")).unwrap();
    fs::rename(logs.join("access.log"), logs.join("access.log.1")).unwrap();
    write(&logs.join("access.log"), "192.0.2.11");
    server.wait_for_count("web", "matched", 6);
    let told = server.configured_client(&["reload"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    for name in [
        "access.log.2",
        "access.log.1",
        "other.log.1",
        "third.log",
        "fourth.log",
        "fifth.log",
    ] {
        write(&logs.join(name), "192.0.2.10");
    }
    server.wait_for_count("web", "matched", 12);
    assert_eq!(server.count("web", "lines"), 12);
}

/// A file that was renamed twice is read under its first name still; the configuration names it by its third.
#[test]
fn a_reload_does_not_take_what_was_just_renamed_for_new() {
    let (mut server, logs) = with_folder(Setup::new(PATTERN));
    let path = |name: &str| logs.join(name);
    write(&path("a.log"), "192.0.2.1");
    server.start();
    server.wait_for_count("web", "matched", 1);
    for round in 0..2 {
        fs::rename(path("a.log.1"), path("a.log.2")).ok();
        fs::rename(path("a.log"), path("a.log.1")).unwrap();
        write(&path("a.log"), "192.0.2.1");
        server.wait_for_count("web", "matched", 2 + round);
    }
    let told = server.configured_client(&["reload"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let paths = server.ask(&["get", "web", "logpath"]);
    assert!(paths.contains("/a.log\n"), "{paths}");
    assert!(!paths.contains("/a.log."), "{paths}");
    for name in ["a.log", "a.log.1", "a.log.2"] {
        write(&path(name), "192.0.2.2");
    }
    server.wait_for_count("web", "matched", 6);
    assert_eq!(server.count("web", "lines"), 6);
}

/// Nothing stands at the path when the configuration is read.
#[test]
fn a_reload_keeps_the_place_of_a_log_that_was_renamed_and_has_no_successor_yet() {
    let setup = format!(
        "{PATTERN}[plain]\nenabled = true\nmaxretry = 100000\nfilter = sshd\nlogpath = {{folder}}/logs/*.log\n"
    );
    let (mut server, logs) = with_folder(Setup::new(&setup));
    let (path, old) = (logs.join("a.log"), logs.join("a.log.1"));
    write(&path, "192.0.2.1");
    server.start();
    let wait = |count: u64| {
        for jail in ["web", "plain"] {
            server.wait_for_count(jail, "matched", count);
        }
    };
    wait(1);
    fs::rename(&path, &old).unwrap();
    let told = server.configured_client(&["reload"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    write(&old, "192.0.2.1");
    wait(2);
    write(&path, "192.0.2.1");
    wait(3);
    assert_eq!(server.count("web", "lines"), 3);
}

/// As rotation does that keeps one old file.
#[test]
fn a_log_that_is_renamed_over_an_older_one_while_the_server_is_dead_is_not_read_again() {
    let (mut server, logs) = with_folder(Setup::new(PATTERN));
    let (path, old) = (logs.join("a.log"), logs.join("a.log.1"));
    for path in [&old, &path, &path] {
        write(path, "192.0.2.1");
    }
    server.start();
    server.wait_for_count("web", "matched", 3);
    server.stop();
    fs::rename(&path, &old).unwrap();
    write(&old, "192.0.2.1");
    write(&path, "192.0.2.1");
    server.start();
    server.wait_for_count("web", "matched", 2);
    write(&old, "192.0.2.1");
    write(&path, "192.0.2.1");
    server.wait_for_count("web", "matched", 4);
    assert_eq!(server.count("web", "lines"), 4);
}

/// Nothing fits the pattern when the server comes back, and no pattern tells of what has another name.
#[test]
fn what_was_rotated_away_while_the_server_was_dead_is_read_to_its_end() {
    let pattern = PATTERN.replace("*.log*", "*.log");
    let (mut server, logs) = with_folder(Setup::new(&pattern));
    let path = |name: &str| logs.join(name);
    write(&path("a.log"), "192.0.2.1");
    server.start();
    server.wait_for_count("web", "matched", 1);
    server.stop();
    write(&path("a.log"), "192.0.2.1");
    fs::rename(path("a.log"), path("a.log.1")).unwrap();
    server.start();
    server.wait_for_count("web", "matched", 1);
    write(&path("a.log.1"), "192.0.2.1");
    server.wait_for_count("web", "matched", 2);
    write(&path("a.log"), "192.0.2.1");
    server.wait_for_count("web", "matched", 3);
    assert_eq!(server.count("web", "lines"), 3);
}

#[test]
fn links_count_nothing_twice() {
    let pattern = PATTERN.replace("*.log*", "*.log");
    let (mut server, logs) = with_folder(Setup::new(&pattern));
    let path = |name: &str| logs.join(name);
    write(&path("1.log"), "192.0.2.1");
    symlink("1.log", path("latest.log")).unwrap();
    server.start();
    server.wait_for_count("web", "matched", 1);
    write(&path("2.log"), "192.0.2.1");
    symlink("2.log", path("new")).unwrap();
    fs::rename(path("new"), path("latest.log")).unwrap();
    write(&path("latest.log"), "192.0.2.1");
    server.wait_for_count("web", "matched", 3);
    // Nor do two names of one file.
    fs::hard_link(path("1.log"), path("0.log")).unwrap();
    server.stop();
    server.start();
    for name in ["0.log", "1.log", "2.log", "latest.log"] {
        write(&path(name), "192.0.2.1");
    }
    server.wait_for_count("web", "matched", 4);
    symlink("1.log", path("new")).unwrap();
    fs::rename(path("new"), path("latest.log")).unwrap();
    for name in ["0.log", "1.log", "2.log", "latest.log"] {
        write(&path(name), "192.0.2.1");
    }
    server.wait_for_count("web", "matched", 8);
    assert_eq!(server.count("web", "lines"), 8);
}

/// Both names are read then, the second for the other jail.
#[test]
fn a_file_counts_once_for_a_jail_though_others_follow_one_of_its_names_only() {
    let jail = |name: &str, logs: &str| {
        let settings = "enabled = true\nmaxretry = 100000\nfilter = sshd";
        format!("[{name}]\n{settings}\nlogpath = {{folder}}/logs/{logs}\n")
    };
    let jails =
        ["*.log", "latest.log", "a.log"].map(|logs| jail(&logs.replace(['*', '.'], ""), logs));
    let (mut server, logs) = with_folder(Setup::new(&format!(
        "[sshd]\nenabled = false\n{}",
        jails.concat()
    )));
    let path = |name: &str| logs.join(name);
    write(&path("a.log"), "192.0.2.1");
    symlink("a.log", path("latest.log")).unwrap();
    server.start();
    let check = |server: &Server, count| {
        for jail in ["log", "latestlog", "alog"] {
            server.wait_for_count(jail, "matched", count);
            assert_eq!(server.count(jail, "lines"), count, "{jail}");
        }
    };
    check(&server, 1);
    for name in ["a.log", "latest.log"] {
        write(&path(name), "192.0.2.1");
    }
    check(&server, 3);
    server.stop();
    server.start();
    write(&path("latest.log"), "192.0.2.1");
    // The counts are of this run.
    check(&server, 1);
    let told = server.client(&["set", "latestlog", "idle", "on"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    write(&path("a.log"), "192.0.2.1");
    server.wait_for_count("log", "matched", 2);
    let told = server.client(&["set", "latestlog", "idle", "off"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    check(&server, 2);
}

/// The file that was just rotated is held for the jail that was there before, which needs nothing more of it.
#[test]
fn a_jail_that_comes_after_a_rotation_reads_what_others_have_read() {
    let late = PATTERN.replace(
        "[sshd]\nenabled = false\n[web]\nenabled = true",
        "[late]\nenabled = false",
    );
    let (mut server, logs) = with_folder(Setup::new(&format!("{PATTERN}{late}")));
    let path = |name: &str| logs.join(name);
    write(&path("a.log"), "192.0.2.1");
    server.start();
    server.wait_for_count("web", "matched", 1);
    fs::rename(path("a.log"), path("a.log.1")).unwrap();
    write(&path("a.log"), "192.0.2.1");
    server.wait_for_count("web", "matched", 2);
    let local = fs::read_to_string(server.path("config/jail.local")).unwrap();
    let local = local.replace("[late]\nenabled = false", "[late]\nenabled = true");
    fs::write(server.path("config/jail.local"), local).unwrap();
    let told = server.configured_client(&["reload"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    server.wait_for_count("late", "matched", 2);
    for name in ["a.log", "a.log.1"] {
        write(&path(name), "192.0.2.1");
    }
    for jail in ["web", "late"] {
        server.wait_for_count(jail, "matched", 4);
    }
    fs::rename(path("a.log.1"), path("a.log.2")).unwrap();
    fs::rename(path("a.log"), path("a.log.1")).unwrap();
    for name in ["a.log", "a.log.1", "a.log.2"] {
        write(&path(name), "192.0.2.1");
    }
    for jail in ["web", "late"] {
        server.wait_for_count(jail, "matched", 7);
        assert_eq!(server.count(jail, "lines"), 7, "{jail}");
    }
}

/// One jail has all logs, another the link to the newest alone: what comes by way of the link is for that one.
#[test]
fn a_link_is_read_for_who_follows_nothing_else() {
    let jails = PATTERN.replace("*.log*", "*.log");
    let jails = format!(
        "{jails}{}",
        jails
            .replace("*.log", "latest.log")
            .replace("[web]", "[newest]")
    );
    let jails = jails.replace("[sshd]\nenabled = false\n[newest]", "[newest]");
    let (mut server, logs) = with_folder(Setup::new(&jails));
    let path = |number: usize| logs.join(format!("{number}.log"));
    let latest = logs.join("latest.log");
    let swap = |number: usize| {
        symlink(format!("{number}.log"), logs.join("new")).unwrap();
        fs::rename(logs.join("new"), &latest).unwrap();
    };
    write(&path(0), "192.0.2.1");
    swap(0);
    server.start();
    for jail in ["web", "newest"] {
        server.wait_for_count(jail, "matched", 1);
    }
    for number in 1..6 {
        write(&latest, "192.0.2.1");
        write(&path(number), "192.0.2.1");
        // Each has its turn to be the first at the new one.
        if number % 2 == 0 {
            server.wait_for_count("web", "matched", 2 * number as u64 + 1);
        }
        swap(number);
        for jail in ["web", "newest"] {
            server.wait_for_count(jail, "matched", 2 * number as u64 + 1);
        }
    }
    for jail in ["web", "newest"] {
        assert_eq!(server.count(jail, "lines"), 11, "{jail}");
    }
}

/// What an earlier run left in the kernel is removed once all is read, and a name of what is read is no backlog.
#[test]
fn a_second_name_of_a_log_holds_nothing_up() {
    let jail = "[sshd]\nlogpath = {folder}/auth.log\n  {folder}/link.log\nbantime = 1h\n";
    let mut server = Setup::new(jail).prepare();
    symlink("auth.log", server.path("link.log")).unwrap();
    server.start();
    server.ask(&["set", "sshd", "banip", "192.0.2.11"]);
    server.kill_nine();
    for end in ["", "-wal", "-shm"] {
        fs::remove_file(server.path(&format!("fail2ban.sqlite3{end}"))).unwrap();
    }
    server.start();
    server.wait_until("it is removed", || server.timeouts().is_empty());
    let told = server.stockade(&["status"]).stdout;
    assert!(told.contains("link.log under another name"), "{told}");
    server.append(&vec![failed_login("192.0.2.12"); 4]);
    server.wait_for_count("sshd", "matched", 4);
    assert_eq!(server.count("sshd", "lines"), 4);
}

#[test]
fn more_files_than_the_soft_limit_of_descriptors_allows_are_read() {
    let limited = ["prlimit", "--nofile=256:4096"];
    let pattern = PATTERN.replace("*.log*", "*.log");
    let (mut server, logs) = with_folder(Setup::new(&pattern).wrapper(&limited));
    let path = |number: usize| logs.join(format!("{number}.log"));
    (0..400).for_each(|number| write(&path(number), "192.0.2.1"));
    server.start();
    server.wait_for_count("web", "matched", 400);
    (400..600).for_each(|number| write(&path(number), "192.0.2.1"));
    server.wait_for_count("web", "matched", 600);
}
