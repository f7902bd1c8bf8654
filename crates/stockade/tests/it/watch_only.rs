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

#[test]
fn status_says_of_an_action_without_a_command_to_ban_that_it_bans_nobody() {
    let server = Setup::sshd("banaction = stockade[native=no]").start();
    let told = server.stockade(&["status"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    let expected = "  enforced: NO, the jail has no action that bans";
    assert!(told.stdout.contains(expected), "{}", told.stdout);
}

/// Runs what follows on a kernel that has no netfilter to speak of.
const WITHOUT_NETFILTER: &str = r"
import ctypes, os, platform, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
socket = {'x86_64': 41, 'aarch64': 198}[platform.machine()]
load, equal, give = 0x20, 0x15, 0x06
# socket(AF_NETLINK, _, NETLINK_NETFILTER) is EPROTONOSUPPORT.
program = [
    (load, 0, 0, 0), (equal, 0, 5, socket), (load, 0, 0, 16), (equal, 0, 3, 16),
    (load, 0, 0, 32), (equal, 0, 1, 12), (give, 0, 0, 0x00050000 | 93), (give, 0, 0, 0x7fff0000),
]
code = ctypes.create_string_buffer(b''.join(struct.pack('=HBBI', *step) for step in program))
head = struct.pack('HxxxxxxP', len(program), ctypes.addressof(code))
zero = ctypes.c_ulong(0)
if libc.prctl(38, ctypes.c_ulong(1), zero, zero, zero) or libc.prctl(22, ctypes.c_ulong(2), head, zero, zero):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execv(sys.argv[1], sys.argv[1:])
";

#[test]
fn a_kernel_without_nf_tables_is_named_with_what_to_do() {
    let server = Setup::sshd("")
        .wrapper(&["/usr/bin/python3", "-I", "-S", "-c", WITHOUT_NETFILTER])
        .start();
    let warning = "WARNING WATCH ONLY: bans are decided and logged, nobody is kept out: \
                   the kernel has no nf_tables: Protocol not supported (os error 93) \
                   (hint: load the module `nf_tables`, or choose an action that runs commands \
                   (`banaction = iptables-multiport`))";
    server.wait_for_log(warning);
    assert_eq!(server.ask(&["set", "sshd", "banip", "192.0.2.12"]), "1\n");
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}
