//! The table: options of a jail, and what happens.
//!
//! Long because it is one table of all cases.

/// One thing that happens in a case. `{jail}` in a text is the case's jail, `{folder}` the server's folder.
pub(super) enum Step {
    /// Lines of the jail's log, without their time.
    Lines(&'static [&'static str]),
    /// A command; what it prints is compared.
    Client(&'static [&'static str]),
    /// A file gets another content.
    Write(&'static str, &'static str),
    /// The content of a file is compared.
    Show(&'static str),
    /// The lines of a file are compared in alphabetic order.
    Sorted(&'static str),
    /// More than a second goes by.
    Pause,
}

use Step::{Client, Lines, Pause, Show, Sorted, Write};

/// One case: one jail.
#[derive(Clone, Copy)]
pub(super) struct Case {
    /// What it is about.
    pub(super) name: &'static str,
    /// The options of the jail.
    pub(super) options: &'static str,
    /// Files in the server's folder.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// Lines of the first round, for a case of lines alone.
    pub(super) lines: &'static [&'static str],
    /// What happens, round by round; each is over when all its lines have been judged.
    pub(super) rounds: &'static [&'static [Step]],
    /// The options of the jail when the server starts again; none if the jail is not there then.
    pub(super) again: Option<&'static str>,
}

impl Case {
    /// Tells whether anything happens in a round, the first being 0.
    pub(super) const fn takes_part_in(&self, round: usize) -> bool {
        round == 0 || round < self.rounds.len()
    }
}

/// Nothing at all, for what a case does not say.
const NONE: Case = Case {
    name: "",
    options: "",
    files: &[],
    lines: &[],
    rounds: &[],
    again: None,
};

/// Cases of lines alone.
const OF_LINES: &[(&str, &str, &[&str])] = &[
    (
        "address",
        "ignoreip = 192.0.2.1 2001:DB8:0:0::1",
        &[
            "bad login from 192.0.2.1",
            "bad login from 192.0.2.2",
            "bad login from 2001:db8::1",
            "bad login from 2001:0DB8::0001",
            "bad login from [2001:db8::1]",
            "bad login from 2001:db8::2",
        ],
    ),
    (
        "mapped address in ignoreip",
        "ignoreip = ::ffff:192.0.2.1, ::FFFF:c000:203",
        &[
            "bad login from 192.0.2.1",
            "bad login from ::ffff:192.0.2.1",
            "bad login from 192.0.2.3",
            "bad login from 192.0.2.2",
        ],
    ),
    (
        "mapped address in the line",
        "ignoreip = 192.0.2.1",
        &[
            "bad login from ::ffff:192.0.2.1",
            "bad login from ::ffff:c000:0201",
            "bad login from ::ffff:192.0.2.2",
        ],
    ),
    (
        "network v4",
        "ignoreip = 192.0.2.0/25",
        &[
            "bad login from 192.0.2.0",
            "bad login from 192.0.2.127",
            "bad login from 192.0.2.128",
            "bad login from 192.0.1.255",
            "bad login from ::ffff:192.0.2.5",
        ],
    ),
    (
        "network v6",
        "ignoreip = 2001:db8:1::/64",
        &[
            "bad login from 2001:db8:1::",
            "bad login from 2001:db8:1:0:ffff:ffff:ffff:ffff",
            "bad login from 2001:db8:1:1::",
            "bad login from 192.0.2.1",
        ],
    ),
    (
        "network with bits of a host",
        "ignoreip = 192.0.2.77/26 2001:db8:2::77/120",
        &[
            "bad login from 192.0.2.64",
            "bad login from 192.0.2.63",
            "bad login from 2001:db8:2::ff",
            "bad login from 2001:db8:2::100",
        ],
    ),
    (
        "network by mask",
        "ignoreip = 192.0.2.0/255.255.255.128 2001:db8:3::/ffff:ffff:ffff::",
        &[
            "bad login from 192.0.2.127",
            "bad login from 192.0.2.128",
            "bad login from 2001:db8:3:1::1",
            "bad login from 2001:db8:4::1",
        ],
    ),
    (
        "networks of one address",
        "ignoreip = 192.0.2.1/32 2001:db8::1/128 192.0.2.2/255.255.255.255",
        &[
            "bad login from 192.0.2.1",
            "bad login from 192.0.2.2",
            "bad login from 2001:db8::1",
            "bad login from 2001:db8::2",
        ],
    ),
    (
        "all of v4",
        "ignoreip = 0.0.0.0/0",
        &[
            "bad login from 192.0.2.1",
            "bad login from 255.255.255.255",
            "bad login from 2001:db8::1",
        ],
    ),
    (
        "all of v6",
        "ignoreip = ::/0",
        &["bad login from 2001:db8::1", "bad login from 192.0.2.1"],
    ),
    (
        "length beyond the family",
        "ignoreip = 192.0.2.1/33",
        &["bad login from 192.0.2.1", "bad login from 192.0.2.2"],
    ),
    (
        "networks as identities",
        "ignoreip = 10.0.0.0/8 2001:db8:1::/48",
        &[
            "bad id 10.1.0.0/16",
            "bad id 10.0.0.0/8",
            "bad id 2001:db8:1:2::/64",
            "bad id 11.0.0.0/16",
        ],
    ),
    (
        "wider network as identity",
        "ignoreip = 10.0.0.0/8",
        &["bad id 10.0.0.0/7"],
    ),
    (
        "name with v4",
        "ignoreip = v4-11.{jail}.example",
        &[
            "bad login from 192.0.2.11",
            "bad login from 192.0.2.12",
            "bad login from 2001:db8::11",
        ],
    ),
    (
        "name with v6",
        "ignoreip = v6-11.{jail}.example",
        &[
            "bad login from 192.0.2.11",
            "bad login from 2001:db8::11",
            "bad login from 2001:db8::12",
        ],
    ),
    (
        "name with both",
        "ignoreip = both-11.{jail}.example",
        &[
            "bad login from 192.0.2.11",
            "bad login from 2001:db8::11",
            "bad login from 192.0.2.12",
        ],
    ),
    (
        "name with two",
        "ignoreip = two-11.{jail}.example",
        &[
            "bad login from 192.0.2.11",
            "bad login from 192.0.2.12",
            "bad login from 192.0.2.13",
        ],
    ),
    (
        "name with a mapped address",
        "ignoreip = mapped-11.{jail}.example",
        &["bad login from 192.0.2.11", "bad login from 192.0.2.12"],
    ),
    (
        "name that does not exist",
        "ignoreip = none.{jail}.example",
        &["bad login from 192.0.2.11", "bad login from 192.0.2.12"],
    ),
    (
        "name without an address",
        "ignoreip = empty.{jail}.example",
        &["bad login from 192.0.2.11"],
    ),
    (
        "name that is not answered for",
        "ignoreip = fail.{jail}.example",
        &["bad login from 192.0.2.11"],
    ),
    (
        "name of the file of hosts",
        "ignoreip = shelter.example",
        &["bad login from 203.0.113.9", "bad login from 203.0.113.5"],
    ),
    (
        "several entries, blanks and commas",
        "ignoreip = 192.0.2.1, 192.0.2.2,192.0.2.3  v4-4.{jail}.example\n  192.0.2.8/30",
        &[
            "bad login from 192.0.2.1",
            "bad login from 192.0.2.2",
            "bad login from 192.0.2.3",
            "bad login from 192.0.2.4",
            "bad login from 192.0.2.5",
            "bad login from 192.0.2.11",
        ],
    ),
    (
        "entries given twice",
        "ignoreip = 192.0.2.1 192.0.2.1 192.0.2.8/30 192.0.2.9/30 v4-4.{jail}.example v4-4.{jail}.example",
        &["bad login from 192.0.2.1", "bad login from 192.0.2.2"],
    ),
    (
        "raw text",
        "ignoreip = someone 01.2.3.4 fe80::1%%eth0",
        &[
            "bad id someone",
            "bad id Someone",
            "bad id other",
            "bad id 01.2.3.4",
            "bad id fe80::1%eth0",
            "bad id fe80::1%eth1",
        ],
    ),
    (
        "text and address in one line",
        "ignoreip = someone 192.0.2.1",
        &[
            "bad both someone from 192.0.2.2",
            "bad both other from 192.0.2.1",
            "bad both 192.0.2.1 from 192.0.2.3",
        ],
    ),
    (
        "ignoreself: interfaces",
        "ignoreself = true",
        &[
            "bad login from 127.0.0.1",
            "bad login from 127.0.0.2",
            "bad login from ::1",
            "bad login from 203.0.113.5",
            "bad login from 203.0.113.6",
            "bad login from 2001:db8:5::1",
            "bad login from 2001:db8:5::2",
        ],
    ),
    (
        "ignoreself: names of the host",
        "ignoreself = true",
        &["bad login from 203.0.113.9", "bad login from 203.0.113.10"],
    ),
    (
        "ignoreself off",
        "ignoreself = false",
        &["bad login from 127.0.0.1", "bad login from 203.0.113.5"],
    ),
    (
        "usedns yes",
        "usedns = yes\nignoreip = 192.0.2.11",
        &[
            "bad login from both-11.{jail}.example",
            "bad login from two-13.{jail}.example",
            "bad login from none.{jail}.example",
            "bad login from empty.{jail}.example",
            "bad login from fail.{jail}.example",
            "bad login from 192.0.2.15",
        ],
    ),
    (
        "usedns warn",
        "usedns = warn\nignoreip = 192.0.2.11",
        &[
            "bad login from v4-11.{jail}.example",
            "bad login from v6-12.{jail}.example",
            "bad login from mapped-13.{jail}.example",
            "bad login from none.{jail}.example",
            "bad login from v4-11.{jail}.example",
        ],
    ),
    (
        "usedns no",
        "usedns = no",
        &[
            "bad login from v4-11.{jail}.example",
            "bad login from 192.0.2.12",
        ],
    ),
    (
        "usedns raw",
        "usedns = raw\nignoreip = v4-11.{jail}.example 192.0.2.13",
        &[
            "bad login from v4-11.{jail}.example",
            "bad login from v4-12.{jail}.example",
            "bad login from 192.0.2.11",
            "bad login from 192.0.2.13",
        ],
    ),
    (
        "usedns yes and the name itself is ignored",
        "usedns = yes\nignoreip = two-11.{jail}.example",
        &[
            "bad login from two-11.{jail}.example",
            "bad login from two-12.{jail}.example",
        ],
    ),
];

/// A file of every shape.
const LIST: &str = "# 192.0.2.60\n  ; 192.0.2.61\n192.0.2.50, 192.0.2.51 ; 192.0.2.62\n\
    2001:db8::50/124 198.51.100.128/25\n192.0.2.52 # 192.0.2.63\n192.0.2.53;192.0.2.64\n\
    v4-54.{jail}.example\nsomeone # other\n::ffff:192.0.2.55\n";

const OF_LIST: &[&str] = &[
    "bad login from 192.0.2.50",
    "bad login from 192.0.2.51",
    "bad login from 192.0.2.52",
    "bad login from 192.0.2.53",
    "bad login from 192.0.2.54",
    "bad login from 192.0.2.55",
    "bad login from 192.0.2.60",
    "bad login from 192.0.2.61",
    "bad login from 192.0.2.62",
    "bad login from 192.0.2.63",
    "bad login from 192.0.2.64",
    "bad login from 2001:db8::5f",
    "bad login from 2001:db8::60",
    "bad login from 198.51.100.130",
    "bad id someone",
    "bad id other",
];

/// Only whether the file is found, by any spelling.
const OF_ONE: &[&str] = &["bad login from 192.0.2.50", "bad login from 192.0.2.70"];

const SPELLINGS: &[(&str, &str)] = &[
    ("file:/abs", "ignoreip = file:{folder}/{jail}-list"),
    ("file://abs", "ignoreip = file:/{folder}/{jail}-list"),
    ("file:///abs", "ignoreip = file://{folder}/{jail}-list"),
    ("file:rel", "ignoreip = file:{jail}-list"),
    ("file:./rel", "ignoreip = file:./{jail}-list"),
];

/// Answers by the last number of an address.
const COMMAND: &str = "case \"$1\" in\n192.0.2.10|2001:db8::10) exit 0;;\n192.0.2.11) exit 1;;\n\
    192.0.2.12) exit 2;;\n192.0.2.13) exit 127;;\n192.0.2.14) kill -TERM $$;;\n192.0.2.15) echo out; echo err >&2; exit 3;;\n\
    esac\nexit 1\n";

/// Counts how often it is asked about whom.
const COUNT: &str = "case \"$1\" in 198.51.100.*) exit 1;; esac\necho \"$1\" >> {folder}/{jail}-asked\ntest \"$1\" = 192.0.2.10\n";

/// Writes down what it is told.
const TOLD: &str = "case \"$1\" in 198.51.100.*|mark) exit 1;; esac\nfor word; do echo \"[$word]\"; done >> {folder}/{jail}-told\nexit 1\n";

const OTHERS: &[Case] = &[
    Case {
        name: "file: missing, then there",
        options: "ignoreip = 192.0.2.3 file:{folder}/{jail}-list",
        rounds: &[
            &[Lines(&[
                "bad login from 192.0.2.1",
                "bad login from 192.0.2.3",
            ])],
            &[
                Write("{jail}-list", "192.0.2.2\n"),
                Lines(&["bad login from 192.0.2.2"]),
            ],
        ],
        ..NONE
    },
    Case {
        name: "file: changed",
        options: "ignoreip = file:{folder}/{jail}-list",
        files: &[("{jail}-list", "192.0.2.1\n")],
        rounds: &[
            &[Lines(&[
                "bad login from 192.0.2.1",
                "bad login from 192.0.2.2",
            ])],
            &[
                Pause,
                Write("{jail}-list", "192.0.2.3\n192.0.2.4\n"),
                Pause,
                Lines(&["bad login from 192.0.2.3", "bad login from 192.0.2.1"]),
            ],
        ],
        ..NONE
    },
    Case {
        name: "file: with an entry behind it",
        options: "",
        files: &[("{jail}-list", "192.0.2.1\n")],
        rounds: &[&[
            Client(&["set", "{jail}", "addignoreip", "file:{folder}/{jail}-list"]),
            Client(&["set", "{jail}", "addignoreip", "192.0.2.0/29"]),
            Lines(&["bad login from 192.0.2.1", "bad login from 192.0.2.2"]),
        ]],
        ..NONE
    },
    Case {
        name: "added and taken away",
        options: "ignoreip = 192.0.2.1 192.0.2.8/30 v4-4.{jail}.example",
        rounds: &[&[
            Client(&["get", "{jail}", "ignoreip"]),
            Client(&["set", "{jail}", "delignoreip", "192.0.2.1"]),
            Client(&["set", "{jail}", "delignoreip", "192.0.2.10/30"]),
            Client(&["set", "{jail}", "delignoreip", "v4-4.{jail}.example"]),
            Client(&["set", "{jail}", "delignoreip", "192.0.2.77"]),
            Client(&["set", "{jail}", "delignoreip", "nobody"]),
            Client(&["set", "{jail}", "addignoreip", "192.0.2.5"]),
            Client(&["get", "{jail}", "ignoreip"]),
            Lines(&[
                "bad login from 192.0.2.1",
                "bad login from 192.0.2.9",
                "bad login from 192.0.2.4",
                "bad login from 192.0.2.5",
                "bad login from 2001:DB8::1",
            ]),
        ]],
        ..NONE
    },
    Case {
        name: "text with a blank",
        options: "",
        rounds: &[&[
            Client(&["set", "{jail}", "addignoreip", "some one"]),
            Client(&["get", "{jail}", "ignoreip"]),
            Lines(&["bad id some one", "bad id some two"]),
        ]],
        ..NONE
    },
    Case {
        name: "mask with gaps",
        options: "",
        rounds: &[&[
            Client(&["set", "{jail}", "addignoreip", "192.0.2.0/255.0.255.0"]),
            Client(&["get", "{jail}", "ignoreip"]),
            Lines(&["bad login from 192.0.2.1"]),
        ]],
        ..NONE
    },
    Case {
        name: "ignorecommand: exit codes",
        options: "ignorecommand = sh {folder}/{jail}-says <ip>",
        files: &[("{jail}-says", COMMAND)],
        rounds: &[&[Lines(&[
            "bad login from 192.0.2.10",
            "bad login from 192.0.2.11",
            "bad login from 192.0.2.12",
            "bad login from 192.0.2.13",
            "bad login from 192.0.2.15",
            "bad login from 2001:db8::10",
        ])]],
        ..NONE
    },
    Case {
        name: "ignorecommand: ended by a signal",
        options: "ignorecommand = sh {folder}/{jail}-says <ip>",
        files: &[("{jail}-says", COMMAND)],
        rounds: &[&[Lines(&["bad login from 192.0.2.14"])]],
        ..NONE
    },
    Case {
        name: "ignorecommand: no such command",
        options: "ignorecommand = {folder}/{jail}-missing <ip>",
        rounds: &[&[]],
        ..NONE
    },
    Case {
        name: "ignorecommand: tags",
        options: "ignorecommand = sh {folder}/{jail}-says <ip> <fid> <F-USER> <family> <ip-rev> <ip-host> <failures> <bancount> <bantime>",
        files: &[("{jail}-says", TOLD)],
        rounds: &[
            &[Lines(&["bad user eve from 192.0.2.11"])],
            &[Lines(&["bad user bob from 2001:db8::11"])],
            &[Lines(&["bad id someone"])],
            &[Show("{jail}-told")],
        ],
        ..NONE
    },
    Case {
        name: "ignorecommand: hostile words",
        options: "ignorecommand = sh {folder}/{jail}-says \"<F-USER>\" \"x<F-USER>\"",
        files: &[("{jail}-says", TOLD)],
        rounds: &[
            &[Lines(&[
                "bad user $(touch /tmp/x) `id` \"; '; exit 0 # \\ * <ip> from 192.0.2.11",
            ])],
            &[Show("{jail}-told")],
        ],
        ..NONE
    },
    Case {
        name: "ignorecommand set and taken away",
        options: "",
        files: &[("{jail}-says", COMMAND)],
        rounds: &[
            &[
                Client(&["get", "{jail}", "ignorecommand"]),
                Client(&[
                    "set",
                    "{jail}",
                    "ignorecommand",
                    "sh {folder}/{jail}-says <ip>",
                ]),
                Lines(&["bad login from 192.0.2.10"]),
            ],
            &[
                Client(&["set", "{jail}", "ignorecommand", ""]),
                Lines(&["bad login from 192.0.2.10"]),
            ],
        ],
        ..NONE
    },
    Case {
        name: "ignorecache: asked once",
        options: "maxretry = 9\nignorecommand = sh {folder}/{jail}-says <ip>\nignorecache = key=\"<ip>\", max-count=100, max-time=1h",
        files: &[("{jail}-says", COUNT)],
        rounds: &[
            &[
                Client(&["set", "{jail}", "maxretry", "1"]),
                Client(&["get", "{jail}", "ignorecache"]),
                Lines(&[
                    "bad login from 192.0.2.10",
                    "bad login from 192.0.2.10",
                    "bad login from 192.0.2.11",
                    "bad login from 192.0.2.11",
                ]),
            ],
            &[Lines(&[
                "bad login from 192.0.2.10",
                "bad login from 192.0.2.11",
            ])],
            &[Sorted("{jail}-asked")],
        ],
        ..NONE
    },
    Case {
        name: "ignorecache: by user",
        options: "ignorecommand = sh {folder}/{jail}-says <ip>\nignorecache = key=\"<F-USER>@<ip-host>\", max-count=100, max-time=1h",
        files: &[("{jail}-says", COUNT)],
        rounds: &[
            &[Lines(&[
                "bad user eve from 192.0.2.10",
                "bad user bob from 192.0.2.10",
                "bad user eve from 192.0.2.10",
                "bad user eve from 192.0.2.11",
            ])],
            &[Sorted("{jail}-asked")],
        ],
        ..NONE
    },
    Case {
        name: "ignorecache: old answers",
        options: "ignorecommand = sh {folder}/{jail}-says <ip>\nignorecache = key=\"<ip>\", max-count=100, max-time=1",
        files: &[("{jail}-says", COUNT)],
        rounds: &[
            &[Lines(&["bad login from 192.0.2.10"])],
            &[Pause, Lines(&["bad login from 192.0.2.10"])],
            &[Sorted("{jail}-asked")],
        ],
        ..NONE
    },
    Case {
        name: "ignorecache: too many answers",
        options: "ignorecommand = sh {folder}/{jail}-says <ip>\nignorecache = key=\"<ip>\", max-count=2, max-time=1h",
        files: &[("{jail}-says", COUNT)],
        rounds: &[
            &[Lines(&["bad login from 192.0.2.10"])],
            &[Lines(&["bad login from 192.0.2.11"])],
            &[Lines(&["bad login from 192.0.2.10"])],
            &[Sorted("{jail}-asked")],
        ],
        ..NONE
    },
    Case {
        name: "ignorecache outlives the list",
        options: "ignoreip = 192.0.2.8/30 192.0.2.1\nignorecache = key=\"<ip>\", max-count=100, max-time=1h",
        rounds: &[
            &[Lines(&[
                "bad login from 192.0.2.9",
                "bad login from 192.0.2.1",
                "bad login from 192.0.2.2",
            ])],
            &[
                Client(&["set", "{jail}", "delignoreip", "192.0.2.8/30"]),
                Client(&["set", "{jail}", "delignoreip", "192.0.2.1"]),
                Client(&["set", "{jail}", "addignoreip", "192.0.2.2"]),
                Lines(&[
                    "bad login from 192.0.2.9",
                    "bad login from 192.0.2.1",
                    "bad login from 192.0.2.2",
                ]),
            ],
        ],
        ..NONE
    },
    Case {
        name: "order of the checks",
        options: "ignoreself = true\nignoreip = 203.0.113.5 203.0.113.6 203.0.113.0/24 v4-20.{jail}.example 192.0.2.16/28 file:{folder}/{jail}-list\n\
                  ignorecommand = sh {folder}/{jail}-says <ip>",
        files: &[
            (
                "{jail}-list",
                "192.0.2.16/28 203.0.113.0/24 192.0.2.10 192.0.2.11\n",
            ),
            ("{jail}-says", COMMAND),
        ],
        rounds: &[&[Lines(&[
            "bad login from 203.0.113.5",
            "bad login from 203.0.113.6",
            "bad login from 203.0.113.7",
            "bad login from 192.0.2.20",
            "bad login from 192.0.2.21",
            "bad login from 192.0.2.10",
            "bad login from 192.0.2.11",
            "bad login from 2001:db8::10",
        ])]],
        ..NONE
    },
    Case {
        name: "attempt",
        options: "ignoreip = 192.0.2.1 v4-4.{jail}.example 2001:db8::/64",
        rounds: &[&[
            Client(&["set", "{jail}", "attempt", "192.0.2.1"]),
            Client(&["set", "{jail}", "attempt", "192.0.2.4", "a line"]),
            Client(&["set", "{jail}", "attempt", "2001:db8::1"]),
            Client(&["set", "{jail}", "attempt", "192.0.2.3", "a line"]),
            Client(&["set", "{jail}", "attempt", "someone"]),
        ]],
        ..NONE
    },
    Case {
        name: "banip",
        options: "ignoreip = 192.0.2.1 v4-4.{jail}.example 2001:db8::/64\nignoreself = true",
        rounds: &[&[
            Client(&[
                "set",
                "{jail}",
                "banip",
                "192.0.2.1",
                "192.0.2.4",
                "2001:db8::1",
                "127.0.0.1",
                "192.0.2.3",
            ]),
            Client(&["get", "{jail}", "banned"]),
        ]],
        ..NONE
    },
    Case {
        name: "restore at start",
        options: "",
        rounds: &[&[Client(&[
            "set",
            "{jail}",
            "banip",
            "192.0.2.1",
            "192.0.2.4",
            "192.0.2.9",
            "192.0.2.2",
            "127.0.0.1",
            "2001:db8::1",
            "2001:db8:ffff::1",
        ])]],
        again: Some(
            "ignoreip = 192.0.2.1 v4-4.{jail}.example 192.0.2.8/30 2001:db8::/64\nignoreself = true",
        ),
        ..NONE
    },
    Case {
        name: "restore at start, ignorecommand",
        options: "",
        files: &[("{jail}-says", COMMAND)],
        rounds: &[&[Client(&[
            "set",
            "{jail}",
            "banip",
            "192.0.2.10",
            "192.0.2.11",
            "2001:db8::10",
            "2001:db8:ffff::1",
        ])]],
        again: Some("ignorecommand = sh {folder}/{jail}-says <ip>"),
        ..NONE
    },
];

/// Returns all cases.
pub(super) fn all() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for (name, options, lines) in OF_LINES {
        cases.push(Case {
            name,
            options,
            lines,
            ..NONE
        });
    }
    for (name, options) in SPELLINGS {
        cases.push(Case {
            name,
            options,
            files: &[("{jail}-list", "192.0.2.50\n")],
            lines: OF_ONE,
            ..NONE
        });
    }
    cases.push(Case {
        name: "file: of every shape",
        options: "ignoreip = file:{folder}/{jail}-list",
        files: &[("{jail}-list", LIST)],
        lines: OF_LIST,
        ..NONE
    });
    cases.extend(OTHERS);
    cases
}
