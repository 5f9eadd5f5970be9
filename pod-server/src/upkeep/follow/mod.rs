//! Follows the directory's log: the registry that it vouches for, and what lies in it sealed for this node.
//!
//! Every 30 s a head is asked for, held against the one before and against the witnesses ([`pod_client::directory`]). Its
//! registry comes into use, each new leaf is looked at in order, and what opens is applied as if it had come directly; only then
//! does the view count as that recent. Of a directory that lies nothing is used: the last good copy goes on, what proves the lie
//! is kept as a file, and readiness says so. Mirrors are asked when the directory fails or lies.
//!
//! - `position`: how far the log was followed, on disk
//! - `sealed`: what is for this node
//! - `told`: what the operator should know

mod position;
mod sealed;
mod told;

use std::sync::Arc;
use std::time::Duration;

use pod_client::directory::{DirectoryClient, Held, LogSource};
use pod_client::{CallError, Caller};
use pod_http::Client;
use pod_protocol::merkle::{Frontier, leaf_hash};
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::head::CheckedHead;
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_protocol::tlog::view::View;
use tokio::time::{MissedTickBehavior, timeout};

use super::Undone;
use super::config::DirectoryConfig;
use crate::blocking::blocking;
use crate::book::standings::enrolled;
use crate::fault::Fault;
use crate::node::Node;
use position::Position;

pub(super) use told::Told;
pub(crate) use told::{LogStanding, keep as keep_evidence};

/// An attempt lasts until the next is due, and no shorter than this: connecting takes seconds on a bad line.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(5);
/// Bundles of leaves that are proven, applied and noted down together: 256 leaves each, half a megabyte as a rule.
const BUNDLES_AT_ONCE: usize = 4;

/// Calls to the directory and its mirrors of a configuration.
///
/// # Errors
/// [`CallError`] about an address.
pub(super) fn directory(node: &Node, config: &DirectoryConfig, client: Client) -> Result<DirectoryClient, CallError> {
    let caller = Caller { http: client, net: None, random: Arc::clone(&node.random), clock: Arc::clone(&node.clock) };
    let directory = DirectoryClient::new(&caller, &config.url.to_string())?;
    let mirrors: Vec<String> = config.mirrors.iter().map(ToString::to_string).collect();
    Ok(directory.with_mirrors(&caller, &mirrors)?.with_witnesses(config.witnesses))
}

/// The last head that was believed.
///
/// # Errors
/// [`Fault`].
pub(super) fn seen(node: &Node) -> Result<Option<View>, Fault> {
    Ok(Position::read(&*node.store)?.view().cloned())
}

/// Follows, for ever or until the node stops: at a steady pace, whatever came of the last time, so that delegated grants count
/// again that long after a directory that was away, and no longer.
pub(super) async fn follow(node: Arc<Node>, config: DirectoryConfig, client: Client) {
    let directory = match directory(&node, &config, client) {
        Ok(directory) => directory,
        Err(error) => {
            Undone::Directory(error).note(&node, "following the directory's log");
            return;
        }
    };
    let mut follower = Follower { node: Arc::clone(&node), directory, config, digest: None };
    let mut due = tokio::time::interval(follower.config.refresh);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        due.tick().await;
        match follower.look().await {
            Ok(()) => node.reach.directory.reached((node.clock)()),
            Err(undone) => {
                if undone.note(&node, "following the directory's log") {
                    return;
                }
                node.registry.age((node.clock)());
            }
        }
    }
}

struct Follower {
    node: Arc<Node>,
    directory: DirectoryClient,
    config: DirectoryConfig,
    /// SHA-256 of the snapshot that was fetched last; none since the start.
    digest: Option<[u8; 32]>,
}

impl Follower {
    /// Asks the directory, then its mirrors, until one shows what enough organisations vouch for.
    async fn look(&mut self) -> Result<(), Undone> {
        let (mut first, sources) = (None, self.directory.sources().to_vec());
        for source in &sources {
            match self.look_at(source).await {
                Ok(()) => {
                    // A mirror that tells the truth does not make the directory honest.
                    if first.is_none() {
                        self.node.reach.log.followed();
                    }
                    return Ok(());
                }
                Err(Undone::Directory(trouble)) => {
                    self.node.reach.log.note(&trouble, self.config.evidence.as_deref());
                    first.get_or_insert(Undone::Directory(trouble));
                }
                Err(Undone::Unanswered) => {
                    first.get_or_insert(Undone::Unanswered);
                }
                Err(fault) => return Err(fault),
            }
        }
        Err(first.unwrap_or(Undone::Unanswered))
    }

    async fn look_at(&mut self, source: &LogSource) -> Result<(), Undone> {
        let node = Arc::clone(&self.node);
        let asked = node.view.ask();
        let mut position = Position::read(&*node.store)?;
        let before = Held {
            fetched_secs: node.registry.fetched_secs(),
            digest: self.digest,
            registry: node.registry.newest(),
            view: position.view().cloned(),
        };
        let fetched_secs = before.fetched_secs;
        let now_secs = (node.clock)();
        let shown = self.in_time(source.look(before, self.directory.policy(), now_secs)).await?;
        for (statement, refusal) in &shown.refused {
            tracing::warn!(statement, code = refusal.code(), "a statement of the registry does not count");
        }
        if position.frontier().is_none() {
            let nobody = fetched_secs == 0 && blocking(&node, |node| Ok(enrolled(&*node.store)?)).await? == 0;
            self.begin(source, &mut position, shown.proven.as_ref().ok().filter(|_| nobody)).await?;
        }
        let (held, changed) = (shown.held, shown.held_changed);
        self.digest = held.digest;
        let (registry, newly_secs) = (held.registry, held.fetched_secs);
        let newest_secs = newly_secs.max(fetched_secs);
        blocking(&node, move |node| Ok(node.registry.hold(registry, changed, newest_secs, (node.clock)())?)).await?;
        let head = shown.proven?;
        if let Some(view) = held.view {
            position.see(view);
        }
        self.catch_up(source, &head, position).await?;
        // What witnesses saw was so when they saw it; without any the directory's word is as old as the question.
        let age_secs = if self.config.witnesses == 0 { 0 } else { now_secs.saturating_sub(head.seen_secs) };
        node.view.answered(asked.earlier_by(age_secs));
        Ok(())
    }

    /// Notes down where following begins: before a registry comes into use, since by one the node takes grants, and what ends them
    /// may be posted from then on. `head` is there when no registry was in use before and nobody is bound to a pod, which needs none:
    /// nothing in the log ends what the node has taken. Else, and while nobody vouches for a head, it begins with the first leaf.
    async fn begin(
        &self,
        source: &LogSource,
        position: &mut Position,
        head: Option<&CheckedHead>,
    ) -> Result<(), Undone> {
        let frontier = match head {
            Some(head) => self.in_time(source.frontier(&head.checkpoint)).await?,
            None => Frontier::default(),
        };
        position.followed(&frontier);
        self.keep(position).await
    }

    /// Looks at each leaf between the position and the head, in order.
    async fn catch_up(&self, source: &LogSource, head: &CheckedHead, mut position: Position) -> Result<(), Undone> {
        let at = head.checkpoint;
        let mut frontier = position.frontier().cloned().unwrap_or_default();
        while frontier.size() < at.size {
            let (next, leaves) = self.some_leaves(source, &frontier, at.size).await?;
            self.in_time(source.begins(&next, &at)).await?;
            let mut sealed = Vec::new();
            for bytes in leaves {
                let leaf = Leaf::from_bytes(&bytes).map_err(|refusal| source.lied(LogFault::Leaf(refusal)))?;
                if let Body::Sealed(one) = leaf.body {
                    sealed.push((one, leaf.time_secs));
                }
            }
            sealed::take(&self.node, sealed).await?;
            frontier = next;
            position.followed(&frontier);
            self.keep(&position).await?;
        }
        position.followed(&frontier);
        self.keep(&position).await
    }

    /// Some of the leaves after `from`, and the tree with them.
    async fn some_leaves(
        &self,
        source: &LogSource,
        from: &Frontier,
        size: u64,
    ) -> Result<(Frontier, Vec<Vec<u8>>), Undone> {
        let (mut next, mut leaves) = (from.clone(), Vec::new());
        for _ in 0..BUNDLES_AT_ONCE {
            if next.size() >= size {
                break;
            }
            let fetched = self.in_time(source.leaves(next.size(), size)).await?;
            fetched.leaves.iter().for_each(|leaf| next.push(&leaf_hash(leaf), |_| {}));
            leaves.extend(fetched.leaves);
        }
        Ok((next, leaves))
    }

    async fn keep(&self, position: &Position) -> Result<(), Undone> {
        let position = position.clone();
        Ok(blocking(&self.node, move |node| Ok(position.write(&*node.store)?)).await?)
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, CallError>>) -> Result<T, Undone> {
        let attempt = timeout(self.config.refresh.max(SHORTEST_ATTEMPT), work);
        Ok(attempt.await.map_err(|_| Undone::Unanswered)??)
    }
}
