//! A mirror: reads the whole log of a directory, believes nothing of it, and shows what its leaves make.
//!
//! Each leaf goes through the machine with every signature checked, each state is compared with what came out, and the leaves
//! must lead to the root of a head that a member signed who runs the directory. Only then does the mirror show it.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use pod_http::ClientError;
use pod_protocol::registry::Anchor;
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tlog::head::{Head, Policy};
use pod_store::{Batch, Store};

use super::index;
use super::log::{Log, LogEnd};
use super::machine::Settled;
use super::opening::{self, Opened};
use super::published::{Published, ShownHead};
use super::replay::{Origin, Replay, ReplayFault};
use super::sequencer::MAX_BATCH_LEAVES;
use super::source::Source;
use super::tables::{ALL, NOTES, PAGE_ROWS, PUBLISHED, SCHEMA_VERSION, SIGNED};
use crate::config::MirrorConfig;
use crate::fault::Fault;
use crate::startup::StartupError;
use crate::surroundings::{Clock, Surroundings};

/// Leaves after which what was replayed is committed, while a long log is read for the first time.
const COMMIT_LEAVES: u64 = PAGE_ROWS as u64;

/// How the names of evidence files begin.
const EVIDENCE: &str = "evidence-";

/// Why a mirror does not go on.
#[derive(Debug, thiserror::Error)]
pub enum MirrorFault {
    /// Whoever is mirrored does not answer as it should: asked again later.
    #[error("{url} cannot be read")]
    Away {
        /// Who.
        url: String,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// What it shows is not believed.
    #[error("{fault}{}", detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default())]
    Log {
        /// What is wrong.
        fault: LogFault,
        /// Where.
        detail: Option<String>,
        /// Where the two checkpoints are kept that contradict each other.
        evidence: Option<PathBuf>,
    },
    /// Our own store failed.
    #[error(transparent)]
    Ours(#[from] Fault),
}

impl MirrorFault {
    pub(super) fn log(fault: LogFault) -> Self {
        Self::Log { fault, detail: None, evidence: None }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Away { .. } => "away",
            Self::Log { fault, .. } => fault.code(),
            Self::Ours(_) => "store",
        }
    }
}

impl From<ReplayFault> for MirrorFault {
    fn from(fault: ReplayFault) -> Self {
        let detail = match &fault.why {
            Some(why) => format!("leaf {}, {why}", fault.index),
            None => format!("leaf {}", fault.index),
        };
        Self::Log { fault: fault.fault, detail: Some(detail), evidence: None }
    }
}

/// How far a mirror is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Leaves that were checked.
    pub done: u64,
    /// Leaves that the head is about.
    pub size: u64,
}

/// What a mirror shows after a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// How many leaves.
    pub size: u64,
    /// How many of them are new.
    pub new: u64,
    /// How many entries count.
    pub entries: u64,
    /// How many members there are.
    pub members: usize,
    /// Log time of the state.
    pub logged_secs: u64,
    /// How many other organisations have cosigned the head.
    pub cosignatures: usize,
}

/// What reads on.
pub(super) struct Follower {
    pub(super) source: Source,
    pub(super) anchor: Anchor,
    pub(super) store: Arc<dyn Store>,
    pub(super) log: Log,
    pub(super) end: LogEnd,
    /// Where evidence is written.
    pub(super) folder: PathBuf,
    pub(super) clock: Clock,
}

impl Follower {
    /// Looks once, and reads what is new. Nothing that does not hold is shown.
    pub(super) async fn advance(
        &mut self,
        published: &Published,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Mirrored, MirrorFault> {
        let head = self.source.head().await?;
        let size = head.checkpoint.unverified().size;
        let before = published.head().ok().map(|head| *head.checkpoint().unverified());
        if let Some(kept) = before {
            let shown = head.checkpoint.unverified();
            let fault = match size {
                _ if kept.origin != shown.origin => Some(LogFault::Origin),
                size if size < kept.size => Some(LogFault::Truncated { size, kept: kept.size }),
                size if size == kept.size && shown.root != kept.root => Some(LogFault::Fork),
                _ => None,
            };
            if let Some(fault) = fault {
                return Err(self.lied(published, &head, fault, None));
            }
            if size == kept.size {
                self.show(published, None, &head)?;
                return Ok(told(published, kept.size));
            }
        }
        let end = self.end.clone();
        match self.read_to(published, &head, progress).await {
            Ok(()) => Ok(told(published, before.map_or(0, |kept| kept.size))),
            Err(fault) => {
                self.go_back(published, end)?;
                Err(match fault {
                    MirrorFault::Log { fault, detail, .. } => self.lied(published, &head, fault, detail),
                    fault => fault,
                })
            }
        }
    }

    async fn read_to(
        &mut self,
        published: &Published,
        head: &Head,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), MirrorFault> {
        let size = head.checkpoint.unverified().size;
        let mut replay = Replay::from(self.end.size(), Origin::Anybody);
        let mut batch = Batch::new();
        let (mut last_commit, mut batch_began) = (self.end.size(), self.end.size());
        while self.end.size() < size {
            let leaves = self.source.leaves(self.end.size(), size).await?;
            for leaf in &leaves {
                index::index_post(leaf, self.end.size(), &mut batch);
                self.end.push(leaf, &mut batch);
                let settled = replay.leaf(&published.read().machine, leaf)?;
                let Some(settled) = settled else {
                    if self.end.size() - batch_began >= MAX_BATCH_LEAVES {
                        let detail = format!("a batch of more than {MAX_BATCH_LEAVES} leaves");
                        return Err(MirrorFault::Log { fault: LogFault::State, detail: Some(detail), evidence: None });
                    }
                    continue;
                };
                batch_began = self.end.size();
                index::write(&settled, self.end.size(), &mut batch);
                if self.end.size() == size {
                    return self.finish(published, settled, head, batch);
                }
                let forgotten = settled.plan.forgotten();
                published.go_on(settled);
                if self.end.size() - last_commit >= COMMIT_LEAVES {
                    self.end.write(&mut batch);
                    self.store.commit(std::mem::take(&mut batch)).map_err(Fault::from)?;
                    last_commit = self.end.size();
                }
                index::forget(&*self.store, &forgotten).map_err(Fault::from)?;
            }
            progress(Progress { done: self.end.size(), size });
        }
        // The last leaf is no state.
        Err(MirrorFault::log(LogFault::State))
    }

    /// The end of a head: only here is anything believed.
    fn finish(
        &mut self,
        published: &Published,
        settled: Settled,
        head: &Head,
        mut batch: Batch,
    ) -> Result<(), MirrorFault> {
        if self.end.root() != head.checkpoint.unverified().root {
            return Err(MirrorFault::log(LogFault::Leaves));
        }
        let policy = Policy { witnesses: 0, max_age_secs: u64::MAX };
        head.verify(settled.plan.registry(), &policy, (self.clock)()).map_err(MirrorFault::log)?;
        self.end.write(&mut batch);
        batch.put(NOTES, SIGNED, head.checkpoint.to_bytes());
        self.store.commit(batch).map_err(Fault::from)?;
        index::forget(&*self.store, &settled.plan.forgotten()).map_err(Fault::from)?;
        self.show(published, Some(settled), head)
    }

    fn show(&self, published: &Published, settled: Option<Settled>, head: &Head) -> Result<(), MirrorFault> {
        if settled.is_none() {
            let policy = Policy { witnesses: 0, max_age_secs: u64::MAX };
            let shown = published.read();
            let registry = shown.machine.members().registry();
            head.verify(registry, &policy, (self.clock)()).map_err(MirrorFault::log)?;
        }
        let mut batch = Batch::new();
        batch.put(NOTES, PUBLISHED, head.checkpoint.to_bytes());
        self.store.commit(batch).map_err(Fault::from)?;
        published.show(settled, ShownHead::of(head.clone()));
        Ok(())
    }

    /// Takes back what was replayed since the head that is shown.
    fn go_back(&mut self, published: &Published, end: LogEnd) -> Result<(), Fault> {
        if !published.is_ahead() {
            self.end = end;
            return Ok(());
        }
        let opened = opening::open(&self.store, self.anchor.clone()).map_err(|error| {
            tracing::error!(%error, "the mirror's own copy cannot be read again");
            Fault::Damaged { what: crate::fault::LOG }
        })?;
        let Opened { machine, end, .. } = opened;
        self.end = end;
        published.set_back(machine);
        Ok(())
    }

    /// What is shown contradicts what was seen: keeps both, when somebody signed both.
    fn lied(&self, published: &Published, head: &Head, fault: LogFault, detail: Option<String>) -> MirrorFault {
        let shown = published.read();
        let registry = shown.machine.members().registry();
        let kept = shown.head.as_ref().map(|head| head.checkpoint().to_bytes());
        let signed = head.checkpoint.verify(registry).is_ok();
        let worth_it = fault.is_evidence() || matches!(fault, LogFault::Truncated { .. });
        let evidence = kept.filter(|_| signed && worth_it).and_then(|kept| {
            let noticed_secs = (self.clock)();
            let shown = head.checkpoint.to_bytes();
            let evidence = Evidence { code: fault.code().to_owned(), noticed_secs, kept, shown };
            self.keep(&evidence)
        });
        MirrorFault::Log { fault, detail, evidence }
    }

    fn keep(&self, evidence: &Evidence) -> Option<PathBuf> {
        let path = self.folder.join(format!("{EVIDENCE}{}", evidence.file_name()));
        if path.exists() {
            return Some(path);
        }
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        if !evidence.has_room(names.iter().filter_map(|name| name.strip_prefix(EVIDENCE))) {
            return None;
        }
        match fs::write(&path, evidence.to_bytes()) {
            Ok(()) => Some(path),
            Err(error) => {
                tracing::error!(%error, path = %path.display(), "evidence cannot be written");
                None
            }
        }
    }
}

fn told(published: &Published, before: u64) -> Mirrored {
    let shown = published.read();
    let registry = shown.machine.members().registry();
    let checkpoint: Option<&SignedCheckpoint> = shown.head.as_ref().map(|head| head.checkpoint());
    let size = checkpoint.map_or(0, |checkpoint| checkpoint.unverified().size);
    Mirrored {
        size,
        new: size.saturating_sub(before),
        entries: shown.machine.map().live(),
        members: registry.organisations().count(),
        logged_secs: shown.machine.time_secs(),
        cosignatures: checkpoint.map_or(0, |checkpoint| checkpoint.witnesses(registry).len()),
    }
}

impl From<MirrorFault> for StartupError {
    fn from(fault: MirrorFault) -> Self {
        Self::Mirror(Box::new(fault))
    }
}

/// A mirror's folder, opened: what reads on, and what is shown.
#[allow(missing_debug_implementations, reason = "it is a store and a map of millions")]
pub struct Mirror {
    pub(super) follower: Follower,
    pub(super) published: Arc<Published>,
}

impl Mirror {
    /// Opens the store.
    ///
    /// # Errors
    /// [`StartupError`].
    pub fn open(config: &MirrorConfig, around: &Surroundings) -> Result<Self, StartupError> {
        let source = Source::new(config, &around.machine)?;
        let store = pod_store::open(&config.storage, &ALL, SCHEMA_VERSION)?;
        let Opened { machine, head, end } = opening::open(&store, config.anchor.clone())?;
        let follower = Follower {
            source,
            anchor: config.anchor.clone(),
            log: Log::new(Arc::clone(&store)),
            store,
            end,
            folder: config.folder.clone(),
            clock: Arc::clone(&around.clock),
        };
        Ok(Self { follower, published: Arc::new(Published::new(machine, head)) })
    }

    /// Looks once, and reads what is new.
    ///
    /// # Errors
    /// [`MirrorFault`]: what was there before stays.
    pub async fn advance(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Mirrored, MirrorFault> {
        self.follower.advance(&self.published, progress).await
    }
}
