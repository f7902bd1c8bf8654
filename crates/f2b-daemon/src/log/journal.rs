//! Lines for the systemd journal, in its own protocol.

use super::{Level, Line};

/// Where journald listens.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";

/// Returns the priority of a level. As the original: a notice counts as a warning there.
fn priority(level: Level) -> &'static str {
    match level {
        Level::Critical => "2",
        Level::Error => "3",
        Level::Warning | Level::Notice => "4",
        Level::Info | Level::Msg => "6",
        Level::Debug | Level::Trace | Level::Heavy => "7",
    }
}

/// Returns a line as journald takes it; `text` is the message as it shall be shown.
///
/// *Shape*: `KEY=value` and a newline for each field; a value with newlines is written as `KEY`, a
/// newline, its length in eight bytes, the least first, the value, and a newline.
pub(super) fn datagram(line: &Line, text: &str, process: u32) -> Vec<u8> {
    let logger = format!("fail2ban.{}", line.logger);
    let process = process.to_string();
    let fields = [
        ("MESSAGE", text),
        ("PRIORITY", priority(line.level)),
        ("LOGGER", &logger),
        ("SYSLOG_IDENTIFIER", "fail2ban"),
        ("SYSLOG_PID", &process),
    ];
    let mut bytes = Vec::with_capacity(text.len() + 128);
    for (key, value) in fields {
        bytes.extend_from_slice(key.as_bytes());
        if value.contains('\n') {
            let length = u64::try_from(value.len()).unwrap_or(0);
            bytes.push(b'\n');
            bytes.extend_from_slice(&length.to_le_bytes());
        } else {
            bytes.push(b'=');
        }
        bytes.extend_from_slice(value.as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_fields_of_the_original() {
        let line = Line::new(Level::Notice, "actions", "[sshd] Ban 192.0.2.1");
        let expected = "MESSAGE=[sshd] Ban 192.0.2.1\nPRIORITY=4\nLOGGER=fail2ban.actions\n\
                        SYSLOG_IDENTIFIER=fail2ban\nSYSLOG_PID=7\n";
        let bytes = datagram(&line, &line.text, 7);
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn a_message_of_several_lines_cannot_add_fields() {
        let line = Line::new(Level::Error, "server", "a\nPRIORITY=0");
        let bytes = datagram(&line, &line.text, 7);
        let expected = b"MESSAGE\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\nPRIORITY=3\n";
        assert!(bytes.starts_with(expected), "{bytes:?}");
    }
}
