//! How far the log was followed, on disk: the last head that was believed, and the tree of the leaves that were applied. It
//! moves only after what they say is durable, so a crash has some of them applied twice, which changes nothing.

use pod_protocol::Refusal;
use pod_protocol::codec::{Cbor, Claims, OBJECT_LIMITS, decode, encode, map};
use pod_protocol::merkle::{Frontier, Hash};
use pod_protocol::tlog::view::View;
use pod_store::{Batch, Store};

use crate::fault::Fault;
use crate::tables::SINGLES;

const KEY: &[u8] = b"log-position";

/// Kept as `{? 0: view, ? 1: size, ? 2: peaks, one after the other}`.
#[derive(Clone, Debug, Default)]
pub(super) struct Position {
    view: Option<View>,
    frontier: Option<Frontier>,
}

impl Position {
    /// The position on disk; at nothing before the first start.
    pub(super) fn read(store: &dyn Store) -> Result<Self, Fault> {
        let Some(bytes) = store.get(SINGLES, KEY)? else { return Ok(Self::default()) };
        Self::from_bytes(&bytes).map_err(|_| Fault::Damaged { what: "the position in the directory's log" })
    }

    /// Writes it down.
    pub(super) fn write(&self, store: &dyn Store) -> Result<(), Fault> {
        let mut batch = Batch::new();
        batch.put(SINGLES, KEY, self.to_bytes());
        Ok(store.commit(batch)?)
    }

    /// The last head that was believed.
    pub(super) fn view(&self) -> Option<&View> {
        self.view.as_ref()
    }

    /// The tree of the leaves that were applied; none before the first start.
    pub(super) fn frontier(&self) -> Option<&Frontier> {
        self.frontier.as_ref()
    }

    /// A head is believed.
    pub(super) fn see(&mut self, view: View) {
        self.view = Some(view);
    }

    /// The leaves of this tree were applied.
    pub(super) fn followed(&mut self, frontier: &Frontier) {
        self.frontier = Some(frontier.clone());
    }

    fn to_bytes(&self) -> Vec<u8> {
        let frontier = self.frontier.as_ref();
        encode(&map([
            (0, self.view.as_ref().map(|view| Cbor::Bytes(view.to_bytes()))),
            (1, frontier.map(|frontier| frontier.size().into())),
            (2, frontier.map(|frontier| Cbor::Bytes(frontier.peaks().as_flattened().to_vec()))),
        ]))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(decode(bytes, OBJECT_LIMITS)?)?;
        let view = claims.take(0).map(|view| View::from_bytes(&pod_protocol::codec::bytes(0, view)?)).transpose()?;
        let size = claims.take(1).map(|size| pod_protocol::codec::uint(1, size)).transpose()?;
        let peaks = claims.take(2).map(|peaks| pod_protocol::codec::bytes(2, peaks)).transpose()?;
        claims.finish()?;
        let frontier = match (size, peaks) {
            (Some(size), Some(peaks)) => Some(frontier(size, &peaks).ok_or(Refusal::Unavailable)?),
            _ => None,
        };
        Ok(Self { view, frontier })
    }
}

fn frontier(size: u64, peaks: &[u8]) -> Option<Frontier> {
    let (hashes, rest): (&[Hash], &[u8]) = peaks.as_chunks();
    if rest.is_empty() { Frontier::from_peaks(size, hashes.to_vec()) } else { None }
}
