//! The name of a backend and its arguments: `systemd[journalpath=/srv/journal]`.

use f2b_protocol::{Exception, Value};
use f2b_source::journal::{DEFAULT_FLAGS, Which, split};

use crate::engine::jail::Backend;

/// Which journal a jail reads, if it reads one.
#[derive(Clone, Debug, Default)]
pub(crate) struct JournalArguments {
    /// The journal.
    pub(crate) which: Which,
    /// What the configuration says of it.
    pub(crate) arguments: Vec<(String, String)>,
}

impl JournalArguments {
    /// Takes the text of a backend apart.
    ///
    /// # Errors
    /// There is no such backend, or its arguments say nothing; with a hint.
    pub(crate) fn of_backend(text: &str) -> Result<(Backend, Self), Exception> {
        let wrong = |reason: String| Exception::value(format!("`backend = {text}`: {reason}"));
        let (name, arguments) = split(text).map_err(|error| wrong(error.to_string()))?;
        let kind = match name.to_lowercase().as_str() {
            "auto" => Backend::Auto,
            "pyinotify" | "polling" | "gamin" => Backend::Files,
            "systemd" => Backend::Journal,
            _ => return Err(Exception::unknown_backend(&name)),
        };
        if kind != Backend::Journal
            && let Some((argument, _)) = arguments.first()
        {
            return Err(wrong(format!(
                "`{name}` has no argument `{argument}` (hint: arguments are for `systemd`)"
            )));
        }
        let flags = std::env::var(DEFAULT_FLAGS).ok();
        let which = Which::of(&arguments, flags.as_deref());
        let which = which.map_err(|error| wrong(error.to_string()))?;
        Ok((kind, Self { which, arguments }))
    }

    /// Returns the arguments as the log shows them.
    ///
    /// *Shape*: `{'journalpath': '/srv/journal'}`.
    pub(crate) fn shown(&self) -> String {
        self.dict().repr()
    }

    /// Returns the arguments as keys and values.
    pub(crate) fn dict(&self) -> Value {
        let pairs = self.arguments.iter();
        let pairs =
            pairs.map(|(key, value)| (Value::text(key.clone()), Value::text(value.clone())));
        Value::Dict(pairs.collect())
    }
}
