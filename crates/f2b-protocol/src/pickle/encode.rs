//! Writing protocol 4, as CPython's `pickle.dumps` writes a value that shares
//! nothing.

use super::{integer, opcode};
use crate::{Exception, Reply, Value};

/// Most elements between a mark and the instruction that takes them.
const BATCH: usize = 1000;
/// A frame ends at the first boundary beyond this many bytes; longer texts stand
/// outside of frames.
const FRAME_TARGET: usize = 64 * 1024;
/// Shorter content gets no frame.
const FRAME_LEAST: usize = 4;

/// Returns the value as a pickle of protocol 4.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.value(value);
    writer.finish()
}

/// Returns `(0, payload)` or `(1, exception)` as a pickle of protocol 4; the
/// exception as its class called with its arguments, as Python pickles it.
#[must_use]
pub fn encode_reply(reply: &Reply) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.boundary();
    match reply {
        Ok(payload) => {
            writer.value(&Value::Int(0));
            writer.value(payload);
        }
        Err(exception) => {
            writer.value(&Value::Int(1));
            writer.exception(exception);
        }
    }
    writer.write(&[opcode::TUPLE2, opcode::MEMOIZE]);
    writer.finish()
}

struct Writer {
    out: Vec<u8>,
    /// Bytes of the open frame; they go to `out` when it closes.
    frame: Vec<u8>,
}

impl Writer {
    fn new() -> Self {
        Self {
            out: vec![opcode::PROTO, 4],
            frame: Vec::new(),
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.write(&[opcode::STOP]);
        self.close_frame();
        self.out
    }

    fn write(&mut self, bytes: &[u8]) {
        self.frame.extend_from_slice(bytes);
    }

    fn boundary(&mut self) {
        if self.frame.len() >= FRAME_TARGET {
            self.close_frame();
        }
    }

    fn close_frame(&mut self) {
        if self.frame.len() >= FRAME_LEAST {
            self.out.push(opcode::FRAME);
            // A length in memory always fits 64 bits.
            let length = u64::try_from(self.frame.len()).unwrap_or(u64::MAX);
            self.out.extend(length.to_le_bytes());
        }
        self.out.append(&mut self.frame);
    }

    fn value(&mut self, value: &Value) {
        self.boundary();
        match value {
            Value::None => self.write(&[opcode::NONE]),
            Value::Bool(true) => self.write(&[opcode::NEWTRUE]),
            Value::Bool(false) => self.write(&[opcode::NEWFALSE]),
            Value::Int(number) => self.int(*number),
            Value::BigInt(digits) => self.long(&integer::to_bytes(digits)),
            Value::Float(number) => {
                self.write(&[opcode::BINFLOAT]);
                self.write(&number.to_be_bytes());
            }
            Value::Str(text) => self.text(text.as_bytes()),
            Value::Surrogates(text) => self.text(&text.to_bytes()),
            Value::Bytes(bytes) => {
                let codes = [opcode::SHORT_BINBYTES, opcode::BINBYTES, opcode::BINBYTES8];
                self.counted(codes, bytes);
            }
            Value::List(items) => self.list(items),
            Value::Tuple(items) => self.tuple(items),
            Value::Dict(pairs) => self.dict(pairs),
            Value::Set(items) => self.set(items),
            Value::FrozenSet(items) => {
                self.write(&[opcode::MARK]);
                for item in items {
                    self.value(item);
                }
                self.write(&[opcode::FROZENSET, opcode::MEMOIZE]);
            }
        }
    }

    fn int(&mut self, number: i64) {
        if let Ok(byte) = u8::try_from(number) {
            self.write(&[opcode::BININT1, byte]);
        } else if let Ok(short) = u16::try_from(number) {
            self.write(&[opcode::BININT2]);
            self.write(&short.to_le_bytes());
        } else if let Ok(int) = i32::try_from(number) {
            self.write(&[opcode::BININT]);
            self.write(&int.to_le_bytes());
        } else {
            let mut bytes = number.to_le_bytes().to_vec();
            integer::shorten(&mut bytes);
            self.long(&bytes);
        }
    }

    fn long(&mut self, bytes: &[u8]) {
        if let Ok(count) = u8::try_from(bytes.len()) {
            self.write(&[opcode::LONG1, count]);
        } else {
            self.write(&[opcode::LONG4]);
            self.write(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        self.write(bytes);
    }

    fn text(&mut self, bytes: &[u8]) {
        let codes = [
            opcode::SHORT_BINUNICODE,
            opcode::BINUNICODE,
            opcode::BINUNICODE8,
        ];
        self.counted(codes, bytes);
    }

    /// Writes bytes after their count, with the instruction for a count of one,
    /// four or eight bytes.
    fn counted(&mut self, [short, middle, long]: [u8; 3], bytes: &[u8]) {
        let mut header = Vec::with_capacity(9);
        if let Ok(count) = u8::try_from(bytes.len()) {
            header.extend([short, count]);
        } else if let Ok(count) = u32::try_from(bytes.len()) {
            header.push(middle);
            header.extend(count.to_le_bytes());
        } else {
            header.push(long);
            header.extend(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        }
        if bytes.len() >= FRAME_TARGET {
            self.close_frame();
            self.out.extend(header);
            self.out.extend_from_slice(bytes);
        } else {
            self.write(&header);
            self.write(bytes);
        }
        self.write(&[opcode::MEMOIZE]);
    }

    fn list(&mut self, items: &[Value]) {
        self.write(&[opcode::EMPTY_LIST, opcode::MEMOIZE]);
        if let [only] = items {
            self.value(only);
            self.write(&[opcode::APPEND]);
            return;
        }
        for batch in items.chunks(BATCH) {
            self.write(&[opcode::MARK]);
            for item in batch {
                self.value(item);
            }
            self.write(&[opcode::APPENDS]);
        }
    }

    fn tuple(&mut self, items: &[Value]) {
        let code = match items.len() {
            0 => {
                self.write(&[opcode::EMPTY_TUPLE]);
                return;
            }
            1 => opcode::TUPLE1,
            2 => opcode::TUPLE2,
            3 => opcode::TUPLE3,
            _ => {
                self.write(&[opcode::MARK]);
                opcode::TUPLE
            }
        };
        for item in items {
            self.value(item);
        }
        self.write(&[code, opcode::MEMOIZE]);
    }

    fn dict(&mut self, pairs: &[(Value, Value)]) {
        self.write(&[opcode::EMPTY_DICT, opcode::MEMOIZE]);
        if let [(key, value)] = pairs {
            self.value(key);
            self.value(value);
            self.write(&[opcode::SETITEM]);
            return;
        }
        for batch in pairs.chunks(BATCH) {
            self.write(&[opcode::MARK]);
            for (key, value) in batch {
                self.value(key);
                self.value(value);
            }
            self.write(&[opcode::SETITEMS]);
        }
    }

    fn set(&mut self, items: &[Value]) {
        self.write(&[opcode::EMPTY_SET, opcode::MEMOIZE]);
        for batch in items.chunks(BATCH) {
            self.write(&[opcode::MARK]);
            for item in batch {
                self.value(item);
            }
            self.write(&[opcode::ADDITEMS]);
        }
    }

    fn exception(&mut self, exception: &Exception) {
        self.boundary();
        self.text(exception.module.as_bytes());
        self.boundary();
        self.text(exception.class.as_bytes());
        self.write(&[opcode::STACK_GLOBAL, opcode::MEMOIZE]);
        self.value(&Value::Tuple(exception.args.clone()));
        self.write(&[opcode::REDUCE, opcode::MEMOIZE]);
    }
}
