//! The directory: the registry with its last good copy, and the buckets of holder entries.

use pod_http::{HeaderValue, Request, StatusCode, header};
use pod_protocol::Refusal;
use pod_protocol::bucket::{Bucket, MAX_BUCKET_BITS};
use pod_protocol::codec::{Cbor, Claims, Limits, encode, map};
use pod_protocol::registry::{Anchor, MAX_REGISTRY_AGE_SECS, Registry, SNAPSHOT_LIMITS};
use serde::Deserialize;

use crate::caller::Caller;
use crate::error::{CallError, Disbelief, RemoteRefusal};
use crate::target::{CBOR, COSE, JSON, Target};

/// Most holder entries that are sent at once: what the directory takes.
pub const MAX_ENTRIES_AT_ONCE: usize = 256;

/// Format version of a cached copy.
const CACHE_VERSION: u64 = 1;
/// The limits of a cached copy: a snapshot and some bytes.
const CACHE_LIMITS: Limits = Limits { bytes: SNAPSHOT_LIMITS.bytes + 1024, depth: 2, items: 8 };

/// Calls to the directory. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DirectoryClient {
    target: Target,
}

/// A verified registry and how fresh it is.
#[derive(Debug)]
pub struct RegistryCopy {
    /// The registry.
    pub registry: Registry,
    /// What to keep, and to bring to the next call.
    pub cache: Vec<u8>,
    /// First second at which it no longer counts.
    pub valid_until_secs: u64,
    /// Why it is the last good copy, when it is not fresh.
    pub stale: Option<CallError>,
    /// Statements that were turned down, by their place in the snapshot.
    pub refused: Vec<(usize, Refusal)>,
}

/// How many buckets there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct BucketCount {
    /// Bits of a bucket's number.
    pub bits: u8,
    /// Entries in all of them.
    pub entries: u64,
}

/// A copy as it is held. Kept as `{0: version, 1: fetched, 2: etag, 3: snapshot}`.
struct Held {
    fetched_secs: u64,
    etag: Option<String>,
    registry: Registry,
}

impl Held {
    /// A copy that was kept. None when it does not read, or is of another trust anchor.
    fn read(bytes: &[u8], anchor: &Anchor, now_secs: u64) -> Option<Self> {
        let (fetched_secs, etag, snapshot) = Self::parts(bytes).ok()?;
        let registry = Registry::of_held(anchor, &Registry::read_snapshot(&snapshot).ok()?, now_secs);
        registry.organisations().next()?;
        Some(Self { fetched_secs, etag, registry })
    }

    fn parts(bytes: &[u8]) -> Result<(u64, Option<String>, Vec<u8>), Refusal> {
        let mut claims = Claims::open(pod_protocol::codec::decode(bytes, CACHE_LIMITS)?)?;
        let version = claims.uint(0)?;
        let etag = |item| pod_protocol::codec::text(2, item);
        let parts = (claims.uint(1)?, claims.take(2).map(etag).transpose()?, claims.bytes(3)?);
        claims.finish()?;
        if version == CACHE_VERSION { Ok(parts) } else { Err(Refusal::Unavailable) }
    }

    fn into_copy(self, refused: Vec<(usize, Refusal)>) -> RegistryCopy {
        let cache = encode(&map([
            (0, Some(CACHE_VERSION.into())),
            (1, Some(self.fetched_secs.into())),
            (2, self.etag.map(Cbor::Text)),
            (3, Some(Cbor::Bytes(self.registry.held_snapshot()))),
        ]));
        let aged = self.fetched_secs.saturating_add(MAX_REGISTRY_AGE_SECS);
        let valid_until_secs = self.registry.valid_until().min(aged);
        RegistryCopy { registry: self.registry, cache, valid_until_secs, stale: None, refused }
    }
}

impl DirectoryClient {
    /// The directory at an address.
    ///
    /// # Errors
    /// [`CallError::Address`].
    pub fn new(caller: &Caller, url: &str) -> Result<Self, CallError> {
        Ok(Self { target: Target::new(caller, url, "the directory")? })
    }

    /// The registry, verified from the trust anchor down. `cache` is what the last call gave: it saves the download when
    /// nothing changed, is joined with what did, so that nobody takes a suspension back by showing an old registry, and
    /// stands in for a directory that is away or sends nonsense, until it is a day old. A cache that does not read is ignored.
    ///
    /// # Errors
    /// [`CallError`], when there is no good copy either.
    pub async fn registry(&self, anchor: &Anchor, cache: Option<&[u8]>) -> Result<RegistryCopy, CallError> {
        let now_secs = self.target.caller.now_secs();
        let held = cache.and_then(|bytes| Held::read(bytes, anchor, now_secs));
        let error = match self.fetch(anchor, held.as_ref(), now_secs).await {
            Ok(copy) => return Ok(copy),
            Err(error) => error,
        };
        match held.filter(|held| now_secs.saturating_sub(held.fetched_secs) < MAX_REGISTRY_AGE_SECS) {
            Some(held) => Ok(RegistryCopy { stale: Some(error), ..held.into_copy(Vec::new()) }),
            None => Err(error),
        }
    }

    async fn fetch(&self, anchor: &Anchor, held: Option<&Held>, now_secs: u64) -> Result<RegistryCopy, CallError> {
        let mut request = Request::get("/v1/registry").with_header(header::ACCEPT, HeaderValue::from_static(CBOR));
        let known = held.and_then(|held| held.etag.as_deref()).and_then(|etag| HeaderValue::from_str(etag).ok());
        if let Some(etag) = known {
            request = request.with_header(header::IF_NONE_MATCH, etag);
        }
        let response = self.target.send(request).await?;
        match (response.status, held) {
            (StatusCode::NOT_MODIFIED, Some(Held { etag, registry, .. })) => {
                let held = Held { fetched_secs: now_secs, etag: etag.clone(), registry: registry.clone() };
                Ok(held.into_copy(Vec::new()))
            }
            (status, _) if status.is_success() => {
                let etag = response.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
                let fetched = Registry::read_snapshot(&response.body).map_err(|why| self.target.unbelievable(why))?;
                let (registry, refused) = match held {
                    Some(held) => held.registry.joined(&fetched, now_secs),
                    None => Registry::of_held(anchor, &[], now_secs).joined(&fetched, now_secs),
                };
                // A snapshot in which nothing holds is not the registry of this trust anchor.
                if refused.len() == fetched.len() {
                    return Err(self.target.unbelievable(Disbelief::Shape("a registry under the trust anchor")));
                }
                Ok(Held { fetched_secs: now_secs, etag, registry }.into_copy(refused))
            }
            _ => {
                let (whom, refusal) = (self.target.whom.clone(), Box::new(RemoteRefusal::of(&response)));
                Err(CallError::Failed { whom, refusal })
            }
        }
    }

    /// Publishes a signed membership or profile.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn publish_statement(&self, statement: &[u8]) -> Result<(), CallError> {
        self.target.post("/v1/statements", COSE, JSON, statement.to_vec()).await.map(drop)
    }

    /// Publishes signed holder entries, [`MAX_ENTRIES_AT_ONCE`] at a time. When one sending fails, those before it stay.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn publish_entries(&self, entries: &[Vec<u8>]) -> Result<(), CallError> {
        for some in entries.chunks(MAX_ENTRIES_AT_ONCE) {
            let body = encode(&Cbor::Array(some.iter().cloned().map(Cbor::Bytes).collect()));
            self.target.post("/v1/entries", CBOR, JSON, body).await?;
        }
        Ok(())
    }

    /// How many buckets there are.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn buckets(&self) -> Result<BucketCount, CallError> {
        const WHAT: &str = "a count of buckets";
        let count: BucketCount = self.target.get_json("/v1/buckets", WHAT).await?;
        if count.bits <= MAX_BUCKET_BITS { Ok(count) } else { Err(self.target.unbelievable(Disbelief::Shape(WHAT))) }
    }

    /// One whole bucket.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn bucket(&self, bits: u8, number: u32) -> Result<Bucket, CallError> {
        let body = self.target.get(&format!("/v1/buckets/{bits}/{number}"), CBOR).await?;
        let bucket = Bucket::from_bytes(&body).map_err(|refusal| self.target.unbelievable(refusal))?;
        if bucket.bits == bits && bucket.number == number {
            Ok(bucket)
        } else {
            Err(self.target.unbelievable(Disbelief::Other("bucket")))
        }
    }
}
