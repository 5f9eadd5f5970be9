//! This node as a witness of directories' logs (C2SP tlog-witness): it says when it saw a checkpoint, and only of one that
//! continues the one that it saw before. Whoever wants to show two histories needs it in league.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pod_protocol::ids::Principal;
use pod_protocol::merkle::verify_consistency;
use pod_protocol::statement::Role;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tlog::witness::AddCheckpoint;
use pod_store::{Batch, Store};

use crate::blocking::blocking;
use crate::fault::{Failure, Fault};
use crate::node::Node;
use crate::tables::SINGLES;
use crate::upkeep::keep_evidence;

/// Before the log's principal: under which the last note of a log lies that was cosigned.
const KEY: &[u8] = b"witnessed:";

/// What a witness keeps.
#[derive(Debug)]
pub(crate) struct Witness {
    store: Arc<dyn Store>,
    settings: OnceLock<Settings>,
    /// Held from reading what was seen last until the next is durable: two checkpoints that come at once come one after the
    /// other.
    one_at_a_time: Mutex<()>,
}

#[derive(Debug, Default)]
struct Settings {
    off: bool,
    evidence: Option<PathBuf>,
}

/// How a witness answers (C2SP tlog-witness, "add-checkpoint").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Witnessed {
    /// Its signature line.
    Cosigned(String),
    /// It does not read, or goes on from a size above its own.
    Malformed,
    /// No log of this name is watched here.
    UnknownLog,
    /// The log's signature does not hold.
    Untrusted,
    /// It does not go on from what was seen last, which has this size.
    Conflict(u64),
    /// The proof does not hold.
    NotContinued,
}

impl Witness {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, settings: OnceLock::new(), one_at_a_time: Mutex::default() }
    }

    /// Says whether this node is a witness, and where it keeps what proves that a log lied.
    pub(crate) fn set_up(&self, on: bool, evidence: Option<PathBuf>) {
        let _was_set_before = self.settings.set(Settings { off: !on, evidence });
    }

    fn last(&self, origin: &Principal) -> Result<Option<SignedCheckpoint>, Fault> {
        let damaged = |_| Fault::Damaged { what: "what was witnessed" };
        let note = self.store.get(SINGLES, &key(origin))?;
        note.map(|note| SignedCheckpoint::from_bytes(&note).map_err(damaged)).transpose()
    }
}

fn key(origin: &Principal) -> Vec<u8> {
    [KEY, origin.as_bytes()].concat()
}

/// Looks at a checkpoint, and cosigns it when it continues the one before. What was cosigned is durable before anybody has the
/// signature.
///
/// # Errors
/// [`Failure::Fault`].
pub(crate) async fn add_checkpoint(node: &Arc<Node>, body: &[u8]) -> Result<Witnessed, Failure> {
    let Ok(asked) = AddCheckpoint::from_bytes(body) else { return Ok(Witnessed::Malformed) };
    if node.witness.settings.get().is_some_and(|settings| settings.off) {
        return Ok(Witnessed::UnknownLog);
    }
    let registry = node.registry();
    let log = registry.organisation(&asked.checkpoint.unverified().origin);
    if !log.is_some_and(|member| member.has(Role::Directory) && !member.is_suspended()) {
        return Ok(Witnessed::UnknownLog);
    }
    if asked.checkpoint.verify(&registry).is_err() {
        return Ok(Witnessed::Untrusted);
    }
    blocking(node, move |node| Ok(compare_and_sign(node, &asked)?)).await
}

fn compare_and_sign(node: &Node, asked: &AddCheckpoint) -> Result<Witnessed, Fault> {
    let shown = *asked.checkpoint.unverified();
    if asked.old > shown.size {
        return Ok(Witnessed::Malformed);
    }
    let _one_at_a_time = node.witness.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
    let last = node.witness.last(&shown.origin)?;
    let before = last.as_ref().map(|last| *last.unverified());
    let seen_size = before.map_or(0, |before| before.size);
    if let (Some(last), Some(before)) = (&last, before)
        && before.size == shown.size
        && before.root != shown.root
    {
        caught(node, last, &asked.checkpoint);
        return Ok(Witnessed::Conflict(seen_size));
    }
    if asked.old != seen_size {
        return Ok(Witnessed::Conflict(seen_size));
    }
    if !continues(before.as_ref(), &shown, asked) {
        return Ok(Witnessed::NotContinued);
    }
    if before != Some(shown) {
        let mut batch = Batch::new();
        batch.put(SINGLES, key(&shown.origin), asked.checkpoint.to_bytes());
        node.witness.store.commit(batch)?;
    }
    Ok(Witnessed::Cosigned(shown.cosign(node.principal, &node.key(), (node.clock)()).to_line()))
}

fn continues(before: Option<&Checkpoint>, shown: &Checkpoint, asked: &AddCheckpoint) -> bool {
    let (size, root) = before.map_or((0, pod_protocol::merkle::empty_root()), |before| (before.size, before.root));
    verify_consistency(size, shown.size, &root, &shown.root, &asked.proof).is_ok()
}

/// The log showed two trees of one size: both notes are kept.
fn caught(node: &Node, last: &SignedCheckpoint, shown: &SignedCheckpoint) {
    let evidence = Evidence {
        code: LogFault::Fork.code().to_owned(),
        noticed_secs: (node.clock)(),
        kept: last.to_bytes(),
        shown: shown.to_bytes(),
    };
    tracing::error!("a directory showed two histories to this witness: nothing of the second is cosigned");
    let folder = node.witness.settings.get().and_then(|settings| settings.evidence.as_deref());
    if let Some(Err(why)) = folder.map(|folder| keep_evidence(&evidence, folder)) {
        tracing::error!(%why, "the evidence against the directory cannot be kept");
    }
}
