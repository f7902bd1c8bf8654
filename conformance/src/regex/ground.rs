//! The files that the own cases are about: small filters, jails and logs.

use std::collections::BTreeMap;

/// The moment of every own case.
pub(super) const MOMENT: &str = "2026-01-05 12:00:00";

const COMMON: &str = "[DEFAULT]
logtype = file
datepattern = <lt_<logtype>/datepattern>
[lt_file]
datepattern = {^LN-BEG}
[lt_journal]
datepattern = %%Y
";

/// A filter with everything: sessions, modes, an `ignoreregex`.
const TOY: &str = r"[Definition]
mode = normal
_daemon = toyd
prefregex = ^\s*\S+ %(_daemon)s(?P<mlfid>\[\d+\]): <F-CONTENT>.+</F-CONTENT>$
mdre-normal = bad pin from <HOST>
mdre-strict = (?:bad pin|no card) from <HOST>
failregex = ^<mdre-<mode>>$
            ^<F-NOFAIL>connect</F-NOFAIL> from <ADDR>$
            ^bad pw for <F-USER>\S+</F-USER>$
            ^<F-MLFFORGET><F-MLFGAINED>accepted</F-MLFGAINED></F-MLFFORGET> for <F-USER>\S+</F-USER>$
            ^<F-MLFFORGET><F-NOFAIL>closed</F-NOFAIL></F-MLFFORGET> \[<ADDR>\]$
ignoreregex = ^bad pin from 192\.0\.2\.9$
datepattern = {^LN-BEG}
journalmatch = _SYSTEMD_UNIT=toy.service + _COMM=toyd
";

const DOCKER_LOG: &str = r#"{"log":"2026-01-05 11:00:00 bad from 192.0.2.1\n","stream":"stdout","time":"2026-01-05T11:00:00.5Z"}
{"log":"2026-01-05 11:00:01 good from 192.0.2.2\n","stream":"stderr","time":"2026-01-05T11:00:01.5Z"}
{"log":"2026-01-05 11:00:02 bad ","stream":"stdout","time":"2026-01-05T11:00:02.5Z"}
{"log":"from 192.0.2.3\n","stream":"stdout","time":"2026-01-05T11:00:02.6Z"}
"#;

const CRI_LOG: &str = "2026-01-05T11:00:00.5Z stdout F bad from 192.0.2.1
2026-01-05T11:00:01.5Z stdout F good from 192.0.2.2
";

const TOY_LOG: &str = "Jan  5 10:00:00 host toyd[1]: connect from 192.0.2.1
Jan  5 10:00:01 host toyd[1]: bad pw for bob
Jan  5 10:00:02 host toyd[1]: bad pw for bob
Jan  5 10:00:03 host toyd[1]: accepted for bob
Jan  5 10:00:04 host toyd[2]: bad pin from 192.0.2.2
Jan  5 10:00:05 host toyd[3]: bad pin from 192.0.2.9
Jan  5 10:00:06 host toyd[4]: no card from 2001:DB8::1
Jan  5 10:00:07 host toyd[5]: noise
Jan  5 10:00:08 host other[5]: noise
no date here toyd[7]: bad pin from 192.0.2.77
Jan  5 10:00:09 host toyd[6]: bad pw for al
Jan  5 10:00:10 host toyd[6]: bad pw for bo
Jan  5 10:00:11 host toyd[6]: closed [192.0.2.6]
Jan  5 10:00:12 host toyd[8]: bad pin from localhost
";

const SESSIONS_LOG: &str = "Jan  5 10:00:00 host toyd[1]: connect from 192.0.2.1
Jan  5 10:00:01 host toyd[1]: bad pw for bob
Jan  5 10:00:02 host toyd[2]: bad pin from 192.0.2.2
Jan  5 10:00:03 host toyd[1]: bad pw for al
Jan  5 10:00:05 host toyd[1]: accepted for al
Jan  5 10:00:07 host toyd[5]: bad pw for x
Jan  5 10:00:08 host toyd[6]: bad pin from 192.0.2.6
Jan  5 10:00:09 host toyd[5]: bad pin from 192.0.2.5
Jan  5 10:00:10 host toyd[7]: connect from 192.0.2.7
Jan  5 10:00:11 host toyd[7]: closed [192.0.2.7]
Jan  5 10:00:12 host toyd[8]: bad pw for z
Jan  5 10:00:13 host toyd[8]: accepted for z
";

const DEMO_LOG: &str = "Jan  5 10:00:01 host demod[12]: bad login from 192.0.2.1
# comment
Jan  5 10:00:02 host demod[12]: bad login from 192.0.2.2

Jan  5 10:00:03 host demod[12]: good login from 192.0.2.3
Jan  5 10:00:04 host demod[12]: ok bad login from 192.0.2.4
Jan  5 10:00:05 host demod[12]: bad login from 192.0.2.5
";

const JAILS: &str = "[DEFAULT]
backend = polling
[toy]
enabled = false
filter = toy[mode=strict]
logpath = /nowhere
[short]
filter = toy
maxlines = 3
datepattern = ^%%Y-%%m-%%d
[init]
filter = init
usedns = yes
backend = systemd
logtimezone = UTC
[no-filter]
[missing-filter]
filter = missing
[bad-reference]
filter = toy
failregex = %(bogus)s
[overrides]
filter = all
maxlines = 7
failregex = jail <HOST>
            jail2 <HOST>
ignoreregex = ignored by jail
datepattern = %%m
journalmatch = C=D
prefregex = ^z <F-CONTENT>.*</F-CONTENT>$
[arguments]
filter = all[maxlines=9,prefregex=\"^y\",datepattern=\"%%H\",ignoreregex=argument]
maxlines = 7
failregex = jail <HOST>
ignoreregex = ignored by jail
datepattern = %%m
[empties]
filter = all
failregex =
prefregex =
datepattern =
[missing-action]
filter = all
action = missing
[bad-action]
filter = all
action = %(nope)s
[bad-spec]
filter = all[
[bad-number]
filter = all
maxretry = x
[bad-maxlines]
filter = all
maxlines = x
[broken-filter]
filter = broken
[circle]
filter = circle
[own-logtype]
filter = logtype
[given-logtype]
filter = logtype[logtype=given]
";

const ALL: &str = "[Definition]
prefregex = ^x <F-CONTENT>.*</F-CONTENT>$
maxlines = 4
failregex = from <HOST>
ignoreregex = ignored by filter
datepattern = %%Y
journalmatch = A=B
[Init]
maxlines = 5
";

const INIT: &str = "[INCLUDES]
before = common.conf
[DEFAULT]
foo = bar
[Definition]
usedns = no
maxlines = 4
zz = 5
failregex = from <HOST>
journalmatch = A=B
 C=D + E=F
[Init]
init1 = x
maxlines = 5
";

/// Small filters, as name below `filter.d` and text.
const FILTERS: &[(&str, &str)] = &[
    ("common.conf", COMMON),
    ("toy.conf", TOY),
    ("all.conf", ALL),
    ("init.conf", INIT),
    (
        "both-bad.conf",
        "[Definition]\nfailregex = (<HOST>\nignoreregex = )\n",
    ),
    (
        "bad-ignore.conf",
        "[Definition]\nfailregex = <HOST>\nignoreregex = )\n",
    ),
    (
        "bad-prefregex.conf",
        "[Definition]\nprefregex = (\nmaxlines = 2\nfailregex = <HOST>\n",
    ),
    (
        "bad-datepattern.conf",
        "[Definition]\ndatepattern = %%Q\nfailregex = <HOST>\n",
    ),
    (
        "bad-reference.conf",
        "[Definition]\nfailregex = %(x)s <HOST>\n",
    ),
    (
        "unused-reference.conf",
        "[Definition]\nx = %(y)s\nfailregex = u <HOST>\n",
    ),
    ("broken.conf", "[Definition\nfailregex = x <HOST>\n"),
    (
        "circle.conf",
        "[Definition]\nfailregex = <failregex> <HOST>\n",
    ),
    ("no-definition.conf", "[Other]\nfailregex = x <HOST>\n"),
    ("empty.conf", ""),
    ("only-definition.conf", "[Definition]\n"),
    ("only-ignore.conf", "[Definition]\nignoreregex = x\n"),
    ("only-maxlines.conf", "[Definition]\nmaxlines = 2\n"),
    ("only-default.conf", "[DEFAULT]\nfailregex = x <HOST>\n"),
    (
        "only-init.conf",
        "[Definition]\nx = 1\n[Init]\nfailregex = x <HOST>\n",
    ),
    ("a.b.conf", "[Definition]\nfailregex = dotted <HOST>\n"),
    ("l.local", "[Definition]\nfailregex = local <HOST>\n"),
    ("f.raw", "[Definition]\nfailregex = raw <HOST>\n"),
    ("plain", "[Definition]\nfailregex = plain <HOST>\n"),
    ("d.conf", "[Definition]\nfailregex = d <HOST>\n"),
    ("d.d/1.conf", "[Definition]\nignoreregex = dd\n"),
    (
        "logtype.conf",
        "[Definition]\nlogtype = own\nfailregex = <logtype> <HOST>\n",
    ),
    (
        "default-logtype.conf",
        "[DEFAULT]\nlogtype = own\n[Definition]\nfailregex = <logtype> <HOST>\n",
    ),
];

/// Filters outside of any configuration.
const ALONE: &[(&str, &str)] = &[
    (
        "several.conf",
        "[Definition]\nfailregex = bad \\d+ from <HOST>$\n            bad .* from <ADDR>\n            \
         from <ADDR>\n            good <HOST>\n            bad 7 from <ADDR>\n\
         ignoreregex = good\n              good 1\n",
    ),
    (
        "groups.conf",
        "[Definition]\nfailregex = u=<F-USER>\\S*</F-USER> ip=<SUBNET> end\n            \
         u=<F-USER>\\S*</F-USER> id=<F-ID>.*</F-ID>$\n            \
         tup=<F-ID>\\S*</F-ID>,<F-TUPLE_ID>\\S*</F-TUPLE_ID>$\n",
    ),
    ("t.conf", "[Definition]\nfailregex = t <HOST>\n"),
    ("t.local", "[Definition]\nignoreregex = local\n"),
    (
        "includes.conf",
        "[INCLUDES]\nbefore = t.conf\n[Definition]\nmaxlines = 2\n\
         prefregex = <F-CONTENT>.*</F-CONTENT>\n",
    ),
    ("without-ending", "[Definition]\nfailregex = w <HOST>\n"),
    ("other.conf", "[Other]\nfailregex = o <HOST>\n"),
    ("broken.conf", "[Definition\n"),
    (
        "sub/filter.d/u.conf",
        "[Definition]\nfailregex = u <HOST>\n",
    ),
    ("sub/v.conf", "[Definition]\nfailregex = v <HOST>\n"),
    ("config-broken/jail.conf", "[toy\nx = 1\n"),
    (
        "config-broken/filter.d/toy.conf",
        "[Definition]\nfailregex = toy <HOST>\n",
    ),
    (
        "config-bare/filter.d/toy.conf",
        "[Definition]\nfailregex = bare <HOST>\n",
    ),
];

const GROUPS_LOG: &str = "2026-01-05 10:00:00 u=<F-USER> ip=192.0.2.1/24 end
2026-01-05 10:00:00 u=<ip>$x&;\\ ip=2001:db8::5/33 end
2026-01-05 10:00:00 u=<msg> id=some text
2026-01-05 10:00:00 u= id=<ip>
";

const TUPLES_LOG: &str = "2026-01-05 10:00:00 u=\u{e9} tup=a,b\n2026-01-05 10:00:00 x\n";

const SEVERAL_LINES_LOG: &str = "Jan  5 10:00:00 A start id=1
Jan  5 10:00:01 noise one
Jan  5 10:00:02 A start id=2
Jan  5 10:00:03 noise two
Jan  5 10:00:04 B end id=1 from 192.0.2.1
Jan  5 10:00:05 B end id=2 from 192.0.2.2
Jan  5 10:00:06 B end id=3 from 192.0.2.3
Jan  5 10:00:07 A start id=4
Jan  5 10:00:08 noise 3
Jan  5 10:00:09 noise 4
Jan  5 10:00:10 noise 5
Jan  5 10:00:11 noise 6
Jan  5 10:00:12 B end id=4 from 192.0.2.4
Jan  5 10:00:13 dup
Jan  5 10:00:13 dup
Jan  5 10:00:13 dup end 192.0.2.9
";

const DATES_LOG: &str = "2026-01-05 10:00:01 from 192.0.2.1
[05/Jan/2026:10:00:02 +0100] from 192.0.2.2
1767607203 from 192.0.2.3
Jan  5 10:00:60 from 192.0.2.4
nothing from 192.0.2.5
Dec 31 23:59:59 from 192.0.2.6
2026-01-05T10:00:07.5Z from 192.0.2.7
x 2026-01-05 10:00:08 from 192.0.2.8
20260105T100009 from 192.0.2.9
";

/// Entries of a journal, in systemd's export format.
pub(super) fn journal() -> Vec<u8> {
    const BEGIN: u64 = 1_767_607_200_000_000;
    const ID: &str = "0123456789abcdef0123456789abcdef";
    let entries: [&[(&str, &str)]; 5] = [
        &[
            ("SYSLOG_IDENTIFIER", "toyd"),
            ("_PID", "7"),
            ("MESSAGE", "bad pin from 192.0.2.1"),
            ("_SYSTEMD_UNIT", "toy.service"),
            ("_COMM", "toyd"),
        ],
        &[
            ("SYSLOG_IDENTIFIER", "toyd"),
            ("_PID", "7"),
            ("MESSAGE", "noise"),
            ("_SYSTEMD_UNIT", "toy.service"),
            ("_COMM", "x"),
        ],
        &[
            ("SYSLOG_IDENTIFIER", "other"),
            ("SYSLOG_PID", "5"),
            ("_PID", "8"),
            ("MESSAGE", "bad pin from 192.0.2.3"),
            ("_COMM", "y"),
        ],
        &[
            ("SYSLOG_IDENTIFIER", "kernel"),
            ("MESSAGE", "bad pin from 192.0.2.4"),
            ("_COMM", "z"),
            ("_SOURCE_REALTIME_TIMESTAMP", "1767607100500000"),
        ],
        &[
            ("_COMM", "no-identifier"),
            ("MESSAGE", "2026-01-04 11:00:00 from 192.0.2.5"),
        ],
    ];
    let mut text = String::new();
    for (number, fields) in (1_u64..).zip(entries) {
        let time = BEGIN + number * 1_000_000;
        text.push_str(&format!(
            "__CURSOR=s={ID};i={number:x};b={ID};m={number:x};t={time:x};x={number:x}\n\
             __REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={ID}\n\
             _HOSTNAME=host\n",
            9_000_000 + number
        ));
        for (name, value) in fields {
            text.push_str(&format!("{name}={value}\n"));
        }
        text.push('\n');
    }
    text.into_bytes()
}

/// Returns all of them, but for the journal.
pub(super) fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut add = |path: &str, text: &[u8]| {
        files.insert(path.to_owned(), text.to_vec());
    };
    for (name, text) in FILTERS {
        add(&format!("config/filter.d/{name}"), text.as_bytes());
    }
    for (path, text) in ALONE {
        add(path, text.as_bytes());
    }
    let many = |first: u8, word: &str| -> String {
        let line = |second: u8| {
            format!(
                "Jan  5 10:0{first}:{second:02} host d: {word} {second} from 192.0.2.{second}\n"
            )
        };
        (1..=25).map(line).collect()
    };
    let rules: String = (1..=102)
        .map(|number| format!("    r{number} <HOST>\n"))
        .collect();
    add(
        "hundred.conf",
        format!("[Definition]\nfailregex =\n{rules}").as_bytes(),
    );
    add(
        "config/filter.d/bad-utf8.conf",
        b"[Definition]\nfailregex = bad \xff <HOST>\n",
    );
    add("config/fail2ban.conf", b"[DEFAULT]\nloglevel = INFO\n");
    add("config/jail.conf", JAILS.as_bytes());
    add("toy.log", TOY_LOG.as_bytes());
    add("sessions.log", SESSIONS_LOG.as_bytes());
    add("demo.log", DEMO_LOG.as_bytes());
    let all_many = many(0, "bad") + &many(1, "good") + &many(2, "meh");
    add("many.log", all_many.as_bytes());
    add("groups.log", GROUPS_LOG.as_bytes());
    add("tuples.log", TUPLES_LOG.as_bytes());
    add("several-lines.log", SEVERAL_LINES_LOG.as_bytes());
    add("dates.log", DATES_LOG.as_bytes());
    add("empty.log", b"");
    add("open.log", b"no newline at all from 192.0.2.1");
    add(
        "crlf.log",
        b"a from 192.0.2.1\r\nb from 192.0.2.2\n\n \n#x\n #y\nc from 192.0.2.3",
    );
    add("docker.log", DOCKER_LOG.as_bytes());
    add("cri.log", CRI_LOG.as_bytes());
    add("latin.log", b"caf\xe9 from 192.0.2.1\nok from 192.0.2.2\n");
    add(
        "odd.log",
        b"x\x0cfrom 192.0.2.4\x85 y\xe2\x80\xa8z from 192.0.2.7\n \x0b \n\x0b#\n\0 from 1.2.3.4\n",
    );
    let utf16: Vec<u8> = "\u{feff}a from 192.0.2.1\nb from 192.0.2.2\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    add("utf16.log", &utf16);
    files
}
