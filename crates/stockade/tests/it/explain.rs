//! `stockade explain`: no server is needed.

use std::process::Command;

use crate::server::Told;

/// Runs `stockade -c FOLDER WORDS`.
pub(crate) fn stockade(folder: &std::path::Path, words: &[&str]) -> Told {
    let output = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .arg("-c")
        .arg(folder)
        .args(words)
        .output()
        .unwrap();
    // The folder is another one each time.
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.replace(folder.to_str().unwrap(), "/etc/fail2ban")
    };
    Told {
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        code: output.status.code(),
    }
}

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "jail.conf",
        "[INCLUDES]\nbefore = paths.conf\n\
         [DEFAULT]\nbantime = 10m\naction = %(act)s[port=%(port)s]\n           log\nact = drop\nport = 0:65535\n\
         [web]\nport = http\nlogpath = %(web_log)s\n\
         [loop]\nlogpath = %(b)s\nb = %(logpath)s %(missing)s\n",
    );
    write(
        "paths.conf",
        "[DEFAULT]\nweb_log = /var/log/web\u{1b}[31m.log\n",
    );
    write("jail.local", "[web]\nbantime = 1h\n");
    folder
}

#[test]
fn a_value_is_shown_as_a_tree_with_file_line_and_what_it_overrides() {
    let folder = tree();
    let check = |words: &[&str], expected: &str| {
        let told = stockade(folder.path(), words);
        assert_eq!(
            (told.stdout.as_str(), told.code),
            (expected, Some(0)),
            "{told:?}"
        );
    };
    check(
        &["explain", "web", "bantime"],
        "bantime = 1h\n    \
             /etc/fail2ban/jail.local:2:11 in [web]\n    \
             overrides 10m (/etc/fail2ban/jail.conf:4:11 in [DEFAULT])\n",
    );
    check(
        &["explain", "web", "action"],
        "action = drop[port=http]\n\
         │     log\n\
         │   /etc/fail2ban/jail.conf:5:10 in [DEFAULT]\n\
         │   written as: %(act)s[port=%(port)s]\n\
         │     log\n\
         ├── act = drop\n\
         │       /etc/fail2ban/jail.conf:7:7 in [DEFAULT]\n\
         └── port = http\n        \
                 /etc/fail2ban/jail.conf:10:8 in [web]\n        \
                 overrides 0:65535 (/etc/fail2ban/jail.conf:8:8 in [DEFAULT])\n",
    );
    check(
        &["explain", "web", "logpath"],
        "logpath = /var/log/web\\u{1b}[31m.log\n\
         │   /etc/fail2ban/jail.conf:11:11 in [web]\n\
         │   written as: %(web_log)s\n\
         └── web_log = /var/log/web\\u{1b}[31m.log\n        \
                 /etc/fail2ban/paths.conf:2:11 in [DEFAULT], included by /etc/fail2ban/jail.conf\n",
    );
    let all = stockade(folder.path(), &["explain", "web"]);
    assert!(
        all.stdout
            .contains("port = http\n    /etc/fail2ban/jail.conf:10:8 in [web]\n")
    );
    assert_eq!(all.code, Some(0));
}

#[test]
fn options_of_the_filter_and_the_actions_are_followed_through_tags() {
    let folder = tree();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("jail.local", "[web]\nfilter = site[mode=hard]\n");
    write(
        "filter.d/site.conf",
        "[DEFAULT]\n_who = \\S+\n[Definition]\nfailregex = ^%(_who)s <re-<mode>> <ADDR>$\n\
         re-soft = a\nre-hard = b\nmode = soft\n",
    );
    write(
        "action.d/drop.conf",
        "[Definition]\nactionban = <tool> add <ip> <port>\nactionunban = x\n[Init]\ntool = fw -w\n",
    );
    let check = |option: &str, expected: &str| {
        let told = stockade(folder.path(), &["explain", "web", option]);
        assert_eq!(
            (told.stdout.as_str(), told.code),
            (expected, Some(0)),
            "{told:?}"
        );
    };
    check(
        "failregex",
        "failregex = ^\\S+ b <ADDR>$\n\
         │   /etc/fail2ban/filter.d/site.conf:4:13 in [Definition]\n\
         │   written as: ^%(_who)s <re-<mode>> <ADDR>$\n\
         ├── _who = \\S+\n\
         │       /etc/fail2ban/filter.d/site.conf:2:8 in [DEFAULT]\n\
         ├── <mode> = hard\n\
         │       argument of the filter: /etc/fail2ban/jail.local:2:10\n\
         └── <re-hard> = b\n        \
                 /etc/fail2ban/filter.d/site.conf:6:11 in [Definition]\n",
    );
    check(
        "actionban",
        "actionban = fw -w add <ip> http\n\
         │   /etc/fail2ban/action.d/drop.conf:2:13 in [Definition]\n\
         │   written as: <tool> add <ip> <port>\n\
         ├── <tool> = fw -w\n\
         │       /etc/fail2ban/action.d/drop.conf:5:8 in [Init]\n\
         └── <port> = http\n        \
                 argument of the action: /etc/fail2ban/jail.conf:5:10\n",
    );
    let told = stockade(folder.path(), &["explain", "web", "actionban", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(json["refers_to"][1]["basis"], "argument");
    assert_eq!(json["refers_to"][1]["stated"]["section"], "action");
}

#[test]
fn programs_get_the_same_as_json() {
    let folder = tree();
    let told = stockade(folder.path(), &["explain", "web", "logpath", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let origin = &json["refers_to"][0]["stated"];
    assert_eq!(origin["file"], "/etc/fail2ban/paths.conf");
    assert_eq!(
        (&origin["line"], &origin["column"]),
        (&2.into(), &11.into())
    );
    assert_eq!(origin["included_by"][0], "/etc/fail2ban/jail.conf");
    assert_eq!(json["value"], "/var/log/web\u{1b}[31m.log");
    let told = stockade(folder.path(), &["explain", "web", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let names: Vec<&str> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|option| option["name"].as_str().unwrap())
        .collect();
    assert_eq!(names[..3], ["port", "logpath", "bantime"]);
}

#[test]
fn what_cannot_be_explained_says_why() {
    let folder = tree();
    let check = |words: &[&str], expected: &str| {
        let told = stockade(folder.path(), words);
        assert_eq!(told.code, Some(1), "{told:?}");
        let said = format!("{}{}", told.stdout, told.stderr);
        assert!(said.contains(expected), "{said}");
    };
    check(
        &["explain", "wbe"],
        "error: there is no jail `wbe`\nhint: there is `web`\n",
    );
    check(
        &["explain", "web", "bnatime"],
        "error: `bnatime` is set neither in `[web]` nor in `[DEFAULT]`, nor by the jail's filter or actions\nhint: there is `bantime`\n",
    );
    check(
        &["explain", "loop", "logpath"],
        "logpath: CANNOT BE RESOLVED",
    );
    check(&["explain", "loop", "logpath"], "└── missing: NOT SET");
    check(&["explain", "loop", "logpath"], "├── logpath: see above");
    let told = stockade(std::path::Path::new("/nonexistent/x"), &["explain", "web"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stderr.contains("does not exist"), "{told:?}");
}
