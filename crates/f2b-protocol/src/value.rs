//! A Python value as it travels over the control socket.

mod float;
mod json;
mod pretty;
mod printable;
mod repr;
mod surrogates;

pub use surrogates::SurrogateText;

/// Holds one Python value: only data, never code.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number that fits into 64 bits.
    Int(i64),
    /// A whole number beyond 64 bits, as its decimal digits with an optional
    /// leading `-`. [`pickle::decode`](crate::pickle::decode) never makes one
    /// that would fit [`Value::Int`].
    BigInt(String),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Str(String),
    /// Text with lone surrogates, which is how Python carries bytes that were
    /// no UTF-8 (a file name, a word of a command line).
    Surrogates(SurrogateText),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Self>),
    /// A tuple.
    Tuple(Vec<Self>),
    /// A dictionary in order of insertion; keys are distinct.
    Dict(Vec<(Self, Self)>),
    /// A set in the order it arrived; Python's own order is not reproduced.
    Set(Vec<Self>),
    /// A frozen set, likewise.
    FrozenSet(Vec<Self>),
}

impl Value {
    /// Returns a text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// Returns a list of texts.
    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// Returns the text of a [`Value::Str`].
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number of a [`Value::Int`].
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the elements of a list or a tuple.
    #[must_use]
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// Returns what a dictionary holds under a text key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dict(pairs) => pairs
                .iter()
                .find(|(name, _)| name.as_str() == Some(key))
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns Python's `repr()` of the value, as CPython 3.11 writes it.
    #[must_use]
    pub fn repr(&self) -> String {
        let mut out = String::new();
        self.write_repr(&mut out);
        out
    }

    /// Appends what [`repr`](Self::repr) returns.
    pub fn write_repr(&self, out: &mut String) {
        repr::write(self, out);
    }

    /// Returns what Python's `pprint.pformat(value, indent=2, width=width)`
    /// returns, as CPython 3.11 lays it out: [`repr`](Self::repr) where it fits
    /// into the columns, else one element per line.
    ///
    /// *Shape*: no newline at the end; entries of a dictionary are sorted by
    /// key, a set's elements only where the set is broken; an empty list that
    /// does not fit is `[ ]`, as there.
    ///
    /// *Units*: columns are code points. Python refuses a width of 0; here
    /// nothing fits it.
    ///
    /// *Cost*: linear in the value and the text that comes out, but for the
    /// sorting of keys; one call per level, as for [`repr`](Self::repr), so that
    /// the depth is for whoever made the value to limit. The text itself can be longer than the `repr` by the
    /// indentation of each line: two columns per level, and the width of its
    /// key below a dictionary's entry.
    ///
    /// ```
    /// use f2b_protocol::Value;
    ///
    /// let command = Value::texts(["set", "sshd", "ignorecommand", "/bin/true or not"]);
    /// assert_eq!(command.pretty(1000), command.repr());
    /// assert_eq!(
    ///     command.pretty(17),
    ///     "[ 'set',\n  'sshd',\n  'ignorecommand',\n  '/bin/true or '\n  'not']"
    /// );
    /// ```
    #[must_use]
    pub fn pretty(&self, width: usize) -> String {
        pretty::format(self, width)
    }

    /// Returns Python's `str()` of the value: text as it is, else [`repr`](Self::repr).
    ///
    /// A lone surrogate, which Rust text cannot hold, becomes its escape
    /// (`\udcff`).
    #[must_use]
    pub fn str(&self) -> String {
        match self {
            Self::Str(text) => text.clone(),
            Self::Surrogates(text) => text.escaped(),
            other => other.repr(),
        }
    }

    /// Returns the value as JSON, for output meant for programs.
    ///
    /// *Shape*: tuples and sets become arrays, keys their `str()`, numbers that
    /// JSON cannot hold and bytes their `repr()` as text.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        json::from_value(self)
    }

    /// Reads JSON; `None` if it is none.
    ///
    /// *Shape*: an object becomes a dictionary, an array a list.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(json::to_value)
    }

    /// Returns the value that JSON stands for.
    #[must_use]
    pub fn of_json(json: serde_json::Value) -> Self {
        json::to_value(json)
    }

    /// Returns the name of the value's Python type, as error texts use it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::BigInt(_) => "int",
            Self::Float(_) => "float",
            Self::Str(_) | Self::Surrogates(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}
