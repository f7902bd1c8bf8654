//! Every change of the kernel's tables, transaction by transaction.
//!
//! `nft monitor` (1.0.6) would tell of them as well, but once a server has written its rules anew it
//! says no more about the elements of our sets. A look at the ruleset now and then would miss an
//! element that is away for a millisecond.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::process::{Child, ChildStdout, Stdio};

use kernel_kit::Namespace;

/// Prints a line per change: what, in which table, and for an element its set and key in
/// hexadecimal digits. `generation` closes a transaction.
const LISTEN: &str = r#"
import socket, struct, sys

NAMES = {
    0: "add table", 2: "delete table", 5: "delete chain", 6: "add rule", 8: "delete rule",
    11: "delete set", 12: "add element", 14: "delete element", 15: "generation",
}

def attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3fff, data[4:length]
        data = data[(length + 3) & ~3:]

def text(data):
    return data.rstrip(b"\0").decode()

netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
netlink.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
netlink.bind((0, 1 << 6))
print("ready", flush=True)
while True:
    data = netlink.recv(1 << 20)
    while len(data) >= 20:
        length, kind = struct.unpack_from("=IH", data)
        message, data = data[20:length], data[(length + 3) & ~3:]
        name = NAMES.get(kind & 0xff)
        if not name:
            continue
        if name == "generation":
            print(name)
            continue
        fields = dict(attributes(message))
        if not name.endswith("element"):
            print(name, text(fields[1]))
            continue
        for _, element in attributes(fields[3]):
            key = dict(attributes(dict(attributes(element))[1]))[1]
            print(name, text(fields[1]), text(fields[2]), key.hex())
    sys.stdout.flush()
"#;

/// Listens for changes in a namespace until it is dropped.
#[derive(Debug)]
pub(crate) struct Monitor {
    child: Child,
    told: BufReader<ChildStdout>,
    /// Whether jails end, and their sets with them.
    sets_may_go: bool,
}

impl Monitor {
    /// Begins to listen.
    pub(crate) fn start(namespace: &Namespace) -> Self {
        let mut command = namespace.command("setpriv");
        command.args(["--pdeathsig", "KILL", "/usr/bin/python3", "-I", "-S"]);
        command.args(["-c", LISTEN]).stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        told.read_line(&mut ready).unwrap();
        assert_eq!(ready, "ready\n");
        let sets_may_go = false;
        Self {
            child,
            told,
            sets_may_go,
        }
    }

    /// Expects that other jails end meanwhile.
    pub(crate) fn while_jails_end(mut self) -> Self {
        self.sets_may_go = true;
        self
    }

    /// Proves that from the start until now, after each transaction, all these addresses stood in
    /// our table, and rules that ask for them; and that there were transactions with rules.
    pub(crate) fn never_without(mut self, namespace: &Namespace, addresses: &[IpAddr]) {
        namespace.nft("add table inet farewell").unwrap();
        let keys: Vec<String> = addresses.iter().map(key).collect();
        let mut story = String::new();
        let mut gone = BTreeSet::new();
        let mut rebuilt = 0;
        loop {
            let begin = story.len();
            assert_ne!(self.told.read_line(&mut story).unwrap(), 0, "{story}");
            let line = story.get(begin..).unwrap().trim_end();
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["add", "element", "stockade", _, key] => {
                    gone.remove(*key);
                }
                ["delete", "element", "stockade", _, key] => {
                    gone.insert((*key).to_owned());
                }
                ["add", "rule", "stockade"] => {
                    rebuilt += 1;
                    gone.remove("rules");
                }
                ["delete", "rule", "stockade"] => {
                    gone.insert("rules".to_owned());
                }
                ["delete", "set", "stockade"] if self.sets_may_go => {}
                ["delete", "table" | "chain" | "set", "stockade"] => panic!("{story}"),
                // What was deleted and added before this line was never away.
                ["generation"] => {
                    assert!(!gone.contains("rules"), "{story}");
                    assert!(!keys.iter().any(|key| gone.contains(key)), "{story}");
                }
                ["add", "table", "farewell"] => break,
                _ => {}
            }
        }
        assert!(rebuilt > 0, "{story}");
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // It may have ended already; both calls then do nothing.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An address as the kernel's sets hold it.
fn key(address: &IpAddr) -> String {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
