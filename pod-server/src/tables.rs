//! The node's own tables beside the vault's: names fixed here, listed when the store is opened.

use pod_store::Table;

/// Pod → sealed restrictions, objections and revocations.
pub(crate) const STANDING: Table = Table("node-standing");
/// Principal and number → key event.
pub(crate) const KEY_EVENTS: Table = Table("node-key-events");
/// Principal and number → when the event was taken in, and whether the person identified themselves for it.
pub(crate) const KEY_EVENTS_TAKEN: Table = Table("node-key-events-taken");
/// Digest of a device's or a recovery key, and principal → nothing: in whose log it is.
pub(crate) const KEY_DIGESTS: Table = Table("node-key-digests");
/// Principal → the pod of the person behind it, in whose log entries about the key log stand.
pub(crate) const OWN_PODS: Table = Table("node-own-pods");
/// Principal → how the registers know the person behind it, by a handle that is no identity code.
pub(crate) const PRINCIPALS: Table = Table("node-principals");
/// Handle of a person → their principal.
pub(crate) const PEOPLE: Table = Table("node-people");
/// Pod and principal → whether they are its subject or a guardian.
pub(crate) const ACTORS: Table = Table("node-actors");
/// Handle of a person → the wallet that their organisation's desk binds for them, and when.
pub(crate) const DESK: Table = Table("node-desk");
/// Grant id → pod and sealed grant.
pub(crate) const GRANTS: Table = Table("node-grants");
/// Pod and grant id → when the grant was taken in.
pub(crate) const POD_GRANTS: Table = Table("node-pod-grants");
/// Key id and grant id → until when it is remembered that the key took back a grant that was not on record, by which
/// revocation, and where that stands in the log.
pub(crate) const EARLY_REVOCATIONS: Table = Table("node-early-revocations");
/// Pod and grant id → sealed: to which service something was released under the grant, and what, by name.
pub(crate) const RELEASED: Table = Table("node-released");
/// Key id, pod and grant id → nothing: rows of [`RELEASED`] in whose chain the service's key signed a link.
pub(crate) const RELEASED_BY_KEY: Table = Table("node-released-by-key");
/// Principal and pod → nothing: the pods for which somebody acts, or did.
pub(crate) const ACTOR_PODS: Table = Table("node-actor-pods");
/// 0 and pod, 1 and principal, 2 and key id, or 3, due time and principal → when: what was taken back, or a recovery will, until the
/// services that had data are noticed.
pub(crate) const TAKEN_BACK: Table = Table("node-taken-back");
/// Key id of a service → since when what it signed is taken back, the organisation whose service it is, by which revocation, and
/// where that stands in the log.
pub(crate) const REVOKED_KEYS: Table = Table("node-revoked-keys");
/// Notice id → pod and sealed notice, with how far it came.
pub(crate) const NOTICES: Table = Table("node-notices");
/// Pod, when and notice id → nothing.
pub(crate) const POD_NOTICES: Table = Table("node-pod-notices");
/// When, kind and id → how often it was tried, and for a receipt the service: notices and receipts to be delivered.
pub(crate) const UNDELIVERED: Table = Table("node-undelivered");
/// Service and notice id → a notice that another organisation sent to a service of this one, and the receipt for it.
pub(crate) const RECEIVED_NOTICES: Table = Table("node-received-notices");
/// Service, holder and notice id → nothing: what the service has not answered.
pub(crate) const WAITING_NOTICES: Table = Table("node-waiting-notices");
/// When, service and notice id → holder: when a notice that was received counts no longer.
pub(crate) const NOTICE_ENDS: Table = Table("node-notice-ends");
/// Access request id → its bytes.
pub(crate) const ACCESS_REQUESTS: Table = Table("node-access-requests");
/// When and access request id → nothing: when it can no longer be answered.
pub(crate) const REQUEST_ENDS: Table = Table("node-access-request-ends");
/// Pod and access request id → nothing: what waits in an inbox.
pub(crate) const INBOX: Table = Table("node-inbox");
/// Access request id and decision digest → sealed decision.
pub(crate) const DECISIONS: Table = Table("node-decisions");
/// Single values: the last good registry, checkpoints.
pub(crate) const SINGLES: Table = Table("node-singles");
/// Pod → epoch and sealed tag and key under which wallets find it, once the blinder answered.
pub(crate) const HOLDER_TAGS: Table = Table("node-holder-tags");
/// What the directory has yet to be told: 0 and pod, whose entry is published, or 1 and tag, which is withdrawn → since when,
/// and a number that is another one each time.
pub(crate) const UNPUBLISHED: Table = Table("node-unpublished");
/// When and pod → nothing: when an entry in the directory is due to be renewed.
pub(crate) const RENEWALS: Table = Table("node-renewals");
/// Pod → nothing: the directory had no room for its entry. It is tried again as a renewal.
pub(crate) const NO_ROOM: Table = Table("node-no-room");
/// Id of a key event → when the directory's log took it.
pub(crate) const LOG_TIMES: Table = Table("node-log-times");
/// Digest of what a wallet gave to be posted to the directory's log → when it came, and its bytes.
pub(crate) const LOG_POSTS: Table = Table("node-log-posts");
/// Register file → how far its import came.
pub(crate) const IMPORTS: Table = Table("node-imports");

/// The version of all that is above; another one refuses to open.
pub const SCHEMA_VERSION: u32 = 1;

/// Every table of a node's store.
#[must_use]
pub fn tables() -> Vec<Table> {
    let mut tables = vec![
        STANDING,
        KEY_EVENTS,
        KEY_EVENTS_TAKEN,
        KEY_DIGESTS,
        OWN_PODS,
        PRINCIPALS,
        PEOPLE,
        ACTORS,
        DESK,
        GRANTS,
        POD_GRANTS,
        EARLY_REVOCATIONS,
        RELEASED,
        RELEASED_BY_KEY,
        ACTOR_PODS,
        TAKEN_BACK,
        REVOKED_KEYS,
        NOTICES,
        POD_NOTICES,
        UNDELIVERED,
        RECEIVED_NOTICES,
        WAITING_NOTICES,
        NOTICE_ENDS,
        ACCESS_REQUESTS,
        REQUEST_ENDS,
        INBOX,
        DECISIONS,
        SINGLES,
        HOLDER_TAGS,
        UNPUBLISHED,
        RENEWALS,
        NO_ROOM,
        LOG_TIMES,
        LOG_POSTS,
        IMPORTS,
    ];
    tables.extend_from_slice(&pod_vault::tables());
    tables
}
