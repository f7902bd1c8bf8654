//! A user's own reporting action beside the one that bans, as it has been written for years: one more line
//! in `jail.local`, one file in `action.d`.

use std::fs;
use std::thread;

use conformance::{Oracle, Server, Version, shims::Shims};

use super::run::DEADLINE;

const JAIL_LOCAL: &str = "[sshd]
enabled = true
backend = polling
logpath = {folder}/auth.log
action = %(action_)s
         badips[category=ssh]
";

/// `PORT` is where the report is taken.
const BADIPS: &str = "[Definition]
actionban = curl --fail --user-agent \"<agent>\" http://127.0.0.1:PORT/add/<category>/<ip>
[Init]
category =
";

const PORT: &str = "8080";

/// Takes reports and writes down what was asked for. It goes to the background once it listens, and ends
/// with the place that it runs in.
const SITE: &str = r#"
import http.server, os, sys

class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[2], "a") as record:
            record.write(self.requestline + "\n" + self.headers["User-Agent"] + "\n")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"taken")
    def log_message(self, *words):
        pass

site = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Site)
if os.fork() == 0:
    site.serve_forever()
"#;

/// What became of five failures of one address.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// Request lines and the name of who asks.
    site: String,
    /// What the firewall was told, before and after the server was told to stop.
    firewall: Vec<Vec<String>>,
}

fn play(program: Option<&Oracle>, tree: &Oracle) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("site.py"), SITE).unwrap();
    fs::write(path("site"), "").unwrap();
    let site = format!(
        "/usr/bin/python3 -I -S '{}' {PORT} '{}' </dev/null >'{}' 2>&1",
        path("site.py").display(),
        path("site").display(),
        path("site.log").display()
    );
    let shims = Shims::new(folder.path()).unwrap();
    let shims = shims.without("curl").unwrap().before(&site);
    let own = path(if program.is_some() {
        "original"
    } else {
        "ours"
    });
    fs::create_dir(&own).unwrap();
    fs::write(own.join("auth.log"), "").unwrap();
    let files = [
        ("jail.local", JAIL_LOCAL),
        ("action.d/badips.conf", &BADIPS.replace("PORT", PORT)),
    ];
    let mut server = Server::among(&shims, program, tree, folder.path(), &files).unwrap();
    // Lines from before the start do not count without a date that does.
    server
        .wait_until(DEADLINE, |server| {
            Ok(server.logged()?.contains("Jail 'sshd' started"))
        })
        .unwrap();
    let now = jiff::Zoned::now().strftime("%b %e %H:%M:%S");
    let line =
        format!("{now} host sshd[7]: Failed password for root from 192.0.2.1 port 5000 ssh2\n");
    fs::write(own.join("auth.log"), line.repeat(5)).unwrap();
    let taken = || fs::read_to_string(path("site")).unwrap();
    server
        .wait_until(DEADLINE, |_| Ok(taken().lines().count() == 2))
        .unwrap();
    server.stop(tree).unwrap();
    let calls = shims.calls(&mut 0).unwrap();
    Told {
        site: taken(),
        firewall: calls.into_iter().map(|call| call.words).collect(),
    }
}

#[test]
fn a_users_own_report_reaches_its_site_beside_the_ban() {
    let versions = Version::ALL.map(|version| Oracle::new(version).unwrap());
    thread::scope(|scope| {
        let runs = versions.each_ref().map(|oracle| {
            let original = scope.spawn(|| play(Some(oracle), oracle));
            (oracle, original, scope.spawn(|| play(None, oracle)))
        });
        for (oracle, original, ours) in runs {
            let (original, ours) = (original.join().unwrap(), ours.join().unwrap());
            assert_eq!(ours, original, "{}", oracle.version());
            let asked = "GET /add/ssh/192.0.2.1 HTTP/1.1\n";
            assert!(ours.site.starts_with(asked), "{ours:?}");
            let bans = |words: &&Vec<String>| words.contains(&"192.0.2.1".to_owned());
            assert_eq!(ours.firewall.iter().filter(bans).count(), 1, "{ours:?}");
        }
    });
}
