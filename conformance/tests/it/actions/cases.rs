//! What is compared: jails with recording actions, and what happens to them.
//!
//! Long because it is a table.

/// An action whose commands write down that they run.
#[derive(Debug)]
pub(super) struct Recording {
    pub(super) name: &'static str,
    /// Without `action`: `start`, `ban`.
    pub(super) commands: &'static [&'static str],
    /// Whether the commands name the family.
    pub(super) has_families: bool,
    /// The command that makes all others succeed again.
    pub(super) heals: &'static str,
    /// More lines of `[Definition]`.
    pub(super) definition: &'static str,
    /// More lines of `[Init]`.
    pub(super) init: &'static str,
}

/// One jail.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) jail: &'static str,
    pub(super) actions: &'static [Recording],
    /// Commands that fail from before its start on: `a.start`.
    pub(super) failing: &'static [&'static str],
    /// Between its start and its stop.
    pub(super) events: &'static [&'static str],
}

const BARE: &[&str] = &["start", "stop", "ban", "unban"];
const CHECKED: &[&str] = &["start", "stop", "ban", "unban", "check"];
const FLUSHED: &[&str] = &["start", "stop", "ban", "unban", "flush"];
const REPAIRED: &[&str] = &["start", "stop", "ban", "unban", "check", "repair"];
const WITH_FLUSH: &[&str] = &["start", "stop", "ban", "unban", "check", "flush"];
const ALL: &[&str] = &[
    "start", "stop", "flush", "reload", "check", "repair", "ban", "prolong", "reban", "unban",
];

const CONDITIONAL: &str = "k = all\n[Init?family=inet6]\nk = six\n";

const NONE: Recording = Recording {
    name: "a",
    commands: BARE,
    has_families: true,
    heals: "",
    definition: "",
    init: "",
};

pub(super) const CASES: &[Case] = &[
    Case {
        jail: "plain",
        failing: &[],
        actions: &[NONE],
        events: EVERYBODY,
    },
    Case {
        jail: "plain-flush",
        failing: &[],
        actions: &[Recording {
            commands: FLUSHED,
            ..NONE
        }],
        events: EVERYBODY,
    },
    Case {
        jail: "conditional",
        failing: &[],
        actions: &[Recording {
            commands: FLUSHED,
            init: CONDITIONAL,
            ..NONE
        }],
        events: ADDRESSES,
    },
    Case {
        jail: "conditional-text",
        failing: &[],
        actions: &[Recording {
            commands: FLUSHED,
            init: CONDITIONAL,
            ..NONE
        }],
        events: EVERYBODY,
    },
    Case {
        jail: "conditional-not-on-demand",
        failing: &[],
        actions: &[Recording {
            commands: FLUSHED,
            definition: "actionstart_on_demand = false\n",
            init: CONDITIONAL,
            ..NONE
        }],
        events: EVERYBODY,
    },
    Case {
        jail: "plain-on-demand",
        failing: &[],
        actions: &[Recording {
            commands: FLUSHED,
            definition: "actionstart_on_demand = true\n",
            ..NONE
        }],
        events: EVERYBODY,
    },
    Case {
        jail: "same-text",
        failing: &[],
        actions: &[
            Recording {
                has_families: false,
                commands: WITH_FLUSH,
                ..NONE
            },
            Recording {
                name: "b",
                has_families: false,
                commands: WITH_FLUSH,
                definition: "actionstart_on_demand = true\n",
                ..NONE
            },
            Recording {
                name: "c",
                has_families: false,
                commands: WITH_FLUSH,
                init: CONDITIONAL,
                ..NONE
            },
        ],
        events: ADDRESSES,
    },
    Case {
        jail: "two-actions",
        failing: &[],
        actions: &[
            NONE,
            Recording {
                name: "b",
                commands: CHECKED,
                init: CONDITIONAL,
                ..NONE
            },
        ],
        events: &["ban 1.2.3.4", "ban 1.2.3.5", "unban 1.2.3.4", "+a.stop", "+b.stop"],
    },
    Case {
        jail: "ban-fails-unchecked",
        failing: &[],
        actions: &[NONE],
        events: &["+a.ban", "ban 1.2.3.4", "unban 1.2.3.4"],
    },
    Case {
        jail: "ban-fails-checked",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            ..NONE
        }],
        events: &["+a.ban", "ban 1.2.3.4", "-a.ban", "unban 1.2.3.4", "ban 1.2.3.5"],
    },
    Case {
        jail: "gone",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            ..NONE
        }],
        events: GONE,
    },
    Case {
        jail: "gone-same-text",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            has_families: false,
            ..NONE
        }],
        events: GONE,
    },
    Case {
        jail: "gone-conditional",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            init: CONDITIONAL,
            ..NONE
        }],
        events: GONE,
    },
    Case {
        jail: "gone-repair",
        failing: &[],
        actions: &[Recording {
            commands: REPAIRED,
            ..NONE
        }],
        events: GONE,
    },
    Case {
        jail: "healed-by-start",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            heals: "start",
            ..NONE
        }],
        events: HEALED,
    },
    Case {
        jail: "healed-by-repair",
        failing: &[],
        actions: &[Recording {
            commands: REPAIRED,
            heals: "repair",
            ..NONE
        }],
        events: HEALED,
    },
    Case {
        jail: "healed-conditional",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            heals: "start",
            init: CONDITIONAL,
            ..NONE
        }],
        events: HEALED,
    },
    Case {
        jail: "repair-fails",
        failing: &[],
        actions: &[Recording {
            commands: REPAIRED,
            ..NONE
        }],
        events: &[
            "ban 1.2.3.4", "ban 1.2.3.5", "+a.ban", "+a.check", "+a.repair", "ban 1.2.3.6",
            "unban 1.2.3.4",
        ],
    },
    Case {
        jail: "restart-fails",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            ..NONE
        }],
        events: &[
            "ban 1.2.3.4", "ban 1.2.3.5", "+a.ban", "+a.check", "+a.start", "ban 1.2.3.6",
            "unban 1.2.3.4",
        ],
    },
    Case {
        jail: "unban-fails",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            ..NONE
        }],
        events: UNBAN_FAILS,
    },
    Case {
        jail: "unban-repairs",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            definition: "actionrepair_on_unban = true\n",
            ..NONE
        }],
        events: UNBAN_FAILS,
    },
    Case {
        jail: "unban-repairs-itself",
        failing: &[],
        actions: &[Recording {
            commands: REPAIRED,
            definition: "actionrepair_on_unban = true\n",
            ..NONE
        }],
        events: UNBAN_FAILS,
    },
    Case {
        jail: "flush-fails",
        failing: &[],
        actions: &[Recording {
            commands: WITH_FLUSH,
            ..NONE
        }],
        events: &[
            "ban 1.2.3.4", "ban 2001:db8::1", "+a.flush", "unban --all", "ban 1.2.3.4", "+a.check",
            "unban --all", "ban 1.2.3.4", "unban --all",
        ],
    },
    Case {
        jail: "flush-fails-at-stop",
        failing: &[],
        actions: &[Recording {
            commands: WITH_FLUSH,
            ..NONE
        }],
        events: &["ban 1.2.3.4", "+a.flush", "+a.check"],
    },
    Case {
        jail: "start-fails-on-demand",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            init: CONDITIONAL,
            ..NONE
        }],
        events: &[
            "+a.start", "ban 1.2.3.4", "ban 1.2.3.5", "-a.start", "ban 1.2.3.6", "unban 1.2.3.4",
        ],
    },
    Case {
        jail: "banned-again",
        failing: &[],
        actions: &[
            Recording {
                commands: CHECKED,
                ..NONE
            },
            Recording {
                name: "b",
                commands: &["start", "stop", "ban", "unban", "check", "reban"],
                ..NONE
            },
        ],
        events: &[
            "ban 1.2.3.4", "ban 1.2.3.5", "ban 2001:db8::1", "again 1.2.3.4", "wait 4", "+a.check",
            "+a.ban", "ban 1.2.3.6", "-a.check", "-a.ban", "again 1.2.3.4", "again 1.2.3.5",
            "again 1.2.3.5", "again 2001:db8::1", "again 1.2.3.6", "call b invalidateBanEpoch",
            "get a banEpoch", "get b banEpoch", "+b.reban", "again 1.2.3.4", "-b.reban",
            "again 1.2.3.4", "again 1.2.3.4", "call a invalidateBanEpoch", "call b invalidateBanEpoch",
            "again 1.2.3.5", "unban 1.2.3.4",
        ],
    },
    Case {
        jail: "found-gone",
        failing: &[],
        actions: &[Recording {
            commands: CHECKED,
            heals: "start",
            ..NONE
        }],
        events: &["ban 1.2.3.4", "wait 4", "+a.check", "again 1.2.3.4", "again 1.2.3.4"],
    },
    Case {
        jail: "methods",
        failing: &[],
        actions: &[Recording {
            commands: ALL,
            ..NONE
        }],
        events: METHOD_CALLS,
    },
    Case {
        jail: "methods-on-demand",
        failing: &[],
        actions: &[Recording {
            commands: ALL,
            init: CONDITIONAL,
            ..NONE
        }],
        events: METHOD_CALLS,
    },
    Case {
        jail: "start-fails",
        failing: &["a.start", "b.start", "c.start"],
        actions: &[
            Recording {
                commands: WITH_FLUSH,
                ..NONE
            },
            Recording {
                name: "b",
                commands: WITH_FLUSH,
                definition: "actionstart_on_demand = false\n",
                init: CONDITIONAL,
                ..NONE
            },
            Recording {
                name: "c",
                commands: WITH_FLUSH,
                has_families: false,
                definition: "actionstart_on_demand = false\n",
                init: CONDITIONAL,
                ..NONE
            },
        ],
        events: &[
            "ban 1.2.3.4", "-a.start", "-b.start", "-c.start", "ban 1.2.3.5", "call a start", "ban 1.2.3.6",
        ],
    },
    Case {
        jail: "users",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionban = printf '%%s\\n' \"<ip>\" \"<F-USER>\" \"<F-ID>\" \"<F-NO>\" \"<failures>\" >> RECORD
  echo end >> RECORD
",
            ..NONE
        }],
        events: &["log 198.51.100.1 root", "log 198.51.100.2 o'ne;`two` $(three) <ip> \"four\"", "log 198.51.100.3 a b"],
    },
    Case {
        jail: "properties",
        failing: &[],
        actions: &[Recording {
            init: "timeout = 2m\npar = x\n",
            definition: "norestored = true\n",
            ..NONE
        }],
        events: &[
            "properties a", "methods a", "get a timeout", "get a par", "get a norestored",
            "get a actionban", "get a actioncheck", "get a actionprolong", "get a banEpoch",
            "get a name", "get a actname", "get a nosuch", "set a timeout 1h 5s", "set a timeout 1mo",
            "set a timeout 2.5", "set a par y z", "set a new?family=inet6 v", "set a bantime 5",
            "set a _hidden 1", "get a _hidden", "properties a", "call a clearAllParams",
            "properties a", "get a timeout", "get a par", "get a actionban", "get a actionstart",
        ],
    },
    Case {
        jail: "circles",
        failing: &[],
        actions: &[NONE],
        events: &[
            "set a actionban echo \"<k>\"", "set a k <k>", "ban 1.2.3.1", "set a k <l>", "set a l x<k>",
            "ban 1.2.3.2", "set a k <actionban>", "ban 1.2.3.3", "set a k <a<l>c>", "set a l <m>",
            "set a m b", "set a abc nested; exit 3", "ban 1.2.3.4",
        ],
    },
    Case {
        jail: "tags",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionstart = echo \"start=<ip>|<fid>|<family>|<ip-rev>|<failures>|<bancount>|<bantime>|<matches>|<F-USER>|<nosuch>|<name>\" >> RECORD
actionban = echo \"ban=<ip>|<fid>|<family>|<ip-rev>|<failures>|<bancount>|<bantime>|<ipfailures>|<ipjailfailures>|<restored>|<F-USER>|<nosuch>|<name>|<k>|<timeout>|<br>|<sp>\" >> RECORD
  printf '%%s\\n' \"<matches>\" \"<ipmatches>\" \"<ipjailmatches>\" \"<fid>\" >> RECORD
  echo end >> RECORD
actionunban = printf '%%s\\n' unban \"<ip>\" \"<fid>\" >> RECORD
",
            init: "k = all\n",
            ..NONE
        }],
        events: &[
            "ban 1.2.3.4", "ban 2001:db8::1", "ban text", "ban a;b$(id)`id`", "ban it's\"quoted\"",
            "ban a\nb", "ban *", "ban a\tb", "ban -n", "ban ä", "unban a;b$(id)`id`",
            "attempt 5.6.7.8 bad \"x\" `touch nothing` $(id) ; & | > < * ? ~ # \\ [a] {b} 'c'",
            "attempt 5.6.7.9 a line\nand another", "attempt 5.6.7.10 plain words",
        ],
    },
    Case {
        jail: "surroundings",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionban = { umask; readlink /proc/self/fd/0; echo \"$#\"; } >> RECORD\n",
            ..NONE
        }],
        events: &["ban 1.2.3.4"],
    },
    Case {
        jail: "much-output",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionban = echo begun >> RECORD; head -c 100000 /dev/zero; echo done >> RECORD\n",
            init: "timeout = 1\n",
            ..NONE
        }],
        events: &["ban 1.2.3.4"],
    },
    Case {
        jail: "eleven-values",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionban = printf '%%s|' \"<v1>\" \"<v2>\" \"<v3>\" \"<v4>\" \"<v5>\" \"<v6>\" \"<v7>\" \"<v8>\" \"<v9>\" \"<v10>\" \"<v11>\" >> RECORD; echo >> RECORD\n",
            ..NONE
        }],
        events: &[
            "call a ban {\"aInfo\":{\"v1\":\";1\",\"v2\":\";2\",\"v3\":\";3\",\"v4\":\";4\",\"v5\":\";5\",\"v6\":\";6\",\"v7\":\";7\",\"v8\":\";8\",\"v9\":\";9\",\"v10\":\";10\",\"v11\":\";11\"}}",
        ],
    },
    Case {
        jail: "value-before-a-letter",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionban = echo \"<fid>s\" >> RECORD\n",
            ..NONE
        }],
        events: &["ban text", "ban it's"],
    },
    Case {
        jail: "outcomes",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionban = true\nactioncheck = true\n",
            ..NONE
        }],
        events: &[
            "set a actionban echo out1; echo \"it's\" 'dq\"' >&2; printf 'a\\tb\\nlast'; exit 3",
            "ban 1.1.1.1",
            "set a actionban printf '\\303\\244 \\377 \\001\\r\\nx\\r\\n\\n'; exit 1",
            "ban 1.1.1.2",
            "set a actionban printf '\\n\\n a \\n\\nb\\n\\n'; printf '\\302\\240\\342\\200\\250\\013\\014\\034z' >&2; exit 1",
            "ban 1.1.1.3",
            "set a actionban no-such-command <ip>",
            "ban 1.1.1.4",
            "set a actionban no-such-command \"<fid>\"",
            "ban it's;",
            "set a actionban /etc/passwd",
            "ban 1.1.1.5",
            "set a actionban exit 126", "ban 1.1.1.6", "set a actionban exit 128", "ban 1.1.1.7",
            "set a actionban exit 129", "ban 1.1.1.8", "set a actionban exit 139", "ban 1.1.1.9",
            "set a actionban exit 200", "ban 1.1.1.10", "set a actionban kill -15 $$", "ban 1.1.1.11",
            "set a actionban kill -9 $$", "ban 1.1.1.12", "set a actionban if", "ban 1.1.1.13",
            "set a actionban echo one\n  echo two\n\nnosuch; exit 1", "ban 1.1.1.14",
            "set a actionban", "ban 1.1.1.15",
            "set a timeout 1",
            "set a actionban echo before; sleep 30; echo after", "ban 1.1.1.16",
            "set a actionban trap '' TERM; echo before; sleep 30", "ban 1.1.1.17",
            "set a actionban trap 'echo got; exit 5' TERM; echo before; sleep 30 & wait", "ban 1.1.1.18",
            "set a actionban trap 'exit 0' TERM; sleep 30 & wait", "ban 1.1.1.19",
        ],
    },
    Case {
        jail: "children",
        failing: &[],
        actions: &[Recording {
            commands: &[],
            definition: "actionban = true\nactioncheck = true\n",
            init: "timeout = 2\n",
            ..NONE
        }],
        events: &[
            // What is left in the background holds the outputs open.
            "set a actionban (sleep 1; echo later) & echo before; exit 1", "ban 1.1.1.1",
            "set a actionban (trap '' TERM; sleep 1) & echo before; kill -SEGV $$", "ban 1.1.1.2",
        ],
    },
];

/// The server is stopped and started again within these.
pub(super) const RESTARTED: &[Case] = &[Case {
    jail: "restored",
    failing: &[],
    actions: &[
        Recording {
            commands: &["start", "stop", "unban"],
            definition: "actionban = echo \"a ban <ip> restored=<restored>\" >> RECORD\n",
            ..NONE
        },
        Recording {
            name: "b",
            definition: "norestored = true\n",
            ..NONE
        },
    ],
    events: &["ban 192.0.2.1", "restart restored=1\n", "ban 192.0.2.2"],
}];

const EVERYBODY: &[&str] = &[
    "ban 1.2.3.4",
    "ban 1.2.3.5",
    "ban 2001:db8::1",
    "ban text",
    "ban text2",
    "ban 1.2.0.0/16",
    "unban 1.2.3.4",
    "unban text",
    "unban 2001:db8::1",
    "unban --all",
    "unban --all",
    "ban 1.2.3.4",
];

const ADDRESSES: &[&str] = &[
    "ban 1.2.3.4",
    "ban 1.2.3.5",
    "ban 2001:db8::1",
    "unban 1.2.3.4",
    "unban --all",
    "ban 1.2.3.4",
];

const GONE: &[&str] = &[
    "ban 1.2.3.4",
    "ban 2001:db8::1",
    "+a.ban",
    "+a.check",
    "ban 1.2.3.5",
    "ban 1.2.3.6",
    "-a.check",
    "ban 2001:db8::2",
    "-a.ban",
    "unban 1.2.3.4",
    "ban 1.2.3.7",
];

const HEALED: &[&str] = &[
    "ban 1.2.3.4",
    "ban 2001:db8::1",
    "+a.ban",
    "+a.check",
    "ban 1.2.3.5",
    "unban 1.2.3.4",
    "again 1.2.3.5",
    "again 2001:db8::1",
    "+a.check",
    "call a consistencyCheck",
    "get a banEpoch",
    "unban 2001:db8::1",
];

const UNBAN_FAILS: &[&str] = &[
    "ban 1.2.3.4",
    "ban 1.2.3.5",
    "ban 1.2.3.6",
    "+a.unban",
    "unban 1.2.3.4",
    "+a.check",
    "unban 1.2.3.5",
];

const METHOD_CALLS: &[&str] = &[
    "call a start",
    "call a ban {\"aInfo\":{\"ip\":\"1.2.3.4\",\"family\":\"inet4\"}}",
    "call a prolong {\"aInfo\":{\"ip\":\"1.2.3.4\",\"family\":\"inet4\"}}",
    "call a reban {\"aInfo\":{\"ip\":\"1.2.3.4\",\"family\":\"inet4\"}}",
    "call a unban {\"aInfo\":{\"ip\":\"1.2.3.4\",\"family\":\"inet4\"}}",
    "call a consistencyCheck",
    "call a flush",
    "call a reload",
    "+a.reload",
    "call a reload",
    "call a stop",
    "call a consistencyCheck",
    "call a start",
    "call a ban {\"aInfo\":{\"ip\":\"1.2.3.4\"}}",
    "call a ban {\"aInfo\":{}}",
    "call a ban {\"aInfo\":{\"ip\":7,\"family\":\"inet6\",\"k\":\"v\"}}",
    "+a.ban",
    "+a.prolong",
    "+a.check",
    "+a.repair",
    "call a ban {\"aInfo\":{\"ip\":\"1.2.3.4\",\"family\":\"inet4\"}}",
    "call a prolong {\"aInfo\":{\"ip\":\"1.2.3.4\",\"family\":\"inet4\"}}",
    "call a consistencyCheck",
];
