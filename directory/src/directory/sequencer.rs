//! The one who writes the log: one batch at a time. Posts wait for the batch that takes them; leaves and checkpoint are durable
//! before a witness sees them; readers see the batch when it is published.

use std::sync::Arc;
use std::time::Duration;

use pod_crypto::SigningKey;
use pod_protocol::ids::Principal;
use pod_protocol::merkle::Nodes as _;
use pod_protocol::tlog::checkpoint::{Checkpoint, SignedCheckpoint};
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_store::Batch;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

use super::State;
use super::batch::{Draft, Places};
use super::log::LogEnd;
use super::machine::Settled;
use super::posts::{MAX_ENTRIES_PER_POST, Posted};
use super::published::ShownHead;
use super::tables::{NOTES, PUBLISHED, SIGNED};
use super::{index, witnesses::Witnesses};
use crate::fault::{Failure, Fault, Refused};
use crate::problems;

/// Most posts that wait: a post of entries has 256 KiB at most, so they have 64 MiB.
const MAX_WAITING_POSTS: usize = 256;
/// Most posts of one batch: 64 posts of 256 entries are 16,384 leaves and as many changes of the index, a quarter of what one
/// commit takes.
const MAX_BATCH_POSTS: usize = 64;
/// Most leaves of a batch, its state included; a log with a longer one is not a directory's.
pub(super) const MAX_BATCH_LEAVES: u64 = (MAX_BATCH_POSTS * MAX_ENTRIES_PER_POST) as u64 + 1;
/// How often it is looked whether time has taken something away.
const LOOK: Duration = Duration::from_secs(1);
/// After how long witnesses are asked again that were missing.
const RETRY: Duration = Duration::from_secs(2);

/// Where a post stands, once it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// The leaf of each item.
    pub(super) places: Places,
    /// How many leaves the published log has.
    pub(super) size: u64,
}

/// A post, and who waits for its outcome.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) what: Posted,
    answer: oneshot::Sender<Result<Placed, Refused>>,
}

/// Where posts are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Posts(mpsc::Sender<Post>);

/// What the log signs with, and how long it waits for whom.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) principal: Principal,
    pub(super) key: SigningKey,
    pub(super) witnesses: Witnesses,
    /// How many cosignatures make a head published.
    pub(super) wanted: usize,
    /// How long they are waited for.
    pub(super) grace: Duration,
    /// After how long the same head is cosigned anew.
    pub(super) refresh: Duration,
}

/// A batch that is durable and not yet published.
#[derive(Debug)]
pub(super) struct Written {
    settled: Settled,
    head: ShownHead,
}

impl Posts {
    pub(super) fn new() -> (Self, mpsc::Receiver<Post>) {
        let (sender, receiver) = mpsc::channel(MAX_WAITING_POSTS);
        (Self(sender), receiver)
    }

    /// Hands a post in, and waits until it is in a published head.
    pub(super) async fn add(&self, what: Posted) -> Result<Placed, Failure> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Post { what, answer }).map_err(|_| Refused::new(&problems::LOG_BUSY))?;
        let answer = answered.await.map_err(|_| Fault::Sequencer)?;
        Ok(answer?)
    }
}

/// Keeps the log until the server ends, or a fault ends it.
pub(super) async fn run(state: Arc<State>, keeper: Arc<Keeper>, mut end: LogEnd, mut posts: mpsc::Receiver<Post>) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut refresh = interval(keeper.refresh);
    refresh.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let first = tokio::select! {
            post = posts.recv() => match post {
                Some(post) => Some(post),
                None => return,
            },
            _ = look.tick() => None,
            _ = refresh.tick() => {
                let seen = cosign_again(&state, &keeper).await;
                if let Err(fault) = &seen {
                    state.stop.on(fault, &"log");
                }
                if seen.is_ok_and(|seen| seen < keeper.wanted) && keeper.refresh > RETRY {
                    refresh.reset_after(RETRY);
                }
                continue;
            }
        };
        if first.is_none() && !state.published.read().machine.is_due(state.now_secs()) {
            continue;
        }
        let mut batch: Vec<Post> = first.into_iter().collect();
        while batch.len() < MAX_BATCH_POSTS
            && let Ok(post) = posts.try_recv()
        {
            batch.push(post);
        }
        match take(&state, &keeper, end, batch).await {
            Ok((next, seen)) => {
                end = next;
                match seen {
                    Some(seen) if seen < keeper.wanted => refresh.reset_after(RETRY.min(keeper.refresh)),
                    Some(_) => refresh.reset(),
                    None => {}
                }
            }
            Err(fault) => {
                state.stop.on(&fault, &"log");
                // What is on the disk is read again at the next start: a log that nobody keeps helps nobody.
                return state.stop.on(&Fault::Sequencer, &"log");
            }
        }
    }
}

/// Makes a batch of posts, has it cosigned, publishes it, and tells those who wait. How many cosigned it, if there was one.
async fn take(
    state: &Arc<State>,
    keeper: &Arc<Keeper>,
    mut end: LogEnd,
    batch: Vec<Post>,
) -> Result<(LogEnd, Option<usize>), Fault> {
    let (what, waiting): (Vec<Posted>, Vec<_>) = batch.into_iter().map(|post| (post.what, post.answer)).unzip();
    let (writing, signer) = (Arc::clone(state), Arc::clone(keeper));
    let written = state.host.blocking(move || {
        let written = write(&writing, &signer, &mut end, what, false);
        written.map(|(written, outcomes)| (end, written, outcomes))
    });
    let (end, written, outcomes) = written.await.map_err(Fault::Thread)??;
    let seen = match written {
        Some(written) => Some(publish(state, keeper, written).await?),
        None => None,
    };
    let size = state.published.size();
    for (answer, outcome) in waiting.into_iter().zip(outcomes) {
        // Whoever went away does not wait for it.
        let _gone = answer.send(outcome.map(|places| Placed { places, size }));
    }
    Ok((end, seen))
}

/// What came of each post.
type Outcomes = Vec<Result<Places, Refused>>;

/// Writes a batch: leaves, tiles, index and signed checkpoint in one commit. None when nothing came of the posts, nothing is
/// due, and it need not be.
pub(super) fn write(
    state: &State,
    keeper: &Keeper,
    end: &mut LogEnd,
    posts: Vec<Posted>,
    must: bool,
) -> Result<(Option<Written>, Outcomes), Fault> {
    let now_secs = state.now_secs();
    let shown = state.published.read();
    let mut draft = Draft::new(&shown.machine, &*state.store, end.size(), now_secs);
    let outcomes = posts.into_iter().map(|post| draft.add(post)).collect::<Result<Outcomes, Fault>>()?;
    if draft.is_empty() && !must && !shown.machine.is_due(now_secs) {
        return Ok((None, outcomes));
    }
    let (settled, mut leaves) = draft.settle();
    let last = Leaf { time_secs: settled.plan.time_secs(), body: Body::State(settled.state) }.to_bytes();
    leaves.push(last.clone());

    let mut next = end.clone();
    let mut batch = Batch::new();
    for leaf in &leaves {
        index::index_post(leaf, next.size(), &mut batch);
        next.push(leaf, &mut batch);
    }
    next.write(&mut batch);
    let checkpoint = Checkpoint { origin: keeper.principal, size: next.size(), root: next.root() };
    let signed = SignedCheckpoint::sign(checkpoint, &keeper.key);
    batch.put(NOTES, SIGNED, signed.to_bytes());
    index::write(&settled, next.size(), &mut batch);
    state.store.commit(batch)?;
    drop(shown);
    index::forget(&*state.store, &settled.plan.forgotten())?;
    let proof = state.log.inclusion_proof(next.size() - 1, next.size())?;
    *end = next;
    Ok((Some(Written { settled, head: ShownHead::new(signed, last, proof) }), outcomes))
}

/// Has a batch cosigned, and shows it. How many cosigned it.
async fn publish(state: &Arc<State>, keeper: &Keeper, written: Written) -> Result<usize, Fault> {
    let Written { settled, head } = written;
    let registry = Arc::clone(settled.plan.registry());
    let checkpoint = head.checkpoint().clone();
    let checkpoint = match keeper.wanted {
        0 => checkpoint,
        wanted => {
            let (log, clock) = (&state.log, &state.clock.0);
            keeper.witnesses.ask(log, &registry, checkpoint, wanted, keeper.grace, clock).await
        }
    };
    let seen = checkpoint.witnesses(&registry).len();
    if seen < keeper.wanted {
        tracing::warn!(seen, wanted = keeper.wanted, "a head is published with fewer cosignatures than are wanted");
    }
    show(state, Some(settled), head.with(checkpoint)).await?;
    state.metrics.published(seen);
    Ok(seen)
}

/// Asks everybody to cosign the published head anew. How many have cosigned it.
async fn cosign_again(state: &Arc<State>, keeper: &Keeper) -> Result<usize, Fault> {
    if keeper.wanted == 0 {
        return Ok(0);
    }
    let Ok(head) = state.published.head() else { return Ok(0) };
    let registry = Arc::clone(state.published.read().machine.members().registry());
    let (before, clock) = (head.checkpoint().clone(), &state.clock.0);
    let checkpoint = keeper.witnesses.ask(&state.log, &registry, before.clone(), usize::MAX, keeper.grace, clock).await;
    let seen = checkpoint.witnesses(&registry).len();
    if checkpoint != before {
        show(state, None, head.with(checkpoint)).await?;
    }
    state.metrics.published(seen);
    Ok(seen)
}

/// Shows a head, once it is durable with its cosignatures.
async fn show(state: &Arc<State>, settled: Option<Settled>, head: ShownHead) -> Result<(), Fault> {
    let showing = Arc::clone(state);
    let showing = move || {
        keep_published(&showing, &head)?;
        showing.published.show(settled, head);
        Ok(())
    };
    state.host.blocking(showing).await.map_err(Fault::Thread)?
}

/// Shows a head that nobody was asked about: at the start, before anybody can be.
pub(super) fn show_at_once(state: &State, written: Written) -> Result<(), Fault> {
    keep_published(state, &written.head)?;
    state.published.show(Some(written.settled), written.head);
    Ok(())
}

fn keep_published(state: &State, head: &ShownHead) -> Result<(), Fault> {
    let mut batch = Batch::new();
    batch.put(NOTES, PUBLISHED, head.note().to_vec());
    Ok(state.store.commit(batch)?)
}
