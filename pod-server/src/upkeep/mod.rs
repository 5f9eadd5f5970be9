//! What a node does by itself: it keeps its copy of the registry fresh, and its entries in the directory; and it binds the wallets
//! whose wait at the desk is over.
//!
//! Neither is needed to answer: while the directory is away the node works on from its last good copy, and what it has to
//! tell waits on disk.
//!
//! - `follow`: the directory's log, every 30 s, also while it does not answer: the registry, and what is sealed for this node
//! - `posts`: what wallets gave to be posted to the log, until the directory has it
//! - `tags`: the blinder makes a tag for each person, while an import has their identity codes at hand
//! - `logged`: looks for what was told in the directory's log
//! - `queue`: what the directory has yet to be told
//! - `publication`: tells it, renews it, withdraws it
//! - `notices`: tells services that grants were taken back, and holders what services answered

mod config;
mod follow;
mod logged;
mod notices;
mod posts;
mod publication;
mod queue;
mod tags;

use std::sync::Arc;
use std::time::Duration;

use pod_client::CallError;
use pod_http::Client;
use pod_protocol::Refusal;
use pod_protocol::registry::MAX_REGISTRY_AGE_SECS;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fault::{Failure, Fault};
use crate::node::Node;

pub use config::{BlinderConfig, DirectoryConfig, UpkeepConfig};
pub use notices::deliver;
pub use publication::withdraw;
pub use tags::{Blinder, TagsFailed};

pub(crate) use follow::{LogStanding, keep_evidence};
pub(crate) use posts::{Posts, put as put_post, take as take_posts};
pub(crate) use queue::tags_lacking;
pub(crate) use tags::{FoundBy, has_tag, keep_tag};

/// A directory that does not take entries is told less and less often, down to this.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The tasks that run beside a serving node.
#[derive(Debug)]
pub struct Upkeep {
    node: Arc<Node>,
    has_directory: bool,
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
}

/// Something that the operator should know, for `/readiness`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A stable code.
    pub code: &'static str,
    /// What it is, what it means, and what to do.
    pub detail: String,
    /// Whether the node cannot do its work for it.
    pub blocks: bool,
}

impl Upkeep {
    /// Starts the tasks, on the current tokio runtime. They end with [`Upkeep::finish`], or when this is dropped. A fault after
    /// which going on would be guessing stops the node ([`Node::stopped`]).
    #[must_use]
    pub fn start(node: &Arc<Node>, config: &UpkeepConfig, client: &Client) -> Self {
        let (stop, stopping) = watch::channel(false);
        let notices = notices::keep(Arc::clone(node), client.clone());
        let desk = crate::desk::keep(Arc::clone(node));
        let mut tasks =
            vec![tokio::spawn(until(stopping.clone(), notices)), tokio::spawn(until(stopping.clone(), desk))];
        if let Some(directory) = &config.directory {
            node.witness.set_up(directory.witness, directory.evidence.clone());
            node.standings.key_logs().log_times().follow();
            let followed = follow::follow(Arc::clone(node), directory.clone(), client.clone());
            let posted = posts::forward(Arc::clone(node), directory.clone(), client.clone());
            let entries = publication::publish(Arc::clone(node), directory.clone(), client.clone());
            tasks.push(tokio::spawn(until(stopping.clone(), followed)));
            tasks.push(tokio::spawn(until(stopping.clone(), posted)));
            tasks.push(tokio::spawn(until(stopping, entries)));
        }
        Self { node: Arc::clone(node), has_directory: config.directory.is_some(), tasks, stop }
    }

    /// What the operator should know now.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        if self.has_directory { reasons(&self.node) } else { Vec::new() }
    }

    /// Ends the tasks, and waits until they have ended. What was under way is done again after the next start.
    pub async fn finish(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A task that panicked has been reported by the runtime.
            let _ended = task.await;
        }
    }
}

async fn until(mut stopping: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

fn reasons(node: &Node) -> Vec<Reason> {
    let lately = node.reach.directory.lately();
    let why = lately.failed.map_or_else(String::new, |why| format!(" ({why})"));
    let fetched_secs = node.registry.fetched_secs();
    let age_secs = (node.clock)().saturating_sub(fetched_secs);
    let mut reasons = Vec::new();
    let mut add = |code, blocks, detail| reasons.push(Reason { code, detail, blocks });
    if fetched_secs == 0 {
        add("registry-missing", true, format!("no registry was fetched yet, so no service is known{why}"));
    } else if age_secs >= MAX_REGISTRY_AGE_SECS {
        add("registry-expired", true, format!("the registry is {age_secs} s old and no longer counts{why}"));
    } else if !node.view.is_recent() {
        let age = match node.view.age_secs() {
            Some(age_secs) => format!("revocations were last looked at {age_secs} s ago"),
            None => "revocations were not looked at since the start".to_owned(),
        };
        let then = "passed-on grants are refused until the directory is reached, others go on";
        add("registry-stale", false, format!("{age}: {then}{why}"));
    }
    let registry = node.registry();
    let own = registry.organisation(&node.principal);
    if own.is_some_and(|own| !own.keys().contains(&node.key().public_key())) {
        let then =
            "nobody believes what it signs: give it a key that the organisation's log names, or publish its event";
        add("own-key", true, format!("the key that this node signs with is not one of its organisation's: {then}"));
    }
    if let Some(lie) = node.reach.log.lie() {
        add("directory-lies", false, lie);
    }
    if let Some(missing) = node.reach.log.missing() {
        add("directory-drops", false, missing);
    }
    match node.store.count(crate::tables::LOG_POSTS) {
        Ok(waiting) if waiting > 0 && !why.is_empty() => {
            add("posts-waiting", false, format!("{waiting} revocations or key events wait to be posted{why}"));
        }
        _ => {}
    }
    match node.store.count(crate::tables::UNPUBLISHED) {
        Ok(waiting) if waiting > 0 && !why.is_empty() => {
            add("entries-waiting", false, format!("{waiting} holder entries wait for the directory{why}"));
        }
        _ => {}
    }
    match entries_without_room(node) {
        Ok(without) if without > 0 => {
            let then =
                "their wallets do not find this holder; it is tried again every day: tell whoever runs the directory";
            add("entries-no-room", false, format!("the directory has no room for {without} holder entries: {then}"));
        }
        _ => {}
    }
    reasons
}

/// For how many pods' entries the directory has no room.
pub(crate) fn entries_without_room(node: &Node) -> Result<u64, Fault> {
    Ok(node.store.count(crate::tables::NO_ROOM)?)
}

/// How long to wait after so many failures one after another.
fn wait_after(failures: u32, usual: Duration) -> Duration {
    let doubled = usual.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
    doubled.min(LONGEST_WAIT.max(usual))
}

/// Why something was not done this time.
#[derive(Debug, thiserror::Error)]
enum Undone {
    /// The directory or a mirror was away, or showed what does not hold.
    #[error("{0}")]
    Directory(#[from] CallError),
    /// The other side did not answer before it would have been asked again.
    #[error("no answer until it was to be asked again")]
    Unanswered,
    /// What the other side answered does not count.
    #[error("the answer does not count: {}", .0.code())]
    Answer(Refusal),
    /// We failed.
    #[error("{0}")]
    Fault(#[from] Fault),
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => Self::Answer(refusal),
            Failure::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl Undone {
    /// Notes it for the operator; says whether the node stops for it.
    fn note(self, node: &Node, during: &'static str) -> bool {
        match self {
            Self::Fault(fault) => node.note(fault, during),
            other => {
                let why = crate::stop::chain(&other);
                tracing::warn!(during, why, "the directory was not reached");
                node.reach.directory.failed(why);
                false
            }
        }
    }
}
