//! The process of an action: started, made, asked; and what it means when it ends.

use std::time::Duration;

use f2b_core::{Span, parse_time};
use serde_json::{Value as Json, json};

use super::message::{self, Answer, Message};
use super::{ENDED_OFTEN, PythonAction, REST};
use crate::action::{ActionError, Run};
use crate::line::{Level, Logger};
use crate::spawn::{Conversation, Deadline, Ending, Heard, SpawnError};
use crate::{Info, python, text};

/// The program that the process runs, given to it at its beginning.
const PROGRAM: &str = concat!(
    include_str!("channel.py"),
    "\n\n",
    include_str!("names.py"),
    "\n\n",
    include_str!("shim.py")
);

/// Reads the program from the input, so much of it, and runs it.
///
/// As for the original's own program, modules are not looked for in the working directory.
const BEGINNING: &str = "import os, sys
sys.path[:] = [place for place in sys.path if place]
length, text = int(sys.argv[1]), b''
while len(text) < length:
    part = os.read(0, length - len(text))
    if not part:
        sys.exit(1)
    text += part
exec(compile(text, '<stockade>', 'exec'))
";

/// The system's own Python, which has the modules of the system's packages; else any.
pub(super) const PYTHONS: &[&str] = &["/usr/bin/python3", "python3"];

/// How long a call may take if the action does not say.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How many lines of one call are logged.
const MOST_LINES: usize = 10_000;

impl PythonAction {
    /// Has a request carried out by the process, which is started if there is none.
    pub(super) fn request(
        &mut self,
        run: &mut Run<'_, '_>,
        request: &Json,
        info: Option<&mut dyn Info>,
    ) -> Result<Vec<u8>, ActionError> {
        self.want_process(run)?;
        let answer = self.exchange(run, request, info);
        if self.process.is_some() {
            // It has answered, be it with an exception.
            self.ends = 0;
        }
        answer
    }

    /// Makes the action, unless it is there.
    pub(crate) fn want_process(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        if let Some(process) = &mut self.process {
            let Some(ending) = process.ended() else {
                return Ok(());
            };
            let what = format!("ended between two calls ({})", shown(&ending));
            let error = self.lost(run, &what);
            run.log(Level::Error, Logger::Actions, error.to_string());
        }
        if self.ends >= ENDED_OFTEN {
            let rest = REST.as_micros() - run.world.now.since(self.ended).as_micros();
            if rest > 0 {
                let text = format!(
                    "its process ended {} times in a row; it is started again in {} s",
                    self.ends,
                    Span::from_micros(rest).whole_seconds() + 1
                );
                return Err(ActionError::Process(text));
            }
        }
        self.make(run)?;
        if self.is_started {
            // It was started before its process ended.
            if let Err(error) = self.exchange(run, &call("start"), None) {
                let line = text::start(run.jail, self.definition.name(), &error);
                run.log(Level::Error, Logger::Actions, line);
                if self.process.is_none() {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn make(&mut self, run: &mut Run<'_, '_>) -> Result<(), ActionError> {
        let Some(source) = self.definition.source().cloned() else {
            return Err(ActionError::Process("it has no program".to_owned()));
        };
        let (name, length) = (self.definition.name().to_owned(), PROGRAM.len().to_string());
        // The last words are for who looks at the list of processes.
        let arguments = [
            "-c",
            BEGINNING,
            &length,
            "stockade-action",
            run.jail,
            &source.file,
        ];
        let process = Conversation::start(self.programs, &arguments);
        let mut process = process.map_err(|error| ActionError::Process(not_started(&error)))?;
        let deadline = Deadline::after(TIMEOUT);
        let said = process.say(PROGRAM.as_bytes(), deadline);
        self.process = Some(process);
        if let Err(heard) = said {
            return Err(self.broken(run, &heard, TIMEOUT));
        }
        let request = json!({
            "do": "make",
            "file": source.file,
            "arguments": source.arguments,
            "jail": run.jail,
            "name": name,
        });
        let made = self.exchange(run, &request, None);
        if made.is_err() {
            self.end();
        }
        made.map(drop)
    }

    /// Says a request and hears its answer; meanwhile the process may ask and log.
    fn exchange(
        &mut self,
        run: &mut Run<'_, '_>,
        request: &Json,
        mut info: Option<&mut dyn Info>,
    ) -> Result<Vec<u8>, ActionError> {
        let time = self.timeout();
        let deadline = Deadline::after(time);
        let mut lines: usize = 0;
        let mut next = Some(request.to_string());
        loop {
            let Some(process) = &mut self.process else {
                return Err(ActionError::Process("it has no process".to_owned()));
            };
            if let Some(mut text) = next.take() {
                text.push('\n');
                if let Err(heard) = process.say(text.as_bytes(), deadline) {
                    return Err(self.broken(run, &heard, time));
                }
            }
            let heard = process.hear(deadline);
            let Heard::Line(line) = heard else {
                return Err(self.broken(run, &heard, time));
            };
            match message::read(&line) {
                Some(Message::Log(logged)) => {
                    for line in logged {
                        lines = lines.saturating_add(1);
                        if lines <= MOST_LINES {
                            (run.world.log)(line);
                        }
                    }
                }
                Some(Message::Tag(name)) => {
                    let value = info.as_deref_mut().and_then(|info| info.tag(&name));
                    next = Some(json!({ "answer": value }).to_string());
                }
                Some(Message::Command(words)) => {
                    let value = run.world.no_ban.command(&words);
                    let value = value.map(|value| message::hexadecimal(&value));
                    next = Some(json!({ "answer": value }).to_string());
                }
                Some(Message::Answer(answer)) => {
                    if lines > MOST_LINES {
                        let name = self.definition.name();
                        let text = format!(
                            "[{}] action '{name}': {} lines more",
                            run.jail,
                            lines - MOST_LINES
                        );
                        run.log(Level::Error, Logger::Actions, text);
                    }
                    return self.answered(run, *answer);
                }
                None => {
                    let begin = line.get(..100).unwrap_or(&line);
                    let begin = python::repr(&String::from_utf8_lossy(begin));
                    let what = format!("does not keep to what was agreed: it says {begin}");
                    return Err(self.lost(run, &what));
                }
            }
        }
    }

    fn answered(&mut self, run: &mut Run<'_, '_>, answer: Answer) -> Result<Vec<u8>, ActionError> {
        self.abilities = answer.abilities;
        *run.epoch = answer.epoch.unwrap_or(0).max(*run.epoch);
        self.definition.epoch = self.abilities.epoch.unwrap_or(0);
        self.tell_output(run, Level::Debug);
        if let Err(raised) = &answer.outcome {
            for line in raised.trace.lines() {
                run.log(Level::Debug, Logger::Actions, line);
            }
        }
        Ok(answer.outcome?)
    }

    /// Tells what the process wrote to its outputs.
    fn tell_output(&mut self, run: &mut Run<'_, '_>, level: Level) {
        let Some(process) = &mut self.process else {
            return;
        };
        let output = process.said();
        let name = self.definition.name();
        let text = String::from_utf8_lossy(&output.kept);
        for line in text.lines() {
            let line = format!(
                "[{}] action '{name}' -- output: {}",
                run.jail,
                python::repr(line)
            );
            run.log(level, Logger::Actions, line);
        }
        if output.dropped > 0 {
            let line = format!(
                "[{}] action '{name}' -- output: {} bytes more",
                run.jail, output.dropped
            );
            run.log(level, Logger::Actions, line);
        }
    }

    /// Ends a process that did not answer, and says why.
    fn broken(&mut self, run: &mut Run<'_, '_>, heard: &Heard, time: Duration) -> ActionError {
        let what = match heard {
            Heard::Ended(ending) => format!("ended ({})", shown(ending)),
            Heard::TimedOut => format!(
                "did not answer within {} s and was ended",
                time.as_secs_f64()
            ),
            Heard::Closed => "no longer answers and was ended".to_owned(),
            Heard::TooLong | Heard::Line(_) => {
                "does not keep to what was agreed: it says too much at once".to_owned()
            }
        };
        self.lost(run, &what)
    }

    /// Counts the end of a process and forgets it; returns the error of the call.
    fn lost(&mut self, run: &mut Run<'_, '_>, what: &str) -> ActionError {
        self.tell_output(run, Level::Error);
        self.process = None;
        self.ends = self.ends.saturating_add(1);
        self.ended = run.world.now;
        let then = if self.ends >= ENDED_OFTEN {
            format!(
                "; that was {} times in a row: it is started again in {} s",
                self.ends,
                REST.whole_seconds()
            )
        } else {
            "; it is started again for the next call".to_owned()
        };
        let (name, jail) = (self.definition.name(), run.jail);
        ActionError::Process(format!(
            "the process of action '{name}' of jail '{jail}' {what}{then}"
        ))
    }

    /// How long a call may take.
    fn timeout(&self) -> Duration {
        let said = self.abilities.timeout.as_deref();
        let said = said.and_then(|text| parse_time(text).ok());
        let micros = said.and_then(|time| u64::try_from(time.span().as_micros()).ok());
        let micros = micros.filter(|micros| *micros > 0);
        micros.map_or(TIMEOUT, Duration::from_micros)
    }
}

/// A call of a method without arguments.
pub(super) fn call(method: &str) -> Json {
    json!({ "do": "call", "method": method, "ban": false, "before": null, "epoch": 0 })
}

fn shown(ending: &Ending) -> String {
    match ending {
        Ending::Code(code) => format!("exit code {code}"),
        Ending::Signal(number) => format!("killed with {}", crate::report::signal(*number)),
        Ending::NotStarted(reason) => reason.clone(),
    }
}

fn not_started(error: &SpawnError) -> String {
    match error {
        SpawnError::Start { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            "python3 is not there (hint: install the package python3, then `fail2ban-client reload`)"
                .to_owned()
        }
        SpawnError::Start { program, source } => format!("start `{program}`: {source}"),
        SpawnError::OutputTaken { .. } => error.to_string(),
    }
}
