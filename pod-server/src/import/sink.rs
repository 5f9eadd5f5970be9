//! One batch of an import: records, pods, guardians, non-disclosure, tags and the checkpoint, in one step.
//!
//! The order matters. Tags are made first, because the blinder may take its time. Then the entries are logged: what citizens
//! read in their log is never less than what came in; after a kill between the two, the same rows are logged once more. Then
//! the pods whose standing changes are held against releases, the batch is committed, and what was cached of standings is
//! forgotten: the next release goes by the new ones.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pod_audit::{EntryKind, MAX_BATCH_BYTES, NewEntry, PersonalPart, PodTag, PublicPart, Released};
use pod_import::{Batch, Checkpoint, IdentityCode, ImportedRecord, Outcome, Sink};
use pod_protocol::blind_request::MAX_BLIND_INPUTS;
use pod_protocol::field::RecordType;
use pod_protocol::ids::PodId;
use pod_vault::{RecordDraft, VaultFault, WriteBatch};
use tokio::runtime::Handle;

use crate::fault::Fault;
use crate::node::Node;
use crate::tables::IMPORTS;
use crate::upkeep::{Blinder, FoundBy, TagsFailed, has_tag, keep_tag};

/// How often a batch is made again when somebody else changed the same pods meanwhile.
const MAX_ATTEMPTS: usize = 5;
/// What the log calls an import, where it has a request's purpose.
const PURPOSE: &str = "import";
/// How it ended, in the log.
const OUTCOME: &str = "imported";

/// Why a batch did not go in.
#[derive(Debug, thiserror::Error)]
pub enum SinkFault {
    /// Something of ours failed.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The node is stopping.
    #[error("the node is stopping: the same import goes on from here when it is started again")]
    Stopped,
    /// The catalogue's name of a record type is none that a grant could name.
    #[error("record type `{id}` cannot be named in a grant: give it a shorter name in the catalogue")]
    RecordType {
        /// As the catalogue has it.
        id: String,
    },
}

impl From<VaultFault> for SinkFault {
    fn from(fault: VaultFault) -> Self {
        Self::Fault(fault.into())
    }
}

impl SinkFault {
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Fault(Fault::Vault(fault)) if fault.is_conflict())
    }
}

/// Who makes tags during an import.
pub(super) enum Tagging<'n> {
    /// Nobody: none is configured, or nothing is written.
    Off,
    /// The blinder, called from this blocking thread through the runtime.
    By(&'n Blinder, Handle),
    /// The blinder was asked in vain, and is not asked again by this import.
    GaveUp(TagsFailed),
}

/// Where an import's records go.
pub(super) struct NodeSink<'n> {
    pub(super) node: &'n Arc<Node>,
    pub(super) tagging: Tagging<'n>,
    pub(super) stopping: &'n AtomicBool,
}

/// What a batch changes, for the log and the standings. The directory is told of tags alone: an entry says that somebody has
/// a pod, and stays the same whatever comes into it.
#[derive(Default)]
struct Changes {
    outcomes: Vec<Outcome>,
    /// Pods that change, and the types of the records that are new or changed.
    pods: BTreeMap<PodId, BTreeSet<RecordType>>,
    /// Pods whose guardians or non-disclosure change.
    standings: BTreeSet<PodId>,
}

impl Sink for NodeSink<'_> {
    type Error = SinkFault;

    fn resume_point(&self, file_key: &str) -> Result<Option<Checkpoint>, SinkFault> {
        let stored = self.node.store.get(IMPORTS, file_key.as_bytes()).map_err(Fault::from)?;
        let damaged = |_| Fault::Damaged { what: "an import's checkpoint" };
        Ok(stored.map(|bytes| serde_json::from_slice(&bytes).map_err(damaged)).transpose()?)
    }

    fn apply(&mut self, batch: &Batch, checkpoint: &Checkpoint) -> Result<Vec<Outcome>, SinkFault> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(SinkFault::Stopped);
        }
        let tags = self.make_tags(batch)?;
        let mut attempt = 1;
        loop {
            match self.write(batch, checkpoint, &tags) {
                Err(fault) if fault.is_conflict() && attempt < MAX_ATTEMPTS => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    fn preview(&self, batch: &Batch) -> Result<Vec<Outcome>, SinkFault> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(SinkFault::Stopped);
        }
        let mut writing = self.node.vault.write((self.node.clock)());
        Ok(put_all(&mut writing, batch, "")?.outcomes)
    }
}

impl NodeSink<'_> {
    /// Makes tags for those people of the batch who have none yet. That the blinder is away stops no import.
    fn make_tags<'b>(&mut self, batch: &'b Batch) -> Result<HashMap<&'b IdentityCode, FoundBy>, SinkFault> {
        let mut tags = HashMap::new();
        let Tagging::By(blinder, runtime) = &self.tagging else { return Ok(tags) };
        let with_records = batch.records.iter().map(|record| &record.subject);
        let people: HashSet<&IdentityCode> = with_records.chain(&batch.protected).collect();
        let mut lacking = Vec::with_capacity(people.len());
        for code in people {
            let has = match self.node.find(code)? {
                Some(pod) => has_tag(self.node, &pod, blinder.epoch())?,
                None => false,
            };
            if !has {
                lacking.push(code);
            }
        }
        for codes in lacking.chunks(MAX_BLIND_INPUTS) {
            let asked = codes.iter().map(|code| (*code).clone()).collect();
            match runtime.block_on(blinder.tags(self.node, asked)) {
                Ok(found) => tags.extend(codes.iter().copied().zip(found)),
                Err(failed) => {
                    self.tagging = Tagging::GaveUp(failed);
                    break;
                }
            }
        }
        Ok(tags)
    }

    fn write(
        &self,
        batch: &Batch,
        checkpoint: &Checkpoint,
        tags: &HashMap<&IdentityCode, FoundBy>,
    ) -> Result<Vec<Outcome>, SinkFault> {
        let now_secs = (self.node.clock)();
        let mut writing = self.node.vault.write(now_secs);
        let changes = put_all(&mut writing, batch, register(checkpoint))?;
        for (code, found) in tags {
            let pod = writing.pod(text(code)?)?;
            keep_tag(self.node, &mut writing, &pod, found)?;
        }
        let bytes = serde_json::to_vec(checkpoint).map_err(|_| Fault::Damaged { what: "an import's checkpoint" })?;
        writing.raw().put(IMPORTS, checkpoint.file_key.as_bytes(), bytes);
        self.log(&mut writing, &changes, now_secs)?;

        let held = self.node.releases.change_blocking(&changes.standings);
        writing.commit()?;
        if !changes.standings.is_empty() {
            self.node.standings.forget_all();
        }
        drop(held);
        Ok(changes.outcomes)
    }

    /// Writes an entry for each pod that changes; durable when it returns.
    fn log(&self, writing: &mut WriteBatch<'_>, changes: &Changes, now_secs: u64) -> Result<(), SinkFault> {
        let (mut entries, mut bytes) = (Vec::with_capacity(changes.pods.len()), 0);
        for (pod, record_types) in &changes.pods {
            let entry = self.entry(writing, pod, record_types, now_secs)?;
            if bytes + entry.bytes().len() > MAX_BATCH_BYTES {
                self.node.log.append_blocking(std::mem::take(&mut entries)).map_err(Fault::from)?;
                bytes = 0;
            }
            bytes += entry.bytes().len();
            entries.push(entry);
        }
        if !entries.is_empty() {
            self.node.log.append_blocking(entries).map_err(Fault::from)?;
        }
        Ok(())
    }

    fn entry(
        &self,
        writing: &mut WriteBatch<'_>,
        pod: &PodId,
        record_types: &BTreeSet<RecordType>,
        now_secs: u64,
    ) -> Result<NewEntry, SinkFault> {
        let public = PublicPart {
            time_secs: now_secs,
            kind: EntryKind::Import,
            pod: Some(PodTag::new(self.node.vault.audit_tag(pod))),
            request: None,
            grants: None,
        };
        let came_in = |of: &RecordType| Released { record_type: of.to_string(), fields: Vec::new() };
        let personal = PersonalPart {
            service: None,
            organisation: self.node.catalogue.organisation().to_owned(),
            purpose: PURPOSE.to_owned(),
            // Of an import: the types of the records that came in.
            released: record_types.iter().map(came_in).collect(),
            withheld: Vec::new(),
            outcome: OUTCOME.to_owned(),
            acting: None,
        };
        let key = writing.audit_key(pod)?;
        Ok(NewEntry::new(&public, Some((&personal, &key)), &*self.node.random).map_err(Fault::from)?)
    }
}

fn put_all(writing: &mut WriteBatch<'_>, batch: &Batch, source: &str) -> Result<Changes, SinkFault> {
    let mut changes = Changes::default();
    for record in &batch.records {
        let outcome = match put(writing, record, source, &mut changes) {
            // The batch then holds nothing of what was over the limit.
            Err(SinkFault::Fault(Fault::Vault(fault @ (VaultFault::TooLarge { .. } | VaultFault::NotStorable(_))))) => {
                Outcome::Refused(fault.to_string())
            }
            outcome => outcome?,
        };
        changes.outcomes.push(outcome);
    }
    // A pod is made where there is none: another register may bring what must then be withheld.
    for code in &batch.protected {
        let pod = writing.pod(text(code)?)?;
        changes.standing(pod, writing.set_non_disclosure(&pod, true)?);
    }
    Ok(changes)
}

/// Puts a record, who acts for the person and whether they are protected, as far as the register speaks of it.
///
/// Of a row that is over a limit that counts which takes nothing from the person: that they are protected. So that comes
/// first; guardians come before the record because another's account can be full, and that they are not protected last.
fn put(
    writing: &mut WriteBatch<'_>,
    record: &ImportedRecord,
    source: &str,
    changes: &mut Changes,
) -> Result<Outcome, SinkFault> {
    let pod = writing.pod(text(&record.subject)?)?;
    let record_type: RecordType =
        record.record_type.parse().map_err(|_| SinkFault::RecordType { id: record.record_type.clone() })?;
    let mut standing = false;
    if record.non_disclosure == Some(true) {
        standing |= changes.standing(pod, writing.set_non_disclosure(&pod, true)?);
    }
    if let Some(guardians) = &record.guardians {
        let codes = guardians.iter().map(text).collect::<Result<Vec<_>, _>>()?;
        // From the code, not from a field: every register has it, so no two registers can disagree about it for ever.
        let born = record.subject.birth_date().to_string();
        standing |= changes.standing(pod, writing.set_guardians(&pod, &born, &codes)?);
    }
    let draft = RecordDraft { record_type: &record_type, record_id: &record.record_id, source, fields: &record.fields };
    let put = writing.put_record(&pod, draft)?;
    if record.non_disclosure == Some(false) {
        standing |= changes.standing(pod, writing.set_non_disclosure(&pod, false)?);
    }
    let outcome = match put {
        pod_vault::Outcome::Created => Outcome::Created,
        pod_vault::Outcome::Updated => Outcome::Updated,
        pod_vault::Outcome::Unchanged if standing => Outcome::Updated,
        pod_vault::Outcome::Unchanged => Outcome::Unchanged,
    };
    if outcome != Outcome::Unchanged {
        changes.pods.entry(pod).or_default().insert(record_type);
    }
    Ok(outcome)
}

impl Changes {
    /// Notes whether a pod's standing changes.
    fn standing(&mut self, pod: PodId, changed: bool) -> bool {
        if changed {
            self.standings.insert(pod);
            self.pods.entry(pod).or_default();
        }
        changed
    }
}

/// An identity code as the vault takes it.
fn text(code: &IdentityCode) -> Result<&str, Fault> {
    // It is ASCII: the parser let nothing else through.
    std::str::from_utf8(code.expose()).map_err(|_| Fault::Damaged { what: "an identity code" })
}

/// The register that a checkpoint's file is an extract of ([`pod_import::PlannedFile::key`]).
fn register(checkpoint: &Checkpoint) -> &str {
    checkpoint.file_key.split('/').nth(1).unwrap_or_default()
}
