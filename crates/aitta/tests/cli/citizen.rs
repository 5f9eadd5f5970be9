//! The family's citizen in this process, with the wallet that the program made: gives grants and takes them back as fast as the
//! node answers.

use std::path::Path;
use std::sync::Arc;

use pod_client::node::NodeClient;
use pod_client::service::HeldGrant;
use pod_client::{Bound, CallError};
use pod_crypto::{AeadKey, SystemRandom};
use pod_protocol::command::Acknowledgement;
use pod_protocol::cose::Verified;
use pod_protocol::ids::{ObjectId, PodId};
use pod_protocol::registry::Registry;
use pod_protocol::revocation::Target;
use pod_wallet::commands::{Order, revocation};
use pod_wallet::decide::{Choice, HolderChoice, agree};
use pod_wallet::keys::Signer;
use pod_wallet::labels::Labels;
use pod_wallet::review::Review;
use pod_wallet::root::RootSecret;
use pod_wallet::state::WalletState;
use tokio::sync::Semaphore;

use crate::family::{Family, now_secs};

/// The node's signed word: of what, and where it stands in the log.
pub struct Told {
    pub of: ObjectId,
    pub index: u64,
}

/// Whether a grant was taken back.
pub enum TakenBack {
    No,
    /// The node was asked, and did not answer: it may have been, or not.
    Asked,
    Done(Told),
}

/// A grant that the node acknowledged.
pub struct Given {
    pub held: HeldGrant,
    pub deposited: Told,
    pub taken_back: TakenBack,
}

pub struct Citizen {
    registry: Arc<Registry>,
    node: NodeClient,
    signer: Signer,
    pod: PodId,
    review: Review,
}

impl Citizen {
    pub fn of(family: &Family) -> Self {
        let wallet = family.world.path("wallet");
        let read = |file: &str| std::fs::read(Path::new(&wallet).join(file)).unwrap();
        let device_key = AeadKey::from_bytes(read("device.key").try_into().unwrap());
        let root = RootSecret::unwrap_with_device_key(&read("root.device"), &device_key).unwrap();
        let state = WalletState::open(&read("state"), &device_key).unwrap();
        let (holder, enrolled) = state.organisations().next().unwrap();
        let (caller, registry) = (family.service().caller.clone(), Arc::clone(&family.service().registry));
        let node = NodeClient::find(&caller, &registry, holder).unwrap();
        let request = family.runtime.block_on(node.access_request(&family.ask())).unwrap();
        let labels = Labels::of(&family.runtime.block_on(node.catalogue()).unwrap()).unwrap();
        let review = Review::of(&request, &registry, &labels, now_secs()).unwrap();
        Self {
            node,
            signer: state.signer(&root, holder, now_secs()).unwrap(),
            pod: enrolled.pods[0].pod,
            review,
            registry,
        }
    }

    pub async fn give(&self) -> Result<Given, CallError> {
        let holders = vec![HolderChoice { pod: self.pod, signer: &self.signer, record_types: None }];
        let choice = Choice { holders, ..Choice::default() };
        let grant = agree(&self.review, &choice, now_secs(), &SystemRandom).unwrap().grants.remove(0);
        let order = Order::deposit(&grant);
        let sign =
            |bound: &Bound| order.sign(&self.signer, bound.binding.clone(), bound.nonce, now_secs(), &SystemRandom);
        let outcome = self.node.command(&self.registry, sign).await?;
        let held = HeldGrant::of_chain(&[grant.bytes().to_vec()]).unwrap();
        Ok(Given { held, deposited: told(&outcome.acknowledgement), taken_back: TakenBack::No })
    }

    async fn take_back(&self, given: &mut Given) -> Result<(), CallError> {
        given.taken_back = TakenBack::Asked;
        let target = Target::Grant(given.held.ids()[0]);
        let revocation = revocation(&self.signer, target, now_secs(), &SystemRandom);
        given.taken_back = TakenBack::Done(told(&self.node.revoke(&self.registry, &revocation).await?));
        Ok(())
    }

    /// Gives one grant after the other, and takes every second one back, until the node is gone; a permit for each
    /// acknowledgement.
    pub async fn decide_until_gone(&self, acknowledged: &Semaphore) -> Vec<Given> {
        let mut given = Vec::new();
        loop {
            let Ok(one) = self.give().await.map_err(gone) else { return given };
            acknowledged.add_permits(1);
            given.push(one);
            if given.len() % 2 == 0 {
                let Ok(()) = self.take_back(given.last_mut().unwrap()).await.map_err(gone) else { return given };
                acknowledged.add_permits(1);
            }
        }
    }
}

/// A node that is killed breaks connections, and does nothing else.
pub fn gone(error: CallError) {
    assert!(matches!(error, CallError::Way { .. }), "{error:?}");
}

fn told(acknowledgement: &Verified<Acknowledgement>) -> Told {
    Told { of: acknowledgement.of, index: acknowledgement.audit_index }
}
