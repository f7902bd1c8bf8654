//! What a server answers when a command fails: a Python exception, as data.

use std::borrow::Cow;
use std::fmt;

use crate::Value;

/// Holds an exception as it travels: which class, called with what. Nothing
/// here ever calls it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    /// Module of the class: `builtins`, `fail2ban.exceptions`.
    pub module: Cow<'static, str>,
    /// Name of the class.
    pub class: Cow<'static, str>,
    /// Arguments of the call that makes it.
    pub args: Vec<Value>,
}

/// Module of the original's own exceptions.
const EXCEPTIONS: &str = "fail2ban.exceptions";

impl Exception {
    fn new(module: &'static str, class: &'static str, args: Vec<Value>) -> Self {
        Self {
            module: Cow::Borrowed(module),
            class: Cow::Borrowed(class),
            args,
        }
    }

    fn builtin(class: &'static str, text: impl Into<String>) -> Self {
        Self::new("builtins", class, vec![Value::text(text)])
    }

    /// Returns the answer to a command that names a jail which is not there.
    pub fn unknown_jail(jail: impl Into<Value>) -> Self {
        Self::new(EXCEPTIONS, "UnknownJailException", vec![jail.into()])
    }

    /// Returns the answer to an `add` of a jail that is there already.
    pub fn duplicate_jail(jail: impl Into<Value>) -> Self {
        Self::new(EXCEPTIONS, "DuplicateJailException", vec![jail.into()])
    }

    /// Returns the answer to a command with too few words.
    #[must_use]
    pub fn missing_word() -> Self {
        Self::index("list index out of range")
    }

    /// Returns an `IndexError` with this text.
    pub fn index(text: impl Into<String>) -> Self {
        Self::builtin("IndexError", text)
    }

    /// Returns a plain `Exception` with this text.
    pub fn general(text: impl Into<String>) -> Self {
        Self::builtin("Exception", text)
    }

    /// Returns the answer to a command nobody knows.
    #[must_use]
    pub fn invalid_command() -> Self {
        Self::general("Invalid command")
    }

    /// Returns the answer to a regular expression that cannot be used.
    pub fn regex(text: impl Into<String>) -> Self {
        Self::new(
            "fail2ban.server.failregex",
            "RegexException",
            vec![Value::text(text)],
        )
    }

    /// Returns the answer to a rule without a group that names the offender.
    #[must_use]
    pub fn no_failure_id(regex: &str) -> Self {
        Self::regex(format!(
            "No failure-id group in {}",
            Value::from(regex).repr()
        ))
    }

    /// Returns the answer to a rule that does not compile.
    ///
    /// `expanded` is the rule with its tags replaced, `reason` the engine's text.
    #[must_use]
    pub fn uncompilable_regex(expanded: &str, reason: &str) -> Self {
        // The original puts the rule between plain quotes and escapes nothing.
        Self::regex(format!(
            "Unable to compile regular expression '{expanded}':\n{reason}"
        ))
    }

    /// Returns a `ValueError` with this text.
    pub fn value(text: impl Into<String>) -> Self {
        Self::builtin("ValueError", text)
    }

    /// Returns the answer to a word that is no whole number.
    #[must_use]
    pub fn invalid_int(word: &Value) -> Self {
        Self::value(format!(
            "invalid literal for int() with base 10: {}",
            word.repr()
        ))
    }

    /// Returns the answer to `maxlines` below one.
    #[must_use]
    pub fn max_lines() -> Self {
        Self::value("maxlines must be integer greater than zero")
    }

    /// Returns the answer to a log level that does not exist; the original shows
    /// it in capitals.
    #[must_use]
    pub fn invalid_log_level(level: &str) -> Self {
        Self::value(format!("Invalid log level {}", Value::from(level).repr()))
    }

    /// Returns the answer to a backend that does not exist.
    #[must_use]
    pub fn unknown_backend(backend: &str) -> Self {
        Self::value(format!(
            "Unknown backend {backend}. Must be among ['pyinotify', 'polling', 'systemd'] or 'auto'"
        ))
    }

    /// Returns the answer to `unbanip --report-absent` of addresses not banned.
    #[must_use]
    pub fn not_banned(ids: &[String]) -> Self {
        Self::value(format!("not banned: {}", Value::texts(ids).repr()))
    }

    /// Returns the answer to `addaction` of an action that is there already.
    #[must_use]
    pub fn duplicate_action(action: &str) -> Self {
        Self::value(format!("Action {action} already exists"))
    }

    /// Returns the answer to a time zone that cannot be used.
    #[must_use]
    pub fn unknown_time_zone(zone: &str) -> Self {
        Self::value(format!(
            "Unknown or unsupported time zone: {}",
            Value::from(zone).repr()
        ))
    }

    /// Returns the answer to a command for an action the jail does not have.
    #[must_use]
    pub fn unknown_action(action: &str) -> Self {
        Self::builtin("KeyError", format!("Invalid Action name: {action}"))
    }

    /// Returns the answer to a question for a property the action does not have.
    #[must_use]
    pub fn unknown_property(property: &str) -> Self {
        Self::builtin(
            "AttributeError",
            format!("'CommandAction' object has no attribute '{property}'"),
        )
    }

    /// Returns a `KeyError` with this key.
    pub fn key(key: impl Into<Value>) -> Self {
        Self::new("builtins", "KeyError", vec![key.into()])
    }

    /// Returns an `AttributeError` with this text.
    pub fn attribute(text: impl Into<String>) -> Self {
        Self::builtin("AttributeError", text)
    }

    /// Returns the answer to a value of a type that has no such method.
    #[must_use]
    pub fn no_attribute(value: &Value, attribute: &str) -> Self {
        Self::attribute(format!(
            "'{}' object has no attribute '{attribute}'",
            value.type_name()
        ))
    }

    /// Returns a `TypeError` with this text.
    pub fn type_error(text: impl Into<String>) -> Self {
        Self::builtin("TypeError", text)
    }

    /// Returns the answer to a time that names something unknown, as in `dog`.
    #[must_use]
    pub fn undefined_name(name: &str) -> Self {
        Self::builtin("NameError", format!("name '{name}' is not defined"))
    }

    /// Returns the answer to a time that is no expression.
    pub fn syntax(text: impl Into<String>) -> Self {
        Self::builtin("SyntaxError", text)
    }

    /// Returns the answer to a time that divides by zero.
    #[must_use]
    pub fn zero_division() -> Self {
        Self::builtin("ZeroDivisionError", "division by zero")
    }

    /// Returns the answer to a codec that does not exist.
    #[must_use]
    pub fn unknown_encoding(encoding: &str) -> Self {
        Self::builtin("LookupError", format!("unknown encoding: {encoding}"))
    }

    /// Returns the answer to a change of the database while jails exist.
    #[must_use]
    pub fn database_in_use() -> Self {
        Self::runtime("Cannot change database when there are jails present")
    }

    /// Returns an `OverflowError` with this text.
    pub fn overflow(text: impl Into<String>) -> Self {
        Self::builtin("OverflowError", text)
    }

    /// Returns a `RuntimeError` with this text: what an action answers whose command failed.
    pub fn runtime(text: impl Into<String>) -> Self {
        Self::builtin("RuntimeError", text)
    }

    /// Returns the failure of a system call on a file.
    ///
    /// `code` is the error number, `reason` the system's text for it.
    pub fn os(code: i32, reason: impl Into<String>, file: impl Into<Value>) -> Self {
        let class = match code {
            1 | 13 => "PermissionError",
            2 => "FileNotFoundError",
            17 => "FileExistsError",
            20 => "NotADirectoryError",
            21 => "IsADirectoryError",
            _ => "OSError",
        };
        let args = vec![
            Value::Int(i64::from(code)),
            Value::text(reason),
            file.into(),
        ];
        Self::new("builtins", class, args)
    }

    /// Returns the answer to a command of the original that this version does
    /// not carry out.
    #[must_use]
    pub fn not_available(command: &str) -> Self {
        Self::general(format!(
            "The command '{command}' is not available in this version of Stockade"
        ))
    }

    /// Says whether this is the class, whichever module it came from.
    #[must_use]
    pub fn is(&self, class: &str) -> bool {
        self.class == class
    }

    /// Says whether the class is `OSError` or one of Python's kinds of it.
    #[must_use]
    pub fn is_os_error(&self) -> bool {
        self.module == "builtins" && OS_ERRORS.contains(&self.class.as_ref())
    }

    /// Returns the arguments as the exception keeps them: Python's `args`.
    ///
    /// An OS error with a file name keeps only number and reason there.
    #[must_use]
    pub fn kept_args(&self) -> &[Value] {
        let named = self.is_os_error() && (3..=5).contains(&self.args.len());
        let kept = if named { 2 } else { self.args.len() };
        self.args.get(..kept).unwrap_or(&[])
    }

    /// Returns Python's `repr()` of the exception, as server logs show it.
    ///
    /// *Shape*: `ValueError('not banned: …')`.
    #[must_use]
    pub fn repr(&self) -> String {
        match self.kept_args() {
            [only] => format!("{}({})", self.class, only.repr()),
            all => format!("{}{}", self.class, Value::Tuple(all.to_vec()).repr()),
        }
    }

    fn is_key_error(&self) -> bool {
        self.is("KeyError") || self.is("UnknownJailException")
    }
}

/// Python's `OSError` and its kinds.
const OS_ERRORS: &[&str] = &[
    "OSError",
    "BlockingIOError",
    "BrokenPipeError",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "FileExistsError",
    "FileNotFoundError",
    "InterruptedError",
    "IsADirectoryError",
    "NotADirectoryError",
    "PermissionError",
    "ProcessLookupError",
    "TimeoutError",
];

impl std::error::Error for Exception {}

/// Writes what Python's `str()` of the exception gives.
impl fmt::Display for Exception {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.args.as_slice() {
            [] => Ok(()),
            [code, reason] if self.is_os_error() => {
                write!(formatter, "[Errno {}] {}", code.str(), reason.str())
            }
            [code, reason, file, rest @ ..] if self.is_os_error() && rest.len() <= 2 => {
                write!(
                    formatter,
                    "[Errno {}] {}: {}",
                    code.str(),
                    reason.str(),
                    file.repr()
                )?;
                match rest {
                    [_, second] => write!(formatter, " -> {}", second.repr()),
                    _ => Ok(()),
                }
            }
            [text, Value::Tuple(place)] if self.is("SyntaxError") => {
                write!(formatter, "{}", text.str())?;
                match place.as_slice() {
                    [file, line, ..] => {
                        write!(formatter, " ({}, line {})", file.str(), line.str())
                    }
                    _ => Ok(()),
                }
            }
            [codec, text, start, end, reason] if self.is("UnicodeEncodeError") => {
                write_encode_error(formatter, [codec, text, start, end, reason])
            }
            // A KeyError shows its key quoted; the original's jail errors are kinds of it.
            [key] if self.is_key_error() => formatter.write_str(&key.repr()),
            [only] => formatter.write_str(&only.str()),
            all => formatter.write_str(&Value::Tuple(all.to_vec()).repr()),
        }
    }
}

/// Writes what Python says about text that a codec has no bytes for.
fn write_encode_error(
    formatter: &mut fmt::Formatter<'_>,
    [codec, text, start, end, reason]: [&Value; 5],
) -> fmt::Result {
    let (codec, reason) = (codec.str(), reason.str());
    let (start, end) = (start.as_int().unwrap_or(0), end.as_int().unwrap_or(0));
    let place = usize::try_from(start).ok();
    let point = place.and_then(|place| match text {
        Value::Str(text) => text.chars().nth(place).map(u32::from),
        Value::Surrogates(text) => text.points().get(place).copied(),
        _ => None,
    });
    let character = match point {
        Some(point @ ..=0xff) => format!("\\x{point:02x}"),
        Some(point @ ..=0xffff) => format!("\\u{point:04x}"),
        Some(point) => format!("\\U{point:08x}"),
        None => String::new(),
    };
    if end == start.saturating_add(1) && point.is_some() {
        write!(
            formatter,
            "'{codec}' codec can't encode character '{character}' in position {start}"
        )?;
    } else {
        let last = end.saturating_sub(1);
        write!(
            formatter,
            "'{codec}' codec can't encode characters in position {start}-{last}"
        )?;
    }
    write!(formatter, ": {reason}")
}
