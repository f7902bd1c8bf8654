//! One rule: its text, its pattern, and what its groups are for.

use std::ops::Range;

use f2b_pyregex::{Flags, Groups, OverBudget, Regex, Scratch};

use crate::name::Name;
use crate::{Data, RuleError, UseDns, Value, tags};

mod flags;
mod gather;

use gather::Gathering;

/// The groups that can say who failed.
const ID_GROUPS: [&str; 5] = ["fid", "ip4", "ip6", "dns", "mlfid"];

/// As many names few rules have.
const USUAL: usize = 8;

/// A compiled rule.
#[derive(Debug)]
pub struct Rule {
    text: Box<str>,
    regex: Regex,
    names: Vec<(Name, usize)>,
    content: Option<usize>,
    /// The groups of lines that `<SKIPLINES>` stepped over.
    skips: Vec<usize>,
    gatherings: Vec<Gathering>,
}

impl Rule {
    /// Compiles a rule.
    ///
    /// # Errors
    /// [`RuleError`] in the words of the original.
    pub(crate) fn compile(text: &str, usedns: UseDns, multiline: bool) -> Result<Self, RuleError> {
        if text.trim().is_empty() {
            return Err(RuleError::Empty);
        }
        let expanded = flags::scoped(&tags::expand(text, usedns));
        let flags = Flags {
            multiline,
            ..Flags::default()
        };
        let regex = match Regex::with_flags(&expanded, flags) {
            Ok(regex) => regex,
            Err(error) => {
                return Err(RuleError::Compile {
                    reason: error.to_string(),
                    offset: error.offset,
                    expanded,
                });
            }
        };
        let names: Vec<(Name, usize)> = regex
            .group_names()
            .map(|(name, index)| (Name::of(name), index))
            .collect();
        let skips = (0..)
            .map_while(|number: usize| regex.group(&format!("skiplines{number}")))
            .collect();
        Ok(Self {
            text: text.into(),
            content: regex.group("content"),
            gatherings: gather::gatherings(&names),
            names,
            skips,
            regex,
        })
    }

    /// Returns the rule as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the rule with its tags expanded, as Python's `re` would compile it.
    #[must_use]
    pub fn expanded(&self) -> &str {
        self.regex.as_str()
    }

    /// Returns the compiled pattern.
    #[must_use]
    pub fn regex(&self) -> &Regex {
        &self.regex
    }

    /// Tells whether the rule has a group that can say who failed.
    #[must_use]
    pub fn names_somebody(&self) -> bool {
        self.names
            .iter()
            .any(|(name, _)| ID_GROUPS.contains(&name.as_str()))
    }

    pub(crate) fn search(
        &self,
        text: &str,
        scratch: &mut Scratch,
    ) -> Result<Option<Groups>, OverBudget> {
        self.regex.search(text, scratch)
    }

    /// What the named groups captured, `alt_*` and `tuple_*` gathered.
    pub(crate) fn data(&self, text: &str, groups: &Groups) -> Data {
        let mut data = Data::with_room_for(self.names.len() + self.gatherings.len());
        self.capture(&mut data, None, text, groups);
        data
    }

    /// Lays the same over what a `prefregex` captured: what took no part erases nothing.
    pub(crate) fn lay_over(&self, prefix: &mut Data, text: &str, groups: &Groups) {
        if !self.gatherings.is_empty() {
            prefix.update(self.data(text, groups));
            return;
        }
        for (name, index) in &self.names {
            if let Some(captured) = groups.get(*index).and_then(|range| text.get(range)) {
                prefix.set(*name, Value::Text(captured.into()));
            }
        }
    }

    /// The same of a `prefregex`, but for its content.
    pub(crate) fn prefix(&self, text: &str, groups: &Groups) -> Data {
        let mut data = Data::with_room_for(self.names.len() + USUAL);
        self.capture(&mut data, self.content, text, groups);
        data.remove(Name::CONTENT);
        data
    }

    fn capture(&self, data: &mut Data, left_out: Option<usize>, text: &str, groups: &Groups) {
        for (name, index) in &self.names {
            if left_out == Some(*index) {
                continue;
            }
            let captured = groups.get(*index).and_then(|range| text.get(range));
            let value = captured.map_or(Value::Null, |captured| Value::Text(captured.into()));
            data.push(*name, value);
        }
        for gathering in &self.gatherings {
            gathering.gather(data);
        }
    }

    /// Returns the number of the group `content`.
    pub(crate) fn content_group(&self) -> Option<usize> {
        self.content
    }

    /// Where the content is that a `prefregex` leaves to the other rules, unless it is empty.
    pub(crate) fn content(&self, groups: &Groups) -> Option<Range<usize>> {
        let range = groups.get(self.content?)?;
        (!range.is_empty()).then_some(range)
    }

    /// Where the lines are that `<SKIPLINES>` stepped over, in the order of the groups.
    pub(crate) fn skipped(&self, groups: &Groups) -> impl Iterator<Item = Range<usize>> {
        self.skips.iter().filter_map(|index| groups.get(*index))
    }
}
