//! What a stream cannot say and our own programs send ahead of it.

use f2b_protocol::Value;
use indexmap::IndexMap;

/// Paths or patterns of logs, each with where reading begins, as it is written.
type Logs = Vec<(String, String)>;

/// Log files that are waited for, and where the commands of the stream come from.
///
/// *Shape*: `{'waiting': {'sshd': [['/var/log/auth.log', 'head']]}, 'patterns': {'web':
/// [['/var/log/web/*.log', 'tail']]}, 'origins': ['/etc/fail2ban/jail.local:3', None], 'mistakes':
/// [['error', 'jail.local:3: …']], 'overrides': ['loglevel']}`; `origins` goes along the commands that follow.
#[derive(Debug, Default)]
pub(super) struct Supplement {
    /// Paths that lead nowhere yet, by jail.
    pub(super) waiting: IndexMap<String, Logs>,
    /// Patterns that further files may come to fit, by jail.
    pub(super) patterns: IndexMap<String, Logs>,
    /// What is wrong with the configuration, and whether it is an error.
    pub(super) mistakes: Vec<(bool, String)>,
    /// Whether errors are among them.
    pub(super) tells_mistakes: bool,
    /// Options that the client's command line has set: `loglevel`, `logtarget`, `syslogsocket`.
    pub(super) overrides: Vec<String>,
    origins: Vec<Option<String>>,
}

impl Supplement {
    pub(super) fn of(pairs: &[(Value, Value)]) -> Self {
        let entry = |name: &str| {
            let mut pairs = pairs.iter();
            let (_, value) = pairs.find(|(key, _)| key.as_str() == Some(name))?;
            Some(value)
        };
        let sequence = |name| entry(name).and_then(Value::as_sequence).unwrap_or_default();
        let mistakes = sequence("mistakes").iter().filter_map(|mistake| {
            let [severity, text] = mistake.as_sequence()? else {
                return None;
            };
            Some((severity.as_str() == Some("error"), text.str()))
        });
        let mistakes: Vec<(bool, String)> = mistakes.collect();
        let origins = sequence("origins").iter();
        Self {
            tells_mistakes: mistakes.iter().any(|(is_error, _)| *is_error),
            waiting: by_jail(entry("waiting")),
            patterns: by_jail(entry("patterns")),
            mistakes,
            overrides: sequence("overrides").iter().map(Value::str).collect(),
            origins: origins
                .map(|place| place.as_str().map(str::to_owned))
                .collect(),
        }
    }

    /// Returns where a command of the stream comes from, as the beginning of a message.
    pub(super) fn place(&self, command: usize) -> String {
        let place = self.origins.get(command).and_then(Option::as_ref);
        place.map_or_else(String::new, |place| format!("{place}: "))
    }
}

fn by_jail(jails: Option<&Value>) -> IndexMap<String, Logs> {
    let Some(Value::Dict(jails)) = jails else {
        return IndexMap::new();
    };
    let log = |line: &Value| match line.as_sequence()? {
        [path, mode] => Some((path.str(), mode.str())),
        _ => None,
    };
    let logs = |lines: &Value| {
        lines
            .as_sequence()
            .unwrap_or_default()
            .iter()
            .filter_map(log)
            .collect()
    };
    let jails = jails.iter();
    jails
        .filter_map(|(jail, lines)| Some((jail.as_str()?.to_owned(), logs(lines))))
        .collect()
}
