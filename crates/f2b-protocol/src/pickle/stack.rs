//! The values between a pickle's instructions.

use super::PickleError;
use super::arena::NodeId;

/// Holds values and the heights at which marks were set.
pub(super) struct Stack {
    values: Vec<NodeId>,
    marks: Vec<usize>,
    /// Most values and most marks.
    limit: usize,
}

impl Stack {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            values: Vec::new(),
            marks: Vec::new(),
            limit,
        }
    }

    pub(super) fn push(&mut self, value: NodeId) -> Result<(), PickleError> {
        grant(self.values.len(), self.limit)?;
        self.values.push(value);
        Ok(())
    }

    pub(super) fn mark(&mut self) -> Result<(), PickleError> {
        grant(self.marks.len(), self.limit)?;
        self.marks.push(self.values.len());
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<NodeId, PickleError> {
        if self.is_at_mark() {
            return Err(PickleError::UnexpectedMark);
        }
        self.values.pop().ok_or(PickleError::Underflow)
    }

    pub(super) fn top(&self) -> Result<NodeId, PickleError> {
        if self.is_at_mark() {
            return Err(PickleError::UnexpectedMark);
        }
        self.values.last().copied().ok_or(PickleError::Underflow)
    }

    /// Drops what is on top, which may be a mark.
    pub(super) fn discard(&mut self) -> Result<(), PickleError> {
        if self.is_at_mark() {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    /// Takes everything above the last mark, and the mark.
    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<NodeId>, PickleError> {
        let mark = self.marks.pop().ok_or(PickleError::NoMark)?;
        if mark > self.values.len() {
            return Err(PickleError::Underflow);
        }
        Ok(self.values.split_off(mark))
    }

    /// Takes this many values, none of them below the last mark.
    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<NodeId>, PickleError> {
        let mark = self.marks.last().copied();
        match self.values.len().checked_sub(count) {
            Some(start) if mark.is_none_or(|mark| mark <= start) => {
                Ok(self.values.split_off(start))
            }
            _ if mark.is_some() => Err(PickleError::UnexpectedMark),
            _ => Err(PickleError::Underflow),
        }
    }

    fn is_at_mark(&self) -> bool {
        self.marks.last() == Some(&self.values.len())
    }
}

/// Fails when there are as many values as may be.
pub(super) fn grant(count: usize, limit: usize) -> Result<(), PickleError> {
    if count < limit {
        return Ok(());
    }
    Err(PickleError::Limit {
        what: "values",
        limit,
    })
}
