//! Holder entries out of whole buckets, each of which proves that the log vouches for exactly what is in it.

use std::collections::BTreeMap;

use pod_protocol::bucket::{Bucket, bucket_of};
use pod_protocol::cose::Verified;
use pod_protocol::holder_entry::{HolderEntry, Tag};
use pod_protocol::ids::Principal;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::map::ProvenBucket;

use super::{DirectoryClient, LogSource, RegistryCopy, most_telling};
use crate::error::{CallError, Disbelief};
use crate::target::CBOR;

/// How often a bucket is asked for again when the number of buckets changed in between.
const MAX_RACES: usize = 3;

/// Of each of a citizen's own tags, when the newest entry under it that was seen had been signed.
pub type NewestSeen = BTreeMap<Tag, u64>;

/// Looks entries up, each bucket once. A source that failed once is not asked again.
#[derive(Debug)]
pub struct Lookup<'a> {
    client: &'a DirectoryClient,
    copy: &'a mut RegistryCopy,
    /// Which source is asked.
    at: usize,
    bits: Option<u8>,
    buckets: BTreeMap<(usize, u32), Bucket>,
    /// How many troubles the copy had before.
    before: usize,
}

impl DirectoryClient {
    /// Begins to look entries up. The view of `copy` goes on with the log, and its troubles grow by what went wrong.
    pub fn lookup<'a>(&'a self, copy: &'a mut RegistryCopy) -> Lookup<'a> {
        let before = copy.troubles.len();
        Lookup { client: self, copy, at: 0, bits: None, buckets: BTreeMap::new(), before }
    }
}

impl Lookup<'_> {
    /// The entries of a holder under a tag that count at `now_secs`, mostly one or none. `seen` remembers how new they are.
    ///
    /// # Errors
    /// [`CallError`], when neither the directory nor a mirror shows what holds: [`LogFault::MapPlace`],
    /// [`LogFault::MapRoot`], [`LogFault::EntryReplayed`], and those of a head.
    pub async fn entries(
        &mut self,
        holder: &Principal,
        tag: &Tag,
        seen: &mut NewestSeen,
        now_secs: u64,
    ) -> Result<Vec<Verified<HolderEntry>>, CallError> {
        while let Some(source) = self.client.sources().get(self.at) {
            match self.entries_at(source, holder, tag, seen).await {
                Ok(entries) => return Ok(entries.into_iter().filter(|entry| entry.expires > now_secs).collect()),
                Err(trouble) => {
                    self.copy.troubles.push(trouble);
                    self.at += 1;
                    self.bits = None;
                }
            }
        }
        let none = CallError::Ours { what: "no directory is named".to_owned() };
        Err(most_telling(self.copy.troubles.split_off(self.before)).unwrap_or(none))
    }

    async fn entries_at(
        &mut self,
        source: &LogSource,
        holder: &Principal,
        tag: &Tag,
        seen: &mut NewestSeen,
    ) -> Result<Vec<Verified<HolderEntry>>, CallError> {
        let bucket = self.bucket_with(source, tag).await?;
        // The directory took each when its key was one of the holder's, which may have gone since.
        let verified = bucket.find(tag).filter_map(|one| {
            let issued_secs = one.unverified().issued;
            self.copy.registry.verify_signed_at(one.clone(), holder, issued_secs).ok()
        });
        let entries: Vec<_> = verified.filter(|entry| entry.holder == *holder).collect();
        let Some(newest) = entries.iter().map(|entry| entry.issued).max() else { return Ok(entries) };
        let before = seen.entry(*tag).or_insert(newest);
        if newest < *before {
            return Err(source.lied(LogFault::EntryReplayed));
        }
        *before = newest;
        Ok(entries)
    }

    async fn bucket_with(&mut self, source: &LogSource, tag: &Tag) -> Result<Bucket, CallError> {
        let mut last = None;
        for _ in 0..MAX_RACES {
            let bits = match self.bits {
                Some(bits) => bits,
                None => self.bits_of(source).await?,
            };
            let place = (self.at, bucket_of(tag, bits));
            if let Some(known) = self.buckets.get(&place) {
                return Ok(known.clone());
            }
            match self.fetch(source, bits, place.1).await {
                Ok(bucket) => {
                    self.buckets.insert(place, bucket.clone());
                    return Ok(bucket);
                }
                // There are more or fewer buckets than a moment ago.
                Err(error) if error.code() == OTHER_BITS => {
                    self.bits = None;
                    self.buckets.clear();
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| source.target().unbelievable(Disbelief::Other("bucket"))))
    }

    /// How many bits number the buckets. Only of a head that is believed: the number of a bucket says of its tag as many bits as one
    /// lets oneself be told.
    async fn bits_of(&mut self, source: &LogSource) -> Result<u8, CallError> {
        let (checked, view) = source.believed(&self.copy.registry, self.client.policy(), self.copy.view()).await?;
        self.copy.advance(view);
        Ok(*self.bits.insert(checked.state.bits))
    }

    async fn fetch(&mut self, source: &LogSource, bits: u8, number: u32) -> Result<Bucket, CallError> {
        let body = source.target().get(&format!("/v1/buckets/{bits}/{number}"), CBOR).await?;
        let proven = ProvenBucket::from_bytes(&body).map_err(|refusal| source.target().unbelievable(refusal))?;
        if (proven.bucket.bits, proven.bucket.number) != (bits, number) {
            return Err(source.target().unbelievable(Disbelief::Other("bucket")));
        }
        let (registry, policy) = (&self.copy.registry, self.client.policy());
        let (checked, view) = source.believe(&proven.head, registry, policy, self.copy.view()).await?;
        proven.check(&checked.state).map_err(|fault| source.lied(fault))?;
        self.copy.advance(view);
        Ok(proven.bucket)
    }
}

/// What a directory says when its buckets have another number of bits.
const OTHER_BITS: &str = "bucket";
