//! The node as a process of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pod_crypto::SystemRandom;
use pod_http::{Origin, Request};
use pod_server::ThreadCpu;
use pod_server::config::NodeConfig;
use pod_server::serve::Edge;
use pod_testkit::World;

use crate::seconds_since_1970;

/// Clock ticks a second in `/proc/PID/stat`: 100 on every Linux that Aitta runs on.
const TICKS_PER_SECOND: f64 = 100.0;
const ASK_AGAIN: Duration = Duration::from_millis(20);
const MOST_ASKED: usize = 1500;

/// Serves until it is killed. `split` when the CPU time of each step is measured, which costs some itself.
pub(crate) fn serve(config: &Path, split: bool) {
    let began = now();
    let edge = Edge {
        clock: Arc::new(seconds_since_1970),
        monotonic: Arc::new(move || u64::try_from(began.elapsed().as_nanos()).unwrap()),
        thread_cpu: split.then(|| Arc::new(thread_cpu) as ThreadCpu),
        random: Arc::new(SystemRandom),
        environment: Arc::new(|_: &str| None::<OsString>),
    };
    let config = NodeConfig::load(Some(config), &[], &|_| None).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (_nobody, told) = tokio::sync::mpsc::channel(1);
    let (read, again) = (config.clone(), config);
    let reload = pod_server::reload::Reload { told, read: Arc::new(move || Ok(again.clone())) };
    runtime.block_on(pod_server::serve::serve(&read, &edge, reload, std::future::pending())).unwrap();
}

fn thread_cpu() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec * 1_000_000_000 + time.tv_nsec).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "this program measures")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A running node.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// `how` is `serve` or `serve-split`.
    pub(crate) fn start(how: &str, config: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        Self(Command::new(program).arg(how).arg(config).stdin(Stdio::null()).spawn().unwrap())
    }

    /// Waits until it answers.
    pub(crate) async fn serves(&self, world: &World) {
        let origin: Origin = world.url.parse().unwrap();
        for _ in 0..MOST_ASKED {
            let answer = world.caller.http.send(&origin, Request::get("/healthz")).await;
            if answer.is_ok_and(|answer| answer.status.is_success()) {
                return;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        panic!("the node does not serve at {}", world.url);
    }

    /// CPU time so far, user and system, in seconds.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        // The second field is a name in brackets; user and system time are the 14th and 15th.
        let after = stat.rsplit_once(')').unwrap().1;
        let ticks = |field: usize| after.split_whitespace().nth(field).unwrap().parse::<f64>().unwrap();
        (ticks(11) + ticks(12)) / TICKS_PER_SECOND
    }

    /// CPU time so far of the thread that writes the audit log, in seconds.
    pub(crate) fn log_writer_cpu_seconds(&self) -> f64 {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        let threads = threads.map(|thread| thread.unwrap().path());
        let read = |path: &Path, name: &str| std::fs::read_to_string(path.join(name)).unwrap();
        let writer = threads.into_iter().find(|path| read(path, "comm").trim() == "audit-writer").unwrap();
        let nanoseconds: f64 = read(&writer, "schedstat").split_whitespace().next().unwrap().parse().unwrap();
        nanoseconds / 1e9
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// The counters of the node's metrics, by their whole names.
    pub(crate) async fn counters(&self, world: &World) -> BTreeMap<String, f64> {
        let origin: Origin = world.metrics_url.parse().unwrap();
        let answer = world.caller.http.send(&origin, Request::get("/metrics")).await.unwrap();
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect()
    }
}
