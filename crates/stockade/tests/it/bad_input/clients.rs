//! Clients of the control socket that send nonsense, too much, nothing, or go away.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::server::{Server, Setup};

const END: &[u8] = b"<F2B_END_COMMAND>";

fn connect(server: &Server) -> UnixStream {
    let stream = UnixStream::connect(server.socket()).unwrap();
    let patience = Some(Duration::from_secs(10));
    stream.set_read_timeout(patience).unwrap();
    stream.set_write_timeout(patience).unwrap();
    stream
}

/// Sends one message; returns the answer as far as it is text.
fn answer(server: &Server, message: &[u8]) -> String {
    let mut stream = connect(server);
    stream.write_all(&[message, END].concat()).unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while !received.ends_with(END) {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error} after {received:?}\n{}", server.story()),
        }
    }
    String::from_utf8_lossy(&received).into_owned()
}

/// Another client is answered before it has lost its patience.
fn assert_alive(server: &Server) {
    assert_eq!(server.ask(&["ping"]), "Server replied: pong\n");
}

#[test]
fn nonsense_is_answered_with_what_is_wrong() {
    let server = Setup::sshd("").start();
    let check = |message: &[u8], expected: &str| {
        let answer = answer(&server, message);
        assert!(
            answer.contains(expected),
            "{:?}: {answer:?}",
            &message[..message.len().min(60)]
        );
        assert_alive(&server);
    };
    check(b"garbage", "ERROR: ");
    check(b"", "ERROR: ");
    check(b"\x80\x04]\x94", "ERROR: ");
    // `os.system` in the two ways that pickles call code.
    check(b"cposix\nsystem\n(S'true'\ntR.", "ERROR: refused GLOBAL");
    check(
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
        "ERROR: refused STACK_GLOBAL",
    );
    check(
        &[b"(".repeat(2_000_000), b".".to_vec()].concat(),
        "exceeds the limit of",
    );
    check(
        &[b"(".repeat(100_000), b"l".repeat(100_000), b".".to_vec()].concat(),
        "levels",
    );
    check(b"(lp0\nVping\np1\na(lp2\na.", "pong");
    check(b"(lp0\nVfrobnicate\np1\na.", "Invalid command");
    check(b"]\x94.", "IndexError");
    check(b"K\x05.", "TypeError");
    check(b"]\x94(\x8c\x03set]K\x01}e.", "AttributeError");
}

#[test]
fn a_message_without_end_is_cut_off_while_others_are_answered() {
    let server = Setup::sshd("").start();
    let mut endless = connect(&server);
    let piece = vec![b'A'; 1 << 20];
    let mut sent = 0_usize;
    // 1 GB, if anybody took it.
    while sent < 1 << 30 && endless.write_all(&piece).is_ok() {
        sent += piece.len();
        if sent == 8 << 20 {
            assert_alive(&server);
        }
    }
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    assert_alive(&server);
}

#[test]
fn clients_that_say_nothing_make_room_for_those_who_do() {
    let server = Setup::sshd("").start();
    let silent: Vec<UnixStream> = (0..200).map(|_| connect(&server)).collect();
    assert_alive(&server);
    let mut halves: Vec<UnixStream> = (0..200).map(|_| connect(&server)).collect();
    for half in &mut halves {
        // A client that was hung up on may notice at any write.
        half.write_all(b"(lp0\nVpi").ok();
    }
    assert_alive(&server);
    drop((silent, halves));
    assert_alive(&server);
}

#[test]
fn clients_that_go_away_or_do_not_listen_hold_nobody_up() {
    let server = Setup::sshd("").start();
    let status = [&b"(lp0\nVstatus\np1\naVsshd\np2\na."[..], END].concat();
    for _ in 0..50 {
        connect(&server).write_all(&status).unwrap();
    }
    assert_alive(&server);
    let mut deaf = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&server);
        stream.set_nonblocking(true).unwrap();
        // Until its questions, and so our answers, no longer fit into the pipe.
        while stream.write_all(&status).is_ok() {}
        deaf.push(stream);
    }
    assert_alive(&server);
    let ban = [
        &b"(lp0\nVset\np1\naVsshd\np2\naVbanip\np3\naV192.0.2.11\np4\na."[..],
        END,
    ]
    .concat();
    connect(&server).write_all(&ban).unwrap();
    server.wait_until("the ban of the client that left", || {
        server.banned() == ["192.0.2.11"]
    });
    drop(deaf);
}

#[test]
fn wrong_commands_are_answered_and_change_nothing() {
    let server = Setup::sshd("").start();
    let check = |words: &[&str], expected: &str| {
        let told = server.client(words);
        assert_eq!(told.code, Some(255), "{words:?} {told:?}");
        assert!(
            told.stdout.contains(expected) || told.stderr.contains(expected),
            "{words:?} {told:?}"
        );
    };
    check(&["frobnicate"], "Invalid command");
    check(&["set", "sshd", "foo", "bar"], "Invalid command 'foo'");
    check(
        &["set", "nothing", "banip", "192.0.2.1"],
        "the jail 'nothing' does not exist",
    );
    check(&["status", "nothing"], "the jail 'nothing' does not exist");
    check(
        &["set", "sshd", "bantime", "soon"],
        // As the original.
        "name 'soon' is not defined",
    );
    check(
        &["set", "sshd", "addfailregex", "^a$"],
        "No failure-id group in '^a$'",
    );
    check(
        &["reload", "a", "b"],
        "Unexpected argument(s) for reload: ['a', 'b']",
    );
    assert!(server.banned().is_empty());
    assert_eq!(server.stockade(&["status", "nothing"]).code, Some(3));
    assert_eq!(server.stockade(&["status"]).code, Some(0));
}
