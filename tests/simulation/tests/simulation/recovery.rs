//! After everything is healed: a citizen's new grant is taken and gives something, at each holder, and no operator did anything.

use std::collections::BTreeSet;
use std::time::Duration;

use pod_protocol::request::Wanted;

use crate::citizen::Wallet;
use crate::federation::{DAY, HOLDERS, KELA, PURPOSE};
use crate::service::Service;

/// Tries at each step, one after the other.
const TRIES: usize = 3;

/// Waits for the end of all trouble, then grants and fetches.
pub async fn works_again(healed_ms: u64, wallet: Wallet, service: Service) -> turmoil::Result {
    let history = &service.actor.checker.history;
    while history.ms() < healed_ms {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for holder in 0..HOLDERS.len() {
        let fields = BTreeSet::from([("residence".to_owned(), "given_names".to_owned())]);
        let held = wallet.sign(holder, KELA, fields, DAY, 0);
        let wanted = Wanted {
            record_type: "residence".parse().unwrap(),
            names: vec!["given_names".parse().map(pod_protocol::request::Name::Field).unwrap()],
        };
        let (mut deposited, mut fetched) = (false, false);
        for _ in 0..TRIES {
            deposited = deposited || wallet.deposit(holder, &held).await;
            fetched = fetched || deposited && service.fetch(vec![(held.clone(), vec![wanted.clone()])], PURPOSE).await;
        }
        match (deposited, fetched) {
            (true, true) => history.count("holders that work again"),
            _ => history.violated(0, format!("holder {holder} does not work again after all is healed")),
        }
    }
    Ok(())
}
