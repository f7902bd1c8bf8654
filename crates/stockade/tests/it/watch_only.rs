//! A server without the right to write to the kernel: everything but that.

use crate::server::{Server, Setup, failed_logins};

fn setup() -> Setup {
    Setup::sshd("").wrapper(&[
        "setpriv",
        "--bounding-set",
        "-net_admin",
        "--inh-caps",
        "-net_admin",
    ])
}

fn ruleset(server: &Server) -> String {
    server.kit().server().ruleset().unwrap()
}

#[test]
fn without_the_right_to_the_kernel_bans_are_decided_logged_and_kept() {
    let mut server = setup().start();
    let warning = "WARNING WATCH ONLY: bans are decided and logged, nobody is kept out: no right to \
                   change the packet filter";
    server.wait_for_log(warning);
    let log = server.log();
    assert_eq!(log.matches(warning).count(), 1, "{log}");
    assert!(
        log.contains("(hint: run as root or with the capability CAP_NET_ADMIN)"),
        "{log}"
    );
    server.append(&failed_logins("192.0.2.11", 5));
    server.append(&failed_logins("2001:db8::11", 5));
    let expected = ["192.0.2.11", "2001:db8::11"];
    server.wait_until("the bans", || server.banned() == expected);
    server.wait_for_log("NOTICE  [sshd] Ban 2001:db8::11");
    assert_eq!(
        server.sql("select ip from bans order by ip"),
        "192.0.2.11\n2001:db8::11\n"
    );
    assert_eq!(server.ask(&["set", "sshd", "banip", "192.0.2.12"]), "1\n");
    assert_eq!(server.ask(&["set", "sshd", "unbanip", "192.0.2.12"]), "1\n");
    // What nobody expects to be written is no failure.
    assert!(!server.log().contains("ERROR"), "{}", server.log());
    assert_eq!(ruleset(&server), "");
    server.restart();
    server.wait_for_log("[sshd] Restore Ban 192.0.2.11");
    assert_eq!(server.banned(), expected);
    server.stop();
}

#[test]
fn status_says_that_nobody_is_kept_out_and_what_can_be_done() {
    let server = setup().start();
    server.append(&failed_logins("192.0.2.11", 5));
    server.wait_until("the ban", || server.banned() == ["192.0.2.11"]);
    let told = server.stockade(&["status"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    for expected in [
        "enforcement: NONE, watching only: no right to change the packet filter: ",
        "  hint: run as root or with the capability CAP_NET_ADMIN",
        "  enforced: NO, watching only",
    ] {
        assert!(
            told.stdout.contains(expected),
            "{expected}\n{}",
            told.stdout
        );
    }
    let status = server.status_json();
    assert_eq!(status["enforcement"]["mode"], "watch-only");
    assert_eq!(status["jails"]["sshd"]["state"], "running");
    assert_eq!(status["jails"]["sshd"]["enforcement"]["mode"], "watch-only");
    // What the original's client reads is as ever.
    let old = server.ask(&["status", "sshd"]);
    assert!(old.contains("Currently banned:\t1"), "{old}");
}
