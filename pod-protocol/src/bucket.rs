//! Buckets: the holder entries whose tags begin alike, handed out together so that nobody learns which one was wanted
//! (`docs/protocol/bucket.md`).

use crate::codec::{
    Claims, Limits, MAJOR_ARRAY, MAJOR_MAP, bytes, decode, head_len, write_bytes, write_head, write_integer,
};
use crate::cose::Signed;
use crate::holder_entry::{HolderEntry, Tag};
use crate::refusal::{ClaimFault, Refusal};

/// Fewest entries that a bucket should hide one among.
pub const MIN_BUCKET_ENTRIES: u64 = 32;

/// Fewest entries that buckets hold on average. Tags spread like random numbers, so a bucket with 64 on average has fewer
/// than [`MIN_BUCKET_ENTRIES`] once in some 250,000; with 32 on average every second one would.
const MIN_MEAN_ENTRIES: u64 = 2 * MIN_BUCKET_ENTRIES;

/// Most bits of a bucket's number: 16 million buckets, a thousand million entries.
pub const MAX_BUCKET_BITS: u8 = 24;

/// The limits of a bucket: on average it has fewer than 128 entries of 440 bytes until the number of bits follows the
/// growth, and a directory that grows 30-fold before it looks at that number again is broken.
pub const BUCKET_LIMITS: Limits = Limits { bytes: 2 * 1024 * 1024, depth: 2, items: 4096 };

/// How many bits of a tag number the buckets when there are so many entries.
#[must_use]
pub fn bucket_bits(entries: u64) -> u8 {
    let bits = (entries / MIN_MEAN_ENTRIES).checked_ilog2().unwrap_or(0);
    u8::try_from(bits).unwrap_or(MAX_BUCKET_BITS).min(MAX_BUCKET_BITS)
}

/// The number of the bucket that this tag is in: its first `bits` bits, most significant first. At most 32 bits count.
#[must_use]
pub fn bucket_of(tag: &Tag, bits: u8) -> u32 {
    let [first, second, third, fourth, ..] = *tag;
    let prefix = u32::from_be_bytes([first, second, third, fourth]);
    match bits {
        0 => 0,
        bits => prefix >> (32 - u32::from(bits.min(32))),
    }
}

/// A bucket whose entries lie elsewhere: what a directory answers with, for which each entry is copied once.
#[derive(Clone, Copy, Debug)]
pub struct BucketParts<'a, Entry> {
    /// How many bits.
    pub bits: u8,
    /// Which bits.
    pub number: u32,
    /// As in [`Bucket::entries`].
    pub entries: &'a [Entry],
}

impl<Entry: AsRef<[u8]>> BucketParts<'_, Entry> {
    /// How many bytes [`BucketParts::write`] writes.
    pub(crate) fn encoded_len(&self) -> usize {
        let numbers = [u64::from(self.bits), u64::from(self.number), self.entries.len() as u64];
        let lengths = self.entries.iter().map(|entry| entry.as_ref().len());
        let entries = lengths.map(|length| head_len(length as u64) + length);
        // The map's head and its three keys take a byte each.
        4 + numbers.into_iter().map(head_len).sum::<usize>() + entries.sum::<usize>()
    }

    /// Writes the deterministic encoding.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        write_head(out, MAJOR_MAP, 3);
        write_integer(out, BITS.into());
        write_integer(out, self.bits.into());
        write_integer(out, NUMBER.into());
        write_integer(out, self.number.into());
        write_integer(out, ENTRIES.into());
        write_head(out, MAJOR_ARRAY, self.entries.len() as u64);
        self.entries.iter().for_each(|entry| write_bytes(out, entry.as_ref()));
    }
}

/// All entries whose tags begin with the same bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// How many bits.
    pub bits: u8,
    /// Which bits.
    pub number: u32,
    /// The signed entries in the order of their tags, those of one tag in the order of their holders. Tombstones are left out.
    pub entries: Vec<Vec<u8>>,
}

const BITS: i64 = 0;
const NUMBER: i64 = 1;
const ENTRIES: i64 = 2;

impl Bucket {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let parts = self.parts();
        let mut out = Vec::with_capacity(parts.encoded_len());
        parts.write(&mut out);
        out
    }

    /// For who writes it into something else.
    pub(crate) fn parts(&self) -> BucketParts<'_, Vec<u8>> {
        BucketParts { bits: self.bits, number: self.number, entries: &self.entries }
    }

    /// Reads the encoding. Every entry must decode, belong into this bucket and stand in order; signatures are for the
    /// reader to check on the entries that it wants.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Envelope`], [`Refusal::Claim`].
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let bucket = Self::read(message)?;
        bucket.check()?;
        Ok(bucket)
    }

    /// Reads the form alone, for who says with a code of its own what is wrong with the entries.
    pub(crate) fn read(message: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(message, BUCKET_LIMITS)?)?;
        let range = |claim| ClaimFault::OutOfRange { claim };
        let bits = u8::try_from(claims.uint(BITS)?).ok().filter(|bits| *bits <= MAX_BUCKET_BITS).ok_or(range(BITS))?;
        let number = u32::try_from(claims.uint(NUMBER)?).ok().filter(|number| u64::from(*number) >> bits == 0);
        let items = claims.need(ENTRIES)?;
        let bucket = Self {
            bits,
            number: number.ok_or(range(NUMBER))?,
            entries: crate::lists::any(ENTRIES, items, |item| bytes(ENTRIES, item))?,
        };
        claims.finish()?;
        Ok(bucket)
    }

    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let mut previous = None;
        for entry in self.decoded() {
            let entry = entry?;
            let claims = entry.unverified();
            let place = Some((claims.tag, claims.holder));
            if bucket_of(&claims.tag, self.bits) != self.number || claims.is_tombstone() {
                return Err(ClaimFault::OutOfRange { claim: ENTRIES }.into());
            }
            if place <= previous {
                return Err(ClaimFault::Repeated { claim: ENTRIES }.into());
            }
            previous = place;
        }
        Ok(())
    }

    pub(crate) fn decoded(&self) -> impl Iterator<Item = Result<Signed<HolderEntry>, Refusal>> {
        self.entries.iter().map(|entry| Signed::decode(entry))
    }

    /// The entries under this tag, mostly one or none; their signatures are yet to be checked, with
    /// [`Registry::verify_by_organisation`](crate::registry::Registry::verify_by_organisation).
    ///
    /// # Errors
    /// Those of [`Signed::decode`], for a bucket that was not read with [`Bucket::from_bytes`].
    pub fn find(&self, tag: &Tag) -> Result<Vec<Signed<HolderEntry>>, Refusal> {
        self.decoded().filter(|entry| !matches!(entry, Ok(entry) if entry.unverified().tag != *tag)).collect()
    }
}
