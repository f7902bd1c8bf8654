//! What each command is taken for.

use f2b_protocol::request::{LogPosition, ServerSetting, Setting, StatusFlavor, TimeText};
use f2b_protocol::{Command, Request, Value};

pub(crate) fn command(words: &[&str]) -> Command {
    Command::words(words.iter().copied())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn check(words: &[&str], expected: Request) {
    assert_eq!(Request::parse(&command(words)), Ok(expected), "{words:?}");
}

fn check_setting(words: &[&str], setting: Setting) {
    let all = [&["set", "j"], words].concat();
    check(
        &all,
        Request::SetJail {
            jail: "j".to_owned(),
            setting,
        },
    );
}

fn j() -> String {
    "j".to_owned()
}

#[test]
fn commands_about_the_server_are_taken() {
    check(&["ping"], Request::Ping);
    check(&["ping", "0.5"], Request::Ping);
    check(&["version", "x"], Request::Version);
    check(&["echo"], Request::Echo(vec![]));
    check(&["server-status"], Request::ServerStatus);
    check(
        &["config-error", "text"],
        Request::ConfigError("text".to_owned()),
    );
    check(&["status"], Request::Status);
    check(&["stop"], Request::Stop);
    check(
        &["add", "j"],
        Request::AddJail {
            jail: j(),
            backend: "auto".to_owned(),
        },
    );
    check(
        &["add", "j", "systemd"],
        Request::AddJail {
            jail: j(),
            backend: "systemd".to_owned(),
        },
    );
    check(&["start", "j", "x"], Request::StartJail { jail: j() });
    check(&["stockade-status"], Request::StockadeStatus { jail: None });
    check(
        &["stockade-status", "j"],
        Request::StockadeStatus { jail: Some(j()) },
    );
    let server = [
        (
            ["loglevel", "debug"],
            ServerSetting::LogLevel("DEBUG".to_owned()),
        ),
        (
            ["logtarget", "/f[x=y]"],
            ServerSetting::LogTarget("/f[x=y]".to_owned()),
        ),
        (
            ["syslogsocket", "auto"],
            ServerSetting::SyslogSocket("auto".to_owned()),
        ),
        (
            ["allowipv6", "auto"],
            ServerSetting::AllowIpv6(Value::from("auto")),
        ),
        (
            ["dbfile", "/f"],
            ServerSetting::DbFile(Some("/f".to_owned())),
        ),
        (["dbfile", "None"], ServerSetting::DbFile(None)),
        (["dbmaxmatches", "10"], ServerSetting::DbMaxMatches(10)),
        (
            ["dbpurgeage", "1d"],
            ServerSetting::DbPurgeAge(TimeText::Text("1d".to_owned())),
        ),
    ];
    for ([option, value], setting) in server {
        check(&["set", option, value], Request::SetServer(setting));
    }
}

#[test]
fn flavours_of_status_are_told_apart() {
    let rows = [
        (vec!["status", "j"], StatusFlavor::Basic),
        (vec!["status", "j", "basic"], StatusFlavor::Basic),
        (vec!["status", "j", "short"], StatusFlavor::Short),
        (
            vec!["status", "j", "bogus"],
            StatusFlavor::Unknown("bogus".to_owned()),
        ),
    ];
    for (words, flavor) in rows {
        check(&words, Request::JailStatus { jail: j(), flavor });
    }
}

#[test]
fn commands_about_bans_are_taken() {
    let ips = texts(&["192.0.2.1", "2001:db8::1"]);
    let (a, b) = ("192.0.2.1", "2001:db8::1");
    check(
        &["set", "j", "banip", a, b],
        Request::BanIp {
            jail: j(),
            ids: ips.clone(),
        },
    );
    check(
        &["set", "j", "banip"],
        Request::BanIp {
            jail: j(),
            ids: vec![],
        },
    );
    let unban = |ids, report_absent| Request::UnbanIp {
        jail: j(),
        ids,
        report_absent,
    };
    check(&["set", "j", "unbanip", a, b], unban(ips.clone(), false));
    check(
        &["set", "j", "unbanip", "--report-absent", a, b],
        unban(ips.clone(), true),
    );
    check(
        &["set", "j", "unbanip", "--report-absent"],
        unban(vec![], true),
    );
    let list = |with_time| Request::BanList {
        jail: j(),
        with_time,
    };
    check(&["get", "j", "banip"], list(false));
    check(&["get", "j", "banip", ","], list(false));
    check(&["get", "j", "banip", "--with-time"], list(true));
    check(
        &["get", "j", "banned"],
        Request::Banned {
            jail: j(),
            ids: vec![],
        },
    );
    check(
        &["get", "j", "banned", a, b],
        Request::Banned {
            jail: j(),
            ids: ips,
        },
    );
}

#[test]
fn numbers_are_addresses_too_where_the_original_takes_them() {
    let words = ["set", "j", "banip"]
        .map(Value::from)
        .into_iter()
        .chain([Value::Int(5)]);
    let request = Request::parse(&Command::new(words.collect()));
    assert_eq!(
        request,
        Ok(Request::BanIp {
            jail: j(),
            ids: texts(&["5"])
        })
    );
}

#[test]
fn settings_of_a_jail_are_taken() {
    check_setting(&["usedns", "warn"], Setting::UseDns("warn".to_owned()));
    check_setting(&["prefregex", ""], Setting::PrefRegex(String::new()));
    check_setting(
        &["addfailregex", "r", "x"],
        Setting::AddFailRegex("r".to_owned()),
    );
    check_setting(
        &["addignoreregex", "r"],
        Setting::AddIgnoreRegex("r".to_owned()),
    );
    check_setting(&["maxlines", "2"], Setting::MaxLines(2));
    check_setting(&["datepattern", ""], Setting::DatePattern(String::new()));
    check_setting(
        &["addjournalmatch", "A=1", "+"],
        Setting::AddJournalMatch(texts(&["A=1", "+"])),
    );
    check_setting(&["maxretry", " 1_0 "], Setting::MaxRetry(10));
    check_setting(&["maxmatches", "-1"], Setting::MaxMatches(-1));
    check_setting(
        &["findtime", "10m"],
        Setting::FindTime(TimeText::Text("10m".to_owned())),
    );
    check_setting(
        &["bantime", "-1"],
        Setting::BanTime(TimeText::Text("-1".to_owned())),
    );
    check_setting(
        &["ignorecommand", ""],
        Setting::IgnoreCommand(String::new()),
    );
    check_setting(&["ignoreself", "TRUE"], Setting::IgnoreSelf(true));
    check_setting(&["ignoreself", "y"], Setting::IgnoreSelf(false));
    check_setting(
        &["addignoreip", "a", "b"],
        Setting::AddIgnoreIp(texts(&["a", "b"])),
    );
    check_setting(
        &["logtimezone", "UTC"],
        Setting::LogTimeZone("UTC".to_owned()),
    );
    check_setting(
        &["logencoding", "auto"],
        Setting::LogEncoding("auto".to_owned()),
    );
    let log = |position| Setting::AddLogPath {
        path: "/f".to_owned(),
        position,
    };
    check_setting(&["addlogpath", "/f"], log(LogPosition::Head));
    check_setting(&["addlogpath", "/f", "TAIL"], log(LogPosition::Tail));
    check_setting(&["addaction", "a"], Setting::AddAction("a".to_owned()));
    let property = Setting::ActionProperty {
        action: "a".to_owned(),
        property: Some("actionban".to_owned()),
        value: Some(Value::from("true")),
    };
    check_setting(&["action", "a", "actionban", "true", "x"], property.clone());
    // Old spellings.
    check_setting(&["setctag", "a", "actionban", "true"], property.clone());
    check_setting(&["setcinfo", "a", "actionban", "true"], property.clone());
    check_setting(&["actionban", "a", "true"], property);
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    check_setting(&["dellogpath", "/f"], Setting::DelLogPath("/f".to_owned()));
    check_setting(
        &["deljournalmatch", "a=b", "+"],
        Setting::DelJournalMatch(words(&["a=b", "+"])),
    );
    check_setting(&["idle", "on"], Setting::Idle(true));
    check_setting(&["idle", "off"], Setting::Idle(false));
    check_setting(&["ignorecache", ""], Setting::IgnoreCache(String::new()));
    check_setting(&["delaction", "a"], Setting::DelAction("a".to_owned()));
    let option = Setting::BanTimeOption {
        name: "foo".to_owned(),
        value: Value::from("bar"),
    };
    check_setting(&["bantime.foo", "bar"], option);
}

#[test]
fn jails_are_stopped_reloaded_and_told_of_attempts() {
    let parsed = |words: &[&str]| Request::parse(&command(words)).unwrap();
    let jail = || "alpha".to_owned();
    assert_eq!(parsed(&["stop"]), Request::Stop);
    assert_eq!(parsed(&["stop", "--all"]), Request::StopAllJails);
    assert_eq!(
        parsed(&["stop", "alpha"]),
        Request::StopJail { jail: jail() }
    );
    assert_eq!(parsed(&["sleep", "0.5"]), Request::Sleep { seconds: 0.5 });
    let attempt = Request::Attempt {
        jail: jail(),
        id: "192.0.2.1".to_owned(),
        lines: vec!["a b".to_owned()],
    };
    assert_eq!(
        parsed(&["set", "alpha", "attempt", "192.0.2.1", "a b"]),
        attempt
    );
    let words = vec![
        "reload".into(),
        "--all".into(),
        Value::texts(["--restart", "--unban"]),
        Value::List(vec![Value::texts(["start", "alpha"])]),
    ];
    let reload = f2b_protocol::request::Reload {
        jail: None,
        restart: true,
        unban: true,
        if_exists: false,
        stream: vec![command(&["start", "alpha"])],
    };
    assert_eq!(
        Request::parse(&Command::new(words)).unwrap(),
        Request::Reload(reload)
    );
}

#[test]
fn times_and_numbers_may_be_python_numbers() {
    let parse = |option: &str, value: Value| {
        let words = vec![
            Value::from("set"),
            Value::from("j"),
            Value::from(option),
            value,
        ];
        match Request::parse(&Command::new(words)) {
            Ok(Request::SetJail { setting, .. }) => setting,
            other => panic!("{other:?}"),
        }
    };
    let rows = [
        (
            "findtime",
            Value::Int(600),
            Setting::FindTime(TimeText::Seconds(600)),
        ),
        (
            "findtime",
            Value::Float(5.5),
            Setting::FindTime(TimeText::Fraction(5.5)),
        ),
        (
            "bantime",
            Value::Bool(true),
            Setting::BanTime(TimeText::Seconds(1)),
        ),
        ("maxretry", Value::Float(-0.9), Setting::MaxRetry(0)),
        ("maxretry", Value::Float(3.7), Setting::MaxRetry(3)),
        ("maxretry", Value::Bool(true), Setting::MaxRetry(1)),
        ("ignoreself", Value::Int(2), Setting::IgnoreSelf(true)),
        ("ignoreself", Value::None, Setting::IgnoreSelf(false)),
        (
            "ignorecommand",
            Value::Int(5),
            Setting::IgnoreCommand("5".to_owned()),
        ),
    ];
    for (option, value, expected) in rows {
        assert_eq!(parse(option, value), expected);
    }
}

#[test]
fn a_stream_holds_commands_and_multi_set_holds_values() {
    let regexes = Value::texts(["a", "b"]);
    let several = Command::new(vec![
        Value::from("multi-set"),
        Value::from("j"),
        Value::from("addfailregex"),
        regexes,
    ]);
    let settings = ["a", "b"]
        .map(|regex| Setting::AddFailRegex(regex.to_owned()))
        .to_vec();
    assert_eq!(
        Request::parse(&several),
        Ok(Request::MultiSetJail {
            jail: j(),
            settings
        })
    );

    let pair = Value::List(vec![Value::from("timeout"), Value::Int(60)]);
    let action = Command::new(vec![
        Value::from("multi-set"),
        Value::from("j"),
        Value::from("action"),
        Value::from("a"),
        Value::List(vec![pair]),
    ]);
    let settings = vec![Setting::ActionProperty {
        action: "a".to_owned(),
        property: Some("timeout".to_owned()),
        value: Some(Value::Int(60)),
    }];
    assert_eq!(
        Request::parse(&action),
        Ok(Request::MultiSetJail {
            jail: j(),
            settings
        })
    );

    let stream = Value::List(vec![several.as_value().clone(), Value::texts(["ping"])]);
    let stream = Command::new(vec![Value::from("server-stream"), stream]);
    let expected = Request::ServerStream(vec![several, command(&["ping"])]);
    assert_eq!(Request::parse(&stream), Ok(expected));

    let options = Value::Dict(vec![(Value::from("stacksize"), Value::Int(64))]);
    let thread = Command::new(vec![
        Value::from("set"),
        Value::from("thread"),
        options.clone(),
    ]);
    let expected = ServerSetting::Thread {
        stack_size_kib: Some(64),
    };
    assert_eq!(Request::parse(&thread), Ok(Request::SetServer(expected)));

    let supplement = Command::new(vec![Value::from("stockade-supplement"), options]);
    let pairs = vec![(Value::from("stacksize"), Value::Int(64))];
    assert_eq!(Request::parse(&supplement), Ok(Request::Supplement(pairs)));
}
