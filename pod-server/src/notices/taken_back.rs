//! At the holder: from what was taken back to the notices.
//!
//! Whatever takes something back leaves a mark in the same step: of a pod, of somebody whose keys changed, of a service's key; and what will
//! take something back when its time has come, a recovery, leaves one that is worked off then.
//! From a mark follow the notices: of what was released, whatever no longer counts as the pod stands now. So one rule says it,
//! for a grant and all below it, for everything before a time, for a device that was stolen; and a node that was killed goes
//! on where it was.

use std::collections::BTreeMap;

use pod_crypto::random_array;
use pod_protocol::ids::{Kid, PodId, Principal};
use pod_protocol::notice::NoticeCause;
use pod_store::{Batch, Row};

use super::sent::{self, Told};
use super::split::split;
use crate::book::released::{Ended, Stored};
use crate::fault::Fault;
use crate::node::Node;
use crate::tables::TAKEN_BACK;

const POD: u8 = 0;
const ACTOR: u8 = 1;
const KEY: u8 = 2;
/// Comes last, and those of one kind in the order of their times: what waits keeps nothing else from being worked off.
const RECOVERY: u8 = 3;
/// Marks that are worked off in one go; there are few, each stays for milliseconds.
const MARKS_AT_ONCE: usize = 256;
/// Pods for which somebody acts when that is done while all pods are held: a parent's, not those of a guardian by office.
const FEW_PODS: usize = 16;
/// Pods that are looked at between two looks at the disk.
const PODS_AT_ONCE: usize = 256;

/// What was taken back.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// Something over a pod.
    Pod(PodId),
    /// Somebody's keys changed.
    Actor(Principal),
    /// What a service's key passed on.
    Key(Kid),
    /// Somebody's keys change at this second, unless they cancel it.
    Recovery {
        /// When.
        due_secs: u64,
        /// Whose.
        actor: Principal,
    },
}

impl Mark {
    /// Puts it, in the same step as what takes back. Its value is when, and a number that is another one each time: a mark that
    /// was put again meanwhile is not taken off.
    pub(crate) fn put(self, node: &Node, batch: &mut Batch) {
        let when_secs = match self {
            Self::Recovery { due_secs, .. } => due_secs,
            _ => (node.clock)(),
        };
        let value = [when_secs.to_be_bytes(), random_array::<8>(&*node.random)].concat();
        batch.put(TAKEN_BACK, self.key(), value);
    }

    fn key(self) -> Vec<u8> {
        match self {
            Self::Pod(pod) => [&[POD][..], pod.as_bytes()].concat(),
            Self::Actor(actor) => [&[ACTOR][..], actor.as_bytes()].concat(),
            Self::Key(kid) => [&[KEY][..], kid.as_bytes()].concat(),
            Self::Recovery { due_secs, actor } => [&[RECOVERY][..], &due_secs.to_be_bytes(), actor.as_bytes()].concat(),
        }
    }

    fn read(key: &[u8]) -> Option<Self> {
        let (kind, id) = key.split_first()?;
        Some(match *kind {
            POD => Self::Pod(PodId::new(id.try_into().ok()?)),
            ACTOR => Self::Actor(Principal::new(id.try_into().ok()?)),
            KEY => Self::Key(Kid::new(id.try_into().ok()?)),
            RECOVERY => {
                let (due_secs, actor) = id.split_first_chunk()?;
                Self::Recovery {
                    due_secs: u64::from_be_bytes(*due_secs),
                    actor: Principal::new(actor.try_into().ok()?),
                }
            }
            _ => return None,
        })
    }
}

/// Works off a mark that was just put, while the pods are held, when that takes no time to speak of; else it is left to
/// [`work_off`]. What was taken back stays so when this fails: the mark is on disk. Blocks.
///
/// # Errors
/// [`Fault`], when it is fatal.
pub(crate) fn notice_now(node: &Node, mark: Mark) -> Result<(), Fault> {
    let worked_off = || {
        let few = match mark {
            Mark::Pod(_) => true,
            Mark::Actor(actor) => node.standings.pods_of(&actor)?.len() <= FEW_PODS,
            Mark::Key(_) | Mark::Recovery { .. } => false,
        };
        match node.store.get(TAKEN_BACK, &mark.key())? {
            Some(value) if few => work_off_one(node, &(mark.key(), value)),
            _ => Ok(()),
        }
    };
    match worked_off() {
        Err(fault) if !fault.is_fatal() => {
            node.note(fault, "making notices");
            Ok(())
        }
        done => done,
    }
}

/// Works off the marks that there are. Blocks.
pub(crate) fn work_off(node: &Node) -> Result<(), Fault> {
    node.store.prefix(TAKEN_BACK, &[], MARKS_AT_ONCE)?.iter().try_for_each(|mark| work_off_one(node, mark))
}

fn work_off_one(node: &Node, row: &Row) -> Result<(), Fault> {
    let damaged = || Fault::Damaged { what: "a mark of what was taken back" };
    let (key, value) = row;
    let ended_secs = value.first_chunk().map(|secs| u64::from_be_bytes(*secs)).ok_or_else(damaged)?;
    match Mark::read(key).ok_or_else(damaged)? {
        Mark::Pod(pod) => notice_pod(node, &pod, ended_secs)?,
        Mark::Recovery { due_secs, .. } if due_secs > (node.clock)() => return Ok(()),
        Mark::Actor(actor) | Mark::Recovery { actor, .. } => {
            for pod in node.standings.pods_of(&actor)? {
                notice_pod(node, &pod, ended_secs)?;
            }
        }
        Mark::Key(kid) => notice_key(node, &kid, ended_secs)?,
    }
    take_off(node, row)
}

/// Takes a mark off, unless it was put again meanwhile: then it is worked off once more.
fn take_off(node: &Node, (key, value): &Row) -> Result<(), Fault> {
    let mut batch = Batch::new();
    batch.require_equal(TAKEN_BACK, key.as_slice(), value.as_slice());
    batch.delete(TAKEN_BACK, key.as_slice());
    match node.store.commit(batch).map_err(Fault::from) {
        Err(fault) if fault.is_conflict() => Ok(()),
        done => done,
    }
}

fn notice_key(node: &Node, kid: &Kid, ended_secs: u64) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let page = node.released.pods_by_key(kid, after.as_deref(), PODS_AT_ONCE)?;
        for pod in &page.pods {
            notice_pod(node, pod, ended_secs)?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}

/// Queues the notices about a pod: of each service that had something, one, or more when one has no room. The rows of what was
/// released go in the same step, so that nobody is noticed twice.
fn notice_pod(node: &Node, pod: &PodId, ended_secs: u64) -> Result<(), Fault> {
    loop {
        // Erased, with everything sealed for it.
        let Some(standing) = node.standing(pod)? else { return Ok(()) };
        let mut had: BTreeMap<(Principal, Principal, Ended), Vec<Stored>> = BTreeMap::new();
        for stored in node.released.of_pod(pod)? {
            if let Some(ended) = stored.row.ended(&standing) {
                had.entry((stored.row.service, stored.row.organisation, ended)).or_default().push(stored);
            }
        }
        if had.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        sent::forget_old(node, &mut batch, pod)?;
        for ((service, organisation, ended), rows) in &had {
            let cause = match ended {
                Ended::TakenBack => NoticeCause::TakenBack,
                Ended::KeyRevoked => NoticeCause::KeyRevoked,
            };
            for part in split(rows.iter().map(|stored| (stored.leaf, &stored.row))) {
                let told = Told { service: *service, organisation: *organisation, ended_secs, cause };
                sent::queue(node, &mut batch, pod, &told, part.grants.clone(), part.released()?)?;
            }
            rows.iter().for_each(|stored| node.released.take(&mut batch, pod, stored));
        }
        match node.store.commit(batch).map_err(Fault::from) {
            // Another worked off the same mark.
            Err(fault) if fault.is_conflict() => {}
            done => return done,
        }
    }
}
