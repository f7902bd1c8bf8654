//! Real exchanges with the original's server (1.1.1), recorded from the socket.
//!
//! Every request must decode to its command and be what we would send; every
//! reply must decode, and where the original makes no call of `str`, be what we
//! would answer. The original writes protocol 5 where we write 4; for these
//! values the two differ in that one byte.

use f2b_protocol::pickle::{Limits, decode, encode};
use f2b_protocol::{Answer, Command};

/// One command and its answer, without the terminators.
struct Exchange {
    /// The command as `-d` prints it.
    command: &'static str,
    request: &'static [u8],
    reply: &'static [u8],
}

fn as_protocol_4(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[1] = 4;
    bytes
}

#[test]
fn recorded_requests_are_read_and_written_byte_for_byte() {
    for exchange in EXCHANGES {
        let value = decode(exchange.request, &Limits::REQUEST).unwrap();
        let command = Command::from_value(value).unwrap();
        assert_eq!(command.to_string(), exchange.command);
        assert_eq!(
            encode(command.as_value()),
            exchange.request,
            "{}",
            exchange.command
        );
    }
}

#[test]
fn recorded_replies_are_read_and_written_byte_for_byte() {
    for exchange in EXCHANGES {
        let answer = Answer::decode(exchange.reply, &Limits::REPLY).unwrap();
        let calls_str = exchange
            .reply
            .windows(5)
            .any(|window| window == b"\x8c\x03str");
        if !calls_str {
            assert_eq!(
                answer.encode(),
                as_protocol_4(exchange.reply),
                "{}",
                exchange.command
            );
        }
        // Whether or not the bytes are the same, the meaning is.
        assert_eq!(
            Answer::decode(&answer.encode(), &Limits::REPLY).unwrap(),
            answer
        );
    }
}

#[test]
fn requests_of_other_clients_are_read() {
    // Python's older protocols, a Go client, a tuple.
    let rows: &[(&[u8], &str)] = &[
        (b"(lp0\nVping\np1\naV100\np2\na.", "['ping', '100']"),
        (
            b"]q\0(X\x04\0\0\0pingq\x01X\x03\0\0\x00100q\x02e.",
            "['ping', '100']",
        ),
        (
            b"\x80\x02]q\0(X\x04\0\0\0pingq\x01X\x03\0\0\x00100q\x02e.",
            "['ping', '100']",
        ),
        (b"\x80\x02(U\x04pingU\x03100l.", "['ping', '100']"),
        (
            b"\x80\x05\x95\n\0\0\0\0\0\0\0\x8c\x04ping\x94\x85\x94.",
            "['ping']",
        ),
    ];
    for (bytes, expected) in rows {
        let value = decode(bytes, &Limits::REQUEST).unwrap();
        assert_eq!(Command::from_value(value).unwrap().to_string(), *expected);
    }
}

#[test]
fn unreadable_requests_are_answered_with_a_bare_text() {
    // Requests and answers as recorded; the last two are the halves of a request
    // that held the terminator.
    let rows: &[(&[u8], &[u8])] = &[
        (
            b"hello",
            b"\x80\x05\x95,\0\0\0\0\0\0\0\x8c(ERROR: Memo value not found at index 101\x94.",
        ),
        (
            b"",
            b"\x80\x05\x95\x1b\0\0\0\0\0\0\0\x8c\x17ERROR: Ran out of input\x94.",
        ),
        (
            b"\x80\x05\x95\"\0\0\0\0\0\0\0]\x94(\x8c\x04echo\x94\x8c\x13a",
            b"\x80\x05\x95$\0\0\0\0\0\0\0\x8c ERROR: pickle data was truncated\x94.",
        ),
        (
            b"b\x94e.",
            b"\x80\x05\x95%\0\0\0\0\0\0\0\x8c!ERROR: unpickling stack underflow\x94.",
        ),
    ];
    for (request, expected) in &rows[..3] {
        let error = decode(request, &Limits::REQUEST).unwrap_err();
        assert_eq!(
            Answer::Unreadable(error.to_string()).encode(),
            as_protocol_4(expected)
        );
    }
    // BUILD would touch an object, so it is refused before anything underflows.
    assert!(decode(rows[3].0, &Limits::REQUEST).is_err());
}

/// What was recorded, with one jail `alpha` that reads one file.
#[rustfmt::skip]
const EXCHANGES: &[Exchange] = &[
    Exchange {
        command: r#"['ping']"#,
        request: b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94\x8c\x04ping\x94a.",
        reply: b"\x80\x05\x95\x0c\0\0\0\0\0\0\0K\0\x8c\x04pong\x94\x86\x94.",
    },
    Exchange {
        command: r#"['version']"#,
        request: b"\x80\x04\x95\x0e\0\0\0\0\0\0\0]\x94\x8c\x07version\x94a.",
        reply: b"\x80\x05\x95\r\0\0\0\0\0\0\0K\0\x8c\x051.1.1\x94\x86\x94.",
    },
    Exchange {
        command: r#"['echo', 'a', 'two words']"#,
        request: b"\x80\x04\x95\x1c\0\0\0\0\0\0\0]\x94(\x8c\x04echo\x94\x8c\x01a\x94\x8c\ttwo words\x94e.",
        reply: b"\x80\x05\x95\x19\0\0\0\0\0\0\0K\0]\x94(\x8c\x01a\x94\x8c\ttwo words\x94e\x86\x94.",
    },
    Exchange {
        command: r#"['server-status']"#,
        request: b"\x80\x04\x95\x14\0\0\0\0\0\0\0]\x94\x8c\rserver-status\x94a.",
        reply: b"\x80\x05\x95\x14\0\0\0\0\0\0\0K\0\x8c\x0cServer ready\x94\x86\x94.",
    },
    Exchange {
        command: r#"['status']"#,
        request: b"\x80\x04\x95\r\0\0\0\0\0\0\0]\x94\x8c\x06status\x94a.",
        reply: b"\x80\x05\x954\0\0\0\0\0\0\0K\0]\x94(\x8c\x0eNumber of jail\x94K\x01\x86\x94\x8c\tJail list\x94\x8c\x05alpha\x94\x86\x94e\x86\x94.",
    },
    Exchange {
        command: r#"['status', 'alpha']"#,
        request: b"\x80\x04\x95\x16\0\0\0\0\0\0\0]\x94(\x8c\x06status\x94\x8c\x05alpha\x94e.",
        reply: b"\x80\x05\x95\xbb\0\0\0\0\0\0\0K\0]\x94(\x8c\x06Filter\x94]\x94(\x8c\x10Currently failed\x94K\0\x86\x94\x8c\x0cTotal failed\x94K\0\x86\x94\x8c\tFile list\x94]\x94\x8c\x16/srv/log/f2b/alpha.log\x94a\x86\x94e\x86\x94\x8c\x07Actions\x94]\x94(\x8c\x10Currently banned\x94K\0\x86\x94\x8c\x0cTotal banned\x94K\0\x86\x94\x8c\x0eBanned IP list\x94]\x94\x86\x94e\x86\x94e\x86\x94.",
    },
    Exchange {
        command: r#"['status', 'alpha', 'short']"#,
        request: b"\x80\x04\x95\x1e\0\0\0\0\0\0\0]\x94(\x8c\x06status\x94\x8c\x05alpha\x94\x8c\x05short\x94e.",
        reply: b"\x80\x05\x95\xa6\0\0\0\0\0\0\0K\0]\x94(\x8c\x06Filter\x94]\x94(\x8c\x10Currently failed\x94K\0\x86\x94\x8c\x0cTotal failed\x94K\0\x86\x94\x8c\tFile list\x94]\x94\x8c\x16/srv/log/f2b/alpha.log\x94a\x86\x94e\x86\x94\x8c\x07Actions\x94]\x94(\x8c\x10Currently banned\x94K\0\x86\x94\x8c\x0cTotal banned\x94K\0\x86\x94e\x86\x94e\x86\x94.",
    },
    Exchange {
        command: r#"['status', 'nosuch']"#,
        request: b"\x80\x04\x95\x17\0\0\0\0\0\0\0]\x94(\x8c\x06status\x94\x8c\x06nosuch\x94e.",
        reply: b"\x80\x05\x95A\0\0\0\0\0\0\0K\x01\x8c\x13fail2ban.exceptions\x94\x8c\x14UnknownJailException\x94\x93\x94\x8c\x06nosuch\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['status', 'a', 'b', 'c']"#,
        request: b"\x80\x04\x95\x1a\0\0\0\0\0\0\0]\x94(\x8c\x06status\x94\x8c\x01a\x94\x8c\x01b\x94\x8c\x01c\x94e.",
        reply: b"\x80\x05\x95@\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\tException\x94\x93\x94\x8c\x1bInvalid command (no status)\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'banip', '192.0.2.55', '2001:db8::99', '198.51.100.0/24']"#,
        request: b"\x80\x04\x95I\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x05banip\x94\x8c\n192.0.2.55\x94\x8c\x0c2001:db8::99\x94\x8c\x0f198.51.100.0/24\x94e.",
        reply: b"\x80\x05\x95\x07\0\0\0\0\0\0\0K\0K\x03\x86\x94.",
    },
    Exchange {
        command: r#"['status', 'alpha']"#,
        request: b"\x80\x04\x95\x16\0\0\0\0\0\0\0]\x94(\x8c\x06status\x94\x8c\x05alpha\x94e.",
        reply: b"\x80\x05\x95\x0e\x01\0\0\0\0\0\0K\0]\x94(\x8c\x06Filter\x94]\x94(\x8c\x10Currently failed\x94K\0\x86\x94\x8c\x0cTotal failed\x94K\0\x86\x94\x8c\tFile list\x94]\x94\x8c\x16/srv/log/f2b/alpha.log\x94a\x86\x94e\x86\x94\x8c\x07Actions\x94]\x94(\x8c\x10Currently banned\x94K\x03\x86\x94\x8c\x0cTotal banned\x94K\x03\x86\x94\x8c\x0eBanned IP list\x94]\x94(\x8c\x08builtins\x94\x8c\x03str\x94\x93\x94\x8c\n192.0.2.55\x94\x85\x94R\x94h\x16\x8c\x0c2001:db8::99\x94\x85\x94R\x94h\x16\x8c\x0f198.51.100.0/24\x94\x85\x94R\x94e\x86\x94e\x86\x94e\x86\x94.",
    },
    Exchange {
        command: r#"['get', 'alpha', 'banip']"#,
        request: b"\x80\x04\x95\x1b\0\0\0\0\0\0\0]\x94(\x8c\x03get\x94\x8c\x05alpha\x94\x8c\x05banip\x94e.",
        reply: b"\x80\x05\x95Z\0\0\0\0\0\0\0K\0]\x94(\x8c\x08builtins\x94\x8c\x03str\x94\x93\x94\x8c\n192.0.2.55\x94\x85\x94R\x94h\x03\x8c\x0c2001:db8::99\x94\x85\x94R\x94h\x03\x8c\x0f198.51.100.0/24\x94\x85\x94R\x94e\x86\x94.",
    },
    Exchange {
        command: r#"['get', 'alpha', 'banned']"#,
        request: b"\x80\x04\x95\x1c\0\0\0\0\0\0\0]\x94(\x8c\x03get\x94\x8c\x05alpha\x94\x8c\x06banned\x94e.",
        reply: b"\x80\x05\x95Z\0\0\0\0\0\0\0K\0]\x94(\x8c\x08builtins\x94\x8c\x03str\x94\x93\x94\x8c\n192.0.2.55\x94\x85\x94R\x94h\x03\x8c\x0c2001:db8::99\x94\x85\x94R\x94h\x03\x8c\x0f198.51.100.0/24\x94\x85\x94R\x94e\x86\x94.",
    },
    Exchange {
        command: r#"['get', 'alpha', 'banned', '192.0.2.55']"#,
        request: b"\x80\x04\x95)\0\0\0\0\0\0\0]\x94(\x8c\x03get\x94\x8c\x05alpha\x94\x8c\x06banned\x94\x8c\n192.0.2.55\x94e.",
        reply: b"\x80\x05\x95\x07\0\0\0\0\0\0\0K\0K\x01\x86\x94.",
    },
    Exchange {
        command: r#"['get', 'alpha', 'banned', '192.0.2.55', '192.0.2.56']"#,
        request: b"\x80\x04\x956\0\0\0\0\0\0\0]\x94(\x8c\x03get\x94\x8c\x05alpha\x94\x8c\x06banned\x94\x8c\n192.0.2.55\x94\x8c\n192.0.2.56\x94e.",
        reply: b"\x80\x05\x95\r\0\0\0\0\0\0\0K\0]\x94(K\x01K\0e\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'unbanip', '192.0.2.55']"#,
        request: b"\x80\x04\x95*\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x07unbanip\x94\x8c\n192.0.2.55\x94e.",
        reply: b"\x80\x05\x95\x07\0\0\0\0\0\0\0K\0K\x01\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'unbanip', '--report-absent', '192.0.2.55']"#,
        request: b"\x80\x04\x95<\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x07unbanip\x94\x8c\x0f--report-absent\x94\x8c\n192.0.2.55\x94e.",
        reply: b"\x80\x05\x95@\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8c\x1anot banned: ['192.0.2.55']\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'unbanip', '2001:db8::99', '198.51.100.0/24']"#,
        request: b"\x80\x04\x95>\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x07unbanip\x94\x8c\x0c2001:db8::99\x94\x8c\x0f198.51.100.0/24\x94e.",
        reply: b"\x80\x05\x95\x07\0\0\0\0\0\0\0K\0K\x02\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha']"#,
        request: b"\x80\x04\x95\x13\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94e.",
        reply: b"\x80\x05\x95=\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nIndexError\x94\x93\x94\x8c\x17list index out of range\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'nonsense', '1']"#,
        request: b"\x80\x04\x95\"\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08nonsense\x94\x8c\x011\x94e.",
        reply: b"\x80\x05\x95f\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\tException\x94\x93\x94\x8cAInvalid command 'nonsense' (no set action or not yet implemented)\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['get', 'alpha', 'nonsense']"#,
        request: b"\x80\x04\x95\x1e\0\0\0\0\0\0\0]\x94(\x8c\x03get\x94\x8c\x05alpha\x94\x8c\x08nonsense\x94e.",
        reply: b"\x80\x05\x95[\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\tException\x94\x93\x94\x8c6Invalid command (no get action or not yet implemented)\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['foo']"#,
        request: b"\x80\x04\x95\n\0\0\0\0\0\0\0]\x94\x8c\x03foo\x94a.",
        reply: b"\x80\x05\x954\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\tException\x94\x93\x94\x8c\x0fInvalid command\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"[]"#,
        request: b"\x80\x04]\x94.",
        reply: b"\x80\x05\x95=\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nIndexError\x94\x93\x94\x8c\x17list index out of range\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['add', 'alpha', 'polling']"#,
        request: b"\x80\x04\x95\x1d\0\0\0\0\0\0\0]\x94(\x8c\x03add\x94\x8c\x05alpha\x94\x8c\x07polling\x94e.",
        reply: b"\x80\x05\x95B\0\0\0\0\0\0\0K\x01\x8c\x13fail2ban.exceptions\x94\x8c\x16DuplicateJailException\x94\x93\x94\x8c\x05alpha\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['add', '--all']"#,
        request: b"\x80\x04\x95\x13\0\0\0\0\0\0\0]\x94(\x8c\x03add\x94\x8c\x05--all\x94e.",
        reply: b"\x80\x05\x95:\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\tException\x94\x93\x94\x8c\x15Reserved name '--all'\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['add', 'x', 'nobackend']"#,
        request: b"\x80\x04\x95\x1b\0\0\0\0\0\0\0]\x94(\x8c\x03add\x94\x8c\x01x\x94\x8c\tnobackend\x94e.",
        reply: b"\x80\x05\x95|\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8cVUnknown backend nobackend. Must be among ['pyinotify', 'polling', 'systemd'] or 'auto'\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'maxretry', 'x']"#,
        request: b"\x80\x04\x95\"\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08maxretry\x94\x8c\x01x\x94e.",
        reply: b"\x80\x05\x95Q\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8c+invalid literal for int() with base 10: 'x'\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'maxretry', 4]"#,
        request: b"\x80\x04\x95 \0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08maxretry\x94K\x04e.",
        reply: b"\x80\x05\x95\x07\0\0\0\0\0\0\0K\0K\x04\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'maxlines', '0']"#,
        request: b"\x80\x04\x95\"\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08maxlines\x94\x8c\x010\x94e.",
        reply: b"\x80\x05\x95P\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8c*maxlines must be integer greater than zero\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'findtime', 'dog']"#,
        request: b"\x80\x04\x95$\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08findtime\x94\x8c\x03dog\x94e.",
        reply: b"\x80\x05\x95>\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\tNameError\x94\x93\x94\x8c\x19name 'dog' is not defined\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'findtime', 600.5]"#,
        request: b"\x80\x04\x95'\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08findtime\x94G@\x82\xc4\0\0\0\0\0e.",
        reply: b"\x80\x05\x95\x0e\0\0\0\0\0\0\0K\0G@\x82\xc4\0\0\0\0\0\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'bantime', '1mo']"#,
        request: b"\x80\x04\x95#\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x07bantime\x94\x8c\x031mo\x94e.",
        reply: b"\x80\x05\x95\n\0\0\0\0\0\0\0K\0J\xa8 (\0\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'bantime', '1/0']"#,
        request: b"\x80\x04\x95#\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x07bantime\x94\x8c\x031/0\x94e.",
        reply: b"\x80\x05\x95=\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\x11ZeroDivisionError\x94\x93\x94\x8c\x10division by zero\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'addlogpath', '/nope']"#,
        request: b"\x80\x04\x95(\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\naddlogpath\x94\x8c\x05/nope\x94e.",
        reply: b"\x80\x05\x95P\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\x11FileNotFoundError\x94\x93\x94K\x02\x8c\x19No such file or directory\x94\x8c\x05/nope\x94\x87\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'addlogpath', '/nope', 'sideways']"#,
        request: b"\x80\x04\x953\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\naddlogpath\x94\x8c\x05/nope\x94\x8c\x08sideways\x94e.",
        reply: b"\x80\x05\x95J\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8c$File option must be 'head' or 'tail'\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'addfailregex', 'x']"#,
        request: b"\x80\x04\x95&\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x0caddfailregex\x94\x8c\x01x\x94e.",
        reply: b"\x80\x05\x95U\0\0\0\0\0\0\0K\x01\x8c\x19fail2ban.server.failregex\x94\x8c\x0eRegexException\x94\x93\x94\x8c\x1aNo failure-id group in 'x'\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'logencoding', 'xx']"#,
        request: b"\x80\x04\x95&\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x0blogencoding\x94\x8c\x02xx\x94e.",
        reply: b"\x80\x05\x95;\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\x0bLookupError\x94\x93\x94\x8c\x14unknown encoding: xx\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'ignoreself', True]"#,
        request: b"\x80\x04\x95!\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\nignoreself\x94\x88e.",
        reply: b"\x80\x05\x95\x06\0\0\0\0\0\0\0K\0\x88\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'datepattern', 'Epoch']"#,
        request: b"\x80\x04\x95)\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x0bdatepattern\x94\x8c\x05Epoch\x94e.",
        reply: b"\x80\x05\x95\x10\0\0\0\0\0\0\0K\0N\x8c\x05Epoch\x94\x86\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'alpha', 'addaction', 'trace']"#,
        request: b"\x80\x04\x95'\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\taddaction\x94\x8c\x05trace\x94e.",
        reply: b"\x80\x05\x95A\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8c\x1bAction trace already exists\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'dbfile', 'None']"#,
        request: b"\x80\x04\x95\x1b\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x06dbfile\x94\x8c\x04None\x94e.",
        reply: b"\x80\x05\x95[\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\x0cRuntimeError\x94\x93\x94\x8c3Cannot change database when there are jails present\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['set', 'loglevel', 'wrong']"#,
        request: b"\x80\x04\x95\x1e\0\0\0\0\0\0\0]\x94(\x8c\x03set\x94\x8c\x08loglevel\x94\x8c\x05wrong\x94e.",
        reply: b"\x80\x05\x95?\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8c\x19Invalid log level 'WRONG'\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['get', 'alpha', 'action', 'zz', 'x']"#,
        request: b"\x80\x04\x95%\0\0\0\0\0\0\0]\x94(\x8c\x03get\x94\x8c\x05alpha\x94\x8c\x06action\x94\x8c\x02zz\x94\x8c\x01x\x94e.",
        reply: b"\x80\x05\x95;\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\x08KeyError\x94\x93\x94\x8c\x17Invalid Action name: zz\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['multi-set', 'alpha', 'action', 'trace', [['foo', 'bar'], ['timeout', '1m']]]"#,
        request: b"\x80\x04\x95Q\0\0\0\0\0\0\0]\x94(\x8c\tmulti-set\x94\x8c\x05alpha\x94\x8c\x06action\x94\x8c\x05trace\x94]\x94(]\x94(\x8c\x03foo\x94\x8c\x03bar\x94e]\x94(\x8c\x07timeout\x94\x8c\x021m\x94eee.",
        reply: b"\x80\x05\x95\x06\0\0\0\0\0\0\0K\0\x88\x86\x94.",
    },
    Exchange {
        command: r#"['server-stream', [['echo', 'x'], ['set', 'alpha', 'maxretry', '3']]]"#,
        request: b"\x80\x04\x95I\0\0\0\0\0\0\0]\x94(\x8c\rserver-stream\x94]\x94(]\x94(\x8c\x04echo\x94\x8c\x01x\x94e]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08maxretry\x94\x8c\x013\x94eee.",
        reply: b"\x80\x05\x95\x06\0\0\0\0\0\0\0K\0N\x86\x94.",
    },
    Exchange {
        command: r#"['server-stream', [['set', 'alpha', 'maxretry', 'zzz']]]"#,
        request: b"\x80\x04\x95;\0\0\0\0\0\0\0]\x94(\x8c\rserver-stream\x94]\x94]\x94(\x8c\x03set\x94\x8c\x05alpha\x94\x8c\x08maxretry\x94\x8c\x03zzz\x94eae.",
        reply: b"\x80\x05\x95S\0\0\0\0\0\0\0K\x01\x8c\x08builtins\x94\x8c\nValueError\x94\x93\x94\x8c-invalid literal for int() with base 10: 'zzz'\x94\x85\x94R\x94\x86\x94.",
    },
    Exchange {
        command: r#"['config-error', 'a message']"#,
        request: b"\x80\x04\x95 \0\0\0\0\0\0\0]\x94(\x8c\x0cconfig-error\x94\x8c\ta message\x94e.",
        reply: b"\x80\x05\x95\x06\0\0\0\0\0\0\0K\0N\x86\x94.",
    },
];
