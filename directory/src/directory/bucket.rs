//! What is held of one bucket. What a lookup reads lies in one piece, in the order in which it is sent; what no longer counts lies
//! apart, so that no lookup walks it.

use std::cmp::Ordering;
use std::sync::Arc;

use pod_protocol::bucket::{BucketParts, Row, Signer, bucket_of};
use pod_protocol::merkle::Hash;

use super::record::{Place, Record, Standing};

/// An entry that counts: what was signed is put together from its row.
#[derive(Clone, Debug)]
struct Live {
    row: Row,
    hash: Hash,
    remembered_until: u64,
}

/// The entries of one bucket, and what stood where none is now.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// Who signed the rows. It may have some that no row names any more, whose places are given to others.
    signers: Vec<Signer>,
    /// In the order of their places.
    live: Vec<Live>,
    /// Withdrawn or expired, and remembered, since something older could come back. In the order of their places, and shared with
    /// the buckets that are made of this one.
    past: Vec<Arc<Record>>,
    /// When something in it changes by itself.
    due: Option<u64>,
}

/// What becomes of an entry by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It counts no more, and is remembered.
    Expired,
    /// It counts no more, and nothing that stood there can come back.
    Over,
    /// It had counted no more before, and nothing that stood there can come back.
    Forgotten,
}

impl Bucket {
    /// When something in it changes by itself, at the earliest.
    pub(super) fn due(&self) -> Option<u64> {
        self.due
    }

    /// What has changed by itself until then.
    pub(super) fn due_by(&self, now_secs: u64) -> impl Iterator<Item = (Place, Due)> {
        let live = self.placed().filter(move |(_, live)| live.row.expires <= now_secs);
        let live = live.map(move |(place, live)| match live.remembered_until > now_secs {
            true => (place, Due::Expired),
            false => (place, Due::Over),
        });
        let past = self.past.iter().filter(move |past| past.remembered_until <= now_secs);
        live.chain(past.map(|past| (past.place(), Due::Forgotten)))
    }

    /// Whether an entry counts in a place.
    pub(super) fn is_live(&self, place: &Place) -> bool {
        self.at(place).is_ok()
    }

    /// What stands in a place, also when it counts no longer.
    pub(super) fn standing(&self, place: &Place) -> Option<Standing> {
        match self.at(place).ok().and_then(|at| self.live.get(at)) {
            Some(live) => self.record(live).map(|record| record.standing()),
            None => self.past_at(place).ok().and_then(|at| self.past.get(at)).map(|past| past.standing()),
        }
    }

    /// The hashes of its entries, in order.
    pub(super) fn hashes(&self) -> impl Iterator<Item = (Place, Hash)> {
        self.placed().map(|(place, live)| (place, live.hash))
    }

    /// All that is held.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        self.live.iter().filter_map(|live| self.record(live)).chain(self.past.iter().map(|past| Record::clone(past)))
    }

    /// As it is handed out.
    pub(super) fn parts(&self, bits: u8, number: u32) -> BucketParts<'_> {
        BucketParts::new(bits, number, &self.signers, self.live.iter().map(|live| &live.row))
    }

    /// Puts a record where nothing stands: among those that count, or apart.
    pub(super) fn insert(&mut self, record: Record, live: bool) {
        let place = record.place();
        let row = live.then(|| self.signer_place(record.signer())).and_then(|signer| record.row(signer));
        self.changes_at(row.map_or(record.remembered_until, |row| row.expires));
        match row {
            Some(row) => {
                let live = Live { row, hash: record.hash, remembered_until: record.remembered_until };
                if self.live.len() == self.live.capacity() {
                    // There are many buckets: twice as much for each, as vectors grow by themselves, would be much.
                    self.live.reserve_exact(1 + self.live.len() / 8);
                }
                self.live.insert(self.at(&place).unwrap_or_else(|at| at), live);
            }
            None => self.past.insert(self.past_at(&place).unwrap_or_else(|at| at), Arc::new(record)),
        }
    }

    /// Takes out what stands in a place; whether something did.
    pub(super) fn remove(&mut self, place: &Place) -> bool {
        let due = match (self.at(place), self.past_at(place)) {
            (Ok(at), _) => self.live.remove(at).row.expires,
            (Err(_), Ok(at)) => self.past.remove(at).remembered_until,
            (Err(_), Err(_)) => return false,
        };
        if self.due == Some(due) {
            let live = self.live.iter().map(|live| live.row.expires);
            self.due = live.chain(self.past.iter().map(|past| past.remembered_until)).min();
        }
        true
    }

    /// Remembers the entry that counted in a place.
    pub(super) fn expire(&mut self, place: &Place) {
        let expired = self.at(place).ok().and_then(|at| self.record(self.live.get(at)?));
        if let Some(record) = expired {
            self.remove(place);
            self.insert(record, false);
        }
    }

    /// Puts everything at the end of the buckets where it belongs when tags have so many bits.
    pub(super) fn divide_into(&self, buckets: &mut [Self], bits: u8) {
        for rows in self.live.chunk_by(|one, next| bucket_of(&one.row.tag, bits) == bucket_of(&next.row.tag, bits)) {
            let number = rows.first().map(|live| bucket_of(&live.row.tag, bits) as usize);
            if let Some(bucket) = number.and_then(|number| buckets.get_mut(number)) {
                bucket.append(rows, &self.signers);
            }
        }
        for past in &self.past {
            let Some(bucket) = buckets.get_mut(bucket_of(&past.place().0, bits) as usize) else { continue };
            bucket.changes_at(past.remembered_until);
            bucket.past.push(Arc::clone(past));
        }
    }

    /// Puts rows of another bucket at the end, with those of its signers that they name.
    fn append(&mut self, rows: &[Live], signers: &[Signer]) {
        let mut places: Vec<Option<u32>> = vec![None; signers.len()];
        self.live.reserve_exact(rows.len());
        for live in rows {
            let at = live.row.signer as usize;
            let (Some(place), Some(signer)) = (places.get_mut(at), signers.get(at)) else { continue };
            let mut live = live.clone();
            live.row.signer = *place.get_or_insert_with(|| self.put_signer(self.place_of(signer), *signer));
            self.changes_at(live.row.expires);
            self.live.push(live);
        }
    }

    /// Gives back memory that is not needed for what is there.
    pub(super) fn shrink(&mut self) {
        self.signers.shrink_to_fit();
        self.live.shrink_to_fit();
        self.past.shrink_to_fit();
    }

    fn changes_at(&mut self, due: u64) {
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    fn placed(&self) -> impl Iterator<Item = (Place, &Live)> {
        self.live.iter().filter_map(|live| Some(((live.row.tag, self.signer(live)?.0), live)))
    }

    fn record(&self, live: &Live) -> Option<Record> {
        let signed = live.row.signed_by(*self.signer(live)?);
        Some(Record::from(&signed).remembered(live.remembered_until))
    }

    fn signer(&self, live: &Live) -> Option<&Signer> {
        self.signers.get(live.row.signer as usize)
    }

    /// The place of a signer: where it is, or one that no row names, or a new one.
    fn signer_place(&mut self, signer: Signer) -> u32 {
        let is_free = |place: &usize| self.live.iter().all(|live| live.row.signer as usize != *place);
        let place = self.place_of(&signer).or_else(|| (0..self.signers.len()).find(is_free));
        self.put_signer(place, signer)
    }

    fn place_of(&self, signer: &Signer) -> Option<usize> {
        self.signers.iter().position(|one| one == signer)
    }

    /// Puts a signer in a place, or in a new one.
    fn put_signer(&mut self, place: Option<usize>, signer: Signer) -> u32 {
        let place = place.unwrap_or(self.signers.len());
        match self.signers.get_mut(place) {
            Some(at) => *at = signer,
            None => self.signers.push(signer),
        }
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// Where an entry of this place is, or would be.
    fn at(&self, (tag, holder): &Place) -> Result<usize, usize> {
        let order = |live: &Live| -> Ordering {
            live.row.tag.cmp(tag).then_with(|| self.signer(live).map(|(signer, _)| signer).cmp(&Some(holder)))
        };
        self.live.binary_search_by(order)
    }

    fn past_at(&self, place: &Place) -> Result<usize, usize> {
        self.past.binary_search_by_key(place, |past| past.place())
    }
}
