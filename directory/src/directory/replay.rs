//! The leaves of a log, one after the other, into the machine: by whoever does not believe the state that the log says.

use pod_protocol::Signed;
use pod_protocol::refusal::{ClaimFault, Refusal};
use pod_protocol::statement::MAX_PROFILE_BYTES;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::leaf::{Body, Leaf, State};

use super::machine::{Machine, Plan, Settled};
use crate::fault::Refused;

/// A leaf that must not stand where it stands.
#[derive(Debug, Clone, thiserror::Error)]
#[error("leaf {index}: {fault}{}", why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default())]
pub struct ReplayFault {
    /// Which leaf, from 0.
    pub index: u64,
    /// What is wrong with it.
    pub fault: LogFault,
    /// More about it.
    pub why: Option<String>,
}

/// Whose log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Somebody's: every signature is checked.
    Anybody,
    /// Our own, whose root was compared: entries were checked when they came.
    Own,
}

/// What has been read of the batch that is not over yet.
#[derive(Debug)]
pub(super) struct Replay {
    origin: Origin,
    index: u64,
    plan: Option<Plan>,
    parts: Vec<u8>,
    /// The part that must come next, and how many there are.
    next_part: Option<(u64, u64)>,
}

impl Replay {
    /// From a leaf on that follows a state.
    pub(super) fn from(index: u64, origin: Origin) -> Self {
        Self { origin, index, plan: None, parts: Vec::new(), next_part: None }
    }

    /// Reads the next leaf. At the end of a batch: what is then to be applied.
    ///
    /// # Errors
    /// [`ReplayFault`]: the log cannot be believed from here on.
    pub(super) fn leaf(&mut self, machine: &Machine, bytes: &[u8]) -> Result<Option<Settled>, ReplayFault> {
        let index = self.index;
        let faulty = |(fault, why)| ReplayFault { index, fault, why };
        let leaf = Leaf::from_bytes(bytes).map_err(|refusal| faulty((LogFault::Leaf(refusal), None)))?;
        let settled = self.read(machine, leaf).map_err(faulty)?;
        self.index += 1;
        Ok(settled)
    }

    fn read(&mut self, machine: &Machine, leaf: Leaf) -> Result<Option<Settled>, (LogFault, Option<String>)> {
        let mut plan = self.plan.take().unwrap_or_else(|| machine.plan(leaf.time_secs));
        // The plan's time is at least that of the last state: this finds a time that goes back, and one within a batch that
        // is not the batch's.
        if plan.time_secs() != leaf.time_secs {
            return Err(out_of_range(0));
        }
        if self.next_part.is_some() && !matches!(leaf.body, Body::Statement { .. }) {
            return Err(out_of_range(1));
        }
        match leaf.body {
            Body::Statement { part, parts, bytes } => {
                if let Some(statement) = self.part(part, parts, &bytes)? {
                    plan.statement(&statement).map_err(refused)?;
                }
            }
            Body::HolderEntry(bytes) => self.entry(machine, &mut plan, &bytes)?,
            Body::Sealed(_) => {}
            Body::State(logged) => return settle(machine, plan, logged).map(Some),
        }
        self.plan = Some(plan);
        Ok(None)
    }

    fn entry(&self, machine: &Machine, plan: &mut Plan, bytes: &[u8]) -> Result<(), (LogFault, Option<String>)> {
        let malformed = |refusal| (LogFault::Leaf(refusal), None);
        if self.origin == Origin::Own {
            plan.logged_entry(machine, &Signed::decode(bytes).map_err(malformed)?);
            return Ok(());
        }
        let entries = [plan.check_entry(bytes).map_err(malformed)?];
        plan.check_room(machine, &entries).map_err(refused)?;
        // One that is older than what stands there changes nothing: whether the log agrees, its state says.
        entries.iter().for_each(|entry| {
            plan.entry(machine, entry);
        });
        Ok(())
    }

    /// Puts the parts of a statement together; the whole with its last part.
    fn part(&mut self, part: u64, parts: u64, bytes: &[u8]) -> Result<Option<Vec<u8>>, (LogFault, Option<String>)> {
        if self.next_part.unwrap_or((0, parts)) != (part, parts) {
            return Err(out_of_range(2));
        }
        if self.parts.len() + bytes.len() > MAX_PROFILE_BYTES {
            return Err((LogFault::Leaf(Refusal::TooLarge), None));
        }
        self.parts.extend_from_slice(bytes);
        self.next_part = (part + 1 < parts).then_some((part + 1, parts));
        Ok(self.next_part.is_none().then(|| std::mem::take(&mut self.parts)))
    }
}

fn settle(machine: &Machine, plan: Plan, logged: State) -> Result<Settled, (LogFault, Option<String>)> {
    let settled = plan.settle(machine);
    let (ours, theirs) = (settled.state, logged);
    if ours == theirs {
        return Ok(settled);
    }
    let differs = [
        (ours.bits != theirs.bits, "the count of bits"),
        (ours.entries != theirs.entries, "the number of entries"),
        (ours.map_root != theirs.map_root, "the map's root"),
        (ours.registry != theirs.registry, "the registry's digest"),
    ];
    let names: Vec<&str> = differs.into_iter().filter_map(|(differs, name)| differs.then_some(name)).collect();
    Err((LogFault::Replay, Some(names.join(", "))))
}

fn out_of_range(claim: i64) -> (LogFault, Option<String>) {
    (LogFault::Leaf(ClaimFault::OutOfRange { claim }.into()), None)
}

fn refused(refused: Refused) -> (LogFault, Option<String>) {
    (LogFault::Replay, Some(refused.detail.unwrap_or_else(|| refused.kind.code.to_owned())))
}
