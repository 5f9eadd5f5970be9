//! What the directory or a mirror serves: heads, tiles, leaves, the registry. Every answer is held against what it must be.

use pod_http::{Bytes, HeaderValue, Request, header};
use pod_protocol::merkle::{Frontier, Nodes as _, verify_consistency};
use pod_protocol::registry::Registry;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::Checkpoint;
use pod_protocol::tlog::head::{CheckedHead, Head, Policy};
use pod_protocol::tlog::tile::{
    Kind, MAX_BUNDLE_BYTES, MAX_TILE_BYTES, Missing, TILE_WIDTH, Tile, TileNodes, unbundle,
};
use pod_protocol::tlog::view::{Step, View};

use crate::error::{CallError, Disbelief};
use crate::target::{CBOR, OCTETS, Target};

/// Most tiles of hashes that one question takes: those along two edges of a tree of 2^64 leaves, with some to spare.
const MAX_TILES: usize = 40;

/// The directory or a mirror of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LogSource {
    target: Target,
}

/// Leaves as they were served, whole and in order; whether they are the log's, the root says
/// ([`View::follow`]).
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The first leaf's place.
    pub from: u64,
    /// The leaves.
    pub leaves: Vec<Vec<u8>>,
}

impl LogSource {
    pub(super) fn new(target: Target) -> Self {
        Self { target }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// What it is called in errors.
    #[must_use]
    pub fn whom(&self) -> &str {
        &self.target.whom
    }

    /// That this source's answer is not believed.
    #[must_use]
    pub fn lied(&self, fault: LogFault) -> CallError {
        self.target.unbelievable(Disbelief::Log { fault, evidence: None })
    }

    /// As [`LogSource::lied`], with evidence when what was shown contradicts what is kept.
    #[must_use]
    pub fn contradicts(&self, fault: LogFault, kept: Option<&View>, shown: &Head) -> CallError {
        let proves = matches!(fault, LogFault::Fork | LogFault::Truncated { .. });
        let now_secs = self.target.caller.now_secs();
        let evidence = kept.filter(|_| proves).map(|kept| Box::new(kept.evidence(&shown.checkpoint, fault, now_secs)));
        self.target.unbelievable(Disbelief::Log { fault, evidence })
    }

    /// The published head, not yet checked.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn head(&self) -> Result<Head, CallError> {
        let body = self.target.get("/v1/log/head", CBOR).await?;
        Head::from_bytes(&body).map_err(|_| self.lied(LogFault::Note))
    }

    /// The registry's snapshot, not yet checked.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn snapshot(&self) -> Result<Bytes, CallError> {
        self.target.get("/v1/registry", CBOR).await
    }

    async fn tile(&self, tile: &Tile, most_bytes: usize) -> Result<Bytes, CallError> {
        let request = Request::get(format!("/v1/log/{tile}"));
        let request = request.with_header(header::ACCEPT, HeaderValue::from_static(OCTETS));
        let body = self.target.success(self.target.send(request).await?)?.body;
        if body.len() <= most_bytes { Ok(body) } else { Err(self.lied(LogFault::Leaves)) }
    }

    /// Works something out of the tree of `size` leaves, with the tiles that it takes. They are the log's if what comes of
    /// them leads to its root.
    pub(super) async fn with_tiles<T>(
        &self,
        size: u64,
        work: impl Fn(&TileNodes) -> Result<T, Missing>,
    ) -> Result<T, CallError> {
        let mut nodes = TileNodes::new(size);
        for _ in 0..MAX_TILES {
            match work(&nodes) {
                Ok(done) => return Ok(done),
                Err(Missing(tile)) => {
                    let bytes = self.tile(&tile, MAX_TILE_BYTES).await?;
                    nodes.bring(&tile, &bytes).map_err(|fault| self.lied(fault))?;
                }
            }
        }
        Err(self.lied(LogFault::Proof))
    }

    /// The right edge of the tree at a checkpoint: where somebody begins who follows from there.
    ///
    /// # Errors
    /// [`CallError`]; [`LogFault::Proof`] when the tiles do not lead to its root.
    pub async fn frontier(&self, at: &Checkpoint) -> Result<Frontier, CallError> {
        let frontier = self.with_tiles(at.size, |nodes| Frontier::load(nodes, at.size)).await?;
        if frontier.root() == at.root { Ok(frontier) } else { Err(self.lied(LogFault::Proof)) }
    }

    /// The leaves from `from` up to the end of their bundle, or up to `size`.
    ///
    /// # Errors
    /// [`CallError`]; [`LogFault::Leaves`] when it is no bundle of as many leaves.
    pub async fn leaves(&self, from: u64, size: u64) -> Result<Fetched, CallError> {
        let number = from / TILE_WIDTH;
        let missing = || self.lied(LogFault::Leaves);
        let tile = Tile::of_log(Kind::Leaves, number, size).ok_or_else(missing)?;
        let bytes = self.tile(&tile, MAX_BUNDLE_BYTES).await?;
        let leaves = unbundle(&bytes, tile.width).map_err(|fault| self.lied(fault))?;
        let before = usize::try_from(from - number * TILE_WIDTH).map_err(|_| missing())?;
        let leaves = leaves.into_iter().skip(before).map(<[u8]>::to_vec).collect();
        Ok(Fetched { from, leaves })
    }

    /// Checks that the tree of these leaves begins the tree at a checkpoint.
    ///
    /// # Errors
    /// [`CallError`]; [`LogFault::Leaves`] when it does not.
    pub async fn begins(&self, begun: &Frontier, at: &Checkpoint) -> Result<(), CallError> {
        let proof = self.with_tiles(at.size, |nodes| nodes.consistency_proof(begun.size(), at.size)).await?;
        let (size, root) = (begun.size(), begun.root());
        verify_consistency(size, at.size, &root, &at.root, &proof).map_err(|_| self.lied(LogFault::Leaves))
    }

    /// Checks a head that this source showed: signature, time, witnesses.
    ///
    /// # Errors
    /// [`CallError::Unbelievable`], those of [`Head::verify`].
    pub fn checked(&self, head: &Head, registry: &Registry, policy: &Policy) -> Result<CheckedHead, CallError> {
        let now_secs = self.target.caller.now_secs();
        head.verify(registry, policy, now_secs).map_err(|fault| self.lied(fault))
    }

    /// The published head and the view that it leads to: when it holds, and continues what is kept.
    ///
    /// # Errors
    /// [`CallError`]; those of [`LogSource::checked`] and [`LogSource::advance`].
    pub(super) async fn believed(
        &self,
        registry: &Registry,
        policy: &Policy,
        kept: Option<&View>,
    ) -> Result<(CheckedHead, View), CallError> {
        self.believe(&self.head().await?, registry, policy, kept).await
    }

    /// As [`LogSource::believed`], of a head that came with something else.
    pub(super) async fn believe(
        &self,
        head: &Head,
        registry: &Registry,
        policy: &Policy,
        kept: Option<&View>,
    ) -> Result<(CheckedHead, View), CallError> {
        let checked = self.checked(head, registry, policy)?;
        let view = self.advance(kept, head, &checked).await?;
        Ok((checked, view))
    }

    /// Goes on from the view that is kept to a head, with a proof from this source's tiles that it continues it.
    ///
    /// # Errors
    /// [`CallError`]: [`LogFault::Origin`], [`LogFault::Truncated`], [`LogFault::Fork`] (with evidence), [`LogFault::Proof`]
    /// when the tiles are not those of the head.
    pub async fn advance(&self, kept: Option<&View>, head: &Head, checked: &CheckedHead) -> Result<View, CallError> {
        let lie = |fault| self.contradicts(fault, kept, head);
        let Step::Longer { from } = View::step(kept, checked).map_err(lie)? else {
            return View::advance(kept, checked, &[]).map_err(lie);
        };
        let to = &checked.checkpoint;
        let (before, proof) = self
            .with_tiles(to.size, |nodes| {
                Ok((Frontier::load(nodes, from)?.root(), nodes.consistency_proof(from, to.size)?))
            })
            .await?;
        // Wrong tiles are no fork: what they say of the smaller tree must first lead to the root of the larger one.
        verify_consistency(from, to.size, &before, &to.root, &proof).map_err(|_| lie(LogFault::Proof))?;
        View::advance(kept, checked, &proof).map_err(lie)
    }
}
