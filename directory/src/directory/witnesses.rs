//! Asking other organisations to cosign (C2SP tlog-witness, the log's side).
//!
//! Who is asked stands in the registry: members with a URL. Each gets the proof that the new checkpoint continues the one that it
//! saw last, and signs. Nothing here believes a witness: its line is verified before it is added.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pod_crypto::PublicKey;
use pod_http::{Client, ClientLimits, Machine as Host, Origin, Request, Response, StatusCode};
use pod_protocol::chain::CLOCK_SKEW_SECS;
use pod_protocol::ids::Principal;
use pod_protocol::merkle::Nodes as _;
use pod_protocol::registry::{Organisation, Registry};
use pod_protocol::tlog::checkpoint::SignedCheckpoint;
use pod_protocol::tlog::note::{MAX_NOTE_SIGNATURES, NoteSignature};
use pod_protocol::tlog::witness::{ADD_CHECKPOINT_PATH, AddCheckpoint};
use tokio::task::JoinSet;

use super::log::Log;
use crate::surroundings::Clock;

/// Most witnesses that are asked at one time: each costs a connection and a proof, and two answers are enough to go on.
const MAX_ASKED_AT_ONCE: usize = 8;
/// Most witnesses of one checkpoint: what a note has room for, beside the log's own signature and its next key's.
pub const MAX_WITNESSES: usize = MAX_NOTE_SIGNATURES - 2;
/// How old a cosignature may be when it comes, in seconds: a witness signs when it is asked.
const MAX_COSIGNATURE_AGE_SECS: u64 = 300;
/// How often one is asked in a round: with the size that we remember, and with the one that it then tells.
const TRIES: usize = 2;
/// A witness that has not taken the connection by then is away: there are others.
const CONNECT: Duration = Duration::from_secs(2);
/// A witness makes one signature and one write to its disk.
const RESPONSE: Duration = Duration::from_secs(5);
/// Signature lines of a witness's keys.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// The deadlines for calls to witnesses.
pub(super) fn client_limits() -> ClientLimits {
    ClientLimits {
        connect: CONNECT,
        handshake: CONNECT,
        response: RESPONSE,
        response_bytes: MAX_ANSWER_BYTES,
        ..ClientLimits::default()
    }
}

/// What is known of the witnesses. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Witnesses {
    client: Client,
    host: Host,
    known: Arc<Mutex<HashMap<Principal, Known>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// The size that it saw last.
    size: u64,
    /// Whether it did not answer the last time: others are asked first.
    away: bool,
}

/// One that can be asked.
#[derive(Clone, Debug)]
struct Witness {
    principal: Principal,
    name: String,
    keys: Vec<PublicKey>,
    origin: Origin,
    base: String,
}

/// What all of one round have in common.
#[derive(Clone)]
struct Round {
    witnesses: Witnesses,
    log: Log,
    checkpoint: SignedCheckpoint,
    clock: Clock,
}

/// Why one did not cosign, for the operator.
#[derive(Debug, thiserror::Error)]
enum NoCosignature {
    #[error(transparent)]
    Client(#[from] pod_http::ClientError),
    #[error("it saw {0} leaves of this log, more than there are: was the log restored from a backup?")]
    SawMore(u64),
    #[error("it still says another size than it said")]
    OtherSize,
    #[error("its answer holds no signature of a key of this member over this checkpoint and the time now")]
    NoSignature,
    #[error("our own store failed")]
    Store,
}

impl Witnesses {
    pub(super) fn new(client: Client, host: Host) -> Self {
        Self { client, host, known: Arc::default() }
    }

    /// Asks until `enough` have cosigned, nobody is left to be asked, or the time is over; the checkpoint with what came.
    pub(super) async fn ask(
        &self,
        log: &Log,
        registry: &Registry,
        checkpoint: SignedCheckpoint,
        enough: usize,
        within: Duration,
        clock: &Clock,
    ) -> SignedCheckpoint {
        let mut waiting = self.candidates(registry, &checkpoint).into_iter();
        let round = Round {
            witnesses: self.clone(),
            log: log.clone(),
            checkpoint: checkpoint.clone(),
            clock: Arc::clone(clock),
        };
        let mut signed = checkpoint;
        let mut asked = JoinSet::new();
        let mut came = 0;
        let asking = async {
            loop {
                while asked.len() < MAX_ASKED_AT_ONCE
                    && came + asked.len() < MAX_WITNESSES
                    && let Some(witness) = waiting.next()
                {
                    let round = round.clone();
                    asked.spawn(async move { round.ask(&witness).await });
                }
                let Some(answer) = asked.join_next().await else { break };
                if let Ok(Some(line)) = answer {
                    signed.add(line);
                    came += 1;
                }
                if came >= enough {
                    break;
                }
            }
        };
        // What came until then counts; the others are asked again with the next head.
        let _over = tokio::time::timeout(within, asking).await;
        signed
    }

    /// Everybody who can be asked, those first who answered the last time.
    fn candidates(&self, registry: &Registry, checkpoint: &SignedCheckpoint) -> Vec<Witness> {
        let own = &checkpoint.unverified().origin;
        let others = registry.organisations().filter(|member| member.principal() != own && !member.is_suspended());
        let mut witnesses: Vec<Witness> = others.filter_map(Witness::of).collect();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        witnesses.sort_by_key(|witness| known.get(&witness.principal).is_none_or(|known| known.away));
        witnesses
    }

    fn known(&self, witness: &Principal) -> Known {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(witness).copied().unwrap_or_default()
    }

    fn learn(&self, witness: &Principal, learn: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        learn(known.entry(*witness).or_default());
    }
}

impl Witness {
    fn of(member: &Organisation) -> Option<Self> {
        let urls = member.endpoints().iter().filter(|endpoint| !endpoint.is_multiaddr());
        let (origin, base) = urls.filter_map(|endpoint| Origin::of_url(endpoint.as_str()).ok()).next()?;
        Some(Self {
            principal: *member.principal(),
            name: member.name().to_string(),
            keys: member.keys().to_vec(),
            origin,
            base: base.trim_end_matches('/').to_owned(),
        })
    }
}

impl Round {
    async fn ask(&self, witness: &Witness) -> Option<NoteSignature> {
        let answer = self.cosignature(witness).await;
        self.witnesses.learn(&witness.principal, |known| known.away = answer.is_err());
        let name = &witness.name;
        match answer {
            Ok(line) => Some(line),
            Err(why @ NoCosignature::SawMore(_)) => {
                tracing::warn!(witness = name, %why, "a witness does not cosign");
                None
            }
            Err(why) => {
                tracing::debug!(witness = name, %why, "a witness does not cosign");
                None
            }
        }
    }

    async fn cosignature(&self, witness: &Witness) -> Result<NoteSignature, NoCosignature> {
        let size = self.checkpoint.unverified().size;
        for _ in 0..TRIES {
            let old = self.witnesses.known(&witness.principal).size;
            if old > size {
                // What it told before counts for this round alone: it may be started anew.
                self.witnesses.learn(&witness.principal, |known| known.size = 0);
                return Err(NoCosignature::SawMore(old));
            }
            let response = self.send(witness, old).await?;
            if response.status == StatusCode::CONFLICT {
                let told = std::str::from_utf8(&response.body).ok().and_then(|text| text.trim_end().parse().ok());
                let told = told.ok_or(NoCosignature::OtherSize)?;
                self.witnesses.learn(&witness.principal, |known| known.size = told);
                continue;
            }
            let response = response.success()?;
            let line = self.line(witness, &response).ok_or(NoCosignature::NoSignature)?;
            self.witnesses.learn(&witness.principal, |known| known.size = size);
            return Ok(line);
        }
        Err(NoCosignature::OtherSize)
    }

    async fn send(&self, witness: &Witness, old: u64) -> Result<Response, NoCosignature> {
        let (log, size) = (self.log.clone(), self.checkpoint.unverified().size);
        let proof = self.witnesses.host.blocking(move || log.consistency_proof(old, size)).await;
        let proof = proof.map_err(|_| NoCosignature::Store)?.map_err(|_| NoCosignature::Store)?;
        let body = AddCheckpoint { old, proof, checkpoint: self.checkpoint.clone() }.to_bytes();
        let path = format!("{}{ADD_CHECKPOINT_PATH}", witness.base);
        let request = Request::post(path, "text/plain; charset=utf-8", body);
        Ok(self.witnesses.client.send(&witness.origin, request).await?)
    }

    /// The line of this witness that holds, if the answer has one.
    fn line(&self, witness: &Witness, response: &Response) -> Option<NoteSignature> {
        let text = std::str::from_utf8(&response.body).ok()?;
        let lines = text.lines().filter_map(|line| NoteSignature::from_line(line).ok().flatten());
        let now_secs = (self.clock)();
        let is_of_now = |secs: u64| {
            secs <= now_secs.saturating_add(CLOCK_SKEW_SECS) && secs.saturating_add(MAX_COSIGNATURE_AGE_SECS) > now_secs
        };
        let holds = |line: &NoteSignature| {
            let times = witness.keys.iter().filter_map(|key| self.checkpoint.unverified().cosigned_secs(line, key));
            line.name == witness.principal && times.max().is_some_and(is_of_now)
        };
        lines.into_iter().find(holds)
    }
}
