//! Buckets: the holder entries whose tags begin alike, handed out together so that nobody learns which one was wanted
//! (`docs/protocol/bucket.md`).

use std::collections::HashSet;

use crate::codec::{
    Cbor, Claims, Limits, MAJOR_ARRAY, MAJOR_MAP, decode, fixed, head_len, time, uint, write_bytes, write_head,
    write_integer,
};
use crate::cose::Signed;
use crate::holder_entry::{HolderEntry, SEALED_HANDLE_BYTES, Tag};
use crate::ids::{Kid, Principal};
use crate::lists::{any, tuple};
use crate::refusal::{ClaimFault, Refusal};

/// Fewest entries that a bucket should hide one among.
pub const MIN_BUCKET_ENTRIES: u64 = 32;

/// Fewest entries that buckets hold on average when they have split. Tags spread like random numbers, so a bucket with 64 on
/// average has fewer than [`MIN_BUCKET_ENTRIES`] once in some 250,000; with 32 on average every second one would.
const SPLIT_MEAN_ENTRIES: u64 = 2 * MIN_BUCKET_ENTRIES;

/// Fewest entries that buckets hold on average before two become one. If they became one right below [`SPLIT_MEAN_ENTRIES`], a
/// single entry that comes and goes would move all others each time. So a sixteenth of all must go first, which costs more than
/// moving the rest; and a bucket with 60 on average has fewer than [`MIN_BUCKET_ENTRIES`] once in some 35,000.
const MERGE_MEAN_ENTRIES: u64 = 60;

/// Most bits of a bucket's number: 16 million buckets, a thousand million entries.
pub const MAX_BUCKET_BITS: u8 = 24;

/// The limits of a bucket: on average it has fewer than 128 entries of some 140 bytes until the number of bits follows the growth;
/// directories take up to 2,048, and 4,096 stand in one when two become one. Each can have a signer of its own, of 52 bytes.
pub const BUCKET_LIMITS: Limits = Limits { bytes: 1024 * 1024, depth: 3, items: 4096 };

/// How many bits of a tag number the buckets when there are so many entries: as many as `before`, unless buckets are to split or
/// to become fewer.
#[must_use]
pub fn bucket_bits(before: u8, entries: u64) -> u8 {
    before.clamp(bits_with_mean(SPLIT_MEAN_ENTRIES, entries), most_bucket_bits(entries))
}

/// Most bits that [`bucket_bits`] gives for so many entries. With more, a bucket's number would say whom one looks for.
#[must_use]
pub fn most_bucket_bits(entries: u64) -> u8 {
    bits_with_mean(MERGE_MEAN_ENTRIES, entries)
}

fn bits_with_mean(mean: u64, entries: u64) -> u8 {
    let bits = (entries / mean).checked_ilog2().unwrap_or(0);
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

/// Who signed an entry, and with which key.
pub type Signer = (Principal, Kid);

/// An entry as a bucket has it: without what the signer says once for all of its entries, and without what all entries have in
/// common. What was signed can be put together again, byte by byte. All of it lies in one place, so that the rows of a bucket can
/// lie side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which of the signers beside the rows signed it.
    pub signer: u32,
    /// [`HolderEntry::issued`].
    pub issued: u64,
    /// [`HolderEntry::expires`].
    pub expires: u64,
    /// [`HolderEntry::tag`].
    pub tag: Tag,
    sealed: [u8; SEALED_HANDLE_BYTES],
    signature: [u8; 64],
}

/// Items of a row.
const ROW_ITEMS: u64 = 6;
/// What every row has beside three integers: heads of an array and of 16, 44 and 64 bytes, and these.
const ROW_BYTES: usize = 1 + 1 + 16 + 2 + SEALED_HANDLE_BYTES + 2 + 64;

impl Row {
    /// The row of an entry; none for a tombstone, which stands in no bucket.
    #[must_use]
    pub fn of(entry: &HolderEntry, signer: u32, signature: &[u8; 64]) -> Option<Self> {
        let sealed = entry.sealed.as_deref()?.try_into().ok()?;
        let HolderEntry { issued, expires, tag, .. } = *entry;
        Some(Self { signer, issued, expires, tag, sealed, signature: *signature })
    }

    /// What was signed, when `signer` did.
    #[must_use]
    pub fn signed_by(&self, (holder, kid): Signer) -> Signed<HolderEntry> {
        let Self { issued, expires, tag, .. } = *self;
        let entry = HolderEntry { holder, issued, expires, tag, sealed: Some(self.sealed.to_vec()) };
        Signed::assemble(kid, entry, self.signature)
    }

    /// Reads a row. `used` is how many signers the rows before it have.
    fn read(item: Cbor, signers: &[Signer], used: &mut usize) -> Result<Signed<HolderEntry>, ClaimFault> {
        let [signer, issued, expires, tag, sealed, signature] = tuple(ENTRIES, item)?;
        let place = usize::try_from(uint(ENTRIES, signer)?).unwrap_or(usize::MAX);
        let range = ClaimFault::OutOfRange { claim: ENTRIES };
        let (holder, kid) = *signers.get(place).filter(|_| place <= *used).ok_or(range)?;
        *used = (*used).max(place + 1);
        let entry = HolderEntry {
            holder,
            issued: time(ENTRIES, issued)?,
            expires: time(ENTRIES, expires)?,
            tag: fixed(ENTRIES, tag)?,
            sealed: Some(fixed::<SEALED_HANDLE_BYTES>(ENTRIES, sealed)?.to_vec()),
        };
        Ok(Signed::assemble(kid, entry.checked()?, fixed(ENTRIES, signature)?))
    }

    /// How many bytes [`Row::write`] writes.
    fn encoded_len(&self, place: u64) -> usize {
        ROW_BYTES + [place, self.issued, self.expires].map(head_len).iter().sum::<usize>()
    }

    fn write(&self, place: u64, out: &mut Vec<u8>) {
        write_head(out, MAJOR_ARRAY, ROW_ITEMS);
        write_integer(out, place.into());
        write_integer(out, self.issued.into());
        write_integer(out, self.expires.into());
        write_bytes(out, &self.tag);
        write_bytes(out, &self.sealed);
        write_bytes(out, &self.signature);
    }
}

/// The place of a signer among those beside the rows, where it is put when it is not there.
fn place_of(signers: &mut Vec<Signer>, signer: Signer) -> u32 {
    let place = signers.iter().position(|one| *one == signer).unwrap_or_else(|| {
        signers.push(signer);
        signers.len() - 1
    });
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn signer(item: Cbor) -> Result<Signer, ClaimFault> {
    let [holder, kid] = tuple(SIGNERS, item)?;
    Ok((Principal::new(fixed(SIGNERS, holder)?), Kid::new(fixed(SIGNERS, kid)?)))
}

/// A bucket whose rows lie elsewhere: what a directory answers with, for which each row is written once.
#[derive(Clone, Debug)]
pub struct BucketParts<'a> {
    bits: u8,
    number: u32,
    /// In the order in which rows name them first.
    signers: Vec<&'a Signer>,
    /// Each with the place of its signer.
    rows: Vec<(u64, &'a Row)>,
}

impl<'a> BucketParts<'a> {
    /// From rows in the order of [`Bucket::entries`], and the signers that [`Row::signer`] counts, in any order. A row whose signer is
    /// not there is left out.
    #[must_use]
    pub fn new(bits: u8, number: u32, signers: &'a [Signer], rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let rows = rows.into_iter();
        let mut parts = Self { bits, number, signers: Vec::new(), rows: Vec::with_capacity(rows.size_hint().0) };
        let mut places: Vec<Option<u64>> = vec![None; signers.len()];
        for row in rows {
            let at = row.signer as usize;
            let (Some(place), Some(signer)) = (places.get_mut(at), signers.get(at)) else { continue };
            let place = *place.get_or_insert_with(|| {
                parts.signers.push(signer);
                parts.signers.len() as u64 - 1
            });
            parts.rows.push((place, row));
        }
        parts
    }

    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len());
        self.write(&mut out);
        out
    }

    /// How many bytes [`BucketParts::write`] writes.
    pub(crate) fn encoded_len(&self) -> usize {
        let (signers, rows) = (self.signers.len() as u64, self.rows.len() as u64);
        let numbers = [u64::from(self.bits), u64::from(self.number), signers, rows];
        // The map's head and its four keys take a byte each.
        5 + numbers.into_iter().map(head_len).sum::<usize>()
            + self.signers.len() * SIGNER_BYTES
            + self.rows.iter().map(|(place, row)| row.encoded_len(*place)).sum::<usize>()
    }

    /// Writes the deterministic encoding.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        write_head(out, MAJOR_MAP, 4);
        write_integer(out, BITS.into());
        write_integer(out, self.bits.into());
        write_integer(out, NUMBER.into());
        write_integer(out, self.number.into());
        write_integer(out, SIGNERS.into());
        write_head(out, MAJOR_ARRAY, self.signers.len() as u64);
        for (holder, kid) in &self.signers {
            write_head(out, MAJOR_ARRAY, 2);
            write_bytes(out, holder.as_bytes());
            write_bytes(out, kid.as_bytes());
        }
        write_integer(out, ENTRIES.into());
        write_head(out, MAJOR_ARRAY, self.rows.len() as u64);
        for (place, row) in &self.rows {
            row.write(*place, out);
        }
    }
}

/// A signer's encoding: the heads of an array, of 32 bytes and of 16, and these.
const SIGNER_BYTES: usize = 1 + 2 + 32 + 1 + 16;

/// All entries whose tags begin with the same bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// How many bits.
    pub bits: u8,
    /// Which bits.
    pub number: u32,
    /// The entries in the order of their tags, those of one tag in the order of their holders; no tombstones. Their signatures are
    /// for the reader to check on those that it wants, with
    /// [`Registry::verify_by_organisation`](crate::registry::Registry::verify_by_organisation).
    pub entries: Vec<Signed<HolderEntry>>,
}

const BITS: i64 = 0;
const NUMBER: i64 = 1;
const SIGNERS: i64 = 2;
const ENTRIES: i64 = 3;

impl Bucket {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (signers, rows) = self.rows();
        BucketParts::new(self.bits, self.number, &signers, &rows).to_bytes()
    }

    pub(crate) fn rows(&self) -> (Vec<Signer>, Vec<Row>) {
        let mut signers = Vec::new();
        let mut row = |entry: &Signed<HolderEntry>| {
            let claims = entry.unverified();
            Row::of(claims, place_of(&mut signers, (claims.holder, entry.kid())), entry.signature())
        };
        let rows = self.entries.iter().filter_map(&mut row).collect();
        (signers, rows)
    }

    /// Reads the encoding. Every entry must belong into this bucket and stand in order.
    ///
    /// # Errors
    /// [`Refusal::Cbor`], [`Refusal::Claim`].
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
        let number = number.ok_or(range(NUMBER))?;
        let signers = any(SIGNERS, claims.need(SIGNERS)?, signer)?;
        let mut used = 0;
        let entries = any(ENTRIES, claims.need(ENTRIES)?, |item| Row::read(item, &signers, &mut used))?;
        claims.finish()?;
        if used < signers.len() {
            return Err(range(SIGNERS).into());
        }
        if signers.iter().collect::<HashSet<_>>().len() < signers.len() {
            return Err(ClaimFault::Repeated { claim: SIGNERS }.into());
        }
        Ok(Self { bits, number, entries })
    }

    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let mut previous = None;
        for entry in &self.entries {
            let claims = entry.unverified();
            let place = Some((claims.tag, claims.holder));
            if bucket_of(&claims.tag, self.bits) != self.number {
                return Err(ClaimFault::OutOfRange { claim: ENTRIES }.into());
            }
            if place <= previous {
                return Err(ClaimFault::Repeated { claim: ENTRIES }.into());
            }
            previous = place;
        }
        Ok(())
    }

    /// The entries under this tag, mostly one or none; their signatures are yet to be checked.
    pub fn find(&self, tag: &Tag) -> impl Iterator<Item = &Signed<HolderEntry>> {
        self.entries.iter().filter(move |entry| entry.unverified().tag == *tag)
    }
}
