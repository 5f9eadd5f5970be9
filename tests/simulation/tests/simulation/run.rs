//! One run: a federation is made from a seed, works under trouble, is healed, and is looked at once more.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use pod_audit::{EntryKind, Log, verify};
use pod_crypto::SeededRandom;
use pod_protocol::ids::PodId;
use pod_store::MemoryStore;
use tempfile::TempDir;
use turmoil::{Builder, Sim};

use crate::actor::{Actor, ActorParts};
use crate::check::Checker;
use crate::citizen::{Finder, Wallet};
use crate::clock::HostClock;
use crate::dice::{Dice, derived};
use crate::disk::PowerDisk;
use crate::faults::Faults;
use crate::federation::*;
use crate::ground::{Ground, Ports};
use crate::history::{History, START_SECS};
use crate::holder::{Holder, HolderParts};
use crate::model::{HEARD_MS, Model};
use crate::neighbours::{Directory, EarlyBlinder, anchor};
use crate::planted::{CLOCK_LATE_SECS, Planted};
use crate::recovery::{nothing_comes_back, works_again};
use crate::secrets::{Received, Wire, look_at_directory, never_told};
use crate::service::Service;
use crate::watcher::watch;

/// Trouble until then, then nothing but what was begun, then a last look.
const TROUBLE_MS: u64 = 420_000;
const HEALED_MS: u64 = TROUBLE_MS + 25_000;
pub const END_MS: u64 = HEALED_MS + 75_000;
/// A step of the simulation: messages are on their way for one step at least.
const TICK: Duration = Duration::from_millis(50);
/// Most that one message takes, when nothing is wrong.
const LATENCY: Duration = Duration::from_millis(150);

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    pub digest: [u8; 32],
    pub events: u64,
    pub violations: Vec<String>,
    pub last: Vec<String>,
    pub counts: BTreeMap<&'static str, u64>,
}

/// Everything of a run that outlives its hosts.
struct Stage {
    seed: u64,
    folder: TempDir,
    history: Arc<History>,
    federation: Arc<Federation>,
    checker: Arc<Checker>,
    received: Arc<Received>,
    directory: Arc<Directory>,
    ports: Arc<Ports>,
    statements: Vec<Vec<u8>>,
    finders: Vec<Vec<Finder>>,
}

/// A folder in memory, where there is one: it is written to thousands of times.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory).unwrap() } else { TempDir::new().unwrap() }
}

impl Stage {
    fn new(seed: u64, planted: Planted, print: bool) -> Self {
        let folder = folder();
        let history = History::new(print);
        let model = Arc::new(Model::new());
        let federation = Arc::new(Federation::new(seed, planted));
        let statements = federation.statements();
        let snapshot = federation.registry(&statements).snapshot();
        let mut citizens: Vec<Citizen> = (0..CITIZENS as u64).map(person).collect();
        let mut ports: Ports = HOLDER_PORTS.into_iter().zip(HOLDERS).collect();
        ports.insert(DIRECTORY_PORT, "directory");
        let ports = Arc::new(ports);
        let setup = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (stores, finders) = setup.block_on(async {
            let blinder = EarlyBlinder::start(seed, folder.path(), &federation).await;
            let mut stores: Vec<(Arc<dyn pod_store::Store>, Arc<PowerDisk>)> = Vec::new();
            for (index, name) in HOLDERS.iter().enumerate() {
                let store = planted.over(Arc::new(MemoryStore::new(&pod_server::tables()).unwrap()));
                let dice = Dice::new(seed, &format!("{name} disk"));
                let disk = PowerDisk::new(&history, name, dice, planted == Planted::DiskLies);
                let ground = Ground::new(&ports, Dice::new(seed, "nowhere"), Arc::new(|_| {}));
                let (folder, clock) = (folder.path().to_owned(), HostClock::new(&history, 0, 0));
                let parts = HolderParts {
                    index,
                    seed,
                    folder,
                    history: Arc::clone(&history),
                    store: Arc::clone(&store),
                    disk: Arc::clone(&disk),
                    ground,
                    clock,
                };
                Holder::new(parts, &federation).prepare(&mut citizens, &snapshot, blinder.for_imports()).await;
                stores.push((store, disk));
            }
            let random = SeededRandom::new(derived(seed, "finders"));
            let finder = |citizen: &Citizen| {
                federation.holders.iter().map(|holder| blinder.finder(citizen, &holder.principal, &random)).collect()
            };
            (stores, citizens.iter().map(finder).collect::<Vec<Vec<Finder>>>())
        });
        let citizens = Arc::new(citizens);
        let dice = Dice::new(seed, "clocks");
        let clock = |late: bool| {
            HostClock::new(&history, dice.between(0, 50) as i64 - 25, if late { CLOCK_LATE_SECS } else { 0 })
        };
        let mut wires = Vec::new();
        let mut holders = Vec::new();
        for (index, (store, disk)) in stores.into_iter().enumerate() {
            let wire = Arc::new(Wire {
                history: Arc::clone(&history),
                model: Arc::clone(&model),
                citizens: Arc::clone(&citizens),
                holder: index,
                citizens_from: Mutex::default(),
                left: Mutex::default(),
            });
            let ground =
                Ground::new(&ports, Dice::new(seed, &format!("{} ground", HOLDERS[index])), Arc::clone(&wire).ear());
            let parts = HolderParts {
                index,
                seed,
                folder: folder.path().to_owned(),
                history: Arc::clone(&history),
                store,
                disk,
                ground,
                clock: clock(planted == Planted::ClockIsLate),
            };
            wires.push(wire);
            holders.push(Holder::new(parts, &federation));
        }
        let received = Arc::new(Received::default());
        let directory_folder = folder.path().join("directory");
        std::fs::create_dir(&directory_folder).unwrap();
        let membership = folder.path().join("registrar.cose");
        std::fs::write(&membership, federation.membership_of_directory()).unwrap();
        let directory = Arc::new(Directory {
            anchor: federation.trust(),
            principal: federation.directory.principal,
            key_seed: *federation.directory.key().seed(),
            membership,
            folder: directory_folder,
            ground: Ground::new(&ports, Dice::new(seed, "directory ground"), received.ear()),
            clock: clock(false),
            seed,
            starts: Mutex::new(0),
        });
        let checker = Arc::new(Checker { history: Arc::clone(&history), model, holders, wires, citizens });
        Self { seed, folder, history, federation, checker, received, directory, ports, statements, finders }
    }

    /// Somebody who calls from a host.
    fn actor(&self, name: &str, dice: &Dice, end_ms: u64) -> Actor {
        let registry = Arc::new(self.federation.registry(&self.statements));
        let (federation, checker) = (Arc::clone(&self.federation), Arc::clone(&self.checker));
        let parts = ActorParts { seed: self.seed, federation, checker, registry, end_ms };
        let ground = Ground::new(&self.ports, Dice::new(self.seed, &format!("{name} ground")), Arc::new(|_| {}));
        let clock = HostClock::new(&self.history, dice.between(0, 40) as i64 - 20, 0);
        Actor::new(name, &parts, &ground, &clock)
    }

    fn wallet(&self, number: usize, actor: Actor) -> Wallet {
        let finders = self.finders[number].iter().map(|(tag, key)| (*tag, copy(key))).collect();
        Wallet { actor, number, finders }
    }

    fn people(&self, sim: &mut Sim<'_>, planted: Planted) {
        let dice = Dice::new(self.seed, "clocks of callers");
        for holder in &self.checker.holders {
            let holder = Arc::clone(holder);
            sim.host(holder.name, move || Arc::clone(&holder).run());
        }
        let directory = Arc::clone(&self.directory);
        sim.host("directory", move || Arc::clone(&directory).run());
        let wallets: Vec<Wallet> = (0..CITIZENS)
            .map(|number| self.wallet(number, self.actor(&format!("citizen {number}"), &dice, TROUBLE_MS)))
            .collect();
        sim.client("citizens", async move {
            let running: Vec<_> = wallets.into_iter().map(|wallet| tokio::task::spawn_local(wallet.run())).collect();
            for one in running {
                one.await??;
            }
            Ok(())
        });
        for (number, name) in ASKERS.into_iter().enumerate() {
            sim.client(name, Service { actor: self.actor(name, &dice, TROUBLE_MS), number }.run());
        }
        sim.client("watcher", watch(self.actor("watcher", &dice, END_MS)));
        sim.client("anchor", anchor(self.actor("anchor", &dice, TROUBLE_MS), self.statements.clone()));
        let wallet = self.wallet(0, self.actor("last wallet", &dice, END_MS));
        let service = Service { actor: self.actor("last service", &dice, END_MS), number: KELA };
        sim.client("late", works_again(HEALED_MS, wallet, service));
        let services = [ESPOO, PROCESSORS].map(|number| {
            let actor = self.actor(&format!("last {}", ASKERS[number]), &dice, END_MS);
            Service { actor, number }
        });
        sim.client("later", nothing_comes_back(TROUBLE_MS + HEARD_MS, services));
        planted.gossip(sim, self.actor("gossip", &dice, TROUBLE_MS));
    }

    /// What is on disks at the end: every answer that arrived has its entry, with the names that it released.
    fn logs(&self) {
        let answered = self.checker.model.facts().answered.clone();
        for holder in &self.checker.holders {
            let key = holder.log_config().key.public_key();
            match verify(&holder.log_folder(), &[key]) {
                Ok(report) if report.is_intact() => {}
                Ok(report) => self.history.violated(1, format!("the log of {} is not intact: {report:?}", holder.name)),
                Err(error) => self.history.violated(1, format!("the log of {} cannot be read: {error}", holder.name)),
            }
            let log = Log::open(holder.log_config()).unwrap();
            let vault = holder.vault();
            for one in answered.iter().filter(|one| one.holder == holder.index) {
                let lacks = |why: &str| {
                    self.history.violated(1, format!("entry {} of {}: {why}", one.index, holder.name));
                };
                let Some(entry) = log.entry(one.index).unwrap() else {
                    lacks("is not there");
                    continue;
                };
                let public = entry.public();
                if public.request.as_ref().map(|request| *request.id.as_bytes()) != Some(one.request) {
                    lacks("is of another request");
                }
                let Some(released) = &one.released else { continue };
                if public.kind != EntryKind::Disclosure {
                    lacks("says that nothing was released");
                }
                let Some(citizen) = one.citizen else {
                    lacks("is of nobody's grant");
                    continue;
                };
                let pod: PodId = self.checker.citizens[citizen].pods[holder.index];
                let personal = entry.open(&vault.audit_key(&pod).unwrap()).unwrap();
                let names = personal
                    .released
                    .iter()
                    .flat_map(|of| of.fields.iter().map(|field| (of.record_type.clone(), field.clone())));
                if names.collect::<std::collections::BTreeSet<_>>() != *released {
                    lacks("names other fields than the receipt");
                }
            }
        }
    }

    fn look_back(&self) {
        self.logs();
        if let Some(lost) = self.checker.model.facts().lost() {
            self.history.violated(2, format!("a node took the revocation {lost} to pass it on, and lost it"));
        }
        let never = never_told(&self.checker.citizens, &self.checker.model);
        let received = self.received.bytes();
        look_at_directory(&self.history, &received, &self.directory.folder, &never);
    }
}

fn copy(key: &pod_crypto::AeadKey) -> pod_crypto::AeadKey {
    pod_crypto::AeadKey::from_bytes(*key.to_bytes())
}

fn person(number: u64) -> Citizen {
    Citizen {
        code: identity_code(number),
        family_name: format!("Sukunimi{number}kaarina"),
        street: format!("Salainenkatu {number}{number}"),
        email: format!("salainen{number}@posti.invalid"),
        pods: Vec::new(),
        signers: Vec::new(),
    }
}

/// Runs a seed.
pub fn run(seed: u64, planted: Planted, print: bool) -> Outcome {
    let stage = Stage::new(seed, planted, print);
    let history = Arc::clone(&stage.history);
    let mut sim = Builder::new()
        .rng_seed(seed)
        .epoch(SystemTime::UNIX_EPOCH + Duration::from_secs(START_SECS))
        .tick_duration(TICK)
        .simulation_duration(Duration::from_millis(END_MS * 2))
        .max_message_latency(LATENCY)
        .tcp_capacity(1024)
        .build();
    stage.people(&mut sim, planted);
    let from: IpAddr = sim.lookup("citizens");
    stage.checker.wires.iter().for_each(|wire| wire.citizens_from.lock().unwrap().push(from));
    let grounds = stage.checker.holders.iter().map(|holder| &holder.ground).chain([&stage.directory.ground]);
    let mut faults = Faults::new(seed, Arc::clone(&stage.checker), grounds.cloned().collect(), planted);
    let mut healed = false;
    while history.ms() < END_MS && history.violations().is_empty() {
        match sim.step() {
            Ok(true) => break,
            Ok(false) => {}
            Err(error) => history.violated(0, format!("a host ended: {error}")),
        }
        history.set_ms(u64::try_from(sim.elapsed().as_millis()).unwrap());
        if history.ms() < TROUBLE_MS {
            faults.step(&mut sim, history.ms());
        } else if !healed {
            healed = true;
            faults.heal(&mut sim);
        }
    }
    if history.violations().is_empty() {
        for holder in HOLDERS {
            sim.crash(holder);
        }
        sim.crash("directory");
        stage.look_back();
    }
    drop(sim);
    drop(stage.folder);
    Outcome {
        seed,
        digest: history.digest(),
        events: history.events(),
        violations: history.violations(),
        last: history.last(),
        counts: history.counts(),
    }
}
