//! Standings: who speaks for a pod, and what is restricted, objected to and revoked.

use std::collections::BTreeSet;
use std::sync::Arc;

use pod_protocol::Refusal;
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::ids::{ObjectId, PodId, Principal};
use pod_protocol::key_event::KeyState;
use pod_protocol::standing::{Objection, Representative, Standing};
use pod_store::{Batch, Store};
use pod_vault::Vault;
use serde::{Deserialize, Serialize};

use super::cache::Cache;
use super::key_logs::{Arrival, KeyLogs, put_new, replay_new};
use super::revoked_keys::RevokedKeys;
use crate::age;
use crate::fault::{Failure, Fault};
use crate::tables::{ACTOR_PODS, ACTORS, OWN_PODS, PEOPLE, PRINCIPALS, STANDING};

/// Most standings in memory: a kilobyte each.
const MAX_CACHED: usize = 20_000;
/// Most pods for which one person acts: their own, and those of children; a guardian by office has hundreds.
const MAX_PODS_OF_ACTOR: usize = 4_096;
/// Most people who act for one pod: parents, and those whom a court named.
const MAX_ACTORS: usize = 32;
/// Most restricted types and objections each that one pod can have: more is no citizen. Revoked grants are as many
/// as grants.
const MAX_ENTRIES: usize = 10_000;
/// Binds sealed standings to their use.
const CONTEXT: &str = "standing";

/// The part of a standing that citizens decide, as it lies sealed in the store.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    restricted: bool,
    restricted_types: BTreeSet<RecordType>,
    objections: Vec<(Purpose, Option<Principal>)>,
    revoked: BTreeSet<ObjectId>,
    revoked_before: u64,
}

/// Reads and changes standings.
#[derive(Debug)]
pub(crate) struct Standings {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    keys: Arc<RevokedKeys>,
    key_logs: KeyLogs,
    cache: Cache<PodId, Arc<Standing>>,
}

impl Standings {
    pub(crate) fn new(store: Arc<dyn Store>, vault: Arc<Vault>, keys: Arc<RevokedKeys>) -> Self {
        Self { key_logs: KeyLogs::new(Arc::clone(&store)), store, vault, keys, cache: Cache::new(MAX_CACHED) }
    }

    /// The standing of `pod` at `now_secs`; none when there is no such pod.
    pub(crate) fn get(&self, pod: &PodId, now_secs: u64) -> Result<Option<Arc<Standing>>, Fault> {
        if let Some(standing) = self.cache.get(pod) {
            if standing.settles_secs().is_none_or(|due| due > now_secs) {
                return Ok(Some(standing));
            }
            self.cache.forget(pod);
        }
        // Whoever asks need not hold the pod: a standing that changes while it is read is not kept.
        let epoch = self.cache.epoch(pod);
        if !self.vault.has(pod)? {
            return Ok(None);
        }
        let standing = Arc::new(self.load(pod, now_secs)?);
        self.cache.put_since(epoch, *pod, Arc::clone(&standing));
        Ok(Some(standing))
    }

    fn load(&self, pod: &PodId, now_secs: u64) -> Result<Standing, Fault> {
        let decided = match self.store.get(STANDING, pod.as_bytes())? {
            None => Decided::default(),
            Some(sealed) => {
                let opened = self.vault.open_for_pod(pod, CONTEXT, &sealed)?;
                serde_json::from_slice(&opened).map_err(|_| Fault::Damaged { what: "a pod's standing" })?
            }
        };
        let (subject, representatives) = self.actors(pod, now_secs)?;
        Ok(Standing {
            pod: *pod,
            subject,
            representatives,
            non_disclosure: self.vault.non_disclosure(pod)?,
            restricted: decided.restricted,
            restricted_types: decided.restricted_types,
            objections: decided
                .objections
                .into_iter()
                .map(|(purpose, organisation)| Objection { purpose, organisation })
                .collect(),
            revoked: decided.revoked,
            revoked_before: decided.revoked_before,
            revoked_keys: self.keys.current(),
        })
    }

    /// Who speaks for a pod. A guardian does as long as the registers say so, until the child turns 18.
    fn actors(&self, pod: &PodId, now_secs: u64) -> Result<(Option<KeyState>, Vec<Representative>), Fault> {
        let damaged = || Fault::Damaged { what: "an actor" };
        let (mut subject, mut representatives) = (None, Vec::new());
        for (key, relation) in self.store.prefix(ACTORS, pod.as_bytes(), MAX_ACTORS)? {
            let principal = key.get(16..).and_then(|id| <[u8; 32]>::try_from(id).ok()).ok_or_else(damaged)?;
            let principal = Principal::new(principal);
            // A wallet that was replaced at the desk speaks for nobody, whichever pods it once spoke for.
            let Some(handle) = self.person_now_of(&principal)? else { continue };
            let keys = self.key_logs.state(&principal, now_secs)?.ok_or_else(damaged)?;
            if relation == [Relation::Subject as u8] {
                subject = Some(keys);
                continue;
            }
            if let Some(born) = self.vault.acts_for(pod, &handle)? {
                let until_secs = age::turns_18_secs(&born).ok_or_else(damaged)?;
                representatives.push(Representative { keys, from_secs: 0, until_secs });
            }
        }
        Ok((subject, representatives))
    }

    /// The key logs.
    pub(crate) fn key_logs(&self) -> &KeyLogs {
        &self.key_logs
    }

    /// What binds a key log to the pods for which its person may act, for [`Standings::enrol`]; binding it again finds new
    /// children. A person has one log here: a lost wallet is recovered, not replaced by whoever logs in, and nobody can crowd
    /// the others out of a child's pod. And a log has one person: one wallet does not come to speak for two.
    pub(crate) fn enrolment(&self, events: &[Vec<u8>], person: &Person, now_secs: u64) -> Result<Batch, Failure> {
        let state = replay_new(events, now_secs)?;
        let principal = state.principal();
        if state.time_secs() > now_secs + CLOCK_SKEW_SECS {
            return Err(Refusal::NotYetIssued.into());
        }
        if self.person_of(&principal)?.is_some_and(|known| known != person.handle) {
            return Err(Refusal::NotAuthorised.into());
        }
        let mut batch = Batch::new();
        match self.store.get(PEOPLE, &person.handle)? {
            None => {
                batch.require_absent(PEOPLE, person.handle);
                batch.put(PEOPLE, person.handle, principal.as_bytes().as_slice());
            }
            Some(known) if known == principal.as_bytes() => {}
            Some(_) => return Err(Refusal::NotAuthorised.into()),
        }
        if self.key_logs.state(&principal, now_secs)?.is_none() {
            put_new(&mut batch, &principal, events, now_secs)?;
        }
        batch.put(PRINCIPALS, principal.as_bytes(), person.handle);
        if let Some(own) = &person.own {
            batch.put(ACTORS, actor_key(own, &principal), [Relation::Subject as u8]);
            batch.put(OWN_PODS, principal.as_bytes(), own.as_bytes().as_slice());
        }
        for child in &person.wards {
            batch.put(ACTORS, actor_key(child, &principal), [Relation::Guardian as u8]);
        }
        for pod in person.own.iter().chain(&person.wards) {
            batch.put(ACTOR_PODS, [principal.as_bytes().as_slice(), pod.as_bytes()].concat(), [].as_slice());
        }
        Ok(batch)
    }

    /// Binds. The caller has held every pod since [`Standings::enrolment`].
    pub(crate) fn enrol(&self, enrolment: Batch) -> Result<(), Fault> {
        self.store.commit(enrolment)?;
        self.forget_all();
        Ok(())
    }

    /// The log that is bound to a person; none when they have no wallet here.
    pub(crate) fn principal_of(&self, handle: &[u8; 32]) -> Result<Option<Principal>, Fault> {
        let damaged = |_| Fault::Damaged { what: "a person's principal" };
        let principal = self.store.get(PEOPLE, handle)?;
        principal.map(|one| <[u8; 32]>::try_from(one).map(Principal::new).map_err(damaged)).transpose()
    }

    /// What binds another log to a person, and to the pods for which they act or acted: in place of the one that was bound before,
    /// which stays theirs and speaks for nobody. Whether they act for a child now is for the registers to say, at each use.
    pub(crate) fn replacement(
        &self,
        person: &Person,
        principal: &Principal,
        events: &[Vec<u8>],
        now_secs: u64,
    ) -> Result<Batch, Failure> {
        let old = self.principal_of(&person.handle)?.ok_or(Refusal::NotAuthorised)?;
        let mut batch = Batch::new();
        put_new(&mut batch, principal, events, now_secs)?;
        batch.put(PEOPLE, person.handle, principal.as_bytes().as_slice());
        batch.put(PRINCIPALS, principal.as_bytes(), person.handle);
        if let Some(own) = &person.own {
            batch.put(OWN_PODS, principal.as_bytes(), own.as_bytes().as_slice());
        }
        let before = self.pods_of(&old)?;
        let pods: BTreeSet<&PodId> = person.own.iter().chain(&person.wards).chain(&before).collect();
        for pod in pods {
            let relation = if person.own == Some(*pod) { Relation::Subject } else { Relation::Guardian };
            batch.delete(ACTORS, actor_key(pod, &old));
            batch.put(ACTORS, actor_key(pod, principal), [relation as u8]);
            batch.put(ACTOR_PODS, [principal.as_bytes().as_slice(), pod.as_bytes()].concat(), [].as_slice());
        }
        Ok(batch)
    }

    /// By which handle the registers know the person to whom a log is bound; none when it is bound to nobody yet.
    pub(crate) fn person_of(&self, principal: &Principal) -> Result<Option<[u8; 32]>, Fault> {
        let damaged = |_| Fault::Damaged { what: "a person's handle" };
        let handle = self.store.get(PRINCIPALS, principal.as_bytes())?;
        handle.map(|handle| <[u8; 32]>::try_from(handle).map_err(damaged)).transpose()
    }

    /// The same, while it is the log that is bound to them: none for one that was replaced.
    pub(crate) fn person_now_of(&self, principal: &Principal) -> Result<Option<[u8; 32]>, Fault> {
        let Some(handle) = self.person_of(principal)? else { return Ok(None) };
        Ok((self.principal_of(&handle)?.as_ref() == Some(principal)).then_some(handle))
    }

    /// The pod of the person behind a log, if they have one.
    pub(crate) fn own_pod(&self, principal: &Principal) -> Result<Option<PodId>, Fault> {
        let damaged = |_| Fault::Damaged { what: "an own pod" };
        let pod = self.store.get(OWN_PODS, principal.as_bytes())?;
        pod.map(|pod| <[u8; 16]>::try_from(pod).map(PodId::new).map_err(damaged)).transpose()
    }

    /// The pods for which somebody acts, or did.
    pub(crate) fn pods_of(&self, principal: &Principal) -> Result<Vec<PodId>, Fault> {
        let rows = self.store.prefix(ACTOR_PODS, principal.as_bytes(), MAX_PODS_OF_ACTOR)?;
        let pod = |key: &[u8]| key.get(32..).and_then(|pod| <[u8; 16]>::try_from(pod).ok()).map(PodId::new);
        rows.iter().map(|(key, _)| pod(key).ok_or(Fault::Damaged { what: "an actor" })).collect()
    }

    /// Appends an event to somebody's log, in one step with what else is in the batch.
    pub(crate) fn append_key_event(
        &self,
        principal: &Principal,
        event: &[u8],
        arrival: Arrival,
        now_secs: u64,
        mut batch: Batch,
    ) -> Result<KeyState, Failure> {
        let next = self.key_logs.append(&mut batch, principal, event, arrival, now_secs)?;
        self.store.commit(batch)?;
        self.forget_all();
        Ok(next)
    }

    /// Notes when the directory's log took an event that stands here, in one step with what else is in the batch; nothing of both
    /// when that is known.
    pub(crate) fn was_logged(&self, event: &ObjectId, logged_secs: u64, mut batch: Batch) -> Result<(), Fault> {
        if self.key_logs.log_times().note(&mut batch, event, logged_secs)? {
            self.store.commit(batch)?;
            self.forget_all();
        }
        Ok(())
    }

    /// Changes what citizens decide about a pod, durably, in one step with what else is in the batch.
    pub(crate) fn change(
        &self,
        pod: &PodId,
        now_secs: u64,
        mut batch: Batch,
        change: impl FnOnce(&mut Standing),
    ) -> Result<(), Failure> {
        let mut standing = self.load(pod, now_secs)?;
        change(&mut standing);
        if standing.restricted_types.len() > MAX_ENTRIES || standing.objections.len() > MAX_ENTRIES {
            return Err(Refusal::TooLarge.into());
        }
        let decided = Decided {
            restricted: standing.restricted,
            restricted_types: standing.restricted_types.clone(),
            objections: standing.objections.iter().map(|one| (one.purpose.clone(), one.organisation)).collect(),
            revoked: standing.revoked.clone(),
            revoked_before: standing.revoked_before,
        };
        let bytes = serde_json::to_vec(&decided).map_err(|_| Fault::Damaged { what: "a pod's standing" })?;
        batch.put(STANDING, pod.as_bytes(), self.vault.seal_for_pod(pod, CONTEXT, &bytes)?);
        self.store.commit(batch)?;
        self.cache.forget(pod);
        Ok(())
    }

    /// Forgets everything cached: a key log is part of several standings, and an import changes flags and guardians.
    pub(crate) fn forget_all(&self) {
        self.cache.forget_all();
    }
}

/// Whoever logged in, as the registers know them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Stands for their identity code (HMAC under the node's key).
    pub(crate) handle: [u8; 32],
    /// Their own pod.
    pub(crate) own: Option<PodId>,
    /// The pods of the children for whom they act.
    pub(crate) wards: Vec<PodId>,
}

/// What somebody is to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Relation {
    Subject = 0,
    Guardian = 1,
}

fn actor_key(pod: &PodId, principal: &Principal) -> Vec<u8> {
    [pod.as_bytes().as_slice(), principal.as_bytes()].concat()
}

/// How many people enrolled, for metrics.
pub(crate) fn enrolled(store: &dyn Store) -> Result<u64, Fault> {
    Ok(store.count(PRINCIPALS)?)
}
