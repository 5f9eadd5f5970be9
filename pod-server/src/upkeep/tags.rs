//! Tags: under which wallets find the node's pods, and nobody else can. The blinder makes them from identity codes that it
//! does not see, and only an import has those at hand; so a tag is made then, and kept sealed with the pod.

use std::sync::Arc;

use pod_crypto::blind::{BlindError, Blinding};
use pod_crypto::{AeadKey, Zeroizing, random_array};
use pod_http::{Client, ClientError, Request};
use pod_import::IdentityCode;
use pod_protocol::blind_request::{BlindAnswer, BlindRequest, MAX_BLIND_INPUTS};
use pod_protocol::holder_entry::{Tag, blind_info, tag_and_key};
use pod_protocol::ids::{Cti, PodId};
use pod_protocol::{Refusal, Verified};
use pod_vault::WriteBatch;

use super::config::BlinderConfig;
use super::queue;
use crate::fault::Fault;
use crate::node::Node;
use crate::tables::HOLDER_TAGS;

/// Binds sealed tags to their use.
const CONTEXT: &str = "holder tag";
/// How long a request to the blinder counts: it is answered at once.
const REQUEST_LIFETIME_SECS: u64 = 60;

/// The blinder, to be called by imports.
#[derive(Clone, Debug)]
pub struct Blinder {
    config: BlinderConfig,
    client: Client,
}

/// Why the blinder made no tags. For the operator.
#[derive(Debug, thiserror::Error)]
pub enum TagsFailed {
    /// The blinder did not answer, or refused.
    #[error("the blinder was asked in vain: {0}")]
    Call(#[source] ClientError),
    /// The answer is not one.
    #[error("the blinder's answer cannot be read: {}", .0.code())]
    Answer(Refusal),
    /// Another number of evaluations than was asked for.
    #[error("the blinder answered {answered} of {asked} inputs")]
    Count {
        /// Inputs.
        asked: usize,
        /// Evaluations.
        answered: usize,
    },
    /// A proof does not hold.
    #[error("the blinder's answer is not proven: check `blinder.public` and `blinder.epoch`")]
    Proof(#[source] BlindError),
}

/// How a wallet finds a pod: by the tag, and reads the handle with the key.
pub(crate) struct FoundBy {
    pub(crate) epoch: u16,
    pub(crate) tag: Tag,
    pub(crate) key: AeadKey,
}

impl Blinder {
    /// The blinder of a configuration. `client` trusts the authority of its certificate.
    #[must_use]
    pub fn new(config: BlinderConfig, client: Client) -> Self {
        Self { config, client }
    }

    /// For which epoch it makes tags.
    pub(crate) fn epoch(&self) -> u16 {
        self.config.epoch
    }

    /// The tags of people, in the order of their codes: at most [`MAX_BLIND_INPUTS`].
    pub(crate) async fn tags(&self, node: &Arc<Node>, codes: Vec<IdentityCode>) -> Result<Vec<FoundBy>, TagsFailed> {
        let outcome = self.ask(node, codes).await;
        match &outcome {
            Ok(_) => node.reach.blinder.reached((node.clock)()),
            Err(failed) => node.reach.blinder.failed(crate::stop::chain(failed)),
        }
        outcome
    }

    async fn ask(&self, node: &Arc<Node>, codes: Vec<IdentityCode>) -> Result<Vec<FoundBy>, TagsFailed> {
        let asked = codes.len();
        let (blindings, inputs) = blind(node, codes)?;
        let now_secs = (node.clock)();
        let request = BlindRequest {
            issuer: node.principal,
            audience: self.config.principal,
            expires: now_secs + REQUEST_LIFETIME_SECS,
            issued: now_secs,
            cti: Cti::new(random_array(&*node.random)),
            epoch: self.config.epoch,
            inputs,
        };
        let body = Verified::sign(&node.key(), request).bytes().to_vec();
        let request = Request::post("/v1/evaluate", "application/cose", body);
        let answer = self.client.send(&self.config.url, request).await.and_then(pod_http::Response::success);
        let answer = answer.map_err(TagsFailed::Call)?;
        let evaluations = BlindAnswer::from_bytes(&answer.body).map_err(TagsFailed::Answer)?.evaluations;
        if evaluations.len() != asked {
            return Err(TagsFailed::Count { asked, answered: evaluations.len() });
        }
        let info = blind_info(&node.principal, self.config.epoch);
        let found = blindings.into_iter().zip(&evaluations).map(|(blinding, evaluation)| {
            let output = blinding.finalize(&info, evaluation, &self.config.public).map_err(TagsFailed::Proof)?;
            let (tag, key) = tag_and_key(&output);
            Ok(FoundBy { epoch: self.config.epoch, tag, key })
        });
        found.collect()
    }
}

/// Blinds codes. What is not asked for in one request is not asked for: the caller keeps to the limit.
fn blind(node: &Node, codes: Vec<IdentityCode>) -> Result<(Vec<Blinding>, Vec<[u8; 32]>), TagsFailed> {
    debug_assert!(codes.len() <= MAX_BLIND_INPUTS);
    codes
        .iter()
        .map(|code| Blinding::blind(code.expose(), &*node.random).map_err(TagsFailed::Proof))
        .collect::<Result<Vec<_>, _>>()
        .map(|blinded| blinded.into_iter().unzip())
}

/// Whether a pod has a tag of this epoch.
pub(crate) fn has_tag(node: &Node, pod: &PodId, epoch: u16) -> Result<bool, Fault> {
    let row = node.store.get(HOLDER_TAGS, pod.as_bytes())?;
    Ok(row.is_some_and(|row| row.starts_with(&epoch.to_be_bytes())))
}

/// Keeps a pod's tag, and has the directory told: in the same step as what made the pod. A tag of another epoch is withdrawn.
pub(crate) fn keep_tag(node: &Node, batch: &mut WriteBatch<'_>, pod: &PodId, found: &FoundBy) -> Result<(), Fault> {
    if let Some(former) = read(node, pod)?.filter(|former| former.tag != found.tag) {
        queue::withdraw(node, batch.raw(), &former.tag);
    }
    let plain = Zeroizing::new([&found.tag[..], &found.key.to_bytes()[..]].concat());
    let sealed = batch.seal_for_pod(pod, CONTEXT, &plain)?;
    batch.raw().put(HOLDER_TAGS, pod.as_bytes(), [&found.epoch.to_be_bytes()[..], &sealed].concat());
    queue::announce(node, batch.raw(), pod, &found.tag);
    Ok(())
}

/// How wallets find a pod; none when the blinder has not been asked yet.
pub(super) fn read(node: &Node, pod: &PodId) -> Result<Option<FoundBy>, Fault> {
    let Some(row) = node.store.get(HOLDER_TAGS, pod.as_bytes())? else { return Ok(None) };
    let damaged = || Fault::Damaged { what: "a holder tag" };
    let (epoch, sealed) = row.split_first_chunk::<2>().ok_or_else(damaged)?;
    let plain = node.vault.open_for_pod(pod, CONTEXT, sealed)?;
    let (tag, key) = plain.split_first_chunk::<16>().ok_or_else(damaged)?;
    let key = Zeroizing::new(<[u8; 32]>::try_from(key).map_err(|_| damaged())?);
    Ok(Some(FoundBy { epoch: u16::from_be_bytes(*epoch), tag: *tag, key: AeadKey::from_bytes(*key) }))
}
