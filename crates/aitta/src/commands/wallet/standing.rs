//! What stands for a pod at a holder, all pages together.

use std::collections::{BTreeMap, BTreeSet};

use pod_protocol::cose::Signed;
use pod_protocol::grant::Grant;
use pod_protocol::ids::{GrantId, ObjectId, PodId, Principal};
use pod_protocol::notice::Notice;
use pod_wallet::commands::Order;
use pod_wallet::notices::ToldNotice;
use pod_wallet::on_record::{Attributions, OwnKeys, ToldGrant, believed};
use serde::Deserialize;

use super::opened::{Opened, not_enrolled};
use crate::exit::Exit;
use crate::failure::Failure;

/// The answer to the command `standing`, as far as it is used here.
#[derive(Debug, Default, Deserialize)]
struct Page {
    grants: Vec<ToldGrant>,
    revoked: Vec<ObjectId>,
    revoked_before_secs: u64,
    #[serde(default)]
    notices: Vec<ToldNotice>,
    next_skip: Option<u64>,
}

/// What stands for a pod.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The grants on record, as the holder tells them.
    told: Vec<ToldGrant>,
    /// Those of them that read, as they say themselves.
    pub(super) grants: BTreeMap<GrantId, Grant>,
    /// Those that were taken back.
    revoked: BTreeSet<ObjectId>,
    /// All issued before this second are taken back.
    revoked_before_secs: u64,
    /// Which services were told what.
    notices: Vec<ToldNotice>,
}

impl Standing {
    /// Asks the holder.
    pub(super) async fn ask(opened: &mut Opened, holder: Principal, pod: PodId) -> Result<Self, Failure> {
        let (mut whole, mut skip) = (Self::default(), 0);
        loop {
            let outcome = opened.order(&Order::standing(holder, pod, skip)).await?;
            let page: Page = serde_json::from_slice(&outcome.result)
                .map_err(|fault| Failure::of(Exit::EvidenceBroken, "not-believed", fault))?;
            let read = |told: &ToldGrant| Some((told.id, told.read()?.unverified().clone()));
            whole.grants.extend(page.grants.iter().filter_map(read));
            whole.told.extend(page.grants);
            whole.revoked.extend(page.revoked);
            whole.revoked_before_secs = page.revoked_before_secs;
            whole.notices.extend(page.notices);
            match page.next_skip {
                // A page that leads nowhere further would be asked for without end.
                Some(next) if next > skip => skip = next,
                _ => return Ok(whole),
            }
        }
    }

    /// Asks the holder, and remembers what of it is believed, and which services were told what.
    pub(super) async fn take_in(opened: &mut Opened, holder: Principal, pod: PodId) -> Result<(), Failure> {
        let mut standing = Self::ask(opened, holder, pod).await?;
        let now_secs = opened.edge.now_secs();
        let events = opened.state.organisation(&holder).map(|at| at.held()).unwrap_or_default();
        let keys = OwnKeys::of(holder, &events, now_secs).map_err(not_enrolled)?;
        let known = Attributions::new(opened.joined.registry(), &opened.state);
        let is_revoked = |id: &GrantId, grant: &Grant| standing.is_revoked(id, grant);
        let told = believed((holder, pod), &standing.told, &keys, &known, is_revoked);
        opened.state.record_told(told, now_secs);
        let notices = std::mem::take(&mut standing.notices);
        opened.state.told_notices((holder, pod), notices, |told| standing.grants_of(told));
        Ok(())
    }

    /// Whether a grant on record is taken back.
    pub(super) fn is_revoked(&self, id: &GrantId, grant: &Grant) -> bool {
        self.revoked.contains(id) || grant.issued < self.revoked_before_secs
    }

    /// The grants that a notice names, and those above them.
    fn grants_of(&self, told: &ToldNotice) -> Vec<GrantId> {
        let Ok(notice) = Signed::<Notice>::decode(&told.notice) else { return Vec::new() };
        let mut found = Vec::new();
        for leaf in &notice.unverified().grants {
            let mut next = Some(*leaf);
            while let Some(id) = next.filter(|id| !found.contains(id)) {
                found.push(id);
                next = self.grants.get(&id).and_then(|grant| grant.parent);
            }
        }
        found
    }
}
