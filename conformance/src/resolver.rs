//! A host of a test's own: its name, its addresses and the names it can look up.
//!
//! Inside the place where a server is sealed off the files that say who is asked for names are mounted
//! over, and one small program answers on 127.0.0.1. The first label of a name says what it has:
//! `v4-7` 192.0.2.7, `v6-7` 2001:db8::7, `both-7` both, `two-7` 192.0.2.7 and 192.0.2.8, `mapped-7`
//! ::ffff:192.0.2.7 as an address of IPv6, `none` does not exist, `empty` has no address, `fail` is not
//! answered for, `hang` gets no answer. The address 192.0.2.7 has the name `v4-7.example`.

/// The name of the host inside, without its domain.
pub const HOST: &str = "shelter";

/// What [`HOST`] has by the file of hosts; it is no address of an interface.
pub const HOST_ADDRESS: &str = "203.0.113.9";

/// Addresses of interfaces inside, beside those of loopback.
pub const INTERFACE: [&str; 2] = ["203.0.113.5", "2001:db8:5::1"];

/// Answers for names.
const ANSWERS: &str = r#"
import ipaddress, socket, struct, sys
A, PTR, AAAA = 1, 12, 28
def pack(name):
    labels = name.split('.')
    return b''.join(bytes([len(l)]) + l.encode() for l in labels) + b'\0'
def records(name, kind):
    labels = name.split('.')
    if name.endswith('in-addr.arpa'):
        if labels[1:4] != ['2', '0', '192']:
            return None
        return [pack('v4-%s.example' % labels[0])] if kind == PTR else []
    what, _, number = labels[0].partition('-')
    v4 = {'v4': [0], 'both': [0], 'two': [0, 1]}
    v6 = {'v6': '2001:db8::%s', 'both': '2001:db8::%s', 'mapped': '::ffff:192.0.2.%s'}
    if what == 'empty':
        return []
    if what not in v4 and what not in v6:
        return None
    if kind == A:
        return [ipaddress.ip_address('192.0.2.%d' % (int(number) + n)).packed for n in v4.get(what, [])]
    if kind == AAAA and what in v6:
        return [ipaddress.ip_address(v6[what] % number).packed]
    return []
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 53))
open(sys.argv[1], 'w').close()
while True:
    query, whence = server.recvfrom(4096)
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode('latin-1').lower())
        at += 1 + query[at]
    kind = struct.unpack('>H', query[at + 1:at + 3])[0]
    question = query[12:at + 5]
    if labels[0] == 'hang':
        continue
    found = records('.'.join(labels), kind)
    code = 2 if labels[0] == 'fail' else 3 if found is None else 0
    found = found or []
    head = query[:2] + struct.pack('>HHHHH', 0x8580 | code, 1, len(found), 0, 0)
    body = b''.join(b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60, len(f)) + f for f in found)
    server.sendto(head + question + body, whence)
"#;

/// Returns what a sealed shell runs before the server: after it the host is the test's.
///
/// `seconds` is how long the system itself waits for an answer about a name. The current folder must be one
/// that may be written to.
#[must_use]
pub(crate) fn prepare(seconds: u32) -> String {
    let interfaces: String = INTERFACE
        .map(|address| {
            let length = if address.contains(':') { 64 } else { 24 };
            format!("ip addr add {address}/{length} dev lo\n")
        })
        .concat();
    format!(
        "{interfaces}hostname {HOST}\nmkdir -p etc; rm -f etc/ready\n\
         printf '127.0.0.1 localhost\\n::1 localhost\\n{HOST_ADDRESS} {HOST}.example {HOST}\\n' > etc/hosts\n\
         printf 'nameserver 127.0.0.1\\noptions timeout:{seconds} attempts:1\\n' > etc/resolv.conf\n\
         printf 'passwd: files\\ngroup: files\\nhosts: files dns\\n' > etc/nsswitch.conf\n\
         for name in hosts resolv.conf nsswitch.conf; do mount --bind etc/$name \"$(readlink -f /etc/$name)\"; done\n\
         cat > etc/answers.py <<'END'\n{ANSWERS}END\n\
         python3 etc/answers.py etc/ready </dev/null >etc/answers.log 2>&1 &\n\
         while ! test -e etc/ready; do :; done\n"
    )
}
