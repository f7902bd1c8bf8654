//! What rules see of one line: the same for all jails that cut the same date out of it.

use std::borrow::Cow;

use crate::matcher::{Cut, Seen};

/// A text, and the rules that could match it.
#[derive(Debug, Default)]
pub(super) struct View {
    cut: Option<Cut>,
    /// Where the text begins in the line, if it stands there in one piece.
    begin: Option<usize>,
    own: String,
    /// Numbers of rules in the prefilter.
    pub(super) hits: Vec<usize>,
}

/// The views of one line.
#[derive(Debug, Default)]
pub(super) struct Views {
    views: Vec<View>,
    used: usize,
}

impl Views {
    /// Forgets all: another line comes.
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// Returns what rules see of the line of `seen`; a text that is new is scanned.
    pub(super) fn of(
        &mut self,
        seen: &Seen<'_>,
        scan: impl FnOnce(&str, &mut Vec<usize>),
    ) -> &View {
        let cut = &seen.dated.cut;
        let known = self.views.iter().take(self.used);
        let found = known
            .into_iter()
            .position(|view| view.cut.as_ref() == Some(cut));
        let index = match found {
            Some(index) => index,
            None => {
                if self.used == self.views.len() {
                    self.views.push(View::default());
                }
                self.used += 1;
                let index = self.used - 1;
                if let Some(view) = self.views.get_mut(index) {
                    view.look(seen, scan);
                }
                index
            }
        };
        self.views.get(index).unwrap_or(&NOTHING)
    }
}

static NOTHING: View = View {
    cut: None,
    begin: None,
    own: String::new(),
    hits: Vec::new(),
};

impl View {
    fn look(&mut self, seen: &Seen<'_>, scan: impl FnOnce(&str, &mut Vec<usize>)) {
        self.cut = Some(seen.dated.cut.clone());
        self.hits.clear();
        match seen.text(std::mem::take(&mut self.own)) {
            Cow::Borrowed(text) => {
                self.begin = Some(seen.line.text.len() - text.len());
                scan(text, &mut self.hits);
            }
            Cow::Owned(text) => {
                self.begin = None;
                scan(&text, &mut self.hits);
                self.own = text;
            }
        }
    }

    /// The text; `line` is the one that was looked at.
    pub(super) fn text<'text>(&'text self, line: &'text str) -> &'text str {
        match self.begin {
            Some(begin) => line.get(begin..).unwrap_or_default(),
            None => &self.own,
        }
    }
}
