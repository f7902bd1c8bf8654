//! Commands that are refused, as the original's server refuses them.

use f2b_protocol::{Command, Exception, Request, Value};

use crate::requests::command;

/// Commands, and the exception that the original's server 1.1.1 answers when it
/// has the jail `alpha` only.
#[test]
fn refusals_are_those_of_the_original() {
    let index = || Exception::missing_word();
    let general = Exception::general;
    let no_set = |word: &str| {
        general(format!(
            "Invalid command '{word}' (no set action or not yet implemented)"
        ))
    };
    let rows: Vec<(Vec<&str>, Exception)> = vec![
        (vec![], index()),
        (vec!["foo"], general("Invalid command".to_owned())),
        (vec!["PING"], general("Invalid command".to_owned())),
        (vec!["unban"], general("Invalid command".to_owned())),
        (
            vec!["status", "a", "b", "c"],
            general("Invalid command (no status)".to_owned()),
        ),
        (vec!["set"], index()),
        (vec!["set", "nojail"], index()),
        (vec!["set", "nojail", "nonsense"], no_set("nonsense")),
        (
            vec!["set", "alpha", "findtime.x", "1"],
            no_set("findtime.x"),
        ),
        (vec!["set", "nojail", "unbanip"], index()),
        (vec!["set", "nojail", "maxretry"], index()),
        (
            vec!["set", "nojail", "maxretry", "x"],
            Exception::invalid_int(&Value::from("x")),
        ),
        (
            vec!["set", "alpha", "maxretry", "3.7"],
            Exception::invalid_int(&Value::from("3.7")),
        ),
        (
            vec!["set", "alpha", "maxretry", "1__0"],
            Exception::invalid_int(&Value::from("1__0")),
        ),
        (
            vec!["set", "alpha", "maxretry", ""],
            Exception::invalid_int(&Value::from("")),
        ),
        (
            vec!["set", "nojail", "maxlines", "0"],
            Exception::unknown_jail("nojail"),
        ),
        (
            vec!["set", "alpha", "maxlines", "0"],
            Exception::max_lines(),
        ),
        (
            vec!["set", "alpha", "maxlines", "-1"],
            Exception::max_lines(),
        ),
        (vec!["set", "nojail", "addlogpath"], index()),
        (
            vec!["set", "nojail", "addlogpath", "f", "sideways"],
            Exception::value("File option must be 'head' or 'tail'"),
        ),
        (
            vec!["set", "nojail", "addlogpath", "f", "head", "x"],
            Exception::value("Only one file can be added at a time"),
        ),
        (vec!["set", "nojail", "action"], index()),
        (vec!["set", "nojail", "addaction"], index()),
        (vec!["set", "alpha", "addaction", "A", "x"], index()),
        (
            vec!["set", "nojail", "idle", "x"],
            general("Invalid idle option, must be 'on' or 'off'".to_owned()),
        ),
        (vec!["set", "loglevel"], index()),
        (vec!["set", "thread"], index()),
        (
            vec!["set", "thread", "64"],
            Exception::attribute("'str' object has no attribute 'items'"),
        ),
        (vec!["get"], index()),
        (vec!["get", "nojail"], index()),
        (
            vec!["get", "nojail", "zz"],
            general("Invalid command (no get action or not yet implemented)".to_owned()),
        ),
        (vec!["get", "allowipv6"], index()),
        (vec!["add"], index()),
        (
            vec!["add", "--all"],
            general("Reserved name '--all'".to_owned()),
        ),
        (vec!["start"], index()),
        (vec!["server-stream"], index()),
        (vec!["sleep"], index()),
        (
            vec!["sleep", "1m"],
            Exception::value("could not convert string to float: '1m'"),
        ),
        (
            vec!["reload"],
            Exception::type_error(
                "Server.reloadJails() missing 2 required positional arguments: 'name' and 'opts'",
            ),
        ),
        (
            vec!["reload", "alpha"],
            Exception::type_error(
                "Server.reloadJails() missing 1 required positional argument: 'opts'",
            ),
        ),
        (vec!["reload", "alpha", "x"], index()),
        (
            vec!["set", "alpha", "attempt"],
            Exception::type_error(
                "Filter.addAttempt() missing 1 required positional argument: 'ip'",
            ),
        ),
        (vec!["set", "alpha", "bantime.foo"], index()),
        (vec!["set", "alpha", "delaction"], index()),
        (vec!["set", "alpha", "dellogpath"], index()),
        (
            vec!["server-stream", "x"],
            general("Invalid command".to_owned()),
        ),
        (vec!["config-error"], index()),
        (vec!["multi-set"], index()),
        (vec!["multi-set", "alpha"], index()),
        (vec!["multi-set", "alpha", "action", "trace"], index()),
        (
            vec!["multi-set", "nojail", "action", "trace", "x"],
            Exception::unknown_jail("nojail"),
        ),
        (
            vec!["multi-set", "alpha", "action", "trace", "x"],
            Exception::index("string index out of range"),
        ),
        (vec!["multi-set", "alpha", "addfailregex"], index()),
        (
            vec!["multi-set", "alpha", "nonsense", "x"],
            no_set("nonsense"),
        ),
    ];
    for (words, expected) in rows {
        let refusal = Request::parse(&command(&words)).expect_err(&format!("{words:?}"));
        assert_eq!(
            refusal.into_exception(|jail| jail == "alpha"),
            expected,
            "{words:?}"
        );
    }
}

#[test]
fn words_of_other_types_are_refused_as_the_original_refuses_them() {
    let list = || Value::texts(["x"]);
    let rows: Vec<(Vec<Value>, Exception)> = vec![
        (vec![Value::None], Exception::invalid_command()),
        (vec![list()], Exception::invalid_command()),
        (
            vec!["status".into(), Value::Int(5)],
            Exception::unknown_jail(Value::Int(5)),
        ),
        (
            vec!["status".into(), list()],
            Exception::type_error("unhashable type: 'list'"),
        ),
        (
            vec!["set".into(), "alpha".into(), "banip".into(), list()],
            Exception::type_error("unhashable type: 'list'"),
        ),
        (
            vec!["set".into(), "alpha".into(), Value::Int(5)],
            Exception::attribute("'int' object has no attribute 'startswith'"),
        ),
        (
            vec!["set".into(), "loglevel".into(), Value::Bool(true)],
            Exception::attribute("'bool' object has no attribute 'upper'"),
        ),
        (
            vec!["set".into(), "alpha".into(), "usedns".into(), Value::Int(5)],
            Exception::attribute("'int' object has no attribute 'lower'"),
        ),
        (
            vec!["set".into(), "alpha".into(), "findtime".into(), Value::None],
            Exception::type_error("expected string or bytes-like object, got 'NoneType'"),
        ),
        (
            vec!["set".into(), "alpha".into(), "maxretry".into(), list()],
            Exception::type_error(
                "int() argument must be a string, a bytes-like object or a real number, not 'list'",
            ),
        ),
        (
            vec!["server-stream".into(), Value::Int(5)],
            Exception::type_error("'int' object is not iterable"),
        ),
        (
            vec!["server-stream".into(), Value::List(vec![Value::Int(5)])],
            Exception::type_error("'int' object is not subscriptable"),
        ),
        (
            vec![
                "set".into(),
                "thread".into(),
                Value::Dict(vec![("foo".into(), Value::Int(1))]),
            ],
            Exception::key("unknown option 'foo'"),
        ),
    ];
    for (words, expected) in rows {
        let refusal = Request::parse(&Command::new(words.clone())).unwrap_err();
        assert_eq!(
            refusal.into_exception(|jail| jail == "alpha"),
            expected,
            "{words:?}"
        );
    }
}
