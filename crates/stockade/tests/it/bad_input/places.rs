//! Files that the server itself makes, where it may not or where something stands.

use std::fs;

use crate::server::{Server, Setup};

/// Starts a server that cannot begin; returns what it said.
fn refused(words: &[&str]) -> (Server, String) {
    let all = [&["-f"], words, &["start"]].concat();
    let mut server = Setup::sshd("").words(&all).prepare();
    server.spawn();
    assert_eq!(server.wait_end(), Some(255), "{}", server.story());
    let stderr = server.stderr();
    (server, stderr)
}

#[test]
fn what_cannot_be_written_is_named_and_no_socket_is_left_behind() {
    let check = |words: &[&str], what: &str, why: &str, hint: &str| {
        let (server, stderr) = refused(words);
        for expected in [what, why, hint] {
            assert!(stderr.contains(expected), "{expected}\n{stderr}");
        }
        assert!(!server.socket().exists(), "{words:?}");
    };
    check(
        &["-p", "/nonexistent/x/pid"],
        "ERROR: make the folder of the pid file, /nonexistent/x",
        "  because: No such file or directory",
        "hint: only the last folder",
    );
    check(
        &["-p", "{folder}"],
        "ERROR: write the pid file ",
        "  because: Is a directory",
        "hint: name a file with `-p`",
    );
    check(
        &["-s", "/nonexistent/x/socket"],
        "ERROR: make the folder of the control socket, /nonexistent/x",
        "  because: No such file or directory",
        "or use `-s`",
    );
    check(
        &["--logtarget", "/nonexistent/x.log"],
        "ERROR: open the log file /nonexistent/x.log",
        "  because: No such file or directory",
        "hint: name a file",
    );
    check(
        &["--logtarget", "STDOUT[datetime"],
        "ERROR: unexpected option syntax",
        "",
        "hint: a target is a file, STDOUT",
    );
}

#[test]
fn a_user_without_the_right_is_told_so() {
    let mut server = Setup::sshd("")
        .wrapper(&[
            "setpriv",
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
        ])
        .prelude("chmod 755 {folder} && mount -t tmpfs -o mode=755 tmpfs /run")
        .words(&["-f", "-s", "/run/f2b/socket", "start"])
        .prepare();
    server.spawn();
    assert_eq!(server.wait_end(), Some(255));
    let stderr = server.stderr();
    assert!(stderr.contains("because: Permission denied"), "{stderr}");
}

#[test]
fn a_second_server_leaves_the_first_alone() {
    let mut first = Setup::sshd("").start();
    let socket = first.socket().display().to_string();
    for words in [&["-s", &socket][..], &["-x", "-s", &socket][..]] {
        let (_second, stderr) = refused(words);
        assert!(
            stderr.contains("ERROR   Server already running\n"),
            "{stderr}"
        );
        assert!(
            stderr.contains("hint: `fail2ban-client stop` ends that server"),
            "{stderr}"
        );
        assert_eq!(first.ask(&["ping"]), "Server replied: pong\n");
    }
    first.stop();
}

#[test]
fn a_socket_that_a_killed_server_left_needs_force() {
    let mut server = Setup::sshd("").words(&["-f", "start"]).start();
    server.kill_nine();
    server.spawn();
    assert_eq!(server.wait_end(), Some(255));
    let stderr = server.stderr();
    assert!(
        stderr.contains("unexpected state (not running but the socket exists)"),
        "{stderr}"
    );
    assert!(
        stderr.contains("hint: a server that was killed leaves it; start with `-x`"),
        "{stderr}"
    );
    assert!(server.socket().exists());
    server.stockade(&["status"]);
    fs::remove_file(server.socket()).unwrap();
    server.start();
    server.stop();
}

#[test]
fn a_client_without_a_server_says_where_it_looked() {
    let server = Setup::sshd("").prepare();
    let told = server.client(&["ping"]);
    assert_eq!(told.code, Some(255));
    let place = server.socket().display().to_string();
    assert!(
        told.stderr.contains(&place) && told.stderr.contains("Is fail2ban running?"),
        "{told:?}"
    );
    assert_eq!(server.stockade(&["status"]).code, Some(3));
}

#[test]
fn signals_reopen_the_log_reload_and_end_the_server() {
    let mut server = Setup::sshd("").start();
    let rotated = server.path("fail2ban.log.1");
    fs::rename(server.path("fail2ban.log"), &rotated).unwrap();
    server.signal("USR1");
    server.wait_for_log("rollover performed on ");
    server.signal("HUP");
    server.wait_for_log("INFO    Reload finished.");
    assert_eq!(server.ask(&["ping"]), "Server replied: pong\n");
    // A place that cannot be opened is told in the log that is open.
    fs::rename(server.path("fail2ban.log"), server.path("fail2ban.log.2")).unwrap();
    fs::create_dir(server.path("fail2ban.log")).unwrap();
    server.signal("USR1");
    server.wait_until("the failure in the old log", || {
        let log = fs::read_to_string(server.path("fail2ban.log.2")).unwrap();
        log.contains("ERROR   open the log file ") && log.contains("Is a directory")
    });
    fs::remove_dir(server.path("fail2ban.log")).unwrap();
    server.signal("INT");
    assert_eq!(server.wait_end(), Some(0));
    assert!(!server.socket().exists() && !server.pidfile().exists());
    server.start();
    server.signal("TERM");
    assert_eq!(server.wait_end(), Some(0));
}
