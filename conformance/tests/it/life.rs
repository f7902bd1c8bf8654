//! Starts, stops and all that goes wrong, with both originals' programs and with ours.

use std::collections::BTreeMap;

use conformance::{
    Oracle, Version,
    differences::{Comparison, KnownDifferences},
    life,
};

/// In this order: later ones find what earlier ones left. `$D` is the folder of the server.
const STEPS: &[&str] = &[
    // No server and no socket.
    "client ping",
    "client ping 1",
    "client ping abc",
    "client status",
    "client stop",
    "client set loglevel INFO",
    "client reload",
    "client reload sshd",
    "client reload x y z",
    "client reload --bogus sshd",
    "client reload --all sshd",
    "client reload --restart --unban --if-exists a",
    "client restart sshd",
    "server status",
    "server ping",
    // A socket that nobody listens on.
    "stale",
    "client ping",
    "client status",
    "client stop",
    "client reload",
    "client restart sshd",
    "client start",
    "server start",
    "server -f start",
    "client -x start",
    "client ping",
    "ls -l $D/socket $D/pid | cut -c1-10",
    "test $(cat $D/pid) -gt 1; ls -l /proc/$(cat $D/pid)/cwd | sed 's/.* -> //'",
    "tr '\\0' ' ' < /proc/$(cat $D/pid)/cmdline | sed 's/.*--async/--async/; s/ start//; s/ *$//'",
    "cat /proc/$(cat $D/pid)/comm",
    // A server that runs.
    "client start",
    "client -x start",
    "client -f start",
    "server start",
    "server -f start",
    "server -x",
    "client --async start",
    "client status",
    "nobody ping",
    "nobody status",
    "nobody start",
    "nobody reload",
    "client -v ping",
    "client -q nosuch",
    "client -qq nosuch",
    "client reload nosuch",
    "client reload --if-exists nosuch",
    "client reload a b",
    "client restart nosuch",
    "client start nosuch",
    "kill -HUP $(cat $D/pid); client ping 5",
    "client restart",
    "client ping",
    "client stop",
    "ls $D/socket $D/pid | wc -l",
    "client stop",
    "client restart",
    "server restart",
    "client stop",
    "server",
    "server stop",
    "server -b start",
    // The system takes a moment to end it.
    "kill -9 $(cat $D/pid); for n in $(seq 50); do client ping 2>$D/told; grep -q refused $D/told && break; done; cat $D/told",
    "client status",
    "client start",
    "client -x restart",
    "client stop",
    // Something else stands at its place.
    "echo > $D/socket; client status",
    "client ping",
    "client start",
    "client -x start",
    "client stop",
    "client --pname a-name-that-is-too-long start; cat /proc/$(cat $D/pid)/comm",
    "client stop",
    "server --pname other start; cat /proc/$(cat $D/pid)/comm",
    "server stop",
    // What the command line may say.
    "client -c /nonexistent start",
    "client -c /nonexistent ping",
    "client -c /nonexistent restart",
    "server -c /nonexistent start",
    "server -f -c /nonexistent start",
    "client --loglevel bogus start",
    "server --loglevel bogus start",
    "client --loglevel bogus --logtarget STDOUT --syslogsocket auto ping",
    "client --timeout bogus ping",
    "client --timeout 1x start",
    "client --timeout -1 ping",
    "client --timeout 1m ping",
    "server --timeout bogus",
    "client -b ping",
    "client -f ping",
    "client --async ping",
    "client -t ping",
    "client -t start",
    "client -t status",
    "client stop",
    // Asked for, one after the other.
    "printf '' | client -i",
    "printf 'ping\\n' | client -i",
    "printf 'start\\nping\\nstatus\\n\\nexit\\n' | client -i",
    "printf 'start\\nexit' | client -i",
    "printf 'echo \"a b\" c\\\\ d \\047e f\\047\\nnosuch\\nquit\\n' | client -i",
    "printf 'reload nosuch\\nrestart\\nping\\nexit 3\\nexit\\n' | client -i",
    "printf 'echo \"abc\\nping #\\nPING\\nexit\\n' | client -i",
    "printf 'exit\\n' | client -i ping",
    "printf 'exit\\n' | client -i start",
    "printf 'exit\\n' | client -i nosuch",
    "printf 'stop\\nping\\nrestart\\nstop\\nrestart sshd\\nreload x y\\nexit\\n' | client -i",
    "printf 'exit\\n' | client -i -q",
    "printf 'exit\\n' | client -t -i",
    // Where it logs.
    "client --logtarget $D/a.log start",
    "cut -c25- $D/a.log | head -3",
    "client get logtarget",
    "client set logtarget $D/a.log[datetime=off]",
    "client set logtarget \"$D/b.log[datetime=off, padding=off]\"; cat $D/b.log",
    "client get logtarget",
    "client flushlogs; tail -1 $D/b.log",
    "client set logtarget $D/c.log[padding=off]; cut -c25- $D/c.log",
    "client set logtarget \"$D/d.log[format='%(levelname)8s|%(name)-20s|%(message).9s 100%%']\"; cat $D/d.log",
    "client set logtarget /nonexistent/x",
    "client set logtarget SYSLOG",
    "client set logtarget STDERR[format=x]",
    "client set logtarget STDERR[format=x",
    "client set logtarget STDERR[x]",
    "client set logtarget ''",
    "client get logtarget",
    "client set syslogsocket $D/syslog",
    "client get syslogsocket",
    "client set logtarget $D/e.log",
    "client set logtarget SYSLOG; tail -2 $D/e.log | cut -c25-",
    "client set logtarget /nonexistent/x; tail -3 $D/e.log | cut -c25-",
    "client flushlogs; tail -1 $D/e.log | cut -c25-",
    "client set logtarget STDOUT; client flushlogs",
    "client set logtarget sysout; client get logtarget; client flushlogs",
    "client set logtarget SYSTEMD-JOURNAL; client get logtarget; client flushlogs",
    "listen $D/syslog $D/told",
    "client set logtarget SYSLOG[facility=local3]",
    "client set sshd banip 192.0.2.1; client nosuch; client flushlogs",
    "while ! grep -q flush $D/told; do :; done; grep 'server\\|Ban\\|nosuch' $D/told | grep -v 'were lost' | sed 's/.nTraceback.*//'",
    "client set logtarget $D/f.log",
    "client set logtarget \"SYSLOG[datetime=on, padding=on]\"; while ! grep -q 2 $D/told; do :; done; tail -1 $D/told",
    "mount -t tmpfs tmpfs /run; mkdir -p /run/systemd/journal; listen /run/systemd/journal/socket $D/journal",
    "client set logtarget SYSTEMD-JOURNAL; client set sshd banip 192.0.2.2; client flushlogs",
    "while ! grep -q flush $D/journal; do :; done; grep 'server\\|Ban' $D/journal",
    "for level in critical Error WARN notice info msg DEBUG tracedebug HEAVYDEBUG 1 20 99 0 -3 TRACE bogus ''; do client set loglevel \"$level\"; client get loglevel; done",
    "client stop",
    // What cannot be carried out.
    "printf '[broken]\\nenabled = true\\nfilter = nosuch\\nlogpath = /dev/null\\n' >> $D/configuration/jail.local; client start",
    "client -t status",
    "client reload broken",
    "client stop",
    "server start",
    "server stop",
    "cp $D/configuration/jail.local $D/kept; echo '[x' > $D/configuration/jail.local; client start",
    "server start",
    "server -f start",
    "client restart",
    "sed 's/^filter = nosuch/filter =\\nfailregex = (/' $D/kept > $D/configuration/jail.local",
    "client start",
    "client ping",
    "client status",
    "client stop",
];

fn answers(version: Version) -> Vec<Comparison> {
    let folder = tempfile::tempdir().unwrap();
    // A user without rights comes as far as the socket.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let oracle = Oracle::new(version).unwrap();
    let theirs = life::of_original(&oracle, folder.path(), STEPS).unwrap();
    let ours = life::of_ours(folder.path(), STEPS).unwrap();
    let mut seen = BTreeMap::new();
    let pairs = theirs.into_iter().zip(ours);
    pairs
        .map(|((step, original), (_, ours))| {
            // The same step comes again, with another answer.
            let count: &mut u32 = seen.entry(step.clone()).or_default();
            *count += 1;
            Comparison {
                case: match count {
                    1 => format!("{version}: {step}"),
                    again => format!("{version}: {step} ({again})"),
                },
                original,
                ours,
            }
        })
        .collect()
}

#[test]
fn a_server_lives_as_the_originals_does() {
    let comparisons: Vec<_> = Version::ALL.into_iter().flat_map(answers).collect();
    KnownDifferences::load()
        .unwrap()
        .judge("life", &comparisons)
        .unwrap();
}
