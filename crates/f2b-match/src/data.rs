//! What a failure carries besides who and when: an ordered map, as the original's `-o row` prints it.

use smol_str::SmolStr;

use crate::name::Name;

/// The value of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A group that took no part in the match (`None`).
    Null,
    /// A mark that is set (`True`).
    True,
    /// What a group captured.
    Text(SmolStr),
    /// The users of a session, in the order in which they came; each once (a Python set).
    Users(Vec<SmolStr>),
    /// What `tuple_*` groups were gathered into; a part may be [`Value::Null`].
    Tuple(Vec<Self>),
}

/// Values by name, in the order in which the original's dictionary holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    entries: Vec<(Name, Value)>,
}

impl Value {
    /// Tells whether Python would call it true: not null, not empty.
    #[must_use]
    pub fn is_set(&self) -> bool {
        match self {
            Self::Null => false,
            Self::True => true,
            Self::Text(text) => !text.is_empty(),
            Self::Users(users) => !users.is_empty(),
            Self::Tuple(parts) => !parts.is_empty(),
        }
    }

    /// Returns the text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::True | Self::Users(_) | Self::Tuple(_) => None,
        }
    }
}

impl Data {
    /// Returns the texts by name, as a ban keeps them: users joined by a comma, the rest left out.
    #[must_use]
    pub fn texts(&self) -> Vec<(Box<str>, Box<str>)> {
        let text = |value: &Value| match value {
            Value::Text(text) => Some(text.as_str().into()),
            Value::Users(users) => Some(users.join(",").into()),
            Value::Null | Value::True | Value::Tuple(_) => None,
        };
        let texts = self
            .iter()
            .filter_map(|(name, value)| Some((name.into(), text(value)?)));
        texts.collect()
    }

    /// Returns the value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.at(Name::find(name)?)
    }

    /// Returns the text of `name`; `None` if it has none.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// Tells whether there is no name at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Goes through names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Tells whether `name` has a value that Python would call true.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(Value::is_set)
    }

    /// Returns an empty map with room for `names`.
    pub(crate) fn with_room_for(names: usize) -> Self {
        Self {
            entries: Vec::with_capacity(names),
        }
    }

    /// Returns the value of a name.
    pub(crate) fn at(&self, name: Name) -> Option<&Value> {
        let found = self.entries.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// Tells whether a name has a value that Python would call true.
    pub(crate) fn has_set(&self, name: Name) -> bool {
        self.at(name).is_some_and(Value::is_set)
    }

    /// Returns the text of a name.
    pub(crate) fn text_at(&self, name: Name) -> Option<&SmolStr> {
        match self.at(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Adds a name that is not there yet.
    pub(crate) fn push(&mut self, name: Name, value: Value) {
        self.entries.push((name, value));
    }

    /// Sets `name`; a name that is known keeps its place.
    pub(crate) fn set(&mut self, name: Name, value: Value) {
        match self.get_mut(name) {
            Some(known) => *known = value,
            None => self.entries.push((name, value)),
        }
    }

    /// Takes `name` out.
    pub(crate) fn remove(&mut self, name: Name) -> Option<Value> {
        let place = self.entries.iter().position(|(known, _)| *known == name)?;
        Some(self.entries.remove(place).1)
    }

    pub(crate) fn get_mut(&mut self, name: Name) -> Option<&mut Value> {
        let found = self.entries.iter_mut().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// Overlays the values of `other` that are not null, in its order.
    pub(crate) fn update(&mut self, other: Self) {
        for (name, value) in other.entries {
            if value != Value::Null {
                self.set(name, value);
            }
        }
    }
}
