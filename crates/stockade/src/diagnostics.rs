//! Mistakes of a configuration as a person reads them.

use std::io::IsTerminal;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use f2b_config::{Diagnostic, Place, Severity};

/// How text may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// With colours.
    Coloured,
    /// As plain text.
    Plain,
}

impl Style {
    /// Returns how text on standard error may look: <https://no-color.org> is respected.
    pub(crate) fn of_stderr() -> Self {
        Self::of(std::io::stderr().is_terminal())
    }

    /// Returns how text on standard output may look, likewise.
    pub(crate) fn of_stdout() -> Self {
        Self::of(std::io::stdout().is_terminal())
    }

    fn of(is_terminal: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if is_terminal && !refused {
            Self::Coloured
        } else {
            Self::Plain
        }
    }
}

/// The longest line that is shown, in characters: configuration may have lines of a megabyte.
const LONGEST: usize = 160;

/// Returns a mistake with its excerpt, the files that lead there and the hint.
pub(crate) fn text(mistake: &Diagnostic, style: Style) -> String {
    let level = match mistake.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = shown(&mistake.message, LONGEST * 4);
    let title = level.primary_title(message).id(mistake.code);
    let mut group = Group::with_title(title);
    if let Some(place) = &mistake.place {
        let (excerpt, span) = excerpt(place);
        group = group.element(
            Snippet::source(excerpt)
                .path(place.source.file.clone())
                .line_start(place.line)
                .annotation(AnnotationKind::Primary.span(span)),
        );
        for file in place.source.included_by.iter().rev() {
            group = group.element(Level::NOTE.message(format!("included by {file}")));
        }
    }
    if let Some(hint) = &mistake.hint {
        let hint = shown(hint, LONGEST * 4);
        group = group.element(Level::HELP.with_name("hint").message(hint));
    }
    let renderer = match style {
        Style::Coloured => Renderer::styled(),
        Style::Plain => Renderer::plain(),
    };
    renderer.render(&[group])
}

/// A text without control characters, cut where nobody reads on.
fn shown(text: &str, longest: usize) -> String {
    // A tab counts as one column.
    let visible = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    let mut characters = text.chars();
    let mut cut: String = characters.by_ref().take(longest).map(visible).collect();
    if characters.next().is_some() {
        cut.push('…');
    }
    cut
}

/// The part of the line that is shown, and the bytes of it that are meant.
fn excerpt(place: &Place) -> (String, std::ops::Range<usize>) {
    let first = place.column.saturating_sub(1);
    // A place far to the right is shown from a little before it.
    let skipped = if first + place.length > LONGEST {
        first.saturating_sub(LONGEST / 4)
    } else {
        0
    };
    let rest: String = place.excerpt.chars().skip(skipped).collect();
    let text = shown(&rest, LONGEST);
    let byte = |column: usize| {
        text.char_indices()
            .nth(column)
            .map_or(text.len(), |(byte, _)| byte)
    };
    let first = first - skipped;
    let span = byte(first)..byte(first + place.length);
    (text, span)
}
