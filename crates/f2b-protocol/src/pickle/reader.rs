//! Reading instruction bytes and their arguments.

use super::PickleError;

/// Walks through the bytes of a pickle.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns the next instruction.
    pub(super) fn opcode(&mut self) -> Result<u8, PickleError> {
        let (byte, rest) = self.rest.split_first().ok_or(PickleError::RanOut)?;
        self.rest = rest;
        Ok(*byte)
    }

    /// Returns the next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], PickleError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(PickleError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Returns the next `N` bytes as an array.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PickleError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(PickleError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Returns the next byte.
    pub(super) fn byte(&mut self) -> Result<u8, PickleError> {
        self.array().map(|[byte]| byte)
    }

    /// Returns the bytes whose count comes first, in one byte.
    pub(super) fn counted1(&mut self) -> Result<&'a [u8], PickleError> {
        let count = self.byte()?;
        self.take(usize::from(count))
    }

    /// Returns the bytes whose count comes first, in four bytes.
    pub(super) fn counted4(&mut self) -> Result<&'a [u8], PickleError> {
        let count = u32::from_le_bytes(self.array()?);
        self.take(usize::try_from(count).ok().ok_or(PickleError::Truncated)?)
    }

    /// Returns the bytes whose count comes first, in eight bytes.
    pub(super) fn counted8(&mut self) -> Result<&'a [u8], PickleError> {
        let count = u64::from_le_bytes(self.array()?);
        self.take(usize::try_from(count).ok().ok_or(PickleError::Truncated)?)
    }

    /// Returns the bytes up to the end of the line, without the newline.
    pub(super) fn line(&mut self) -> Result<&'a [u8], PickleError> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = end
            .and_then(|end| self.rest.split_at_checked(end))
            .ok_or(PickleError::Truncated)?;
        self.rest = rest.split_first().map_or(&[], |(_, rest)| rest);
        Ok(line)
    }

    /// Fails unless this many bytes are left, as CPython does at a frame.
    pub(super) fn expect(&self, count: u64) -> Result<(), PickleError> {
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok(()),
            _ => Err(PickleError::Truncated),
        }
    }
}
