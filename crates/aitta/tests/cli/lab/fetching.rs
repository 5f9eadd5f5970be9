//! A service that fetches all the time, as a process of its own, and what it was answered when.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use pod_client::service::HeldGrant;
use pod_http::ClientLimits;
use pod_net::NetLimits;
use pod_protocol::answer::ItemAnswer;
use pod_protocol::ids::from_base64url;
use pod_protocol::registry::Registry;
use pod_testkit::lab::now_nanos;
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};

use super::region::{Pace, SNAPSHOT, caller, one_thread};
use crate::family::{InProcess, anchor_of, now_secs};

/// How often it is looked whether something came true.
const TICK: Duration = Duration::from_millis(50);
/// How a line about an answer begins.
const ANSWER: &str = "answer: ";
/// What an answer that gave data is called.
const RELEASED: &str = "released";
/// How long something may take that happens at all, beyond the bound.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The child's world, its service, its chain, how often it fetches and whether over libp2p, in variables.
const FOLDER: &str = "LAB_FETCH_FOLDER";
const SERVICE: &str = "LAB_FETCH_SERVICE";
const CHAIN: &str = "LAB_FETCH_CHAIN";
const EVERY_MILLIS: &str = "LAB_FETCH_EVERY_MILLIS";
const OVER_LIBP2P: &str = "LAB_FETCH_OVER_LIBP2P";

/// One fetch, with the machine's time before and after it.
#[derive(Clone, Debug)]
pub struct Answered {
    pub begun: u64,
    pub ended: u64,
    pub outcome: String,
    /// Where the holder's log has it.
    pub index: Option<u64>,
    /// What carried it.
    pub way: String,
}

impl Answered {
    pub fn is_released(&self) -> bool {
        self.outcome == RELEASED
    }

    /// `begun ended outcome index way`, as the child writes it.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix(ANSWER)?.split(' ');
        let mut next = || words.next().unwrap();
        Some(Self {
            begun: next().parse().unwrap(),
            ended: next().parse().unwrap(),
            outcome: next().to_owned(),
            index: next().parse().ok(),
            way: next().to_owned(),
        })
    }
}

/// A service at work.
pub struct Fetching {
    child: Child,
    heard: Arc<(Mutex<Vec<Answered>>, Condvar)>,
    patience: Duration,
}

impl Fetching {
    /// Starts it where this is called.
    pub fn start(folder: &Path, service: &str, chain: &str, pace: Pace, over_libp2p: bool) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["lab::fetching::child_that_fetches_until_it_is_killed", "--exact", "--nocapture"])
            .env(FOLDER, folder)
            .env(SERVICE, service)
            .env(CHAIN, chain)
            .env(EVERY_MILLIS, pace.fetch_millis.to_string())
            .env(OVER_LIBP2P, over_libp2p.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let heard = Arc::<(Mutex<Vec<Answered>>, Condvar)>::default();
        let (lines, hears) = (BufReader::new(child.stdout.take().unwrap()).lines(), Arc::clone(&heard));
        std::thread::spawn(move || {
            for answered in lines.map_while(Result::ok).filter_map(|line| Answered::read(&line)) {
                hears.0.lock().unwrap().push(answered);
                hears.1.notify_all();
            }
        });
        Self { child, heard, patience: PATIENCE + Duration::from_secs(pace.bound_secs) }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything so far.
    pub fn answers(&self) -> Vec<Answered> {
        self.heard.0.lock().unwrap().clone()
    }

    /// Waits until something holds of the answers.
    #[track_caller]
    pub fn until(&self, what: &str, within: Duration, holds: impl Fn(&[Answered]) -> bool) {
        let (answers, news) = &*self.heard;
        let end = now_nanos() + u64::try_from(within.as_nanos()).unwrap();
        let mut all = answers.lock().unwrap();
        while !holds(&all) {
            if now_nanos() > end {
                let last: Vec<Answered> = all.iter().rev().take(3).cloned().collect();
                drop(all);
                panic!("{what}: {last:?}");
            }
            // What is waited for may be that time goes by.
            all = news.wait_timeout(all, TICK).unwrap().0;
        }
    }

    /// Waits until some fetches that began after a moment had such an outcome.
    #[track_caller]
    pub fn until_some(&self, after: u64, outcome: &str) {
        const SOME: usize = 3;
        let fits = |one: &&Answered| one.begun > after && one.outcome == outcome;
        self.until(&format!("{SOME} {outcome}"), self.patience, |all| all.iter().filter(fits).count() >= SOME);
    }

    #[track_caller]
    pub fn until_released(&self, after: u64) {
        self.until_some(after, RELEASED);
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A file that `aitta service` keeps or hands on.
fn read_chain(path: &str) -> HeldGrant {
    let kept: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let links = kept["chain"].as_array().unwrap().iter().map(|link| from_base64url(link.as_str().unwrap()).unwrap());
    HeldGrant::of_chain(&links.collect::<Vec<_>>()).unwrap()
}

#[test]
fn child_that_fetches_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let [service, chain, millis] = [SERVICE, CHAIN, EVERY_MILLIS].map(|name| std::env::var(name).unwrap());
    let statements = Registry::read_snapshot(&std::fs::read(folder.join(SNAPSHOT)).unwrap()).unwrap();
    let (anchor, _) = anchor_of(&folder.join("directory/federation.toml"));
    let (registry, refused) = Registry::build(&anchor, &statements, now_secs());
    assert!(refused.is_empty(), "{refused:?}");
    // A service that is cut off tries again soon.
    let [connect, response] = [1, 2].map(Duration::from_secs);
    let limits = ClientLimits { connect, handshake: connect, response, ..ClientLimits::default() };
    let service = InProcess::open(&folder.join(service), caller(folder, limits), registry);
    let over_libp2p = std::env::var(OVER_LIBP2P).unwrap() == "true";
    one_thread().block_on(async {
        // On a machine at work UDP is not given up for a handshake that takes its time.
        let limits = NetLimits { handshake: PATIENCE, quic_head_start: PATIENCE, response, ..NetLimits::default() };
        let service = if over_libp2p { service.over_libp2p(limits).await } else { service };
        fetch_for_ever(&service, &[read_chain(&chain)], millis.parse().unwrap()).await
    });
}

async fn fetch_for_ever(service: &InProcess, grant: &[HeldGrant], every_millis: u64) {
    let mut pace = interval(Duration::from_millis(every_millis));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let begun = now_nanos();
        let (outcome, index, way) = match service.fetch_some_way(grant).await {
            Ok((answers, receipt, way)) => {
                let outcome = match &answers[0] {
                    ItemAnswer::Released { .. } => RELEASED,
                    ItemAnswer::Refused(outward) => outward.code(),
                };
                (outcome.to_owned(), receipt.items[0].audit_index.to_string(), way.name())
            }
            Err(error) => (error.code().to_owned(), "-".to_owned(), "-"),
        };
        println!("{ANSWER}{begun} {} {outcome} {index} {way}", now_nanos());
    }
}
