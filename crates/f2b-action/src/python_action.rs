//! One action written in Python: a process of its own, asked and called over pipes.
//!
//! What goes wrong in it concerns this action only. A process that ended or was ended is started anew for the
//! next call: made with the same arguments, and told to start if it had been.

mod message;
mod process;

use f2b_core::{Span, UnixTime};
use serde_json::{Value as Json, json};

use crate::action::{ActionError, Repair, Run};
use crate::spawn::Conversation;
use crate::{Definition, Info, Property};

use message::Abilities;
pub use message::Raised;

/// A process that ended so many times in a row is not started again at once.
const ENDED_OFTEN: u32 = 3;

/// It is after this time.
const REST: Span = Span::from_seconds(60);

/// Where an action written in Python comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonSource {
    /// The path of its file.
    pub file: String,
    /// What it is made with.
    ///
    /// *Shape*: a JSON object.
    pub arguments: String,
    /// Tells one state of the file from another: when it was written, and its length.
    pub state: Option<(std::time::SystemTime, u64)>,
    /// Whether a client has set anything since it was made.
    pub is_touched: bool,
}

/// What a client wants of an action written in Python.
#[derive(Clone, Debug, PartialEq)]
pub enum PythonQuestion {
    /// The value of an attribute.
    Get(String),
    /// A method is called with its arguments (a JSON object), or an attribute is set: whichever it is that has
    /// the name.
    Set(String, Option<Property>),
    /// The names of its attributes.
    Properties,
    /// The names of its methods.
    Methods,
}

/// The action, and its process while it has one.
#[derive(Debug)]
pub(crate) struct PythonAction {
    pub(crate) definition: Definition,
    programs: &'static [&'static str],
    process: Option<Conversation>,
    abilities: Abilities,
    /// Whether it was told to start, and not to stop since.
    is_started: bool,
    /// How often in a row its process ended without being told to.
    ends: u32,
    /// When it did last.
    ended: UnixTime,
}

impl PythonAction {
    pub(crate) fn new(definition: Definition) -> Self {
        Self {
            definition,
            programs: process::PYTHONS,
            process: None,
            abilities: Abilities::default(),
            is_started: false,
            ends: 0,
            ended: UnixTime::from_seconds(0),
        }
    }

    pub(crate) fn flushes(&self) -> bool {
        self.abilities.flushes
    }

    pub(crate) fn skips_restored(&self) -> bool {
        self.abilities.skips_restored
    }

    pub(crate) fn prolongs(&self) -> bool {
        self.abilities.prolongs
    }

    pub(crate) fn start(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        // One that was started before is started anew, not twice.
        self.is_started = false;
        let started = self.call(run, "start");
        self.is_started = true;
        started
    }

    /// Stops it; then its process ends.
    pub(crate) fn stop(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        let stopped = self.call(run, "stop");
        self.is_started = false;
        self.end();
        stopped
    }

    pub(crate) fn flush(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        self.call(run, "flush")
    }

    /// Tells it that the server was reloaded, if it wants to know.
    pub(crate) fn reload(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        match self.abilities.reloads {
            true => self.call(run, "reload"),
            false => Ok(()),
        }
    }

    /// Calls a method that is told of a ban: `ban`, `reban`, `prolong`, `unban`.
    pub(crate) fn tell(
        &mut self,
        run: &mut Run<'_, '_>,
        method: &str,
        info: &mut dyn Info,
    ) -> Result<(), ActionError> {
        let request = self.to_call(run, method, true, &Json::Null);
        self.request(run, &request, Some(info)).map(drop)
    }

    /// Lets it check itself, if it does; after a flush that failed it may ask whether to make anew what is gone.
    pub(crate) fn consistency_check(
        &mut self,
        run: &mut Run<'_, '_>,
        before: Option<&Repair>,
    ) -> Result<(), ActionError> {
        if !self.abilities.checks {
            return Ok(());
        }
        let before = match before {
            None => Json::Null,
            Some(Repair::Always) => json!({ "may": true, "line": null }),
            Some(Repair::Never { word, .. }) => json!({
                "may": false,
                "line": format!("Invariant check failed. {word} is impossible."),
            }),
        };
        let request = self.to_call(run, "consistencyCheck", false, &before);
        self.request(run, &request, None).map(drop)
    }

    /// Answers a client; the answer is a pickled value.
    pub(crate) fn ask(
        &mut self,
        run: &mut Run<'_, '_>,
        question: &PythonQuestion,
    ) -> Result<Vec<u8>, ActionError> {
        let request = match question {
            PythonQuestion::Get(name) => json!({ "do": "get", "name": name }),
            PythonQuestion::Set(name, value) => json!({
                "do": "set",
                "name": name,
                "given": value.is_some(),
                "value": value.as_ref().map(to_json),
            }),
            PythonQuestion::Properties => json!({ "do": "names", "methods": false }),
            PythonQuestion::Methods => json!({ "do": "names", "methods": true }),
        };
        self.request(run, &request, None)
    }

    /// Lets its process end.
    fn end(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }

    fn call(&mut self, run: &mut Run<'_, '_>, method: &str) -> Result<(), ActionError> {
        let request = self.to_call(run, method, false, &Json::Null);
        self.request(run, &request, None).map(drop)
    }

    fn to_call(&self, run: &Run<'_, '_>, method: &str, is_of_ban: bool, before: &Json) -> Json {
        json!({
            "do": "call",
            "method": method,
            "ban": is_of_ban,
            "before": before,
            "epoch": *run.epoch,
        })
    }
}

impl Drop for PythonAction {
    fn drop(&mut self) {
        self.end();
    }
}

fn to_json(value: &Property) -> Json {
    match value {
        Property::Nothing => Json::Null,
        Property::Text(text) => text.as_str().into(),
        Property::Flag(flag) => (*flag).into(),
        Property::Whole(number) => (*number).into(),
        Property::Fraction(number) => (*number).into(),
    }
}

#[cfg(test)]
mod tests;
