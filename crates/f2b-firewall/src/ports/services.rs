//! Names of ports: the text of `/etc/services`, and a small table for systems
//! without it.

use std::collections::HashMap;

use crate::jail::Protocol;

/// How many names of a file are kept.
const MOST: usize = 65_536;
/// The longest line that is read.
const LONGEST_LINE: usize = 1024;

/// Names as registered with IANA, with the usual aliases; sorted. Each holds
/// for TCP and UDP: on the wire a name means the same number for both.
const BUILT_IN: &[(&str, u16)] = &[
    ("bgp", 179),
    ("domain", 53),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("ftps", 990),
    ("ftps-data", 989),
    ("git", 9418),
    ("gopher", 70),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap", 143),
    ("imap2", 143),
    ("imaps", 993),
    ("ipp", 631),
    ("kerberos", 88),
    ("ldap", 389),
    ("ldaps", 636),
    ("mdns", 5353),
    ("mqtt", 1883),
    ("ms-wbt-server", 3389),
    ("mysql", 3306),
    ("netbios-ns", 137),
    ("netbios-ssn", 139),
    ("nfs", 2049),
    ("nntp", 119),
    ("nntps", 563),
    ("ntp", 123),
    ("openvpn", 1194),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("rsync", 873),
    ("rtsp", 554),
    ("sieve", 4190),
    ("sip", 5060),
    ("sips", 5061),
    ("smtp", 25),
    ("smtps", 465),
    ("snmp", 161),
    ("socks", 1080),
    ("ssh", 22),
    ("submission", 587),
    ("submissions", 465),
    ("sunrpc", 111),
    ("svn", 3690),
    ("syslog", 514),
    ("telnet", 23),
    ("telnets", 992),
    ("tftp", 69),
    ("urd", 465),
    ("webmin", 10_000),
    ("xmpp-client", 5222),
    ("xmpp-server", 5269),
];

/// A table of names.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// By name, so that a name which the file knows for another protocol
    /// does not fall back to the built-in table.
    read: HashMap<String, Vec<(Protocol, u16)>>,
}

impl Services {
    /// Returns the machine's names of ports; a minimal installation has no file of them.
    #[must_use]
    pub fn of_system() -> Self {
        std::fs::read_to_string("/etc/services")
            .map_or_else(|_absent| Self::built_in(), |text| Self::read(&text))
    }

    /// Tells whether a name is that of a port.
    #[must_use]
    pub fn is_known(&self, name: &str) -> bool {
        [Protocol::Tcp, Protocol::Udp]
            .into_iter()
            .any(|protocol| self.port(name, protocol).is_some())
    }

    /// Returns the table of well-known names.
    #[must_use]
    pub fn built_in() -> Self {
        Self::default()
    }

    /// Reads the text of `/etc/services`; the well-known names stand behind
    /// it.
    ///
    /// *Shape*: `name number/protocol alias… # comment`. As the C library
    /// does, lines of another shape are stepped over and the first line with
    /// a name counts.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut read: HashMap<String, Vec<(Protocol, u16)>> = HashMap::new();
        for line in text.lines().filter(|line| line.len() <= LONGEST_LINE) {
            let mut words = line.split('#').next().unwrap_or("").split_whitespace();
            let (Some(name), Some(target)) = (words.next(), words.next()) else {
                continue;
            };
            let Some((number, protocol)) = target.split_once('/') else {
                continue;
            };
            let (Ok(number), Ok(protocol)) = (number.parse(), protocol.parse()) else {
                continue;
            };
            for name in std::iter::once(name).chain(words) {
                if read.len() >= MOST && !read.contains_key(name) {
                    continue;
                }
                let known = read.entry(name.to_owned()).or_default();
                if !known.iter().any(|(other, _)| *other == protocol) {
                    known.push((protocol, number));
                }
            }
        }
        Self { read }
    }

    /// Returns the port of a name.
    #[must_use]
    pub fn port(&self, name: &str, protocol: Protocol) -> Option<u16> {
        if let Some(known) = self.read.get(name) {
            let found = known.iter().find(|(other, _)| *other == protocol);
            return found.map(|(_, number)| *number);
        }
        let at = BUILT_IN.binary_search_by_key(&name, |(known, _)| known);
        Some(BUILT_IN.get(at.ok()?)?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_names_are_sorted() {
        assert!(BUILT_IN.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn the_file_goes_before_the_built_in_names() {
        let services = Services::read(
            "# comment\n\
             ssh\t\t2022/tcp\t\t# moved\n\
             http 80/tcp www # WorldWideWeb\n\
             broken line\n\
             odd 99999/tcp\n\
             odd 1/frob\n\
             ssh 23/tcp\n",
        );
        let check = |name: &str, protocol: Protocol, expected: Option<u16>| {
            assert_eq!(services.port(name, protocol), expected, "{name}");
        };
        check("ssh", Protocol::Tcp, Some(2022));
        check("ssh", Protocol::Udp, None);
        check("www", Protocol::Tcp, Some(80));
        check("imaps", Protocol::Tcp, Some(993));
        check("odd", Protocol::Tcp, None);
        check("broken", Protocol::Tcp, None);
        check("WorldWideWeb", Protocol::Tcp, None);
    }
}
