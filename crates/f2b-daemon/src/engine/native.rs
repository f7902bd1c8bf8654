//! The action that runs no command: its properties as rules for the kernel.

use f2b_action::{Command, Definition};
use f2b_firewall::ports::{self, services::Services};
use f2b_firewall::{BlocktypeError, FirewallError, JailRules, PortRange};

/// Why an action's properties are no rules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NativeError {
    #[error("`{option} = {value}`: {reason}")]
    Ports {
        option: &'static str,
        value: String,
        reason: ports::PortError,
    },
    #[error("`blocktype = {value}`: {reason} (hint: {})", .reason.hint())]
    Blocktype {
        value: String,
        reason: BlocktypeError,
    },
    #[error("{0}")]
    Rules(#[from] FirewallError),
}

/// Tells whether the server itself carries out this action. One that has a command to ban with does it by
/// that, whatever it is told.
pub(crate) fn is_native(action: &Definition) -> bool {
    const YES: [&str; 4] = ["yes", "on", "true", "1"];
    let native = action.get("native").map(|value| value.to_string());
    let is_yes =
        native.is_some_and(|native| YES.iter().any(|yes| native.eq_ignore_ascii_case(yes)));
    is_yes && !action.has(Command::Ban)
}

/// Says that a jail has a further action of ours, which has no sets to put bans into.
pub(crate) fn second(action: &str, first: &str) -> String {
    format!(
        "action '{action}' bans nobody: a jail has one native action, which is '{first}' \
         (hint: give that all ports, as `port = 22,80`)"
    )
}

/// Returns the rules that an action's properties ask for; `None` if it is one that runs commands.
pub(crate) fn rules(jail: &str, action: &Definition) -> Result<Option<JailRules>, NativeError> {
    if !is_native(action) {
        return Ok(None);
    }
    let property = |name: &str, default: &str| {
        let value = action.get(name);
        value.map_or_else(|| default.to_owned(), |value| value.to_string())
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
    let value = property("blocktype", "drop");
    let blocktype = match value.parse() {
        Ok(blocktype) => blocktype,
        Err(reason) => return Err(NativeError::Blocktype { value, reason }),
    };
    let rules = JailRules {
        jail: jail.to_owned(),
        ports,
        protocols,
        blocktype,
    };
    rules.check()?;
    Ok(Some(rules))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pairs: &[(&str, &str)]) -> String {
        let mut action = Definition::new("stockade");
        for (name, value) in pairs {
            action.set(name, (*value).into()).unwrap();
        }
        match rules("sshd", &action) {
            Err(error) => error.to_string(),
            Ok(None) => "commands".to_owned(),
            Ok(Some(rules)) => format!(
                "{:?} {:?} {:?}",
                rules.protocols, rules.ports, rules.blocktype
            ),
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
        check(&[("native", "yes")], "[Tcp] [] Drop");
        check(&[("native", "True")], "[Tcp] [] Drop");
        check(&[("native", "no")], "commands");
        check(
            &[
                ("native", "yes"),
                ("protocol", "all"),
                ("blocktype", "reject"),
            ],
            "[] [] Reject(PortUnreachable)",
        );
        check(&[("native", "yes"), ("protocol", "icmp")], "[Icmp] []");
        check(
            &[("native", "yes"), ("port", "sssh")],
            "`port = sssh`: unknown port",
        );
        check(
            &[("native", "yes"), ("protocol", "icpm")],
            "`protocol = icpm`: unknown protocol",
        );
        check(
            &[("native", "yes"), ("protocol", "icmp"), ("port", "22")],
            "rules of jail \"sshd\": icmp has no ports",
        );
        check(
            &[("native", "yes"), ("blocktype", "dorp")],
            "`blocktype = dorp`: unknown blocktype \"dorp\" (hint: write `drop`, `reject`, ",
        );
        check(&[("actionban", "x")], "commands");
        check(&[("native", "yes"), ("actionban", "x")], "commands");
    }
}
