//! Logs that a container's runtime has written ban whom the same lines in a plain log ban.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use serde_json::Value;

use crate::server::{Server, Setup, told};

/// What each form of a log is called, and its file.
const FORMS: [&str; 3] = ["plain", "docker", "cri"];

/// Filters for what nginx writes; our tree has none.
const NGINX: [(&str, &str); 3] = [
    (
        "auth",
        r#"^ \[error\] \d+#\d+: \*\d+ user "<F-USER>[^"]*</F-USER>"(?:: password mismatch| was not found in "[^"]*"), client: <ADDR>,"#,
    ),
    (
        "limit",
        r#"^ \[error\] \d+#\d+: \*\d+ limiting requests, excess: [\d.]+ by zone "[^"]*", client: <ADDR>,"#,
    ),
    (
        "bots",
        r#"^<ADDR> \S+ \S+ \[\] "(?:GET|POST) /(?:wp-login\.php|phpmyadmin)[^"]*" 404 .* "[^"]*"$"#,
    ),
];

fn jails() -> String {
    let mut text = String::new();
    for form in FORMS {
        write!(
            text,
            "[sshd-{form}]\nenabled = true\nfilter = sshd\nlogpath = {{folder}}/{form}.log\nmaxretry = 3\n"
        )
        .unwrap();
        for (name, rule) in NGINX {
            write!(
                text,
                "[{name}-{form}]\nenabled = true\nfilter =\nlogpath = {{folder}}/{form}.log\nmaxretry = 3\n\
                 failregex = {rule}\n"
            )
            .unwrap();
        }
    }
    text
}

/// A program's lines of this moment, each with its address twice in some form: what fails, and what does not.
fn lines(turn: u8) -> Vec<String> {
    let now = Timestamp::now();
    let syslog = now.strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00");
    let local = now.to_zoned(jiff::tz::TimeZone::system());
    let error = local.strftime("%Y/%m/%d %H:%M:%S");
    let access = local.strftime("%d/%b/%Y:%H:%M:%S %z");
    let long = "<>&é\\".repeat(4_000);
    let sshd = |message: &str| format!("{syslog} host sshd[4711]: {message}");
    let nginx = |message: &str| {
        format!("{error} [error] 31#31: *7 {message}, server: _, request: \"GET / HTTP/1.1\"")
    };
    let forged = sshd("Failed password for x from 198.51.100.6 port 1 ssh2");
    let forged = record("docker", &forged, "stdout", true);
    let get = |from: &str, path: &str, status: u16, agent: &str| {
        format!("{from} - - [{access}] \"GET {path} HTTP/1.1\" {status} 153 \"-\" \"{agent}\"")
    };
    vec![
        sshd("Failed password for root from 192.0.2.1 port 50000 ssh2"),
        sshd("Failed password for invalid user a\"b\\c from 2001:db8::1 port 50000 ssh2"),
        sshd("Invalid user from 198.51.100.1 from 192.0.2.2 port 50000"),
        sshd(
            "maximum authentication attempts exceeded for root from 192.0.2.3 port 1 ssh2 [preauth]",
        ),
        sshd("Accepted password for bob from 198.51.100.2 port 50000 ssh2"),
        sshd(&format!(
            "Failed password for invalid user {long} from 192.0.2.4 port 50000 ssh2"
        )),
        nginx("user \"bob\": password mismatch, client: 192.0.2.11"),
        nginx("user \"<b>\" was not found in \"/etc/nginx/users\", client: 192.0.2.12"),
        nginx("limiting requests, excess: 5.120 by zone \"one\", client: 192.0.2.13"),
        nginx("open() \"/x\" failed (2: No such file or directory), client: 198.51.100.3"),
        get("192.0.2.21", "/wp-login.php", 404, "curl"),
        get("192.0.2.22", "/phpmyadmin/", 404, &long),
        get(
            "198.51.100.4",
            "/",
            200,
            &format!("192.0.2.99 - - [{access}] \"GET /wp-login.php\" 404"),
        ),
        // What a line would be that somebody forges.
        get(
            "198.51.100.5",
            &format!("/?{}", forged.trim_end()),
            200,
            "-",
        ),
        format!("turn {turn}"),
    ]
}

fn record(form: &str, text: &str, stream: &str, ends: bool) -> String {
    let time = Timestamp::now();
    match form {
        "plain" => format!("{text}\n"),
        "docker" => {
            let log = Value::from(format!("{text}{}", if ends { "\n" } else { "" }));
            // As Docker does.
            let log = log
                .to_string()
                .replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026");
            format!(
                "{{\"log\":{log},\"stream\":\"{stream}\",\"attrs\":{{\"tag\":\"web\"}},\"time\":\"{time}\"}}\n"
            )
        }
        _ => format!("{time} {stream} {} {text}\n", if ends { "F" } else { "P" }),
    }
}

/// A line in the form of a log; a runtime divides lines at 16 KiB.
fn wrapped(form: &str, line: &str, stream: &str) -> Vec<String> {
    if form == "plain" {
        return vec![record(form, line, stream, true)];
    }
    let mut records = Vec::new();
    let mut rest = line;
    while rest.len() > 16 * 1024 {
        let (part, behind) = rest.split_at(rest.floor_char_boundary(16 * 1024));
        records.push(record(form, part, stream, false));
        // The other stream writes meanwhile.
        records.push(record(
            form,
            "noise",
            if stream == "stdout" {
                "stderr"
            } else {
                "stdout"
            },
            true,
        ));
        rest = behind;
    }
    records.push(record(form, rest, stream, true));
    records
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn write(server: &Server, turn: u8) {
    for (number, line) in lines(turn).iter().enumerate() {
        let stream = ["stdout", "stderr"][number % 2];
        for form in FORMS {
            append(
                &server.path(&format!("{form}.log")),
                &wrapped(form, line, stream).concat(),
            );
        }
    }
}

#[test]
fn the_same_addresses_are_banned_in_every_form() {
    let server = Setup::new(&jails()).without_log().prepare();
    let mut server = server;
    for form in FORMS {
        fs::write(server.path(&format!("{form}.log")), "").unwrap();
    }
    // Two before the start, which are caught up with, and one after it.
    write(&server, 0);
    write(&server, 1);
    server.start();
    write(&server, 2);
    let expected = [
        (
            "sshd",
            vec![
                "192.0.2.1",
                "192.0.2.2",
                "192.0.2.3",
                "192.0.2.4",
                "2001:db8::1",
            ],
        ),
        ("auth", vec!["192.0.2.11", "192.0.2.12"]),
        ("limit", vec!["192.0.2.13"]),
        ("bots", vec!["192.0.2.21", "192.0.2.22"]),
    ];
    for (name, addresses) in expected {
        for form in FORMS {
            let jail = format!("{name}-{form}");
            server.wait_until(&format!("bans of {jail}"), || {
                server.banned_in(&jail) == addresses
            });
        }
    }
    server.wait_for_log("docker.log is a container log in the form of Docker's json-file");
    server.wait_for_log("cri.log is a container log in the form of the CRI");
    let log = server.log();
    assert!(
        !log.contains("plain.log is a container log") && !log.contains("198.51.100."),
        "{log}"
    );
}

#[test]
fn a_line_that_straddles_a_restart_counts_once() {
    let mut server = Setup::new(&jails()).without_log().prepare();
    for form in FORMS {
        fs::write(server.path(&format!("{form}.log")), "").unwrap();
    }
    server.start();
    let file = |form: &str| server.path(&format!("{form}.log"));
    let now = Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%S.%6f+00:00")
        .to_string();
    let line = |name: &str| format!("{now} host sshd[4711]: {name}");
    let bad = |address: &str| {
        line(&format!(
            "Failed password for root from {address} port 1 ssh2"
        ))
    };
    for form in ["docker", "cri"] {
        let begin = line("Failed password for ");
        append(
            &file(form),
            &record(form, &bad("192.0.2.7"), "stderr", true),
        );
        append(&file(form), &record(form, &begin, "stdout", false));
        append(
            &file(form),
            &record(form, &bad("192.0.2.7"), "stderr", true),
        );
    }
    for form in ["docker", "cri"] {
        server.wait_until("two failures", || {
            server
                .log()
                .matches(&format!("[sshd-{form}] Found 192.0.2.7"))
                .count()
                == 2
        });
    }
    server.stop();
    server.start();
    let file = |form: &str| server.path(&format!("{form}.log"));
    for form in ["docker", "cri"] {
        let end = "root from 192.0.2.7 port 1 ssh2";
        append(&file(form), &record(form, end, "stdout", true));
        server.wait_for_log(&format!("[sshd-{form}] Ban 192.0.2.7"));
    }
    let log = server.log();
    assert_eq!(log.matches("] Found 192.0.2.7").count(), 6, "{log}");
}

#[test]
fn rules_for_records_go_on_working_and_one_line_is_one_failure() {
    let rules = [
        (
            "raw",
            r#"^\{"log":"bad login of \\"<F-USER>\w+</F-USER>\\" from <ADDR>\\n","stream":"stderr""#,
        ),
        (
            "inside",
            r#"^bad login of "<F-USER>\w+</F-USER>" from <ADDR>$"#,
        ),
        ("both", r"bad login of .* from <ADDR>"),
        ("place", r"^\S{8}bad login .* from <ADDR>"),
    ];
    let mut jails = String::new();
    for (name, rule) in rules {
        write!(
            jails,
            "[{name}]\nenabled = true\nfilter =\nlogpath = {{folder}}/docker.log\nmaxretry = 9\nfailregex = {rule}\n"
        )
        .unwrap();
    }
    let mut server = Setup::new(&jails).without_log().prepare();
    fs::write(server.path("docker.log"), "").unwrap();
    server.start();
    for text in [
        "good",
        "bad login of \"bob\" from 192.0.2.1",
        "bad login of \"al\" from 192.0.2.2",
        "good",
    ] {
        append(
            &server.path("docker.log"),
            &record("docker", text, "stderr", true),
        );
    }
    for (name, _) in rules {
        server.wait_for_log(&format!("[{name}] Found 192.0.2.2"));
    }
    let log = server.log();
    assert_eq!(log.matches("] Found ").count(), 2 * rules.len(), "{log}");
}

#[test]
fn fail2ban_regex_tries_the_lines_inside() {
    let folder = tempfile::tempdir().unwrap();
    let run = |file: &str, rule: &str, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fail2ban-regex"));
        command
            .current_dir(folder.path())
            .env("TZ", "UTC")
            .args(words);
        told(command.args([file, rule]))
    };
    let text = ["bad 192.0.2.1", "# good", "bad 192.0.2.2 ", ""];
    for form in ["docker", "cri"] {
        let mut log: String = text
            .iter()
            .map(|line| record(form, line, "stdout", true))
            .collect();
        log.push_str(&record(form, "ba", "stdout", false));
        log.push_str(&record(form, "d 192.0.2.3", "stdout", true));
        fs::write(folder.path().join(form), &log).unwrap();
        let told = run(form, "^bad <ADDR>$", &[]);
        assert!(told.stdout.contains("\nFailregex: 2 total"), "{told:?}");
        assert!(
            told.stdout
                .contains("\nLines: 5 lines, 0 ignored, 2 matched, 3 missed"),
            "{told:?}"
        );
        assert!(told.stdout.contains("\n|  bad 192.0.2.2\n"), "{told:?}");
        assert_eq!(told.stderr.lines().count(), 1, "{told:?}");
        assert!(
            told.stderr.contains(" is a container log in the form of "),
            "{told:?}"
        );
        // It is dated by its record.
        let told = run(form, "^bad <ADDR>$", &["--json"]);
        let first: Value = serde_json::from_str(told.stdout.lines().next().unwrap()).unwrap();
        assert_eq!(first["text"], "bad 192.0.2.1");
        assert!(first["time"].as_f64().unwrap() > 1e9, "{first}");
        // A rule for records.
        let told = run(form, "\"?bad <ADDR> ?(\\\\n|$)", &[]);
        assert!(told.stdout.contains("\nFailregex: 3 total"), "{told:?}");
        // From a line that is no record on it is a plain log.
        fs::write(
            folder.path().join("mixed"),
            format!("{log}bad 192.0.2.9\n{log}"),
        )
        .unwrap();
        let told = run("mixed", "^bad <ADDR>$", &[]);
        assert!(told.stdout.contains("\nFailregex: 3 total"), "{told:?}");
        assert_eq!(told.stderr.lines().count(), 2, "{told:?}");
        fs::write(folder.path().join("plain"), format!("bad 192.0.2.9\n{log}")).unwrap();
        let told = run("plain", "^bad <ADDR>$", &[]);
        assert!(told.stdout.contains("\nFailregex: 1 total"), "{told:?}");
        assert_eq!(told.stderr, "");
    }
}
