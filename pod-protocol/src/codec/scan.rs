//! The byte scanner: walks one item without allocating and names the first thing that is not deterministic.

use thiserror::Error;

/// How much a decoder is ready to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of the whole item.
    pub bytes: usize,
    /// Most levels of arrays, maps and the outer tag.
    pub depth: usize,
    /// Most items of one array or entries of one map.
    pub items: usize,
}

/// Why bytes are not the one deterministic encoding of an item (RFC 8949 §4.2.1 and this protocol's profile).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CborFault {
    /// Bytes follow the item.
    #[error("bytes follow the item")]
    Trailing,
    /// The item ends before it is complete.
    #[error("the item is cut short")]
    Truncated,
    /// An integer or a length is longer than need be.
    #[error("an integer or a length is not in its shortest form")]
    NotShortest,
    /// An indefinite length.
    #[error("indefinite lengths are not allowed")]
    Indefinite,
    /// Map keys are not in bytewise order of their encodings.
    #[error("map keys are not sorted")]
    Unsorted,
    /// A map key stands twice.
    #[error("a map key stands twice")]
    DuplicateKey,
    /// A floating-point number.
    #[error("floating-point numbers are not allowed")]
    Float,
    /// A tag anywhere but COSE's outermost 18.
    #[error("a tag is not allowed here")]
    Tag,
    /// A simple value other than false, true and null.
    #[error("only false, true and null are allowed as simple values")]
    Simple,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// An integer outside -(2^63) to 2^63 - 1.
    #[error("an integer does not fit 64 bits with sign")]
    IntegerRange,
    /// Nested deeper than the limit.
    #[error("nested too deeply")]
    TooDeep,
    /// Longer than the limit.
    #[error("too many bytes")]
    TooLarge,
    /// An array or map with more items than the limit.
    #[error("an array or a map has too many items")]
    TooManyItems,
}

impl CborFault {
    /// The stable code of this fault.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Trailing => "cbor-trailing",
            Self::Truncated => "cbor-truncated",
            Self::NotShortest => "cbor-not-shortest",
            Self::Indefinite => "cbor-indefinite",
            Self::Unsorted => "cbor-unsorted",
            Self::DuplicateKey => "cbor-duplicate-key",
            Self::Float => "cbor-float",
            Self::Tag => "cbor-tag",
            Self::Simple => "cbor-simple",
            Self::NotUtf8 => "cbor-not-utf8",
            Self::IntegerRange => "cbor-integer-range",
            Self::TooDeep => "cbor-too-deep",
            Self::TooLarge => "cbor-too-large",
            Self::TooManyItems => "cbor-too-many-items",
        }
    }
}

const TAG_COSE_SIGN1: u64 = 18;

/// Checks that `bytes` are exactly one deterministic, untagged item within `limits`.
///
/// # Errors
/// The first [`CborFault`] in byte order.
pub fn scan(bytes: &[u8], limits: Limits) -> Result<(), CborFault> {
    whole(bytes, limits, false)
}

/// As [`scan`], for a COSE_Sign1 message: tag 18 is demanded outermost and refused elsewhere.
///
/// # Errors
/// The first [`CborFault`] in byte order; [`CborFault::Tag`] when the tag is missing.
pub fn scan_tagged(bytes: &[u8], limits: Limits) -> Result<(), CborFault> {
    whole(bytes, limits, true)
}

fn whole(bytes: &[u8], limits: Limits, tagged: bool) -> Result<(), CborFault> {
    if bytes.len() > limits.bytes {
        return Err(CborFault::TooLarge);
    }
    let mut scanner = Scanner { cursor: Cursor::new(bytes), limits };
    if tagged {
        match scanner.cursor.head()? {
            (MAJOR_TAG, TAG_COSE_SIGN1) => {}
            _ => return Err(CborFault::Tag),
        }
    }
    scanner.item(limits.depth)?;
    if scanner.cursor.is_at_end() { Ok(()) } else { Err(CborFault::Trailing) }
}

pub(crate) const MAJOR_UNSIGNED: u8 = 0;
pub(crate) const MAJOR_NEGATIVE: u8 = 1;
pub(crate) const MAJOR_BYTES: u8 = 2;
pub(crate) const MAJOR_TEXT: u8 = 3;
pub(crate) const MAJOR_ARRAY: u8 = 4;
pub(crate) const MAJOR_MAP: u8 = 5;
pub(crate) const MAJOR_TAG: u8 = 6;

/// Walks over bytes, an item's parts at a time.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: u64) -> Result<&'a [u8], CborFault> {
        let count = usize::try_from(count).map_err(|_| CborFault::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CborFault::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads an initial byte and its argument. Major type 7 is judged here, since it has no argument in this profile.
    pub(crate) fn head(&mut self) -> Result<(u8, u64), CborFault> {
        let initial = *self.take(1)?.first().ok_or(CborFault::Truncated)?;
        let (major, info) = (initial >> 5, initial & 0x1f);
        if major == 7 {
            return match info {
                20..=22 => Ok((7, u64::from(info))),
                25..=27 => Err(CborFault::Float),
                31 => Err(CborFault::Indefinite),
                _ => Err(CborFault::Simple),
            };
        }
        let (argument, least) = match info {
            0..=23 => (u64::from(info), 0),
            24 => (self.argument(1)?, 24),
            25 => (self.argument(2)?, 1 << 8),
            26 => (self.argument(4)?, 1 << 16),
            27 => (self.argument(8)?, 1 << 32),
            31 => return Err(CborFault::Indefinite),
            _ => return Err(CborFault::Simple),
        };
        if argument < least { Err(CborFault::NotShortest) } else { Ok((major, argument)) }
    }

    fn argument(&mut self, width: u64) -> Result<u64, CborFault> {
        Ok(self.take(width)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// Whether nothing follows.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

struct Scanner<'a> {
    cursor: Cursor<'a>,
    limits: Limits,
}

impl Scanner<'_> {
    fn item(&mut self, depth_left: usize) -> Result<(), CborFault> {
        let (major, argument) = self.cursor.head()?;
        match major {
            MAJOR_UNSIGNED | MAJOR_NEGATIVE if argument > i64::MAX as u64 => Err(CborFault::IntegerRange),
            MAJOR_BYTES => self.cursor.take(argument).map(drop),
            MAJOR_TEXT => {
                let text = self.cursor.take(argument)?;
                std::str::from_utf8(text).map(drop).map_err(|_| CborFault::NotUtf8)
            }
            MAJOR_ARRAY => self.array(argument, depth_left),
            MAJOR_MAP => self.map(argument, depth_left),
            MAJOR_TAG => Err(CborFault::Tag),
            _ => Ok(()),
        }
    }

    fn enter(&self, count: u64, depth_left: usize) -> Result<usize, CborFault> {
        if count > self.limits.items as u64 {
            return Err(CborFault::TooManyItems);
        }
        depth_left.checked_sub(1).ok_or(CborFault::TooDeep)
    }

    fn array(&mut self, count: u64, depth_left: usize) -> Result<(), CborFault> {
        let below = self.enter(count, depth_left)?;
        (0..count).try_for_each(|_| self.item(below))
    }

    fn map(&mut self, count: u64, depth_left: usize) -> Result<(), CborFault> {
        let below = self.enter(count, depth_left)?;
        let mut previous: &[u8] = &[];
        for _ in 0..count {
            let before = self.cursor.rest;
            self.item(below)?;
            let key = before.get(..before.len() - self.cursor.rest.len()).unwrap_or_default();
            match previous.cmp(key) {
                std::cmp::Ordering::Less => previous = key,
                std::cmp::Ordering::Equal => return Err(CborFault::DuplicateKey),
                std::cmp::Ordering::Greater => return Err(CborFault::Unsorted),
            }
            self.item(below)?;
        }
        Ok(())
    }
}
