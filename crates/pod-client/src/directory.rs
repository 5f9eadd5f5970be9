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

/// A snapshot as it is kept: `{0: version, 1: fetched, 2: etag, 3: snapshot}`.
struct Cached {
    fetched_secs: u64,
    etag: Option<String>,
    snapshot: Vec<u8>,
}

impl Cached {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut claims = Claims::open(pod_protocol::codec::decode(bytes, CACHE_LIMITS)?)?;
        let version = claims.uint(0)?;
        let cached = Self {
            fetched_secs: claims.uint(1)?,
            etag: claims.take(2).map(|item| pod_protocol::codec::text(2, item)).transpose()?,
            snapshot: claims.bytes(3)?,
        };
        claims.finish()?;
        if version == CACHE_VERSION { Ok(cached) } else { Err(Refusal::Unavailable) }
    }

    fn to_bytes(&self) -> Vec<u8> {
        encode(&map([
            (0, Some(CACHE_VERSION.into())),
            (1, Some(self.fetched_secs.into())),
            (2, self.etag.clone().map(Cbor::Text)),
            (3, Some(Cbor::Bytes(self.snapshot.clone()))),
        ]))
    }

    fn open(&self, anchor: &Anchor, now_secs: u64, stale: Option<CallError>) -> Result<RegistryCopy, Refusal> {
        let statements = Registry::read_snapshot(&self.snapshot)?;
        let (registry, refused) = Registry::build(anchor, &statements, now_secs);
        let aged = self.fetched_secs.saturating_add(MAX_REGISTRY_AGE_SECS);
        let valid_until_secs = registry.valid_until().min(aged);
        Ok(RegistryCopy { registry, cache: self.to_bytes(), valid_until_secs, stale, refused })
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

    /// The registry, verified from the trust anchor down. `cache` is what the last call gave; it saves the download when
    /// nothing changed, and stands in for a directory that is away or sends nonsense, until it is a day old. A cache
    /// that does not read is ignored.
    ///
    /// # Errors
    /// [`CallError`], when there is no good copy either.
    pub async fn registry(&self, anchor: &Anchor, cache: Option<&[u8]>) -> Result<RegistryCopy, CallError> {
        let now_secs = self.target.caller.now_secs();
        let cached = cache.and_then(|bytes| Cached::read(bytes).ok());
        let error = match self.fresh(cached.as_ref(), now_secs).await {
            Ok(fresh) => match fresh.open(anchor, now_secs, None) {
                // A snapshot in which nothing holds is not the registry of this trust anchor.
                Ok(copy) if copy.registry.organisations().next().is_some() => return Ok(copy),
                Ok(_) => self.target.unbelievable(Disbelief::Shape("a registry under the trust anchor")),
                Err(refusal) => self.target.unbelievable(refusal),
            },
            Err(error) => error,
        };
        let age = |cached: &Cached| now_secs.saturating_sub(cached.fetched_secs);
        match cached.filter(|cached| age(cached) < MAX_REGISTRY_AGE_SECS) {
            Some(cached) => {
                cached.open(anchor, now_secs, Some(error)).map_err(|refusal| self.target.unbelievable(refusal))
            }
            None => Err(error),
        }
    }

    async fn fresh(&self, cached: Option<&Cached>, now_secs: u64) -> Result<Cached, CallError> {
        let mut request = Request::get("/v1/registry").with_header(header::ACCEPT, HeaderValue::from_static(CBOR));
        let known = cached.and_then(|cached| cached.etag.as_deref()).and_then(|etag| HeaderValue::from_str(etag).ok());
        if let Some(etag) = known {
            request = request.with_header(header::IF_NONE_MATCH, etag);
        }
        let response = self.target.send(request).await?;
        match (response.status, cached) {
            (StatusCode::NOT_MODIFIED, Some(cached)) => {
                Ok(Cached { fetched_secs: now_secs, etag: cached.etag.clone(), snapshot: cached.snapshot.clone() })
            }
            (status, _) if status.is_success() => {
                let etag = response.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
                Ok(Cached { fetched_secs: now_secs, etag: etag.map(str::to_owned), snapshot: response.body.to_vec() })
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
