//! Text to expression, by descent; how deep it goes is bounded.

use super::{Binary, Comparison, FormulaError as Error, Function, Math, Name, Node, Number, Unary};

/// How deep brackets and operators may be nested.
const DEEPEST: usize = 60;

pub(super) fn parse(text: &str) -> Result<Node, Error> {
    let mut reader = Reader {
        rest: text.trim_start(),
        depth: 0,
    };
    let node = reader.choice()?;
    if reader.rest.is_empty() {
        Ok(node)
    } else {
        Err(Error::Syntax)
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// `A if C else B`.
    fn choice(&mut self) -> Result<Node, Error> {
        self.deeper(|reader| {
            let value = reader.or()?;
            if !reader.take_word("if") {
                return Ok(value);
            }
            let condition = reader.or()?;
            if !reader.take_word("else") {
                return Err(Error::Syntax);
            }
            Ok(Node::Choice(Box::new([condition, value, reader.choice()?])))
        })
    }

    fn or(&mut self) -> Result<Node, Error> {
        let mut node = self.and()?;
        while self.take_word("or") {
            node = Node::Or(Box::new(node), Box::new(self.and()?));
        }
        Ok(node)
    }

    fn and(&mut self) -> Result<Node, Error> {
        let mut node = self.not()?;
        while self.take_word("and") {
            node = Node::And(Box::new(node), Box::new(self.not()?));
        }
        Ok(node)
    }

    fn not(&mut self) -> Result<Node, Error> {
        if self.take_word("not") {
            let node = self.deeper(Self::not)?;
            return Ok(Node::Unary(Unary::Not, Box::new(node)));
        }
        let first = self.binary(0)?;
        let mut others = Vec::new();
        while let Some(comparison) = self.comparison() {
            others.push((comparison, self.binary(0)?));
        }
        Ok(match others.is_empty() {
            true => first,
            false => Node::Compare(Box::new(first), others),
        })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let signs = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let (_, comparison) = signs.into_iter().find(|(sign, _)| self.take(sign))?;
        Some(comparison)
    }

    /// What binds at least as tightly as `level` says: the operators of Python from `|` to `*`.
    fn binary(&mut self, level: usize) -> Result<Node, Error> {
        let Some(operators) = LEVELS.get(level) else {
            return self.signed();
        };
        let mut node = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            node = Node::Binary(operator, Box::new(node), Box::new(self.binary(level + 1)?));
        }
        Ok(node)
    }

    fn operator(&mut self, operators: &[(&str, Binary)]) -> Option<Binary> {
        let (_, operator) = operators.iter().find(|(sign, _)| {
            // `*` is no `**`, `/` is no `//`; a comparison is no shift.
            let is_longer = matches!(*sign, "*" | "/") && self.rest.starts_with(&sign.repeat(2));
            !is_longer && self.take(sign)
        })?;
        Some(*operator)
    }

    fn signed(&mut self) -> Result<Node, Error> {
        let signs = [
            ("-", Unary::Minus),
            ("+", Unary::Plus),
            ("~", Unary::Invert),
        ];
        match signs.into_iter().find(|(sign, _)| self.take(sign)) {
            Some((_, sign)) => Ok(Node::Unary(sign, Box::new(self.deeper(Self::signed)?))),
            None => self.power(),
        }
    }

    fn power(&mut self) -> Result<Node, Error> {
        let base = self.atom()?;
        if !self.take("**") {
            return Ok(base);
        }
        let exponent = self.deeper(Self::signed)?;
        Ok(Node::Binary(
            Binary::Power,
            Box::new(base),
            Box::new(exponent),
        ))
    }

    fn atom(&mut self) -> Result<Node, Error> {
        if self.take("(") {
            let node = self.choice()?;
            return if self.take(")") {
                Ok(node)
            } else {
                Err(Error::Syntax)
            };
        }
        match self.rest.chars().next() {
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.name(),
            _ => Err(Error::Syntax),
        }
    }

    fn number(&mut self) -> Result<Node, Error> {
        let mut end = 0;
        let mut before = ' ';
        for c in self.rest.chars() {
            let is_exponent_sign = matches!(c, '+' | '-')
                && matches!(before, 'e' | 'E')
                && !self.rest.starts_with("0x");
            if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || is_exponent_sign) {
                break;
            }
            before = c;
            end += c.len_utf8();
        }
        let word = self.split(end).replace('_', "");
        let whole = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            Some(digits) => i128::from_str_radix(digits, 16).ok(),
            None => word.parse().ok(),
        };
        match whole {
            Some(whole) => Ok(Node::Number(Number::Whole(whole))),
            // Rust reads more words as numbers than Python: `inf`, `nan`; none begins so.
            None => match word.parse::<f64>() {
                Ok(value) => Ok(Node::Number(Number::Fraction(value))),
                Err(_no_number) => Err(Error::Syntax),
            },
        }
    }

    fn name(&mut self) -> Result<Node, Error> {
        let word = self.word();
        let part = match word {
            "ban" | "math" | "random" if self.take(".") => self.word(),
            _ => "",
        };
        match (word, part) {
            ("ban", "Time") => return Ok(Node::Name(Name::Time)),
            ("ban", "Count") => return Ok(Node::Name(Name::Count)),
            ("banFactor", _) => return Ok(Node::Name(Name::Factor)),
            ("math", "pi") => return Ok(fraction(std::f64::consts::PI)),
            ("math", "e") => return Ok(fraction(std::f64::consts::E)),
            ("True", _) => return Ok(Node::Number(Number::Whole(1))),
            ("False", _) => return Ok(Node::Number(Number::Whole(0))),
            _ => {}
        }
        let function = function(word, part).ok_or_else(|| match part {
            "" => Error::UnknownName(word.to_owned()),
            part => Error::UnknownPart {
                owner: word.to_owned(),
                name: part.to_owned(),
            },
        })?;
        if !self.take("(") {
            return Err(Error::Syntax);
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.choice()?);
            if !self.take(",") && !self.rest.starts_with(')') {
                return Err(Error::Syntax);
            }
        }
        let count = arguments.len();
        let is_right = match function {
            Function::Min | Function::Max => count >= 1,
            Function::Math(Math::Log) => count == 1 || count == 2,
            Function::Power | Function::Uniform | Function::RandInt => count == 2,
            Function::Random => count == 0,
            _ => count == 1,
        };
        if !is_right {
            let name = if part.is_empty() { word } else { part };
            return Err(Error::Arguments(name.to_owned()));
        }
        Ok(Node::Call(function, arguments))
    }

    fn word(&mut self) -> &'a str {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        self.split(end)
    }

    /// Takes a text off the front, and the blanks behind it.
    fn split(&mut self, end: usize) -> &'a str {
        let (word, after) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = after.trim_start();
        word
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_there = self.rest.starts_with(sign);
        if is_there {
            self.split(sign.len());
        }
        is_there
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let after = self.rest.strip_prefix(word);
        after.is_some_and(|after| !after.starts_with(is_word)) && self.take(word)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::TooLarge);
        }
        let value = read(self);
        self.depth -= 1;
        value
    }
}

/// Operators by how tightly they bind, the loosest first.
const LEVELS: [&[(&str, Binary)]; 6] = [
    &[("|", Binary::BitOr)],
    &[("^", Binary::BitXor)],
    &[("&", Binary::BitAnd)],
    &[("<<", Binary::ShiftLeft), (">>", Binary::ShiftRight)],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[
        ("*", Binary::Multiply),
        ("//", Binary::FloorDivide),
        ("/", Binary::Divide),
        ("%", Binary::Modulo),
    ],
];

fn fraction(value: f64) -> Node {
    Node::Number(Number::Fraction(value))
}

fn function(word: &str, part: &str) -> Option<Function> {
    Some(match (word, part) {
        ("min", _) => Function::Min,
        ("max", _) => Function::Max,
        ("abs", _) | ("math", "fabs") => Function::Abs,
        ("int", _) => Function::Int,
        ("float", _) => Function::Float,
        ("round", _) => Function::Round,
        ("pow", _) | ("math", "pow") => Function::Power,
        ("random", "random") => Function::Random,
        ("random", "uniform") => Function::Uniform,
        ("random", "randint") => Function::RandInt,
        ("math", name) => Function::Math(match name {
            "exp" => Math::Exp,
            "log" => Math::Log,
            "log2" => Math::Log2,
            "log10" => Math::Log10,
            "sqrt" => Math::Sqrt,
            "ceil" => Math::Ceil,
            "floor" => Math::Floor,
            "sin" => Math::Sin,
            "cos" => Math::Cos,
            "tan" => Math::Tan,
            "atan" => Math::Atan,
            _ => return None,
        }),
        _ => return None,
    })
}
