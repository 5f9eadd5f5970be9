//! The registry: fetched, verified from the trust anchor down, and held against the log, which says of which bytes it is made.

use pod_crypto::sha256;
use pod_protocol::Refusal;
use pod_protocol::merkle::Hash;
use pod_protocol::registry::{Anchor, Registry};
use pod_protocol::tlog::LogFault;
use pod_protocol::tlog::evidence::Evidence;
use pod_protocol::tlog::head::{CheckedHead, Head, Policy};
use pod_protocol::tlog::leaf::{Body, Leaf};
use pod_protocol::tlog::view::View;

use super::kept::Held;
use super::{DirectoryClient, LogSource, most_telling};
use crate::error::{CallError, Disbelief};

/// How often head and registry are fetched again when the directory published a new state in between.
const MAX_RACES: usize = 3;

/// What stands behind a copy of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The log vouches for it: nothing is left out, and as many organisations as are wanted saw it by then.
    Proven {
        /// By when they had seen it, in seconds since 1970.
        seen_secs: u64,
    },
    /// It was fetched and all in it is signed; that nothing is left out, nobody vouches for now.
    Unproven,
    /// Nothing was fetched: the last good copy.
    LastGood,
}

/// A verified registry, and what stands behind it.
#[derive(Debug)]
pub struct RegistryCopy {
    /// The registry.
    pub registry: Registry,
    /// What stands behind it.
    pub standing: Standing,
    /// First second at which it no longer counts.
    pub valid_until_secs: u64,
    /// Who was away, and who showed what is not believed. Empty when the directory itself showed a proven copy.
    pub troubles: Vec<CallError>,
    /// Statements that were turned down, by their place in the snapshot.
    pub refused: Vec<(usize, Refusal)>,
    kept: Held,
}

impl RegistryCopy {
    fn of(kept: Held, standing: Standing, troubles: Vec<CallError>, refused: Vec<(usize, Refusal)>) -> Self {
        let (registry, valid_until_secs) = (kept.registry.clone(), kept.valid_until_secs());
        Self { registry, standing, valid_until_secs, troubles, refused, kept }
    }

    /// What to keep, and to bring to the next call.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.kept.to_bytes()
    }

    /// The last head that was believed.
    #[must_use]
    pub fn view(&self) -> Option<&View> {
        self.kept.view.as_ref()
    }

    /// The log went on meanwhile: to a view that continues the one before.
    pub fn advance(&mut self, view: View) {
        self.kept.view = Some(view);
    }

    /// What proves that somebody was lied to, to be kept and shown.
    pub fn evidence(&self) -> impl Iterator<Item = &Evidence> {
        self.troubles.iter().filter_map(CallError::evidence)
    }
}

/// What one source showed, joined with what was held.
#[derive(Debug)]
pub struct Shown {
    /// What is held now.
    pub held: Held,
    /// Statements that were turned down, by their place in the snapshot.
    pub refused: Vec<(usize, Refusal)>,
    /// Whether statements were fetched and joined.
    pub held_changed: bool,
    /// The head that enough organisations vouch for; else why nobody vouches for what was fetched.
    pub proven: Result<CheckedHead, CallError>,
}

impl DirectoryClient {
    /// The registry, verified from the trust anchor down and held against the log. `kept` is what the last call gave
    /// ([`RegistryCopy::to_bytes`]): it saves the download when nothing changed, is joined with what did, so that nobody takes
    /// a suspension back by showing an old registry, says where the log was, and stands in for a directory that is away or
    /// lies, until it is a day old. What does not read is ignored.
    ///
    /// Mirrors are asked until one shows a proven copy. While none does, statements that hold by themselves count, so that a
    /// federation can begin before it has witnesses; whoever saw a proven copy before goes on for a day at most without one.
    ///
    /// # Errors
    /// [`CallError`], when there is no good copy either. [`CallError::evidence`] gives what proves a lie.
    pub async fn registry(&self, anchor: &Anchor, kept: Option<&[u8]>) -> Result<RegistryCopy, CallError> {
        let now_secs = self.directory()?.caller.now_secs();
        let mut kept = kept.and_then(|bytes| Held::read(bytes, anchor, now_secs));
        let (mut troubles, mut fetched, mut refused) = (Vec::new(), false, Vec::new());
        for source in self.sources() {
            let before = kept.clone().unwrap_or_else(|| Held::nothing(anchor, now_secs));
            match source.look(before, self.policy(), now_secs).await {
                Ok(Shown { held, refused, proven: Ok(head), .. }) => {
                    let standing = Standing::Proven { seen_secs: head.seen_secs };
                    return Ok(RegistryCopy::of(held, standing, troubles, refused));
                }
                Ok(Shown { held: joined, refused: turned_down, proven: Err(trouble), .. }) => {
                    (kept, refused, fetched) = (Some(joined), turned_down, true);
                    troubles.push(trouble);
                }
                Err(trouble) => troubles.push(trouble),
            }
        }
        match kept.filter(|kept| kept.counts(now_secs)) {
            Some(kept) => {
                let standing = if fetched { Standing::Unproven } else { Standing::LastGood };
                Ok(RegistryCopy::of(kept, standing, troubles, refused))
            }
            None => Err(most_telling(troubles).unwrap_or(CallError::Ours { what: "no directory is named".to_owned() })),
        }
    }
}

impl DirectoryClient {
    /// Looks whether a statement that the directory took stands in its registry, and what stands behind that.
    ///
    /// # Errors
    /// [`CallError`]; [`Disbelief::Dropped`] when the registry lacks it.
    pub async fn find_statement(&self, anchor: &Anchor, statement: &[u8]) -> Result<Standing, CallError> {
        let now_secs = self.directory()?.caller.now_secs();
        let shown = self.own_log()?.look(Held::nothing(anchor, now_secs), self.policy(), now_secs).await?;
        if !shown.held.registry.held().any(|(_, held)| held == statement) {
            return Err(self.directory()?.unbelievable(Disbelief::Dropped));
        }
        Ok(shown.proven.map_or(Standing::Unproven, |head| Standing::Proven { seen_secs: head.seen_secs }))
    }
}

impl LogSource {
    /// What this source shows, joined with what is held.
    ///
    /// # Errors
    /// [`CallError`], when nothing of it may be used.
    pub async fn look(&self, before: Held, policy: &Policy, now_secs: u64) -> Result<Shown, CallError> {
        let (mut kept, mut refused, mut held_changed) = (before, Vec::new(), false);
        for _ in 0..MAX_RACES {
            let head = self.head().await;
            // Only a hint: what the head says is believed when it was checked.
            if kept.digest.is_none() || head.as_ref().ok().and_then(said_digest) != kept.digest {
                refused = self.join(&mut kept, now_secs).await?;
                held_changed = true;
            }
            let head = match head {
                Ok(head) => head,
                // One that says what is no head is not one that is away.
                Err(lie @ CallError::Unbelievable { .. }) => return Err(lie),
                Err(trouble) => {
                    confirm_unproven(&mut kept, now_secs);
                    return Ok(Shown { held: kept, refused, held_changed, proven: Err(trouble) });
                }
            };
            match self.hold_against(&head, &mut kept, policy, now_secs).await {
                // A new state was published between the two calls, or a lie: the next look says which.
                Err(CallError::Unbelievable { what: Disbelief::Log { fault: LogFault::Registry, .. }, .. }) => {}
                proven => return Ok(Shown { held: kept, refused, held_changed, proven: proven? }),
            }
        }
        Err(self.lied(LogFault::Registry))
    }

    /// Fetches the snapshot, and joins it with what is held.
    async fn join(&self, kept: &mut Held, now_secs: u64) -> Result<Vec<(usize, Refusal)>, CallError> {
        let snapshot = self.snapshot().await?;
        let fetched = Registry::read_snapshot(&snapshot).map_err(|why| self.target().unbelievable(why))?;
        let (registry, refused) = kept.registry.joined(&fetched, now_secs);
        // A snapshot in which nothing holds is not the registry of this trust anchor.
        if refused.len() == fetched.len() {
            return Err(self.target().unbelievable(Disbelief::Shape("a registry under the trust anchor")));
        }
        (kept.registry, kept.digest) = (registry, Some(sha256(&[&snapshot])));
        Ok(refused)
    }

    /// Holds a head against what is kept, and goes on to it when enough organisations vouch for it.
    ///
    /// # Errors
    /// [`CallError`], for a head of which nothing may be used.
    async fn hold_against(
        &self,
        head: &Head,
        kept: &mut Held,
        policy: &Policy,
        now_secs: u64,
    ) -> Result<Result<CheckedHead, CallError>, CallError> {
        // What nobody cosigned may be late; what contradicts the log that was seen before is a lie all the same.
        let nobody = Policy { witnesses: 0, max_age_secs: u64::MAX };
        let signed = self.checked(head, &kept.registry, &nobody)?;
        View::step(kept.view.as_ref(), &signed).map_err(|fault| self.contradicts(fault, kept.view.as_ref(), head))?;
        if Some(signed.state.registry) != kept.digest {
            return Err(self.lied(LogFault::Registry));
        }
        let checked = match self.checked(head, &kept.registry, policy) {
            Ok(checked) => checked,
            Err(trouble) => {
                confirm_unproven(kept, now_secs);
                return if trouble.is_late() { Ok(Err(trouble)) } else { Err(trouble) };
            }
        };
        kept.view = Some(self.advance(kept.view.as_ref(), head, &checked).await?);
        kept.fetched_secs = now_secs;
        Ok(Ok(checked))
    }
}

/// Who never saw a proven head takes what is signed; who did holds out for another one, so that taking the witnesses away
/// keeps no suspension from anybody for longer than a day.
fn confirm_unproven(kept: &mut Held, now_secs: u64) {
    if kept.view.is_none() {
        kept.fetched_secs = now_secs;
    }
}

/// Of which snapshot a head says that it is, before anything of it was checked.
fn said_digest(head: &Head) -> Option<Hash> {
    match Leaf::from_bytes(&head.leaf).ok()?.body {
        Body::State(state) => Some(state.registry),
        _ => None,
    }
}
