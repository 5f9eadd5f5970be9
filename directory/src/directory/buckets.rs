//! All buckets, by their numbers, and when something in them changes by itself.

use std::collections::BTreeSet;

use pod_protocol::bucket::bucket_of;
use pod_protocol::holder_entry::Tag;

use super::bucket::{Bucket, Due};
use super::record::Place;

/// The buckets of one count.
#[derive(Debug)]
pub(super) struct Buckets {
    /// By their numbers.
    all: Vec<Bucket>,
    /// How many bits number them.
    bits: u8,
    /// When something in a bucket changes by itself, and its number.
    due: BTreeSet<(u64, u32)>,
}

impl Default for Buckets {
    fn default() -> Self {
        Self::of(0, vec![Bucket::default()])
    }
}

impl Buckets {
    fn of(bits: u8, all: Vec<Bucket>) -> Self {
        let due = (0..).zip(&all).filter_map(|(number, bucket)| Some((bucket.due()?, number))).collect();
        Self { all, bits, due }
    }

    /// The same entries in buckets of another count. These are left as they are, so that they can be read meanwhile.
    pub(super) fn divided(&self, bits: u8) -> Self {
        let mut all = Vec::new();
        all.resize_with(1 << bits, Bucket::default);
        self.all.iter().for_each(|bucket| bucket.divide_into(&mut all, bits));
        all.iter_mut().for_each(Bucket::shrink);
        Self::of(bits, all)
    }

    /// The bucket of this number.
    pub(super) fn get(&self, number: u32) -> Option<&Bucket> {
        self.all.get(number as usize)
    }

    /// The bucket that a place is in.
    pub(super) fn at(&self, (tag, _): &Place) -> Option<&Bucket> {
        self.get(bucket_of(tag, self.bits))
    }

    /// The buckets from the one on that a tag is in.
    pub(super) fn from(&self, tag: Tag) -> impl Iterator<Item = &Bucket> {
        self.all.iter().skip(bucket_of(&tag, self.bits) as usize)
    }

    /// Whether something has changed by itself until then.
    pub(super) fn is_due(&self, now_secs: u64) -> bool {
        self.due.first().is_some_and(|(at, _)| *at <= now_secs)
    }

    /// What has changed by itself until then.
    pub(super) fn due_by(&self, now_secs: u64) -> impl Iterator<Item = (Place, Due)> {
        let due = self.due.iter().take_while(move |(at, _)| *at <= now_secs);
        due.filter_map(|(_, number)| self.get(*number)).flat_map(move |bucket| bucket.due_by(now_secs))
    }

    /// Changes the bucket of a place, and when it is due.
    pub(super) fn change<T>(&mut self, (tag, _): &Place, how: impl FnOnce(&mut Bucket) -> T) -> Option<T> {
        let number = bucket_of(tag, self.bits);
        let bucket = self.all.get_mut(number as usize)?;
        let before = bucket.due();
        let done = how(bucket);
        if bucket.due() != before {
            before.map(|at| self.due.remove(&(at, number)));
            self.due.extend(bucket.due().map(|at| (at, number)));
        }
        Some(done)
    }
}
