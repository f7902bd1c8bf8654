//! One command as it is sent.

use std::fmt;

use crate::{Exception, Value};

/// Holds the words of one command, as sent and as `-d` prints them.
#[derive(Clone, Debug, PartialEq)]
pub struct Command(Value);

impl Command {
    /// Returns the command for these words.
    #[must_use]
    pub fn new(words: Vec<Value>) -> Self {
        Self(Value::List(words))
    }

    /// Returns the command for words that are all text.
    pub fn words<T: Into<String>>(words: impl IntoIterator<Item = T>) -> Self {
        Self(Value::texts(words))
    }

    /// Returns the command that a decoded message is.
    ///
    /// A list and a tuple are commands; of everything else the original would
    /// take element 0, and these are its answers.
    ///
    /// *Errors*: what to answer instead.
    pub fn from_value(value: Value) -> Result<Self, Exception> {
        match value {
            Value::List(words) | Value::Tuple(words) => Ok(Self::new(words)),
            Value::Str(text) if text.is_empty() => {
                Err(Exception::index("string index out of range"))
            }
            Value::Bytes(bytes) if bytes.is_empty() => Err(Exception::index("index out of range")),
            Value::Str(_) | Value::Surrogates(_) | Value::Bytes(_) => {
                Err(Exception::invalid_command())
            }
            Value::Dict(pairs) => {
                let zero = pairs.iter().any(|(key, _)| {
                    matches!(key, Value::Int(0) | Value::Bool(false)) || *key == Value::Float(0.0)
                });
                Err(if zero {
                    Exception::invalid_command()
                } else {
                    Exception::key(0)
                })
            }
            other => Err(Exception::type_error(format!(
                "'{}' object is not subscriptable",
                other.type_name()
            ))),
        }
    }

    /// Returns the words.
    #[must_use]
    pub fn as_words(&self) -> &[Value] {
        self.0.as_sequence().unwrap_or(&[])
    }

    /// Returns the word at this place, if there is one and it is text.
    #[must_use]
    pub fn word(&self, index: usize) -> Option<&str> {
        self.as_words().get(index).and_then(Value::as_str)
    }

    /// Returns the command as the value to encode: a list.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

/// Writes Python's `repr()` of the list, as `fail2ban-client -d` prints it.
impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.repr())
    }
}

#[cfg(test)]
mod tests {
    use super::Command;
    use crate::Value;

    #[test]
    fn a_command_prints_as_a_python_list() {
        let command = Command::new(vec![
            Value::from("set"),
            Value::from("sshd"),
            Value::from("maxretry"),
            Value::Int(5),
        ]);
        assert_eq!(command.to_string(), "['set', 'sshd', 'maxretry', 5]");
    }

    #[test]
    fn what_is_no_list_is_answered_as_the_original_answers() {
        let rows = [
            (Value::from("ping"), "Invalid command"),
            (Value::from(""), "string index out of range"),
            (Value::Dict(vec![(Value::from("a"), Value::Int(1))]), "0"),
            (Value::Int(5), "'int' object is not subscriptable"),
            (Value::None, "'NoneType' object is not subscriptable"),
        ];
        for (value, expected) in rows {
            assert_eq!(
                Command::from_value(value).unwrap_err().to_string(),
                expected
            );
        }
    }
}
