//! One organisation's node.

use pod_net::Kind;
use pod_protocol::access_request::AccessRequest;
use pod_protocol::answer::Answer;
use pod_protocol::command::{Acknowledgement, Command, CommandAnswer};
use pod_protocol::cose::{Signed, Verified};
use pod_protocol::ids::{ObjectId, PodId, Principal, base64url, from_base64url};
use pod_protocol::key_event::{KeyEvent, Taken};
use pod_protocol::login_code::LoginCode;
use pod_protocol::merkle::Hash;
use pod_protocol::registry::{Organisation, Registry};
use pod_protocol::request::Call;
use pod_protocol::revocation::Revocation;
use pod_protocol::tree_head::TreeHead;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::error::{CallError, Disbelief};
use crate::target::{Bound, CBOR, COSE, JSON, Target};
use crate::way::{Carried, peers_of};

/// Longest secret id of an enrolment that is put into a path, in bytes.
const MAX_ENROLMENT_ID_BYTES: usize = 128;
/// What an answer about an enrolment is, in errors.
const ENROLMENT_STATE: &str = "the state of an enrolment";

/// Calls to one node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NodeClient {
    target: Target,
}

/// What a node says about itself in `/.well-known/aitta`.
#[derive(Clone, Debug, Deserialize)]
pub struct WellKnown {
    /// The organisation.
    pub principal: Principal,
    /// In how many seconds a revocation reaches every node that honours delegated grants.
    #[serde(default)]
    pub revocation_bound_secs: Option<u64>,
    /// The origins to which requests with a nonce may be bound.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

/// What a command brought.
#[derive(Clone, Debug)]
pub struct CommandOutcome {
    /// The holder's signed word, checked.
    pub acknowledgement: Verified<Acknowledgement>,
    /// The JSON document that was asked for; empty for commands that ask for none.
    pub result: Vec<u8>,
}

/// An enrolment that was begun.
#[derive(Clone, Deserialize)]
pub struct EnrolmentStarted {
    /// Its secret id: whoever knows it learns how it ended.
    pub enrolment: String,
    /// Where the person logs in.
    pub authorization_url: String,
}

impl std::fmt::Debug for EnrolmentStarted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnrolmentStarted").finish_non_exhaustive()
    }
}

/// How an enrolment stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum EnrolmentStatus {
    /// The person has not logged in yet.
    Pending,
    /// Somebody has logged in, and the code that they were shown is awaited ([`NodeClient::confirm`]).
    Confirm,
    /// The wallet's keys are bound to these pods.
    Bound {
        /// The pods.
        pods: Vec<BoundPod>,
    },
    /// It ended without.
    Refused {
        /// Why.
        code: String,
    },
}

/// A pod to which a wallet's keys were bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundPod {
    /// The pod.
    pub pod: PodId,
    /// `self` or `guardian`.
    pub relation: String,
    /// First second at which a guardian's authority ends.
    #[serde(default, rename = "until")]
    pub until_secs: Option<u64>,
    /// What the child is called.
    #[serde(default)]
    pub label: Option<String>,
}

/// A key log, as a node tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyLogTold {
    /// Whose it is.
    pub principal: Principal,
    /// Its events, the first first.
    pub events: Vec<KeyEventTold>,
    /// Another wallet that the organisation's desk binds in place of this log.
    #[serde(default)]
    pub desk: Option<DeskTold>,
}

/// A wallet that an organisation's desk binds, as its node tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DeskTold {
    /// What to cancel.
    pub target: ObjectId,
    /// When it is bound.
    #[serde(rename = "due")]
    pub due_secs: u64,
    /// By what the person was identified.
    pub ground: String,
}

/// An event of a key log, with what the node knows of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyEventTold {
    /// The signed event, as base64url.
    event: String,
    taken: u64,
    logged: Option<u64>,
    identified: bool,
}

impl KeyEventTold {
    /// The signed event; empty when it is not base64url, which no replay takes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        from_base64url(&self.event).unwrap_or_default()
    }

    /// What the node knows of it.
    #[must_use]
    pub fn taken(&self) -> Taken {
        Taken { taken_secs: self.taken, logged_secs: self.logged, identified: self.identified }
    }
}

#[derive(Deserialize)]
struct KeyLogsAnswer {
    logs: Vec<KeyLogTold>,
}

fn encoded(events: &[Vec<u8>]) -> Vec<String> {
    events.iter().map(|event| base64url(event)).collect()
}

#[derive(Deserialize)]
struct ConsistencyAnswer {
    proof: Vec<String>,
}

impl NodeClient {
    /// The node at an address; `whom` names it in errors.
    ///
    /// # Errors
    /// [`CallError::Address`].
    pub fn new(caller: &Caller, url: &str, whom: &str) -> Result<Self, CallError> {
        Ok(Self { target: Target::new(caller, url, whom)? })
    }

    /// The node of an organisation: over libp2p at its multiaddrs when the caller has a [`Caller::net`], else, and for what libp2p
    /// does not carry, at the first of its endpoints that is a URL.
    ///
    /// # Errors
    /// [`CallError::Ours`] when it has none, [`CallError::Address`].
    pub fn of(caller: &Caller, organisation: &Organisation) -> Result<Self, CallError> {
        let whom = organisation.name().as_str();
        let url = organisation.endpoints().iter().find(|endpoint| !endpoint.is_multiaddr());
        let url = url.ok_or_else(|| CallError::Ours { what: format!("{whom} has published no address to call") })?;
        Ok(Self { target: Target::new(caller, url.as_str(), whom)?.with_peers(peers_of(organisation)) })
    }

    /// The node of the organisation with this id.
    ///
    /// # Errors
    /// [`CallError::Ours`] when it is no member or suspended, and as [`NodeClient::of`].
    pub fn find(caller: &Caller, registry: &Registry, principal: &Principal) -> Result<Self, CallError> {
        match registry.organisation(principal) {
            Some(organisation) if organisation.is_suspended() => {
                Err(CallError::Ours { what: format!("{} is suspended", organisation.name()) })
            }
            Some(organisation) => Self::of(caller, organisation),
            None => Err(CallError::Ours { what: format!("{principal} is no member of the federation") }),
        }
    }

    /// What the node is called in errors.
    #[must_use]
    pub fn whom(&self) -> &str {
        &self.target.whom
    }

    /// The address of one of its routes.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.target.url(path)
    }

    /// What the node says about itself.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn well_known(&self) -> Result<WellKnown, CallError> {
        self.target.get_json("/.well-known/aitta", "a node's description").await
    }

    /// A nonce and the binding that goes with it, for requests that are not sent by this program.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn nonce(&self) -> Result<Bound, CallError> {
        self.target.nonce().await
    }

    /// Sends a call, signed for the connection by `make`, which also gives what to keep of it. Says what carried it.
    ///
    /// The answer is decoded and nothing more: [`crate::service::fetch`] checks it too.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<T>(&self, make: impl Fn(&Bound) -> (Call, T)) -> Result<(Answer, T, Carried), CallError> {
        let make = |bound: &Bound| {
            let (call, kept) = make(bound);
            (call.to_bytes(), kept)
        };
        let sent = self.target.send_bound(Kind::Call, "/v1/call", CBOR, make).await?;
        let answer = Answer::from_bytes(&sent.body).map_err(|refusal| self.target.unbelievable(refusal))?;
        Ok((answer, sent.kept, sent.carried))
    }

    /// Sends a command, signed for the connection by `make`, and checks the acknowledgement.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn command(
        &self,
        registry: &Registry,
        make: impl Fn(&Bound) -> Verified<Command>,
    ) -> Result<CommandOutcome, CallError> {
        let make = |bound: &Bound| {
            let command = make(bound);
            (command.bytes().to_vec(), (command.id(), command.issuer, command.audience))
        };
        let sent = self.target.send_bound(Kind::Command, "/v1/command", COSE, make).await?;
        let (id, issuer, holder) = sent.kept;
        self.acknowledged(&sent.body, registry, id, issuer, holder)
    }

    /// Takes back, and checks the acknowledgement. A revocation needs no connection of its own.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn revoke(
        &self,
        registry: &Registry,
        revocation: &Verified<Revocation>,
    ) -> Result<Verified<Acknowledgement>, CallError> {
        let body =
            self.target.send_anyhow(Kind::Revocation, "/v1/revocations", COSE, revocation.bytes().to_vec()).await?;
        let outcome = self.acknowledged(&body, registry, revocation.id(), revocation.issuer, revocation.audience)?;
        Ok(outcome.acknowledgement)
    }

    /// Has the node pass on to the directory's log what is sealed for another holder.
    ///
    /// # Errors
    /// [`CallError`].
    pub(crate) async fn forward_to_log(&self, items: Vec<u8>) -> Result<(), CallError> {
        self.target.post("/v1/log/posts", CBOR, JSON, items).await.map(drop)
    }

    fn acknowledged(
        &self,
        body: &[u8],
        registry: &Registry,
        of: ObjectId,
        commander: Principal,
        holder: Principal,
    ) -> Result<CommandOutcome, CallError> {
        let refused = |refusal| self.target.unbelievable(Disbelief::Refused(refusal));
        let answer = CommandAnswer::from_bytes(body).map_err(refused)?;
        let signed = Signed::<Acknowledgement>::decode(&answer.acknowledgement).map_err(refused)?;
        let acknowledgement = registry.verify_by_organisation(signed, &holder).map_err(refused)?;
        if acknowledgement.issuer != holder || acknowledgement.audience != commander {
            return Err(self.target.unbelievable(Disbelief::Other("principal")));
        }
        if acknowledgement.of != of {
            return Err(self.target.unbelievable(Disbelief::Other("command")));
        }
        Ok(CommandOutcome { acknowledgement, result: answer.result })
    }

    /// The published access request with this id, as its service signed it. The caller checks its signature (the wallet's
    /// review does).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn access_request(&self, id: &ObjectId) -> Result<Vec<u8>, CallError> {
        let body = self.target.get(&format!("/v1/access-requests/{id}"), COSE).await?;
        let signed = Signed::<AccessRequest>::decode(&body).map_err(|refusal| self.target.unbelievable(refusal))?;
        if signed.id() == *id {
            Ok(body.to_vec())
        } else {
            Err(self.target.unbelievable(Disbelief::Other("access request")))
        }
    }

    /// Leaves a sealed decision with the service's node.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn leave_decision(&self, id: &ObjectId, sealed: Vec<u8>) -> Result<(), CallError> {
        let path = format!("/v1/access-requests/{id}/decisions");
        self.target.post(&path, "application/octet-stream", JSON, sealed).await.map(drop)
    }

    /// Begins an enrolment with the wallet's key events.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn begin_enrolment(&self, events: &[Vec<u8>]) -> Result<EnrolmentStarted, CallError> {
        self.enrol_with(serde_json::json!({ "events": encoded(events) })).await
    }

    /// Begins an enrolment in which the person logs in for a recovery of their key log.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn begin_recovery(&self, events: &[Vec<u8>], recovery: &[u8]) -> Result<EnrolmentStarted, CallError> {
        self.enrol_with(serde_json::json!({ "events": encoded(events), "recovery": base64url(recovery) })).await
    }

    async fn enrol_with(&self, body: serde_json::Value) -> Result<EnrolmentStarted, CallError> {
        self.target.post_json("/v1/enrolments", &body, "the beginning of an enrolment").await
    }

    /// The key logs in which the key with this digest is a device's or a recovery key. The caller replays them: nothing of them is
    /// checked here.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn key_logs(&self, digest: &[u8; 32]) -> Result<Vec<KeyLogTold>, CallError> {
        let body = serde_json::json!({ "digest": base64url(digest) });
        let answer: KeyLogsAnswer = self.target.post_json("/v1/key-logs", &body, "key logs").await?;
        Ok(answer.logs)
    }

    /// Appends an event to a key log.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the exact code at the beginning of its detail; [`CallError`].
    pub async fn send_key_event(&self, principal: &Principal, event: &Verified<KeyEvent>) -> Result<(), CallError> {
        let body = serde_json::json!({ "principal": principal, "event": base64url(event.bytes()) });
        let answer: serde_json::Value = self.target.post_json("/v1/key-events", &body, "a key event").await?;
        drop(answer);
        Ok(())
    }

    /// How an enrolment stands.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn enrolment(&self, started: &EnrolmentStarted) -> Result<EnrolmentStatus, CallError> {
        self.target.get_json(&self.enrolment_path(started)?, ENROLMENT_STATE).await
    }

    /// Sends the code that the login's last page showed to the person. How the enrolment stands then. Whoever calls this has seen that it
    /// [is](LoginCode::is_of) of this organisation and of the wallet's own log there.
    ///
    /// # Errors
    /// [`CallError::Refused`] with the code `confirmation-wrong` (it may be typed again, the detail says how often),
    /// `confirmation-malformed` (it is no such code, and costs no try) or `confirmation-failed` (begin again); [`CallError`].
    pub async fn confirm(&self, started: &EnrolmentStarted, code: &LoginCode) -> Result<EnrolmentStatus, CallError> {
        let path = format!("{}/confirmation", self.enrolment_path(started)?);
        self.target.post_json(&path, &serde_json::json!({ "code": code.grouped() }), ENROLMENT_STATE).await
    }

    fn enrolment_path(&self, started: &EnrolmentStarted) -> Result<String, CallError> {
        // The id came from the other side and goes into a path: nothing but its own alphabet.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let id = &started.enrolment;
        if id.is_empty() || id.len() > MAX_ENROLMENT_ID_BYTES || !id.bytes().all(plain) {
            return Err(self.target.unbelievable(Disbelief::Shape("the id of an enrolment")));
        }
        Ok(format!("/v1/enrolments/{id}"))
    }

    /// The holder's catalogue, as JSON.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn catalogue(&self) -> Result<Vec<u8>, CallError> {
        Ok(self.target.get("/v1/catalogue", JSON).await?.to_vec())
    }

    /// The signed head of the holder's log, checked.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn tree_head(&self, registry: &Registry, holder: &Principal) -> Result<Verified<TreeHead>, CallError> {
        let refused = |refusal| self.target.unbelievable(Disbelief::Refused(refusal));
        let body = self.target.get("/v1/tree-head", COSE).await?;
        let signed = Signed::<TreeHead>::decode(&body).map_err(refused)?;
        // As old as the log's last entry.
        let signed_secs = signed.unverified().time_secs;
        let head = registry.verify_signed_at(signed, holder, signed_secs).map_err(refused)?;
        if head.origin == *holder { Ok(head) } else { Err(self.target.unbelievable(Disbelief::Other("log"))) }
    }

    /// The proof that the log of `to` entries goes on from that of `from`, for whoever has both heads to check.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, CallError> {
        const WHAT: &str = "a consistency proof";
        let path = format!("/v1/consistency?from={from}&to={to}");
        let answer: ConsistencyAnswer = self.target.get_json(&path, WHAT).await?;
        let hash = |text: &String| from_base64url(text).ok().and_then(|bytes| Hash::try_from(bytes).ok());
        let proof: Option<Vec<Hash>> = answer.proof.iter().map(hash).collect();
        proof.ok_or_else(|| self.target.unbelievable(Disbelief::Shape(WHAT)))
    }
}
