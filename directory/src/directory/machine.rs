//! What the leaves of the log make together: registry, entries, and the state that is the last leaf of each batch.
//!
//! Nothing here reads a clock or a disk: whoever applies the same leaves, directory, mirror or auditor, gets the same state. All
//! leaves of a batch have one time. What is due by then leaves first; then each leaf is applied, in order.

use std::collections::BTreeSet;
use std::sync::Arc;

use pod_protocol::bucket::BUCKET_LIMITS;
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::holder_entry::HolderEntry;
use pod_protocol::ids::ObjectId;
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::statement::Role;
use pod_protocol::tlog::leaf::State;
use pod_protocol::{Refusal, Signed, Verified};

use super::map::{BucketRoom, HolderMap, Layout, MapPlan, Room};
use super::members::{Members, Statement, Taken};
use super::record::{Place, Record};
use crate::fault::Refused;
use crate::problems;

/// Most entries that are held, remembered ones included: twice what was measured for the whole country (2.1 million), at
/// about 250 bytes of memory each.
pub const MAX_ENTRIES: usize = 4_000_000;
/// Most entries of one holder: more than any city of the country has people, and one holder cannot fill the directory.
pub const MAX_ENTRIES_PER_HOLDER: usize = 1_000_000;
const ROOM: Room = Room { total: MAX_ENTRIES, of_holder: MAX_ENTRIES_PER_HOLDER };
/// Most entries of one bucket: half of what clients read, so that a bucket can still be read when the map shrinks and two become
/// one. All members together load a bucket with 128 on average at most.
pub const MAX_ENTRIES_PER_BUCKET: usize = BUCKET_LIMITS.items / 2;
/// Most entries of one holder in one bucket, so that none alone keeps the others out: twice the highest average load of a bucket
/// by everybody. Tags spread like random numbers, so that an honest member has as many less than once in 10^20.
pub const MAX_ENTRIES_PER_BUCKET_OF_HOLDER: usize = 256;
const BUCKET_ROOM: BucketRoom =
    BucketRoom { total: MAX_ENTRIES_PER_BUCKET, of_holder: MAX_ENTRIES_PER_BUCKET_OF_HOLDER };

/// Registry and entries at one moment of log time.
#[derive(Debug)]
pub(super) struct Machine {
    members: Members,
    map: HolderMap,
    time_secs: u64,
}

/// A batch that is being put together. The machine is as it was until [`Machine::apply`].
#[derive(Debug)]
pub(super) struct Plan {
    time_secs: u64,
    members: Members,
    map: MapPlan,
    added: Vec<Arc<Statement>>,
    removed: Vec<ObjectId>,
}

/// A batch with the state that it leads to.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) plan: Plan,
    pub(super) state: State,
    layout: Layout,
}

impl Machine {
    /// Before the first leaf.
    pub(super) fn new(anchor: Anchor) -> Self {
        Self { members: Members::new(anchor), map: HolderMap::default(), time_secs: 0 }
    }

    /// As it was at `time_secs`, from the statements that were kept then, the entries, and how many bits numbered the buckets.
    ///
    /// # Errors
    /// [`Refusal`] of a statement that does not decode.
    pub(super) fn of_kept(
        anchor: Anchor,
        statements: &[Vec<u8>],
        map: HolderMap,
        bits: u8,
        time_secs: u64,
    ) -> Result<Self, Refusal> {
        let members = Members::of_kept(anchor, statements, time_secs)?;
        Ok(Self { members, map: map.restored(bits, time_secs), time_secs })
    }

    pub(super) fn members(&self) -> &Members {
        &self.members
    }

    pub(super) fn map(&self) -> &HolderMap {
        &self.map
    }

    /// Log time of the last state.
    pub(super) fn time_secs(&self) -> u64 {
        self.time_secs
    }

    /// The state as it is.
    pub(super) fn state(&self) -> State {
        let tree = self.map.tree();
        let (bits, map_root) = (tree.bits(), tree.root());
        State { bits, entries: self.map.live(), map_root, registry: *self.members.snapshot().digest() }
    }

    /// Whether time alone changes the state.
    pub(super) fn is_due(&self, now_secs: u64) -> bool {
        self.map.is_due(now_secs) || self.members.is_due(now_secs)
    }

    /// Begins a batch. Log time does not go back when the clock does.
    pub(super) fn plan(&self, now_secs: u64) -> Plan {
        let time_secs = now_secs.max(self.time_secs);
        let mut members = self.members.clone();
        members.settle(time_secs);
        Plan { time_secs, members, map: self.map.plan(time_secs), added: Vec::new(), removed: Vec::new() }
    }

    /// Makes the changes of a batch. Gives back what is no longer needed, as [`HolderMap::apply`] does.
    pub(super) fn apply(&mut self, settled: Settled) -> Layout {
        let Settled { plan, layout, .. } = settled;
        self.time_secs = plan.time_secs;
        self.members = plan.members;
        self.map.apply(plan.map, layout)
    }
}

impl Plan {
    /// Log time of the batch.
    pub(super) fn time_secs(&self) -> u64 {
        self.time_secs
    }

    /// The registry that holds for the next leaf.
    pub(super) fn registry(&self) -> &Arc<Registry> {
        self.members.registry()
    }

    /// Applies a statement; whether it says something new.
    ///
    /// # Errors
    /// [`Refused`]: nothing has changed.
    pub(super) fn statement(&mut self, bytes: &[u8]) -> Result<bool, Refused> {
        match self.members.take(bytes, self.time_secs)? {
            Taken::Before => Ok(false),
            Taken::Now { statement, gone } => {
                // One that came and went within the batch was never stored; removing it is no error.
                self.removed.extend(gone);
                self.added.push(statement);
                Ok(true)
            }
        }
    }

    /// Reads an entry as it must be to be applied now: of this time, and signed by the holder that it names.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(super) fn check_entry(&self, bytes: &[u8]) -> Result<Verified<HolderEntry>, Refusal> {
        check_entry(bytes, self.registry(), self.time_secs)
    }

    /// Whether an entry that was verified against this same registry is of this time.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(super) fn check_time(&self, entry: &HolderEntry) -> Result<(), Refusal> {
        check_time(entry, self.time_secs)
    }

    /// Whether there is room for all of these entries.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) fn check_room(&self, machine: &Machine, entries: &[Verified<HolderEntry>]) -> Result<(), Refused> {
        let places: BTreeSet<Place> = entries.iter().map(|entry| (entry.tag, entry.holder)).collect();
        let fits = machine.map.has_room(&self.map, &places, ROOM);
        if fits { Ok(()) } else { Err(Refused::new(&problems::ENTRIES_FULL)) }
    }

    /// Whether there is room in their buckets for all of these entries of one post. For the directory that takes them alone: where a
    /// post began and ended does not stand in the log.
    ///
    /// # Errors
    /// [`Refused`], which names the entries without room.
    pub(super) fn check_buckets(&self, machine: &Machine, entries: &[Verified<HolderEntry>]) -> Result<(), Refused> {
        let without = machine.map.without_room(&self.map, entries, BUCKET_ROOM);
        if without.is_empty() {
            return Ok(());
        }
        let detail = format!(
            "a bucket has at most {MAX_ENTRIES_PER_BUCKET} entries, {MAX_ENTRIES_PER_BUCKET_OF_HOLDER} of one holder: \
             leave out those named in `pointers`, and send them again another day",
        );
        let pointers = without.into_iter().map(|index| format!("/{index}")).collect();
        Err(Refused::saying(&problems::BUCKET_FULL, detail).at_each(pointers))
    }

    /// Applies an entry that was checked; whether it changes something.
    pub(super) fn entry(&mut self, machine: &Machine, entry: &Verified<HolderEntry>) -> bool {
        machine.map.put(&mut self.map, entry.into())
    }

    /// Applies an entry that was checked when the log took it.
    pub(super) fn logged_entry(&mut self, machine: &Machine, entry: &Signed<HolderEntry>) {
        machine.map.put(&mut self.map, entry.into());
    }

    /// The state after the batch.
    pub(super) fn settle(self, machine: &Machine) -> Settled {
        let layout = machine.map.layout_after(&self.map);
        let state = State {
            bits: layout.tree.bits(),
            entries: self.map.live(),
            map_root: layout.tree.root(),
            registry: *self.members.snapshot().digest(),
        };
        Settled { plan: self, state, layout }
    }

    /// Statements that count from now on.
    pub(super) fn added(&self) -> impl Iterator<Item = &Statement> {
        self.added.iter().map(AsRef::as_ref).filter(|one| !self.removed.contains(&one.id))
    }

    /// Statements that are no longer kept.
    pub(super) fn removed(&self) -> &[ObjectId] {
        &self.removed
    }

    /// Entries that stand from now on.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Record> {
        self.map.set()
    }

    /// Places of which nothing is remembered any more.
    pub(super) fn forgotten(&self) -> Vec<Place> {
        self.map.forgotten().copied().collect()
    }
}

/// Reads an entry as it must be at `time_secs`: signed by the holder that it names.
pub(super) fn check_entry(bytes: &[u8], registry: &Registry, time_secs: u64) -> Result<Verified<HolderEntry>, Refusal> {
    let signed = Signed::<HolderEntry>::decode(bytes)?;
    let holder = signed.unverified().holder;
    let entry = registry.verify_by_organisation(signed, &holder)?;
    let may = registry.organisation(&holder).is_some_and(|organisation| organisation.has(Role::Holder));
    if !may {
        return Err(Refusal::NotAuthorised);
    }
    check_time(&entry, time_secs)?;
    Ok(entry)
}

fn check_time(entry: &HolderEntry, time_secs: u64) -> Result<(), Refusal> {
    if entry.issued > time_secs.saturating_add(CLOCK_SKEW_SECS) {
        return Err(Refusal::NotYetIssued);
    }
    if entry.expires <= time_secs { Err(Refusal::Expired) } else { Ok(()) }
}
