//! The log as a whole, with files and sockets of the tests' own.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

use super::*;

fn open(target: &str) -> Log {
    let target = LogTarget::named(target).unwrap();
    Log::open(target, None, LogLevel::default()).unwrap()
}

fn set(log: &Log, target: &str) -> Result<(), LogTargetError> {
    log.set_target(LogTarget::named(target).unwrap())
}

/// What comes behind the stamp.
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let process = format!("[{}]", std::process::id());
    let line = |line: &str| line.get(24..).unwrap_or(line).replace(&process, "[P]");
    text.lines().map(line).collect()
}

/// What a socket was sent so far.
fn sent(socket: &UnixDatagram) -> Vec<String> {
    socket.set_nonblocking(true).unwrap();
    let mut buffer = vec![0; 1 << 17];
    let mut all = Vec::new();
    while let Ok(count) = socket.recv(&mut buffer) {
        let text = String::from_utf8(buffer[..count].to_vec()).unwrap();
        all.push(text.replace(&format!("[{}]", std::process::id()), "[P]"));
    }
    all
}

#[test]
fn a_line_has_the_originals_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = open(path.to_str().unwrap());
    log.write(&Line::new(Level::Debug, "filter", "not seen"));
    log.write(&Line::new(Level::Notice, "actions", "[sshd] Ban 192.0.2.1"));
    log.warning("jail", "w");
    log.flush();
    let expected = [
        "fail2ban.actions        [P]: NOTICE  [sshd] Ban 192.0.2.1",
        "fail2ban.jail           [P]: WARNING w",
    ];
    assert_eq!(lines(&path), expected);
}

#[test]
fn lines_that_were_lost_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = open("/dev/full");
    log.warning("jail", "a");
    log.warning("jail", "b");
    set(&log, path.to_str().unwrap()).unwrap();
    log.warning("jail", "c");
    log.flush();
    let text = std::fs::read_to_string(path).unwrap();
    // An empty line ends what may have been cut.
    assert!(text.starts_with('\n'), "{text}");
    assert!(
        text.contains("ERROR   2 line(s) of this log were lost: No space left"),
        "{text}"
    );
    assert!(text.ends_with("WARNING c\n"), "{text}");
    assert_eq!(text.lines().count(), 5, "{text}");
}

#[test]
fn a_change_of_the_target_is_told_as_the_original_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    let log = open(first.to_str().unwrap());
    // The same name again changes nothing, whatever its options.
    set(&log, &format!("{}[datetime=off]", first.display())).unwrap();
    assert!(set(&log, "/nonexistent/x").is_err());
    set(&log, second.to_str().unwrap()).unwrap();
    log.info("jail", "here");
    log.flush();
    let told = [
        "fail2ban.server         [P]: ERROR   Unable to log to '/nonexistent/x'".to_owned(),
        format!(
            "fail2ban.server         [P]: INFO    Logging to previous target '{}'",
            first.display()
        ),
    ];
    assert_eq!(lines(&first), told);
    let told = [
        "fail2ban.server         [P]: INFO    Start Fail2ban v1.1.1".to_owned(),
        format!(
            "fail2ban.server         [P]: INFO    Changed logging target to {} for Fail2ban v1.1.1",
            second.display()
        ),
        "fail2ban.jail           [P]: INFO    here".to_owned(),
    ];
    assert_eq!(lines(&second), told);
}

#[test]
fn flushlogs_opens_a_file_anew_and_never_cuts_it() {
    let folder = tempfile::tempdir().unwrap();
    let (path, rotated) = (folder.path().join("log"), folder.path().join("log.1"));
    let log = open(path.to_str().unwrap());
    log.info("jail", "a");
    log.flush();
    std::fs::rename(&path, &rotated).unwrap();
    assert_eq!(log.flush_logs(), "rolled over");
    assert_eq!(log.flush_logs(), "rolled over");
    let told = format!(
        "fail2ban.server         [P]: INFO    rollover performed on {}",
        path.display()
    );
    assert_eq!(lines(&path), [told.clone(), told]);
    assert_eq!(lines(&rotated), ["fail2ban.jail           [P]: INFO    a"]);
    set(&log, "STDERR").unwrap();
    assert_eq!(log.flush_logs(), "flushed");
}

#[test]
fn syslog_gets_a_datagram_each_line() {
    let folder = tempfile::tempdir().unwrap();
    let (file, path) = (folder.path().join("log"), folder.path().join("syslog"));
    let log = open(file.to_str().unwrap());
    log.set_syslog_socket(path.to_str().unwrap());
    assert!(matches!(
        set(&log, "SYSLOG"),
        Err(LogTargetError::Syslog { .. })
    ));
    let told = format!(
        "fail2ban.server         [P]: ERROR   Syslog socket file: {} does not exists or is not a socket",
        path.display()
    );
    log.flush();
    assert_eq!(lines(&file), [told]);
    let socket = UnixDatagram::bind(&path).unwrap();
    set(&log, "SYSLOG[facility=auth]").unwrap();
    log.write(&Line::new(Level::Notice, "actions", "[j] Ban 192.0.2.1"));
    log.error("server", "x".repeat(1 << 20));
    assert_eq!(log.flush_logs(), "flushed");
    let mut sent = sent(&socket);
    let long = sent.remove(3);
    assert!(
        long.len() < 50_000 && long.ends_with("x…\0"),
        "{}",
        long.len()
    );
    let expected = [
        "<38>fail2ban.server[P]: INFO Start Fail2ban v1.1.1\0".to_owned(),
        format!(
            "<38>fail2ban.server[P]: INFO Changed logging target to SYSLOG ({}) for Fail2ban v1.1.1\0",
            path.display()
        ),
        "<37>fail2ban.actions[P]: NOTICE [j] Ban 192.0.2.1\0".to_owned(),
        "<38>fail2ban.server[P]: INFO flush performed on SYSLOG\0".to_owned(),
    ];
    assert_eq!(sent, expected);
}

#[test]
fn syslog_may_go_away_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("syslog");
    let target = LogTarget::named("SYSLOG").unwrap();
    // Not there yet: that is no reason not to start.
    let log = Log::open(target, Some(path.clone()), LogLevel::default()).unwrap();
    log.info("jail", "lost");
    log.flush();
    let socket = UnixDatagram::bind(&path).unwrap();
    log.info("jail", "a");
    log.flush();
    let got = sent(&socket);
    assert!(
        got[0].contains("1 line(s) of this log were lost"),
        "{got:?}"
    );
    assert_eq!(got[1], "<30>fail2ban.jail[P]: INFO a\0");
    drop(socket);
    std::fs::remove_file(&path).unwrap();
    let socket = UnixDatagram::bind(&path).unwrap();
    log.info("jail", "b");
    log.flush();
    assert_eq!(sent(&socket), ["<30>fail2ban.jail[P]: INFO b\0"]);
}

#[test]
fn a_syslog_that_takes_nothing_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("syslog");
    let socket = UnixDatagram::bind(&path).unwrap();
    let target = LogTarget::named("SYSLOG").unwrap();
    let log = Log::open(target, Some(path), LogLevel::default()).unwrap();
    // More than any queue of datagrams holds.
    for number in 0..5_000 {
        log.info("jail", number.to_string());
    }
    log.flush();
    let got = sent(&socket);
    assert!(got.len() < 5_000, "{}", got.len());
    log.info("jail", "again");
    log.flush();
    let got = sent(&socket);
    assert!(got[0].contains("line(s) of this log were lost"), "{got:?}");
    assert!(got[1].contains("again"), "{got:?}");
}
