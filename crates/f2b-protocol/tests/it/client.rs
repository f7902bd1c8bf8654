//! The client over a stream that is a script.

use std::io::{self, Cursor, Read, Write};

use f2b_protocol::client::{Client, ClientError};
use f2b_protocol::frame::terminated;
use f2b_protocol::{Answer, Command, Exception, Value, pickle};

/// Gives prepared bytes, a few at a time, and keeps what is written.
struct Script {
    answers: Cursor<Vec<u8>>,
    at_once: usize,
    written: Vec<u8>,
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = self.at_once.min(buffer.len());
        self.answers.read(&mut buffer[..room])
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn script(answers: &[Answer], at_once: usize) -> Script {
    let answers = answers
        .iter()
        .flat_map(|answer| terminated(answer.encode()))
        .collect();
    Script {
        answers: Cursor::new(answers),
        at_once,
        written: Vec::new(),
    }
}

#[test]
fn replies_come_in_the_order_of_the_commands() {
    for at_once in [1, 7, 1000] {
        let failure = Exception::unknown_jail("nosuch");
        let answers = [
            Answer::Reply(Ok(Value::from("pong"))),
            Answer::Reply(Err(failure.clone())),
        ];
        let mut script = script(&answers, at_once);
        let mut client = Client::new(&mut script);
        let ping = Command::words(["ping"]);
        let status = Command::words(["status", "nosuch"]);
        assert_eq!(client.ask(&ping).unwrap(), Ok(Value::from("pong")));
        assert_eq!(client.ask(&status).unwrap(), Err(failure));
        client.close().unwrap();
        let mut expected = terminated(pickle::encode(ping.as_value()));
        expected.extend(terminated(pickle::encode(status.as_value())));
        expected.extend(b"<F2B_CLOSE_COMMAND><F2B_END_COMMAND>");
        assert_eq!(script.written, expected);
    }
}

#[test]
fn what_is_no_reply_is_told_apart() {
    let ask = |answers: &[Answer]| {
        let mut script = script(answers, 100);
        Client::new(&mut script)
            .ask(&Command::words(["ping"]))
            .unwrap_err()
    };
    assert!(matches!(
        ask(&[Answer::Shutdown]),
        ClientError::ShuttingDown
    ));
    assert!(matches!(ask(&[]), ClientError::Closed));
    match ask(&[Answer::Unreadable("Ran out of input".to_owned())]) {
        ClientError::Unreadable(reason) => assert_eq!(reason, "Ran out of input"),
        other => panic!("{other}"),
    }
}

#[test]
fn an_answer_of_another_shape_is_an_error() {
    let rows: &[&[u8]] = &[
        b"K\x05.",
        b"K\x02N\x86.",
        b"K\x01N\x86.",
        b"\x8c\x02no.",
        b"].",
    ];
    for answer in rows {
        let answers = Cursor::new(terminated(answer.to_vec()));
        let mut script = Script {
            answers,
            at_once: 100,
            written: Vec::new(),
        };
        let error = Client::new(&mut script)
            .ask(&Command::words(["ping"]))
            .unwrap_err();
        assert!(matches!(error, ClientError::Answer(_)), "{error}");
    }
}
