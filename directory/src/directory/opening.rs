//! From the store to a directory or a mirror that serves.

use std::fs;
use std::sync::Arc;

use pod_crypto::SigningKey;
use pod_protocol::Signed;
use pod_protocol::merkle::Nodes as _;
use pod_protocol::registry::Anchor;
use pod_protocol::statement::Membership;
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::leaf::{Body, Leaf, State as LeafState};
use pod_store::{Store, StoreConfig};

use super::log::{Log, LogEnd};
use super::machine::Machine;
use super::posts::Posted;
use super::published::ShownHead;
use super::sequencer::{self, Keeper};
use super::tables::{ALL, NOTES, PUBLISHED, SCHEMA_VERSION, SIGNED};
use super::{State, index};
use crate::config::LogConfig;
use crate::fault::Fault;
use crate::startup::StartupError;

/// What a store held.
pub(super) struct Opened {
    pub(super) machine: Machine,
    /// None when nothing was signed yet.
    pub(super) head: Option<ShownHead>,
    pub(super) end: LogEnd,
}

/// The membership that the configuration names, of the member and the key that it names.
pub(super) fn membership(config: &LogConfig, key: &SigningKey) -> Result<Option<Vec<u8>>, StartupError> {
    let Some(path) = &config.membership_file else { return Ok(None) };
    let failed = |source| StartupError::File { key: "log.membership_file", path: path.clone(), source };
    let bytes = fs::read(path).map_err(failed)?;
    let signed = Signed::<Membership>::decode(&bytes).map_err(|_| StartupError::Key)?;
    let claims = signed.unverified();
    let fits = claims.subject == config.principal && claims.keys.contains(&key.public_key());
    if fits { Ok(Some(bytes)) } else { Err(StartupError::Key) }
}

/// Reads the end of the log that was signed, and its index, which is made anew when it does not fit.
pub(super) fn open(store: &Arc<dyn Store>, anchor: Anchor) -> Result<Opened, StartupError> {
    let log = Log::new(Arc::clone(store));
    let signed = note(&**store, SIGNED)?;
    let size = signed.as_ref().map_or(0, |signed| signed.unverified().size);
    let Some(signed) = signed else {
        // What a mirror read before anything vouched for it.
        cleared(&**store, &log, 0)?;
        return Ok(Opened { machine: Machine::new(anchor), head: None, end: LogEnd::default() });
    };
    let (last, state, time_secs) = last_state(&log, size)?;
    let leads_there =
        |machine: &Machine, end: &LogEnd| end.root() == signed.unverified().root && machine.state() == state;
    let read = with_index(&**store, &log, anchor.clone(), size, (state.bits, time_secs))?;
    let (machine, end) = match read.filter(|(machine, end)| leads_there(machine, end)) {
        Some(read) => read,
        None => rebuilt(&**store, &log, anchor, size, &mut say)?,
    };
    if !leads_there(&machine, &end) {
        return Err(StartupError::Log { why: "its leaves do not lead to what was signed".to_owned() });
    }
    let proof = log.inclusion_proof(size - 1, size).map_err(failed)?;
    // With the cosignatures that it had when it was published; a batch that was not published is published by this start.
    let published = note(&**store, PUBLISHED)?.filter(|published| published.unverified() == signed.unverified());
    let head = ShownHead::new(published.unwrap_or(signed), last, proof);
    Ok(Opened { machine, head: Some(head), end })
}

fn cleared(store: &dyn Store, log: &Log, size: u64) -> Result<(), StartupError> {
    log.truncate(size).map_err(failed)?;
    Ok(index::clear(store)?)
}

fn say(done: u64, size: u64) {
    tracing::info!(done, leaves = size, "making the index");
}

/// What a store's index is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// Leaves of the log.
    pub leaves: u64,
    /// Whether the index was whole, and led to the state that the log says.
    pub was_whole: bool,
    /// Entries that count.
    pub entries: u64,
    /// Members.
    pub members: usize,
}

/// Makes the index of a store anew from its leaves; with `dry_run` only says how it stands. `progress` is told how many leaves of
/// how many are read.
///
/// # Errors
/// [`StartupError`].
pub fn reindex(
    storage: &StoreConfig,
    anchor: Anchor,
    dry_run: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Indexed, StartupError> {
    let store = pod_store::open(storage, &ALL, SCHEMA_VERSION)?;
    let log = Log::new(Arc::clone(&store));
    let Some(signed) = note(&*store, SIGNED)? else {
        return Err(StartupError::Log { why: "there is none: nothing was signed in this store".to_owned() });
    };
    let leaves = signed.unverified().size;
    let (_, state, time_secs) = last_state(&log, leaves)?;
    let read = with_index(&*store, &log, anchor.clone(), leaves, (state.bits, time_secs))?;
    let was_whole =
        read.is_some_and(|(machine, end)| machine.state() == state && end.root() == signed.unverified().root);
    if !dry_run {
        let (machine, end) = rebuilt(&*store, &log, anchor.clone(), leaves, progress)?;
        if machine.state() != state || end.root() != signed.unverified().root {
            return Err(StartupError::Log { why: "its leaves do not lead to what was signed".to_owned() });
        }
    }
    let members = index::members(&*store, anchor, time_secs)?;
    Ok(Indexed { leaves, was_whole, entries: state.entries, members })
}

/// Writes the first batch of a new log, so that it has a head; and says who runs it, unless the log says so already.
pub(super) fn first_batch(
    state: &State,
    keeper: &Keeper,
    end: &mut LogEnd,
    first: Vec<Posted>,
) -> Result<(), StartupError> {
    let must = end.size() == 0;
    let (written, outcomes) = sequencer::write(state, keeper, end, first, must).map_err(failed)?;
    for refused in outcomes.into_iter().filter_map(Result::err) {
        let (code, detail) = (refused.kind.code, refused.detail.unwrap_or_default());
        // Once `admit` has renewed it, the file is the older one.
        tracing::info!(
            code,
            detail,
            "the membership in log.membership_file is not taken: /readiness says what is missing"
        );
    }
    match written {
        Some(written) => sequencer::show_at_once(state, written).map_err(failed),
        None => Ok(()),
    }
}

/// The machine from its index, if that is whole. What the last leaf says of it: how many bits number its buckets, and its time.
fn with_index(
    store: &dyn Store,
    log: &Log,
    anchor: Anchor,
    size: u64,
    (bits, time_secs): (u8, u64),
) -> Result<Option<(Machine, LogEnd)>, StartupError> {
    if index::size(store)? != Some(size) {
        return Ok(None);
    }
    let end = match log.end(size) {
        Err(Fault::Damaged { .. }) => return Ok(None),
        end => end.map_err(failed)?,
    };
    match index::load(store, anchor, bits, time_secs) {
        Err(StartupError::Damaged { .. }) => Ok(None),
        machine => Ok(Some((machine?, end))),
    }
}

fn rebuilt(
    store: &dyn Store,
    log: &Log,
    anchor: Anchor,
    size: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Machine, LogEnd), StartupError> {
    tracing::warn!(leaves = size, "the index is made anew from the log: this can take minutes");
    cleared(store, log, size)?;
    index::rebuild(store, log, anchor, size, &mut |done| progress(done, size)).map_err(|error| match error {
        index::RebuildError::Fault(fault) => failed(fault),
        index::RebuildError::Replay(fault) => StartupError::Log { why: fault.to_string() },
    })
}

/// The last leaf, which is a state; its time.
fn last_state(log: &Log, size: u64) -> Result<(Vec<u8>, LeafState, u64), StartupError> {
    let damaged = || StartupError::Log { why: "its last leaf is no state".to_owned() };
    let last = size.checked_sub(1).ok_or_else(damaged)?;
    let bytes = log.leaves(last, 1).map_err(failed)?.pop().ok_or_else(damaged)?;
    match Leaf::from_bytes(&bytes) {
        Ok(Leaf { time_secs, body: Body::State(state) }) => Ok((bytes, state, time_secs)),
        _ => Err(damaged()),
    }
}

fn note(store: &dyn Store, key: &[u8]) -> Result<Option<SignedCheckpoint>, StartupError> {
    let Some(bytes) = store.get(NOTES, key)? else { return Ok(None) };
    let damaged = |_| StartupError::Damaged { what: "a checkpoint" };
    SignedCheckpoint::from_bytes(&bytes).map(Some).map_err(damaged)
}

fn failed(fault: Fault) -> StartupError {
    match fault {
        Fault::Store(error) => error.into(),
        fault => StartupError::Log { why: fault.to_string() },
    }
}
