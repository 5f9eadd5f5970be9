//! How long the steps of the request path take.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::node::Node;

type Nanoseconds = Counter<u64, AtomicU64>;

/// A step of the request path (`request/`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Receive,
    Verify,
    Authorise,
    Select,
    Open,
    Record,
    Respond,
}

impl Step {
    const ALL: [Self; 7] =
        [Self::Receive, Self::Verify, Self::Authorise, Self::Select, Self::Open, Self::Record, Self::Respond];

    fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Verify => "verify",
            Self::Authorise => "authorise",
            Self::Select => "select",
            Self::Open => "open",
            Self::Record => "record",
            Self::Respond => "respond",
        }
    }
}

/// A step, as a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StepLabel {
    step: &'static str,
}

/// A counter for each step.
#[derive(Debug)]
pub(super) struct Steps {
    family: Family<StepLabel, Nanoseconds>,
    /// In the order of [`Step`]: found by number, not by hashing a label on every call.
    each: [Nanoseconds; Step::ALL.len()],
}

impl Steps {
    pub(super) fn new() -> Self {
        let family = Family::<StepLabel, Nanoseconds>::default();
        let each = Step::ALL.map(|step| family.get_or_create_owned(&StepLabel { step: step.name() }));
        Self { family, each }
    }

    /// For the registry.
    pub(super) fn family(&self) -> Family<StepLabel, Nanoseconds> {
        self.family.clone()
    }

    fn add(&self, step: Step, nanoseconds: u64) {
        if let Some(counter) = self.each.get(step as usize) {
            counter.inc_by(nanoseconds);
        }
    }
}

/// Measures the steps of one call: each begins where the one before ended.
pub(crate) struct Stopwatch<'a> {
    node: &'a Node,
    began: u64,
    /// What the thread's CPU clock showed when this thread went to work.
    cpu_began: u64,
    /// CPU time of this step so far.
    cpu: u64,
}

impl<'a> Stopwatch<'a> {
    pub(crate) fn start(node: &'a Node) -> Self {
        Self { node, began: (node.monotonic)(), cpu_began: thread_cpu(node), cpu: 0 }
    }

    /// Waits for a part of a step. Between two polls the thread works on other calls, and another thread may go on.
    pub(crate) async fn waiting<T>(&mut self, part: impl Future<Output = T>) -> T {
        let mut part = pin!(part);
        self.pause();
        let outcome = poll_fn(|context| {
            self.resume();
            let polled = part.as_mut().poll(context);
            self.pause();
            polled
        });
        let outcome = outcome.await;
        self.resume();
        outcome
    }

    /// A step has ended.
    pub(crate) fn step(&mut self, step: Step) {
        let now = (self.node.monotonic)();
        self.node.metrics.steps.add(step, now.saturating_sub(self.began));
        self.began = now;
        self.pause();
        self.node.metrics.steps_cpu.add(step, std::mem::take(&mut self.cpu));
        self.resume();
    }

    fn resume(&mut self) {
        self.cpu_began = thread_cpu(self.node);
    }

    fn pause(&mut self) {
        self.cpu += thread_cpu(self.node).saturating_sub(self.cpu_began);
    }
}

fn thread_cpu(node: &Node) -> u64 {
    node.thread_cpu.as_ref().map_or(0, |clock| clock())
}
