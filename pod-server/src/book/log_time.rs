//! When a key event was logged: the one place that knows.
//!
//! Recoveries wait by log time (`docs/protocol/key-event.md`). Until a node follows the directory's log, its own time of receipt
//! stands for it.

/// The log time of the event that was taken in at `taken_secs`; none when it does not stand in the log yet. Once told it never
/// changes.
pub(crate) fn logged_secs(taken_secs: u64) -> Option<u64> {
    Some(taken_secs)
}
