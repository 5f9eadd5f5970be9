//! Defects that are planted through the seams, to see that the simulation finds them.

use std::ops::Bound;
use std::sync::Arc;

use pod_http::Request;
use pod_store::{Batch, Row, Store, StoreError, Table};
use turmoil::Sim;

use crate::actor::Actor;
use crate::federation::{DIRECTORY_PORT, origin};

/// How late a clock with the defect is: within what the protocol allows for, so that requests still count.
pub const CLOCK_LATE_SECS: u64 = 30;

/// One defect, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    Nothing,
    /// The disk under the log says that it synced, and did not.
    DiskLies,
    /// What stands over a pod (revocations, restrictions, objections) is not kept.
    StandingIsForgotten,
    /// Registers come in without the mark of non-disclosure.
    MarkIsLost,
    /// The holders' clocks are half a minute late.
    ClockIsLate,
    /// What is posted to the log is sealed to a key that the holder does not have.
    SealedForNobody,
    /// Somebody tells the directory whom a grant is about.
    Gossip,
}

/// A store that forgets what is in one table.
#[derive(Debug)]
struct Forgetful {
    store: Arc<dyn Store>,
    table: Table,
}

impl Store for Forgetful {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if table == self.table { Ok(None) } else { self.store.get(table, key) }
    }

    fn range(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        if table == self.table { Ok(Vec::new()) } else { self.store.range(table, from, to, limit) }
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.store.count(table)
    }

    fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.store.commit(batch)
    }
}

impl Planted {
    /// The store of a holder.
    pub fn over(self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        match self {
            Self::StandingIsForgotten => Arc::new(Forgetful { store, table: Table("node-standing") }),
            _ => store,
        }
    }

    pub fn gossip(self, sim: &mut Sim<'_>, actor: Actor) {
        if self == Self::Gossip {
            sim.client("gossip", async move {
                while actor.waits(30_000, 60_000).await {
                    let code = actor.checker.citizens[1].code.clone();
                    let told = Request::post("/v1/entries", "application/cbor", code.into_bytes());
                    let _turned_down = actor.caller.http.send(&origin(DIRECTORY_PORT).parse().unwrap(), told).await;
                }
                Ok(())
            });
        }
    }
}
