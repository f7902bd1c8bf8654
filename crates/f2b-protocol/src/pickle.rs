//! Python's pickle format, as data only.
//!
//! [`decode`] reads what any protocol from 0 to 5 says about plain data and
//! refuses, by name, every instruction that would look up a class or call
//! something. [`decode_reply`] is for a client: it also understands the two
//! calls that the original's server writes, `builtins.str(text)` and
//! `Class(args…)` of an exception, as data; it calls nothing either.
//! [`encode`] writes protocol 4, byte for byte as CPython's `pickle.dumps` does
//! for a value that shares nothing.

mod arena;
mod decode;
mod encode;
mod integer;
mod opcode;
mod reader;
mod stack;
mod text;

use crate::{Exception, Value};

pub use encode::{encode, encode_reply};

/// Bounds what one message may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest message, in bytes.
    pub input_bytes: usize,
    /// Deepest nesting of containers.
    pub depth: usize,
    /// Most entries of the memo.
    pub memo: usize,
    /// Most values, both as written and with every shared one counted each time.
    pub nodes: usize,
    /// Most bytes of text and bytes, every shared one counted each time.
    pub text_bytes: usize,
}

impl Limits {
    /// What a server grants a request: a whole configuration fits many times.
    pub const REQUEST: Self = Self {
        input_bytes: 16 << 20,
        depth: 64,
        memo: 1 << 20,
        nodes: 1 << 20,
        text_bytes: 32 << 20,
    };

    /// What a client grants a reply: a million bans fit.
    pub const REPLY: Self = Self {
        input_bytes: 64 << 20,
        depth: 64,
        memo: 6 << 20,
        nodes: 6 << 20,
        text_bytes: 128 << 20,
    };
}

/// What can be wrong with a pickle. Where CPython has a text for the same
/// mistake, it is CPython's, because the original sends it to the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickleError {
    /// No instruction is left, but none said stop.
    #[error("Ran out of input")]
    RanOut,
    /// An instruction's argument is cut off.
    #[error("pickle data was truncated")]
    Truncated,
    /// An instruction needs more values than there are.
    #[error("unpickling stack underflow")]
    Underflow,
    /// A value is wanted where a mark is.
    #[error("unexpected MARK found")]
    UnexpectedMark,
    /// No mark is there for an instruction that needs one.
    #[error("could not find MARK")]
    NoMark,
    /// The byte is no instruction.
    #[error("invalid load key, '{}'.", load_key(*.0))]
    UnknownOpcode(u8),
    /// The instruction would look up or call code, or leaves plain data otherwise.
    #[error("refused {0}: only plain data is accepted")]
    Refused(&'static str),
    /// A call that is neither `str(text)` nor the exception of a failed command.
    #[error("refused the call of {0}: only plain data is accepted")]
    RefusedCall(String),
    /// A protocol from the future.
    #[error("unsupported pickle protocol: {0}")]
    Protocol(u8),
    /// Nothing was kept under this number.
    #[error("Memo value not found at index {0}")]
    Memo(u64),
    /// An argument in digits or text is malformed; says which instruction's.
    #[error("malformed argument of {0}")]
    Argument(&'static str),
    /// Text that is neither UTF-8 nor Python's form of it for surrogates.
    #[error("text is not valid UTF-8")]
    Utf8,
    /// A byte string of Python 2 that is not ASCII.
    #[error(
        "'ascii' codec can't decode byte {byte:#04x} in position {position}: ordinal not in range(128)"
    )]
    Ascii {
        /// The first byte that is not ASCII.
        byte: u8,
        /// Where it is in the string.
        position: usize,
    },
    /// The value on the stack is not of the kind that the instruction extends.
    #[error("{0} on a value of another kind")]
    Kind(&'static str),
    /// A key of a dictionary or an element of a set that Python cannot hash.
    #[error("unhashable type: '{0}'")]
    Unhashable(&'static str),
    /// More than a limit allows; says which.
    #[error("message exceeds the limit of {limit} {what}")]
    Limit {
        /// What is limited, in the plural.
        what: &'static str,
        /// The most that is allowed.
        limit: usize,
    },
}

fn load_key(byte: u8) -> String {
    match byte {
        b' '..=b'~' if byte != b'\'' && byte != b'\\' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

/// What a reply's bytes hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// Plain data, the calls of `builtins.str` carried out.
    Value(Value),
    /// `(1, exception)`.
    Exception(Exception),
}

/// Reads plain data.
///
/// Bytes after the instruction that stops are ignored, as CPython does.
///
/// *Errors*: the bytes are no pickle, hold more than plain data, or exceed a
/// limit. The text of the error is what follows `ERROR: ` in the answer.
///
/// ```
/// use f2b_protocol::{Value, pickle::{Limits, decode}};
///
/// let value = decode(b"(lp0\nVping\np1\na.", &Limits::REQUEST)?;
/// assert_eq!(value, Value::texts(["ping"]));
/// let refusal = decode(b"cos\nsystem\n(S'id'\ntR.", &Limits::REQUEST).unwrap_err();
/// assert_eq!(refusal.to_string(), "refused GLOBAL: only plain data is accepted");
/// # Ok::<(), f2b_protocol::pickle::PickleError>(())
/// ```
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Value, PickleError> {
    let (arena, root) = decode::run(bytes, limits, decode::Calls::Refused)?;
    arena.value(root, limits)
}

/// Reads a server's answer: plain data, `builtins.str(text)` as that text, and
/// `(1, exception)` with the exception as data.
///
/// *Errors*: as [`decode`]; every other class or call is refused.
pub fn decode_reply(bytes: &[u8], limits: &Limits) -> Result<Decoded, PickleError> {
    let (arena, root) = decode::run(bytes, limits, decode::Calls::OfReplies)?;
    match arena.failure(root, limits)? {
        Some(exception) => Ok(Decoded::Exception(exception)),
        None => arena.value(root, limits).map(Decoded::Value),
    }
}
