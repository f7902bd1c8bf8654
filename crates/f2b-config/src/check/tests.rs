//! What is told of small trees: what is right passes, what is wrong is told once, in its line.

use f2b_core::glob::Folders;

use super::*;
use crate::logpath::LogFolders;
use crate::tests::Files;

/// A machine that has every log but those in `/nolog`.
struct Logs;

impl Folders for Logs {
    fn names(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }

    fn is_there(&self, path: &str) -> bool {
        !path.starts_with("/nolog")
    }
}

impl LogFolders for Logs {
    fn leads_somewhere(&self, path: &str) -> bool {
        self.is_there(path)
    }
}

/// The jails of a host beside the tree's own filter `f` and actions `a` (uses the port) and `all`.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let own = [
        ("fail2ban.conf", "[Definition]\n"),
        (
            "jail.conf",
            "[DEFAULT]\nenabled = false\nfilter = f\nlogpath = /log\naction = a[port=\"%(port)s\"]\nport = ssh\n\
             [sshd]\n[web]\n",
        ),
        ("filter.d/f.conf", "[Definition]\nfailregex = ^<HOST>$\n"),
        (
            "action.d/a.conf",
            "[Definition]\nactionban = add <ip> <port>\nactionunban = delete <ip>\n",
        ),
        (
            "action.d/all.conf",
            "[Definition]\nactionban = add <ip>\nactionunban = delete <ip>\n",
        ),
    ];
    let all = own.iter().chain(files);
    let all = all.map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let tree = Files(all.collect());
    let around = Surroundings {
        logs: &Logs,
        service_exists: &|name| ["ssh", "http"].contains(&name),
    };
    let mistakes = check(&tree, &around).into_iter().map(|mistake| {
        let place = mistake.place.map_or_else(
            || "nowhere".to_owned(),
            |place| format!("{}:{}", place.source.path, place.line),
        );
        format!("{} {} {place}", mistake.severity, mistake.code)
    });
    mistakes.collect()
}

#[test]
fn what_is_right_is_not_told() {
    let check = |files: &[(&str, &str)]| {
        assert_eq!(told(files), Vec::<String>::new(), "{files:?}");
    };
    let jail = |text: &'static str| check(&[("jail.local", text)]);
    jail("[sshd]\nenabled = true\nport = ssh,2222, 8000:8010\n");
    // Nobody reads the port.
    jail("[sshd]\nenabled = true\nport = all\naction = all\n");
    jail("[sshd]\nenabled = true\nport = ssh:http\n");
    jail("[sshd]\nenabled = true\nbantime.maxtime =\nbantime.rndtime =\n");
    jail("[sshd]\nenabled = true\naction = a[\n  port=\"ssh,http\",\n  name=b\n  ]\n");
    jail("[sshd]\nenabled = true\naction = a[port=1]\n         a[port=2, actname=b]\n");
    jail("[sshd]\nenabled = true\naction = a[port=1, actionunban=\"x\"]\n");
    jail("[sshd]\nenabled = true\nlogpath = /nolog/a\njournalmatch = _COMM=sshd\n");
    jail(
        "[sshd]\nenabled = true\nbackend = SystemD[journalfiles='/a, /b', journalflags=0, rotated=on]\n",
    );
    jail("[my]\nretry = 7\n[sshd]\nenabled = true\nmaxretry = %(my/retry)s\n");
    jail("[other]\nenabled = false\n");
    jail("[mine]\nenabled = %(on)s\nfilter = f\non = true\n");
    jail(
        "[sshd]\nenabled = true\nfailregex = ^<ADDR> <F-USER>x</F-USER>\n            ^<unknown> <HOST>\n",
    );
    // Mail addresses and HTML.
    check(&[
        (
            "jail.local",
            "[sshd]\nenabled = true\naction = m[sender=root]\n",
        ),
        (
            "action.d/m.conf",
            "[Definition]\nactionban = mail \"<<sender>>\" '<b>hi</b><table><td>' <Root> <ip>\nactionunban =\n",
        ),
    ]);
    // What others include is no action of its own.
    check(&[
        ("jail.local", "[sshd]\nenabled = true\naction = u\n"),
        ("action.d/base.conf", "[Definition]\nactionban = x\n"),
        (
            "action.d/u.conf",
            "[INCLUDES]\nbefore = base.conf\n[Definition]\nactionunban = y\n",
        ),
    ]);
    check(&[
        (
            "filter.d/mine.conf",
            "[INCLUDES]\nbefore = extra.local\n[Definition]\nfailregex = <HOST>\n",
        ),
        ("filter.d/extra.local", "[Definition]\nignoreregex = x\n"),
    ]);
}

#[test]
fn what_is_wrong_is_told_once_in_its_line() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        assert_eq!(told(files), expected, "{files:?}");
    };
    let jail = |text: &'static str, expected: &[&str]| check(&[("jail.local", text)], expected);
    jail(
        "[sshd]\nenabled = true\nport = s h\n",
        &["error bad-port jail.local:3", "error bad-port jail.local:3"],
    );
    jail(
        "[sshd]\nenabled = true\nmaxretry =\nmaxmatches = %(maxretry)s\n",
        &["error bad-number jail.local:3"],
    );
    // Lines that are indented by mistake.
    jail(
        "[sshd]\nenabled = true\n  maxretry = 3\n",
        &["warning indented jail.local:3"],
    );
    jail(
        "[sshd]\nenabled = true\nbantime = 1h\n  [web]\n",
        &["warning indented jail.local:4"],
    );
    jail(
        "[sshd]\nenabled = true\naction = all\n  bantime = 1h\n",
        &["warning indented jail.local:4"],
    );
    jail(
        "[sshd]\nenabled = true # on\n",
        &["warning bad-boolean jail.local:2"],
    );
    jail(
        "[sshd]\nenabled = true\naction = all\n         all\n",
        &["error duplicate-action jail.local:3"],
    );
    // The pieces of what cannot be read say nothing.
    jail(
        "[sshd]\nenabled = true\naction = a[port=ssh,http, protocol=tcp]\n",
        &["error bad-spec jail.local:3"],
    );
    jail(
        "[sshd]\nenabled = true\nfilter = %(gone)s\naction = %(gone2)s\n",
        &[
            "error reference-nowhere jail.local:3",
            "error reference-nowhere jail.local:4",
        ],
    );
    jail(
        "[sshd]\nenabled = true\nlogpath = /nolog/a\njournalmatch = _COMM=sshd\nsystemd_if_nologs = false\n",
        &["warning missing-log jail.local:3"],
    );
    jail(
        "[sshd]\nenabled = true\nfailregex = ^<HSOT> x\n",
        &["warning tag-nowhere jail.local:3"],
    );
    jail(
        "[ sshd ]\nenabled = true\n",
        &["warning unknown-section jail.local:1"],
    );
    jail(
        "\u{feff}[sshd]\nenabled = true\n",
        &["error syntax jail.local:1"],
    );
    // Jails that share a value have mistakes of their own.
    jail(
        "[DEFAULT]\naction = act-%(__name__)s\n[sshd]\nenabled = true\n[web]\nenabled = true\n",
        &[
            "error missing-action jail.local:2",
            "error missing-action jail.local:2",
        ],
    );
    // No mistake hides the one that stops everything.
    check(
        &[
            (
                "jail.local",
                "[sshd]\nenabled = true\nmaxretry = x\n[web]\nenabled = true\nfilter = g\n",
            ),
            (
                "filter.d/g.conf",
                "[Definition]\nfoo = %(nowhere)s\nfailregex = <HOST>\n[Init]\nb = %(late)s\n",
            ),
        ],
        &[
            "error bad-number jail.local:3",
            "error reference-nowhere filter.d/g.conf:2",
            "error reference-nowhere filter.d/g.conf:5",
        ],
    );
    check(
        &[
            ("jail.local", "[sshd]\nenabled = true\nfilter = g[late=1]\n"),
            (
                "filter.d/g.conf",
                "[Definition]\nfailregex = <HOST>\n[Init]\nb = %(late)s\n",
            ),
        ],
        &["error reference-nowhere filter.d/g.conf:4"],
    );
    check(
        &[
            ("jail.local", "[sshd]\nenabled = true\naction = m\n"),
            (
                "action.d/m.conf",
                "[Definition]\nactionban = echo <msg>\nactionunban =\n[Init]\nmsg = hi <nope1>\n      <nope2>\n",
            ),
        ],
        &[
            "warning tag-nowhere action.d/m.conf:5",
            "warning tag-nowhere action.d/m.conf:6",
        ],
    );
    // Nobody uses these.
    check(
        &[(
            "filter.d/z.conf",
            "[Definition]\nfailregex = %(gone)s <HOST>\n",
        )],
        &["warning reference-nowhere filter.d/z.conf:2"],
    );
    check(
        &[
            ("jail.local", "[INCLUDES]\nbefore = x.conf\n"),
            ("x.conf", "[INCLUDES]\nbefore = y.conf\n"),
            ("y.conf", "[INCLUDES]\nbefore = x.conf\n"),
        ],
        &["warning include-circle y.conf:2"],
    );
    // What a filter says beside its rules.
    check(
        &[
            (
                "jail.local",
                "[sshd]\nenabled = true\nfilter = g[usedns=maybe]\n[web]\nenabled = true\nfilter = h\n",
            ),
            (
                "filter.d/g.conf",
                "[Definition]\nfailregex = <HOST>\nmaxlines = 0\n[Init]\njournalmatch = A=B\n  nothing\n  a=B\n",
            ),
            (
                "filter.d/h.conf",
                "[Definition]\nfailregex = <HOST>\nmaxlines = x\njournalmatch = A='b\n",
            ),
        ],
        &[
            "error bad-value jail.local:3",
            "error bad-number filter.d/g.conf:3",
            "error bad-journalmatch filter.d/g.conf:6",
            "error bad-journalmatch filter.d/g.conf:7",
            "warning bad-number filter.d/h.conf:3",
            "error bad-journalmatch filter.d/h.conf:4",
        ],
    );
    check(
        &[(
            "fail2ban.local",
            "[Definition]\nstacksize = 1\n[Thread]\nstacksize = x\nstaksize = 1\n",
        )],
        &[
            "warning unknown-option fail2ban.local:2",
            "error bad-number fail2ban.local:4",
            "warning unknown-option fail2ban.local:5",
        ],
    );
    jail(
        "[DEFAULTS]\nbantime = 1\n[Includes]\nbefore = x\n",
        &[
            "warning overrides-nothing jail.local:1",
            "warning unknown-section jail.local:3",
            "warning unknown-option jail.local:4",
        ],
    );
    for argument in ["bogus=1", "journalflags=x", "journalflags=128"] {
        let text = format!("[sshd]\nenabled = true\nbackend = systemd[{argument}]\n");
        check(
            &[("jail.local", &text)],
            &["error bad-backend jail.local:3"],
        );
    }
    jail(
        "[sshd]\nenabled = true\nbackend = polling[journalpath=/x]\n",
        &["error bad-backend jail.local:3"],
    );
    // As the original: such an include never ends.
    check(
        &[("jail.local", "[INCLUDES]\nbefore = jail.conf\n")],
        &["error includes jail.local:1"],
    );
}
