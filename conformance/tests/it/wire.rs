//! Replies of either server as CPython unpickles them, types and all.

use conformance::{
    Oracle, Server, Version,
    differences::{Comparison, KnownDifferences},
    python,
};

use crate::transcripts::{COMMANDS, begun, normalized, words};

/// Asks a server and shows each reply with the type of every part of it.
const SCRIPT: &str = r#"
import json, pickle, socket, sys, time, types

def module(name, *classes):
    made = types.ModuleType(name)
    sys.modules[name] = made
    for one in classes:
        one.__module__ = name
        setattr(made, one.__name__, one)

class UnknownJailException(KeyError): pass
class DuplicateJailException(Exception): pass
class RegexException(Exception): pass
module("fail2ban")
module("fail2ban.exceptions", UnknownJailException, DuplicateJailException)
module("fail2ban.server")
module("fail2ban.server.failregex", RegexException)
END = b"<F2B_END_COMMAND>"

def shown(value):
    kind = type(value).__name__
    if isinstance(value, BaseException):
        return "%s.%s(%s)" % (type(value).__module__, kind, ", ".join(shown(arg) for arg in value.args))
    if isinstance(value, (list, tuple)):
        return "%s(%s)" % (kind, ", ".join(map(shown, value)))
    if isinstance(value, dict):
        return "%s{%s}" % (kind, ", ".join(shown(k) + ": " + shown(v) for k, v in value.items()))
    return "%s:%r" % (kind, value)

def ask(path, words, protocol):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(path)
        connection.sendall(pickle.dumps(words, protocol) + END)
        reply = b""
        while not reply.endswith(END):
            piece = connection.recv(65536)
            if not piece:
                return "closed after %r" % reply
            reply += piece
    try:
        return shown(pickle.loads(reply[:-len(END)]))
    except Exception as error:
        return "not readable: %r" % error

def wait_for_ban(path):
    # The original bans in its own time.
    end = time.monotonic() + 30
    while time.monotonic() < end and ask(path, ["get", "alpha", "banned", "192.0.2.77"], 4) != "tuple(int:0, int:1)":
        time.sleep(0.05)

given = json.load(sys.stdin)
replies = []
for n, words in enumerate(given["commands"]):
    replies.append(ask(given["path"], words, n % 6))
    if words[2:4] == ["attempt", "notanip"]:
        wait_for_ban(given["path"])
print(json.dumps(replies))
"#;

/// Commands that no person types: other types of words, streams, configuration over the wire.
const WIRE: &str = r#"[
  ["set", "alpha", "maxretry", 4], ["set", "alpha", "maxretry", 4.7], ["set", "alpha", "maxretry", true],
  ["set", "alpha", "findtime", 300], ["set", "alpha", "findtime", 1.5], ["set", "alpha", "bantime", 60.5],
  ["set", "alpha", "bantime", -1], ["set", "alpha", "ignoreself", true], ["set", "alpha", "ignoreself", 0],
  ["set", "alpha", "bantime.increment", true], ["set", "alpha", "bantime.increment", 0],
  ["set", "alpha", "bantime.maxtime", 600], ["set", "alpha", "bantime.foo", 7], ["get", "alpha", "bantime.foo"],
  ["set", "thread", {"stacksize": 0}], ["set", "thread", {"foo": 0}], ["set", "dbmaxmatches", 3],
  ["set", "dbpurgeage", 600], ["get", "dbpurgeage"], ["set", "loglevel", "INFO"],
  ["multi-set", "alpha", "addfailregex", ["^a <HOST>$", "^b <HOST>$"]], ["get", "alpha", "failregex"],
  ["multi-set", "alpha", "action", "trace", [["timeout", "2m"], ["x", 5], ["y", true], ["z", null]]],
  ["get", "alpha", "action", "trace", "timeout"], ["get", "alpha", "action", "trace", "x"],
  ["get", "alpha", "action", "trace", "y"], ["get", "alpha", "action", "trace", "z"],
  ["set", "alpha", "action", "trace", "timeout", 30], ["get", "alpha", "action", "nosuch", "x"],
  ["set", "alpha", "action", "trace", "ban"], ["set", "alpha", "action", "trace", "ban", "{\"x\": 1}"],
  ["server-stream", [["set", "alpha", "maxretry", 5], ["get", "alpha", "maxretry"]]],
  ["server-stream", [["set", "alpha", "maxretry", "x"]]], ["server-stream", 5], ["server-stream"],
  ["reload", "alpha"], ["reload"], ["reload", "nosuch", [], []], ["reload", "nosuch", ["--if-exists"], []],
  ["stop", "nosuch"], ["sleep", "x"], ["sleep", 0], ["sleep"], ["echo", 1, null, [2.5, {"a": "b"}]],
  ["status", 5], ["status", ["x"]], [5], [null], [["x"]], [], ["set", "alpha", 5], ["get", "alpha", 5],
  ["set", "alpha", "attempt"], ["set", "alpha", "attempt", 5], ["add", "gamma", "polling"], ["add", "gamma"],
  ["start", "gamma"], ["start", "nosuch"], ["get", "gamma", "logpath"], ["get", "gamma", "datepattern"],
  ["get", "gamma", "failregex"], ["get", "gamma", "actions"], ["status", "gamma"], ["stop", "gamma"],
  ["add", "jj", "systemd"], ["set", "jj", "addjournalmatch", "_COMM=x", "+", "_COMM=y", "A=B"],
  ["set", "jj", "deljournalmatch", "_COMM=z"], ["set", "jj", "deljournalmatch", "_COMM=x"], ["get", "jj", "journalmatch"],
  ["set", "jj", "addjournalmatch", "bogus"], ["stop", "jj"], ["config-error", "x"], ["config-error"], ["unban", "--all"],
  ["set", "thread", {"stacksize": 64}], ["get", "thread"], ["set", "thread", {"stacksize": 3}], ["reload", "--all", []]
]"#;

fn replies(server: Option<&Oracle>, oracle: &Oracle) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let running: Server = begun(server, oracle, folder.path());
    let own = running
        .endpoint
        .socket
        .parent()
        .unwrap()
        .display()
        .to_string();
    let lines = COMMANDS.lines().filter(|line| !line.starts_with('#'));
    let typed: Vec<serde_json::Value> = serde_json::from_str(WIRE).unwrap();
    let typed_names = typed.iter().map(ToString::to_string);
    let names: Vec<String> = lines
        .clone()
        .map(str::to_owned)
        .chain(typed_names)
        .collect();
    let commands = lines.map(|line| words(&line.replace("{folder}", &own)).into());
    let commands: Vec<serde_json::Value> = commands.chain(typed).collect();
    let given = serde_json::json!({"path": running.endpoint.socket, "commands": commands});
    let answered = python::ask(SCRIPT, &given.to_string()).unwrap();
    let answered: Vec<String> = serde_json::from_str(&answered).unwrap();
    let answered = answered.iter().map(|reply| normalized(reply, &own));
    let replies = names.into_iter().zip(answered).collect();
    running.stop(oracle).unwrap();
    replies
}

#[test]
fn replies_have_the_same_types() {
    let oracle = Oracle::new(Version::V1_1_1).unwrap();
    let theirs = replies(Some(&oracle), &oracle);
    let ours = replies(None, &oracle);
    assert!(theirs.len() > 290);
    let cases = (1..).zip(theirs.into_iter().zip(ours));
    let comparisons: Vec<_> = cases
        .map(|(number, ((command, original), (_, ours)))| Comparison {
            case: format!("{number} {command}"),
            original,
            ours,
        })
        .collect();
    KnownDifferences::load()
        .unwrap()
        .judge("wire", &comparisons)
        .unwrap();
}
