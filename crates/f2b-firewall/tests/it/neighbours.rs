//! A banned neighbour is still found, and so is what lies behind it.

use kernel_kit::{ATTACKERS4, ATTACKERS6, Kit, SERVER4, SERVER6};

use crate::driver::Driver;

/// Forgets the neighbours of a namespace, so that they must be found again.
fn forget_neighbours(namespace: &kernel_kit::Namespace) {
    namespace.ip("neigh flush dev eth0\n").unwrap();
}

#[test]
fn a_banned_neighbour_is_found_by_neighbour_discovery() {
    let kit = Kit::new().unwrap();
    let (attacker, server) = (kit.attacker(), kit.server());
    let _listener = server.listen(&[22]).unwrap();
    let _answering = attacker.listen(&[25]).unwrap();
    for blocktype in ["drop", "reject"] {
        let mut engine = Driver::open(server);
        engine.does(&format!("start recidive - all {blocktype}"));
        // The whole network, and every address a neighbour could ask from.
        let bans = [
            "ban recidive 2001:db8::10/124 -",
            "ban recidive fe80::/10 -",
        ];
        assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
        forget_neighbours(attacker);
        forget_neighbours(server);
        let ping = |from: &str| {
            let mut ping = attacker.command("/usr/bin/python3");
            ping.args(["-I", "-S", "-c", FIND, from]);
            String::from_utf8(ping.output().unwrap().stdout).unwrap()
        };
        // Our own address is found, and nothing else of it answers.
        assert_eq!(ping("2001:db8::11"), "found\n", "{blocktype}");
        match blocktype {
            "drop" => attacker.cannot_connect(ATTACKERS6[0], SERVER6, 22),
            _ => attacker.is_refused(ATTACKERS6[0], SERVER6, 22),
        }
        .unwrap();
        // We find it too: what we send it arrives, though its answer does not.
        forget_neighbours(server);
        server.cannot_connect(SERVER6, ATTACKERS6[0], 25).unwrap();
        let found = server
            .run("ip", &["-6", "neigh", "show", "dev", "eth0"])
            .unwrap();
        let line = found.lines().find(|line| line.starts_with("2001:db8::11 "));
        assert!(line.is_some_and(|line| line.contains("lladdr")), "{found}");
        // IPv4 has nothing to do with it.
        attacker.can_connect(ATTACKERS4[0], SERVER4, 22).unwrap();
        engine.does("close");
    }
}

#[test]
fn what_is_no_neighbour_discovery_is_dropped_with_the_rest() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::open(kit.server());
    let ping = |to: &str| {
        let mut ping = kit.attacker().command("/usr/bin/python3");
        ping.args(["-I", "-S", "-c", PING, to]);
        String::from_utf8(ping.output().unwrap().stdout).unwrap()
    };
    for protocols in ["icmp", "all"] {
        engine.does(&format!("start ping - {protocols}"));
        for to in ["192.0.2.1", "2001:db8::1"] {
            assert_eq!(ping(to), "answered\n", "{protocols} {to}");
        }
        let bans = ["ban ping 192.0.2.11/32 -", "ban ping 2001:db8::11/128 -"];
        assert_eq!(engine.apply(&bans), ["in kernel"; 2]);
        for to in ["192.0.2.1", "2001:db8::1"] {
            assert_eq!(ping(to), "silent\n", "{protocols} {to}");
        }
        engine.does("stop ping");
    }
}

/// Sends a datagram, which makes the kernel look for the neighbour, and says
/// whether it was found.
const FIND: &str = "
import socket, subprocess, sys, time
sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sender.bind((sys.argv[1], 0))
sender.sendto(b'x', ('2001:db8::1', 9))
for _ in range(300):
    shown = subprocess.run(['ip', '-6', 'neigh', 'show', '2001:db8::1', 'dev', 'eth0'],
                           capture_output=True, text=True).stdout
    if 'lladdr' in shown:
        print('found')
        break
    time.sleep(0.01)
else:
    print('lost', shown)
";

/// Asks for an echo from the first address and says whether it came.
const PING: &str = "
import socket, sys
to = sys.argv[1]
six = ':' in to
family, protocol = (socket.AF_INET6, 58) if six else (socket.AF_INET, 1)
peer = socket.socket(family, socket.SOCK_RAW, protocol)
peer.bind(('2001:db8::11' if six else '192.0.2.11', 0))
peer.settimeout(0.5)
kind = 128 if six else 8
body = bytes([kind, 0, 0, 0, 0, 7, 0, 1])
if not six:
    sum = 0xffff - (kind * 256 + 7 + 1)
    body = body[:2] + sum.to_bytes(2, 'big') + body[4:]
peer.sendto(body, (to, 0))
try:
    while True:
        got = peer.recv(4096)
        if got[0 if six else 20] == (129 if six else 0):
            print('answered')
            break
except TimeoutError:
    print('silent')
";
