//! A log that is not there, or is no log, or may not be read.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{state, two_jails};
use crate::server::{Server, failed_logins};

/// The jail `sshd` on what `make` puts in its log's place, beside one that is well.
fn beside(make: impl FnOnce(&Server)) -> Server {
    // The rights of root to read everything are taken away.
    let setup = two_jails("").without_log();
    let lesser = [
        "setpriv",
        "--bounding-set",
        "-dac_override,-dac_read_search",
    ];
    let mut server = setup.wrapper(&lesser).prepare();
    fs::write(server.path("other.log"), "").unwrap();
    make(&server);
    server.start();
    server
}

fn fifo(server: &Server) {
    let made = Command::new("mkfifo").arg(server.log_path()).status();
    assert!(made.unwrap().success());
}

#[test]
fn what_is_no_log_degrades_its_own_jail_until_a_log_is_there() {
    let check = |make: &dyn Fn(&Server), remove: &dyn Fn(&Server), reason: &str, hint: &str| {
        let mut server = beside(make);
        server.wait_until("degraded", || state(&server, "sshd") == "degraded");
        assert_eq!(state(&server, "other"), "running");
        let status = server.stockade(&["status", "sshd"]);
        assert_eq!(status.code, Some(1));
        let path = server.log_path().display().to_string();
        for expected in [reason, hint, &path] {
            server.wait_for_log(expected);
            assert!(status.stdout.contains(expected), "{expected}\n{status:?}");
        }
        remove(&server);
        server.append(&failed_logins("192.0.2.11", 5));
        server.wait_until("the ban", || server.banned() == ["192.0.2.11"]);
        assert_eq!(state(&server, "sshd"), "running");
        server.stop();
    };
    let empty = |server: &Server| fs::write(server.log_path(), "").unwrap();
    check(
        &|server| fs::create_dir(server.log_path()).unwrap(),
        &|server| {
            fs::remove_dir(server.log_path()).unwrap();
            empty(server);
        },
        "it is a directory, not a regular file",
        "hint: name the log files in it",
    );
    check(
        &fifo,
        &|server| {
            fs::remove_file(server.log_path()).unwrap();
            empty(server);
        },
        "it is a named pipe, not a regular file",
        "hint: let the writer log to a file",
    );
    let mode = |server: &Server, mode| {
        fs::set_permissions(server.log_path(), fs::Permissions::from_mode(mode)).unwrap();
    };
    check(
        &|server| {
            empty(server);
            mode(server, 0o000);
        },
        &|server| mode(server, 0o644),
        "Permission denied",
        "hint: give the server's user the right to read the file",
    );
}

#[test]
fn a_missing_log_is_waited_for() {
    let mut server = beside(|_| {});
    assert_eq!(state(&server, "sshd"), "waiting");
    let status = server.stockade(&["status", "sshd"]);
    let path = server.log_path().display().to_string();
    assert!(
        status.stdout.contains(&format!("waits for {path}")),
        "{status:?}"
    );
    server.wait_for_log("Have not found any log file for 'sshd' jail");
    fs::write(server.log_path(), "").unwrap();
    server.append(&failed_logins("192.0.2.11", 5));
    server.wait_until("the ban", || server.banned() == ["192.0.2.11"]);
    assert_eq!(state(&server, "sshd"), "running");
    server.stop();
}
