//! One action: its name, its properties, and its commands with the static tags replaced.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use f2b_core::{Span, TimeTextError, parse_time};

use crate::element::{ElementChange, changed_set, makes_set};
use crate::{Command, ElementSet, Family, Host, Property, PythonSource, TagError, resolve};

/// How long a command may take if the action does not say.
const TIMEOUT: i64 = 60;

/// What every action of the original has beside its own properties; nobody needs their values.
const PATTERNS: [(&str, &str); 2] = [
    (
        "ESCAPE_CRE",
        "re.compile('[\\\\\\\\#&;`|*?~<>\\\\^\\\\(\\\\)\\\\[\\\\]{}$\\'\"\\\\n\\\\r]')",
    ),
    ("ESCAPE_VN_CRE", "re.compile('\\\\W')"),
];

/// Whether the work of commands may be done without running them: `no` has all of them run.
const NATIVE: &str = "native";

/// The number of the jail's ban epoch in which this action was last repaired.
const EPOCH: &str = "banEpoch";

/// The properties of an action, as `addaction` and `action … PROPERTY VALUE` give them.
///
/// Values of one family are properties of their own: `blocktype?family=inet6`.
#[derive(Clone, Debug)]
pub struct Definition {
    name: String,
    /// Where its program is, if it is one in Python; its properties are that program's then.
    python: Option<PythonSource>,
    properties: BTreeMap<String, Property>,
    /// Counts the repairs of all actions of a jail; a ban of an older epoch is made again.
    pub(crate) epoch: u64,
    resolved: HashMap<(Command, Option<&'static str>), Arc<str>>,
    /// The set that the commands of a family change, if they do nothing else.
    sets: HashMap<Family, Option<Arc<ElementSet>>>,
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.python == other.python
            && self.properties == other.properties
    }
}

impl Definition {
    /// Returns an action without commands.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut action = Self {
            name: name.to_owned(),
            python: None,
            properties: BTreeMap::new(),
            epoch: 0,
            resolved: HashMap::new(),
            sets: HashMap::new(),
        };
        action.clear();
        action
    }

    /// Returns an action written in Python.
    #[must_use]
    pub fn python(name: &str, source: PythonSource) -> Self {
        let mut action = Self::new(name);
        action.properties.clear();
        action.python = Some(source);
        action
    }

    /// Returns where its program is, if it is one in Python.
    #[must_use]
    pub fn source(&self) -> Option<&PythonSource> {
        self.python.as_ref()
    }

    /// Notes that a program in Python has other values than it began with; it is no longer equal to any that
    /// has not.
    pub fn touch(&mut self) {
        if let Some(source) = &mut self.python {
            source.is_touched = true;
        }
    }

    /// Returns the name that the jail knows it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets a property.
    ///
    /// As the original: `timeout` becomes a number of seconds; `bantime` and `banEpoch` are taken
    /// and forgotten.
    ///
    /// # Errors
    /// `timeout` is a text that is not a time; nothing has changed then.
    pub fn set(&mut self, name: &str, value: Property) -> Result<(), TimeTextError> {
        let value = match (name, value) {
            ("timeout", Property::Text(text)) => parse_time(&text)?.into(),
            ("bantime" | EPOCH, _) => return Ok(()),
            (_, value) => value,
        };
        self.properties.insert(name.to_owned(), value);
        self.resolved.clear();
        self.sets.clear();
        Ok(())
    }

    /// Returns a property as `get JAIL action ACTION PROPERTY` shows it; `None` if there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Property> {
        if name == EPOCH {
            return Some(Property::Whole(
                i64::try_from(self.epoch).unwrap_or(i64::MAX),
            ));
        }
        let built_in = || {
            let (_, pattern) = PATTERNS.iter().find(|(pattern, _)| *pattern == name)?;
            Some((*pattern).into())
        };
        self.properties.get(name).cloned().or_else(built_in)
    }

    /// Returns the names of all properties, in order, as `get JAIL actionproperties ACTION` does.
    #[must_use]
    pub fn properties(&self) -> Vec<String> {
        let own = self.properties.keys().filter(|name| !name.starts_with('_'));
        let built_in = PATTERNS.iter().map(|(name, _)| *name).chain([EPOCH]);
        let mut names: Vec<String> = own.cloned().chain(built_in.map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Takes all commands away and sets `timeout` back; other properties stay.
    pub fn clear(&mut self) {
        for command in Command::ALL {
            // As the original: of all commands this one has no value unless one is given.
            if command == Command::Prolong {
                self.properties.remove(command.property());
            } else {
                self.properties
                    .insert(command.property().to_owned(), "".into());
            }
        }
        self.properties
            .insert("timeout".to_owned(), Property::Whole(TIMEOUT));
        self.resolved.clear();
        self.sets.clear();
    }

    /// Tells whether a command is there and not empty.
    #[must_use]
    pub fn has(&self, command: Command) -> bool {
        self.properties
            .get(command.property())
            .is_some_and(Property::is_on)
    }

    /// Tells whether bans taken up from the database are not for this action.
    #[must_use]
    pub fn skips_restored(&self) -> bool {
        self.is_on("norestored")
    }

    /// Tells whether this action is repaired also when a ban is lifted.
    pub(crate) fn repairs_on_unban(&self) -> bool {
        self.is_on("actionrepair_on_unban")
    }

    /// Tells whether it is started for a family with that family's first ban.
    ///
    /// As the original: unless it is said, exactly the actions that tell families apart are.
    pub(crate) fn starts_on_demand(&self) -> bool {
        match self.properties.get("actionstart_on_demand") {
            Some(said) => said.is_on(),
            None => self.is_conditional(),
        }
    }

    /// The families that it is started for when no ban says which.
    pub(crate) fn families(&self, host: &Host) -> &'static [Family] {
        match (self.is_conditional(), host.allows_ipv6) {
            (false, _) => &[Family::Any],
            (true, false) => &[Family::Inet4],
            (true, true) => &[Family::Inet4, Family::Inet6],
        }
    }

    /// How long a command may take, in the configuration's words and as a span.
    pub(crate) fn timeout(&self) -> (String, Span) {
        let value = self.properties.get("timeout");
        let seconds = match value {
            Some(Property::Whole(seconds)) => f2b_core::Seconds::Whole(*seconds),
            Some(Property::Fraction(seconds)) => f2b_core::Seconds::Fraction(*seconds),
            Some(Property::Flag(flag)) => f2b_core::Seconds::Whole(i64::from(*flag)),
            _ => f2b_core::Seconds::Whole(TIMEOUT),
        };
        let shown = value.map_or_else(|| TIMEOUT.to_string(), Property::to_string);
        (shown, seconds.span())
    }

    /// Returns a command with all tags replaced that do not depend on a ban.
    ///
    /// A command that is not there at all is its own tag, which no shell takes: the original has it
    /// so.
    ///
    /// # Errors
    /// Its tags go in circles.
    pub fn text(
        &mut self,
        command: Command,
        family: Family,
        host: &Host,
    ) -> Result<Arc<str>, TagError> {
        let key = (command, family.condition());
        if let Some(text) = self.resolved.get(&key) {
            return Ok(Arc::clone(text));
        }
        let text = resolve::resolve(command.property(), family, &|name, family| {
            self.stands_for(name, family, host)
        })?;
        let text: Arc<str> = text.into();
        self.resolved.insert(key, Arc::clone(&text));
        Ok(text)
    }

    /// Returns the set of nftables that bans of a family go into and come out of, if that is all that
    /// `actionban` and `actionunban` do and the action does not say `native = no`.
    pub(crate) fn element_set(&mut self, family: Family, host: &Host) -> Option<Arc<ElementSet>> {
        if let Some(known) = self.sets.get(&family) {
            return known.clone();
        }
        let mut changed = |command: Command| {
            let text = self.text(command, family, host).ok()?;
            changed_set(&text, ElementChange::of(command)?)
        };
        let set = changed(Command::Ban).filter(|set| changed(Command::Unban).as_ref() == Some(set));
        let may = self.get(NATIVE).is_none_or(|native| !is_no(&native));
        let set = set.filter(|_| may).map(Arc::new);
        self.sets.insert(family, set.clone());
        set
    }

    /// Returns the sets of nftables that this action's bans go into, if that is all that its commands
    /// for a ban do: they need not be run ([`crate::Shell::change_element`]).
    #[must_use]
    pub fn element_sets(&self, host: &Host) -> Vec<ElementSet> {
        self.sets_of(host, |_, _| true)
    }

    /// Returns those of them that `actionstart` makes (`add set FAMILY TABLE SET`): nobody else has put
    /// anything into them.
    #[must_use]
    pub fn own_element_sets(&self, host: &Host) -> Vec<ElementSet> {
        self.sets_of(host, makes_set)
    }

    fn sets_of(
        &self,
        host: &Host,
        is_meant: impl Fn(&str, &ElementSet) -> bool,
    ) -> Vec<ElementSet> {
        let mut action = self.clone();
        let mut sets = Vec::new();
        for family in [Family::Inet4, Family::Inet6] {
            let start = action.text(Command::Start, family, host);
            if let (Some(set), Ok(start)) = (action.element_set(family, host), start)
                && is_meant(&start, &set)
            {
                sets.push((*set).clone());
            }
        }
        sets.dedup();
        sets
    }

    /// What a static tag stands for.
    fn stands_for(&self, name: &str, family: Family, host: &Host) -> Option<String> {
        if let Some(condition) = family.condition() {
            let conditional = format!("{name}?family={condition}");
            if let Some(value) = self.properties.get(&conditional) {
                return Some(value.to_string());
            }
        }
        if let Some(value) = self.properties.get(name) {
            return Some(value.to_string());
        }
        Some(match name {
            "br" => "\n".to_owned(),
            "sp" => " ".to_owned(),
            "fq-hostname" => host.fq_name.clone(),
            "sh-hostname" => host.short_name.clone(),
            "family" => family.condition()?.to_owned(),
            EPOCH => self.epoch.to_string(),
            _ => return None,
        })
    }

    fn is_on(&self, name: &str) -> bool {
        self.properties.get(name).is_some_and(Property::is_on)
    }

    fn is_conditional(&self) -> bool {
        self.properties.keys().any(|name| name.contains("?family="))
    }
}

fn is_no(value: &Property) -> bool {
    let value = value.to_string();
    let no = ["no", "off", "false", "0"];
    no.iter().any(|no| value.eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests;
