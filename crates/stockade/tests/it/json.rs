//! Replies as JSON, from the client and as lines on the socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;

use f2b_protocol::{Command, pickle};
use serde_json::{Value, json};

use crate::server::Setup;

#[test]
fn the_client_prints_replies_as_json() {
    let server = Setup::sshd("bantime = 100").start();
    let ask = |words: &[&str]| {
        let told = server.client(&[&["--json"], words].concat());
        let json: Value = serde_json::from_str(&told.stdout).unwrap();
        (json, told.code)
    };
    assert_eq!(ask(&["status"]), (json!({"jails": ["sshd"]}), Some(0)));
    assert_eq!(
        ask(&["set", "sshd", "banip", "192.0.2.1"]),
        (json!(1), Some(0))
    );
    let (status, _) = ask(&["status", "sshd"]);
    assert_eq!(
        status["banned"],
        json!({"current": 1, "total": 1, "ids": ["192.0.2.1"]})
    );
    let (error, code) = ask(&["status", "nosuch"]);
    assert_eq!(code, Some(255));
    assert_eq!(
        error["error"]["class"],
        "fail2ban.exceptions.UnknownJailException"
    );
}

#[test]
fn lines_of_json_and_pickles_share_the_socket() {
    let server = Setup::sshd("bantime = 100").start();
    let mut stream = UnixStream::connect(server.path("fail2ban.sock")).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut answer = |request: &[u8]| {
        stream.write_all(request).unwrap();
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).unwrap();
        String::from_utf8_lossy(&line).into_owned()
    };
    assert_eq!(answer(b"[\"ping\"]\n"), "{\"ok\":\"pong\"}\n");
    let both = answer(b"{\"command\": [\"ping\"], \"id\": \"a\"}\n");
    let both: Value = serde_json::from_str(&both).unwrap();
    assert_eq!(both, json!({"ok": "pong", "id": "a"}));
    let refused: Value = serde_json::from_str(&answer(b"[\"ping\"\n")).unwrap();
    assert_eq!(refused["error"]["class"], Value::Null);
    // A pickle goes on behind a line, and a line behind a pickle.
    let mut pickled = pickle::encode(Command::words(["ping"]).as_value());
    pickled.extend_from_slice(b"<F2B_END_COMMAND>[\"version\"]\n");
    let answers = answer(&pickled);
    assert!(answers.contains("pong"), "{answers:?}");
    assert!(answers.ends_with("<F2B_END_COMMAND>{\"ok\":\"1.1.1\"}\n"));
}
