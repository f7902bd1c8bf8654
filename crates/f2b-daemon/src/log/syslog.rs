//! Lines for syslog: a datagram each, to the socket of whoever keeps them.

use super::Level;

/// The facility of programs that run in the background.
pub(super) const DAEMON: u8 = 3;

/// The names of facilities, by number.
const FACILITIES: [&str; 24] = [
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
    "ntp",
    "security",
    "console",
    "solaris-cron",
    "local0",
    "local1",
    "local2",
    "local3",
    "local4",
    "local5",
    "local6",
    "local7",
];

/// Returns the facility of a name, in any case; as the original, an unknown one is `daemon`.
pub(super) fn facility(name: &str) -> u8 {
    let name = name.to_lowercase();
    let place = FACILITIES.iter().position(|known| *known == name);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(DAEMON)
}

/// Returns the severity of a level; as the original, what syslog has no name for is a warning.
fn severity(level: Level) -> u8 {
    match level {
        Level::Critical => 2,
        Level::Error => 3,
        Level::Warning | Level::Msg | Level::Trace | Level::Heavy => 4,
        Level::Notice => 5,
        Level::Info => 6,
        Level::Debug => 7,
    }
}

/// Returns a line as syslog takes it.
///
/// *Shape*: `<29>fail2ban.actions[9752]: NOTICE [j] Ban 192.0.2.1`, then a NUL.
pub(super) fn datagram(facility: u8, level: Level, text: &str) -> Vec<u8> {
    let priority = (facility << 3) | severity(level);
    format!("<{priority}>{text}\0").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_are_the_originals() {
        let check = |name: &str, level: Level, expected: &str| {
            let datagram = datagram(facility(name), level, "x");
            let expected = format!("<{expected}>x\0");
            assert_eq!(String::from_utf8(datagram).unwrap(), expected, "{name}");
        };
        check("daemon", Level::Info, "30");
        check("auth", Level::Info, "38");
        check("LOCAL3", Level::Info, "158");
        check("bogus", Level::Info, "30");
        check("LOG_AUTHPRIV", Level::Info, "30");
        check("daemon", Level::Heavy, "28");
        check("daemon", Level::Error, "27");
        check("daemon", Level::Critical, "26");
        check("daemon", Level::Notice, "29");
        check("daemon", Level::Debug, "31");
    }
}
