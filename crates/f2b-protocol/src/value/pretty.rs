//! Python's `pprint` of a value, two columns of indentation per level.

mod chunks;
mod order;
mod width;

use super::{Value, repr};
use chunks::{byte_chunks, text_chunks};
use order::SortKey;

/// Returns the value laid out for so many columns.
pub(super) fn format(value: &Value, width: usize) -> String {
    let mut printer = Printer {
        width,
        out: String::new(),
    };
    printer.place(&Measured::new(value), Place::ROOT);
    printer.out
}

/// Holds a value with the width of its `repr()`, so that each level asks
/// whether it fits without writing it.
struct Measured<'a> {
    value: &'a Value,
    width: usize,
    /// The elements of a container; those of a dictionary are key, value, key,
    /// value, sorted by key.
    parts: Vec<Self>,
}

impl<'a> Measured<'a> {
    fn new(value: &'a Value) -> Self {
        let parts: Vec<Self> = match value {
            Value::List(items)
            | Value::Tuple(items)
            | Value::Set(items)
            | Value::FrozenSet(items) => items.iter().map(Self::new).collect(),
            Value::Dict(pairs) => {
                let mut pairs: Vec<_> = pairs.iter().collect();
                pairs.sort_by_cached_key(|(key, _)| SortKey::new(key));
                let parts = pairs.into_iter().flat_map(|(key, value)| [key, value]);
                parts.map(Self::new).collect()
            }
            _ => Vec::new(),
        };
        let width = match brackets(value) {
            Some((open, close)) => {
                // `, ` and `: ` are equally wide.
                let separators = parts.len().saturating_sub(1) * 2;
                let inside: usize = parts.iter().map(|part| part.width).sum();
                open.len() + inside + separators + close.len()
            }
            None => width::of_scalar(value),
        };
        Self {
            value,
            width,
            parts,
        }
    }

    /// Appends the `repr()`, dictionaries sorted.
    fn write_flat(&self, out: &mut String) {
        let Some((open, close)) = brackets(self.value) else {
            return repr::write(self.value, out);
        };
        out.push_str(open);
        let is_dict = matches!(self.value, Value::Dict(_));
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                let is_entry = is_dict && index % 2 == 1;
                out.push_str(if is_entry { ": " } else { ", " });
            }
            part.write_flat(out);
        }
        out.push_str(close);
    }
}

/// Returns what stands around the elements of a container.
fn brackets(value: &Value) -> Option<(&'static str, &'static str)> {
    match value {
        Value::List(_) => Some(("[", "]")),
        Value::Tuple(items) if items.len() == 1 => Some(("(", ",)")),
        Value::Tuple(_) => Some(("(", ")")),
        Value::Dict(_) => Some(("{", "}")),
        // Empty ones are `set()` and `frozenset()`, which nothing breaks.
        Value::Set(items) if !items.is_empty() => Some(("{", "}")),
        Value::FrozenSet(items) if !items.is_empty() => Some(("frozenset({", "})")),
        _ => None,
    }
}

/// Says where a value is written.
#[derive(Clone, Copy)]
struct Place {
    /// The column it begins in.
    indent: usize,
    /// The columns kept free after it for the comma or the brackets that follow.
    allowance: usize,
    /// Whether nothing is around it.
    is_root: bool,
}

impl Place {
    const ROOT: Self = Self {
        indent: 0,
        allowance: 0,
        is_root: true,
    };

    const fn inside(indent: usize, allowance: usize) -> Self {
        Self {
            indent,
            allowance,
            is_root: false,
        }
    }

    /// Returns the place of literals that together are the value here: between
    /// parentheses unless something else is around.
    const fn of_literals(self) -> Self {
        if self.is_root {
            Self::inside(self.indent + 1, self.allowance + 1)
        } else {
            self
        }
    }
}

struct Printer {
    width: usize,
    out: String,
}

impl Printer {
    fn place(&mut self, measured: &Measured<'_>, place: Place) {
        if measured.width + place.indent + place.allowance <= self.width {
            return measured.write_flat(&mut self.out);
        }
        match (measured.value, brackets(measured.value)) {
            (_, Some(around)) => self.break_container(measured, around, place),
            (Value::Str(text), _) => self.break_text(text.chars().map(Ok), place),
            (Value::Surrogates(text), _) => self.break_text(text.units(), place),
            (Value::Bytes(bytes), _) => self.break_bytes(bytes, place),
            (scalar, _) => repr::write(scalar, &mut self.out),
        }
    }

    fn break_container(
        &mut self,
        measured: &Measured<'_>,
        (open, close): (&str, &str),
        place: Place,
    ) {
        self.out.push_str(open);
        // As Python: also when no element follows.
        self.out.push(' ');
        let indent = place.indent + open.len() + 1;
        let after_last = place.allowance + close.len();
        match measured.value {
            Value::Dict(_) => self.write_entries(&measured.parts, indent, after_last),
            Value::Set(_) | Value::FrozenSet(_) => {
                let mut parts: Vec<_> = measured.parts.iter().collect();
                parts.sort_by_cached_key(|part| SortKey::new(part.value));
                self.write_items(&parts, indent, after_last);
            }
            _ => {
                let parts: Vec<_> = measured.parts.iter().collect();
                self.write_items(&parts, indent, after_last);
            }
        }
        self.out.push_str(close);
    }

    fn write_items(&mut self, items: &[&Measured<'_>], indent: usize, after_last: usize) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
                self.new_line(indent);
            }
            let is_last = index + 1 == items.len();
            let allowance = if is_last { after_last } else { 1 };
            self.place(item, Place::inside(indent, allowance));
        }
    }

    fn write_entries(&mut self, parts: &[Measured<'_>], indent: usize, after_last: usize) {
        let mut entries = parts.chunks_exact(2).peekable();
        while let Some(entry) = entries.next() {
            let [key, value] = entry else { continue };
            let is_last = entries.peek().is_none();
            let allowance = if is_last { after_last } else { 1 };
            // A key is never broken.
            key.write_flat(&mut self.out);
            self.out.push_str(": ");
            self.place(value, Place::inside(indent + key.width + 2, allowance));
            if !is_last {
                self.out.push(',');
                self.new_line(indent);
            }
        }
    }

    fn break_text(&mut self, mut units: impl Iterator<Item = repr::Unit> + Clone, place: Place) {
        let inner = place.of_literals();
        let room = self.width.saturating_sub(inner.indent);
        let chunks = text_chunks(units.clone(), room, inner.allowance);
        if chunks.len() < 2 {
            return repr::write_text(units, &mut self.out);
        }
        self.write_literals(place, &chunks, |length, out| {
            repr::write_text(units.clone().take(length), out);
            units.by_ref().take(length).for_each(drop);
        });
    }

    fn break_bytes(&mut self, bytes: &[u8], place: Place) {
        if bytes.len() <= 4 {
            return repr::write_bytes(bytes, &mut self.out);
        }
        let inner = place.of_literals();
        let room = self.width.saturating_sub(inner.indent);
        let chunks = byte_chunks(bytes, room, inner.allowance);
        let mut rest = bytes;
        // As Python: one literal has parentheses too, which that of a text has not.
        self.write_literals(place, &chunks, |length, out| {
            let (chunk, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            repr::write_bytes(chunk, out);
            rest = after;
        });
    }

    /// Writes literals of these lengths on consecutive lines; where nothing is
    /// around them, parentheses are.
    fn write_literals(
        &mut self,
        place: Place,
        lengths: &[usize],
        mut write: impl FnMut(usize, &mut String),
    ) {
        self.parenthesis(place, '(');
        for (index, length) in lengths.iter().enumerate() {
            if index > 0 {
                self.new_line(place.of_literals().indent);
            }
            write(*length, &mut self.out);
        }
        self.parenthesis(place, ')');
    }

    fn parenthesis(&mut self, place: Place, parenthesis: char) {
        if place.is_root {
            self.out.push(parenthesis);
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}
