//! Registers come in: into a node's store, whether it is serving or not.
//!
//! ```text
//! files ── pod-import ──▶ batch of records ──▶ sink: tags made, entries logged, everything committed in one step
//! ```
//!
//! - `sink`: one batch
//! - `job`: one import, and what became of it
//! - [`admin`]: an import into a node that is serving, by the unix socket of whoever runs it

pub mod admin;
mod job;
mod sink;

pub use job::{Files, Findable, ImportFault, ImportReport, Importer, MAX_BATCH_ROWS};
pub use sink::SinkFault;
