//! What administrators run over the log, as it has been written down for years.

use std::process::Command;

use crate::server::Setup;

/// How often each address was banned, over all logs, rotated and packed ones included.
const COUNT: &str = "zcat --force LOG* | grep \"fail2ban.actions.*\\[sshd\\] Ban \" | sed -e 's/^.* Ban //' \
     | sort | uniq -c | sort -nr";

#[test]
fn the_classic_count_of_bans_is_right() {
    let mut server = Setup::sshd("bantime = 100\nbantime.increment = true").start();
    let log = server.path("fail2ban.log");
    let client = |server: &crate::server::Server, words: &[&str]| {
        assert_eq!(server.client(words).code, Some(0), "{words:?}");
    };
    let ban = |server: &crate::server::Server, id: &str, times: usize| {
        for _ in 0..times {
            client(server, &["set", "sshd", "banip", id]);
            client(server, &["set", "sshd", "unbanip", id]);
        }
    };
    ban(&server, "192.0.2.1", 3);
    client(&server, &["set", "sshd", "banip", "192.0.2.2"]);
    std::fs::rename(&log, server.path("fail2ban.log.2")).unwrap();
    client(&server, &["flushlogs"]);
    let packed = Command::new("gzip")
        .arg(server.path("fail2ban.log.2"))
        .status();
    assert!(packed.unwrap().success());
    ban(&server, "192.0.2.1", 2);
    // Lines are written behind the answers; this waits for them.
    client(&server, &["flushlogs"]);
    // Taking a ban up again is none.
    server.kill_nine();
    server.restart();
    server.wait_for_log("Restore Ban 192.0.2.2");
    std::fs::rename(&log, server.path("fail2ban.log.1")).unwrap();
    client(&server, &["flushlogs"]);
    ban(&server, "2001:db8::1", 4);
    ban(&server, "198.51.100.0/24", 1);
    client(&server, &["flushlogs"]);
    let recipe = COUNT.replace("LOG", log.to_str().unwrap());
    let counted = Command::new("sh").arg("-c").arg(recipe).output().unwrap();
    let counted = String::from_utf8(counted.stdout).unwrap();
    let counted: Vec<Vec<&str>> = counted
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        counted,
        [
            ["5", "192.0.2.1"],
            ["4", "2001:db8::1"],
            ["1", "198.51.100.0/24"],
            ["1", "192.0.2.2"],
        ]
    );
}
