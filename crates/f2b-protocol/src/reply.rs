//! What a server answers.

use crate::pickle::{self, Limits, PickleError};
use crate::{Exception, Value};

/// The outcome of a command: a payload, or the exception that ended it.
pub type Reply = Result<Value, Exception>;

/// Everything that a server can answer to one message.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// `(0, payload)` or `(1, exception)`.
    Reply(Reply),
    /// The bare text `ERROR: …`: the message could not be read. Holds what
    /// follows the colon and blank.
    Unreadable(String),
    /// `['SHUTDOWN']`: the server is on its way down and takes no commands.
    Shutdown,
}

/// What can be wrong with an answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The bytes are no pickle that we read.
    #[error("the answer cannot be decoded")]
    Pickle(#[from] PickleError),
    /// They are, but not one of the three shapes.
    #[error("the answer has an unknown shape: {0}")]
    Shape(String),
}

impl Answer {
    /// Returns the bytes of the answer, without the terminator.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Reply(reply) => pickle::encode_reply(reply),
            Self::Unreadable(text) => pickle::encode(&Value::Str(format!("ERROR: {text}"))),
            Self::Shutdown => pickle::encode(&Value::texts(["SHUTDOWN"])),
        }
    }

    /// Reads the bytes of an answer, without the terminator.
    ///
    /// *Errors*: the bytes are no pickle within the limits, or hold something
    /// that no server answers.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self, AnswerError> {
        match pickle::decode_reply(bytes, limits)? {
            pickle::Decoded::Exception(exception) => Ok(Self::Reply(Err(exception))),
            pickle::Decoded::Value(value) => Self::from_value(value),
        }
    }

    fn from_value(value: Value) -> Result<Self, AnswerError> {
        match value {
            Value::Tuple(parts) => match <[Value; 2]>::try_from(parts) {
                Ok([Value::Int(0), payload]) => Ok(Self::Reply(Ok(payload))),
                Ok(other) => Err(shape(&Value::Tuple(other.into()))),
                Err(other) => Err(shape(&Value::Tuple(other))),
            },
            Value::Str(text) => match text.strip_prefix("ERROR: ") {
                Some(reason) => Ok(Self::Unreadable(reason.to_owned())),
                None => Err(shape(&Value::Str(text))),
            },
            Value::List(words) if words.first() == Some(&Value::from("SHUTDOWN")) => {
                Ok(Self::Shutdown)
            }
            other => Err(shape(&other)),
        }
    }
}

fn shape(value: &Value) -> AnswerError {
    // An answer can be large; its beginning tells what it is.
    AnswerError::Shape(value.repr().chars().take(200).collect())
}
