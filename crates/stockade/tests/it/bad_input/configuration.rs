//! Mistakes on the command line and in files.

use std::fs;

use super::{program, state, two_jails};
use crate::server::Setup;

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
ignoreip = office.example
[action]
enabled = true
filter = sshd
logpath = {folder}/auth.log
action = iptables
[reference]
enabled = true
filter = sshd
logpath = %(syslog_authpriv)s
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
    let (stderr, log) = (server.stderr(), server.log());
    let status = server.stockade(&["status"]);
    assert_eq!(status.code, Some(1), "{status:?}");
    let local = server.path("config/jail.local").display().to_string();
    let filter = server.path("config/filter.d/broken.conf");
    let filter = filter.display().to_string();
    let check = |file: &str, line: usize, message: &str, hint: &str| {
        let place = format!("{file}:{line}: ");
        let told = format!("{place}error: {message}");
        assert!(stderr.contains(&told), "{told}\n--- in\n{stderr}");
        for (where_, text) in [("log", &log), ("status", &status.stdout)] {
            let told = format!("{place}{message}");
            assert!(text.contains(&told), "{told}\n--- in the {where_}\n{text}");
        }
        assert!(stderr.contains(hint), "{hint}\n--- in\n{stderr}");
    };
    check(
        &local,
        6,
        "Unable to read the filter 'nothing'",
        "hint: filter.d holds: broken, sshd",
    );
    check(
        &filter,
        2,
        "`failregex` of `[regex]`: the regular expression cannot be compiled: unclosed group",
        "| ^bad (one <ADDR>$",
    );
    check(
        &local,
        15,
        "`failregex` of `[nobody]`: the regular expression does not say who failed",
        "put `<ADDR>` where the address stands",
    );
    check(&local, 21, "the option `logpth` of `[option]`", "");
    check(&local, 26, "`maxretry = many` is not a whole number", "");
    check(
        &local,
        31,
        "`bantime`: `5 dogs` is not a time",
        "`1d 12h 30m`",
    );
    check(
        &local,
        36,
        "`backend = files` is no backend",
        "known are auto,",
    );
    check(
        &local,
        41,
        "`ignoreip`: `office.example` is no address and no network",
        "names are not looked up",
    );
    check(
        &local,
        46,
        "Unable to read action 'iptables'",
        "action.d holds: stockade",
    );
    check(
        &local,
        50,
        "the option `logpath` of `[reference]`: `%(syslog_authpriv)s`",
        "",
    );
    assert!(status.stdout.contains("configuration: HAS MISTAKES"));
    assert_eq!(state(&server, "sshd"), "running");
    for jail in ["no-filter", "regex", "nobody", "reference"] {
        let told = format!("Jail '{jail}' skipped, because of wrong configuration: ");
        assert!(log.contains(&told), "{told}\n{log}");
        assert_eq!(state(&server, jail), "");
    }
    server.stop();
}

#[test]
fn a_file_that_is_no_configuration_is_named_and_the_others_are_read() {
    let mut server = two_jails("").prepare();
    fs::write(server.path("other.log"), "").unwrap();
    fs::create_dir(server.path("config/jail.d")).unwrap();
    fs::write(server.path("config/jail.d/a.local"), b"[x]\ny = \xff\n").unwrap();
    fs::create_dir(server.path("config/jail.d/b.local")).unwrap();
    fs::write(
        server.path("config/jail.d/c.local"),
        "[sshd\nenabled = no\n",
    )
    .unwrap();
    server.start();
    let stderr = server.stderr();
    for expected in [
        "jail.d/a.local: line 2 is not UTF-8",
        "jail.d/b.local: Is a directory",
        "jail.d/c.local:1: error: the name of a section is not closed",
    ] {
        assert!(stderr.contains(expected), "{expected}\n{stderr}");
    }
    assert_eq!(server.stockade(&["status"]).code, Some(1));
    assert_eq!(state(&server, "sshd"), "running");
    assert_eq!(state(&server, "other"), "running");
    server.stop();
}

#[test]
fn server_settings_that_make_no_sense_are_told_and_jails_go_on() {
    let server = Setup::sshd("")
        .server_local("loglevel = LOUD\ndbpurgeage = soon\nlogtraget = x")
        .start();
    let (stderr, log) = (server.stderr(), server.log());
    let told = "fail2ban.local:8: error: the option `logtraget` is not one of the server's";
    assert!(stderr.contains(told), "{stderr}");
    assert!(log.contains("Invalid log level 'LOUD'"), "{log}");
    let status = server.stockade(&["status"]);
    assert_eq!(status.code, Some(1));
    for expected in [
        "fail2ban.local:8: the option `logtraget`",
        "['set', 'loglevel', 'LOUD']: ",
        "['set', 'dbpurgeage', 'soon']: name 'soon' is not defined",
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
        stderr.contains("no jail can be started (hint: mend the mistakes above)"),
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
    let server = Setup::new("[sshd]\nlogpath =\njournalmatch =\n").start();
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
        assert!(told.stderr.contains(expected), "{words:?} {told:?}");
    };
    check(&["--foo", "start"], "option --foo not recognized");
    check(&["-z", "start"], "option -z not recognized");
    check(
        &["--log", "INFO", "start"],
        "option --log not a unique prefix",
    );
    check(
        &["-f", "--timeout", "soon"],
        "option --timeout requires a value",
    );
    check(&["--str2sec", "soon"], "Init of command line failed");
    check(
        &["-c", "/nonexistent/x", "-d"],
        "Init of command line failed",
    );
    check(&["start"], "hint: `fail2ban-server -f start`");
    check(
        &["-c", "/nonexistent/x", "-f", "start"],
        "/nonexistent/x does not exist",
    );
}
