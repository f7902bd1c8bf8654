//! How far a long log has been read: a bar on standard error, if that is a terminal.

use std::io::IsTerminal as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar, or none.
#[derive(Debug)]
pub(crate) struct Progress(Option<ProgressBar>);

/// A log up to this size is read before anybody would look at a bar.
const LONG: u64 = 4 << 20;

impl Progress {
    /// Returns none.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Returns one for a file, if it is long and somebody looks.
    pub(crate) fn of_file(path: &Path) -> Self {
        let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if size <= LONG || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr_with_hz(5));
        let style = ProgressStyle::with_template(
            "{bar:40} {percent:>3} %  {bytes} of {total_bytes}, {eta} left",
        );
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self(Some(bar))
    }

    /// Tells that so many bytes more were read.
    pub(crate) fn advance(&self, bytes: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(u64::try_from(bytes).unwrap_or(u64::MAX));
        }
    }

    /// Takes the bar away, so that nothing of it stays between the lines of a report.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
