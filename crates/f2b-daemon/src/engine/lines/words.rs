//! What the log is told of logs and their lines.

use f2b_match::Note;
use f2b_source::{SourceError, SourceEvent};

use crate::engine::cut;
use crate::engine::jail::{FileSource, FileState};
use crate::engine::reading::{in_one_line, shown};
use crate::log::{Level, Line};

/// Notes what has happened to a log of a jail, and says it.
pub(super) fn told(jail: &str, file: &mut FileSource, news: &SourceEvent) -> Option<Line> {
    let path = shown(&file.path);
    let (level, text) = match news {
        SourceEvent::Chunk(_)
        | SourceEvent::Found { .. }
        | SourceEvent::PatternProblem { .. }
        | SourceEvent::Vanished { .. }
        | SourceEvent::Divided { .. } => return None,
        SourceEvent::Rotated { why, .. } => {
            file.begin_anew(*why);
            (
                Level::Info,
                format!("Log rotation detected for {path}: {why}"),
            )
        }
        SourceEvent::Missing { .. } => {
            let text = format!("Waiting for the log file {path}: there is none");
            file.state = FileState::Missing;
            (Level::Info, text)
        }
        SourceEvent::Elsewhere { .. } => {
            file.state = FileState::Elsewhere;
            let text = format!("The log file {path} is read under another name");
            (Level::Info, text)
        }
        SourceEvent::Appeared { .. } => {
            let text = format!("Log presence detected for file {path}");
            file.state = FileState::Reading;
            (Level::Info, text)
        }
        SourceEvent::Polled { filesystem, .. } => {
            let text = format!(
                "The log file {path} is looked at every 0.2 s: it lies on {filesystem}, where not all \
                 changes are told"
            );
            (Level::Info, text)
        }
        SourceEvent::Problem { error, .. } => {
            let text = problem_text(error);
            file.state = FileState::Problem(text.clone());
            (Level::Error, text)
        }
    };
    Some(Line::new(level, "filter", format!("[{jail}] {text}")))
}

/// What has gone wrong, with its cause and what can be done.
pub(in crate::engine) fn problem_text(error: &SourceError) -> String {
    let mut text = error.to_string();
    if let Some(cause) = std::error::Error::source(error) {
        text.push_str(&format!(": {cause}"));
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!(" (hint: {hint})"));
    }
    in_one_line(&text)
}

pub(super) fn panicked(jail: &str, line: &[u8]) -> Line {
    let shown = String::from_utf8_lossy(line);
    let shown = cut(shown.trim_end());
    let text = format!("[{jail}] Failed to process line: {shown:?}; it was stepped over");
    Line::new(Level::Error, "filter", text)
}

pub(super) fn noted(jail: &str, note: Note) -> Line {
    let text = match note {
        Note::TimeDiffers(difference) => format!(
            "[{jail}] The log's times differ from the clock by {} s: its lines count as written now \
             (hint: check the time zone of the service that writes it)",
            difference.whole_seconds()
        ),
        Note::NoDate => format!(
            "[{jail}] A matching line has no date that can be read: it counts as written now \
             (hint: see the service's log format)"
        ),
    };
    Line::new(Level::Warning, "filter", text)
}
