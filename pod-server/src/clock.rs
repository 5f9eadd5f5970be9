//! Time as an argument: made in `main`, moved by hand in tests.

use std::sync::Arc;

/// Seconds since 1970, asked whenever a rule needs them.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Nanoseconds since some moment, never going back, and going on while the machine sleeps: for durations in metrics and the
/// access log, and for how old the view of revocations is, which setting the time must not change.
pub type Monotonic = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Nanoseconds for which the calling thread has worked. Reading it costs half a microsecond or more, so only measurements
/// give one to a node.
pub type ThreadCpu = Arc<dyn Fn() -> u64 + Send + Sync>;
