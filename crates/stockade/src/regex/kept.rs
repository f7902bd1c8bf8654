//! Lines that are kept to be listed at the end.

use std::collections::VecDeque;

/// Lines of one kind: all of them, or only so many that no list is printed beyond.
#[derive(Debug)]
pub(crate) struct Kept {
    /// How many there were.
    count: u64,
    lines: VecDeque<String>,
    /// As soon as there are as many, none is kept: the list is not printed.
    limit: Option<usize>,
    /// Whether nothing is kept at all.
    counts_only: bool,
    /// How many of the last lines may be taken back, and so are kept beyond the limit.
    window: usize,
}

impl Kept {
    /// Returns a list that is only counted.
    pub(crate) fn counted() -> Self {
        Self {
            count: 0,
            lines: VecDeque::new(),
            limit: None,
            counts_only: true,
            window: 0,
        }
    }

    /// Returns a list that is kept until it reaches `limit`, all of it without one. The last `window`
    /// lines can be taken back.
    pub(crate) fn listed(limit: Option<usize>, window: usize) -> Self {
        Self {
            limit,
            counts_only: false,
            window,
            ..Self::counted()
        }
    }

    /// Returns how many lines there were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the lines, in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Tells whether a line that is added now would be kept.
    pub(crate) fn keeps(&self) -> bool {
        let room = |limit: usize| usize::try_from(self.count).is_ok_and(|count| count < limit);
        !self.counts_only && (self.window > 0 || self.limit.is_none_or(room))
    }

    /// Counts a line without its text: only when it would not be kept.
    pub(crate) fn count_one(&mut self) {
        self.count = self.count.saturating_add(1);
    }

    /// Counts a line, and keeps it as long as it would be listed.
    pub(crate) fn add(&mut self, text: &str) {
        if self.keeps() {
            self.lines.push_back(text.to_owned());
            let most = self.limit.map(|limit| limit.max(self.window));
            if most.is_some_and(|most| self.lines.len() > most) {
                // The list is too long already, unless the last ones are taken back.
                self.lines.pop_front();
            }
        }
        self.count_one();
    }

    /// Takes back the first of the last lines that has this text; tells whether there was one.
    pub(crate) fn take_back(&mut self, text: &str) -> bool {
        let first = self.lines.len().saturating_sub(self.window);
        let mut last = self.lines.iter().enumerate().skip(first);
        let found = last.find(|(_, line)| *line == text).map(|(at, _)| at);
        if let Some(at) = found {
            self.lines.remove(at);
            self.count = self.count.saturating_sub(1);
        }
        found.is_some()
    }

    /// Counts one of the last lines no more, and keeps it in the list; tells whether there was one.
    pub(crate) fn count_back(&mut self, text: &str) -> bool {
        let first = self.lines.len().saturating_sub(self.window);
        let is_there = self.lines.iter().skip(first).any(|line| line == text);
        if is_there {
            self.count = self.count.saturating_sub(1);
        }
        is_there
    }

    /// Tells whether there are too many lines for a list.
    pub(crate) fn is_too_long(&self) -> bool {
        let reaches = |limit: usize| usize::try_from(self.count).is_ok_and(|count| count >= limit);
        self.limit.is_some_and(reaches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(kept: &Kept) -> Vec<&str> {
        kept.lines().collect()
    }

    #[test]
    fn no_line_is_kept_that_would_not_be_listed() {
        let mut kept = Kept::listed(Some(2), 0);
        kept.add("a");
        assert!(!kept.is_too_long());
        kept.add("b");
        assert!(kept.is_too_long() && !kept.keeps());
        kept.add("c");
        assert_eq!((kept.count(), texts(&kept)), (3, vec!["a", "b"]));
        let mut counted = Kept::counted();
        counted.add("a");
        assert_eq!((counted.count(), texts(&counted)), (1, vec![]));
        assert!(!counted.is_too_long());
    }

    #[test]
    fn the_last_lines_can_be_taken_back() {
        let mut kept = Kept::listed(None, 2);
        for text in ["a", "a", "b"] {
            kept.add(text);
        }
        assert!(kept.take_back("a"));
        assert_eq!((kept.count(), texts(&kept)), (2, vec!["a", "b"]));
        assert!(kept.take_back("a"));
        assert!(!kept.take_back("a"));
        assert_eq!(kept.count(), 1);
    }
}
