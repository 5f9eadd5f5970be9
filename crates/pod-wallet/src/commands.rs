//! What a wallet tells a holder: each command built from typed values, and signed for one connection.

use pod_crypto::{Random, random_array};
use pod_protocol::command::{Action, Command};
use pod_protocol::cose::Verified;
use pod_protocol::field::{Purpose, RecordType};
use pod_protocol::grant::Grant;
use pod_protocol::ids::{Cti, PodId, Principal};
use pod_protocol::key_event::KeyEvent;
use pod_protocol::request::Binding;
use pod_protocol::revocation::{Revocation, Target};

use crate::keys::Signer;

/// How long a command counts, in seconds: a slow mobile network and clocks that differ; the protocol allows 120.
pub const COMMAND_LIFETIME_SECS: u64 = 60;

/// Something to tell a holder, before it is known on which connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The holder.
    pub holder: Principal,
    /// About which pod.
    pub pod: PodId,
    /// What.
    pub action: Action,
}

impl Order {
    /// About a pod at a holder.
    #[must_use]
    pub fn new(holder: Principal, pod: PodId, action: Action) -> Self {
        Self { holder, pod, action }
    }

    /// Keep this grant. Holder and pod are the grant's own.
    #[must_use]
    pub fn deposit(grant: &Verified<Grant>) -> Self {
        Self::new(grant.audience, grant.subject, Action::Deposit(grant.bytes().to_vec()))
    }

    /// Stop releasing these record types (all when there are none), or allow it again.
    #[must_use]
    pub fn restrict(holder: Principal, pod: PodId, record_types: Vec<RecordType>, on: bool) -> Self {
        Self::new(holder, pod, Action::Restrict { record_types, on })
    }

    /// Object to a purpose, at one organisation or at all, or withdraw that.
    #[must_use]
    pub fn object(holder: Principal, pod: PodId, purpose: Purpose, organisation: Option<Principal>, on: bool) -> Self {
        Self::new(holder, pod, Action::Object { purpose, organisation, on })
    }

    /// Send me the records, of one type or all, without the first `skip`.
    #[must_use]
    pub fn read(holder: Principal, pod: PodId, record_type: Option<RecordType>, skip: u64) -> Self {
        Self::new(holder, pod, Action::Read { record_type, skip })
    }

    /// Send me the log entries from index `from` on, at most `limit`.
    #[must_use]
    pub fn log(holder: Principal, pod: PodId, from: u64, limit: u64) -> Self {
        Self::new(holder, pod, Action::Log { from, limit })
    }

    /// Send me everything, without the first `skip` records.
    #[must_use]
    pub fn export(holder: Principal, pod: PodId, skip: u64) -> Self {
        Self::new(holder, pod, Action::Export { skip })
    }

    /// Send me the access requests that wait, without the first `skip`.
    #[must_use]
    pub fn inbox(holder: Principal, pod: PodId, skip: u64) -> Self {
        Self::new(holder, pod, Action::Inbox { skip })
    }

    /// Send me what stands, without the first `skip` entries.
    #[must_use]
    pub fn standing(holder: Principal, pod: PodId, skip: u64) -> Self {
        Self::new(holder, pod, Action::Standing { skip })
    }

    /// Append this event to my key log.
    #[must_use]
    pub fn key_event(holder: Principal, pod: PodId, event: &Verified<KeyEvent>) -> Self {
        Self::new(holder, pod, Action::KeyEvent(event.bytes().to_vec()))
    }

    /// Signs it for a connection: its exporter, or the holder's origin with a nonce that the holder gave.
    #[must_use]
    pub fn sign(
        &self,
        signer: &Signer,
        binding: Binding,
        nonce: Option<Cti>,
        now_secs: u64,
        random: &dyn Random,
    ) -> Verified<Command> {
        let command = Command {
            issuer: signer.principal,
            subject: Some(self.pod),
            audience: self.holder,
            expires: now_secs + COMMAND_LIFETIME_SECS,
            issued: now_secs,
            cti: Cti::new(random_array(random)),
            nonce,
            action: self.action.clone(),
            binding,
        };
        Verified::sign(&signer.key, command)
    }
}

/// Takes back, at the organisation whose key `signer` is. It needs no connection: it counts whenever it arrives.
#[must_use]
pub fn revocation(signer: &Signer, target: Target, now_secs: u64, random: &dyn Random) -> Verified<Revocation> {
    let revocation = Revocation {
        issuer: signer.principal,
        audience: signer.organisation,
        issued: now_secs,
        cti: Cti::new(random_array(random)),
        target,
    };
    Verified::sign(&signer.key, revocation)
}
