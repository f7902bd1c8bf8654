//! What comes over the control socket: frames and lines, pickles and JSON, to the request.
#![no_main]

use f2b_protocol::frame::{FrameReader, Message};
use f2b_protocol::pickle::{self, Limits};
use f2b_protocol::{Answer, Command, Request, Value, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut whole = FrameReader::new(1 << 16);
    whole.push(bytes);
    let mut pieces = FrameReader::new(1 << 16);
    let mut cut = bytes.chunks(3);
    loop {
        let message = whole.next_message();
        // However the bytes are cut, the messages are the same.
        let same = loop {
            match pieces.next_message() {
                Ok(None) => match cut.next() {
                    Some(piece) => pieces.push(piece),
                    None => break Ok(None),
                },
                other => break other,
            }
        };
        if message.is_ok() {
            assert_eq!(message, same);
        }
        match message {
            Ok(Some(Message::Pickle(message))) => {
                let decoded = pickle::decode(&message, &Limits::REQUEST);
                if let Ok(Ok(command)) = decoded.map(Command::from_value) {
                    asked(&command);
                }
            }
            Ok(Some(Message::Line(line))) => {
                if let Ok(request) = json::Request::parse(&line) {
                    asked(&request.command);
                    let answer = Answer::Reply(Ok(Value::None));
                    assert!(request.answer(&answer).ends_with(b"\n"));
                }
            }
            Ok(None) | Err(_) => return,
        }
    }
});

fn asked(command: &Command) {
    if let Err(refusal) = Request::parse(command) {
        assert!(!refusal.into_exception(|_jail| true).repr().is_empty());
    }
}
