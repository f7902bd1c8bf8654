//! Mistakes on the command line and in files.

use std::fs;

use super::{program, state, two_jails};
use crate::server::{Server, Setup};

/// Each section is broken in its own way.
const BROKEN: &str = "
[no-filter]
enabled = true
filter = nothing
logpath = {folder}/auth.log
[regex]
enabled = true
filter = broken
logpath = {folder}/auth.log
[nobody]
enabled = true
filter = sshd
failregex = ^somebody failed$
prefregex =
logpath = {folder}/auth.log
[option]
enabled = true
filter = sshd
logpth = {folder}/auth.log
[number]
enabled = true
filter = sshd
logpath = {folder}/auth.log
maxretry = many
[time]
enabled = true
filter = sshd
logpath = {folder}/auth.log
bantime = 5 dogs
[backend]
enabled = true
filter = sshd
logpath = {folder}/auth.log
backend = files
[ignored]
enabled = true
filter = sshd
logpath = {folder}/auth.log
ignoreip = 192.0.2.1/255.0.255.0
[action]
enabled = true
filter = sshd
logpath = {folder}/auth.log
action = iptables
";

#[test]
fn every_mistake_has_its_place_and_the_other_jails_go_on() {
    let mut server = Setup::sshd(BROKEN).prepare();
    fs::write(
        server.path("config/filter.d/broken.conf"),
        "[Definition]\nfailregex = ^good <ADDR>$\n            ^bad (one <ADDR>$\n",
    )
    .unwrap();
    server.start();
    // The last of them in the log, which is written behind the server's back.
    server.wait_for_log("Jail 'ignored' is not started");
    let (stderr, log) = (server.stderr(), server.log());
    let status = server.stockade(&["status"]);
    assert_eq!(status.code, Some(1), "{status:?}");
    let local = server.path("config/jail.local").display().to_string();
    let filter = server.path("config/filter.d/broken.conf");
    let filter = filter.display().to_string();
    let in_log = |place: &str, message: &str| {
        let told = format!("{place}: {message}");
        for (where_, text) in [("log", &log), ("status", &status.stdout)] {
            assert!(text.contains(&told), "{told}\n--- in the {where_}\n{text}");
        }
    };
    // What the files show by themselves is told before the server begins.
    let check = |line: usize, message: &str, hint: &str| {
        let place = format!("{local}:{line}");
        let mut blocks = stderr
            .split("\n\n")
            .filter(|block| block.contains(&format!("--> {place}:")));
        assert!(
            blocks.any(|block| block.contains(message) && block.contains(hint)),
            "{place} {message} {hint}\n--- in\n{stderr}"
        );
        in_log(&place, message);
    };
    check(
        6,
        "there is no filter `nothing`",
        "= hint: filter.d holds broken, sshd",
    );
    check(26, "`maxretry = many` is not a whole number", "");
    check(31, "`bantime`: `5 dogs` is not a time", "`1d 12h 30m`");
    check(36, "`backend = files` is no backend", "known are auto,");
    check(
        46,
        "there is no action `iptables`",
        "= hint: action.d holds stockade",
    );
    assert!(
        stderr.contains("warning[unknown-option]: nothing reads the option `logpth`"),
        "{stderr}"
    );
    assert!(stderr.contains("did you mean `logpath`?"), "{stderr}");
    // What only a server can tell has its place as well.
    let not_started = |place: String, message: &str| in_log(&place, message);
    not_started(
        format!("{filter}:2"),
        "Unable to compile regular expression '^bad (one ",
    );
    not_started(
        format!("{local}:15"),
        "No failure-id group in '^somebody failed$'",
    );
    not_started(
        format!("{local}:41"),
        "invalid mask '255.0.255.0', no plen representation",
    );
    assert!(status.stdout.contains("configuration: HAS MISTAKES"));
    assert_eq!(state(&server, "sshd"), "running");
    for jail in ["no-filter", "action"] {
        let told = format!("Jail '{jail}' skipped, because of wrong configuration: ");
        assert!(log.contains(&told), "{told}\n{log}");
        assert_eq!(state(&server, jail), "");
    }
    server.stop();
}

/// Starts a server whose configuration the original refuses; returns what is said.
fn refused(mut server: Server) -> String {
    end(&mut server);
    server.stderr()
}

/// The same, with what it said on its standard output.
fn refused_with(mut server: Server) -> String {
    end(&mut server);
    server.stdout() + &server.stderr()
}

fn end(server: &mut Server) {
    server.spawn();
    assert_eq!(server.wait_end(), Some(255), "{}", server.story());
    assert!(!server.socket().exists());
}

#[test]
fn what_the_original_refuses_is_refused_and_every_mistake_is_told() {
    let server = two_jails("port = %(prot)s\nfilter = %(filtre)s").prepare();
    fs::create_dir(server.path("config/jail.d")).unwrap();
    let broken: [(&str, &[u8]); 3] = [
        ("a.local", b"[x]\ny = \xff\n"),
        ("c.local", b"[sshd\nenabled = no\n"),
        ("d.local", b"[sshd]\nmaxretry = 3\nmaxretry = 4\n"),
    ];
    for (name, text) in broken {
        fs::write(server.path("config/jail.d").join(name), text).unwrap();
    }
    fs::create_dir(server.path("config/jail.d/b.local")).unwrap();
    let stderr = refused(server);
    for expected in [
        "jail.d/a.local: line 2 is not UTF-8",
        "jail.d/b.local: Is a directory",
        "error[syntax]: the name of a section is not closed",
        "jail.d/c.local:1:1",
        "error[duplicate-option]: the option `maxretry` stands twice in `[sshd]`",
        "jail.d/d.local:3:1",
        "error[reference-nowhere]: `%(prot)s` leads nowhere",
        "did you mean `port`?",
        "error[reference-nowhere]: `%(filtre)s` leads nowhere",
    ] {
        assert!(stderr.contains(expected), "{expected}\n{stderr}");
    }
    assert!(!stderr.contains("before any section"), "{stderr}");
    // The original's message comes first.
    let first = stderr
        .find("While reading from ")
        .or_else(|| stderr.find("Error decoding config file"));
    assert!(first < stderr.find("error[syntax]"), "{stderr}");
}

#[test]
fn a_log_level_that_is_none_is_refused_and_the_rest_is_told() {
    let server = Setup::sshd("")
        .server_local("loglevel = LOUD\ndbpurgeage = soon\nlogtraget = x")
        .prepare();
    let told = refused_with(server);
    for expected in [
        "error[bad-loglevel]: `LOUD` is no log level",
        "error[bad-time]: `dbpurgeage`: `soon` is not a time",
        "warning[unknown-option]: the option `logtraget` is not one of the server's",
        "hint: did you mean `logtarget`?",
        "ERROR: Invalid log level 'LOUD'",
    ] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}

#[test]
fn server_settings_that_make_no_sense_are_told_and_jails_go_on() {
    let server = Setup::sshd("").server_local("dbpurgeage = soon").start();
    let status = server.stockade(&["status"]);
    assert_eq!(status.code, Some(1));
    for expected in [
        "fail2ban.local:6: `dbpurgeage`: `soon` is not a time",
        "['set', 'dbpurgeage', 'soon']: ",
        "name 'soon' is not defined",
    ] {
        assert!(status.stdout.contains(expected), "{expected}\n{status:?}");
    }
    assert_eq!(state(&server, "sshd"), "running");
}

#[test]
fn a_server_without_any_good_jail_does_not_begin() {
    let mut server = Setup::sshd("maxretry = many").prepare();
    server.spawn();
    assert_eq!(server.wait_end(), Some(255));
    let stderr = server.stderr();
    assert!(
        stderr.contains("ERROR: no jail can be started:\n[sshd] ")
            && stderr.contains("hint: `stockade check`"),
        "{stderr}"
    );
    assert!(!server.socket().exists());
}

#[test]
fn a_port_that_nobody_knows_costs_its_own_jail_only() {
    let server = two_jails("port = sssh").prepare();
    fs::write(server.path("other.log"), "").unwrap();
    let mut server = server;
    server.start();
    server.append(&crate::server::failed_logins("192.0.2.11", 5));
    server.wait_for_log("the jail has no sets in the kernel: `port = sssh`: unknown port");
    assert!(
        !server.log().contains("deleted by another program"),
        "{}",
        server.log()
    );
    let status = server.stockade(&["status"]);
    assert_eq!(status.code, Some(1));
    assert!(
        status.stdout.contains("problem: `port = sssh`"),
        "{}",
        status.stdout
    );
    assert_eq!(server.ask(&["set", "other", "banip", "192.0.2.12"]), "1\n");
    assert_eq!(
        server.status_json()["jails"]["other"]["enforcement"]["in_kernel"],
        1
    );
    server.stop();
}

#[test]
fn a_jail_with_nothing_to_read_is_not_well() {
    let server = Setup::new("[sshd]\nlogpath =\nbackend = polling\n").start();
    let status = server.stockade(&["status"]);
    assert_eq!(status.code, Some(1));
    assert!(
        status
            .stdout
            .contains("problem: it has nothing to read (hint:"),
        "{status:?}"
    );
}

#[test]
fn a_wrong_command_line_says_which_word_is_wrong() {
    let check = |words: &[&str], expected: &str| {
        let told = program(words);
        assert_eq!(told.code, Some(255), "{words:?} {told:?}");
        let said = format!("{}{}", told.stdout, told.stderr);
        assert!(said.contains(expected), "{words:?} {told:?}");
    };
    check(&["--foo", "start"], "option --foo not recognized");
    check(&["-z", "start"], "option -z not recognized");
    check(
        &["--log", "INFO", "start"],
        "option --log not a unique prefix",
    );
    check(
        &["-f", "--timeout", "soon"],
        // As the original.
        "ERROR: name 'soon' is not defined",
    );
    check(&["--str2sec", "soon"], "Init of command line failed");
    check(
        &["-c", "/nonexistent/x", "-d"],
        "Init of command line failed",
    );
    check(
        &["-c", "/nonexistent/x", "-f", "start"],
        "/nonexistent/x does not exist",
    );
}

/// An existing configuration may name one: that is no reason not to protect.
#[test]
fn a_jail_goes_on_without_an_action_in_python_that_is_none() {
    let setup = Setup::sshd("action = stockade\n         mail.py[dest=root]");
    let mut server = setup.prepare();
    fs::write(
        server.path("config/action.d/mail.py"),
        "class Action: pass\n",
    )
    .unwrap();
    server.start();
    server.wait_for_log("mail.py module Action does not implement required methods");
    server.wait_until("degraded", || state(&server, "sshd") == "degraded");
    assert_eq!(server.ask(&["set", "sshd", "banip", "192.0.2.1"]), "1\n");
    assert!(server.ask(&["get", "sshd", "actions"]).contains("stockade"));
}
