//! The arithmetic of `bantime.formula` and `bantime.factor`: Python's expressions of numbers, and
//! nothing that could call anything else (contract B 4.3).

mod parse;
mod value;

use std::fmt;

use crate::Dice;
use value::Number;

/// An expression that was read and whose names are known.
///
/// *Shape*: numbers, `+ - * / // % ** << >> & | ^ ~`, comparisons, `and or not`, `A if C else B`, brackets;
/// `ban.Time` (the jail's `bantime` in seconds), `ban.Count` (bans before this one), `banFactor`; the
/// functions `min max abs int float round pow`, those of `math` with numbers, and `random.random`,
/// `random.uniform`, `random.randint`.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    text: String,
    tree: Node,
}

/// What the names of a formula stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given {
    /// `ban.Time`, in seconds.
    pub time: i64,
    /// `ban.Count`.
    pub count: u32,
    /// `banFactor`.
    pub factor: f64,
}

/// A text that is no formula, or one that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormulaError {
    /// It cannot be read.
    #[error("invalid syntax")]
    Syntax,
    /// A name that means nothing.
    #[error("name '{0}' is not defined")]
    UnknownName(String),
    /// Something of a known name that means nothing.
    #[error("'{owner}' has no attribute '{name}'")]
    UnknownPart {
        /// The name before the point.
        owner: String,
        /// What is behind it.
        name: String,
    },
    /// A division by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A function that gets more or fewer numbers than it takes.
    #[error("`{0}` takes another number of arguments")]
    Arguments(String),
    /// A root of a negative number, or the like.
    #[error("math domain error")]
    Domain,
    /// A number beyond all bounds.
    #[error("the value is too large")]
    TooLarge,
}

/// One step of an expression.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(Number),
    Name(Name),
    Unary(Unary, Box<Self>),
    Binary(Binary, Box<Self>, Box<Self>),
    /// `a < b < c`: each with its neighbour.
    Compare(Box<Self>, Vec<(Comparison, Self)>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    /// Condition, then, else.
    Choice(Box<[Self; 3]>),
    Call(Function, Vec<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Time,
    Count,
    Factor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unary {
    Plus,
    Minus,
    Invert,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitOr,
    BitXor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    Greater,
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    Abs,
    Int,
    Float,
    Round,
    Power,
    Math(Math),
    Random,
    Uniform,
    RandInt,
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Math {
    Exp,
    Log,
    Log2,
    Log10,
    Sqrt,
    Ceil,
    Floor,
    Sin,
    Cos,
    Tan,
    Atan,
}

impl Formula {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`FormulaError`] if it cannot be read or names something unknown.
    ///
    /// ```
    /// use f2b_core::{Dice, Formula, Given};
    /// let doubling = Formula::parse("ban.Time * (1 << (ban.Count if ban.Count < 20 else 20)) * banFactor")?;
    /// let given = Given { time: 600, count: 3, factor: 1.0 };
    /// assert_eq!(doubling.value(given, &mut Dice::seeded(1))?, 4_800.0);
    /// # Ok::<(), f2b_core::FormulaError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        let tree = parse::parse(text)?;
        let text = text.to_owned();
        Ok(Self { text, tree })
    }

    /// Returns the value of the expression.
    ///
    /// # Errors
    /// [`FormulaError`] if it has none: a division by zero, a number beyond all bounds.
    pub fn value(&self, given: Given, dice: &mut Dice) -> Result<f64, FormulaError> {
        let value = value::of(&self.tree, given, dice)?.float();
        if value.is_finite() {
            Ok(value)
        } else {
            Err(FormulaError::TooLarge)
        }
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, FormulaError> {
        let given = Given {
            time: 600,
            count: 3,
            factor: 2.0,
        };
        Formula::parse(text)?.value(given, &mut Dice::seeded(7))
    }

    /// The values are Python's.
    #[test]
    fn expressions_have_pythons_values() {
        let check = |text: &str, expected: f64| assert_eq!(value(text), Ok(expected), "{text}");
        check("ban.Time * 3", 1_800.0);
        check("ban.Time * banFactor", 1_200.0);
        check(
            "ban.Time * math.exp(float(ban.Count+1)*banFactor)/math.exp(1*banFactor)",
            600.0 * 8.0_f64.exp() / 2.0_f64.exp(),
        );
        check(
            "ban.Time * (1<<(ban.Count if ban.Count<20 else 20))",
            4_800.0,
        );
        check("1 if ban.Count > 5 else 2 if ban.Count > 2 else 3", 2.0);
        check("-2 ** 2", -4.0);
        check("2 ** 3 ** 2", 512.0);
        check("2 ** -1", 0.5);
        check("7 // 2 + -7 // 2", -1.0);
        check("-7 % 3", 2.0);
        check("7.5 % 2", 1.5);
        check("1 < 2 < 3", 1.0);
        check("1 < 3 < 2", 0.0);
        check("0 or 5", 5.0);
        check("2 and 7", 7.0);
        check("not 2", 0.0);
        check("max(1, 2.5, 2)", 2.5);
        check("min(ban.Time * 10, 86400)", 6_000.0);
        check("int(2.9) + round(2.5)", 4.0);
        check("~5 & 0xff ^ 1 | 256", 507.0);
        check("1e3 + .5 + 1_000", 2_000.5);
        check("math.log(8, 2)", 3.0);
        check("math.pow(2, 3) + pow(2, 3)", 16.0);
        check("math.ceil(1.2) * math.pi / math.pi", 2.0);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let check = |text: &str, expected: FormulaError| {
            assert_eq!(value(text), Err(expected), "{text}");
        };
        let part = |owner: &str, name: &str| FormulaError::UnknownPart {
            owner: owner.to_owned(),
            name: name.to_owned(),
        };
        check("1+", FormulaError::Syntax);
        check("", FormulaError::Syntax);
        check("(1", FormulaError::Syntax);
        check("abc", FormulaError::UnknownName("abc".to_owned()));
        check(
            "__import__('os')",
            FormulaError::UnknownName("__import__".to_owned()),
        );
        check("ban.Foo", part("ban", "Foo"));
        check("math.foo(1)", part("math", "foo"));
        check("1 / 0", FormulaError::DivisionByZero);
        check("1 // (ban.Count - 3)", FormulaError::DivisionByZero);
        check("max()", FormulaError::Arguments("max".to_owned()));
        check("math.sqrt(-1)", FormulaError::Domain);
        check("10 ** 10 ** 10", FormulaError::TooLarge);
        check("1 << 1000", FormulaError::TooLarge);
        check("math.exp(1e9)", FormulaError::TooLarge);
        check(&"(".repeat(10_000), FormulaError::TooLarge);
    }

    #[test]
    fn chance_stays_within_its_bounds() {
        for seed in 0..200 {
            let mut dice = Dice::seeded(seed);
            let given = Given {
                time: 1,
                count: 1,
                factor: 1.0,
            };
            let mut roll = |text: &str| {
                Formula::parse(text)
                    .unwrap()
                    .value(given, &mut dice)
                    .unwrap()
            };
            assert!((0.0..1.0).contains(&roll("random.random()")));
            assert!((5.0..=6.0).contains(&roll("random.uniform(5, 6)")));
            assert!([2.0, 3.0].contains(&roll("random.randint(2, 3)")));
        }
    }
}
