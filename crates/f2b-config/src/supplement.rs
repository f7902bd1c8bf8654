//! What our server is sent beside the stream (design: "The path of a line").

use f2b_protocol::{Command, Value};

use crate::{Awaited, Diagnostic, Read};

/// The name of the command.
const NAME: &str = "stockade-supplement";

impl Read {
    /// Returns the one command that goes ahead of the stream, to a server of ours only.
    ///
    /// *Shape*: `['stockade-supplement', {'waiting': {JAIL: [[PATH, MODE], …]}, 'patterns': {JAIL:
    /// [[PATTERN, MODE], …]}, 'origins': ['FILE:LINE' or None, …], 'mistakes': [[SEVERITY, TEXT],
    /// …]}]`; `origins` has one entry for each command of the stream.
    #[must_use]
    pub fn supplement(&self, mistakes: &[Diagnostic]) -> Command {
        let by_jail = |logs: fn(&Awaited) -> &[(String, String)]| {
            let jails = self.awaited.iter();
            let jails = jails.map(|(jail, awaited)| (jail, logs(awaited)));
            let pairs = jails.filter(|(_, logs)| !logs.is_empty());
            let lines = |logs: &[(String, String)]| {
                let lines = logs.iter();
                Value::List(
                    lines
                        .map(|(path, mode)| Value::texts([path, mode]))
                        .collect(),
                )
            };
            Value::Dict(
                pairs
                    .map(|(jail, logs)| (Value::from(jail.as_str()), lines(logs)))
                    .collect(),
            )
        };
        let origins = self.stream.iter().flatten().map(|sent| {
            sent.origin.as_ref().map_or(Value::None, |origin| {
                Value::text(format!("{}:{}", origin.source.file, origin.line))
            })
        });
        let mistakes = mistakes
            .iter()
            .map(|mistake| Value::texts([mistake.severity.to_string(), mistake.one_line()]));
        let pairs = [
            ("waiting", by_jail(|awaited| &awaited.paths)),
            ("patterns", by_jail(|awaited| &awaited.patterns)),
            ("origins", Value::List(origins.collect())),
            ("mistakes", Value::List(mistakes.collect())),
        ];
        let pairs = pairs.map(|(key, value)| (Value::from(key), value));
        Command::new(vec![Value::from(NAME), Value::Dict(pairs.into())])
    }
}
