//! Commands of actions that hang, fail, die, say far too much or leave children behind: what they do is
//! told, and other jails ban as before.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Lines};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::server::{Server, Setup};

/// Bans of the good jail that are measured, alone and again beside all the others.
const BANS: u32 = 100;

/// Jails by what their `actionban` does, and what the log tells of it.
const BAD: &[(&str, &str, &[&str])] = &[
    (
        "hangs",
        "sleep 60",
        &[
            "-- exec: sleep 60",
            "-- timed out after 1 seconds.",
            "-- killed with SIGTERM (return code: -15)",
        ],
    ),
    (
        "stubborn",
        "trap '' TERM; sleep 60",
        &["-- killed with SIGKILL (return code: -9)"],
    ),
    (
        "noisy",
        "head -c 10000000 /dev/zero | tr '\\\\0' x; head -c 10000000 /dev/zero >&2; exit 3",
        &[
            "-- stdout: 9934464 bytes more",
            "-- stderr: 9934464 bytes more",
            "-- returned 3",
        ],
    ),
    // One stays in the group, one leaves it; both hold the outputs open.
    (
        "forking",
        "sleep 5 & setsid sh -c \"trap '' TERM HUP; sleep 5\" & exit 4",
        &["-- returned 4"],
    ),
    ("failing", "exit 1", &["-- returned 1"]),
    (
        "forbidden",
        "/etc/passwd",
        &["Permission denied", "-- returned 126"],
    ),
    (
        "missing",
        "no-such-program <ip>",
        &[
            "no-such-program: not found",
            "-- returned 127",
            "HINT on 127: \"Command not found\".",
        ],
    ),
    (
        "dying",
        "exit 139",
        &["-- killed with SIGSEGV (return code: 139)"],
    ),
    (
        "killed",
        "kill -SEGV $$",
        &["-- killed with SIGSEGV (return code: -11)"],
    ),
];

fn jail_local() -> String {
    let mut text = String::from(
        "[DEFAULT]\nmaxretry = 1\nfilter = plain[jail=\"%(__name__)s\"]\nlogpath = {folder}/auth.log\n\
         [sshd]\nenabled = false\n\
         [good]\nenabled = true\naction = good\n",
    );
    for (name, ..) in BAD {
        text += &format!("[{name}]\nenabled = true\naction = {name}\n");
    }
    text
}

/// A server with a good jail and bad ones; the good action says whom it bans.
fn start() -> (Server, Lines<BufReader<File>>) {
    let mut server = Setup::new(&jail_local()).prepare();
    let banned = server.path("banned");
    assert!(
        Command::new("mkfifo")
            .arg(&banned)
            .status()
            .unwrap()
            .success()
    );
    // For reading and writing, so that it never ends.
    let lines = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&banned)
        .unwrap();
    let write = |name: &str, text: &str| fs::write(server.path("config").join(name), text).unwrap();
    write(
        "filter.d/plain.conf",
        "[Definition]\nfailregex = ^ host sshd\\[4711\\]: %(jail)s <ADDR>$\n",
    );
    write(
        "action.d/good.conf",
        &format!(
            "[Definition]\nactionban = echo <ip> >> {}\nactionunban =\n",
            banned.display()
        ),
    );
    for (name, ban, _) in BAD {
        // On a busy machine the others may take their time.
        let timeout = if ban.ends_with("sleep 60") { 1 } else { 30 };
        let text = format!(
            "[Definition]\nactionban = {ban}\nactionunban =\n[Init]\ntimeout = {timeout}\n"
        );
        write(&format!("action.d/{name}.conf"), &text);
    }
    server.start();
    (server, BufReader::new(lines).lines())
}

/// Has the good jail ban one address after the other; returns how long each took from its line in the log
/// to its command.
fn measure(server: &Server, lines: &mut Lines<BufReader<File>>, net: u32) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..BANS)
        .map(|number| {
            let address = format!("10.{net}.0.{number}");
            let begin = Instant::now();
            server.append(&[format!("good {address}")]);
            assert_eq!(lines.next().unwrap().unwrap(), address);
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

#[test]
fn a_command_that_misbehaves_holds_up_no_other_jail_and_is_told_of() {
    let (mut server, mut lines) = start();
    let alone = measure(&server, &mut lines, 1);
    // Ten bans each: the bad are at it all the while.
    for number in 0..10 {
        let failures = BAD
            .iter()
            .map(|(name, ..)| format!("{name} 192.0.2.{number}"));
        server.append(&failures.collect::<Vec<_>>());
    }
    let beside = measure(&server, &mut lines, 2);
    for (name, times) in [("alone", alone), ("beside bad ones", beside)] {
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        println!("{name}: p50 {:?}, p99 {:?}", at(50), at(99));
    }
    for (name, _, signs) in BAD {
        for sign in *signs {
            server.wait_for_log(sign);
        }
        server.wait_for_log(&format!(
            "Failed to execute ban jail '{name}' action '{name}' info 'ActionInfo({{'ip': '192.0.2.0', \
             'family': 'inet4'}})': Error banning 192.0.2.0"
        ));
        assert_eq!(server.banned_in(name).len(), 10, "they count as banned");
    }
    // What still waits is not begun any more.
    server.stop();
}
