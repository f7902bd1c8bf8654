//! Actions written in Python, as far as the engine has to do with them: they are asked by their jail's thread.

use crossbeam_channel::Sender;
use f2b_action::{Definition, METHODS, Property, PythonQuestion, PythonSource};
use f2b_protocol::request::{JailOption, Setting};
use f2b_protocol::{Command, Exception, Request, Value};

use super::Engine;
use super::jail::JailRuntime;
use super::requests::is_reading;
use super::settings::property_of;
use crate::batch::Batch;
use crate::shell::ActionOrder;

/// Returns an action written in Python as a command adds it.
pub(super) fn definition(name: &str, file: String, arguments: String) -> Definition {
    let state = std::fs::metadata(&file).ok();
    let state = state.and_then(|state| Some((state.modified().ok()?, state.len())));
    let source = PythonSource {
        file,
        arguments,
        state,
        is_touched: false,
    };
    Definition::python(name, source)
}

impl Engine {
    /// Has an action written in Python answer what a client wants to know, if that is what it asks.
    pub(super) fn ask_action(
        &self,
        jail: &str,
        option: &JailOption,
        command: &Command,
        batch: &mut Batch,
    ) -> Option<Result<(), Exception>> {
        let (action, question) = match option {
            JailOption::ActionProperty { action, property } => {
                (action, PythonQuestion::Get(property.clone()))
            }
            JailOption::ActionProperties(action) => (action, PythonQuestion::Properties),
            JailOption::ActionMethods(action) => (action, PythonQuestion::Methods),
            _ => return None,
        };
        let runtime = self.jails.get(jail)?;
        runtime.ask(action, question, command, batch)
    }

    /// Has an action written in Python take what a client sets or calls, if that is what it wants.
    pub(super) fn set_action(
        &mut self,
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
        let runtime = self.jails.get_mut(jail)?;
        let value = value.as_ref().map(|value| match value {
            // Arguments of a method, as their text.
            Value::Dict(_) | Value::List(_) => Property::Text(value.to_json().to_string()),
            value => property_of(value),
        });
        let question = PythonQuestion::Set(name.clone(), value);
        let asked = runtime.ask(action, question, command, batch);
        let is_call = METHODS.contains(&name.as_str());
        if let (Some(Ok(())), false, Some(definition)) =
            (&asked, is_call, runtime.actions.get_mut(action))
        {
            definition.touch();
        }
        asked
    }

    /// Goes on without an action that cannot be made.
    pub(super) fn lose_action(&mut self, jail: &str, action: &Definition, reason: Option<String>) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        // A reload may have come with another of this name meanwhile.
        if runtime.actions.get(action.name()) == Some(action) {
            runtime.actions.shift_remove(action.name());
            runtime.lacking.extend(reason);
        }
    }

    /// Goes on with an action as it was, so that the next reload tries again.
    pub(super) fn keep_action(&mut self, jail: &str, action: Definition, reason: String) {
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        if let Some(definition) = runtime.actions.get_mut(action.name()) {
            *definition = action;
            runtime.lacking.push(reason);
        }
    }

    /// Answers an action that wants to know something. What is no question has no answer.
    pub(super) fn tell_action(&mut self, command: &Command, to: &Sender<Value>) {
        let answer = match Request::parse(command) {
            Ok(request) if is_reading(&request) => self.read(request, command).ok(),
            _ => None,
        };
        if let Some(answer) = answer {
            // Whoever asked may have gone.
            to.send(answer).ok();
        }
    }
}

impl JailRuntime {
    /// Asks an action, if it is one written in Python.
    fn ask(
        &self,
        action: &str,
        question: PythonQuestion,
        command: &Command,
        batch: &mut Batch,
    ) -> Option<Result<(), Exception>> {
        self.actions.get(action)?.source()?;
        let Some(worker) = &self.worker else {
            let text = format!("the jail {} is not started", self.name);
            return Some(Err(Exception::runtime(text)));
        };
        let order = ActionOrder::Ask {
            action: action.to_owned(),
            question,
            shown: super::cut(&command.to_string()),
        };
        batch.shell.push((worker.clone(), order));
        Some(Ok(()))
    }
}
