//! A database that cannot be opened, read or written: bans go on.

use std::fs;
use std::path::PathBuf;

use crate::server::{Server, Setup, failed_logins};

/// Starts with something else in the database's place; the first ban must come all the same.
fn begin(make: impl FnOnce(&Server)) -> Server {
    let mut server = Setup::sshd("").prepare();
    make(&server);
    server.start();
    server.append(&failed_logins("192.0.2.11", 5));
    server.wait_for_log("NOTICE  [sshd] Ban 192.0.2.11");
    server.wait_until("it is in the kernel", || {
        server.status_json()["jails"]["sshd"]["enforcement"]["in_kernel"] == 1
    });
    server
}

#[test]
fn a_damaged_database_is_put_aside() {
    let garbage = b"This was a database, once upon a time.\n".repeat(1_000);
    let server = begin(|server| fs::write(server.database(), &garbage).unwrap());
    let log = server.log();
    assert!(
        log.contains("is damaged") && log.contains("it was kept as"),
        "{log}"
    );
    assert_eq!(server.sql("select ip from bans"), "192.0.2.11\n");
    let kept = fs::read_dir(server.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.display().to_string().contains("fail2ban.sqlite3.2"))
        .map(|path| fs::read(path).unwrap());
    assert_eq!(kept.collect::<Vec<_>>(), [garbage]);
    assert_eq!(server.stockade(&["status"]).code, Some(0));
}

#[test]
fn a_database_that_cannot_be_used_is_told_and_not_touched() {
    let check = |make: &dyn Fn(&Server), reason: &str, hint: &str| {
        let server = begin(make);
        let status = server.stockade(&["status"]);
        assert_eq!(status.code, Some(1));
        for text in [server.log(), status.stdout] {
            assert!(
                text.contains(reason) && text.contains(hint),
                "{reason}\n{text}"
            );
        }
    };
    check(
        &|server| {
            let path = server.database();
            let database = path.to_str().unwrap();
            let made = std::process::Command::new("sqlite3")
                .args([
                    database,
                    "create table fail2banDb(version integer); insert into fail2banDb values(99)",
                ])
                .status();
            assert!(
                made.expect("run `sqlite3` of the Debian package sqlite3")
                    .success()
            );
        },
        "Attempt to travel to future version of database",
        "hint: run the version that wrote it",
    );
    check(
        &|server| fs::create_dir(server.database()).unwrap(),
        "not a regular file",
        "hint: name a file as `dbfile`",
    );
}

/// A server whose database lies on a file system of 1 MB; the path is the one that the test sees.
fn on_a_small_disk() -> (Server, PathBuf) {
    let setup = Setup::sshd("")
        .prelude("mkdir -p {folder}/small && mount -t tmpfs -o size=1m tmpfs {folder}/small");
    let mut server = setup.prepare();
    let folder = server.path("config/fail2ban.d");
    fs::create_dir(&folder).unwrap();
    let small = server.path("small");
    let text = format!("[Definition]\ndbfile = {}/f2b.sqlite3\n", small.display());
    fs::write(folder.join("small.local"), text).unwrap();
    server.start();
    let root = format!("/proc/{}/root{}", server.process(), small.display());
    (server, root.into())
}

#[test]
fn a_full_disk_is_told_once_bans_go_on_and_nothing_is_missing_afterwards() {
    let (server, small) = on_a_small_disk();
    let fill = || {
        // It fails at the end of the disk, which is the point.
        fs::write(small.join("fill"), vec![0; 2 << 20]).unwrap_err();
    };
    fill();
    for number in 1..=30 {
        server.append(&failed_logins(format!("198.51.100.{number}"), 5));
    }
    server.wait_for_log("ERROR   The database cannot be written, bans go on without it");
    server.wait_until("all bans in the kernel", || {
        server.status_json()["jails"]["sshd"]["enforcement"]["in_kernel"] == 30
    });
    let status = server.stockade(&["status"]);
    assert_eq!(status.code, Some(1));
    assert!(
        status.stdout.contains("database: NOT WRITTEN: "),
        "{status:?}"
    );
    assert!(
        status.stdout.contains("no room on its file system"),
        "{status:?}"
    );
    assert!(status.stdout.contains("hint: free space"), "{status:?}");
    fs::remove_file(small.join("fill")).unwrap();
    server.wait_for_log("The database is written again; nothing is missing in it");
    assert_eq!(
        server
            .log()
            .matches("The database cannot be written")
            .count(),
        1
    );
    server.wait_until("all is well", || {
        server.stockade(&["status"]).code == Some(0)
    });
    // Only the server's own mount namespace has the file.
    let process = server.process().to_string();
    let database = server.path("small/f2b.sqlite3");
    let told = std::process::Command::new("nsenter")
        .args(["-t", &process, "-m", "sqlite3", "-readonly"])
        .args(["-cmd", ".timeout 5000"])
        .arg(database)
        .arg("select count(*), count(distinct ip) from bans")
        .output()
        .expect("run `sqlite3` of the Debian package sqlite3");
    assert_eq!(String::from_utf8(told.stdout).unwrap(), "30|30\n");
}

#[test]
fn lines_of_a_log_on_a_full_disk_are_counted() {
    let setup = Setup::sshd("")
        .prelude("mkdir -p {folder}/small && mount -t tmpfs -o size=64k tmpfs {folder}/small")
        .words(&["-f", "-x", "--logtarget", "{folder}/small/f2b.log", "start"]);
    let server = setup.start();
    let small = server.path("small");
    let small = PathBuf::from(format!(
        "/proc/{}/root{}",
        server.process(),
        small.display()
    ));
    fs::write(small.join("fill"), vec![0; 1 << 20]).unwrap_err();
    for number in 1..=60 {
        server.append(&failed_logins(format!("198.51.100.{number}"), 5));
    }
    server.wait_until("the bans", || server.banned().len() == 60);
    // The answers follow the lines of everything that was decided before, and the writing of these.
    server.ask(&["set", "sshd", "banip", "192.0.2.12"]);
    server.ask(&["flushlogs"]);
    fs::remove_file(small.join("fill")).unwrap();
    server.append(&failed_logins("192.0.2.11", 5));
    let log = || String::from_utf8_lossy(&fs::read(small.join("f2b.log")).unwrap()).into_owned();
    server.wait_until("the log goes on", || {
        log().contains("[sshd] Ban 192.0.2.11")
    });
    let log = log();
    assert!(
        log.contains(" line(s) of this log were lost: No space left on device"),
        "{log}"
    );
}
