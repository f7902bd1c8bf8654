//! Actions written in Python that crash, hang, say anything or cannot be made: it concerns them alone.

use std::fs;
use std::time::Duration;

use crate::server::{DEADLINE, Server, Setup, comes_about, failed_logins};

const HEAD: &str = "import os, time\nfrom fail2ban.server.actions import ActionBase\n";

/// A server with a jail for each action on the one log, and one whose action runs a command.
fn server(actions: &[(&str, &str)]) -> Server {
    let mut jails = "[DEFAULT]\nfilter = sshd\nlogpath = {folder}/auth.log\nmaxretry = 2\n\
        [sshd]\nenabled = false\n\
        [fine]\nenabled = true\naction = fine\n"
        .to_owned();
    for (name, _) in actions {
        jails += &format!("[{name}]\nenabled = true\naction = {name}.py\n");
    }
    let server = Setup::new(&jails).prepare();
    let folder = server.path("config/action.d");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in actions {
        fs::write(folder.join(format!("{name}.py")), format!("{HEAD}{text}")).unwrap();
    }
    let record = server.path("fine");
    let fine = format!(
        "[Definition]\nactionban = echo <ip> >> {}\n",
        record.display()
    );
    fs::write(folder.join("fine.conf"), fine).unwrap();
    server
}

/// Tells which processes of actions of these jails there are.
fn processes(server: &Server) -> Vec<u32> {
    let place = server.path("config").display().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap() {
        let Ok(number) = entry.unwrap().file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let of = |file: &str| fs::read(format!("/proc/{number}/{file}")).unwrap_or_default();
        let words = String::from_utf8_lossy(&of("cmdline")).into_owned();
        if words.contains("stockade-action") && words.contains(&place) {
            found.push(number);
        }
    }
    found
}

#[test]
fn what_goes_wrong_in_one_concerns_it_alone() {
    let mut server = server(&[
        (
            "crashing",
            "class Action(ActionBase):\n    def ban(self, aInfo): os.kill(os.getpid(), 9)\n",
        ),
        (
            "hanging",
            "class Action(ActionBase):\n    timeout = 1\n    def ban(self, aInfo): time.sleep(600)\n",
        ),
        (
            "garbage",
            "class Action(ActionBase):\n    def ban(self, aInfo): os.write(4, b'{}\\n'); time.sleep(600)\n",
        ),
        (
            "raising",
            "class Action(ActionBase):\n    def ban(self, aInfo): raise ValueError('wrong')\n",
        ),
    ]);
    server.start();
    server.append(&failed_logins("192.0.2.1", 2));
    server.wait_until("a ban by the command of another jail", || {
        fs::read_to_string(server.path("fine")).is_ok_and(|record| record == "192.0.2.1\n")
    });
    for (jail, text) in [
        (
            "crashing",
            "ended (killed with SIGKILL); it is started again for the next call",
        ),
        (
            "hanging",
            "did not answer within 1 s and was ended; it is started again",
        ),
        (
            "garbage",
            "does not keep to what was agreed: it says '{}'; it is started again",
        ),
        ("raising", "wrong"),
    ] {
        server.wait_for_log(&format!(
            "Failed to execute ban jail '{jail}' action '{jail}' info"
        ));
        server.wait_for_log(text);
        assert_eq!(server.banned_in(jail), ["192.0.2.1"]);
    }
    // Started anew they lift what they could not ban.
    for jail in ["crashing", "hanging", "garbage", "raising"] {
        assert_eq!(server.ask(&["set", jail, "unbanip", "192.0.2.1"]), "1\n");
    }
    server.wait_until("four processes", || processes(&server).len() == 4);
    assert_eq!(server.stop().code, Some(0));
    server.wait_until("no process", || processes(&server).is_empty());
}

#[test]
fn it_ends_with_a_server_that_was_killed() {
    let mut server = server(&[("plain", "class Action(ActionBase): pass\n")]);
    server.start();
    server.wait_until("a process", || processes(&server).len() == 1);
    server.kill_nine();
    assert!(comes_about(DEADLINE, || processes(&server).is_empty()));
}

#[test]
fn a_jail_goes_on_without_one_that_cannot_be_made() {
    let mut server = server(&[
        ("wrong", "import nosuch\n"),
        ("right", "class Action(ActionBase): pass\n"),
    ]);
    server.start();
    let states = || {
        let text = server.status_json()["jails"]["wrong"].to_string();
        let without = "the jail goes on without the action 'wrong' of";
        text.contains(without) && text.contains("ModuleNotFoundError")
    };
    server.wait_until("a jail that is degraded", states);
    server.append(&failed_logins("192.0.2.1", 2));
    server.wait_until("a ban", || server.banned_in("wrong") == ["192.0.2.1"]);
    // With its mistake mended it is one of the jail's again, and told of whom the jail has banned.
    let mended = "class Action(ActionBase):\n    def ban(self, aInfo): self._logSys.notice('mended %s', aInfo['ip'])\n\
        \x20   def reload(self): self._logSys.notice('told again')\n";
    fs::write(
        server.path("config/action.d/wrong.py"),
        format!("{HEAD}{mended}"),
    )
    .unwrap();
    assert_eq!(server.configured_client(&["reload"]).code, Some(0));
    server.wait_for_log("mended 192.0.2.1");
    // A mistake leaves the old one in its place.
    let path = server.path("config/action.d/wrong.py");
    fs::write(&path, "import nosuch\n").unwrap();
    assert_eq!(server.configured_client(&["reload"]).code, Some(0));
    server.wait_for_log("the action 'wrong' goes on as it was before");
    let methods = server.ask(&["get", "wrong", "actionmethods", "wrong"]);
    assert!(methods.ends_with("ban, reban, reload, start, stop, unban\n"));
    fs::write(&path, format!("{HEAD}{mended}")).unwrap();
    assert_eq!(server.configured_client(&["reload"]).code, Some(0));
    // It stays when nothing has changed; what has changed takes its place.
    assert_eq!(server.configured_client(&["reload"]).code, Some(0));
    server.wait_for_log("told again");
    let again = mended.replace("mended", "another");
    fs::write(
        server.path("config/action.d/wrong.py"),
        format!("{HEAD}{again}"),
    )
    .unwrap();
    assert_eq!(server.configured_client(&["reload"]).code, Some(0));
    server.wait_for_log("another 192.0.2.1");
    assert_eq!(
        server
            .ask(&["get", "wrong", "actionmethods", "wrong"])
            .lines()
            .last()
            .unwrap(),
        "ban, reban, reload, start, stop, unban"
    );
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn without_python_the_jail_says_what_to_install() {
    let mut server = Setup::new(
        "[sshd]\nenabled = true\nlogpath = {folder}/auth.log\naction = plain.py\n",
    )
    // A program whose interpreter is not there is as good as none.
    .prelude(
        "printf '#!/no/such\\n' > {folder}/none; chmod +x {folder}/none; export PATH=/usr/sbin:/usr/bin:/sbin:/bin
         mount --bind {folder}/none \"$(readlink -f /usr/bin/python3)\"",
    )
    .prepare();
    let text = format!("{HEAD}class Action(ActionBase): pass\n");
    fs::create_dir_all(server.path("config/action.d")).unwrap();
    fs::write(server.path("config/action.d/plain.py"), text).unwrap();
    server.start();
    server.wait_for_log("the jail goes on without the action 'plain' of");
    server.wait_for_log("python3 is not there (hint: install the package python3");
    server.append(&failed_logins("192.0.2.1", 9));
    server.wait_until("a ban", || server.banned_in("sshd") == ["192.0.2.1"]);
    let told = server.stockade(&["status"]).stdout;
    assert!(told.contains("degraded"), "{told}");
    assert!(comes_about(Duration::ZERO, || processes(&server).is_empty()));
}
