//! The values of one pickle while it is read.
//!
//! A pickle refers to a list before the list is filled, so values are nodes that
//! refer to each other by number until the end; then a tree is made, and every
//! further reference to a node costs what a copy costs.

use std::collections::HashMap;

use super::{Limits, PickleError};
use crate::{Exception, Value};

/// Names a node of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(u32);

/// Holds one value that may refer to others.
#[derive(Debug)]
pub(super) enum Node {
    /// A value without parts.
    Plain(Value),
    List(Vec<NodeId>),
    Tuple(Vec<NodeId>),
    Dict(Vec<(NodeId, NodeId)>),
    Set(Vec<NodeId>),
    FrozenSet(Vec<NodeId>),
    /// The name of a class, in replies only.
    Class(Box<ClassName>),
    /// A call of a class, in replies only; the arguments are a tuple.
    Call {
        class: NodeId,
        args: NodeId,
    },
}

/// Names a class.
#[derive(Debug)]
pub(super) struct ClassName {
    pub(super) module: String,
    pub(super) name: String,
}

/// Owns the nodes of one pickle.
#[derive(Debug, Default)]
pub(super) struct Arena {
    nodes: Vec<Node>,
}

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn add(&mut self, node: Node) -> NodeId {
        // The limit of nodes is far below 2^32; the last number would be shared
        // only beyond it.
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        id
    }

    fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(id.0).ok()?)
    }

    pub(super) fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(usize::try_from(id.0).ok()?)
    }

    /// Returns the value of a node without parts.
    pub(super) fn plain(&self, id: NodeId) -> Option<&Value> {
        match self.get(id) {
            Some(Node::Plain(value)) => Some(value),
            _ => None,
        }
    }

    pub(super) fn is_call(&self, id: NodeId) -> bool {
        matches!(self.get(id), Some(Node::Call { .. }))
    }

    /// Returns the node for a call: the text itself for `builtins.str(text)`.
    pub(super) fn call(&self, class: NodeId, args: NodeId) -> Result<Node, PickleError> {
        let (Some(Node::Class(called)), Some(Node::Tuple(items))) =
            (self.get(class), self.get(args))
        else {
            return Err(PickleError::Kind("REDUCE"));
        };
        if called.module != "builtins" || called.name != "str" {
            return Ok(Node::Call { class, args });
        }
        match items.as_slice() {
            [only] => match self.plain(*only) {
                Some(text @ (Value::Str(_) | Value::Surrogates(_))) => {
                    Ok(Node::Plain(text.clone()))
                }
                _ => Err(PickleError::RefusedCall("builtins.str".to_owned())),
            },
            _ => Err(PickleError::RefusedCall("builtins.str".to_owned())),
        }
    }

    /// Returns the tree below a node.
    pub(super) fn value(&self, root: NodeId, limits: &Limits) -> Result<Value, PickleError> {
        Builder::new(self, limits).value(root, 0)
    }

    /// Returns the exception if the node is `(1, exception)`.
    pub(super) fn failure(
        &self,
        root: NodeId,
        limits: &Limits,
    ) -> Result<Option<Exception>, PickleError> {
        let Some(Node::Tuple(parts)) = self.get(root) else {
            return Ok(None);
        };
        let [code, exception] = parts.as_slice() else {
            return Ok(None);
        };
        if self.plain(*code) != Some(&Value::Int(1)) {
            return Ok(None);
        }
        let Some(Node::Call { class, args }) = self.get(*exception) else {
            return Ok(None);
        };
        let Some(Node::Class(called)) = self.get(*class) else {
            return Ok(None);
        };
        let Value::Tuple(args) = Builder::new(self, limits).value(*args, 2)? else {
            return Err(PickleError::Kind("REDUCE"));
        };
        let (module, class) = (called.module.clone().into(), called.name.clone().into());
        Ok(Some(Exception {
            module,
            class,
            args,
        }))
    }
}

/// Makes trees of nodes and counts what they cost.
struct Builder<'a> {
    arena: &'a Arena,
    limits: &'a Limits,
    nodes: usize,
    text_bytes: usize,
}

impl<'a> Builder<'a> {
    fn new(arena: &'a Arena, limits: &'a Limits) -> Self {
        Self {
            arena,
            limits,
            nodes: 0,
            text_bytes: 0,
        }
    }

    fn value(&mut self, id: NodeId, depth: usize) -> Result<Value, PickleError> {
        // A node that contains itself ends here too.
        if depth > self.limits.depth {
            return Err(PickleError::Limit {
                what: "levels",
                limit: self.limits.depth,
            });
        }
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(PickleError::Limit {
                what: "values",
                limit: self.limits.nodes,
            });
        }
        match self.arena.get(id) {
            Some(Node::Plain(value)) => self.copy(value),
            Some(Node::List(items)) => self.all(items, depth).map(Value::List),
            Some(Node::Tuple(items)) => self.all(items, depth).map(Value::Tuple),
            Some(Node::Dict(pairs)) => self.dict(pairs, depth).map(Value::Dict),
            Some(Node::Set(items)) => self.distinct(items, depth).map(Value::Set),
            Some(Node::FrozenSet(items)) => self.distinct(items, depth).map(Value::FrozenSet),
            Some(Node::Class(called)) => Err(PickleError::RefusedCall(format!(
                "{}.{}",
                called.module, called.name
            ))),
            Some(Node::Call { class, .. }) => self.value(*class, depth),
            // Only the arena makes numbers, each for a node it has.
            None => Err(PickleError::Underflow),
        }
    }

    fn copy(&mut self, value: &Value) -> Result<Value, PickleError> {
        self.text_bytes = self.text_bytes.saturating_add(match value {
            Value::Str(text) | Value::BigInt(text) => text.len(),
            Value::Surrogates(text) => text.points().len().saturating_mul(4),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        });
        if self.text_bytes > self.limits.text_bytes {
            let limit = self.limits.text_bytes;
            return Err(PickleError::Limit {
                what: "bytes of text",
                limit,
            });
        }
        Ok(value.clone())
    }

    fn all(&mut self, items: &[NodeId], depth: usize) -> Result<Vec<Value>, PickleError> {
        items
            .iter()
            .map(|item| self.value(*item, depth + 1))
            .collect()
    }

    /// Makes the pairs of a dictionary: a later value replaces an earlier one
    /// and keeps its place, as in Python.
    fn dict(
        &mut self,
        pairs: &[(NodeId, NodeId)],
        depth: usize,
    ) -> Result<Vec<(Value, Value)>, PickleError> {
        let mut places = HashMap::new();
        let mut out: Vec<(Value, Value)> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let key = self.value(*key, depth + 1)?;
            let value = self.value(*value, depth + 1)?;
            let place = *places
                .entry(hash_key(&key, out.len())?)
                .or_insert(out.len());
            match out.get_mut(place) {
                Some((_, earlier)) => *earlier = value,
                None => out.push((key, value)),
            }
        }
        Ok(out)
    }

    fn distinct(&mut self, items: &[NodeId], depth: usize) -> Result<Vec<Value>, PickleError> {
        let mut seen = HashMap::new();
        let mut out = Vec::with_capacity(items.len());
        for item in items {
            let value = self.value(*item, depth + 1)?;
            if seen.insert(hash_key(&value, out.len())?, ()).is_none() {
                out.push(value);
            }
        }
        Ok(out)
    }
}

/// Returns bytes that are equal for what Python holds to be the same key:
/// `1`, `1.0` and `True` are. `serial` sets apart what equals nothing.
fn hash_key(value: &Value, serial: usize) -> Result<Vec<u8>, PickleError> {
    let mut key = Vec::new();
    write_key(value, serial, &mut key)?;
    Ok(key)
}

fn write_key(value: &Value, serial: usize, key: &mut Vec<u8>) -> Result<(), PickleError> {
    let (tag, body): (u8, Vec<u8>) = match value {
        Value::None => (b'n', Vec::new()),
        Value::Bool(truth) => (b'i', i64::from(*truth).to_string().into()),
        Value::Int(number) => (b'i', number.to_string().into()),
        Value::BigInt(digits) => (b'i', digits.clone().into()),
        Value::Float(number) if number.is_nan() => (b'x', serial.to_le_bytes().into()),
        // A whole number writes its digits exactly, so it meets the equal integer.
        Value::Float(number) if number.fract() == 0.0 => (b'i', whole(*number).into()),
        Value::Float(number) => (b'f', number.to_be_bytes().into()),
        Value::Str(text) => (b's', text.clone().into()),
        Value::Surrogates(text) => (b's', text.to_bytes()),
        Value::Bytes(bytes) => (b'b', bytes.clone()),
        Value::Tuple(items) => {
            let mut inner = Vec::new();
            for item in items {
                write_key(item, serial, &mut inner)?;
            }
            (b't', inner)
        }
        Value::FrozenSet(items) => {
            let mut parts = Vec::with_capacity(items.len());
            for item in items {
                parts.push(hash_key(item, serial)?);
            }
            // The order of a set says nothing.
            parts.sort_unstable();
            (b'z', parts.concat())
        }
        other => return Err(PickleError::Unhashable(other.type_name())),
    };
    key.push(tag);
    key.extend(body.len().to_le_bytes());
    key.extend(body);
    Ok(())
}

/// Returns the digits of a float without a fraction; zero has no sign here.
fn whole(number: f64) -> String {
    if number == 0.0 {
        "0".to_owned()
    } else {
        format!("{number}")
    }
}
