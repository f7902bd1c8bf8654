//! The originals' jail `recidive` on our server's own log: who is banned again and again is banned for
//! long, and lines that only tell of a ban do not count.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::Duration;

use conformance::{Oracle, Server, Version};
use f2b_protocol::{Command, Value, client::Client};

/// Everything happens within this time, or the test fails.
const DEADLINE: Duration = Duration::from_secs(30);

const ADDRESS: &str = "192.0.2.1";

/// `recidive` is as it comes, but for where the log is and for what a ban does.
const JAIL_LOCAL: &str = "[DEFAULT]
backend = polling
action = quiet
[victim]
enabled = true
filter = recording
logpath = {folder}/bad.log
bantime = 1
bantime.increment = true
[recidive]
enabled = true
logpath = {folder}/server.log
";

struct Stage<'a> {
    oracle: &'a Oracle,
    folder: &'a Path,
    server: Option<Server>,
}

impl Stage<'_> {
    fn start(&mut self) {
        let files = [
            ("jail.local", JAIL_LOCAL),
            (
                "filter.d/recording.conf",
                "[Definition]\nfailregex = ^bad <HOST>$\n",
            ),
            ("../bad.log", ""),
        ];
        let server = Server::on_copy(None, self.oracle, self.folder, &files, "");
        self.server = Some(server.unwrap());
    }

    fn stop(&mut self) {
        self.server.take().unwrap().stop(self.oracle).unwrap();
    }

    fn tell(&self, words: &[&str], answer: i64) {
        let socket = &self.server.as_ref().unwrap().endpoint.socket;
        let mut client = Client::new(UnixStream::connect(socket).unwrap());
        let reply = client.ask(&Command::words(words.iter().copied()));
        assert_eq!(reply.unwrap(), Ok(Value::Int(answer)), "{words:?}");
    }

    fn ban(&self) {
        self.tell(&["set", "victim", "banip", ADDRESS], 1);
    }

    fn unban(&self) {
        self.tell(&["set", "victim", "unbanip", ADDRESS], 1);
    }

    /// Waits until the log has a text so often.
    fn wait_for(&mut self, text: &str, count: usize) {
        let server = self.server.as_mut().unwrap();
        let holds = |server: &mut Server| Ok(server.logged()?.matches(text).count() == count);
        server.wait_until(DEADLINE, holds).unwrap();
    }
}

fn play(version: Version) -> String {
    let oracle = Oracle::new(version).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage {
        oracle: &oracle,
        folder: folder.path(),
        server: None,
    };
    let ban = format!("NOTICE  [victim] Ban {ADDRESS}\n");
    let found = format!("[recidive] Found {ADDRESS} ");
    stage.start();
    for count in 1..=4 {
        stage.ban();
        stage.wait_for(&ban, count);
        stage.wait_for(&found, count);
        match count {
            // It ends by itself: of whom somebody lifts the ban nothing is remembered.
            1 => {
                stage.wait_for(&format!("[victim] Unban {ADDRESS}\n"), 1);
                stage.tell(&["set", "victim", "bantime", "600"], 600);
            }
            2 => {
                stage.wait_for(&format!("[victim] Increase Ban {ADDRESS} "), 1);
                stage.unban();
            }
            3 => stage.unban(),
            _ => {}
        }
    }
    // The fourth ban is lifted and made again, as the server goes and comes.
    for count in 1..=3 {
        stage.stop();
        stage.start();
        stage.wait_for(&format!("[victim] Restore Ban {ADDRESS}\n"), count);
    }
    stage.unban();
    stage.ban();
    stage.wait_for(&found, 5);
    stage.wait_for(&format!("NOTICE  [recidive] Ban {ADDRESS}\n"), 1);
    stage.tell(&["get", "recidive", "banned", ADDRESS], 1);
    stage.stop();
    std::fs::read_to_string(folder.path().join("ours/server.log")).unwrap()
}

#[test]
fn recidive_counts_bans_in_our_log_and_nothing_else() {
    let runs = Version::ALL.map(|version| thread::spawn(move || play(version)));
    for log in runs.map(|run| run.join().unwrap()) {
        let count = |text: &str| log.matches(text).count();
        let lines = ["Ban", "Restore Ban", "Unban", "Repeal Ban", "Increase Ban"];
        let told = lines.map(|word| count(&format!("NOTICE  [victim] {word} {ADDRESS}")));
        assert_eq!(
            count(&format!("[recidive] Found {ADDRESS} ")),
            told[0],
            "{log}"
        );
        println!("{lines:?}: {told:?}");
        assert!(told.iter().all(|count| *count > 0), "{told:?}");
    }
}
