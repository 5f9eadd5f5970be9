//! The tree over all buckets, and a bucket that proves what is in it and what is not.

use super::LogFault;
use super::head::Head;
use super::leaf::State;
use crate::bucket::{Bucket, BucketParts, MAX_BUCKET_BITS, bucket_of};
use crate::codec::{
    Claims, Limits, MAJOR_ARRAY, MAJOR_BYTES, MAJOR_MAP, MAX_DEPTH, decode, write_bytes, write_head, write_integer,
};
use crate::lists::any;
use crate::merkle::{Hash, leaf_hash, node_hash, verify_inclusion};
use crate::refusal::Refusal;

/// The hash of an entry in its bucket's hash.
#[must_use]
pub fn entry_hash(entry: &[u8]) -> Hash {
    leaf_hash(entry)
}

/// The hash of a bucket, from those of its entries in their order.
#[must_use]
pub fn bucket_hash(entries: &[Hash]) -> Hash {
    leaf_hash(entries.as_flattened())
}

/// The tree over 2^bits buckets, all of its nodes in memory: 64 bytes a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapTree {
    /// From the buckets up to the root.
    levels: Vec<Vec<Hash>>,
}

impl MapTree {
    /// Makes it from the hashes of all buckets, whose number is a power of two.
    #[must_use]
    pub fn new(buckets: Vec<Hash>) -> Self {
        let mut levels = vec![buckets];
        while let Some(row) = levels.last().filter(|row| row.len() > 1) {
            levels.push(row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect());
        }
        Self { levels }
    }

    /// How many bits number the buckets.
    #[must_use]
    pub fn bits(&self) -> u8 {
        u8::try_from(self.levels.len().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|row| row.first()).copied().unwrap_or_else(|| bucket_hash(&[]))
    }

    /// Sets the hashes of buckets, in rising order of their numbers and each once. Each node above them is made once.
    pub fn set(&mut self, buckets: impl IntoIterator<Item = (u32, Hash)>) {
        let mut changed: Vec<usize> = Vec::new();
        if let Some(row) = self.levels.first_mut() {
            for (number, hash) in buckets {
                let number = number as usize;
                if let Some(place) = row.get_mut(number) {
                    *place = hash;
                    changed.push(number);
                }
            }
        }
        let mut rows = self.levels.iter_mut();
        let Some(mut below) = rows.next() else { return };
        for row in rows {
            changed.iter_mut().for_each(|number| *number /= 2);
            changed.dedup();
            for number in &changed {
                if let (Some(place), Some([left, right])) =
                    (row.get_mut(*number), below.get(2 * number..2 * number + 2))
                {
                    *place = node_hash(left, right);
                }
            }
            below = row;
        }
    }

    /// The hashes beside the way from a bucket to the root, from the bucket up.
    #[must_use]
    pub fn siblings(&self, number: u32) -> Vec<Hash> {
        let rows = self.levels.iter().take(self.bits().into());
        (0_u32..).zip(rows).filter_map(|(level, row)| row.get(((number >> level) ^ 1) as usize).copied()).collect()
    }
}

/// A bucket with what proves that the log vouches for exactly these entries: presence and absence in one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenBucket {
    /// The bucket.
    pub bucket: Bucket,
    /// The hashes beside the way from it to the map's root.
    pub siblings: Vec<Hash>,
    /// The head whose state has that root.
    pub head: Head,
}

/// A bucket's own limits, with room for the proof and the head.
pub const PROVEN_BUCKET_LIMITS: Limits =
    Limits { bytes: crate::bucket::BUCKET_LIMITS.bytes + 64 * 1024, depth: MAX_DEPTH, items: 4096 };

const BUCKET: i64 = 0;
const SIBLINGS: i64 = 1;
const HEAD: i64 = 2;

impl ProvenBucket {
    /// The deterministic encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (signers, rows) = self.bucket.rows();
        let bucket = BucketParts::new(self.bucket.bits, self.bucket.number, &signers, &rows);
        Self::encode(&bucket, &self.siblings, &self.head.to_bytes())
    }

    /// The encoding, from parts that are ready: what a directory does for each answer, so the bytes are moved once.
    #[must_use]
    pub fn encode(bucket: &BucketParts<'_>, siblings: &[Hash], head: &[u8]) -> Vec<u8> {
        let bucket_len = bucket.encoded_len();
        // Each of the parts has at most 9 bytes before it.
        let mut out = Vec::with_capacity(bucket_len + head.len() + 64 + siblings.len() * 41);
        write_head(&mut out, MAJOR_MAP, 3);
        write_integer(&mut out, BUCKET.into());
        write_head(&mut out, MAJOR_BYTES, bucket_len as u64);
        bucket.write(&mut out);
        write_integer(&mut out, SIBLINGS.into());
        write_head(&mut out, MAJOR_ARRAY, siblings.len() as u64);
        siblings.iter().for_each(|hash| write_bytes(&mut out, hash));
        write_integer(&mut out, HEAD.into());
        write_bytes(&mut out, head);
        out
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`Refusal`] of the form, those of [`Head::from_bytes`]. What stands in the bucket is for [`ProvenBucket::check`].
    pub fn from_bytes(message: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(message, PROVEN_BUCKET_LIMITS)?)?;
        let proven = Self {
            bucket: Bucket::read(&claims.bytes(BUCKET)?)?,
            siblings: any(SIBLINGS, claims.need(SIBLINGS)?, |item| crate::codec::fixed(SIBLINGS, item))?,
            head: Head::from_bytes(&claims.bytes(HEAD)?)?,
        };
        claims.finish()?;
        Ok(proven)
    }

    /// Checks that exactly these entries stand under these bits in the state that the head's checkpoint vouches for. The head
    /// itself is for [`Head::verify`].
    ///
    /// # Errors
    /// [`LogFault::MapPlace`], [`LogFault::MapRoot`].
    pub fn check(&self, state: &State) -> Result<(), LogFault> {
        let bucket = &self.bucket;
        if bucket.bits != state.bits || bucket.bits > MAX_BUCKET_BITS {
            return Err(LogFault::MapRoot);
        }
        for entry in &bucket.entries {
            if bucket_of(&entry.unverified().tag, bucket.bits) != bucket.number {
                return Err(LogFault::MapPlace);
            }
        }
        bucket.check().map_err(|_| LogFault::MapRoot)?;
        let hashes: Vec<Hash> = bucket.entries.iter().map(|entry| entry_hash(entry.bytes())).collect();
        let (number, count) = (u64::from(bucket.number), 1 << bucket.bits);
        verify_inclusion(number, count, &bucket_hash(&hashes), &self.siblings, &state.map_root)
            .map_err(|_| LogFault::MapRoot)
    }
}
