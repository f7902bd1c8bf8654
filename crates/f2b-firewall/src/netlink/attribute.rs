//! Netlink attributes: a length, a kind, a value, padded to four bytes.
//!
//! *Shape*: `u16 length` (header included, padding not), `u16 kind`, both in
//! the machine's byte order, then the value. Numbers inside nftables values
//! are big-endian.

/// Marks an attribute whose value is a list of attributes (`NLA_F_NESTED`).
const NESTED: u16 = 1 << 15;
/// The bits of a kind that are not flags (`NLA_TYPE_MASK`).
const KIND_MASK: u16 = 0x3fff;
/// The bytes of an attribute before its value.
const HEADER: usize = 4;

/// Appends attributes to a growing message.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Writer {
    /// Returns what was written so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns how many bytes were written so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Tells whether something was longer than its length field can say, so
    /// that the bytes must not be sent.
    pub(crate) fn is_too_long(&self) -> bool {
        self.too_long
    }

    /// Records that a length did not fit.
    pub(crate) fn mark_too_long(&mut self) {
        self.too_long = true;
    }

    /// Appends bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Overwrites bytes that were written before.
    pub(crate) fn patch(&mut self, at: usize, bytes: &[u8]) {
        let place = at
            .checked_add(bytes.len())
            .and_then(|end| self.bytes.get_mut(at..end));
        match place {
            Some(place) => place.copy_from_slice(bytes),
            None => self.too_long = true,
        }
    }

    /// Appends one attribute.
    pub(crate) fn put(&mut self, kind: u16, value: &[u8]) {
        let start = self.open(kind);
        self.raw(value);
        self.close(start);
    }

    /// Appends a string with the zero byte that the kernel expects.
    pub(crate) fn put_text(&mut self, kind: u16, text: &str) {
        let start = self.open(kind);
        self.raw(text.as_bytes());
        self.raw(&[0]);
        self.close(start);
    }

    /// Appends a big-endian number of four bytes.
    pub(crate) fn put_u32(&mut self, kind: u16, value: u32) {
        self.put(kind, &value.to_be_bytes());
    }

    /// Appends a big-endian number of eight bytes.
    pub(crate) fn put_u64(&mut self, kind: u16, value: u64) {
        self.put(kind, &value.to_be_bytes());
    }

    /// Appends an attribute that holds what `body` writes.
    pub(crate) fn nest(&mut self, kind: u16, body: impl FnOnce(&mut Self)) {
        let start = self.open(kind | NESTED);
        body(self);
        self.close(start);
    }

    fn open(&mut self, kind: u16) -> usize {
        let start = self.bytes.len();
        self.raw(&0_u16.to_ne_bytes());
        self.raw(&kind.to_ne_bytes());
        start
    }

    fn close(&mut self, start: usize) {
        match u16::try_from(self.bytes.len().saturating_sub(start)) {
            Ok(length) => self.patch(start, &length.to_ne_bytes()),
            Err(_) => self.too_long = true,
        }
        let padded = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(padded, 0);
    }
}

/// One attribute as it was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    /// What it is, without the flag bits.
    pub(crate) kind: u16,
    /// Its bytes, without padding.
    pub(crate) value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// Reads a big-endian number of four bytes.
    pub(crate) fn u32(self) -> Option<u32> {
        Some(u32::from_be_bytes(self.value.try_into().ok()?))
    }

    /// Reads a big-endian number of eight bytes.
    pub(crate) fn u64(self) -> Option<u64> {
        Some(u64::from_be_bytes(self.value.try_into().ok()?))
    }

    /// Reads a string up to its zero byte.
    pub(crate) fn text(self) -> Option<&'a str> {
        let bytes = self.value.split(|&byte| byte == 0).next()?;
        std::str::from_utf8(bytes).ok()
    }

    /// Reads the value as a list of attributes.
    pub(crate) fn nested(self) -> Attributes<'a> {
        Attributes { rest: self.value }
    }
}

/// Goes through a list of attributes and stops where a length makes no sense.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Starts at the first byte of the first attribute.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns the first attribute of a kind.
    pub(crate) fn first(self, kind: u16) -> Option<Attribute<'a>> {
        let mut all = self;
        all.find(|attribute| attribute.kind == kind)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let (head, _) = self.rest.split_first_chunk::<HEADER>()?;
        let [length_low, length_high, kind_low, kind_high] = *head;
        let length = usize::from(u16::from_ne_bytes([length_low, length_high]));
        let value = self.rest.get(HEADER..length)?;
        self.rest = self
            .rest
            .get(length.next_multiple_of(4)..)
            .unwrap_or_default();
        Some(Attribute {
            kind: u16::from_ne_bytes([kind_low, kind_high]) & KIND_MASK,
            value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = Writer::default();
        body(&mut writer);
        assert!(!writer.is_too_long());
        writer.bytes().to_vec()
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn attributes_have_the_bytes_of_the_kernel() {
        let check = |body: fn(&mut Writer), expected: &[u8]| assert_eq!(written(body), expected);
        check(|w| w.put(1, &[]), &[4, 0, 1, 0]);
        check(|w| w.put(2, &[7]), &[5, 0, 2, 0, 7, 0, 0, 0]);
        check(|w| w.put_text(1, "abc"), b"\x08\0\x01\0abc\0");
        check(|w| w.put_text(1, "abcd"), b"\x09\0\x01\0abcd\0\0\0\0");
        check(|w| w.put_u32(3, 0x0102), &[8, 0, 3, 0, 0, 0, 1, 2]);
        check(|w| w.put_u64(4, 5), &[12, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
        check(
            |w| w.nest(1, |w| w.put(2, &[9])),
            &[12, 0, 1, 0x80, 5, 0, 2, 0, 9, 0, 0, 0],
        );
    }

    #[test]
    fn a_value_longer_than_its_length_field_is_never_sent() {
        let mut writer = Writer::default();
        writer.nest(1, |w| w.raw(&vec![0; 70_000]));
        assert!(writer.is_too_long());
    }

    #[test]
    fn odd_lengths_end_the_list() {
        let check = |bytes: &[u8], expected: usize| {
            assert_eq!(Attributes::new(bytes).count(), expected, "{bytes:?}");
        };
        check(&[], 0);
        check(&[4, 0, 1], 0);
        check(&4_u16.to_ne_bytes(), 0);
        check(&written(|w| w.put(1, &[1])), 1);
        // The length is below that of the header.
        check(&[3_u16.to_ne_bytes(), 1_u16.to_ne_bytes()].concat(), 0);
        check(&[0_u16.to_ne_bytes(), 1_u16.to_ne_bytes()].concat(), 0);
        // The length is beyond the end.
        check(&[9_u16.to_ne_bytes(), 1_u16.to_ne_bytes()].concat(), 0);
        // The last attribute lacks its padding.
        check(&written(|w| w.put(1, &[1]))[..5], 1);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            for attribute in Attributes::new(&bytes) {
                let _ = (attribute.u32(), attribute.u64(), attribute.text());
                proptest::prop_assert!(attribute.nested().count() <= bytes.len());
            }
        }

        #[test]
        fn what_was_written_is_read_back(values: Vec<(u16, Vec<u8>)>) {
            let values: Vec<_> = values.into_iter().map(|(kind, value)| (kind & KIND_MASK, value)).collect();
            let bytes = written(|w| for (kind, value) in &values { w.put(*kind, value); });
            let read: Vec<_> = Attributes::new(&bytes).map(|a| (a.kind, a.value.to_vec())).collect();
            proptest::prop_assert_eq!(read, values);
        }
    }
}
