//! A database that is away, at the start or later, and comes back: it misses nothing that stands.

use std::fs::{self, OpenOptions};
use std::io::Write;

use crate::server::{Server, Setup, failed_login, failed_logins, told};

impl Server {
    /// Runs a command where the server's file systems are.
    fn beside(&self, words: &[&str]) -> String {
        let process = self.process().to_string();
        let mut command = std::process::Command::new("nsenter");
        command.args(["-t", &process, "-m"]).args(words);
        let told = told(&mut command);
        assert_eq!(told.code, Some(0), "{words:?}: {told:?}");
        told.stdout
    }

    /// Asks the database, wherever the server has it.
    fn rows(&self, query: &str) -> String {
        let path = self.path("db/f2b.sqlite3");
        let path = path.to_str().unwrap();
        self.beside(&["sqlite3", "-readonly", "-cmd", ".timeout 5000", path, query])
    }

    /// The server protects and says what is wrong.
    fn assert_goes_on_without(&self, address: &str) {
        self.append(&failed_logins(address, 5));
        self.wait_for_log(&format!("[sshd] Ban {address}\n"));
        let status = self.stockade(&["status"]);
        assert_eq!(status.code, Some(1), "{status:?}");
        assert!(
            status.stdout.contains("database: NOT WRITTEN: "),
            "{status:?}"
        );
        let ruleset = self.kit().server().ruleset().unwrap();
        assert!(ruleset.contains(&format!("{address} timeout")), "{ruleset}");
        // What is asked for is done, and a reload is no worse than before.
        assert_eq!(self.ask(&["get", "sshd", "banned", address]), "1\n");
        let told = self.configured_client(&["reload"]);
        assert_eq!(told.code, Some(0), "{told:?}");
    }

    fn wait_written_again(&self) {
        self.wait_for_log("The database is written again; nothing is missing in it");
        self.wait_until("all is well", || self.stockade(&["status"]).code == Some(0));
    }
}

/// A server whose database is `db/f2b.sqlite3`, not started.
fn prepare(prelude: &str) -> Server {
    let server = Setup::sshd("bantime = 1h").prelude(prelude).prepare();
    let database = server.path("db/f2b.sqlite3");
    fs::create_dir(server.path("db")).unwrap();
    fs::create_dir(server.path("config/fail2ban.d")).unwrap();
    let text = format!("[Definition]\ndbfile = {}\n", database.display());
    fs::write(server.path("config/fail2ban.d/database.local"), text).unwrap();
    server
}

#[test]
fn bans_of_a_database_on_a_disk_that_was_full_at_the_start_are_taken_up_later() {
    let mut server = prepare(
        "if [ -e {folder}/full ]; then\n\
         cp {folder}/db/f2b.sqlite3 {folder}/kept\n\
         mount -t tmpfs -o size=1m tmpfs {folder}/db\n\
         cp {folder}/kept {folder}/db/f2b.sqlite3\n\
         head -c 2000000 /dev/zero > {folder}/db/fill || true\n\
         fi",
    );
    server.start();
    let [stands, lifted, new] = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];
    server.append(&failed_logins(stands, 5));
    server.append(&failed_logins(lifted, 5));
    server.wait_for_log("[sshd] Ban 192.0.2.12\n");
    server.stop();
    fs::write(server.path("full"), "").unwrap();
    // Of what the log had before nothing is to be counted again.
    fs::write(server.log_path(), "").unwrap();
    server.start();
    server.assert_goes_on_without(new);
    assert_eq!(server.banned(), [new]);
    server.append(&[failed_login("192.0.2.14")]);
    server.ask(&["set", "sshd", "unbanip", lifted]);
    let fill = server.path("db/fill");
    server.beside(&["rm", fill.to_str().unwrap()]);
    server.wait_written_again();
    server.wait_for_log("[sshd] Restore Ban 192.0.2.11\n");
    assert_eq!(server.banned(), [stands, new]);
    server.wait_until("both are in the kernel", || server.timeouts().len() == 2);
    server.wait_until("the database knows all", || {
        server.rows("select ip from bips order by ip") == "192.0.2.11\n192.0.2.13\n"
            && server.rows("select id from stockade_tally") == "192.0.2.14\n"
            && server.rows("select count(*) from stockade_source where position > 0") == "1\n"
    });
    server.ask(&["set", "sshd", "banip", "192.0.2.15"]);
    assert_eq!(server.rows("select count(*) from bips"), "3\n");
}

#[test]
fn a_database_that_may_not_be_written_is_begun_once_it_may() {
    let mut server =
        prepare("mount --bind {folder}/db {folder}/db && mount -o remount,bind,ro {folder}/db");
    server.start();
    server.assert_goes_on_without("192.0.2.11");
    let folder = server.path("db");
    server.beside(&["mount", "-o", "remount,bind,rw", folder.to_str().unwrap()]);
    server.wait_written_again();
    server.wait_until("the ban is on disk", || {
        server.rows("select ip, bancount, enabled from bips join jails on jail = name")
            == "192.0.2.11|1|1\n"
    });
    server.kill_nine();
    assert_eq!(server.log().matches("cannot be written").count(), 1);
}

#[test]
fn a_database_that_is_damaged_while_it_is_used_is_begun_anew_with_all_that_stands() {
    let mut server = prepare("");
    server.start();
    server.append(&failed_logins("192.0.2.11", 5));
    server.append(&failed_logins("192.0.2.12", 3));
    server.wait_for_log("[sshd] Ban 192.0.2.11\n");
    server.wait_until("the failures count", || {
        server.log().matches("[sshd] Found 192.0.2.12").count() == 3
    });
    let garbage = b"This was a database, once upon a time.\n".repeat(3_000);
    for file in ["f2b.sqlite3", "f2b.sqlite3-wal", "f2b.sqlite3-shm"] {
        let path = server.path("db").join(file);
        let mut file = OpenOptions::new().write(true).open(path).unwrap();
        file.write_all(&garbage).unwrap();
    }
    server.append(&failed_logins("192.0.2.13", 5));
    server.wait_for_log("[sshd] Ban 192.0.2.13\n");
    server.wait_written_again();
    let log = server.log();
    assert!(
        log.contains("is damaged") && log.contains("it was kept as"),
        "{log}"
    );
    server.wait_until("the new one knows all", || {
        server.rows("select ip from bips order by ip") == "192.0.2.11\n192.0.2.13\n"
            && server.rows("select id, retry from stockade_tally") == "192.0.2.12|3\n"
    });
    server.restart();
    assert_eq!(server.banned(), ["192.0.2.11", "192.0.2.13"]);
    server.append(&failed_logins("192.0.2.12", 2));
    server.wait_for_log("[sshd] Ban 192.0.2.12\n");
}

#[test]
fn a_database_that_was_cut_short_is_put_aside_at_the_start() {
    let mut server = prepare("");
    server.start();
    for number in 1..=40 {
        server.append(&failed_logins(format!("198.51.100.{number}"), 5));
    }
    server.wait_until("the bans", || server.banned().len() == 40);
    server.stop();
    let path = server.path("db/f2b.sqlite3");
    let length = fs::metadata(&path).unwrap().len();
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(length / 2).unwrap();
    server.start();
    server.append(&failed_logins("192.0.2.11", 5));
    server.wait_for_log("[sshd] Ban 192.0.2.11\n");
    let log = server.log();
    assert!(
        log.contains("is damaged") && log.contains("it was kept as"),
        "{log}"
    );
    assert_eq!(server.stockade(&["status"]).code, Some(0));
    server.ask(&["set", "sshd", "banip", "192.0.2.12"]);
    let query = "select count(*) from bips where ip like '192.0.2.%'";
    assert_eq!(server.rows(query), "2\n");
}
