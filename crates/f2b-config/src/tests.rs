use super::*;

fn lines(tree: &dyn ConfigTree, exists: &dyn Fn(&str) -> bool) -> String {
    let configuration = read(
        tree,
        &Surroundings {
            file_exists: exists,
            judge_rule: &judge,
        },
    );
    let mut text = String::new();
    for command in configuration
        .stream
        .iter()
        .chain([&configuration.supplement])
    {
        text.push_str(&format!("{command}\n"));
    }
    for diagnostic in &configuration.diagnostics {
        text.push_str(&format!("{diagnostic}\n"));
    }
    text
}

/// Stands in for those who can tell: a rule must name an address.
fn judge(rule: &Rule<'_>) -> Result<(), String> {
    match rule.option {
        "failregex" if !rule.text.contains("<ADDR>") => Err("names nobody".to_owned()),
        _ => Ok(()),
    }
}

#[test]
fn the_built_in_tree_protects_sshd() {
    let text = lines(&Embedded, &|path| path == "/var/log/auth.log");
    // The rules are judged where they are matched; here only their number counts.
    let short: String = text
        .lines()
        .map(|line| line.split(", ['^").next().unwrap_or_default())
        .map(|line| line.split(" '^").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    insta::assert_snapshot!(short);
}

fn tree_of(files: &[(&str, &str)]) -> (tempfile::TempDir, Directory) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let tree = Directory::new(folder.path().to_owned());
    (folder, tree)
}

#[test]
fn a_local_file_changes_only_what_it_names() {
    let (_folder, tree) = tree_of(&[
        (
            "fail2ban.conf",
            include_str!("../../../config/fail2ban.conf"),
        ),
        ("jail.conf", include_str!("../../../config/jail.conf")),
        (
            "filter.d/sshd.conf",
            include_str!("../../../config/filter.d/sshd.conf"),
        ),
        (
            "action.d/stockade.conf",
            include_str!("../../../config/action.d/stockade.conf"),
        ),
        ("fail2ban.local", "[Definition]\ndbfile = None\n"),
        ("jail.d/10-times.conf", "[DEFAULT]\nbantime = 1h\n"),
        (
            "jail.local",
            "[sshd]\nbantime = 2h\nport = ssh,2222\nlogpath = /srv/a.log tail\n",
        ),
    ]);
    let text = lines(&tree, &|_| true);
    for expected in [
        "['set', 'dbfile', 'None']",
        "['set', 'sshd', 'bantime', '2h']",
        "['set', 'sshd', 'maxretry', 5]",
        "['set', 'sshd', 'addlogpath', '/srv/a.log', 'tail']",
        "['port', 'ssh,2222']",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}

#[test]
fn every_mistake_comes_in_one_run_and_the_good_jail_stays() {
    let (folder, tree) = tree_of(&[
        ("fail2ban.conf", "[Definition]\nloglevle = INFO\n"),
        (
            "jail.conf",
            "[DEFAULT]\nenabled = yes\nfilter = %(__name__)s\nport = 1\n\
             action = act[port=\"%(port)s\"]\n\
             [good]\n\
             [typo]\nfilter = god\n\
             [numbers]\nfilter = good\nmaxretry = many\nbantime = 5 dogs\n\
             [refs]\nfilter = good\nport = %(prot)s\n\
             [off]\nenabled = no\nfilter = missing\n\
             [words]\nfilter = bad\nbackend = logs\nignoreip = ::1 here\nlogpath = a.log\n\
             [maybe]\nenabled = yess\n\
             [shell]\nfilter = good\naction = shell\n        act[x\n",
        ),
        (
            "filter.d/good.conf",
            "[Definition]\nfailregex = ^bad <ADDR>$\n",
        ),
        (
            "filter.d/bad.conf",
            "[Definition]\nfailregex = ^bad <ADDR>$\n            ^bad host$\n",
        ),
        ("action.d/act.conf", "[Init]\nnative = yes\n"),
        ("action.d/shell.conf", "[Definition]\nactionban = rm <ip>\n"),
    ]);
    let root = format!("{}/", folder.path().display());
    insta::assert_snapshot!(lines(&tree, &|_| false).replace(&root, ""));
}
