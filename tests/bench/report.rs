//! The figures, as text.

use std::fmt;
use std::time::Duration;

use pod_testkit::World;

use crate::load::Carrier;

/// The steps of the request path (`pod-server/src/request/`), as the node's metrics call them.
pub(crate) const STEPS: [&str; 7] = ["receive", "verify", "authorise", "select", "open", "record", "respond"];

/// What one load came to.
pub(crate) struct Measured {
    pub(crate) carrier: Carrier,
    pub(crate) connections: usize,
    pub(crate) items: usize,
    pub(crate) calls_per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) cpu_micros_per_call: f64,
    pub(crate) writer_micros_per_call: f64,
    /// In the order of [`STEPS`]; zeros from a node that does not split.
    pub(crate) step_micros_per_call: Vec<f64>,
    pub(crate) entries_per_sync: f64,
}

/// All of it.
pub(crate) struct Report {
    pods: u64,
    pub(crate) idle_kib: u64,
    pub(crate) loaded_kib: u64,
    pub(crate) loads: Vec<Measured>,
    /// From a node that splits its CPU time by step.
    pub(crate) split: Vec<Measured>,
}

impl Report {
    pub(crate) fn begin(world: &World) -> Self {
        Self { pods: world.pods, idle_kib: 0, loaded_kib: 0, loads: Vec::new(), split: Vec::new() }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        write!(
            f,
            "| {:>5} | {:>3} | {:>3} | {:>7.0} | {:>7.0} | {:>6.2} | {:>6.2} | {:>6.0} | {:>5.1} |",
            self.carrier.name(),
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
            "| over | callers | items a call | calls/s | items/s | p50 ms | p99 ms | server CPU µs a call | entries a sync |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|")?;
        for load in &self.loads {
            writeln!(f, "{load}")?;
        }
        writeln!(f)?;
        self.fmt_split(f)?;
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

impl Report {
    /// A table with a column for each load, and a row for each step and what is no step.
    fn fmt_split(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, of: &dyn Fn(&Measured) -> String| {
            let cells: String = self.split.iter().map(|load| format!(" {} |", of(load))).collect();
            writeln!(f, "| {name} |{cells}")
        };
        let micros = |micros: f64| format!("{micros:.1}");
        row("server CPU µs a call", &|load| {
            format!("{}, {} callers, {} items", load.carrier.name(), load.connections, load.items)
        })?;
        row("---", &|_| "---".to_owned())?;
        for (number, step) in STEPS.iter().enumerate() {
            row(step, &|load| micros(load.step_micros_per_call[number]))?;
        }
        row("the log's writer", &|load| micros(load.writer_micros_per_call))?;
        row("transport, runtime", &|load| {
            let split: f64 = load.step_micros_per_call.iter().sum::<f64>() + load.writer_micros_per_call;
            micros(load.cpu_micros_per_call - split)
        })?;
        row("all", &|load| micros(load.cpu_micros_per_call))
    }
}
