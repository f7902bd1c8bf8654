//! The machine that runs a pickle's instructions.

use std::collections::HashMap;

use super::arena::{Arena, ClassName, Node, NodeId};
use super::reader::Reader;
use super::stack::{Stack, grant};
use super::{Limits, PickleError, integer, opcode, text};
use crate::Value;

/// Whether classes and calls may appear, as data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    /// They end the decoding.
    Refused,
    /// Those of a server's answers are kept as nodes.
    OfReplies,
}

/// Runs the instructions and returns what is on top when they stop.
pub(super) fn run(
    bytes: &[u8],
    limits: &Limits,
    calls: Calls,
) -> Result<(Arena, NodeId), PickleError> {
    if bytes.len() > limits.input_bytes {
        return Err(PickleError::Limit {
            what: "bytes",
            limit: limits.input_bytes,
        });
    }
    let mut machine = Machine {
        reader: Reader::new(bytes),
        arena: Arena::default(),
        stack: Stack::new(limits.nodes),
        memo: HashMap::new(),
        limits,
        calls,
    };
    loop {
        let opcode = machine.reader.opcode()?;
        if opcode == opcode::STOP {
            let root = machine.stack.pop()?;
            return Ok((machine.arena, root));
        }
        machine.step(opcode)?;
    }
}

struct Machine<'a> {
    reader: Reader<'a>,
    arena: Arena,
    stack: Stack,
    memo: HashMap<u64, NodeId>,
    limits: &'a Limits,
    calls: Calls,
}

impl Machine<'_> {
    fn step(&mut self, code: u8) -> Result<(), PickleError> {
        match code {
            opcode::PROTO => self.protocol(),
            opcode::FRAME => {
                let length = u64::from_le_bytes(self.reader.array()?);
                self.reader.expect(length)
            }
            opcode::MARK => self.stack.mark(),
            opcode::POP => self.stack.discard(),
            opcode::DUP => {
                let top = self.stack.top()?;
                self.stack.push(top)
            }
            opcode::NONE => self.push(Value::None),
            opcode::NEWTRUE => self.push(Value::Bool(true)),
            opcode::NEWFALSE => self.push(Value::Bool(false)),
            opcode::INT | opcode::LONG | opcode::LONG1 | opcode::LONG4 => self.long(code),
            opcode::BININT => {
                let number = i32::from_le_bytes(self.reader.array()?);
                self.push(Value::Int(i64::from(number)))
            }
            opcode::BININT1 => {
                let number = self.reader.byte()?;
                self.push(Value::Int(i64::from(number)))
            }
            opcode::BININT2 => {
                let number = u16::from_le_bytes(self.reader.array()?);
                self.push(Value::Int(i64::from(number)))
            }
            opcode::FLOAT => {
                let number = text::float(self.reader.line()?)?;
                self.push(number)
            }
            opcode::BINFLOAT => {
                let number = f64::from_be_bytes(self.reader.array()?);
                self.push(Value::Float(number))
            }
            opcode::STRING
            | opcode::BINSTRING
            | opcode::SHORT_BINSTRING
            | opcode::UNICODE
            | opcode::BINUNICODE
            | opcode::BINUNICODE8
            | opcode::SHORT_BINUNICODE
            | opcode::BINBYTES
            | opcode::SHORT_BINBYTES => self.text(code),
            opcode::EMPTY_LIST => self.push_node(Node::List(Vec::new())),
            opcode::EMPTY_TUPLE => self.push_node(Node::Tuple(Vec::new())),
            opcode::EMPTY_DICT => self.push_node(Node::Dict(Vec::new())),
            opcode::EMPTY_SET => self.push_node(Node::Set(Vec::new())),
            opcode::LIST => {
                let items = self.stack.pop_to_mark()?;
                self.push_node(Node::List(items))
            }
            opcode::TUPLE => {
                let items = self.stack.pop_to_mark()?;
                self.push_node(Node::Tuple(items))
            }
            opcode::FROZENSET => {
                let items = self.stack.pop_to_mark()?;
                self.push_node(Node::FrozenSet(items))
            }
            opcode::DICT => {
                let items = self.stack.pop_to_mark()?;
                let dict = pairs(&items, "DICT")?;
                self.push_node(Node::Dict(dict))
            }
            opcode::TUPLE1 => self.tuple(1),
            opcode::TUPLE2 => self.tuple(2),
            opcode::TUPLE3 => self.tuple(3),
            opcode::APPEND => {
                let item = self.stack.pop()?;
                self.extend_list(vec![item], "APPEND")
            }
            opcode::APPENDS => {
                let items = self.stack.pop_to_mark()?;
                self.extend_list(items, "APPENDS")
            }
            opcode::SETITEM => {
                let value = self.stack.pop()?;
                let key = self.stack.pop()?;
                self.extend_dict(vec![(key, value)], "SETITEM")
            }
            opcode::SETITEMS => {
                let items = self.stack.pop_to_mark()?;
                let items = pairs(&items, "SETITEMS")?;
                self.extend_dict(items, "SETITEMS")
            }
            opcode::ADDITEMS => {
                let items = self.stack.pop_to_mark()?;
                self.extend_set(items)
            }
            opcode::PUT
            | opcode::BINPUT
            | opcode::LONG_BINPUT
            | opcode::MEMOIZE
            | opcode::GET
            | opcode::BINGET
            | opcode::LONG_BINGET => self.memo(code),
            opcode::GLOBAL | opcode::STACK_GLOBAL | opcode::REDUCE | opcode::BUILD
                if self.calls == Calls::OfReplies =>
            {
                self.call(code)
            }
            other => {
                Err(opcode::name(other)
                    .map_or(PickleError::UnknownOpcode(other), PickleError::Refused))
            }
        }
    }

    fn protocol(&mut self) -> Result<(), PickleError> {
        match self.reader.byte()? {
            0..=5 => Ok(()),
            future => Err(PickleError::Protocol(future)),
        }
    }

    fn long(&mut self, code: u8) -> Result<(), PickleError> {
        let value = match code {
            opcode::INT => {
                let line = ascii_line(self.reader.line()?);
                match line {
                    // Python 2 had no instruction for truth; two digits say it.
                    Some("00") => Some(Value::Bool(false)),
                    Some("01") => Some(Value::Bool(true)),
                    digits => digits.and_then(integer::from_digits),
                }
            }
            opcode::LONG => ascii_line(self.reader.line()?)
                .and_then(|line| integer::from_digits(line.strip_suffix('L').unwrap_or(line))),
            opcode::LONG1 => integer::from_bytes(self.reader.counted1()?),
            _ => integer::from_bytes(self.reader.counted4()?),
        };
        let name = opcode::name(code).unwrap_or("LONG");
        self.push(value.ok_or(PickleError::Argument(name))?)
    }

    fn text(&mut self, code: u8) -> Result<(), PickleError> {
        let value = match code {
            opcode::STRING => text::quoted(self.reader.line()?)?,
            opcode::BINSTRING => text::ascii(self.reader.counted4()?)?,
            opcode::SHORT_BINSTRING => text::ascii(self.reader.counted1()?)?,
            opcode::UNICODE => text::raw_unicode(self.reader.line()?)?,
            opcode::BINUNICODE => text::utf8(self.reader.counted4()?)?,
            opcode::BINUNICODE8 => text::utf8(self.reader.counted8()?)?,
            opcode::SHORT_BINUNICODE => text::utf8(self.reader.counted1()?)?,
            opcode::BINBYTES => Value::Bytes(self.reader.counted4()?.to_vec()),
            _ => Value::Bytes(self.reader.counted1()?.to_vec()),
        };
        self.push(value)
    }

    fn memo(&mut self, code: u8) -> Result<(), PickleError> {
        let index = match code {
            // The number of entries, as CPython counts.
            opcode::MEMOIZE => u64::try_from(self.memo.len()).unwrap_or(u64::MAX),
            opcode::BINPUT | opcode::BINGET => u64::from(self.reader.byte()?),
            opcode::LONG_BINPUT | opcode::LONG_BINGET => {
                u64::from(u32::from_le_bytes(self.reader.array()?))
            }
            _ => {
                let name = opcode::name(code).unwrap_or("GET");
                let digits = ascii_line(self.reader.line()?);
                let index = digits.and_then(|digits| digits.trim().parse().ok());
                index.ok_or(PickleError::Argument(name))?
            }
        };
        if matches!(code, opcode::GET | opcode::BINGET | opcode::LONG_BINGET) {
            let kept = self.memo.get(&index).copied();
            return self.stack.push(kept.ok_or(PickleError::Memo(index))?);
        }
        let top = self.stack.top()?;
        if self.memo.len() >= self.limits.memo && !self.memo.contains_key(&index) {
            return Err(PickleError::Limit {
                what: "memo entries",
                limit: self.limits.memo,
            });
        }
        self.memo.insert(index, top);
        Ok(())
    }

    /// Carries out the instructions that make classes and calls, as data.
    fn call(&mut self, code: u8) -> Result<(), PickleError> {
        match code {
            opcode::GLOBAL => {
                let module = text::utf8(self.reader.line()?)?;
                let name = text::utf8(self.reader.line()?)?;
                self.class(&module, &name)
            }
            opcode::STACK_GLOBAL => {
                let name = self.stack.pop()?;
                let module = self.stack.pop()?;
                match (self.arena.plain(module), self.arena.plain(name)) {
                    (Some(module), Some(name)) => {
                        let (module, name) = (module.clone(), name.clone());
                        self.class(&module, &name)
                    }
                    _ => Err(PickleError::Kind("STACK_GLOBAL")),
                }
            }
            opcode::REDUCE => {
                let args = self.stack.pop()?;
                let class = self.stack.pop()?;
                let call = self.arena.call(class, args)?;
                self.push_node(call)
            }
            // Attributes of an exception beside its arguments: nothing shows them.
            _ => {
                self.stack.pop()?;
                let built = self.stack.top()?;
                if self.arena.is_call(built) {
                    Ok(())
                } else {
                    Err(PickleError::Kind("BUILD"))
                }
            }
        }
    }

    fn class(&mut self, module: &Value, name: &Value) -> Result<(), PickleError> {
        match (module, name) {
            (Value::Str(module), Value::Str(name)) => {
                let (module, name) = (module.clone(), name.clone());
                self.push_node(Node::Class(Box::new(ClassName { module, name })))
            }
            _ => Err(PickleError::Kind("GLOBAL")),
        }
    }

    fn tuple(&mut self, length: usize) -> Result<(), PickleError> {
        let items = self.stack.pop_many(length)?;
        self.push_node(Node::Tuple(items))
    }

    fn extend_list(&mut self, items: Vec<NodeId>, name: &'static str) -> Result<(), PickleError> {
        let target = self.stack.top()?;
        match self.arena.get_mut(target) {
            Some(Node::List(list)) => {
                list.extend(items);
                Ok(())
            }
            _ => Err(PickleError::Kind(name)),
        }
    }

    fn extend_dict(
        &mut self,
        items: Vec<(NodeId, NodeId)>,
        name: &'static str,
    ) -> Result<(), PickleError> {
        let target = self.stack.top()?;
        match self.arena.get_mut(target) {
            Some(Node::Dict(dict)) => {
                dict.extend(items);
                Ok(())
            }
            _ => Err(PickleError::Kind(name)),
        }
    }

    fn extend_set(&mut self, items: Vec<NodeId>) -> Result<(), PickleError> {
        let target = self.stack.top()?;
        match self.arena.get_mut(target) {
            Some(Node::Set(set)) => {
                set.extend(items);
                Ok(())
            }
            _ => Err(PickleError::Kind("ADDITEMS")),
        }
    }

    fn push(&mut self, value: Value) -> Result<(), PickleError> {
        self.push_node(Node::Plain(value))
    }

    fn push_node(&mut self, node: Node) -> Result<(), PickleError> {
        grant(self.arena.len(), self.limits.nodes)?;
        let id = self.arena.add(node);
        self.stack.push(id)
    }
}

fn pairs(items: &[NodeId], name: &'static str) -> Result<Vec<(NodeId, NodeId)>, PickleError> {
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(PickleError::Kind(name));
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}

fn ascii_line(line: &[u8]) -> Option<&str> {
    std::str::from_utf8(line).ok()
}
