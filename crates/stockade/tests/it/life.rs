//! Starting in the background, being started by a service manager, and ending.

use std::fs;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::server::{Server, Setup, Told, told};

/// A jail whose rule is none.
const BROKEN: &str = "[broken]\nenabled = true\nbackend = polling\nlogpath = {folder}/auth.log\nfilter =\nfailregex = (\n";

/// Runs a script where the server's namespaces are; `client`, `server` and `status` are the programs, `$D`
/// is the folder. What it leaves behind ends with it.
fn run(server: &Server, script: &str) -> Told {
    let [client, own, status] = [
        env!("CARGO_BIN_EXE_fail2ban-client"),
        env!("CARGO_BIN_EXE_fail2ban-server"),
        env!("CARGO_BIN_EXE_stockade"),
    ];
    let folder = server.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    let whole = format!(
        "mount -t tmpfs tmpfs /etc/fail2ban 2>/dev/null\nD={folder}\n\
         client() {{ timeout 30 {client} -c $D/config \"$@\"; }}\n\
         server() {{ timeout 30 {own} -c $D/config \"$@\"; }}\n\
         status() {{ timeout 30 {status} -c $D/config status \"$@\"; }}\n\
         pid() {{ cat $D/fail2ban.pid; }}\n{script}\n"
    );
    let mut command = server.kit().server().command("setpriv");
    command.args(["--pdeathsig", "KILL", "unshare", "--mount", "--pid"]);
    command.args(["--fork", "--mount-proc", "--kill-child=KILL"]);
    told(command.args(["sh", "-c", &whole]))
}

/// Checks what a script prints, on both streams together.
fn check(server: &Server, script: &str, expected: &str) {
    let told = run(server, &format!("{{ {script}\n}} 2>&1"));
    assert_eq!(told.stdout, expected, "{script}\n{}", server.story());
}

#[test]
fn a_server_in_the_background_holds_on_to_nothing_of_its_starter() {
    let server = Setup::sshd("").prepare();
    check(
        &server,
        "client start\n\
         for n in 0 1 2; do readlink /proc/$(pid)/fd/$n; done; readlink /proc/$(pid)/cwd\n\
         ps -o sid= -p $(pid) | tr -d ' ' | grep -qx $(pid) && echo own session\n\
         grep Umask /proc/$(pid)/status\n\
         kill -HUP $(pid); client ping; ls $D/fail2ban.sock $D/fail2ban.pid | wc -l\n\
         client stop; ls $D/fail2ban.sock $D/fail2ban.pid 2>&1 | grep -c cannot",
        "Server ready\n/dev/null\n/dev/null\n/dev/null\n/\nown session\nUmask:\t0077\n\
         Server replied: pong\n2\nShutdown successful\n2\n",
    );
    let log = server.log();
    assert!(log.contains("INFO    Daemon started\n"), "{log}");
}

#[test]
fn a_broken_jail_does_not_keep_the_others_from_running_in_the_background() {
    let server = Setup::new(&format!("[sshd]\nlogpath = {{folder}}/auth.log\n{BROKEN}")).prepare();
    let told = run(
        &server,
        "client start; echo $?; status sshd | grep running; status broken | grep broken; client stop",
    );
    for expected in ["Server ready\n0\n", "running", "broken"] {
        assert!(told.stdout.contains(expected), "{expected}\n{told:?}");
    }
    for expected in [
        "ERROR   NOK: (\"Unable to compile regular expression '(':",
        "hint: the other jails run; `stockade status` says what is wrong",
        "jail.local:8: the rule does not compile",
    ] {
        assert!(told.stderr.contains(expected), "{expected}\n{told:?}");
    }
}

#[test]
fn a_server_without_any_jail_is_not_left_behind() {
    let server = Setup::new(&format!("[sshd]\nenabled = false\n{BROKEN}")).prepare();
    let told = run(
        &server,
        "client start; echo $?; client ping; ls $D/fail2ban.pid",
    );
    assert_eq!(told.stdout, "255\n", "{told:?}");
    for expected in [
        "hint: no jail could be started, and the server was stopped again",
        "Is fail2ban running?",
    ] {
        assert!(told.stderr.contains(expected), "{expected}\n{told:?}");
    }
}

#[test]
fn what_keeps_a_server_in_the_background_from_starting_is_told() {
    let server = Setup::sshd("").prepare();
    let check = |words: &str, expected: &str| {
        let told = run(&server, &format!("client {words} start; echo $?"));
        assert_eq!(told.stdout, "255\n", "{told:?}");
        for expected in [expected, "hint: ", "ERROR   Could not start server. Maybe"] {
            assert!(told.stderr.contains(expected), "{expected}\n{told:?}");
        }
    };
    check(
        "-p /nonexistent/x/pid",
        "ERROR: make the folder of the pid file, /nonexistent/x",
    );
    check(
        "--logtarget /nonexistent/x.log",
        "ERROR: open the log file /nonexistent/x.log",
    );
}

#[test]
fn restart_leaves_a_server_alone_that_the_configuration_could_not_replace() {
    let server = Setup::sshd("").prepare();
    let told = run(
        &server,
        "client start; before=$(pid); echo '[x' > $D/config/jail.local\n\
         client restart; echo $?; test $(pid) = $before && client ping; client stop",
    );
    let expected = "Server ready\n255\nServer replied: pong\nShutdown successful\n";
    assert_eq!(told.stdout, expected, "{told:?}");
}

#[test]
fn a_server_that_waits_for_commands_takes_them_one_by_one() {
    let server = Setup::sshd("").prepare();
    check(
        &server,
        "server --async -f & \
         while ! client ping 2>/dev/null; do :; done\n\
         client status; client add one polling; client set one addfailregex '^x <HOST>$'\n\
         client set one addlogpath $D/auth.log; client start one; client get one failregex\n\
         client stop; wait",
        &format!(
            "Server replied: pong\nStatus\n|- Number of jail:\t0\n`- Jail list:\t\n\
             Added jail one\nThe following regular expression are defined:\n`- [0]: {0}\n\
             Current monitored log file(s):\n`- {1}/auth.log\nJail started\n\
             The following regular expression are defined:\n`- [0]: {0}\nShutdown successful\n",
            r"^x (?:\[?(?:(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})|(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):)))\]?|(?P<dns>[\w\-.^_]*\w))$",
            server.path("").to_str().unwrap().trim_end_matches('/'),
        ),
    );
}

/// Binds a socket and passes it as the second of two, as a service manager does.
const PASS: &str = "import os, socket, sys\n\
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2', LISTEN_FDNAMES='web:fail2ban')\n\
    one, two = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)\n\
    one.bind('{folder}/web.sock'); two.bind('{folder}/fail2ban.sock'); one.listen(); two.listen()\n\
    a, b = os.dup(one.fileno()), os.dup(two.fileno())\n\
    os.dup2(a, 3); os.dup2(b, 4)\n\
    os.execv(sys.argv[1], sys.argv[1:])\n";

#[test]
fn a_socket_of_the_service_manager_is_used_and_left_where_it_is() {
    let mut server = Setup::sshd("")
        .wrapper(&["python3", "-c", PASS])
        .words(&["-f", "start"])
        .prepare();
    server.spawn();
    server.wait_ready();
    assert_eq!(server.ask(&["ping"]), "Server replied: pong\n");
    let flags = fs::read_to_string(format!("/proc/{}/fdinfo/4", server.process())).unwrap();
    // Close-on-exec: no action inherits it.
    assert!(flags.contains("flags:\t02"), "{flags}");
    server.ask(&["stop"]);
    assert_eq!(server.wait_end(), Some(0));
    assert!(server.socket().exists() && !server.pidfile().exists());
}

#[test]
fn the_service_manager_is_told_how_things_are() {
    let server =
        Setup::sshd("").prelude("export NOTIFY_SOCKET={folder}/notify WATCHDOG_USEC=1500000");
    let mut server = server.prepare();
    let socket = UnixDatagram::bind(server.path("notify")).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let next = || {
        let mut buffer = [0; 4_096];
        let count = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    };
    let until = |wanted: &str| loop {
        let told = next();
        if told.contains(wanted) {
            return;
        }
        assert!(told.contains("WATCHDOG=1"), "{told} instead of {wanted}");
    };
    server.spawn();
    until("READY=1");
    until("WATCHDOG=1");
    until("WATCHDOG=1");
    server.wait_ready();
    server.client(&["reload", "--if-exists"]);
    until("RELOADING=1");
    until("READY=1");
    server.ask(&["stop"]);
    until("STOPPING=1");
    assert_eq!(server.wait_end(), Some(0));
}

#[test]
fn a_client_that_waits_for_a_server_ends_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fail2ban-client"));
    command.arg("-s").arg(&path).arg("ping");
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let child = child.unwrap();
    // It is answered by nobody.
    let _silent = listener.accept().unwrap();
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.ends_with("WARNING Caught signal 15. Exiting\n"),
        "{stderr}"
    );
    assert_eq!(
        (output.stdout.as_slice(), output.status.code()),
        (&b"\n"[..], Some(255))
    );
}
