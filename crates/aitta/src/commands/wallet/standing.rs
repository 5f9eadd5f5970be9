//! What stands for a pod at a holder, all pages together.

use std::collections::BTreeMap;

use pod_protocol::cose::Signed;
use pod_protocol::grant::Grant;
use pod_protocol::ids::{GrantId, ObjectId, PodId, Principal};
use pod_protocol::notice::Notice;
use pod_wallet::blob::Blob;
use pod_wallet::commands::Order;
use pod_wallet::notices::ToldNotice;
use serde::Deserialize;

use super::opened::Opened;
use crate::exit::Exit;
use crate::failure::Failure;

/// The answer to the command `standing`, as far as it is used here.
#[derive(Debug, Default, Deserialize)]
struct Page {
    grants: Vec<HeldGrant>,
    revoked: Vec<ObjectId>,
    revoked_before_secs: u64,
    #[serde(default)]
    notices: Vec<ToldNotice>,
    next_skip: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct HeldGrant {
    id: GrantId,
    bytes: Blob,
}

/// What stands for a pod.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The grants on record, as they say themselves.
    pub(super) grants: BTreeMap<GrantId, Grant>,
    /// Those that were taken back.
    pub(super) revoked: Vec<ObjectId>,
    /// All issued before this second are taken back.
    pub(super) revoked_before_secs: u64,
    /// Which services were told what.
    pub(super) notices: Vec<ToldNotice>,
}

impl Standing {
    /// Asks the holder.
    pub(super) async fn ask(opened: &mut Opened, holder: Principal, pod: PodId) -> Result<Self, Failure> {
        let (mut whole, mut skip) = (Self::default(), 0);
        loop {
            let outcome = opened.order(&Order::standing(holder, pod, skip)).await?;
            let page: Page = serde_json::from_slice(&outcome.result)
                .map_err(|fault| Failure::of(Exit::EvidenceBroken, "not-believed", fault))?;
            for grant in page.grants {
                let signed = Signed::<Grant>::decode(&grant.bytes)
                    .map_err(|refusal| Failure::of(Exit::EvidenceBroken, "not-believed", refusal))?;
                if signed.id() == grant.id {
                    whole.grants.insert(grant.id, signed.unverified().clone());
                }
            }
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

    /// Whether a grant on record is taken back.
    pub(super) fn is_revoked(&self, id: &GrantId, grant: &Grant) -> bool {
        self.revoked.contains(id) || grant.issued < self.revoked_before_secs
    }

    /// The grants that a notice names, and those above them.
    pub(super) fn grants_of(&self, told: &ToldNotice) -> Vec<GrantId> {
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
