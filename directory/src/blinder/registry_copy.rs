//! The last good copy of the registry: fetched from the directory, kept in the store, used on while the directory is away.
//!
//! What was once fetched counts until it is replaced by something newer or expires, whatever a later fetch leaves out: a
//! directory that shows an old copy cannot take a suspension back.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

use pod_http::{Client, ClientError, HeaderValue, Origin, Request, Response, StatusCode, header};
use pod_protocol::ids::ObjectId;
use pod_protocol::registry::{Anchor, MAX_REGISTRY_AGE_SECS, Registry, SNAPSHOT_LIMITS};
use pod_store::{Batch, Store};

use super::fetching::{Fetching, UnderWay};
use super::tables::{FETCHED, FETCHED_KEY, REGISTRY};
use crate::fault::{Fault, Refused};
use crate::problems;
use crate::running::Stop;
use crate::startup::StartupError;

/// Least time between two fetches that calls cause, in seconds: signatures with invented keys must not become calls to
/// the directory.
const RETRY_SECS: u64 = 5;

/// A copy of the registry and where it comes from.
#[derive(Debug)]
pub(super) struct RegistryCopy {
    client: Client,
    directory: Origin,
    store: Arc<dyn Store>,
    stop: Stop,
    held: RwLock<Held>,
    fetching: Fetching,
}

#[derive(Debug, Clone)]
struct Held {
    registry: Arc<Registry>,
    /// `None` until a first fetch went well.
    fetched_at: Option<u64>,
    /// The entity tag of what was fetched.
    tag: Option<HeaderValue>,
    /// What went wrong in the last fetch.
    failure: Option<String>,
}

/// What is known about the copy's state, for `/readiness`.
pub(super) struct CopyState {
    pub(super) usable: bool,
    pub(super) age_secs: Option<u64>,
    pub(super) failure: Option<String>,
}

const DAMAGED: &str = "the copy of the registry";

impl RegistryCopy {
    /// Builds the registry from the copy in the store, if there is one.
    pub(super) fn load(
        anchor: Anchor,
        client: Client,
        directory: Origin,
        store: Arc<dyn Store>,
        stop: Stop,
        now_secs: u64,
    ) -> Result<Self, StartupError> {
        let rows = store.range(REGISTRY, Bound::Unbounded, Bound::Unbounded, SNAPSHOT_LIMITS.items)?;
        let statements: Vec<Vec<u8>> = rows.into_iter().map(|(_, statement)| statement).collect();
        let (fetched_at, tag) = match store.get(FETCHED, FETCHED_KEY)? {
            Some(value) => {
                let (at, tag) = value.split_first_chunk::<8>().ok_or(StartupError::Damaged { what: DAMAGED })?;
                (Some(u64::from_be_bytes(*at)), HeaderValue::from_bytes(tag).ok().filter(|tag| !tag.is_empty()))
            }
            None => (None, None),
        };
        let registry = Arc::new(Registry::of_held(&anchor, &statements, now_secs));
        let held = RwLock::new(Held { registry, fetched_at, tag, failure: None });
        Ok(Self { client, directory, store, stop, held, fetching: Fetching::default() })
    }

    /// The registry, if the copy still counts.
    pub(super) fn current(&self, now_secs: u64) -> Result<Arc<Registry>, Refused> {
        let held = self.held();
        if !held.is_usable(now_secs) {
            return Err(Refused::new(&problems::REGISTRY_AWAY));
        }
        if now_secs < held.registry.valid_until() {
            return Ok(held.registry);
        }
        // Something in it has expired, or it was built a day ago and confirmed since.
        let registry = Arc::new(held.registry.joined(&[], now_secs).0);
        self.change(|held| held.registry = Arc::clone(&registry));
        Ok(registry)
    }

    /// The registry, fetched anew when it does not know somebody yet.
    pub(super) async fn knowing(
        self: &Arc<Self>,
        now_secs: u64,
        knows: impl Fn(&Registry) -> bool,
    ) -> Result<Arc<Registry>, Refused> {
        if let Ok(registry) = self.current(now_secs)
            && knows(&registry)
        {
            return Ok(registry);
        }
        self.fetch(now_secs, RETRY_SECS).ended().await;
        self.current(now_secs)
    }

    /// Asks the directory. One that is away, or that answers nonsense, is no fault: the copy is used on.
    pub(super) async fn refresh(self: &Arc<Self>, now_secs: u64) {
        self.fetch(now_secs, 0).ended().await;
    }

    fn fetch(self: &Arc<Self>, now_secs: u64, retry_secs: u64) -> UnderWay {
        let (client, directory, copy) = (self.client.clone(), self.directory.clone(), Arc::downgrade(self));
        let mut request = Request::get("/v1/registry");
        if let Some(tag) = self.held().tag {
            request = request.with_header(header::IF_NONE_MATCH, tag);
        }
        self.fetching.begin(now_secs, retry_secs, async move {
            let answer = client.send(&directory, request).await;
            let Some(copy) = copy.upgrade() else { return };
            if let Err(fault) = copy.take(answer, now_secs) {
                copy.stop.on(&fault, &"registry");
            }
        })
    }

    fn take(&self, answer: Result<Response, ClientError>, now_secs: u64) -> Result<(), Fault> {
        let held = self.held();
        let read = match answer {
            Ok(response) if response.status == StatusCode::NOT_MODIFIED => {
                Ok((Held { fetched_at: Some(now_secs), failure: None, ..held }, Batch::new()))
            }
            Ok(response) => self.read(response, &held, now_secs),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok((fetched, batch)) => self.keep(fetched, batch),
            Err(why) => {
                tracing::warn!(why, "the registry cannot be fetched: the last good copy is used");
                self.change(|held| held.failure = Some(why));
                Ok(())
            }
        }
    }

    /// What comes of a fetched snapshot and what is held.
    fn read(&self, response: Response, held: &Held, now_secs: u64) -> Result<(Held, Batch), String> {
        let response = response.success().map_err(|error| error.to_string())?;
        let fetched = Registry::read_snapshot(&response.body)
            .map_err(|refusal| format!("{} sends no registry: {refusal}", self.directory))?;
        let (registry, left_out) = held.registry.joined(&fetched, now_secs);
        let before: BTreeMap<ObjectId, &[u8]> = held.registry.held().collect();
        let after: BTreeMap<ObjectId, &[u8]> = registry.held().collect();
        if after.len() > SNAPSHOT_LIMITS.items {
            return Err(format!("{} sends more than {} statements", self.directory, SNAPSHOT_LIMITS.items));
        }
        let mut batch = Batch::new();
        for id in before.keys().filter(|id| !after.contains_key(*id)) {
            batch.delete(REGISTRY, *id.as_bytes());
        }
        for (id, statement) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
            batch.put(REGISTRY, *id.as_bytes(), *statement);
        }
        tracing::info!(members = registry.organisations().count(), left_out = left_out.len(), "registry fetched");
        let tag = response.headers.get(header::ETAG).cloned();
        let fetched = Held { registry: Arc::new(registry), fetched_at: Some(now_secs), tag, failure: None };
        Ok((fetched, batch))
    }

    /// Keeps a copy, in the store first.
    fn keep(&self, held: Held, mut batch: Batch) -> Result<(), Fault> {
        let fetched_at = held.fetched_at.unwrap_or_default().to_be_bytes();
        let tag = held.tag.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
        batch.put(FETCHED, FETCHED_KEY, [fetched_at.as_slice(), tag].concat());
        // A few milliseconds twice a minute: not worth another thread.
        self.store.commit(batch)?;
        self.change(|now| *now = held);
        Ok(())
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn state(&self, now_secs: u64) -> CopyState {
        let held = self.held();
        CopyState {
            usable: held.is_usable(now_secs),
            age_secs: held.fetched_at.map(|at| now_secs.saturating_sub(at)),
            failure: held.failure,
        }
    }

    /// How many members count now.
    pub(super) fn members(&self, now_secs: u64) -> usize {
        self.current(now_secs).map_or(0, |registry| registry.organisations().count())
    }
}

impl Held {
    fn is_usable(&self, now_secs: u64) -> bool {
        self.fetched_at.is_some_and(|at| now_secs < at.saturating_add(MAX_REGISTRY_AGE_SECS))
    }
}
