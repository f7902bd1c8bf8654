//! A client calls a method of an action.

use f2b_action::{METHODS, Method};
use f2b_protocol::request::Setting;
use f2b_protocol::{Command, Exception, Value};

use super::super::{Engine, cut, native};
use crate::batch::Batch;
use crate::shell::ActionOrder;

impl Engine {
    /// Lets a client call a method of an action, if that is what a setting asks for.
    pub(in crate::engine) fn call_method(
        &self,
        jail: &str,
        setting: &Setting,
        command: &Command,
        batch: &mut Batch,
    ) -> Option<Result<(), Exception>> {
        let Setting::ActionProperty {
            action,
            property: Some(name),
            value,
        } = setting
        else {
            return None;
        };
        if !METHODS.contains(&name.as_str()) {
            return None;
        }
        let call = || {
            let runtime = self
                .jails
                .get(jail)
                .ok_or_else(|| Exception::unknown_jail(jail))?;
            let definition = runtime.actions.get(action);
            let definition = definition.ok_or_else(|| Exception::unknown_action(action))?;
            let not_available =
                || Exception::not_available(&format!("set <JAIL> action <ACT> {name}"));
            // What the server carries out itself is told by `banip`, `unbanip` and their like.
            if native::is_native(definition) {
                return Err(not_available());
            }
            let method = Method::named(name).ok_or_else(not_available)?;
            let order = ActionOrder::Call {
                action: action.clone(),
                method,
                info: arguments(name, method, value.as_ref())?,
                shown: cut(&command.to_string()),
            };
            match &runtime.worker {
                Some(worker) => Ok((worker.clone(), order)),
                None => Err(Exception::runtime(format!(
                    "the jail {jail} is not started"
                ))),
            }
        };
        Some(call().map(|order| batch.shell.push(order)))
    }
}

/// The tags of the ban that a client tells an action of.
///
/// *Shape*: `{"aInfo": {"ip": "192.0.2.1", "family": "inet4"}}`.
fn arguments(
    name: &str,
    method: Method,
    value: Option<&Value>,
) -> Result<Vec<(String, String)>, Exception> {
    let given = match value {
        None => Value::Dict(Vec::new()),
        Some(text) => Value::from_json(&text.str())
            .ok_or_else(|| Exception::value("Expecting value: line 1 column 1 (char 0)"))?,
    };
    let Value::Dict(given) = given else {
        let text = format!(
            "fail2ban.server.action.CommandAction.{name}() argument after ** must be a mapping, not {}",
            given.type_name()
        );
        return Err(Exception::type_error(text));
    };
    let mut tags = None;
    for (argument, value) in given {
        match (argument.as_str(), value) {
            (Some("aInfo"), Value::Dict(pairs)) if method.needs_info() => tags = Some(pairs),
            _ => {
                let argument = argument.str();
                return Err(Exception::type_error(format!(
                    "CommandAction.{name}() got an unexpected keyword argument '{argument}'"
                )));
            }
        }
    }
    if tags.is_none() && method.needs_info() {
        return Err(Exception::type_error(format!(
            "CommandAction.{name}() missing 1 required positional argument: 'aInfo'"
        )));
    }
    let tags = tags.unwrap_or_default().into_iter();
    Ok(tags.map(|(tag, value)| (tag.str(), value.str())).collect())
}
