//! The value of an expression, with Python's meaning of whole numbers and fractions.

use super::{Binary, Comparison, FormulaError as Error, Function, Given, Math, Name, Node, Unary};
use crate::Dice;

/// A number as Python tells them apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i128),
    Fraction(f64),
}

use Number::{Fraction, Whole};

impl Number {
    #[expect(clippy::cast_precision_loss, reason = "as Python: a float has 53 bits")]
    pub(super) fn float(self) -> f64 {
        match self {
            Whole(value) => value as f64,
            Fraction(value) => value,
        }
    }

    fn is_true(self) -> bool {
        self.float() != 0.0
    }
}

/// Returns the value of an expression.
pub(super) fn of(node: &Node, given: Given, dice: &mut Dice) -> Result<Number, Error> {
    match node {
        Node::Number(number) => Ok(*number),
        Node::Name(Name::Time) => Ok(Whole(given.time.into())),
        Node::Name(Name::Count) => Ok(Whole(given.count.into())),
        Node::Name(Name::Factor) => Ok(Fraction(given.factor)),
        Node::Unary(sign, inner) => unary(*sign, of(inner, given, dice)?),
        Node::Binary(operator, left, right) => {
            let left = of(left, given, dice)?;
            binary(*operator, left, of(right, given, dice)?)
        }
        Node::Compare(first, others) => {
            let mut left = of(first, given, dice)?;
            for (comparison, right) in others {
                let right = of(right, given, dice)?;
                if !holds(*comparison, left, right) {
                    return Ok(Whole(0));
                }
                left = right;
            }
            Ok(Whole(1))
        }
        Node::And(left, right) => match of(left, given, dice)? {
            left if !left.is_true() => Ok(left),
            _ => of(right, given, dice),
        },
        Node::Or(left, right) => match of(left, given, dice)? {
            left if left.is_true() => Ok(left),
            _ => of(right, given, dice),
        },
        Node::Choice(parts) => {
            let [condition, then, otherwise] = &**parts;
            let is_true = of(condition, given, dice)?.is_true();
            of(if is_true { then } else { otherwise }, given, dice)
        }
        Node::Call(function, arguments) => {
            let arguments = arguments.iter().map(|argument| of(argument, given, dice));
            let arguments: Vec<Number> = arguments.collect::<Result<_, _>>()?;
            call(*function, &arguments, dice)
        }
    }
}

fn holds(comparison: Comparison, left: Number, right: Number) -> bool {
    let (left, right) = (left.float(), right.float());
    match comparison {
        Comparison::Less => left < right,
        Comparison::Greater => left > right,
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::AtMost => left <= right,
        Comparison::AtLeast => left >= right,
    }
}

fn unary(sign: Unary, value: Number) -> Result<Number, Error> {
    match (sign, value) {
        (Unary::Plus, value) => Ok(value),
        (Unary::Minus, Whole(value)) => value.checked_neg().map(Whole).ok_or(Error::TooLarge),
        (Unary::Minus, Fraction(value)) => Ok(Fraction(-value)),
        (Unary::Invert, Whole(value)) => Ok(Whole(!value)),
        (Unary::Invert, Fraction(_)) => Err(Error::Domain),
        (Unary::Not, value) => Ok(Whole((!value.is_true()).into())),
    }
}

fn binary(operator: Binary, left: Number, right: Number) -> Result<Number, Error> {
    match (left, right) {
        (Whole(left), Whole(right)) => whole(operator, left, right),
        (left, right) => fraction(operator, left.float(), right.float()),
    }
}

fn whole(operator: Binary, left: i128, right: i128) -> Result<Number, Error> {
    let too_large = Error::TooLarge;
    let amount = u32::try_from(right).ok();
    let value = match operator {
        Binary::Add => left.checked_add(right),
        Binary::Subtract => left.checked_sub(right),
        Binary::Multiply => left.checked_mul(right),
        Binary::FloorDivide | Binary::Modulo | Binary::Divide if right == 0 => {
            return Err(Error::DivisionByZero);
        }
        Binary::Divide => {
            return Ok(Fraction(Whole(left).float() / Whole(right).float()));
        }
        Binary::FloorDivide => left.checked_div_euclid(right).map(|quotient| {
            // Python rounds down, Euclid so that the rest is positive.
            let rest = left.wrapping_rem_euclid(right);
            if right < 0 && rest != 0 {
                quotient - 1
            } else {
                quotient
            }
        }),
        Binary::Modulo => left.checked_rem_euclid(right).map(|rest| {
            if right < 0 && rest != 0 {
                rest + right
            } else {
                rest
            }
        }),
        Binary::Power => match (amount, right < 0) {
            (Some(amount), _) => left.checked_pow(amount),
            (None, true) => return fraction(operator, Whole(left).float(), Whole(right).float()),
            (None, false) => None,
        },
        Binary::ShiftLeft | Binary::ShiftRight if right < 0 => return Err(Error::Domain),
        Binary::ShiftLeft => {
            let factor = amount.and_then(|amount| 2_i128.checked_pow(amount));
            factor.and_then(|factor| left.checked_mul(factor))
        }
        Binary::ShiftRight => Some(left >> amount.unwrap_or(127).min(127)),
        Binary::BitAnd => Some(left & right),
        Binary::BitOr => Some(left | right),
        Binary::BitXor => Some(left ^ right),
    };
    value.map(Whole).ok_or(too_large)
}

fn fraction(operator: Binary, left: f64, right: f64) -> Result<Number, Error> {
    let value = match operator {
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        Binary::Multiply => left * right,
        Binary::Divide | Binary::FloorDivide | Binary::Modulo if right == 0.0 => {
            return Err(Error::DivisionByZero);
        }
        Binary::Divide => left / right,
        Binary::FloorDivide => (left / right).floor(),
        Binary::Modulo => left - right * (left / right).floor(),
        Binary::Power if left == 0.0 && right < 0.0 => return Err(Error::DivisionByZero),
        Binary::Power if left < 0.0 && right.fract() != 0.0 => return Err(Error::Domain),
        Binary::Power => left.powf(right),
        Binary::ShiftLeft
        | Binary::ShiftRight
        | Binary::BitAnd
        | Binary::BitOr
        | Binary::BitXor => return Err(Error::Domain),
    };
    finite(value)
}

fn finite(value: f64) -> Result<Number, Error> {
    match value.is_finite() {
        true => Ok(Fraction(value)),
        false => Err(Error::TooLarge),
    }
}

/// A fraction without its fraction.
fn to_whole(value: f64) -> Result<Number, Error> {
    if value.abs() >= 1e30 {
        return Err(Error::TooLarge);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "smaller than what an i128 holds"
    )]
    Ok(Whole(value.trunc() as i128))
}

fn call(function: Function, arguments: &[Number], dice: &mut Dice) -> Result<Number, Error> {
    // How many there are was seen when the call was read.
    let first = arguments.first().copied().unwrap_or(Whole(0));
    let second = arguments.get(1).copied();
    let other = second.unwrap_or(Whole(0));
    let least = |keep: fn(f64, f64) -> bool| {
        let mut best = first;
        for argument in arguments {
            if keep(argument.float(), best.float()) {
                best = *argument;
            }
        }
        Ok(best)
    };
    match function {
        Function::Min => least(|a, b| a < b),
        Function::Max => least(|a, b| a > b),
        Function::Abs => match first {
            Whole(value) => value.checked_abs().map(Whole).ok_or(Error::TooLarge),
            Fraction(value) => Ok(Fraction(value.abs())),
        },
        Function::Int => match first {
            Whole(value) => Ok(Whole(value)),
            Fraction(value) => to_whole(value),
        },
        Function::Float => Ok(Fraction(first.float())),
        Function::Round => match first {
            Whole(value) => Ok(Whole(value)),
            Fraction(value) => to_whole(value.round_ties_even()),
        },
        Function::Power => binary(Binary::Power, first, other),
        Function::Math(math) => self::math(math, first.float(), second.map(Number::float)),
        Function::Random => Ok(Fraction(dice.roll())),
        Function::Uniform => {
            let (low, high) = (first.float(), other.float());
            finite(low + (high - low) * dice.roll())
        }
        Function::RandInt => {
            let (low, high) = (first.float().trunc(), other.float().trunc());
            if high < low {
                return Err(Error::Domain);
            }
            to_whole((low + ((high - low + 1.0) * dice.roll()).floor()).min(high))
        }
    }
}

fn math(function: Math, value: f64, base: Option<f64>) -> Result<Number, Error> {
    let is_outside = match function {
        Math::Log | Math::Log2 | Math::Log10 => {
            value <= 0.0 || base.is_some_and(|base| base <= 0.0)
        }
        Math::Sqrt => value < 0.0,
        _ => false,
    };
    if is_outside {
        return Err(Error::Domain);
    }
    match function {
        Math::Exp => finite(value.exp()),
        Math::Log if base == Some(1.0) => Err(Error::DivisionByZero),
        Math::Log => finite(base.map_or_else(|| value.ln(), |base| value.ln() / base.ln())),
        Math::Log2 => finite(value.log2()),
        Math::Log10 => finite(value.log10()),
        Math::Sqrt => finite(value.sqrt()),
        Math::Ceil => to_whole(value.ceil()),
        Math::Floor => to_whole(value.floor()),
        Math::Sin => finite(value.sin()),
        Math::Cos => finite(value.cos()),
        Math::Tan => finite(value.tan()),
        Math::Atan => finite(value.atan()),
    }
}
