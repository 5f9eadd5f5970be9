//! The figures, as text.

use std::fmt;
use std::time::Duration;

use pod_testkit::World;

/// What one load came to.
pub(crate) struct Measured {
    pub(crate) connections: usize,
    pub(crate) items: usize,
    pub(crate) calls_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) cpu_micros_per_call: f64,
    pub(crate) entries_per_sync: f64,
}

/// All of it.
pub(crate) struct Report {
    pods: u64,
    pub(crate) idle_kib: u64,
    pub(crate) loaded_kib: u64,
    pub(crate) loads: Vec<Measured>,
    pub(crate) steps: Vec<(String, f64)>,
}

impl Report {
    pub(crate) fn begin(world: &World) -> Self {
        Self { pods: world.pods, idle_kib: 0, loaded_kib: 0, loads: Vec::new(), steps: Vec::new() }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        write!(
            f,
            "| {:>3} | {:>3} | {:>7.0} | {:>7.0} | {:>6.2} | {:>6.2} | {:>6.0} | {:>5.1} |",
            self.connections,
            self.items,
            self.calls_per_second,
            self.calls_per_second * self.items as f64,
            millis(self.p50),
            millis(self.p99),
            self.cpu_micros_per_call,
            self.entries_per_sync,
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| connections | items a call | calls/s | items/s | p50 ms | p99 ms | server CPU µs a call | entries a sync |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|")?;
        for load in &self.loads {
            writeln!(f, "{load}")?;
        }
        let all: f64 = self.steps.iter().map(|(_, nanoseconds)| nanoseconds).sum();
        writeln!(f, "\n| step | share of the time in the request path |\n|---|---|")?;
        for (step, nanoseconds) in &self.steps {
            writeln!(f, "| {step} | {:.0} % |", nanoseconds * 100.0 / all.max(1.0))?;
        }
        let mib = |kib: u64| kib as f64 / 1024.0;
        write!(
            f,
            "\n{} pods: {:.0} MiB resident idle, {:.0} MiB after the load.",
            self.pods,
            mib(self.idle_kib),
            mib(self.loaded_kib)
        )
    }
}
