//! The directory as a host, what it hears and holds (invariant 6), the trust anchor, and a blinder for the time before.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use pod_client::CallError;
use pod_client::directory::DirectoryClient;
use pod_crypto::blind::{BlinderKey, Blinding};
use pod_crypto::{Random, SeededRandom, SigningKey, random_array};
use pod_directory::config::{DirectoryConfig, Listening, LogConfig};
use pod_directory::{Surroundings, directory};
use pod_http::{Bytes, Limits, Machine, Origin, Server, ServerConfig, ServerHandle, Service, refuse_key_log};
use pod_protocol::Signed;
use pod_protocol::blind_request::{BlindAnswer, BlindRequest};
use pod_protocol::holder_entry::{blind_info, tag_and_key};
use pod_protocol::ids::Principal;
use pod_protocol::registry::Anchor;
use pod_server::upkeep::{Blinder, BlinderConfig};
use pod_store::{Engine, StoreConfig};

use crate::actor::{Actor, short};
use crate::citizen::Finder;
use crate::clock::HostClock;
use crate::dice::derived;
use crate::federation::{ASKERS, Citizen, DIRECTORY_PORT, ESPOO, Federation, PROCESSORS, origin};
use crate::ground::Ground;
use crate::holder::client;

const EPOCH: u16 = 1;

/// The directory's host.
pub struct Directory {
    pub anchor: Anchor,
    pub principal: Principal,
    pub key_seed: [u8; 32],
    /// The file of its membership.
    pub membership: PathBuf,
    pub folder: PathBuf,
    pub ground: Arc<Ground>,
    pub clock: HostClock,
    pub seed: u64,
    pub starts: Mutex<u64>,
}

impl Directory {
    /// The directory as a host of the simulation runs it, until it is crashed.
    pub async fn run(self: Arc<Self>) -> turmoil::Result {
        let _powered = self.ground.power_on();
        let start = {
            let mut starts = self.starts.lock().unwrap();
            *starts += 1;
            *starts
        };
        let mut storage = StoreConfig::new(Engine::Redb, self.folder.join("directory.redb"));
        storage.cache_bytes = 1024 * 1024;
        let config = DirectoryConfig {
            listening: Listening {
                listen: vec![origin(DIRECTORY_PORT).parse().unwrap()],
                certificate: None,
                metrics: None,
            },
            anchor: self.anchor.clone(),
            storage,
            log: LogConfig {
                principal: self.principal,
                key_file: self.folder.join("not read"),
                membership_file: Some(self.membership.clone()),
                roots: None,
                witnesses: 0,
                grace: Duration::from_secs(5),
                refresh: Duration::from_secs(15),
            },
        };
        let clock = self.clock.clone();
        let around = Surroundings {
            clock: Arc::new(move || clock.secs()),
            random: Arc::new(SeededRandom::new(derived(self.seed, &format!("directory start {start}")))),
            key_log: refuse_key_log(|_| None).unwrap(),
            machine: self.ground.machine(),
        };
        let running = directory::start(config, SigningKey::from_seed(&self.key_seed), around).await?;
        running.until(std::future::pending()).await?;
        Ok(())
    }
}

/// The trust anchor: publishes who is a member, and suspends somebody now and then.
pub async fn anchor(actor: Actor, statements: Vec<Vec<u8>>) -> turmoil::Result {
    let directory = actor.directory();
    for statement in statements {
        // The directory's own is there from the start; what came in by a call without an answer is there too.
        while !matches!(directory.publish_statement(&statement).await, Ok(()) | Err(CallError::Refused { .. })) {
            actor.waits(500, 1_000).await;
        }
    }
    actor.note("has published all members");
    let mut issued = 0;
    while actor.waits(40_000, 120_000).await {
        let asker = *actor.dice.one(&[ESPOO, PROCESSORS]);
        let shortly = actor.dice.percent(70);
        for on in [true, false] {
            issued = actor.caller.now_secs().max(issued + 1);
            suspend(&actor, &directory, asker, issued, on).await;
            let (from_ms, to_ms) = if shortly { (5_000, 40_000) } else { (330_000, 360_000) };
            actor.waits(from_ms, to_ms).await;
        }
    }
    Ok(())
}

async fn suspend(actor: &Actor, directory: &DirectoryClient, asker: usize, issued: u64, on: bool) {
    let statement = actor.federation.asker(asker, issued, on);
    let begun = actor.note(format!("{} {}", if on { "suspends" } else { "admits" }, ASKERS[asker]));
    let number = actor.checker.model.facts().suspended.get_mut(&asker).unwrap().begin(on, begun);
    match directory.publish_statement(&statement).await {
        Ok(()) => {
            let done = actor.note("the directory has it");
            actor.checker.model.facts().suspended.get_mut(&asker).unwrap().done(number, done);
            actor.checker.history.count("suspensions and admissions published");
        }
        Err(error) => {
            actor.note(format!("the directory does not have it: {}", short(&error)));
        }
    }
}

/// A blinder for the imports before the simulation begins. What it evaluates is real; nobody logs in.
pub struct EarlyBlinder {
    key: Arc<BlinderKey>,
    socket: PathBuf,
    _server: ServerHandle,
}

impl EarlyBlinder {
    pub async fn start(seed: u64, folder: &std::path::Path, federation: &Federation) -> Self {
        let key = Arc::new(BlinderKey::from_seed(&derived(seed, "blinder")).unwrap());
        let socket = folder.join("blinder.sock");
        let known: Vec<_> =
            federation.holders.iter().map(|holder| (holder.principal, holder.key().public_key())).collect();
        let known = Arc::new(known);
        let evaluating = Arc::clone(&key);
        let route = post(move |body: Bytes| {
            let (key, known) = (Arc::clone(&evaluating), Arc::clone(&known));
            async move { evaluate(seed, &key, &known, &body) }
        });
        let listen = vec![format!("unix:{}", socket.display()).parse().unwrap()];
        let config = ServerConfig { listen, certificate: None, limits: Limits::default() };
        let server = Server::bind(config, refuse_key_log(|_| None).unwrap()).await.unwrap();
        let server = server.serve(Service::new(Router::new().route("/v1/evaluate", route), || [0; 16]));
        Self { key, socket, _server: server }
    }

    pub fn for_imports(&self) -> Blinder {
        let config = BlinderConfig {
            url: Origin::unix(&self.socket),
            principal: Principal::new([0xb1; 32]),
            public: self.key.public(),
            epoch: EPOCH,
        };
        Blinder::new(config, client(&Machine::this()))
    }

    /// How a citizen's wallet finds their pod at a holder.
    pub fn finder(&self, citizen: &Citizen, holder: &Principal, random: &dyn Random) -> Finder {
        let (blinding, blinded) = Blinding::blind(citizen.code.as_bytes(), random).unwrap();
        let info = blind_info(holder, EPOCH);
        let evaluation = self.key.evaluate(&blinded, &info, random).unwrap();
        tag_and_key(&blinding.finalize(&info, &evaluation, &self.key.public()).unwrap())
    }
}

fn evaluate(seed: u64, key: &BlinderKey, known: &[(Principal, pod_crypto::PublicKey)], body: &[u8]) -> Vec<u8> {
    let signed = Signed::<BlindRequest>::decode(body).unwrap();
    let (holder, public) = known.iter().find(|(holder, _)| *holder == signed.unverified().issuer).unwrap();
    let request = signed.verify(public).unwrap();
    let info = blind_info(holder, EPOCH);
    let random =
        SeededRandom::new(derived(seed, &format!("evaluating {}", random_array::<1>(&SeededRandom::new([1; 32]))[0])));
    let evaluations = request.inputs.iter().map(|input| key.evaluate(input, &info, &random).unwrap()).collect();
    BlindAnswer { evaluations }.to_bytes()
}
