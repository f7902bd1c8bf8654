//! What is printed; expectations are those of the original's client 1.1.1, given
//! the same payloads.

use f2b_protocol::request::StatusFlavor;
use f2b_protocol::status::{JailStatus, ServerStatus, StatusSource};
use f2b_protocol::text::{ban_with_time, beautify, beautify_error, nok};
use f2b_protocol::{Command, Exception, Value};

fn check(words: &[&str], payload: &Value, expected: &str) {
    let command = Command::words(words.iter().copied());
    assert_eq!(beautify(&command, payload).unwrap(), expected, "{words:?}");
}

fn list(items: &[&str]) -> Value {
    Value::texts(items.iter().copied())
}

#[test]
fn payloads_are_shown_as_the_original_shows_them() {
    let ok = Value::from;
    check(&["ping"], &ok("pong"), "Server replied: pong");
    check(&["version"], &ok("1.1.1"), "1.1.1");
    check(&["echo"], &list(&[]), "");
    check(&["echo", "a"], &list(&["a", "two words"]), "a two words");
    check(&["server-status"], &ok("Server ready"), "Server ready");
    check(&["config-error", "x"], &Value::None, "None");
    check(&["stop"], &Value::None, "Shutdown successful");
    check(&["stop", "j"], &Value::None, "Jail stopped");
    check(&["start", "j"], &Value::None, "Jail started");
    check(&["add", "j"], &ok("j"), "Added jail j");
    check(&["flushlogs"], &ok("rolled over"), "logs: rolled over");
    check(&["set", "j", "banip", "x"], &Value::Int(3), "3");
    check(&["get", "j", "banned"], &list(&["x"]), "['x']");
    check(&["get", "j", "banned", "x"], &Value::Int(1), "1");
    check(
        &["set", "j", "findtime", "1mo"],
        &Value::Float(2_629_800.0),
        "2629800.0",
    );
    check(
        &["set", "j", "ignoreself", "no"],
        &Value::Bool(false),
        "False",
    );
    check(
        &["get", "thread"],
        &Value::Dict(vec![("stacksize".into(), 0.into())]),
        "{'stacksize': 0}",
    );
}

#[test]
fn lists_of_bans_are_joined_by_the_separator() {
    let two = list(&["192.0.2.10", "2001:db8::7"]);
    check(&["get", "j", "banip"], &list(&[]), "");
    check(&["get", "j", "banip"], &two, "192.0.2.10 2001:db8::7");
    check(&["get", "j", "banip", ","], &two, "192.0.2.10,2001:db8::7");
    check(&["get", "j", "banip", ""], &two, "192.0.2.102001:db8::7");
    check(
        &["get", "j", "banip", "--with-time"],
        &two,
        "192.0.2.10\n2001:db8::7",
    );
    assert_eq!(
        ban_with_time(
            "192.0.2.10",
            "2026-11-21 19:49:18",
            600,
            "2026-11-21 19:59:18"
        ),
        "192.0.2.10 \t2026-11-21 19:49:18 + 600 = 2026-11-21 19:59:18"
    );
}

#[test]
fn options_are_shown_as_the_original_shows_them() {
    let ok = Value::from;
    check(
        &["set", "loglevel", "debug"],
        &ok("DEBUG"),
        "Current logging level is 'DEBUG'",
    );
    check(
        &["get", "logtarget"],
        &ok("STDOUT"),
        "Current logging target is:\n`- STDOUT",
    );
    check(
        &["get", "syslogsocket"],
        &ok("auto"),
        "Current syslog socket is:\n`- auto",
    );
    check(
        &["set", "dbfile", "f"],
        &ok("f"),
        "Current database file is:\n`- f",
    );
    check(
        &["get", "dbfile"],
        &Value::None,
        "Database currently disabled",
    );
    check(
        &["get", "dbpurgeage"],
        &Value::None,
        "Database currently disabled",
    );
    check(
        &["get", "dbpurgeage"],
        &Value::Int(86400),
        "Current database purge age is:\n`- 86400seconds",
    );
    check(&["get", "dbmaxmatches"], &Value::None, "None");
    check(&["set", "allowipv6", "yes"], &ok("yes"), "yes");

    let log = "Current monitored log file(s):\n|- x\n`- y";
    check(&["get", "j", "logpath"], &list(&["x", "y"]), log);
    check(
        &["set", "j", "addlogpath", "x"],
        &list(&[]),
        "No file is currently monitored",
    );
    check(
        &["get", "j", "logencoding"],
        &ok("UTF-8"),
        "Current log encoding is set to:\nUTF-8",
    );
    let matches = Value::List(vec![list(&["A=1"]), list(&["B=2", "C=3"])]);
    check(
        &["get", "j", "journalmatch"],
        &matches,
        "Current match filter:\nA=1 + B=2 C=3",
    );
    check(
        &["get", "j", "journalmatch"],
        &list(&[]),
        "No journal match filter set",
    );
    let ignored = "These IP addresses/networks are ignored:\n`- x";
    check(&["set", "j", "addignoreip", "x"], &list(&["x"]), ignored);
    check(
        &["get", "j", "ignoreip"],
        &list(&[]),
        "No IP address/network is ignored",
    );
    let regexes = "The following regular expression are defined:\n|- [0]: x\n`- [1]: y";
    check(&["get", "j", "failregex"], &list(&["x", "y"]), regexes);
    check(
        &["set", "j", "addignoreregex", "x"],
        &list(&[]),
        "No regular expression is defined",
    );
    let actions = "The jail j has the following actions:\nx, y";
    check(&["get", "j", "actions"], &list(&["x", "y"]), actions);
    check(
        &["get", "j", "actions"],
        &list(&[]),
        "No actions for jail j",
    );
    let properties = "The jail j action z has the following properties:\nx, y";
    check(
        &["get", "j", "actionproperties", "z"],
        &list(&["x", "y"]),
        properties,
    );
    let none = "No properties for jail j action z";
    check(&["get", "j", "actionproperties", "z"], &list(&[]), none);
    let pattern = |pattern: Value| Value::Tuple(vec![pattern, Value::from("n")]);
    check(
        &["get", "j", "datepattern"],
        &Value::None,
        "Current date pattern set to: Not set/required",
    );
    check(
        &["get", "j", "datepattern"],
        &pattern(Value::None),
        "Current date pattern set to: n",
    );
    check(
        &["get", "j", "datepattern"],
        &pattern("p".into()),
        "Current date pattern set to: p (n)",
    );
}

#[test]
fn status_is_a_tree_with_tabs() {
    let server = ServerStatus {
        jails: vec!["beta".to_owned(), "alpha".to_owned()],
    };
    let expected = "Status\n|- Number of jail:\t2\n`- Jail list:\talpha, beta";
    check(&["status"], &server.to_value(), expected);
    let server = ServerStatus { jails: vec![] };
    check(
        &["status"],
        &server.to_value(),
        "Status\n|- Number of jail:\t0\n`- Jail list:\t",
    );

    let mut jail = JailStatus {
        backend: "polling".to_owned(),
        currently_failed: 1,
        total_failed: 7,
        source: StatusSource::Files(vec!["/srv/alpha.log".to_owned()]),
        currently_banned: 2,
        total_banned: 2,
        banned: vec!["192.0.2.10".to_owned(), "2001:db8::7".to_owned()],
    };
    let expected = "Status for the jail: alpha
|- Filter
|  |- Currently failed:\t1
|  |- Total failed:\t7
|  `- File list:\t/srv/alpha.log
`- Actions
   |- Currently banned:\t2
   |- Total banned:\t2
   `- Banned IP list:\t192.0.2.10 2001:db8::7";
    check(
        &["status", "alpha"],
        &jail.to_value(&StatusFlavor::Basic),
        expected,
    );

    jail.source = StatusSource::Journal(vec!["A=1 + B=2".to_owned()]);
    let expected = "Status for the jail: alpha
|- Filter
|  |- Currently failed:\t1
|  |- Total failed:\t7
|  `- Journal matches:\tA=1 + B=2
`- Actions
   |- Currently banned:\t2
   `- Total banned:\t2";
    check(
        &["status", "alpha", "short"],
        &jail.to_value(&StatusFlavor::Short),
        expected,
    );
}

#[test]
fn status_of_all_jails_nests_their_trees() {
    let pair = |name: &str, value: Value| Value::Tuple(vec![name.into(), value]);
    let status = |n| Value::List(vec![pair("F", Value::List(vec![pair("x", Value::Int(n))]))]);
    let jails = Value::Dict(vec![("a".into(), status(1)), ("b".into(), status(2))]);
    let payload = |jails| Value::List(vec![pair("Number of jail", Value::Int(2)), jails]);
    let expected = "Status
|- Number of jail:\t2
`- Status for the jails:
   |- Jail: a
   |  `- F
   |     `- x:\t1
   `- Jail: b
      `- F
         `- x:\t2";
    check(&["status", "--all"], &payload(jails), expected);
    let expected = "Status\n`- Number of jail:\t2";
    check(
        &["status", "--all"],
        &payload(Value::Dict(vec![])),
        expected,
    );
}

#[test]
fn a_payload_that_does_not_fit_is_an_error_with_the_original_s_text() {
    let error = beautify(&Command::words(["ping"]), &Value::Int(5)).unwrap_err();
    assert_eq!(error.to_string(), "Beautify 5 with ['ping'] failed");
    assert_eq!(error.printed(), "55");
    for words in [&["status"][..], &["status", "j"], &["get", "j", "logpath"]] {
        assert!(beautify(&Command::words(words.iter().copied()), &Value::Int(5)).is_err());
    }
}

/// Exceptions; what stdout shows; what the log line says.
#[test]
fn errors_are_shown_as_the_original_shows_them() {
    let exception = |class: &'static str, args: Vec<Value>| Exception {
        module: "builtins".into(),
        class: class.into(),
        args,
    };
    let place = Value::Tuple(vec!["<string>".into(), Value::Int(1), Value::Int(3)]);
    let unicode = vec![
        Value::from("utf-8"),
        Value::from("aé"),
        Value::Int(1),
        Value::Int(2),
        Value::from("no reason"),
    ];
    let rows = vec![
        (
            Exception::unknown_jail("a"),
            "Sorry but the jail 'a' does not exist",
            "NOK: ('a',)",
        ),
        (
            Exception::duplicate_jail("a"),
            "The jail 'a' already exists",
            "NOK: ('a',)",
        ),
        (
            Exception::missing_word(),
            "Sorry but the command is invalid",
            "NOK: ('list index out of range',)",
        ),
        (
            Exception::invalid_command(),
            "Invalid command",
            "NOK: ('Invalid command',)",
        ),
        (
            Exception::unknown_action("x"),
            "'Invalid Action name: x'",
            "NOK: ('Invalid Action name: x',)",
        ),
        (
            Exception::os(2, "No such file or directory", "/f"),
            "[Errno 2] No such file or directory: '/f'",
            "NOK: (2, 'No such file or directory')",
        ),
        (
            exception("OSError", vec![5.into(), "text".into()]),
            "[Errno 5] text",
            "NOK: (5, 'text')",
        ),
        (
            exception("OSError", vec!["text".into()]),
            "text",
            "NOK: ('text',)",
        ),
        (exception("ValueError", vec![]), "", "NOK: ()"),
        (
            exception("ValueError", vec!["a".into(), "b".into()]),
            "('a', 'b')",
            "NOK: ('a', 'b')",
        ),
        (
            exception("SyntaxError", vec!["invalid syntax".into(), place]),
            "invalid syntax (<string>, line 1)",
            "NOK: ('invalid syntax', ('<string>', 1, 3))",
        ),
        (
            exception("UnicodeEncodeError", unicode),
            "'utf-8' codec can't encode character '\\xe9' in position 1: no reason",
            "NOK: ('utf-8', 'aé', 1, 2, 'no reason')",
        ),
        (
            Exception::not_banned(&["192.0.2.20".to_owned()]),
            "not banned: ['192.0.2.20']",
            "NOK: (\"not banned: ['192.0.2.20']\",)",
        ),
        (
            Exception::invalid_log_level("WRONG"),
            "Invalid log level 'WRONG'",
            "NOK: (\"Invalid log level 'WRONG'\",)",
        ),
        (
            Exception::unknown_backend("x"),
            "Unknown backend x. Must be among ['pyinotify', 'polling', 'systemd'] or 'auto'",
            "NOK: (\"Unknown backend x. Must be among ['pyinotify', 'polling', 'systemd'] or 'auto'\",)",
        ),
        (
            Exception::uncompilable_regex(
                "(((\\d",
                "missing ), unterminated subpattern at position 2",
            ),
            "Unable to compile regular expression '(((\\d':\nmissing ), unterminated subpattern at position 2",
            "NOK: (\"Unable to compile regular expression '(((\\\\d':\\nmissing ), unterminated subpattern at position 2\",)",
        ),
    ];
    for (exception, shown, logged) in rows {
        assert_eq!(beautify_error(&exception), shown);
        assert_eq!(nok(&exception), logged);
    }
}

#[test]
fn exceptions_are_logged_as_python_represents_them() {
    let rows = [
        (
            Exception::undefined_name("dog"),
            "NameError(\"name 'dog' is not defined\")",
        ),
        (
            Exception::os(2, "No such file", "/f"),
            "FileNotFoundError(2, 'No such file')",
        ),
        (Exception::unknown_jail("x"), "UnknownJailException('x')"),
    ];
    for (exception, expected) in rows {
        assert_eq!(exception.repr(), expected);
    }
}
