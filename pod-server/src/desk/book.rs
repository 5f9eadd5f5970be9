//! Bindings that wait, on disk: one for each person.

use std::sync::Arc;

use pod_protocol::Refusal;
use pod_protocol::ids::{PodId, Principal, base64url, from_base64url};
use pod_store::{Batch, Store};
use serde::{Deserialize, Serialize};

use super::Ground;
use crate::book::standings::{Person, Standings};
use crate::fault::{Failure, Fault};
use crate::tables::DESK;

/// Most bindings that wait at once: a city's desk serves some dozens a day.
const MAX_WAITING: usize = 10_000;
const DAMAGED: Fault = Fault::Damaged { what: "a binding made at the desk" };

/// A wallet that will be bound.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Whose log it is.
    pub(crate) principal: Principal,
    /// Whose it will be, as the registers know them.
    pub(crate) person: Person,
    /// The log.
    pub(crate) events: Vec<Vec<u8>>,
    /// When it is bound.
    pub(crate) due_secs: u64,
    /// By what the person was identified.
    pub(crate) ground: Ground,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    principal: Principal,
    own: Option<PodId>,
    wards: Vec<PodId>,
    events: Vec<String>,
    due_secs: u64,
    ground: Ground,
}

/// The bindings that wait.
#[derive(Debug)]
pub(crate) struct Desk {
    store: Arc<dyn Store>,
}

impl Desk {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Whether a wallet may begin to be bound: the person has another one here, and nothing waits for them.
    pub(super) fn check(&self, standings: &Standings, binding: &Binding) -> Result<(), Failure> {
        may_bind(standings, binding)?;
        match self.waiting(&binding.person.handle)? {
            Some(_) => Err(Refusal::KeyPending.into()),
            None => Ok(()),
        }
    }

    pub(super) fn put(&self, binding: &Binding) -> Result<(), Fault> {
        let row = Row {
            principal: binding.principal,
            own: binding.person.own,
            wards: binding.person.wards.clone(),
            events: binding.events.iter().map(|event| base64url(event)).collect(),
            due_secs: binding.due_secs,
            ground: binding.ground,
        };
        let bytes = serde_json::to_vec(&row).map_err(|_| DAMAGED)?;
        let mut batch = Batch::new();
        batch.require_absent(DESK, binding.person.handle);
        batch.put(DESK, binding.person.handle, bytes);
        Ok(self.store.commit(batch)?)
    }

    /// What waits for a person.
    pub(super) fn waiting(&self, handle: &[u8; 32]) -> Result<Option<Binding>, Fault> {
        self.store.get(DESK, handle)?.map(|row| read(*handle, &row)).transpose()
    }

    pub(super) fn remove(&self, handle: &[u8; 32]) -> Result<(), Fault> {
        let mut batch = Batch::new();
        batch.delete(DESK, *handle);
        Ok(self.store.commit(batch)?)
    }

    /// All that is due.
    pub(super) fn due(&self, now_secs: u64) -> Result<Vec<Binding>, Fault> {
        let rows = self.store.prefix(DESK, &[], MAX_WAITING)?.into_iter();
        let all = rows.map(|(handle, row)| read(<[u8; 32]>::try_from(handle).map_err(|_| DAMAGED)?, &row));
        let mut all = all.collect::<Result<Vec<_>, Fault>>()?;
        all.retain(|binding| binding.due_secs <= now_secs);
        Ok(all)
    }
}

/// What binds it in place of the wallet that was bound before, for [`Standings::enrol`]. The caller holds every pod.
pub(super) fn prepare(
    standings: &Standings,
    binding: &Binding,
    now_secs: u64,
    mark: impl FnOnce(Principal, &mut Batch),
) -> Result<Batch, Failure> {
    may_bind(standings, binding)?;
    let mut batch = standings.replacement(&binding.person, &binding.principal, &binding.events, now_secs)?;
    if let Some(old) = standings.principal_of(&binding.person.handle)? {
        mark(old, &mut batch);
    }
    batch.delete(DESK, binding.person.handle);
    Ok(batch)
}

/// Whether the person has a wallet here, and this one is nobody's.
fn may_bind(standings: &Standings, binding: &Binding) -> Result<(), Failure> {
    let bound = standings.principal_of(&binding.person.handle)?.ok_or(Refusal::NotAuthorised)?;
    if bound == binding.principal || standings.person_of(&binding.principal)?.is_some() {
        return Err(Refusal::NotAuthorised.into());
    }
    Ok(())
}

fn read(handle: [u8; 32], row: &[u8]) -> Result<Binding, Fault> {
    let Row { principal, own, wards, events, due_secs, ground } = serde_json::from_slice(row).map_err(|_| DAMAGED)?;
    let events = events.iter().map(|event| from_base64url(event)).collect::<Result<_, _>>().map_err(|_| DAMAGED)?;
    Ok(Binding { principal, person: Person { handle, own, wards }, events, due_secs, ground })
}
