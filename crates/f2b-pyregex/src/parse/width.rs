//! How many characters a piece of a pattern takes: a look-behind needs one number.

use super::Parser;
use crate::ast::{Kind, Node};

/// CPython's mark for "without end"; every greater number is this one.
const ENDLESS: u64 = u32::MAX as u64;

/// The greatest width that CPython's matcher goes back.
const FARTHEST: u64 = i32::MAX as u64;

/// The least and the greatest number of characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    min: u64,
    max: u64,
}

/// Why a width is none to go back by.
pub(super) enum Unfit {
    /// It is not one number.
    Varies,
    /// It is too great.
    TooFar,
}

impl Width {
    const NONE: Self = Self { min: 0, max: 0 };
    const ONE: Self = Self { min: 1, max: 1 };

    fn new(min: u64, max: u64) -> Self {
        Self {
            min: min.min(ENDLESS - 1),
            max: max.min(ENDLESS),
        }
    }

    fn and(self, other: Self) -> Self {
        Self::new(self.min + other.min, self.max + other.max)
    }

    fn or(self, other: Self) -> Self {
        Self::new(self.min.min(other.min), self.max.max(other.max))
    }

    fn times(self, min: u32, max: Option<u32>) -> Self {
        // Both factors are below 2^32.
        Self::new(
            self.min * u64::from(min),
            self.max * max.map_or(ENDLESS, u64::from),
        )
    }

    /// Returns the one number of characters that a look-behind goes back.
    pub(super) fn fixed(self) -> Result<u32, Unfit> {
        if self.min != self.max {
            return Err(Unfit::Varies);
        }
        match u32::try_from(self.min) {
            Ok(width) if self.min <= FARTHEST => Ok(width),
            _ => Err(Unfit::TooFar),
        }
    }
}

impl Parser<'_> {
    /// Returns the width of `node`. Its groups are closed.
    pub(super) fn width(&self, node: &Node) -> Width {
        match &node.kind {
            Kind::Empty | Kind::Assert(_) | Kind::Look { .. } => Width::NONE,
            Kind::Literal(_) | Kind::Class(_) => Width::ONE,
            Kind::Group { index, .. } | Kind::BackReference { group: index, .. } => {
                self.group_width(*index).unwrap_or(Width::NONE)
            }
            Kind::Concat(nodes) => nodes
                .iter()
                .fold(Width::NONE, |sum, node| sum.and(self.width(node))),
            Kind::Alternate(nodes) => nodes
                .iter()
                .map(|node| self.width(node))
                .reduce(Width::or)
                .unwrap_or(Width::NONE),
            Kind::Repeat { body, min, max, .. } => self.width(body).times(*min, *max),
            Kind::Atomic(body) => self.width(body),
            Kind::Conditional { yes, no, .. } => self.width(yes).or(self.width(no)),
        }
    }

    /// Returns the width of a group, if it is closed.
    pub(super) fn group_width(&self, index: u32) -> Option<Width> {
        let at = usize::try_from(index).ok()?.checked_sub(1)?;
        self.groups.get(at)?.width
    }
}
