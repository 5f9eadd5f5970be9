//! Checking a page of a holder's log: every entry stands in the tree that the holder signed, that tree goes on from the
//! one seen before, and what the holder acknowledged to this wallet is in it. A holder that shows two histories is caught,
//! and its two signed heads are kept as evidence.

use pod_protocol::codec::{ANSWER_LIMITS, Cbor, decode};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{ObjectId, PodId, Principal};
use pod_protocol::merkle::{Hash, ProofFault, leaf_hash, verify_consistency, verify_inclusion};
use pod_protocol::refusal::Refusal;
use pod_protocol::registry::Registry;
use pod_protocol::tree_head::TreeHead;
use serde::{Deserialize, Serialize};

use crate::blob::{Blob, HashText};
use crate::log_page::{LogEntry, LogPage, Opened};
use crate::state::{SeenAcknowledgement, WalletState};

/// A tree head as the wallet remembers it, with the signed bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenHead {
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: HashText,
    /// When the holder signed it.
    pub time_secs: u64,
    /// The signed head.
    pub bytes: Blob,
}

/// Two signed heads of one log that cannot both be true. Worth showing to anybody: both carry the holder's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkEvidence {
    /// Whose log.
    pub holder: Principal,
    /// The head seen first.
    pub earlier: SeenHead,
    /// The head seen later.
    pub later: SeenHead,
    /// The proof that the holder gave between them, if any.
    pub proof: Vec<HashText>,
    /// When the wallet saw it.
    pub seen_secs: u64,
}

/// Why a page is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// The head is not a tree head that the holder signed.
    #[error("the tree head is not the holder's: {0}")]
    Head(#[from] Refusal),
    /// The proof between the last head seen and this one is needed and did not come.
    #[error("the holder must prove that its log of {to} entries goes on from the {from} seen before")]
    ConsistencyNeeded {
        /// The size seen before.
        from: u64,
        /// The size now.
        to: u64,
    },
    /// The head is older than the one seen before, or than what the holder had acknowledged when it was asked.
    #[error("the tree head is older than what the holder showed or acknowledged before: ask again")]
    Stale,
    /// The log shows another history than before. The evidence is in the wallet.
    #[error("the holder's log shows another history than before; both signed heads are kept as evidence")]
    Fork(Box<ForkEvidence>),
    /// An entry does not stand where the page says.
    #[error("entry {index} does not stand in the signed tree: {fault}")]
    Entry {
        /// The entry's index.
        index: u64,
        /// What is wrong with its proof.
        fault: ProofFault,
    },
    /// What is said of an entry differs from the entry.
    #[error("what the holder says of entry {index} differs from the entry itself")]
    Differs {
        /// The entry's index.
        index: u64,
    },
    /// The entry is not about the pod whose entries were shown before.
    #[error("entry {index} is about another pod than the one that was asked about")]
    OtherPod {
        /// The entry's index.
        index: u64,
    },
    /// Entries are not in order, or before the first one asked for.
    #[error("the entries of the page are not in order")]
    Order,
    /// The holder acknowledged something and does not show its entry, or shows another in its place.
    #[error("the holder acknowledged an act of this wallet as entry {index} and does not show it there")]
    Missing {
        /// The entry's index.
        index: u64,
    },
}

impl LogFault {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Head(refusal) => refusal.code(),
            Self::ConsistencyNeeded { .. } => "log-consistency-needed",
            Self::Stale => "log-stale",
            Self::Fork(_) => "log-fork",
            Self::Entry { .. } => "log-entry-proof",
            Self::Differs { .. } => "log-entry-differs",
            Self::OtherPod { .. } => "log-entry-pod",
            Self::Order => "log-order",
            Self::Missing { .. } => "log-entry-missing",
        }
    }
}

/// An entry whose place in the signed tree was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedEntry {
    /// Where it stands.
    pub index: u64,
    /// What it says.
    #[serde(flatten)]
    pub opened: Opened,
}

/// A page that holds.
#[derive(Clone, Debug)]
pub struct CheckedPage {
    /// The entries.
    pub entries: Vec<CheckedEntry>,
    /// From where the next page begins.
    pub next: Option<u64>,
    /// Size of the tree that they stand in.
    pub tree_size: u64,
}

impl WalletState {
    /// Checks a page of the log of `holder` about `pod`, asked for from index `from` on, and remembers its head.
    ///
    /// `consistency` is the holder's proof from the last head seen (its size is in
    /// [`last_head`](WalletState::last_head)) to the page's, when the page itself brings none; it is needed when the
    /// log has grown.
    ///
    /// # Errors
    /// [`LogFault`]. After [`LogFault::Fork`] the evidence stands in the state and the earlier head stays the one that
    /// counts.
    pub fn check_log_page(
        &mut self,
        asked: &AskedPage,
        page: &LogPage,
        consistency: Option<&[Hash]>,
        registry: &Registry,
        now_secs: u64,
    ) -> Result<CheckedPage, LogFault> {
        let signed = Signed::<TreeHead>::decode(&page.tree_head)?;
        // As old as the log's last entry.
        let signed_secs = signed.unverified().time_secs;
        let head = registry.verify_signed_at(signed, &asked.holder, signed_secs)?;
        if head.origin != asked.holder {
            return Err(Refusal::Audience.into());
        }
        let own = page.consistency_hashes();
        let proof = consistency.unwrap_or(&own);
        self.check_history(&asked.holder, &head, proof, now_secs)?;
        // A holder signs the head when it answers: one from before what it had acknowledged hides what came since.
        if asked.acknowledged.is_some_and(|place| head.size <= place) {
            return Err(LogFault::Stale);
        }
        check_order(asked.from, page, head.size)?;
        let open = page.entries.iter().map(|entry| check_entry(entry, &head)).collect::<Result<Vec<_>, _>>()?;
        let tag = self.check_pod(&asked.pod, page, &open)?;
        self.check_acknowledged(asked, page, &open, &head)?;
        if let Some(tag) = tag {
            self.remember_pod_tag(asked.pod, tag);
        }
        self.remember_head(asked.holder, seen(&head));
        let checked = |entry: &LogEntry| CheckedEntry { index: entry.index, opened: entry.opened.clone() };
        Ok(CheckedPage { entries: page.entries.iter().map(checked).collect(), next: page.next, tree_size: head.size })
    }

    /// The last place in the log of a holder at which it acknowledged an act of this wallet.
    #[must_use]
    pub fn last_acknowledged(&self, holder: &Principal) -> Option<u64> {
        self.acknowledgements().iter().filter(|one| one.holder == *holder).map(|one| one.audit_index).max()
    }

    fn check_history(
        &mut self,
        holder: &Principal,
        head: &Verified<TreeHead>,
        proof: &[Hash],
        now_secs: u64,
    ) -> Result<(), LogFault> {
        let Some(last) = self.last_head(holder).cloned() else { return Ok(()) };
        let goes_on = if head.size < last.size {
            // A log may grow twice within a second: two heads of the same one prove nothing against it.
            if head.time_secs <= last.time_secs {
                return Err(LogFault::Stale);
            }
            // Signed later, with fewer entries: something was taken out.
            false
        } else if head.size == last.size {
            head.root == last.root.0
        } else if proof.is_empty() && last.size > 0 {
            return Err(LogFault::ConsistencyNeeded { from: last.size, to: head.size });
        } else {
            // From the empty tree there is nothing to prove, whatever came along.
            let proof = if last.size == 0 { &[] } else { proof };
            verify_consistency(last.size, head.size, &last.root.0, &head.root, proof).is_ok()
        };
        if goes_on {
            return Ok(());
        }
        let evidence = ForkEvidence {
            holder: *holder,
            earlier: last,
            later: seen(head),
            proof: proof.iter().copied().map(HashText).collect(),
            seen_secs: now_secs,
        };
        self.keep_evidence(evidence.clone());
        Err(LogFault::Fork(Box::new(evidence)))
    }

    /// All that is shown of a pod has one tag: that of the entries shown before, when there were any. Since the acts of this
    /// wallet about the pod must be among them, it is this pod's.
    fn check_pod(&self, pod: &PodId, page: &LogPage, open: &[OpenPart]) -> Result<Option<Blob>, LogFault> {
        let mut known = self.pod_tag(pod).cloned();
        for (entry, open) in page.entries.iter().zip(open) {
            let tag = open.pod.as_ref().ok_or(LogFault::OtherPod { index: entry.index })?;
            if *known.get_or_insert_with(|| tag.clone()) != *tag {
                return Err(LogFault::OtherPod { index: entry.index });
            }
        }
        Ok(known)
    }

    /// Every act that the holder acknowledged and whose entry falls into the page must be on it, and be that very act; one
    /// acknowledged before the head was signed must stand below it.
    fn check_acknowledged(
        &self,
        asked: &AskedPage,
        page: &LogPage,
        open: &[OpenPart],
        head: &TreeHead,
    ) -> Result<(), LogFault> {
        let covered = asked.from..page.next.unwrap_or(head.size);
        let due = |one: &SeenAcknowledgement| {
            covered.contains(&one.audit_index) || (one.audit_index >= head.size && one.issued_secs < head.time_secs)
        };
        let shown = |one: &SeenAcknowledgement| {
            let mut entries = page.entries.iter().zip(open);
            entries.any(|(entry, open)| entry.index == one.audit_index && open.request == Some(one.of))
        };
        let acknowledged = self.acknowledgements().iter();
        let mut due = acknowledged.filter(|one| one.holder == asked.holder && one.pod == asked.pod && due(one));
        match due.find(|one| !shown(one)) {
            Some(one) => Err(LogFault::Missing { index: one.audit_index }),
            None => Ok(()),
        }
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedPage {
    /// Of whom.
    pub holder: Principal,
    /// About which pod.
    pub pod: PodId,
    /// From which index on.
    pub from: u64,
    /// The last place at which the holder had acknowledged an act of this wallet when it was asked
    /// ([`WalletState::last_acknowledged`]).
    pub acknowledged: Option<u64>,
}

fn seen(head: &Verified<TreeHead>) -> SeenHead {
    SeenHead {
        size: head.size,
        root: HashText(head.root),
        time_secs: head.time_secs,
        bytes: Blob(head.bytes().to_vec()),
    }
}

fn check_order(from: u64, page: &LogPage, size: u64) -> Result<(), LogFault> {
    let mut least = from;
    for entry in &page.entries {
        if entry.index < least {
            return Err(LogFault::Order);
        }
        least = entry.index.saturating_add(1);
    }
    match page.next {
        Some(next) if next < least || next <= from || next > size => Err(LogFault::Order),
        _ => Ok(()),
    }
}

fn check_entry(entry: &LogEntry, head: &TreeHead) -> Result<OpenPart, LogFault> {
    let index = entry.index;
    let proof: Vec<Hash> = entry.proof.iter().map(|hash| hash.0).collect();
    verify_inclusion(index, head.size, &leaf_hash(&entry.entry), &proof, &head.root)
        .map_err(|fault| LogFault::Entry { index, fault })?;
    let open = OpenPart::read(&entry.entry).ok_or(LogFault::Differs { index })?;
    if open.agrees(&entry.opened) { Ok(open) } else { Err(LogFault::Differs { index }) }
}

/// The part of an entry that is not sealed: `[version, salt, time, kind, pod / null, request / null, grants / null]`,
/// where `request = [id, cti, kid, issued]` and `grants = [chain, uses]` (`docs/data-model.md`, "The audit log").
struct OpenPart {
    time_secs: u64,
    kind: &'static str,
    /// The tag that stands for the pod in this log.
    pod: Option<Blob>,
    request: Option<ObjectId>,
    chain: Vec<ObjectId>,
}

impl OpenPart {
    fn read(entry: &[u8]) -> Option<Self> {
        let [open, _sealed] = tuple(decode(entry, ANSWER_LIMITS).ok()?)?;
        let open = decode(&open.into_bytes().ok()?, ANSWER_LIMITS).ok()?;
        let [version, _salt, time, kind, pod, request, grants] = tuple(open)?;
        if number(&version)? != 1 {
            return None;
        }
        let pod = if pod.is_null() { None } else { Some(Blob(pod.into_bytes().ok()?)) };
        let request = if request.is_null() {
            None
        } else {
            let [id, _cti, _kid, _issued] = tuple(request)?;
            Some(object_id(id)?)
        };
        let chain = if grants.is_null() {
            Vec::new()
        } else {
            let [chain, _uses] = tuple(grants)?;
            chain.into_array().ok()?.into_iter().map(object_id).collect::<Option<_>>()?
        };
        let kind = match number(&kind)? {
            1 => "disclosure",
            2 => "refusal",
            3 => "command",
            4 => "import",
            5 => "head-cosigned",
            6 => "notice",
            7 => "notice-answer",
            _ => return None,
        };
        Some(Self { time_secs: number(&time)?, kind, pod, request, chain })
    }

    /// Whether what the holder says fits. What the entry itself leaves out can only be believed.
    fn agrees(&self, opened: &Opened) -> bool {
        let same = |own: Option<ObjectId>, said: Option<ObjectId>| own.is_none() || said.is_none() || own == said;
        let grant_known = opened.grant.is_none_or(|grant| self.chain.is_empty() || self.chain.contains(&grant));
        self.time_secs == opened.time_secs
            && self.kind == opened.kind
            && same(self.request, opened.request_id)
            && grant_known
    }
}

fn tuple<const N: usize>(item: Cbor) -> Option<[Cbor; N]> {
    item.into_array().ok()?.try_into().ok()
}

fn number(item: &Cbor) -> Option<u64> {
    item.as_integer().and_then(|number| u64::try_from(number).ok())
}

fn object_id(item: Cbor) -> Option<ObjectId> {
    Some(ObjectId::new(item.into_bytes().ok()?.try_into().ok()?))
}
