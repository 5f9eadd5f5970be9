//! Everything that a wallet remembers, in one sealed file.
//!
//! `"AITTA-WALLET" || version || nonce (12) || ciphertext || tag (16)`; the plain text is JSON, what stands before the
//! nonce is the associated data. A version that this program does not know is refused, never guessed at.

use std::collections::BTreeMap;

use pod_crypto::{AeadKey, Random, Zeroizing};
use pod_protocol::command::Acknowledgement;
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::grant::Grant;
use pod_protocol::holder_entry::Tag;
use pod_protocol::ids::{GrantId, ObjectId, PodId, Principal, base64url, from_base64url};
use pod_protocol::key_event::{KeyEvent, Taken};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::commands::Order;
use crate::decide::Decided;
use crate::keys::{HeldEvent, KeyLog, KeysFault, Signer};
use crate::log_check::{ForkEvidence, SeenHead};
use crate::notices::{KnownNotice, ToldNotice};
use crate::on_record::{MAX_ON_RECORD, OnRecord};
use crate::outstanding::Task;
use crate::review::Review;
use crate::root::{RecoveryRoot, RootSecret};

const MAGIC: &[u8; 12] = b"AITTA-WALLET";
const VERSION: u8 = 1;
/// Largest state file, in bytes: some thousand grants and acknowledgements of 1 kB, with room to spare.
pub const MAX_STATE_BYTES: usize = 32 * 1024 * 1024;
/// Most acknowledgements that are kept; the oldest go first. They are checked against pages of the log, newest matter.
pub const MAX_ACKNOWLEDGEMENTS: usize = 4096;
/// Most forks of one holder's log that are kept as evidence: the first ones prove it, more of the same log add nothing.
pub const MAX_EVIDENCE: usize = 64;

/// Most notices that are remembered; the oldest go first, and come again when the holder is asked.
pub const MAX_NOTICES: usize = 4096;

/// Why a state file does not open.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    /// Some other file.
    #[error("this is no wallet")]
    NotOne,
    /// Larger than [`MAX_STATE_BYTES`].
    #[error("the wallet's file is larger than {MAX_STATE_BYTES} bytes")]
    TooLarge,
    /// Written by a later version.
    #[error("the wallet has format version {0}, which this program does not know: use a newer one")]
    Version(u8),
    /// The key is another one, or the bytes were changed.
    #[error("the wallet does not open with this device key: it is another wallet's, or the file was changed")]
    Open,
    /// What was sealed is no state.
    #[error("the wallet's content does not read as version {VERSION}")]
    Shape(#[source] serde_json::Error),
}

/// How the wallet's owner stands to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// It is about them.
    #[serde(rename = "self")]
    Own,
    /// They act for the child whom it is about.
    Guardian,
}

/// A pod that the wallet may act on. Its JSON is that of the enrolment's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledPod {
    /// The pod.
    pub pod: PodId,
    /// Whose it is.
    pub relation: Relation,
    /// First second at which a guardian's authority ends.
    #[serde(default, rename = "until")]
    pub until_secs: Option<u64>,
    /// What the child is called.
    #[serde(default)]
    pub label: Option<String>,
}

/// An organisation at which the wallet is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledAt {
    /// Its short name.
    pub name: String,
    /// The signed key events, the first first.
    pub events: Vec<Blob>,
    /// What the organisation knows of each of them.
    #[serde(default)]
    pub taken: Vec<SeenTaken>,
    /// The pods there.
    pub pods: Vec<EnrolledPod>,
    /// The last tree head of its log that was checked.
    pub last_head: Option<SeenHead>,
}

/// What an organisation knows of a key event: [`Taken`] as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenTaken {
    taken: u64,
    logged: Option<u64>,
    identified: bool,
}

impl From<Taken> for SeenTaken {
    fn from(taken: Taken) -> Self {
        Self { taken: taken.taken_secs, logged: taken.logged_secs, identified: taken.identified }
    }
}

impl From<SeenTaken> for Taken {
    fn from(seen: SeenTaken) -> Self {
        Self { taken_secs: seen.taken, logged_secs: seen.logged, identified: seen.identified }
    }
}

impl EnrolledAt {
    /// The key events, with what the organisation knows of them. Wallets of before noted only when they were signed.
    #[must_use]
    pub fn held(&self) -> Vec<HeldEvent> {
        let mut taken = self.taken.iter().copied().map(Taken::from);
        let held = |event: &Blob| {
            let signed_secs = || Signed::<KeyEvent>::decode(event).map_or(0, |event| event.unverified().time_secs);
            HeldEvent { bytes: event.0.clone(), taken: taken.next().unwrap_or_else(|| Taken::logged(signed_secs())) }
        };
        self.events.iter().map(held).collect()
    }

    fn set_held(&mut self, held: &[HeldEvent]) {
        self.events = held.iter().map(|event| Blob(event.bytes.clone())).collect();
        self.taken = held.iter().map(|event| event.taken.into()).collect();
    }
}

/// A grant that this wallet gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenGrant {
    /// Its id.
    pub id: GrantId,
    /// At which holder it counts.
    pub holder: Principal,
    /// Over which pod.
    pub pod: PodId,
    /// The access request that it answers.
    pub request: ObjectId,
    /// To which service.
    pub service: Principal,
    /// Whose service.
    pub organisation: Principal,
    /// When it was signed.
    pub issued_secs: u64,
    /// First second at which it no longer counts.
    pub expires_secs: u64,
    /// Whether the holder acknowledged it.
    pub deposited: bool,
    /// When the holder acknowledged that it is taken back.
    pub revoked_secs: Option<u64>,
    /// The signed grant.
    pub bytes: Blob,
}

/// A decision on an access request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionMade {
    /// The access request.
    pub request: ObjectId,
    /// The service that asked.
    pub service: Principal,
    /// When.
    pub decided_secs: u64,
    /// The grants given; none after a denial.
    pub grants: Vec<GrantId>,
}

/// A holder's signed word that it did what this wallet told it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAcknowledgement {
    /// Who signed.
    pub holder: Principal,
    /// About which pod.
    pub pod: PodId,
    /// Of which command or revocation.
    pub of: ObjectId,
    /// When it was done.
    pub issued_secs: u64,
    /// Where the entry stands in the holder's log.
    pub audit_index: u64,
    /// The signed acknowledgement.
    pub bytes: Blob,
}

/// The wallet's memory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WalletState {
    organisations: BTreeMap<Principal, EnrolledAt>,
    grants: Vec<GivenGrant>,
    decisions: Vec<DecisionMade>,
    acknowledgements: Vec<SeenAcknowledgement>,
    evidence: Vec<ForkEvidence>,
    /// What stands for each pod in its holder's log.
    #[serde(default)]
    pod_tags: BTreeMap<PodId, Blob>,
    /// Which services were told that grants were taken back.
    #[serde(default)]
    notices: Vec<KnownNotice>,
    /// What holders have on record.
    #[serde(default)]
    on_record: Vec<OnRecord>,
    /// Wallets of before noted when they had asked for notices.
    #[serde(default, rename = "notices_asked", skip_serializing)]
    _notices_asked: IgnoredAny,
    /// What is to be done at organisations that were away.
    #[serde(default)]
    outstanding: Vec<Task>,
    /// Under each tag at which holders were found, base64url: when the newest entry had been signed.
    #[serde(default)]
    newest_entries: BTreeMap<String, u64>,
    /// Digests of the recovery keys on paper, for the organisations that were known when the code was last typed.
    #[serde(default)]
    recovery_digests: BTreeMap<Principal, Blob>,
}

impl WalletState {
    /// Of a wallet that has done nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Seals it under the device's key.
    ///
    /// # Errors
    /// [`StateFault::Shape`], which only a defect could cause.
    pub fn seal(&self, key: &AeadKey, random: &dyn Random) -> Result<Vec<u8>, StateFault> {
        let plain = Zeroizing::new(serde_json::to_vec(self).map_err(StateFault::Shape)?);
        let head = [MAGIC.as_slice(), &[VERSION]].concat();
        let sealed = key.seal(random, &head, &plain);
        Ok([head, sealed].concat())
    }

    /// Opens what [`WalletState::seal`] made.
    ///
    /// # Errors
    /// [`StateFault`].
    pub fn open(sealed: &[u8], key: &AeadKey) -> Result<Self, StateFault> {
        if sealed.len() > MAX_STATE_BYTES {
            return Err(StateFault::TooLarge);
        }
        let rest = sealed.strip_prefix(MAGIC.as_slice()).ok_or(StateFault::NotOne)?;
        let (version, sealed) = rest.split_first().ok_or(StateFault::NotOne)?;
        if *version != VERSION {
            return Err(StateFault::Version(*version));
        }
        let head = [MAGIC.as_slice(), &[*version]].concat();
        let plain = key.open(&head, sealed).map_err(|_| StateFault::Open)?;
        serde_json::from_slice(&plain).map_err(StateFault::Shape)
    }

    /// Of each tag at which holders were found, when the newest entry that was seen had been signed: an older one shown later
    /// is a replay.
    #[must_use]
    pub fn newest_entries(&self) -> BTreeMap<Tag, u64> {
        let read = |(tag, secs): (&String, &u64)| Some((from_base64url(tag).ok()?.try_into().ok()?, *secs));
        self.newest_entries.iter().filter_map(read).collect()
    }

    /// Remembers how new the entries are that were seen.
    pub fn entries_seen(&mut self, seen: &BTreeMap<Tag, u64>) {
        for (tag, secs) in seen {
            let newest = self.newest_entries.entry(base64url(tag)).or_default();
            *newest = (*newest).max(*secs);
        }
    }

    /// Remembers an enrolment, or a newer state of one: the key log and the pods that the organisation bound to it.
    pub fn enrol(&mut self, name: &str, log: &KeyLog, pods: Vec<EnrolledPod>) {
        self.hold(log.organisation(), name, log.held());
        if let Some(enrolled) = self.organisations.get_mut(&log.organisation()) {
            enrolled.pods = pods;
        }
    }

    /// Remembers a key log as the organisation has it, whether or not a key of this device counts in it now.
    pub fn hold(&mut self, organisation: Principal, name: &str, events: &[HeldEvent]) {
        let enrolled = self.organisations.entry(organisation).or_insert_with(|| EnrolledAt {
            name: String::new(),
            events: Vec::new(),
            taken: Vec::new(),
            pods: Vec::new(),
            last_head: None,
        });
        name.clone_into(&mut enrolled.name);
        enrolled.set_held(events);
    }

    /// Remembers which pods an organisation bound to the log that is held.
    pub fn set_pods(&mut self, organisation: &Principal, pods: Vec<EnrolledPod>) {
        if let Some(enrolled) = self.organisations.get_mut(organisation) {
            enrolled.pods = pods;
        }
    }

    /// Remembers a key log after an event was added to it.
    pub fn update_keys(&mut self, log: &KeyLog) {
        if let Some(enrolled) = self.organisations.get_mut(&log.organisation()) {
            enrolled.set_held(log.held());
        }
    }

    /// Notes the digests of the paper's keys for these organisations, in place of those of an earlier paper.
    pub fn note_paper(&mut self, paper: &RecoveryRoot, organisations: impl IntoIterator<Item = Principal>) {
        self.recovery_digests = organisations
            .into_iter()
            .map(|organisation| (organisation, Blob(paper.digest(&organisation).to_vec())))
            .collect();
    }

    /// The digest of the paper's key for an organisation; none when it joined after the code was last typed.
    #[must_use]
    pub fn recovery_digest(&self, organisation: &Principal) -> Option<[u8; 32]> {
        self.recovery_digests.get(organisation).and_then(|digest| digest.0.as_slice().try_into().ok())
    }

    /// Where the wallet is enrolled.
    pub fn organisations(&self) -> impl Iterator<Item = (&Principal, &EnrolledAt)> {
        self.organisations.iter()
    }

    /// The enrolment at one organisation.
    #[must_use]
    pub fn organisation(&self, principal: &Principal) -> Option<&EnrolledAt> {
        self.organisations.get(principal)
    }

    /// The wallet's key log at an organisation, as it stands at `now_secs`.
    ///
    /// # Errors
    /// [`KeysFault::Empty`] when it is not enrolled there, and those of [`KeyLog::restore`].
    pub fn key_log(&self, root: &RootSecret, organisation: &Principal, now_secs: u64) -> Result<KeyLog, KeysFault> {
        let enrolled = self.organisations.get(organisation).ok_or(KeysFault::Empty)?;
        KeyLog::restore(root, *organisation, &enrolled.held(), now_secs)
    }

    /// What signs at an organisation.
    ///
    /// # Errors
    /// As [`WalletState::key_log`].
    pub fn signer(&self, root: &RootSecret, organisation: &Principal, now_secs: u64) -> Result<Signer, KeysFault> {
        self.key_log(root, organisation, now_secs)?.signer(root)
    }

    /// Remembers a decision with its grants, before they are sent.
    pub fn decided(&mut self, review: &Review, decided: &Decided, now_secs: u64) {
        let request = review.request();
        let given = |grant: &Verified<Grant>| GivenGrant {
            id: grant.id(),
            holder: grant.audience,
            pod: grant.subject,
            request: request.id(),
            service: request.service,
            organisation: request.organisation,
            issued_secs: grant.issued,
            expires_secs: grant.expires,
            deposited: false,
            revoked_secs: None,
            bytes: Blob(grant.bytes().to_vec()),
        };
        self.grants.extend(decided.grants.iter().map(given));
        self.decisions.push(DecisionMade {
            request: request.id(),
            service: request.service,
            decided_secs: now_secs,
            grants: decided.grants.iter().map(Verified::id).collect(),
        });
    }

    /// Remembers that a holder has a grant.
    pub fn deposited(&mut self, id: &GrantId) {
        self.grants.iter_mut().filter(|grant| grant.id == *id).for_each(|grant| grant.deposited = true);
    }

    /// Remembers that a holder acknowledged that a grant is taken back.
    pub fn revoked(&mut self, id: &GrantId, at_secs: u64) {
        self.grants.iter_mut().filter(|grant| grant.id == *id).for_each(|grant| grant.revoked_secs = Some(at_secs));
        let recorded = self.on_record.iter_mut().flat_map(|one| &mut one.grants);
        recorded.filter(|grant| grant.id == *id).for_each(|grant| grant.revoked_secs = Some(at_secs));
    }

    /// Remembers what a holder has on record. What it leaves out this time and had shown signed stays until it ends: it can be taken
    /// back still.
    pub fn record_told(&mut self, mut told: OnRecord, now_secs: u64) {
        let is_pod = |one: &OnRecord| (one.holder, one.pod) == (told.holder, told.pod);
        let before = self.on_record.iter().position(is_pod).map(|at| self.on_record.swap_remove(at).grants);
        for known in before.unwrap_or_default() {
            match told.grants.iter_mut().find(|one| one.id == known.id) {
                Some(one) => {
                    one.to = one.to.or(known.to);
                    one.revoked_secs = known.revoked_secs;
                }
                None if known.expires_secs > now_secs => told.grants.push(known),
                None => {}
            }
        }
        told.grants.sort_by_key(|one| (!one.is_usable(now_secs), std::cmp::Reverse(one.issued_secs)));
        told.grants.truncate(MAX_ON_RECORD);
        self.on_record.push(told);
    }

    /// What holders have on record, as it was found last.
    #[must_use]
    pub fn on_record(&self) -> &[OnRecord] {
        &self.on_record
    }

    /// Where a grant is that this wallet knows: what it gave, and what holders have on record.
    #[must_use]
    pub fn place_of(&self, id: &GrantId) -> Option<(Principal, PodId)> {
        let given = self.grants.iter().find(|grant| grant.id == *id).map(|grant| (grant.holder, grant.pod));
        let recorded = || self.on_record.iter().find(|one| one.grants.iter().any(|grant| grant.id == *id));
        given.or_else(|| recorded().map(|one| (one.holder, one.pod)))
    }

    /// Remembers what a holder acknowledged: its log must show it from now on.
    pub fn acknowledged(&mut self, pod: PodId, acknowledgement: &Verified<Acknowledgement>) {
        self.acknowledgements.push(SeenAcknowledgement {
            holder: acknowledgement.issuer,
            pod,
            of: acknowledgement.of,
            issued_secs: acknowledgement.issued,
            audit_index: acknowledgement.audit_index,
            bytes: Blob(acknowledgement.bytes().to_vec()),
        });
        let surplus = self.acknowledgements.len().saturating_sub(MAX_ACKNOWLEDGEMENTS);
        self.acknowledgements.drain(..surplus);
    }

    /// As [`WalletState::acknowledged`], for an order; a deposit marks its grant too.
    pub fn order_acknowledged(&mut self, order: &Order, acknowledgement: &Verified<Acknowledgement>) {
        self.acknowledged(order.pod, acknowledgement);
        if let pod_protocol::command::Action::Deposit(bytes) = &order.action {
            let deposited = self.grants.iter_mut().filter(|grant| grant.bytes.0 == *bytes);
            deposited.for_each(|grant| grant.deposited = true);
        }
    }

    /// Remembers what a holder tells of a pod's notices. `grants_of` says from which of the wallet's grants one follows.
    pub fn told_notices(
        &mut self,
        (holder, pod): (Principal, PodId),
        told: Vec<ToldNotice>,
        grants_of: impl Fn(&ToldNotice) -> Vec<GrantId>,
    ) {
        for told in told {
            let grants = grants_of(&told);
            match self.notices.iter_mut().find(|known| known.told.id == told.id && known.holder == holder) {
                Some(known) => known.told = told,
                None => self.notices.push(KnownNotice { holder, pod, grants, told }),
            }
        }
        let surplus = self.notices.len().saturating_sub(MAX_NOTICES);
        self.notices.drain(..surplus);
    }

    /// The notices that are known.
    #[must_use]
    pub fn notices(&self) -> &[KnownNotice] {
        &self.notices
    }

    /// Remembers what is to be done, before it is tried.
    pub fn to_do(&mut self, task: &Task) {
        if !self.outstanding.contains(task) {
            self.outstanding.push(task.clone());
        }
    }

    /// Remembers that it is done.
    pub fn done(&mut self, task: &Task) {
        self.outstanding.retain(|one| one != task);
    }

    /// What is to be done.
    #[must_use]
    pub fn outstanding(&self) -> &[Task] {
        &self.outstanding
    }

    /// The grants given.
    #[must_use]
    pub fn grants(&self) -> &[GivenGrant] {
        &self.grants
    }

    /// The decisions made.
    #[must_use]
    pub fn decisions(&self) -> &[DecisionMade] {
        &self.decisions
    }

    /// What holders acknowledged.
    #[must_use]
    pub fn acknowledgements(&self) -> &[SeenAcknowledgement] {
        &self.acknowledgements
    }

    /// Forks that were caught.
    #[must_use]
    pub fn evidence(&self) -> &[ForkEvidence] {
        &self.evidence
    }

    /// The last head of a holder's log that was checked.
    #[must_use]
    pub fn last_head(&self, holder: &Principal) -> Option<&SeenHead> {
        self.organisations.get(holder)?.last_head.as_ref()
    }

    /// What the pod is called: the child's name, none for one's own.
    #[must_use]
    pub fn pod_label(&self, pod: &PodId) -> Option<&str> {
        let mut pods = self.organisations.values().flat_map(|enrolled| &enrolled.pods);
        pods.find(|one| one.pod == *pod)?.label.as_deref()
    }

    /// What stands for a pod in its holder's log, once entries were seen.
    pub(crate) fn pod_tag(&self, pod: &PodId) -> Option<&Blob> {
        self.pod_tags.get(pod)
    }

    pub(crate) fn remember_pod_tag(&mut self, pod: PodId, tag: Blob) {
        self.pod_tags.insert(pod, tag);
    }

    pub(crate) fn remember_head(&mut self, holder: Principal, head: SeenHead) {
        if let Some(enrolled) = self.organisations.get_mut(&holder) {
            enrolled.last_head = Some(head);
        }
    }

    pub(crate) fn keep_evidence(&mut self, evidence: ForkEvidence) {
        let known = self.evidence.iter().any(|one| one.earlier == evidence.earlier && one.later == evidence.later);
        let of_holder = self.evidence.iter().filter(|one| one.holder == evidence.holder).count();
        if !known && of_holder < MAX_EVIDENCE {
            self.evidence.push(evidence);
        }
    }
}
