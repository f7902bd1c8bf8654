//! The action that runs no command: its properties as rules for the kernel.

use f2b_firewall::ports::{self, services::Services};
use f2b_firewall::{Blocktype, JailRules, PortRange};
use indexmap::IndexMap;

/// Why an action's properties are no rules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NativeError {
    #[error(
        "the action runs `{0}`, which is not available in this version (hint: use `banaction = stockade`)"
    )]
    RunsCommands(String),
    #[error("`{option} = {value}`: {reason}")]
    Ports {
        option: &'static str,
        value: String,
        reason: ports::PortError,
    },
    #[error("`blocktype = {0}`: only `drop` is available in this version")]
    Blocktype(String),
}

/// Tells whether the server itself carries out this action.
pub(crate) fn is_native(properties: &IndexMap<String, String>) -> bool {
    properties.get("native").is_some_and(|value| value == "yes")
}

/// Returns the rules that an action's properties ask for; `None` if they ask for nothing at all.
pub(crate) fn rules(
    jail: &str,
    properties: &IndexMap<String, String>,
) -> Result<Option<JailRules>, NativeError> {
    if !is_native(properties) {
        let mut commands = properties
            .iter()
            .filter(|(key, value)| key.starts_with("action") && !value.is_empty());
        return match commands.next() {
            Some((command, _)) => Err(NativeError::RunsCommands(command.clone())),
            None => Ok(None),
        };
    }
    let property = |name: &str, default: &str| {
        properties
            .get(name)
            .map_or(default, String::as_str)
            .to_owned()
    };
    let wrong = |option, value: &str, reason| NativeError::Ports {
        option,
        value: value.to_owned(),
        reason,
    };
    let protocol = property("protocol", "tcp");
    let protocols =
        ports::parse_protocols(&protocol).map_err(|reason| wrong("protocol", &protocol, reason))?;
    let services = Services::of_system();
    let port = property("port", "0:65535");
    let mut ports = ports::parse(&port, &protocols, |name, protocol| {
        services.port(name, protocol)
    })
    .map_err(|reason| wrong("port", &port, reason))?;
    if ports.contains(&PortRange::ALL) {
        ports.clear();
    }
    match property("blocktype", "drop").as_str() {
        "drop" | "DROP" => {}
        other => return Err(NativeError::Blocktype(other.to_owned())),
    }
    Ok(Some(JailRules {
        jail: jail.to_owned(),
        ports,
        protocols,
        blocktype: Blocktype::Drop,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pairs: &[(&str, &str)]) -> String {
        let properties = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        match rules("sshd", &properties) {
            Err(error) => error.to_string(),
            Ok(None) => "nothing".to_owned(),
            Ok(Some(rules)) => format!("{:?} {:?}", rules.protocols, rules.ports),
        }
    }

    #[test]
    fn properties_become_rules_or_say_what_is_wrong() {
        let check = |pairs: &[(&str, &str)], expected: &str| {
            let seen = seen(pairs);
            assert!(seen.contains(expected), "{seen}");
        };
        check(
            &[
                ("native", "yes"),
                ("port", "ssh,8000:8010"),
                ("protocol", "tcp,udp"),
            ],
            "[Tcp, Udp] [PortRange { first: 22",
        );
        check(&[("native", "yes")], "[Tcp] []");
        check(
            &[("native", "yes"), ("port", "sssh")],
            "`port = sssh`: unknown port",
        );
        check(
            &[("native", "yes"), ("protocol", "icmp")],
            "`protocol = icmp`: unknown protocol",
        );
        check(&[("native", "yes"), ("blocktype", "reject")], "only `drop`");
        check(&[("actionban", "x")], "the action runs `actionban`");
        check(&[("actionban", ""), ("name", "x")], "nothing");
    }
}
