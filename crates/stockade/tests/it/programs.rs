//! What the programs say, word for word.

use kernel_kit::ATTACKERS4;

use crate::server::{Server, Setup, Told, failed_logins};

impl Server {
    fn check(&self, words: &[&str], expected: &str) {
        let told = self.client(words);
        let expected = Told {
            stdout: expected.replace(
                "{folder}",
                self.path("").to_str().unwrap().trim_end_matches('/'),
            ),
            stderr: String::new(),
            code: Some(0),
        };
        assert_eq!(told, expected, "{words:?}\n{}", self.story());
    }

    fn check_refused(&self, words: &[&str], stdout: &str, stderr: &str) {
        let told = self.client(words);
        assert_eq!(told.code, Some(255), "{words:?} {told:?}");
        assert_eq!(told.stdout, stdout, "{words:?}");
        // The stamp and the process number come first.
        let logged = told.stderr.split_once("ERROR   ").map(|(_, text)| text);
        assert_eq!(logged, Some(stderr), "{words:?} {told:?}");
    }
}

#[test]
fn the_client_says_what_the_originals_says() {
    let mut server = Setup::sshd("bantime = 100").start();
    server.check(&["ping"], "Server replied: pong\n");
    server.check(
        &["status"],
        "Status\n|- Number of jail:\t1\n`- Jail list:\tsshd\n",
    );
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.append(&failed_logins(ATTACKERS4[1], 2));
    server.wait_until("seven failures", || {
        server.log().matches("Found").count() == 7
    });
    server.check(&["set", "sshd", "banip", "192.0.2.13"], "1\n");
    server.check(&["set", "sshd", "banip", "192.0.2.13"], "0\n");
    server.check(
        &["set", "sshd", "banip", "2001:db8::1", "198.51.100.0/24"],
        "2\n",
    );
    server.check(
        &["status", "sshd"],
        "Status for the jail: sshd\n\
         |- Filter\n\
         |  |- Currently failed:\t1\n\
         |  |- Total failed:\t7\n\
         |  `- File list:\t{folder}/auth.log\n\
         `- Actions\n   \
            |- Currently banned:\t4\n   \
            |- Total banned:\t4\n   \
            `- Banned IP list:\t192.0.2.11 192.0.2.13 2001:db8::1 198.51.100.0/24\n",
    );
    server.check(
        &["get", "sshd", "banip"],
        "192.0.2.11 192.0.2.13 2001:db8::1 198.51.100.0/24\n",
    );
    let with_time = server.ask(&["get", "sshd", "banip", "--with-time"]);
    let mut shapes = with_time.lines().map(|line| {
        // `192.0.2.11 \t2026-03-04 05:06:07 + 100 = 2026-03-04 05:07:47`
        let (id, times) = line.split_once(" \t").unwrap();
        let (begin, rest) = times.split_once(" + 100 = ").unwrap();
        let moment = |text: &str| text.parse::<jiff::civil::DateTime>().unwrap();
        let lasts = moment(rest).duration_since(moment(begin));
        (id, lasts.as_secs())
    });
    assert_eq!(shapes.next(), Some(("192.0.2.11", 100)), "{with_time}");
    assert_eq!(shapes.count(), 3);
    server.check(&["set", "sshd", "unbanip", "192.0.2.13"], "1\n");
    server.check(&["set", "sshd", "unbanip", "192.0.2.13"], "0\n");
    server.check(
        &["set", "sshd", "unbanip", "198.51.100.0/24", "192.0.2.99"],
        "1\n",
    );
    server.check(&["get", "sshd", "banip"], "192.0.2.11 2001:db8::1\n");
    server.check(&["stop"], "Shutdown successful\n");
    assert_eq!(server.wait_end(), Some(0));
}

#[test]
fn what_cannot_be_done_is_refused_in_the_originals_words() {
    let mut server = Setup::sshd("").start();
    server.check_refused(
        &["status", "nosuch"],
        "Sorry but the jail 'nosuch' does not exist\n",
        "NOK: ('nosuch',)\n",
    );
    server.check_refused(
        &["set", "sshd", "unbanip", "--report-absent", "192.0.2.9"],
        "not banned: ['192.0.2.9']\n",
        "NOK: (\"not banned: ['192.0.2.9']\",)\n",
    );
    server.check_refused(
        &["no-such-command"],
        "Invalid command\n",
        "NOK: ('Invalid command',)\n",
    );
    let socket = server.socket();
    let socket = socket.display();
    server.kill_nine();
    let refused = "[Errno 111] Connection refused";
    server.check_refused(&["ping"], "", &format!("{refused}\n"));
    server.check_refused(
        &["status"],
        "",
        &format!("[{refused}] Unable to contact server. Is it running?\n"),
    );
    std::fs::remove_file(server.socket()).unwrap();
    for words in [&["ping"], &["status"]] {
        let text = format!("Failed to access socket path: {socket}. Is fail2ban running?\n");
        server.check_refused(words, "", &text);
    }
}

#[test]
fn stockade_status_says_how_things_are() {
    let mut server = Setup::new(
        "[sshd]\nlogpath = {folder}/auth.log\nbantime = 100\n\n\
         [later]\nenabled = true\nfilter = sshd\nbackend = polling\nlogpath = {folder}/later.log\n",
    )
    .start();
    server.append(&failed_logins(ATTACKERS4[0], 5));
    server.append(&failed_logins(ATTACKERS4[1], 2));
    server.wait_for_log("[sshd] Ban 192.0.2.11\n");
    server.wait_until("two more failures", || {
        server.log().matches("Found").count() == 7
    });
    let folder = server
        .path("")
        .to_str()
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    let show = |told: Told| {
        assert_eq!(told.stderr, "");
        let text = told.stdout.replace(&folder, "FOLDER");
        let text = text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
        format!("exit code {:?}\n{text}", told.code)
    };
    insta::assert_snapshot!("status", show(server.stockade(&["status"])));
    insta::assert_snapshot!(
        "status_of_a_jail",
        show(server.stockade(&["status", "later"]))
    );
    insta::assert_snapshot!("status_json", show(server.stockade(&["status", "--json"])));
    let unknown = server.stockade(&["status", "nosuch"]);
    assert_eq!(unknown.code, Some(3));
    insta::assert_snapshot!("status_of_no_jail", unknown.stderr);
    server.stop();
    let down = server.stockade(&["status"]);
    assert_eq!(down.code, Some(3));
    insta::assert_snapshot!(
        "status_of_no_server",
        down.stderr.replace(&folder, "FOLDER")
    );
}
