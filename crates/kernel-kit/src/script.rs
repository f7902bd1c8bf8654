//! The three small Python programs that speak TCP inside a namespace.
//!
//! A process cannot move into a namespace without `unsafe`, so `ip netns exec`
//! starts one there. Python comes with every Debian that can run the tests.
//! Each program ends when its standard input does, so nothing outlives a test.

/// Listens on the ports given as arguments, IPv4 and IPv6, and sends back what
/// it gets. Says `ready` when all are open.
pub(crate) const LISTEN: &str = r#"
import os, socket, sys, threading

def echo(peer):
    try:
        while True:
            data = peer.recv(4096)
            if not data:
                break
            peer.sendall(data)
    except OSError:
        pass
    peer.close()

def accept(listener):
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=echo, args=(peer,), daemon=True).start()

for port in sys.argv[1:]:
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", int(port)))
    listener.listen(64)
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
"#;

/// Connects from one address to another and says `connected`, `no answer` or
/// the error. Arguments: source, destination, port, seconds.
pub(crate) const CONNECT: &str = r#"
import socket, sys

source, destination, port, seconds = sys.argv[1:]
family = socket.AF_INET6 if ":" in destination else socket.AF_INET
peer = socket.socket(family, socket.SOCK_STREAM)
peer.settimeout(float(seconds))
try:
    peer.bind((source, 0))
    peer.connect((destination, int(port)))
    print("connected")
except (TimeoutError, socket.timeout):
    print("no answer")
except OSError as error:
    print(error.strerror)
"#;

/// Connects, says `connected`, and then for each line of standard input (a
/// number of seconds) sends some bytes and says whether they came back:
/// `carries` or `silent`. Arguments: source, destination, port.
pub(crate) const CONVERSE: &str = r#"
import socket, sys

source, destination, port = sys.argv[1:]
family = socket.AF_INET6 if ":" in destination else socket.AF_INET
peer = socket.socket(family, socket.SOCK_STREAM)
peer.settimeout(10)
try:
    peer.bind((source, 0))
    peer.connect((destination, int(port)))
except OSError as error:
    print(error, flush=True)
    sys.exit(0)
print("connected", flush=True)
number = 0
for line in sys.stdin:
    number += 1
    word = b"%08d\n" % number
    peer.settimeout(float(line))
    got = b""
    try:
        peer.sendall(word)
        while not got.endswith(word):
            data = peer.recv(4096)
            if not data:
                break
            got += data
    except OSError:
        pass
    print("carries" if got.endswith(word) else "silent", flush=True)
"#;
