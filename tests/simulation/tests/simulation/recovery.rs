//! After everything is healed: a citizen's new grant is taken and gives something, at each holder, and what was taken back through the
//! directory's log gives nothing, and no operator did anything.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::time::Duration;

use pod_client::service::HeldGrant;
use pod_protocol::ids::ObjectId;
use pod_protocol::request::Wanted;
use pod_store::Table;

use crate::check::Checker;
use crate::citizen::Wallet;
use crate::federation::{DAY, HOLDERS, KELA, PURPOSE};
use crate::model::Held;
use crate::run::END_MS;
use crate::service::Service;

/// Tries at each step, one after the other.
const TRIES: usize = 3;

/// Where nodes keep what they are to pass on: when it came, the id, what is sealed.
const LOG_POSTS: Table = Table("node-log-posts");
/// In which the watcher looks twice.
const WATCHED_MS: u64 = 3_000;
/// Items of one fetch.
const ITEMS: usize = 16;

/// Waits until every holder must have heard of what stood in the log before the end of all trouble, then fetches by all of it: the
/// rules say that nothing comes.
pub async fn nothing_comes_back(heard_ms: u64, services: [Service; 2]) -> turmoil::Result {
    let checker = &services[0].actor.checker;
    while checker.history.ms() <= heard_ms {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for service in &services {
        let ended: Vec<Held> = {
            let mut facts = checker.model.facts();
            (0..HOLDERS.len()).for_each(|holder| facts.settle(holder, checker.history.ms()));
            let by_the_log = |held: &&Held| held.ids.iter().any(|id| facts.grants[id].heard_ms.is_some());
            facts.held[&service.number].iter().filter(by_the_log).cloned().collect()
        };
        for some in ended.chunks(ITEMS) {
            let item = |held: &Held| (held.clone(), HeldGrant::of_chain(&held.chain).unwrap().everything());
            service.fetch(some.iter().map(item).collect(), PURPOSE).await;
        }
    }
    nothing_is_lost(checker).await;
    Ok(())
}

/// What a node took to pass on waits there, since it may have been told to ask less often; or is in the log. Looked at shortly before
/// the end, so that whoever reads the log still sees what is passed on after that.
async fn nothing_is_lost(checker: &Checker) {
    while checker.history.ms() < END_MS - WATCHED_MS {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let rows = checker
        .holders
        .iter()
        .flat_map(|holder| holder.store.range(LOG_POSTS, Bound::Unbounded, Bound::Unbounded, usize::MAX).unwrap());
    let ids = rows.map(|(_, row)| ObjectId::new(row[8..40].try_into().unwrap())).collect();
    checker.model.facts().waiting = ids;
}

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
